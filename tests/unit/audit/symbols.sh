#!/usr/bin/env bash
# hawser-audit and hawser-oracle judge the operator's code: they must hold nothing of it.
#
#   symbols.sh BUILD_DIRECTORY
set -euo pipefail
build=$1
passed=0
failed=0
defined() { nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /[TDBR]/ {print $3}' | grep -v '^__\|^_' | sort -u; }
for program in hawser-audit hawser-oracle; do
    mapfile -t forbidden < <(find "$build/core" "$build/db" "$build/orchestrator" -name 'libhawser*.a')
    if [ $program = hawser-audit ]; then
        mapfile -t more < <(find "$build/chain_adapters" -name 'libhawser*.a')
        forbidden+=("${more[@]}")
    fi
    [ "${#forbidden[@]}" -ge 3 ] || { echo "libraries of core, db, orchestrator are not built"; exit 1; }
    theirs=$(defined "${forbidden[@]}")
    for name in batch_push rules_apply_local segment_encode; do # the search itself must see them
        grep -qx $name <<<"$theirs" || { echo "$name is not where it should be"; exit 1; }
    done
    both=$(comm -12 <(defined "$build/bin/$program") <(echo "$theirs"))
    if [ -n "$both" ]; then
        echo "$program holds: $(tr '\n' ' ' <<<"$both")"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
