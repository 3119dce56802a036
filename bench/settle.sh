#!/usr/bin/env bash
# ./dev bench settle: acknowledged to executed on two L1 nodes, with real batches: operations per second
# and gas per operation over all stages and chains.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

usage() {
    cat <<'U'
usage: ./dev bench settle [--json FILE] [--sizes N,N..] [--mixes M,M] [--users N] [--keep]

  The whole system (orchestrator, audit gate, prover worker, four oracles, two anvils with the limits of
  Osaka: one transaction at most 16,777,216 gas), product parameters, every operation signed. For each
  mix and size: so many operations are signed ahead, then sent by 16 clients at once; measured is from
  the first acknowledgement until the last batch is executed on both chains. Gas and calldata come from
  the receipts of both nodes: commit, prove and execute of the operator, agree of the oracles.

  --json FILE     results as JSON
  --sizes N,N..   operations sent at once (default 1000); the sequencer seals one batch where its limits
                  allow, else several; on an idle 2-core machine 1000 payments take 3 minutes with set-up
                  and audit, 4000 take 4
  --mixes M,M     payments (transfers on both chains), swaps (between the chains, 8-byte amounts, both
                  ways through one pool); default payments,swaps
  --users N       users with an account on each chain, a multiple of 16 (default 32); each signs at most
                  1,023 operations on each chain in one run
  --keep          leave the work folder (logs, databases, keys) behind
  --build DIR     build directory with bin/hawser (default build/release)
U
}

BUILD=build/release JSON="" SIZES=1000 MIXES=payments,swaps USERS=32 CLIENTS=16 KEEP=0
while [ $# -gt 0 ]; do
    case $1 in
    --build) BUILD=${2:?--build needs a folder}; shift 2 ;;
    --json) JSON=${2:?--json needs a file}; shift 2 ;;
    --sizes) SIZES=${2:?--sizes needs a list}; shift 2 ;;
    --mixes) MIXES=${2:?--mixes needs a list}; shift 2 ;;
    --users) USERS=${2:?--users needs a number}; shift 2 ;;
    --keep) KEEP=1; shift ;;
    --help | -h) usage; exit 0 ;;
    *) echo "bench settle: unknown option $1" >&2; usage >&2; exit 2 ;;
    esac
done
IFS=, read -r -a SIZE_LIST <<<"$SIZES"
IFS=, read -r -a MIX_LIST <<<"$MIXES"
TOTAL=0
for size in "${SIZE_LIST[@]}"; do
    [[ $size =~ ^[1-9][0-9]{0,5}$ ]] || { echo "bench settle: --sizes $SIZES: whole numbers" >&2; exit 2; }
    TOTAL=$((TOTAL + size))
done
for mix in "${MIX_LIST[@]}"; do
    case $mix in payments | swaps) ;; *) echo "bench settle: no mix $mix" >&2; exit 2 ;; esac
