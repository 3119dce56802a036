#!/usr/bin/env bash
# tools/sim.sh [--build DIR] [--seed S] [--seeds N] [--campaign FILE] [--jobs J] [options of hawser-sim]
# What ./dev sim runs after the build. Without --seed a fresh one. With --campaign N seeds (default 2000) run
# in J processes (default 2), beginning behind the highest seed that FILE names; FILE gets a line for every
# hundred seeds (`ran FIRST COUNT COMMIT`) and one for each that failed (`failed SEED 1 COMMIT`).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=build/release seed='' seeds='' campaign='' jobs=2 more=()
while [ $# -gt 0 ]; do
    case "$1" in
    --build) build=$2; shift ;;
    --seed) seed=$2; shift ;;
    --seeds) seeds=$2; shift ;;
    --campaign) campaign=$2; shift ;;
    --jobs) jobs=$2; shift ;;
    -h | --help)
        sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exec "$build/bin/hawser-sim" --help
        ;;
    *) more+=("$1") ;;
    esac
    shift
done
sim=$build/bin/hawser-sim
if [ -z "$campaign" ]; then
    exec "$sim" --seed "${seed:-$(date +%s)000}" --seeds "${seeds:-1}" ${more[@]+"${more[@]}"}
fi

commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ] || commit=$commit+
touch "$campaign"
[ -n "$seed" ] || seed=$(awk '$1 == "ran" && $2 + $3 > n {n = $2 + $3} END {print n > 1 ? n : 1}' "$campaign")
seeds=${seeds:-2000}
end=$((seed + seeds))
echo "campaign: seeds $seed .. $((end - 1)) at $commit, into $campaign"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
part() {
    local first=$1 rc=0 n=100
    [ $((end - first)) -ge 100 ] || n=$((end - first))
    "$sim" --seed "$first" --seeds "$n" --results "$campaign" --commit "$commit" > "$out/$first" 2>&1 || rc=$?
    grep -E '^(sim:|FAILED)' "$out/$first" || true
    return "$rc"
}
worker() { # every jobs-th hundred
    local first rc=0
    for ((first = seed + 100 * $1; first < end; first += 100 * jobs)); do part "$first" || rc=1; done
    return "$rc"
}
pids=() rc=0
for ((j = 0; j < jobs; j++)); do
    worker "$j" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || rc=1; done
# the totals of all parts; a kind of fault that never happened is a failure of the campaign
cat "$out"/* | awk '
    $1 == "fault" {n[$2] += $3}
    /batches executed/ {batches += $1; acks += $4}
    $2 == "passed," {passed += $1; failed += $3}
    END {
        for (f in n) {printf "fault %s %d\n", f, n[f]; if (n[f] == 0) zero++}
        printf "%d batches executed, %d operations acknowledged\n", batches, acks
        if (zero > 0) printf "%d kinds of fault never happened\n", zero
        printf "%d passed, %d failed\n", passed, failed
        exit zero > 0 ? 1 : 0}' || rc=1
exit "$rc"
