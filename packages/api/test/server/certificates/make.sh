#!/bin/sh
# Makes the certificates of the tests anew: an authority, the server of 127.0.0.1 (twice), three clients, and one of another authority.
set -eu
cd "$(dirname "$0")"
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj "/CN=$2" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
leaf() { # name subject extension authority days
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf '%s\n' "$3" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$4.pem" -CAkey "$4.key" -CAcreateserial -days "$5" -extfile "$1.ext" -out "$1.pem" 2>/dev/null
  rm "$1.csr" "$1.ext"
}
authority ca 'test authority'
authority other-ca 'another authority'
leaf server '/CN=server' 'subjectAltName=IP:127.0.0.1,DNS:localhost' ca 36500
leaf renewed '/CN=renewed' 'subjectAltName=IP:127.0.0.1,DNS:localhost' ca 36500
leaf controller '/CN=controller' 'subjectAltName=URI:spiffe://example/controller' ca 36500
leaf reader '/CN=reader' 'subjectAltName=DNS:reader.example' ca 36500
leaf nobody '/CN=nobody' 'subjectAltName=DNS:nobody.example' ca 36500
leaf stranger '/CN=controller' 'subjectAltName=URI:spiffe://example/controller' other-ca 36500
rm -f ca.srl other-ca.srl ca.key other-ca.key other-ca.pem
