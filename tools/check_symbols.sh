#!/usr/bin/env bash
# Finds functions and variables that two of our static libraries both define. A program that links
# both either does not link or silently takes the first: an audit that runs the core's rules by
# accident, for one.
#
#   tools/check_symbols.sh [BUILD_DIRECTORY]
set -euo pipefail
build=${1:-${HAWSER_BUILD_DIR:?name a build directory}}
# fast/ holds the worker without sanitizers: the same libraries once more, in another program.
mapfile -t libraries < <(find "$build" -path "$build/fast" -prune -o -name 'libhawser*.a' -print | sort)
[ "${#libraries[@]}" -gt 0 ] || { echo "no libraries below $build" >&2; exit 1; }
doubles=$(for library in "${libraries[@]}"; do
    nm -g --defined-only "$library" 2>/dev/null \
        | awk -v l="$(basename "$library" .a)" 'NF == 3 && $2 ~ /[TDBR]/ && $3 !~ /^__odr_asan/ {print $3, l}' \
        | sort -u
done | awk '{count[$1]++; where[$1] = where[$1] " " $2}
            END {for (s in count) if (count[s] > 1) print s " is defined in" where[s]}' | sort)
if [ -n "$doubles" ]; then
    echo "$doubles"
    echo "0 passed, $(wc -l <<<"$doubles") failed"
    exit 1
fi
echo "${#libraries[@]} passed, 0 failed"
