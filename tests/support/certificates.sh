# Source it. certificates FOLDER: runs the commands of docs/operator.md, section Certificates, in FOLDER:
# ca.pem, orchestrator.{pem,key} (name orchestrator.example), worker-1.{pem,key}.
CERTIFICATES_PAGE=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../docs/operator.md")
certificates() {
    mkdir -p "$1"
    (cd "$1" && sed -n '/^## Certificates/,/^## Configuration/p' "$CERTIFICATES_PAGE" |
        sed -n '/^```sh$/,/^```$/{/^```/d;p}' | bash -euo pipefail >openssl.log 2>&1) || {
        cat "$1/openssl.log" >&2
        return 1
    }
}
