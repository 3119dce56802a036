#!/usr/bin/env bash
# Makes throw-away certificates of two authorities, then runs the Check program given.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../support/certificates.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
certificates "$dir/ours"
certificates "$dir/theirs"
HAWSER_TEST_CERTS=$dir "$1"
