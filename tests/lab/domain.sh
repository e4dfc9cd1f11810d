# shellcheck shell=bash
# The lab's Active Directory: a Samba domain controller in LAB_STATE/domain on LAB_ADDRESS, with
# the people of domain/people.ldif, an own krb5.conf and the keytab of the login edge. Sourced
# after process.sh; nothing of the system's Samba or Kerberos configuration is read or changed.

LAB_FILES=$(dirname "${BASH_SOURCE[0]}")
LAB_CERTS=$LAB_FILES/../../certs
LAB_PASSWORD='Passw0rd!23'
LAB_NETBIOS=${LAB_NETBIOS:-CORP}

domain_make() {
    local dir=$LAB_STATE/domain new=$LAB_STATE/domain.new
    rm -rf "$new"
    mkdir -p "$new"
    chmod 700 "$new"
    # An empty configuration of its own, else Samba starts from the system's.
    printf '[global]\n' >"$new/empty.conf"
    # Paths of the final place are in the data base, so provision there; the mark is set last.
    rm -rf "$dir"
    mv "$new" "$dir"
    samba-tool domain provision -s "$dir/empty.conf" --targetdir="$dir" \
        --realm=CORP.EXAMPLE --domain="$LAB_NETBIOS" --server-role=dc --dns-backend=NONE \
        --host-name=dc1 --host-ip="$LAB_ADDRESS" --use-rfc2307 \
        >"$LAB_STATE/log/provision.log" 2>&1 || {
        show_log provision
        return 1
    }
    domain_configure
    local database=$dir/private/sam.ldb conf=$dir/etc/smb.conf
    # Called where a failure is handled, so bash does not stop by itself at the first one.
    {
        ldbmodify --configfile="$conf" -H "$database" "$LAB_FILES/domain/policy.ldif" &&
            ldbadd --configfile="$conf" -H "$database" "$LAB_FILES/domain/people.ldif" &&
            ldbmodify --configfile="$conf" -H "$database" "$LAB_FILES/domain/rights.ldif" &&
            domain_many_groups | ldbadd --configfile="$conf" -H "$database" &&
            samba-tool domain exportkeytab "$LAB_STATE/krb5.keytab.new" -s "$conf" \
                --principal=HTTP/login.corp.example
    } >>"$LAB_STATE/log/provision.log" 2>&1 || {
        show_log provision
        return 1
    }
    mv "$LAB_STATE/krb5.keytab.new" "$LAB_STATE/krb5.keytab"
    touch "$dir/complete"
    # For tests that want controllers of their own: as it is now, before anybody changes it.
    if [ -n "${LAB_PRISTINE:-}" ]; then
        mkdir -p "$LAB_STATE/pristine"
        cp -a "$dir" "$LAB_STATE/pki" "$LAB_STATE/krb5.keytab" "$LAB_STATE/pristine"
    fi
}

# The groups that make max's Kerberos token large.
domain_many_groups() {
    local n
    for n in $(seq -w 1 400); do
        printf 'dn: CN=Many %s,CN=Users,DC=corp,DC=example\nobjectClass: group\nsAMAccountName: many-%s\nmember: CN=Max Groups,CN=Users,DC=corp,DC=example\n\n' "$n" "$n"
    done
}

# All that depends on the address, written anew at each start.
domain_configure() {
    local dir=$LAB_STATE/domain
    mkdir -p "$dir/pid" "$dir/ncalrpc" "$dir/etc"
    cat >"$dir/etc/smb.conf" <<END
[global]
	netbios name = DC1
	realm = CORP.EXAMPLE
	workgroup = $LAB_NETBIOS
	server role = active directory domain controller
	server services = ldap, kdc, rpc, cldap
	interfaces = $LAB_ADDRESS/8
	bind interfaces only = yes
	private dir = $dir/private
	state directory = $dir/state
	cache directory = $dir/cache
	lock directory = $dir
	binddns dir = $dir/bind-dns
	pid directory = $dir/pid
	ncalrpc dir = $dir/ncalrpc
	log file = $LAB_STATE/log/samba.log
	log level = 1
	prefork children = 2
	idmap_ldb:use rfc2307 = yes
	tls enabled = yes
	tls certfile = $LAB_STATE/pki/dc1.pem
	tls keyfile = $LAB_STATE/pki/dc1.key
	tls cafile = $LAB_STATE/pki/ca.pem
	tls verify peer = no_check
END
    cat >"$LAB_STATE/krb5.conf" <<END
[libdefaults]
	default_realm = CORP.EXAMPLE
	dns_lookup_realm = false
	dns_lookup_kdc = false
	rdns = false
	dns_canonicalize_hostname = false
	udp_preference_limit = 1
[realms]
	CORP.EXAMPLE = {
		kdc = $LAB_ADDRESS
		kpasswd_server = $LAB_ADDRESS
	}
[domain_realm]
	.corp.example = CORP.EXAMPLE
END
}

# The CA once; the servers' certificates again when the address changed, since they hold it.
domain_certificates() {
    local pki=$LAB_STATE/pki name
    mkdir -p "$pki"
    chmod 700 "$pki"
    [ -e "$pki/ca.key" ] || "$LAB_CERTS/make-ca.sh" "$pki" "ad-edge lab CA" || return 1
    if [ "$(cat "$pki/address" 2>/dev/null)" != "$LAB_ADDRESS" ]; then
        for name in dc1 login tenant; do
            "$LAB_CERTS/make-server.sh" "$pki" "$pki/$name" "$name.corp.example" "$LAB_ADDRESS" || return 1
        done
        echo "$LAB_ADDRESS" >"$pki/address"
    fi
}

domain_answers() {
    local port
    for port in 88 389 636; do
        port_open "$LAB_ADDRESS" "$port" || return 1
    done
    LDAPTLS_CACERT=$LAB_STATE/pki/ca.pem ldapsearch -x -o nettimeout=3 -H "ldaps://$LAB_ADDRESS:636" \
        -D svc-ldap@corp.example -y "$LAB_STATE/password" \
        -s base -b DC=corp,DC=example objectSid || return 1
    KRB5_CONFIG=$LAB_STATE/krb5.conf kinit -c "$LAB_STATE/run/probe.ccache" svc-ldap <"$LAB_STATE/password" || return 1
    rm -f "$LAB_STATE/run/probe.ccache"
}

domain_up() {
    mkdir -p "$LAB_STATE/run" "$LAB_STATE/log"
    # By file, since a command line is visible to everyone on the machine.
    (umask 077 && printf %s "$LAB_PASSWORD" >"$LAB_STATE/password")
    domain_certificates || return 1
    [ -e "$LAB_STATE/domain/complete" ] || domain_make || return 1
    domain_configure
    start_process samba samba -F --no-process-group -M prefork -s "$LAB_STATE/domain/etc/smb.conf"
    if ! wait_until 40 "the domain controller does not answer on $LAB_ADDRESS" domain_answers; then
        show_log samba
        return 1
    fi
}

domain_down() {
    stop_process samba 20
}
