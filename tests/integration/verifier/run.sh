#!/usr/bin/env bash
# The generated Solidity verifier on a real EVM (forge) against proofs of the C prover.
# usage: run.sh toy|machine GENERATOR WORK_DIR: the generator writes contracts and proofs, the tests are
# those of the folder of that name.
set -euo pipefail
suite=$1
gen=$2
work=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
forge="$root/node_modules/@foundry-rs/forge-linux-amd64/bin/forge"
if [ ! -x "$forge" ]; then
    echo "run.sh: no forge in node_modules (npm ci)" >&2
    exit 1
fi
mkdir -p "$work/src/verifier" "$work/src/gen" "$work/test" "$work/vectors" "$work/home"
"$gen" "$work/vectors"
node "$root/contracts/tools/verifiers.cjs" "$work/vectors"
cp "$here/foundry.toml" "$work/"
# copies only what changed: forge compiles by modification time and content
for f in "$work"/vectors/*.sol; do
    cmp -s "$f" "$work/src/gen/$(basename "$f")" || cp "$f" "$work/src/gen/"
done
cmp -s "$root/contracts/src/verifier/IProofVerifier.sol" "$work/src/verifier/IProofVerifier.sol" ||
    cp "$root/contracts/src/verifier/IProofVerifier.sol" "$work/src/verifier/"
cp "$root/contracts/test/verifier/Vm.sol" "$here/Base.t.sol" "$here/$suite"/*.t.sol "$work/test/"
if [ "$suite" = toy ]; then # with the arithmetic and the transcript by themselves
    cp "$root/contracts/test/verifier/"Field*.sol "$work/test/"
fi
# a static check of every contract: no lane can overflow
python3 "$here/check_bounds.py" $(ls "$work"/vectors/*.sol | grep -v "/ToyNo") >"$work/bounds.log" || {
    cat "$work/bounds.log"
    echo "0 passed, 1 failed"
    exit 1
}
cd "$work"
log="$work/forge.log"
status=0
HOME="$work/home" "$forge" test --root "$work" --use "$root/contracts/tools/solc" --offline -vv \
    >"$log" 2>&1 || status=$?
grep -E "^\[(PASS|FAIL)|^  [a-zA-Z0-9_-]+[^|>]*: |^Error" "$log" || true
if [ "$suite" = machine ] && [ "$status" -eq 0 ]; then # and on a chain with the limits of L1
    node "$here/l1.cjs" "$work/vectors" Machine machine >"$work/l1.log" 2>&1 || status=$?
    grep -vE "passed, .* failed" "$work/l1.log" || true
    cat "$work/l1.log" >>"$log"
fi
# the bounds of all contracts count as one test
passed=$((1 + $(grep -c "^\[PASS" "$log" || true)))
failed=$(grep -c "^\[FAIL" "$log" || true)
if [ "$passed" -eq 1 ]; then
    tail -40 "$log" >&2
    [ "$failed" -gt 0 ] || failed=1
fi
echo "$passed passed, $failed failed"
[ "$status" -eq 0 ] && [ "$failed" -eq 0 ]
