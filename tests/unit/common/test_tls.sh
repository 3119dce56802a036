#!/usr/bin/env bash
# Makes throw-away certificates of two authorities, then runs the Check program given.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for ca in ours theirs; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj "/CN=hawser test $ca" -keyout "$dir/$ca.ca.key" -out "$dir/$ca.ca.pem" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -subj "/CN=127.0.0.1" -keyout "$dir/$ca.key" -out "$dir/$ca.csr" 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1,DNS:127.0.0.1\n' >"$dir/ext"
    openssl x509 -req -in "$dir/$ca.csr" -CA "$dir/$ca.ca.pem" -CAkey "$dir/$ca.ca.key" \
        -CAcreateserial -days 2 -extfile "$dir/ext" -out "$dir/$ca.crt" 2>/dev/null
    cat "$dir/$ca.crt" "$dir/$ca.key" >"$dir/$ca.pem"
done
HAWSER_TEST_CERTS=$dir "$1"
