#!/usr/bin/env bash
# Oracles that stop, a prover that dies: with 3 of 4 oracles the system goes on, with 2 it waits and
# loses nothing, and a dead worker's job is given to the next.
WORKERS=2 LEASE=15s
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
system_up

# ---- workers killed while they hold a job ----
wait_for 60 has_job prover
kill9 prover
start prover
wait_for 60 log_has orchestrator "worker_lost_job "
check "a killed worker that comes back asks with empty hands: its job is given out again at once" \
    log_has orchestrator "worker_lost_job "
wait_for 60 has_job prover-1
kill9 prover-1
must withdraw 0 2001
wait_for 60 log_has orchestrator "lease_over "
check "the job of one that does not come back is given out again when its lease is over" \
    log_has orchestrator "lease_over "

# ---- one oracle stopped ----
kill9 oracle-3
wait_for 90 settled
check "with one oracle stopped batches are executed" paid_exactly_once

# ---- two stopped ----
kill9 oracle-2
BEFORE=${#EXPECTED[@]}
must withdraw 0 2002
must swap 1 500000
must withdraw 1 2003
B=$LAST_BATCH
proven() { holds "[.chains[].proven] | min >= $B"; }
wait_for 120 proven
sleep 8
check "with two oracles stopped nothing is agreed" holds "[.chains[].agreed] | max < $B"
check "and nothing is executed" holds "[.chains[].executed] | max < $B"
check "and nobody is paid" none_paid "$BEFORE"
check "intake is open all the same" withdraw 0 2004
check "the waiting is no fault: nothing is halted" holds '.halted == null'

# ---- one comes back ----
start oracle-2
wait_for 120 settled
check "when one comes back everything is executed" settled
check "each withdrawal was paid exactly once" paid_exactly_once
start oracle-3
check "the audit re-executes both chains and finds no fault" audit_is_ok
finish
