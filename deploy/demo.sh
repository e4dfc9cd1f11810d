#!/usr/bin/env bash
# ad-edge in one command: an Active Directory domain, a tenant, three equal instances and a
# balancer on this machine; nine Kerberos logins and some by client certificate through the balancer,
# and six credential logins through the tenant's hub and the tunnels.
#
#   deploy/demo.sh           starts everything and signs in in each way
#   deploy/demo.sh login     signs in again
#   deploy/demo.sh browser   opens a browser that is signed in to the domain as alice
#   deploy/demo.sh fleet     the three instances in one table
#   deploy/demo.sh status    what runs
#   deploy/demo.sh stop      stops everything; what was made stays for the next start
#
# All of it lives in one state folder, AD_EDGE_STATE (default ~/.local/state/ad-edge-demo).
# Nothing of the system's configuration is changed. With AD_EDGE_BIN, a folder, it takes the programs in there
# and builds none.
set -euo pipefail
export LC_NUMERIC=C

root=$(cd "$(dirname "$0")/.." && pwd)
state=${AD_EDGE_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/ad-edge-demo}
mkdir -p "$state"
LAB_STATE=$(cd "$state" && pwd)
# shellcheck source=tests/lab/packages.sh
. "$root/tests/lab/packages.sh"
# shellcheck source=tests/lab/process.sh
. "$root/tests/lab/process.sh"
# shellcheck source=tests/lab/domain.sh
. "$root/tests/lab/domain.sh"
# shellcheck source=tests/lab/home.sh
. "$root/tests/lab/home.sh"

LOGIN=https://login.corp.example:8443
TENANT=https://tenant.corp.example:9443
INSTANCES="1 2 3"
BIN=${AD_EDGE_BIN:-${CARGO_TARGET_DIR:-$root/target}/release}

step() {
    printf '%-64s' "$1"
    step_began=$(date +%s%N)
}

took() {
    printf '%6.1f s\n' "$((($(date +%s%N) - step_began) / 100000000))e-1"
}

failed() {
    printf '\nThe demo failed: %s\nLogs: %s/log\n' "$1" "$LAB_STATE" >&2
    exit 1
}

read_lab() {
    [ -e "$LAB_STATE/lab.env" ] || failed "nothing was started yet; run $0"
    # shellcheck disable=SC1091
    . "$LAB_STATE/lab.env"
}

start_all() {
    need_root
    if [ -n "${AD_EDGE_BIN:-}" ]; then
        need_packages "$LAB_PACKAGES"
        if ! [ -x "$BIN/ad-edge" ] || ! [ -x "$BIN/tenant-stand-in" ]; then
            failed "AD_EDGE_BIN is $BIN, but ad-edge and tenant-stand-in are not in there"
        fi
    else
        need_packages "$LAB_PACKAGES" "$BUILD_PACKAGES"
        need_cargo
        echo "Building ad-edge (release)"
        (cd "$root" && cargo build --release --features stand-in)
    fi

    step "Active Directory: Samba, CORP.EXAMPLE"
    stop_edges
    "$root/tests/lab/lab.sh" up "$LAB_STATE" || failed "the domain does not start"
    read_lab
    took

    step "Home folder: certificates, keytab, config.json"
    home_make "$LAB_STATE/home"
    cp "$LAB_STATE/pki/ca.pem" "$LAB_STATE/home/certs/client-ca.pem"
    for n in bob carol; do
        "$root/certs/make-client.sh" "$LAB_STATE/pki" "$LAB_STATE/$n" "$n@corp.example"
    done
    rm -rf "${LAB_STATE:?}"/home-[123] "$LAB_STATE/export.zip"
    cp -a "$LAB_STATE/home" "$LAB_STATE/home-1"
    took

    step "Instances 2 and 3 from an export of instance 1"
    "$BIN/ad-edge" export "$LAB_STATE/export.zip" --home "$LAB_STATE/home-1" >/dev/null || failed "no export"
    for n in 2 3; do
        "$BIN/ad-edge" import "$LAB_STATE/export.zip" --home "$LAB_STATE/home-$n" >"$LAB_STATE/log/import-$n.log" ||
            failed "instance $n does not take the export"
    done
    rm "$LAB_STATE/export.zip"
    took

    step "Tenant stand-in on $LAB_ADDRESS:9443"
    start_process tenant "$BIN/tenant-stand-in" --listen "$LAB_ADDRESS:9443" \
        --cert "$LAB_STATE/pki/tenant.pem" --key "$LAB_STATE/pki/tenant.key" \
        --folder "$LAB_STATE/tenant" --trust "$LAB_STATE/home/certs/cert.pem"
    wait_until 10 "the tenant does not answer" port_open "$LAB_ADDRESS" 9443 || lost tenant
    took

    step "Three instances on $LAB_ADDRESS:4001 to 4003"
    for n in $INSTANCES; do
        start_process "edge$n" env PORT="400$n" OPS_LISTEN="$LAB_ADDRESS:946$n" FLEET="$(fleet_list)" \
            INSTANCE_NAME="edge$n" ADMIN_LISTEN="$LAB_ADDRESS:835$n" LOG_FORMAT=json CLIENT_CERT_AUTH=true AD_HUB="https://$LAB_ADDRESS:9443/lo/hub" \
            TENANT_SIGNING_KEY_FILE="$LAB_STATE/pki/tenant.pem" \
            "$BIN/ad-edge" serve --home "$LAB_STATE/home-$n"
    done
    for n in $INSTANCES; do
        wait_until 15 "instance $n is not ready" curl -fsS "http://$LAB_ADDRESS:946$n/readyz" || lost "edge$n"
    done
    took

    step "Three tunnels to the tenant's hub"
    wait_until 10 "the hub does not see three instances" hub_sees_all || lost tenant
    took

    step "HAProxy on $LAB_ADDRESS:8443 (haproxy/passthrough.cfg)"
    start_process haproxy env LOGIN_BIND="$LAB_ADDRESS:8443" LOGIN_HOST=login.corp.example \
        LOGIN_CA_FILE="$LAB_STATE/pki/ca.pem" METRICS_BIND="$LAB_ADDRESS:8405" \
        EDGE_1="$LAB_ADDRESS:4001" EDGE_2="$LAB_ADDRESS:4002" EDGE_3="$LAB_ADDRESS:4003" \
        haproxy -db -f "$root/haproxy/passthrough.cfg"
    wait_until 10 "the balancer does not see three instances" balancer_sees_all || lost haproxy
    took
}

