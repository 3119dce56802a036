#!/usr/bin/env bash
# The prover's report: limits of this machine, then the proving layers on real traffic, JSON and SVG.
# usage: ./dev bench prover [--json FILE] [--plots FOLDER] [--short] [--sizes N,N..] [--mixes M,M]
#   --sizes   operations for each mix (default 256 to 16384, doubling: about 12 minutes on two idle
#             cores; --short: 256 and 1024)
# Limits come from the fixed kernels of $HAWSER_LIMITS (default ../shared/limits) where that folder
# exists, compiled here; otherwise from the product's own kernels. Two threads throughout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '2,7s/^# //p' bench/prover.sh; }
build=build/release json='' plots='' sizes='' mixes=payments,swaps short=0
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=${2:?--build needs a folder}; shift 2 ;;
    --json) json=${2:?--json needs a file}; shift 2 ;;
    --plots) plots=${2:?--plots needs a folder}; shift 2 ;;
    --sizes) sizes=${2:?--sizes needs a list}; shift 2 ;;
    --mixes) mixes=${2:?--mixes needs a list}; shift 2 ;;
    --short) short=1; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done
if [ -z "$sizes" ]; then
    sizes=256,512,1024,2048,4096,8192,16384
    [ "$short" = 0 ] || sizes=256,1024
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
limits=${HAWSER_LIMITS:-../shared/limits}
: >"$work/limits"
: >"$work/hashes"
if [ -d "$limits" ]; then
    for name in poseidon1 mont ntt stream; do
        [ -f "$limits/$name.c" ] || continue
        gcc -O3 -march=native -fopenmp -w "$limits/$name.c" -o "$work/$name" 2>"$work/error" \
            || { echo "== limits/$name.c does not compile here" >&2; continue; }
        (cd "$limits" && sha256sum "$name.c") | tee -a "$work/hashes"
        "$work/$name" | sed "s/^/$name: /" | tee -a "$work/limits"
    done
    if [ -f "$limits/kb.h" ]; then (cd "$limits" && sha256sum kb.h) | tee -a "$work/hashes"; fi
fi
"$build/bin/bench_product" --sizes "$sizes" --mixes "$mixes" | tee "$work/lines"
uptime >"$work/load"
# Gas: a real batch through every layer, in one transaction on an anvil with the limits of L1.
generator=$build/bin/hawser-test-verifier-terminal
if [ -x "$generator" ] && [ -d node_modules ]; then
    bash tests/integration/verifier/terminal.sh "$generator" "$work/terminal" "$work/gas.json"
fi
python3 bench/report.py "$work" ${json:+--json "$json"} ${plots:+--plots "$plots"}