done
if [ $((USERS % CLIENTS)) -ne 0 ] || [ "$USERS" -lt $((2 * CLIENTS)) ] || [ $((TOTAL * ${#MIX_LIST[@]})) -gt $((USERS * 1000)) ]; then
    echo "bench settle: --users $USERS: a multiple of $CLIENTS, at least $((2 * CLIENTS)), and 1 for each 1,000 operations" >&2
    exit 2
fi

WHO=settle
MINTED=100000000000000000000000 # 10^23 units: swaps of 8-byte amounts do not move the pool
DEPOSIT=4000000000000000000
# shellcheck source=tools/system.sh
. tools/system.sh
system_begin
system_nodes
system_keys
system_deploy
# Everybody's deposits, two of the liquidity provider and the two halves of the pool: one batch.
system_configure "seal_ops: $((2 * USERS + 4))" "seal_age: 10m" "range_wait: 60s"
system_start
make_pool 20000000000000000000000 10000000000000000000000 10000000000000000000000

# Orders are signed by the users' own clients before the clock runs.
sign_ahead() { # mix operations
    local c n=$((USERS / CLIENTS))
    for c in $(seq 0 $((CLIENTS - 1))); do
        client sign "$c" "$HAWSER" traffic --config "$WORK/wallet.yaml" --keys "$WORK/users" --users $n --first-user $((c * n)) \
            --deposit $DEPOSIT --seed $((7 * c + $2)) --mix "$1" \
            --operations $(($2 / CLIENTS + (c < $2 % CLIENTS))) --sign "$WORK/orders-$c"
    done
    clients_wait sign
}
# The sequencer as it is run for batches of this size: a batch is sealed with the last operation, or
# when a limit is reached.
restart_for() { # records
    local pid
    pid=$(cat "$WORK/orchestrator.pid")
    kill "$pid"
    wait "$pid" || true
    orchestrator_yaml "seal_ops: $1" "seal_age: $((15 + $1 / 200))s" "range_wait: 60s"
    orchestrator_start
}
now_ms() { date +%s%3N; }
block() { "$CAST" block-number --rpc-url "${RPC[$1]}"; }

declare -A AT # when each stage was reached on both chains
watch() { # last batch: notes stages until all is executed
    local s stage count
    AT=()
    until [ -n "${AT[executed]:-}" ]; do
        progress
        s=$(status) || continue
        for stage in committed proven agreed executed; do
            count=$(jq "[.chains[].$stage] | min" <<<"$s")
            if [ "$count" -ge "$1" ] && [ -z "${AT[$stage]:-}" ]; then AT[$stage]=$(now_ms); fi
        done
        sleep 0.3
    done
}
sealed_all() { status | jq -e '.open_operations == 0'; }

RESULTS="[]"
measure_one() { # mix operations
    local mix=$1 n=$2 records=$2 c from=() before batches gas="{}" i stage sealed sent s
    say "$mix, $n operations: signing ahead"
    sign_ahead "$mix" "$n"
    wait_for 900 settled
    [ "$mix" = swaps ] && records=$((2 * n))
    restart_for "$records"
    wait_for 60 settled
    before=$(status | jq .sealed_batch)
    for i in 0 1; do from+=($(($(block $i) + 1))); done
    say "$mix, $n operations: sending with $CLIENTS clients"
    for c in $(seq 0 $((CLIENTS - 1))); do
        client send "$c" "$HAWSER" traffic --config "$WORK/wallet.yaml" --keys "$WORK/users" --users 1 \
            --first-user $((c * USERS / CLIENTS)) --seed 1 --send "$WORK/orders-$c" --out "$WORK/sent-$c.json"
    done
    clients_wait send
    wait_for 300 sealed_all
    sealed=$(now_ms)
    batches=$(status | jq .sealed_batch)
    watch "$batches"
    s=$(status)
    sent=$(jq -s '{accepted: (map(.accepted) | add), resent: (map(.resent) | add), first_ms: (map(.first_ms) | min),
        last_ms: (map(.last_ms) | max), longest_ms: (map(.longest_ms) | max)}' "$WORK"/sent-*.json)
    for i in 0 1; do
        for stage in commit:BatchCommitted'(uint64 indexed,bytes32,bytes32,bytes32)' prove:BatchProven'(uint64 indexed,bytes32)' \
            agree:BatchAgreed'(uint64 indexed,bytes32)' execute:BatchExecuted'(uint64 indexed,bytes32)'; do
            gas=$(jq -c --arg c "${NAMES[$i]}" --arg s "${stage%%:*}" --argjson g "$(stage_gas $i "${stage#*:}" "${from[$i]}")" \
                '.[$c][$s] = $g' <<<"$gas")
        done
    done
    RESULTS=$(jq -c --arg mix "$mix" --argjson n "$n" --argjson sent "$sent" --argjson batches $((batches - before)) \
        --argjson sealed "$sealed" --argjson at "{\"committed\": ${AT[committed]}, \"proven\": ${AT[proven]}, \"agreed\": ${AT[agreed]}, \"executed\": ${AT[executed]}}" \
        --argjson gas "$gas" --argjson prover "$(jq .prover <<<"$s")" '
        ([$gas[] | to_entries[] | {stage: .key, gas: .value.gas, bytes: .value.calldata_bytes, transactions: .value.transactions}] | group_by(.stage)
            | map({key: .[0].stage, value: {transactions: (map(.transactions) | add), gas: (map(.gas) | add), calldata_bytes: (map(.bytes) | add)}}) | from_entries) as $stages
        | (($at.executed - $sent.first_ms) / 1000) as $seconds
        | . + [{mix: $mix, operations: $n, accepted: $sent.accepted, resent: $sent.resent, batches: $batches,
            operations_per_batch: ($n / $batches), seconds: $seconds, ops_per_second: ($n / $seconds),
            acknowledged_per_second: ($n / ([$sent.last_ms - $sent.first_ms, 1] | max) * 1000), longest_acknowledgement_ms: $sent.longest_ms,
            seconds_from_first_acknowledgement: ({sealed: $sealed} + $at | map_values((. - $sent.first_ms) / 1000)),
            stages: $stages, gas_by_chain: $gas,
            gas_per_operation: (($stages | map_values(.gas / $n)) + {sum: ([$stages[].gas] | add / $n)}),
            calldata_bytes_per_operation: (([$stages[].calldata_bytes] | add) / $n), prover: $prover}]' <<<"$RESULTS")
    jq -r '.[-1] | "      \(.mix) \(.operations): \(.batches) batch(es), \(.seconds) s acknowledged to executed = \(.ops_per_second * 10 | round / 10) operations/s; gas per operation: "
        + ([.gas_per_operation | to_entries[] | "\(.key) \(.value | round)"] | join(", "))' <<<"$RESULTS"
}
for mix in "${MIX_LIST[@]}"; do
    for size in "${SIZE_LIST[@]}"; do measure_one "$mix" "$size"; done
done

say "audit: re-executing both chains from their L1 data alone"
audit_run
ISA=$(sed -n 's/.* isa=\([^ ]*\).*/\1/p' "$WORK/prover.log" | head -1)
REPORT=$(jq -n --argjson r "$RESULTS" --arg audit "$AUDIT" --arg isa "$ISA" --argjson cores "$(nproc)" \
    --arg cpu "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1)" \
    --arg commit "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)$(git diff --quiet HEAD 2>/dev/null || echo -modified)" \
    --arg date "$(date -u +%FT%TZ)" --arg load "$(cut -d' ' -f1-3 /proc/loadavg)" --argjson peak $((PEAK_KIB / 1024)) '{
    ok: ($audit == "ok" and ([$r[] | .accepted == .operations] | all)),
    commit: $commit, date: $date, isa: $isa, cpu: $cpu, cores: $cores, load: $load, peak_rss_mib: $peak, chains: 2, audit: $audit,
    published: {source: "shared/reference/rollups.md section (d): zkSync Lite, gas_counter.rs", what: "gas of commit alone, one chain, base of a batch (51,000) apart",
        lite_transfer_commit_gas: 300, lite_swap_commit_gas: 710},
    results: $r}')
[ -z "$JSON" ] || printf '%s\n' "$REPORT" >"$JSON"
echo
jq -r '"Settlement (\(.commit), \(.isa), \(.cores) cores shared by everything: nodes, oracles, sequencer, prover; peak \(.peak_rss_mib) MiB)",
    (.results[] | "  \(.mix) \(.operations) in \(.batches): \(.ops_per_second * 100 | round / 100) operations/s acknowledged to executed (\(.seconds | round) s; sealed \(.seconds_from_first_acknowledgement.sealed | round), committed \(.seconds_from_first_acknowledgement.committed | round), proven \(.seconds_from_first_acknowledgement.proven | round) s)",
        "    gas per operation, both chains: \([.gas_per_operation | to_entries[] | "\(.key) \(.value | round)"] | join(", ")); published for commit alone: \(if .mix == "swaps" then "710 (Lite swap)" else "300 (Lite transfer)" end)"),
    "  audit \(.audit)"' <<<"$REPORT"
[ "$(jq .ok <<<"$REPORT")" = true ] || fail "something does not hold"
say "everything holds"
