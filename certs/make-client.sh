#!/usr/bin/env bash
# Makes a client certificate for a trial, as AD's certificate services issue them to users: the
# user principal name is an otherName of the subject alternative name. Gives PREFIX.pem,
# PREFIX.key and PREFIX.p12 (for a browser; its password is in the third argument).
#
#   certs/make-client.sh CA_FOLDER PREFIX UPN [P12_PASSWORD]
set -euo pipefail

if [ $# -lt 3 ] || [ $# -gt 4 ]; then
    echo "usage: $0 CA_FOLDER PREFIX UPN [P12_PASSWORD]" >&2
    exit 64
fi
ca=$1
prefix=$2
upn=$3
export P12_PASSWORD=${4:-trial}

umask 077
extensions=$(mktemp)
request=$(mktemp)
trap 'rm -f "$extensions" "$request"' EXIT
# 1.3.6.1.4.1.311.20.2.3 is Microsoft's szOID_NT_PRINCIPAL_NAME.
cat >"$extensions" <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = otherName:1.3.6.1.4.1.311.20.2.3;UTF8:$upn
END
openssl req -newkey rsa:2048 -noenc -utf8 -subj "/CN=${upn%@*}" \
    -keyout "$prefix.key" -out "$request" 2>/dev/null
openssl x509 -req -in "$request" -sha256 -days 825 -set_serial "0x$(openssl rand -hex 16)" \
    -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -extfile "$extensions" -out "$prefix.pem" 2>/dev/null
openssl pkcs12 -export -in "$prefix.pem" -inkey "$prefix.key" -certfile "$ca/ca.pem" \
    -name "$upn" -passout env:P12_PASSWORD -out "$prefix.p12"
chmod 644 "$prefix.pem"
