#!/usr/bin/env bash
# Runs every benchmark of a build and prints its lines (`name value unit`).
# usage: bench/run.sh --build DIR [--json FILE] [NAME...]      NAME: bench_prover, ... (default: all)
#        bench/run.sh --build DIR prover ...                   the prover's report: bench/prover.sh
#        bench/run.sh --build DIR sequencer ...                accepted and durable: bench/sequencer.sh
#        bench/run.sh --build DIR settle ...                   acknowledged to executed: bench/settle.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '2,6s/^# //p' bench/run.sh; }
build=build/release json='' names=()
while [ $# -gt 0 ]; do
    case $1 in
    --build) build=${2:?--build needs a folder}; shift 2 ;;
    prover) shift; exec bench/prover.sh --build "$build" "$@" ;;
    sequencer) shift; exec bench/sequencer.sh --build "$build" "$@" ;;
    settle) shift; exec bench/settle.sh --build "$build" "$@" ;;
    --json) json=${2:?--json needs a file}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) names+=("$1"); shift ;;
    esac
done
if [ "${#names[@]}" -eq 0 ]; then
    for file in "$build"/bin/bench_*; do
        case $file in *bench_sequencer*) continue ;; esac # wants traffic: bench/sequencer.sh
        if [ -x "$file" ]; then names+=("${file##*/}"); fi
    done
fi
[ "${#names[@]}" -gt 0 ] || { echo "bench/run.sh: no benchmark in $build/bin" >&2; exit 1; }

out=$(mktemp)
trap 'rm -f "$out"' EXIT
for name in "${names[@]}"; do
    echo "== $name"
    "$build/bin/$name" | tee /dev/fd/3 | sed "s/^/$name /" >>"$out"
done 3>&1

if [ -n "$json" ]; then
    commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
    cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1)
    awk -v commit="$commit" -v cpu="$cpu" -v cores="$(nproc)" '
        BEGIN { printf "{\"commit\": \"%s\", \"cpu\": \"%s\", \"cores\": %d, \"results\": [", commit, cpu, cores }
        NF == 4 { printf "%s\n  {\"bench\": \"%s\", \"name\": \"%s\", \"value\": %s, \"unit\": \"%s\"}", n++ ? "," : "", $1, $2, $3, $4 }
        END { print "\n]}" }' "$out" >"$json"
    echo "== wrote $json"
fi
