#!/usr/bin/env bash
# The test `sim`: every seed that ever failed, then fresh ones for a minute, then seeds with a broken part,
# which the invariants must notice (negative twins). HAWSER_TEST_SEED: the first fresh seed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
sim=$HAWSER_BUILD_DIR/bin/hawser-sim
cmake --build "$HAWSER_BUILD_DIR" --target hawser-sim > /dev/null
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0:detect_stack_use_after_return=0
seconds=${HAWSER_SIM_SECONDS:-60}
first=${HAWSER_TEST_SEED:-$(date +%s)000}
echo "HAWSER_TEST_SEED=$first"
passed=0 failed=0
count() { if [ "$1" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi; }

a=$("$sim" --seed 7 | grep digest)
b=$("$sim" --seed 7 | grep digest)
[ -n "$a" ] && [ "$a" = "$b" ] && count 0 || { echo "seed 7 differs from itself"; count 1; }

while read -r seed _; do
    case "$seed" in '' | '#'*) continue ;; esac
    rc=0
    "$sim" --seed "$seed" | grep -E '^(sim:|FAILED)' && rc=1
    count "$rc"
done < failed_seeds.txt

for twin in sync book money request proof quorum; do
    rc=1
    for seed in 11 12 13 14 15 16 17 18 19 20 21 22; do
        "$sim" --seed "$seed" --twin "$twin" > /dev/null 2>&1 || { rc=0; break; }
    done
    [ "$rc" -eq 0 ] || echo "twin $twin was not noticed"
    count "$rc"
done

end=$((SECONDS + seconds))
for ((seed = first; SECONDS < end; seed += 5)); do
    rc=0
    "$sim" --seed "$seed" --seeds 5 | grep -E '^(sim:|FAILED)' && rc=1
    count "$rc"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
