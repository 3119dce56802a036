#!/bin/sh
# Runs the tests of the settlement contract with forge and ends with `N passed, N failed`.
set -u
root="$(cd "$(dirname "$0")/../../.." && pwd)"
log="$(mktemp "${TMPDIR:-/tmp}/hawser-forge.XXXXXX")"
trap 'rm -f "$log"' EXIT INT TERM
FOUNDRY_PROFILE=settlement "$root/contracts/tools/forge" test --no-match-path 'test/verifier/*' \
    "$@" >"$log" 2>&1
rc=$?
# The tables of the invariant runs say nothing that a reader of the log needs.
grep -vE '^[|+╭╰]' "$log"
passed=$(grep -c '^\[PASS\]' "$log")
# Failing tests are listed twice: under their suite and at the end.
failed=$(sed '/^Failing tests:/,$d' "$log" | grep -c '^\[FAIL')
if [ "$rc" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
if [ "$rc" -eq 0 ] && [ "$passed" -eq 0 ]; then failed=1; rc=1; fi
echo "$passed passed, $failed failed"
exit "$rc"
