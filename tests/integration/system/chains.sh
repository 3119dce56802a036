#!/usr/bin/env bash
# A batch in which every one of CHAINS (4) L1 nodes takes part: pools in a ring, a swap along each, payments
# beyond a standard leaf on the first chain (so that one proof holds leaves of both sizes), a withdrawal on
# each. Real proofs; every chain executes, the audit agrees.
# CHAINS (4), HAWSER_TEST_PAYMENTS (60).
CHAINS=${CHAINS:-4} SEAL_AGE=10m
PAYMENTS=${HAWSER_TEST_PAYMENTS:-60}
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
seal_after() { # records: the next run of the orchestrator seals with that many
    sed -i "s/^seal_ops: .*/seal_ops: $1/" "$WORK/orchestrator.yaml"
}
api() { curl -fsS "http://127.0.0.1:$API_PORT/api/v1/$1"; }
# Deposits and the first pool, then the other pools and an account to pay to: two batches that end by their age.
SEAL_AGE=5s
system_up
for i in $(seq 1 $((CHAINS - 1))); do must create_pool "$i" $(((i + 1) % CHAINS)); done
must wallet deposit --chain 0 --token 2 --amount 5 --account new >>"$WORK/lp.log" 2>&1
wait_for 120 settled
OTHER=$(api "accounts?owner=${ADDRESS[lp]}&chain=0" | jq '.accounts | max')
[ "$OTHER" -gt 0 ] 2>/dev/null || die "no second account: $OTHER"

# One batch: its last operation seals it.
stop orchestrator
seal_after $((2 * CHAINS + CHAINS + PAYMENTS))
sed -i 's/^seal_age: .*/seal_age: 10m/' "$WORK/orchestrator.yaml"
start orchestrator
FIRST=$(st .sealed_batch)
for i in $(seq 0 $((CHAINS - 1))); do
    other=$(((i + 1) % CHAINS))
    pool=$(api pools | jq "[.pools[] | select(.chain == $i and .other_chain == $other) | .id][0]")
    must submit swap --chain "$i" --pool "$pool" --amount 1000000 --minimum 1 >>"$WORK/lp.log"
    must withdraw "$i" $((7000 + i))
done
for i in $(seq "$PAYMENTS"); do
    must submit transfer --chain 0 --to "$OTHER" --token 2 --amount $((4096 + i)) >>"$WORK/lp.log"
done
check "one batch holds all of it" wait_for 60 holds ".sealed_batch == $((FIRST + 1)) and .open_operations == 0"
check "every chain took part in it" [ "$(api batches | jq "[.batches[] | select(.number == $((FIRST + 1))) | .chains | length][0]")" = "$CHAINS" ]
wait_for 600 settled
check "it is executed on every chain" holds ".halted == null and ([.chains[].executed] | min) == $((FIRST + 1))"
check "leaves of both sizes were proven" holds '.prover.layers | (.leaf.proofs > 0 and ."leaf-large".proofs > 0)'
check "every withdrawal is paid once" paid_exactly_once
check "the audit of all chains agrees" audit_is_ok
st '"layers " + ([.prover.layers | to_entries[] | "\(.key) \(.value.proofs)"] | join(", "))'
finish
