#!/usr/bin/env bash
# Makes a TLS server certificate for a trial, signed by a CA of make-ca.sh: PREFIX.pem (the
# certificate, then the CA's) and PREFIX.key. The names are host names or IP addresses; the first
# one is also the subject.
#
#   certs/make-server.sh CA_FOLDER PREFIX NAME...
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: $0 CA_FOLDER PREFIX NAME..." >&2
    exit 64
fi
ca=$1
prefix=$2
shift 2

san=
for name in "$@"; do
    if [[ $name =~ ^[0-9.]+$ || $name == *:* ]]; then
        san+=",IP:$name"
    else
        san+=",DNS:$name"
    fi
done

umask 077
extensions=$(mktemp)
request=$(mktemp)
trap 'rm -f "$extensions" "$request"' EXIT
cat >"$extensions" <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = ${san#,}
END
openssl req -newkey rsa:2048 -noenc -subj "/CN=$1" \
    -keyout "$prefix.key" -out "$request" 2>/dev/null
openssl x509 -req -in "$request" -sha256 -days 825 -set_serial "0x$(openssl rand -hex 16)" \
    -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -extfile "$extensions" -out "$prefix.pem" 2>/dev/null
cat "$ca/ca.pem" >>"$prefix.pem"
chmod 644 "$prefix.pem"
