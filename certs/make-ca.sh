#!/usr/bin/env bash
# Makes a certificate authority for a trial: ca.pem and ca.key in a folder. Never for production:
# its key is unprotected beside it.
#
#   certs/make-ca.sh FOLDER [NAME]
set -euo pipefail

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: $0 FOLDER [NAME]" >&2
    exit 64
fi
folder=$1
name=${2:-ad-edge trial CA}

umask 077
mkdir -p "$folder"
openssl req -x509 -newkey rsa:2048 -noenc -sha256 -days 3650 \
    -subj "/CN=$name" \
    -addext "basicConstraints=critical,CA:TRUE" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
chmod 644 "$folder/ca.pem"
