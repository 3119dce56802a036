#!/usr/bin/env bash
# Real proofs by three workers over mutual TLS, killed with -9 and stopped at random, and a fourth one that
# lies; the orchestrator is killed now and then too: every batch gets proven and executed, nothing is lost
# or doubled, the loop goes on answering.
# HAWSER_TEST_BATCHES (20), HAWSER_TEST_SEED.
WORKERS=4 LEASE=${LEASE:-90s}
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
BATCHES=${HAWSER_TEST_BATCHES:-20}
SEED=${HAWSER_TEST_SEED:-$RANDOM}
echo "HAWSER_TEST_SEED=$SEED"
LIAR=$BUILD/tests/unit/orchestrator/mock_prover
[ -x "$LIAR" ] || die "$LIAR is missing"
system_up
kill9 prover-3
HAWSER_MOCK_LIES=1 HAWSER_MOCK_MS=500 launch prover-3 "$LIAR" "$WORK/prover-3.yaml"

RANDOM=$SEED
KILLS=0 STOPS=0 CRASHES=0 SLOWEST=0 STOPPED=""
disturb() {
    local name=${PROVERS[$((RANDOM % 3))]} what=$((RANDOM % 6))
    if [ -n "$STOPPED" ]; then
        kill -CONT "${PID[$STOPPED]}"
        STOPPED=""
    elif [ $what -lt 2 ]; then
        kill -STOP "${PID[$name]}"
        STOPPED=$name STOPS=$((STOPS + 1))
    elif [ $what = 2 ]; then
        kill9 orchestrator
        start orchestrator
        CRASHES=$((CRASHES + 1))
    else
        kill9 "$name"
        start "$name"
        KILLS=$((KILLS + 1))
    fi
}
# Proofs in the logs of all the orchestrator's runs; a layer's name or a pattern.
proofs() { grep -oE "prover proof batch=[0-9]+ to=[0-9]+ layer=$1 " "$WORK/orchestrator.log"; }
taken() { proofs '[a-z0-9-]+' | wc -l; }
look() { # how long the API takes, in milliseconds, with the provers at work
    local from=${EPOCHREALTIME/./} ms
    curl -fsS -o "$WORK/status.json" "http://127.0.0.1:$API_PORT/api/v1/status" || return 1
    ms=$(((${EPOCHREALTIME/./} - from) / 1000))
    [ $ms -le $SLOWEST ] || SLOWEST=$ms
}
sealed() { jq -r .sealed_batch "$WORK/status.json"; }
must look
AMOUNT=2000 NEXT=0 LAST=$SECONDS
UNTIL=$((SECONDS + 60 * BATCHES * ${HAWSER_TEST_PATIENCE:-4}))
until [ "$(sealed)" -ge "$BATCHES" ] && settled; do
    [ $SECONDS -lt $UNTIL ] || die "not settled in time"
    if [ "$(sealed)" -lt "$BATCHES" ]; then
        AMOUNT=$((AMOUNT + 1))
        must withdraw $((AMOUNT % 2)) $AMOUNT
        [ $((AMOUNT % 3)) != 0 ] || must swap $((AMOUNT % 2)) 100000
    fi
    # Some proofs are made between two disturbances, however slow the machine is.
    if [ "$(taken)" -ge $NEXT ] && [ $((SECONDS - LAST)) -ge 2 ]; then
        disturb
        NEXT=$(($(taken) + 1 + RANDOM % 4)) LAST=$SECONDS
    fi
    sleep 0.7
    must look
done
[ -z "$STOPPED" ] || kill -CONT "${PID[$STOPPED]}"
say "$(sealed) batches, $KILLS kills of workers, $STOPS stops, $CRASHES kills of the orchestrator"
say "proofs taken: $(taken), jobs handed out again: $(grep -cE 'lease_over|worker_lost_job' "$WORK/orchestrator.log")"
say "slowest answer of the API: $SLOWEST ms"

# A proof that is logged may be lost with the orchestrator before it is stored, and is then made again.
once_for_each() { # layer
    local all
    all=$(proofs "$1" | wc -l)
    [ "$(proofs "$1" | sort -u | wc -l)" = "$(sealed)" ] && [ "$all" -le $(($(sealed) + CRASHES)) ]
}
check "workers were killed and stopped" [ $((KILLS * STOPS)) -gt 0 ]
check "the liar's proofs were refused" log_has orchestrator "prover proof_refused"
check "each batch was proven once" once_for_each batch
check "each batch was joined once" once_for_each join-batch
check "everything is executed on both chains" settled
check "nothing is halted" holds '.halted == null'
check "each withdrawal was paid exactly once" paid_exactly_once
check "the API answered within a second (of an idle machine) all the time" \
    [ $SLOWEST -lt $((250 * ${HAWSER_TEST_PATIENCE:-4})) ]
check "the audit re-executes both chains and finds no fault" audit_is_ok
finish
