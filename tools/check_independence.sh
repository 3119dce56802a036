#!/usr/bin/env bash
# Shows with nm that the auditor's and the oracle's programs contain no function of the operator's:
# no symbol that core, orchestrator, db, the prover or the wallet defines is defined in them.
#
#   tools/check_independence.sh [BUILD_DIRECTORY]
set -euo pipefail
build=${1:-${HAWSER_BUILD_DIR:?name a build directory}}
passed=0 failed=0
defined() { # functions and data of our own
    nm --defined-only "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /[TDBR]/ && $3 !~ /^(_|main$)/ {print $3}' | sort -u
}
foreign() { # symbols of every library built below the folders
    local folder
    for folder in "$@"; do
        find "$build/$folder" -name 'libhawser*.a' -print0 | xargs -0 -r -n1 nm --defined-only -g 2>/dev/null
    done | awk 'NF == 3 && $2 ~ /[TDBR]/ && $3 !~ /^_/ {print $3}' | sort -u
}
check() { # program folders...
    local program=$1 found number
    shift
    [ -x "$build/bin/$program" ] || { echo "$program is not built"; failed=$((failed + 1)); return; }
    number=$(foreign "$@" | wc -l)
    [ "$number" -gt 100 ] || { echo "only $number symbols in $*: nothing to compare"; failed=$((failed + 1)); return; }
    found=$(comm -12 <(defined "$build/bin/$program") <(foreign "$@"))
    if [ -n "$found" ]; then
        echo "$program contains, from $*:" $found
        failed=$((failed + 1))
    else
        echo "$program contains none of $number symbols of $*"
        passed=$((passed + 1))
    fi
}
check hawser-audit core orchestrator db prover/prove prover/trace prover/air cli chain_adapters
check hawser-oracle core orchestrator db prover/prove prover/trace prover/air cli
# The check can see: the operator's own program does contain core.
if [ -x "$build/bin/hawser" ] && [ -z "$(comm -12 <(defined "$build/bin/hawser") <(foreign core))" ]; then
    echo "hawser seems to contain nothing of core: the check is blind"
    failed=$((failed + 1))
else
    passed=$((passed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
