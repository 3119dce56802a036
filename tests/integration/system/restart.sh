#!/usr/bin/env bash
# kill -9 of the orchestrator at six boundaries: it comes back, settles everything, pays each
# withdrawal once, and never signs one nonce for two payloads.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
system_up

BOUNDARY=0
# What the dead process left in the outbox; every row must be there, byte for byte, at the end.
crash() { # text
    BOUNDARY=$((BOUNDARY + 1))
    kill9 orchestrator
    must outbox >"$WORK/outbox.$BOUNDARY"
    say "killed $1; the outbox has $(wc -l <"$WORK/outbox.$BOUNDARY") transactions"
    start orchestrator
}
known() { curl -fsS "http://127.0.0.1:$API_PORT/api/v1/transactions/$1" | jq -e '.status == "accepted"' >/dev/null; }

# 1. accepted: the answer has just left
must withdraw 0 1001
ID=$LAST_ID
crash "after the acceptance of a withdrawal"
check "an operation acknowledged just before the crash is still there" known "$ID"

# 2. sealed
must withdraw 1 1002
wait_for 20 log_has orchestrator "batch_sealed batch=$LAST_BATCH "
crash "after sealing batch $LAST_BATCH"

# 3. the commit of a batch with both chains was sent
must swap 0 1000000
must withdraw 1 1003
wait_for 60 log_has orchestrator "sent .*stage=1 batch=$LAST_BATCH "
crash "after sending the commit of batch $LAST_BATCH"

# 4. a proof of it was stored
wait_for 120 log_has orchestrator "prover proof batch=$LAST_BATCH "
crash "after storing a proof of batch $LAST_BATCH"

# 5. its proof was sent
wait_for 120 log_has orchestrator "sent .*stage=2 batch=$LAST_BATCH "
crash "after sending the proof of batch $LAST_BATCH"

# 6. agreed, not executed
agreed() { holds "[.chains[].agreed] | max >= $LAST_BATCH"; }
wait_for 120 agreed
crash "before executing batch $LAST_BATCH"

wait_for 120 settled
check "everything is executed on both chains" settled
check "nothing is halted" holds '.halted == null'
check "each withdrawal was paid exactly once" paid_exactly_once

outbox >"$WORK/outbox.end"
same_bytes() {
    local i
    for i in $(seq $BOUNDARY); do
        [ -z "$(comm -23 <(sort "$WORK/outbox.$i") <(sort "$WORK/outbox.end"))" ] || return 1
    done
}
check "no row of the outbox was ever changed: one nonce, one payload" same_bytes
on_chain() { # every row is the mined transaction of that nonce
    local chain nonce stage k hash raw found
    while IFS='|' read -r chain nonce stage k hash raw; do
        found=$("$CAST" tx --rpc-url "${RPC[$chain]}" "0x$hash" --json 2>/dev/null) || return 1
        [ "$(jq -r .nonce <<<"$found")" = "$(printf '0x%x' "$nonce")" ] || return 1
        [ "$(jq -r .blockNumber <<<"$found")" != null ] || return 1
    done <"$WORK/outbox.end"
}
check "the chains hold exactly the transactions of the outbox" on_chain
no_more() {
    local i
    for i in 0 1; do
        [ "$("$CAST" nonce --rpc-url "${RPC[$i]}" "${ADDRESS[operator]}")" = "$(grep -c "^$i|" "$WORK/outbox.end")" ] || return 1
    done
}
check "and no other transaction was sent with the operator's key" no_more
check "the audit re-executes both chains and finds no fault" audit_is_ok
finish
