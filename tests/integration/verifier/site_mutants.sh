#!/usr/bin/env bash
# Every check site of the generated terminal verifier taken out or turned round: site_mutants.cjs.
# usage: site_mutants.sh GENERATOR WORK_DIR (the generator: hawser-test-verifier-machine)
set -euo pipefail
gen=$1
work=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$work/vectors"
"$gen" "$work/vectors" >"$work/gen.log"
node "$here/../../../contracts/tools/verifiers.cjs" "$work/vectors"
node "$here/site_mutants.cjs" "$work/vectors" "$work/results.txt"
