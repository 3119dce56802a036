#!/usr/bin/env bash
# One chain publishes its data in blobs, the other in calldata: real processes, real proofs. Deposits, a swap
# across and withdrawals on both, a restart of the operator between sealing and execution; then audits with
# the archive, and without any source of blobs.
DATA=(blobs calldata)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# Types of the transactions that committed batches on a chain, as the node tells them.
commit_types() {
    local hash
    for hash in $("$CAST" logs --json --rpc-url "${RPC[$1]}" --from-block 0 --address "$(contract "$1")" \
        'BatchCommitted(uint64 indexed,bytes32,bytes32,bytes32)' | jq -r '.[].transactionHash'); do
        rpc "$1" eth_getTransactionByHash "$hash" | jq -r .type
    done | sort -u | tr '\n' ' '
}
blobs_used() { find "$WORK/state/blobs" -name "0x*" | wc -l; }

system_up
wait_for 300 settled
proven_as_blob() { holds '.prover.layers | ((."leaf-blob".proofs // 0) + (."leaf-large-blob".proofs // 0)) > 0'; }
check "a leaf of a segment in a blob was proven" proven_as_blob
for i in $(seq 6); do must swap 0 $((1000000 + i)); done # with less, all of the part lies in the head
must withdraw 0 7001
must withdraw 1 7002
must withdraw 0 7003
wait_for 60 holds '.open_operations == 0'
kill9 orchestrator
start orchestrator
wait_for 300 settled
check "every batch is executed on both chains" holds '.halted == null and ([.chains[].executed] | min) == .sealed_batch'
check "and one again after the restart" proven_as_blob
check "commits of the first chain carry blobs" grep -q 0x3 <<<"$(commit_types 0)"
check "commits of the second carry none" [ "$(commit_types 1)" = "0x2 " ]
check "the archive holds the blobs" [ "$(blobs_used)" -gt 0 ]
check "every withdrawal is paid once" paid_exactly_once
check "the audit agrees" audit_is_ok

# Nobody but the archive has the blobs.
sed "s|rpc_url: ${RPC[0]}|&\n    blob_url: http://127.0.0.1:9|" "$WORK/audit.yaml" >"$WORK/audit-archive.yaml"
audit_of() { timeout 60 "$HAWSER" audit run --once --config "$1" --json >"$WORK/other.json" 2>>"$WORK/audit.log"; }
check "a fresh audit reads them from the archive alone" audit_of "$WORK/audit-archive.yaml"
sed '/^blob_archive:/d' "$WORK/audit-archive.yaml" >"$WORK/audit-blind.yaml"
audit_of "$WORK/audit-blind.yaml"
check "without any source it cannot see, and says so" [ $? = 3 ]
check "chain, batch and blob are named" jq -e '.reason | test("chain chain-0.*batch [0-9]+.*blob 0x01")' "$WORK/other.json"
first=$(find "$WORK/state/blobs" -name '0x*' | head -n 1)
printf 'x' | dd of="$first" bs=1 seek=1000 conv=notrunc status=none
audit_of "$WORK/audit-archive.yaml"
check "a damaged file of the archive is no blob" [ $? = 3 ]
check "and is replaced when the network still has the blob" audit_is_ok
check "for good" audit_of "$WORK/audit-archive.yaml"
st '"layers " + ([.prover.layers | to_entries[] | "\(.key) \(.value.proofs)"] | join(", "))'
finish
