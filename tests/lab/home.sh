# shellcheck shell=bash
# The home folder of an installation on the lab's domain. Every instance gets a copy; what differs
# (PORT, OPS_LISTEN, INSTANCE_NAME) comes in by the environment. Sourced after domain.sh.

# home_make FOLDER: makes it, or renews all but the signing key and certificate.
home_make() {
    local home=$1 pki=$LAB_STATE/pki
    mkdir -p "$home/certs"
    chmod 700 "$home"
    [ -e "$home/certs/cert.key" ] ||
        "$LAB_CERTS/make-signing.sh" "$home/certs" corp corp.example || return 1
    install -m 644 "$pki/login.pem" "$home/certs/tls.pem" &&
        install -m 600 "$pki/login.key" "$home/certs/tls.key" &&
        install -m 644 "$pki/ca.pem" "$home/certs/ca.pem" &&
        install -m 600 "$LAB_STATE/krb5.keytab" "$home/certs/krb5.keytab" || return 1
    (
        umask 077
        cat >"$home/config.json" <<END
{
  "SERVER_URL": "https://login.corp.example:8443",
  "LISTEN_ADDRESS": "$LAB_ADDRESS",
  "PROXY_PROTOCOL": "v2",
  "TRUSTED_PROXIES": ["127.0.0.0/8"],
  "KERBEROS_AUTH": true,
  "CONNECTION": "corp",
  "REALM": "urn:auth0:corp",
  "urn:auth0:corp": "https://tenant.corp.example:9443/login/callback",
  "WSFED_ISSUER": "corp.example",
  "LDAP_URL": "ldaps://$LAB_ADDRESS:636",
  "LDAP_BASE": "DC=corp,DC=example",
  "LDAP_BIND_USER": "svc-ldap@corp.example",
  "LDAP_BIND_PASSWORD": "$LAB_PASSWORD",
  "SSL_CA_FILE": "certs/ca.pem",
  "ADMIN_LISTEN": "off",
  "INSTANCE_HEADER": true
}
END
    )
}
