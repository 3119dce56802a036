#!/usr/bin/env bash
# A real batch through every layer of the recursion, verified by the product's contracts on an anvil with
# the limits of L1. usage: terminal.sh GENERATOR WORK_DIR [JSON]: writes evm_gas and calldata_bytes to JSON.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$2"
"$1" "$2"
node "$here/../../../contracts/tools/verifiers.cjs" "$2"
node "$here/l1.cjs" "$2" TerminalVerifier terminal "${3:-}"
