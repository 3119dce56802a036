#!/usr/bin/env bash
# Every example in configs/ is understood by the program it is for: it gets as far as the files that an
# example cannot have. And the check can fail: an unknown key is refused with its line.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
bin=${HAWSER_BUILD_DIR:?}/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
# The paths of the examples, moved to where nothing is.
place() { sed "s#/etc/hawser#$work/none#g; s#/var/lib/hawser#$work/none#g; s#/home/user#$work/none#g; s#/run/hawser#$work#g"; }
try() { # name, command...: must fail for a file below $work/none, not for the configuration's text
    local name=$1 out rc
    shift
    place <"configs/$name.yaml" >"$work/$name.yaml"
    out=$(timeout 20 "$@" --config "$work/$name.yaml" 2>&1 </dev/null)
    rc=$?
    if [ "$rc" -ne 0 ] && [ "$rc" -ne 124 ] && grep -q "$work/none" <<<"$out" \
        && ! grep -qE "$name.yaml:[0-9]+" <<<"$out"; then
        passed=$((passed + 1))
    else
        echo "configs/$name.yaml: status $rc: $out"
        failed=$((failed + 1))
    fi
    # the same file with one key too many
    { place <"configs/$name.yaml"; echo 'no_such_key: 1'; } >"$work/$name.yaml"
    out=$(timeout 20 "$@" --config "$work/$name.yaml" 2>&1 </dev/null)
    if grep -q "no_such_key" <<<"$out" && grep -qE "$name.yaml:[0-9]+" <<<"$out"; then
        passed=$((passed + 1))
    else
        echo "configs/$name.yaml with an unknown key: $out"
        failed=$((failed + 1))
    fi
}
try deploy "$bin/hawser" deploy
try orchestrator "$bin/hawser" up
try prover "$bin/hawser" prover
try gate "$bin/hawser" audit gate
try audit "$bin/hawser" audit run --once
try oracle "$bin/hawser" oracle
try wallet "$bin/hawser" wallet address
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
