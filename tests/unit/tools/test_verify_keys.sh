#!/usr/bin/env bash
# ./dev verify-keys as a whole, in a copy of the working tree: it passes, it refuses a list and a hash that
# were changed, and --update writes back exactly what is listed.
set -euo pipefail
cd "$HAWSER_SOURCE_DIR"
copy=$(mktemp -d "${TMPDIR:-/tmp}/hawser-verify-keys-XXXXXX")
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' f; do [ ! -f "$f" ] || printf '%s\0' "$f"; done |
    tar --null -T - -c | tar -x -C "$copy"
cd "$copy"
export HAWSER_NO_INSTALL=1
passed=0 failed=0
say() { # claim status
    if [ "$2" = 0 ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAILED: $1"
        tail -n 20 log
    fi
}
run() { # expected outcome (0 or 1), what it says, options
    local rc=0 outcome=$1 text=$2
    shift 2
    ./dev verify-keys "$@" >log 2>&1 || rc=1
    [ "$rc" = "$outcome" ] && grep -q -- "$text" log
}
run 0 "bit for bit" && rc=0 || rc=1
say "keys and Solidity are the listed ones" "$rc"

list=prover/recursion/keys.txt hashes=prover/recursion/verifier.sha256
cp $list $hashes .
# another key of lift2, which the build believes
awk '$1 == "lift2" { c = substr($5, 8, 1); $5 = substr($5, 1, 7) (c == "0" ? "1" : "0") substr($5, 9) } { print }' \
    keys.txt >$list
cmp -s keys.txt $list && rc=1 || rc=0
say "the list is changed" "$rc"
run 1 "the keys differ" && rc=0 || rc=1
say "a changed list is refused" "$rc"
run 0 "are written" --update && cmp -s keys.txt $list && cmp -s verifier.sha256 $hashes && rc=0 || rc=1
say "--update writes what is right, whatever the list said" "$rc"
sed -i '1s/^./x/' $hashes
run 1 "the Solidity differs" && rc=0 || rc=1
say "a changed hash is refused" "$rc"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