lost() {
    echo
    show_log "$1"
    failed "$1"
}

fleet_list() {
    echo "$LAB_ADDRESS:9461,$LAB_ADDRESS:9462,$LAB_ADDRESS:9463"
}

# All at once, as any of them sees it.
show_fleet() {
    printf '\nThe fleet (ad-edge fleet)\n\n'
    FLEET=$(fleet_list) "$BIN/ad-edge" fleet --home "$LAB_STATE/home-1" || failed "the instances are not equal and ready"
}

# The checks have really passed: a server that was not checked yet counts as up, too.
balancer_sees_all() {
    [ "$(curl -fsS "http://$LAB_ADDRESS:8405/;csv" | grep -c '^ad_edge,edge.*,L7OK,')" -eq 3 ]
}

hub_sees_all() {
    fetch "$TENANT/control/agents" 2>/dev/null | python3 "$root/tests/lab/hub.py" agents 3
}

stop_edges() {
    # The instances would drain for some seconds: nobody uses them any more.
    stop_process haproxy 5
    local n
    for n in $INSTANCES; do
        if process_pid "edge$n" >/dev/null; then
            kill -KILL "$(process_pid "edge$n")" 2>/dev/null || true
        fi
        stop_process "edge$n"
    done
    stop_process tenant 5
}

client() {
    KRB5_CONFIG=$LAB_STATE/krb5.conf KRB5CCNAME=FILE:$LAB_STATE/alice.ccache "$@"
}

fetch() {
    client curl -sS --max-time 20 --cacert "$LAB_STATE/pki/ca.pem" \
        --resolve "login.corp.example:8443:$LAB_ADDRESS" \
        --resolve "tenant.corp.example:9443:$LAB_ADDRESS" "$@"
}

nine_logins() {
    local n answered=() good=0 work=$LAB_STATE/login
    mkdir -p "$work"
    client kinit alice <"$LAB_STATE/password" >/dev/null || failed "alice gets no Kerberos ticket"
    printf '\nNine logins of alice at %s, by Kerberos\n\n' "$LOGIN"
    printf '%-3s %-9s %-5s %-9s %6s  %-12s %-19s %s\n' '#' instance HTTP token ms name mail groups
    for n in 1 2 3 4 5 6 7 8 9; do
        local status='' seconds=0 instance='' verdict='' name='' mail='' groups='' action
        rm -f "$work"/*
        if read -r status seconds < <(fetch --negotiate -u : -D "$work/headers" -o "$work/page" \
            -w '%{http_code} %{time_total}\n' \
            "$LOGIN/wsfed?wa=wsignin1.0&wtrealm=urn:auth0:corp&wctx=login-$n" 2>"$work/error"); then
            instance=$(sed -n 's/^x-ad-edge-instance: *//Ip' "$work/headers" 2>/dev/null | tail -n 1 | tr -d '\r')
        fi
        if [ "$status" = 200 ]; then
            if action=$(python3 "$root/tests/lab/page.py" form "$work/page" "$work/body" 2>"$work/error") &&
                fetch --data "@$work/body" -o "$work/answer" "$action" 2>"$work/error" &&
                python3 "$root/tests/lab/page.py" row "$work/answer" >"$work/row" 2>"$work/error"; then
                IFS=$'\t' read -r verdict name mail groups <"$work/row"
                good=$((good + 1))
                answered+=("$instance")
            else
                verdict="refused"
                groups=$(head -n 1 "$work/error")
            fi
        else
            groups=$(head -n 1 "$work/error")
        fi
        printf '%-3s %-9s %-5s %-9s %6.1f  %-12s %-19s %s\n' "$n" "${instance:--}" "${status:--}" \
            "${verdict:--}" "${seconds}e3" "${name:--}" "${mail:--}" "$groups"
    done
    local different
    different=$(printf '%s\n' "${answered[@]+"${answered[@]}"}" | sort -u | grep -c . || true)
    printf '\n%s of 9 logins ended with a token that the tenant verified; %s of 3 instances answered.\n' \
        "$good" "$different"
    [ "$good" -eq 9 ] || failed "not every login worked"
    [ "$different" -eq 3 ] || failed "not every instance answered"
}

# other_login USER METHOD EXPECTED CURL_OPTION...: one login through the balancer, in one line. EXPECTED
# is "verified" or the status of the refusal.
other_login() {
    local user=$1 method=$2 expected=$3 work=$LAB_STATE/login status='' verdict='' name='' action
    shift 3
    rm -f "$work"/*
    status=$(KRB5_CONFIG=$LAB_STATE/krb5.conf KRB5CCNAME=FILE:$LAB_STATE/$user.ccache \
        curl -sS --max-time 20 --cacert "$LAB_STATE/pki/ca.pem" \
        --resolve "login.corp.example:8443:$LAB_ADDRESS" "$@" -o "$work/page" -w '%{http_code}' \
        "$LOGIN/wsfed" 2>"$work/error") || failed "$user by $method: $(head -n 1 "$work/error")"
    verdict=$status
    if [ "$status" = 200 ]; then
        if ! {
            action=$(python3 "$root/tests/lab/page.py" form "$work/page" "$work/body") &&
                fetch --data "@$work/body" -o "$work/answer" "$action" &&
                IFS=$'\t' read -r verdict name _ < <(python3 "$root/tests/lab/page.py" row "$work/answer")
        }; then
            failed "$user by $method: no token that the tenant verifies"
        fi
    else
        name=$(sed -n 's|.*<h1>\(.*\)</h1>.*|\1|p' "$work/page" | head -n 1)
    fi
    printf '%-6s %-12s %-5s %-9s %s\n' "$user" "$method" "$status" \
        "$([ "$verdict" = verified ] && echo verified || echo refused)" "$name"
    [ "$verdict" = "$expected" ] || failed "$user by $method: $verdict in place of $expected"
}

certificate_logins() {
    local domain=(-H "$LAB_STATE/domain/private/sam.ldb" --configfile="$LAB_STATE/domain/etc/smb.conf")
    # A ticket from before the account was disabled is still good for hours; the login must not be.
    {
        samba-tool user enable carol "${domain[@]}" &&
            KRB5_CONFIG=$LAB_STATE/krb5.conf kinit -c "$LAB_STATE/carol.ccache" carol <"$LAB_STATE/password" &&
            KRB5_CONFIG=$LAB_STATE/krb5.conf kvno -c "$LAB_STATE/carol.ccache" HTTP/login.corp.example
        samba-tool user disable carol "${domain[@]}"
    } >/dev/null 2>&1 || failed "carol gets no Kerberos ticket"
    printf '\nLogins by client certificate, and of carol, who is disabled\n\n'
    printf '%-6s %-12s %-5s %-9s %s\n' user by HTTP token 'name or page'
    other_login bob certificate verified --cert "$LAB_STATE/bob.pem" --key "$LAB_STATE/bob.key"
    other_login carol certificate 403 --cert "$LAB_STATE/carol.pem" --key "$LAB_STATE/carol.key"
    other_login carol Kerberos 403 --negotiate -u :
}

# tunnel_login USER PASSWORD EXPECTED: asks the hub as the tenant does, and prints one line.
tunnel_login() {
    local work=$LAB_STATE/login took=0
    took=$(python3 "$root/tests/lab/hub.py" request authenticate_user "$1" "$2" |
        fetch -H 'Content-Type: application/json' --data @- -o "$work/answer" -w '%{time_total}' \
            "$TENANT/control/request" 2>"$work/error") || failed "the hub: $(head -n 1 "$work/error")"
    python3 "$root/tests/lab/hub.py" row "$1" "$3" "$took" <"$work/answer"
}

six_tunnel_logins() {
    printf '\nSix credential logins at the tenant, through its hub and the three tunnels\n\n'
    printf '%-6s %-6s %6s  %-16s %-12s %s\n' agent user ms answer name groups
    if ! {
        tunnel_login alice "$LAB_PASSWORD" ok &&
            tunnel_login alice wrong WrongPassword &&
            tunnel_login bob "$LAB_PASSWORD" ok &&
            tunnel_login carol "$LAB_PASSWORD" AccountDisabled &&
            tunnel_login nobody "$LAB_PASSWORD" WrongUsername &&
            tunnel_login alice "$LAB_PASSWORD" ok
    }; then
        failed "the tunnel answered something else"
    fi
    printf '\n6 of 6 were answered as they should be; the hub asked the instances in turn.\n'
}

open_browser() {
    need_packages "chromium chromium
certutil libnss3-tools"
    local nss=$LAB_STATE/browser/.pki/nssdb
    if [ ! -e "$nss" ]; then
        mkdir -p "$nss"
        certutil -d "sql:$nss" -N --empty-password
        certutil -d "sql:$nss" -A -t C,, -n "ad-edge demo" -i "$LAB_STATE/pki/ca.pem"
    fi
    # Chromium asks for a ticket for the name that the resolver calls canonical, so the name has to
    # be in a hosts file: one that only this browser sees.
    printf '127.0.0.1 localhost\n%s login.corp.example tenant.corp.example\n' "$LAB_ADDRESS" \
        >"$LAB_STATE/browser/hosts"
    client kinit alice <"$LAB_STATE/password" >/dev/null
    if [ $# -eq 0 ]; then
        set -- "$LOGIN/wsfed?wa=wsignin1.0&wtrealm=urn:auth0:corp"
    fi
    # shellcheck disable=SC2016  # the inner shell reads them
    HOME=$LAB_STATE/browser client unshare --mount sh -c \
        'mount --bind "$1" /etc/hosts && shift && exec "$@"' sh "$LAB_STATE/browser/hosts" \
        chromium --no-sandbox --no-first-run --user-data-dir="$LAB_STATE/browser/profile" \
        --auth-server-allowlist='*.corp.example' "$@"
}

explain() {
    cat <<END

Open it in a browser   deploy/demo.sh browser    (chromium with alice's ticket), or your own with
                       $LAB_ADDRESS login.corp.example tenant.corp.example    in its hosts file,
                       the CA $LAB_STATE/pki/ca.pem, --auth-server-allowlist='*.corp.example',
                       KRB5_CONFIG=$LAB_STATE/krb5.conf KRB5CCNAME=FILE:$LAB_STATE/alice.ccache
By password            any user of tests/lab/domain/people.ldif, $LAB_PASSWORD
Console                http://$LAB_ADDRESS:8351/ (8352, 8353), one for each instance
Logs                   $LAB_STATE/log
Metrics                http://$LAB_ADDRESS:9461/metrics (9462, 9463), balancer http://$LAB_ADDRESS:8405/
Sign in again          deploy/demo.sh login
The fleet at once      deploy/demo.sh fleet, or a console's page of that name
Stop                   deploy/demo.sh stop
END
}

status() {
    local name absent=0
    for name in samba tenant edge1 edge2 edge3 haproxy; do
        if process_pid "$name" >/dev/null; then
            printf '%-9s runs, process %s\n' "$name" "$(process_pid "$name")"
        else
            printf '%-9s does not run\n' "$name"
            absent=1
        fi
    done
    return $absent
}

case ${1:-start} in
start)
    start_all
    nine_logins
    certificate_logins
    six_tunnel_logins
    show_fleet
    explain
    ;;
fleet)
    read_lab
    show_fleet
    ;;
login)
    read_lab
    nine_logins
    certificate_logins
    six_tunnel_logins
    ;;
browser)
    read_lab
    shift
    open_browser "$@"
    ;;
status)
    status
    ;;
stop)
    stop_edges
    "$root/tests/lab/lab.sh" down "$LAB_STATE"
    echo "stopped; the state stays in $LAB_STATE (remove the folder to start from nothing)"
    ;;
*)
    echo "usage: $0 [start|login|fleet|browser|status|stop]" >&2
    exit 64
    ;;
esac
