#!/usr/bin/env bash
# The listed keys are those of the programs. The build takes a listed key over where program and
# preprocessed values are the same ones, so a key that was changed in the list alone would go into K, and
# with it whatever program it belongs to: here all are made anew.
set -euo pipefail
keys="$HAWSER_BUILD_DIR/bin/hawser-keys"
list=prover/recursion/keys.txt
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
say() { if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $2"; fi; }

"$keys" list > "$out/keys.txt"
diff -u "$list" "$out/keys.txt" && rc=0 || rc=1
say "$rc" "the listed keys are those of the programs (./dev verify-keys --update)"

# the danger is real: the build believes a list with another key of lift2 ..
awk '$1 == "lift2" { c = substr($5, 8, 1); $5 = substr($5, 1, 7) (c == "0" ? "1" : "0") substr($5, 9) } { print }' \
    "$list" > "$out/changed.txt"
"$keys" constants "$out/changed.txt" "$out/changed.c"
"$keys" constants "$list" "$out/honest.c"
cmp -s "$out/changed.c" "$out/honest.c" && rc=1 || rc=0
say "$rc" "a changed list changes the constants"
# .. and the comparison above sees it
diff -q "$out/changed.txt" "$out/keys.txt" > /dev/null && rc=1 || rc=0
say "$rc" "a changed list differs from the keys made anew"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
