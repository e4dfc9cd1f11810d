#!/usr/bin/env bash
# Makes the signing key and certificate of an installation: cert.pem and cert.key in a folder, self-signed, with
# the subject that the tenant expects. Refuses to replace an existing key and certificate: the tenant trusts
# the certificate by its fingerprint, and the stored bind password is encrypted with the key.
#
#   certs/make-signing.sh FOLDER CONNECTION DOMAIN
set -euo pipefail

if [ $# -ne 3 ]; then
    echo "usage: $0 FOLDER CONNECTION DOMAIN" >&2
    exit 64
fi
folder=$1
if [ -e "$folder/cert.key" ] || [ -e "$folder/cert.pem" ]; then
    echo "$folder already holds a signing key and certificate; they are left as they are" >&2
    exit 1
fi

umask 077
mkdir -p "$folder"
# The last part of the subject holds a slash, which -subj takes for a separator unless escaped.
openssl req -x509 -newkey rsa:2048 -noenc -sha256 -days 3650 \
    -subj "/CN=$2/OU=$3/O=auth0\/ad-ldap-connector" \
    -keyout "$folder/cert.key" -out "$folder/cert.pem" 2>/dev/null
chmod 644 "$folder/cert.pem"
