# shellcheck shell=bash disable=SC2034
# What the lab needs of the system, and its installation where it is Debian. Sourced.

# Lines of: what proves that it is there (a command, or a file), the package that has it.
LAB_PACKAGES='
/usr/sbin/samba samba-ad-dc
/usr/bin/samba-tool samba
/usr/share/samba/setup/provision.ldif samba-ad-provision
/usr/lib/x86_64-linux-gnu/samba/ldb/samba_dsdb.so samba-dsdb-modules
/usr/bin/ldbadd ldb-tools
/usr/bin/ldapsearch ldap-utils
/usr/bin/kinit krb5-user
/usr/sbin/haproxy haproxy
/usr/bin/xmlsec1 xmlsec1
curl curl
openssl openssl
python3 python3
ss iproute2
setsid util-linux
pgrep procps
'
# Building the crate: GSSAPI's headers, and libclang to read them.
BUILD_PACKAGES='
/usr/include/gssapi/gssapi.h libkrb5-dev
/usr/share/doc/libclang-dev libclang-dev
cc gcc
make make
cmake cmake
pkg-config pkg-config
'
# What only tests use: tokens made to order, a clock that is wrong, the judge of metrics.
TEST_PACKAGES='
/usr/lib/python3/dist-packages/gssapi/__init__.py python3-gssapi
/usr/share/doc/python3-seccomp python3-seccomp
/usr/bin/systemd-analyze systemd
/usr/bin/faketime faketime
/usr/bin/promtool prometheus
/usr/bin/chromium chromium
/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf fonts-droid-fallback
/usr/bin/certutil libnss3-tools
/usr/bin/unshare util-linux
/usr/sbin/slapd slapd
/usr/sbin/dnsmasq dnsmasq-base
/usr/bin/tinyproxy tinyproxy-bin
/usr/bin/socat socat
/usr/sbin/keepalived keepalived
'
# libFuzzer, and the canonicaliser that tokens are compared with.
FUZZ_PACKAGES='
c++ g++
/usr/include/libxml2/libxml/c14n.h libxml2-dev
'
# A second opinion on signatures, by npm's xml-crypto.
NODE_PACKAGES='
node nodejs
npm npm
'

# need_packages LIST...: installs what is missing, and only asks apt when something is.
need_packages() {
    local list probe package missing=()
    for list in "$@"; do
        while read -r probe package; do
            [ -n "$probe" ] || continue
            probe=${probe/x86_64-linux-gnu/$(uname -m)-linux-gnu}
            if [[ $probe == /* ]]; then
                [ -e "$probe" ] || missing+=("$package")
            else
                command -v "$probe" >/dev/null || missing+=("$package")
            fi
        done <<<"$list"
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    echo "missing packages: ${missing[*]}"
    if ! command -v apt-get >/dev/null; then
        echo "This is not Debian (no apt-get). Install what these Debian packages hold, then run this again." >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "Only root can install them. Run, then try again:" >&2
        echo "    sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        return 1
    fi
    # RUNLEVEL and SYSTEMD_OFFLINE: the packages' own services must not be started.
    local log
    log=$(mktemp)
    if ! {
        apt-get update &&
            DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 SYSTEMD_OFFLINE=1 \
                apt-get install -y --no-install-recommends "${missing[@]}"
    } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        echo "apt-get could not install: ${missing[*]}" >&2
        return 1
    fi
    rm -f "$log"
    echo "installed"
}

need_cargo() {
    command -v cargo >/dev/null && return 0
    echo "cargo is missing. Install Rust from https://rustup.rs (version 1.95 or newer), then run this again." >&2
    return 1
}

# The domain controller serves ports 88, 389 and 636, which only root may open.
need_root() {
    [ "$(id -u)" -eq 0 ] && return 0
    echo "The lab runs a domain controller on the ports 88, 389 and 636 of a loopback address: run this as root." >&2
    return 1
}
