#!/usr/bin/env bash
# ./dev demo: two L1 nodes, the whole system on SQLite, real signed traffic from separate client
# processes, a summary whose L1 balances are read with cast. Exit status 0 only if everything holds.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

usage() {
    cat <<'U'
usage: ./dev demo [--json FILE] [--seed N] [--users N] [--operations N] [--keep]

  --json FILE      write the summary as JSON
  --seed N         seed of the traffic (default: fresh, printed)
  --users N        users (default 20, in 4 client processes)
  --operations N   operations sent by all users together (default 240)
  --keep           leave the work folder (logs, databases, keys) behind
  --build DIR      build directory with bin/hawser (default build/release)
U
}

BUILD=build/release JSON="" SEED="" USERS=20 OPERATIONS=240 KEEP=0 CLIENTS=4
while [ $# -gt 0 ]; do
    case $1 in
    --build) BUILD=$2; shift 2 ;;
    --json) JSON=$2; shift 2 ;;
    --seed) SEED=$2; shift 2 ;;
    --users) USERS=$2; shift 2 ;;
    --operations) OPERATIONS=$2; shift 2 ;;
    --keep) KEEP=1; shift ;;
    --help | -h) usage; exit 0 ;;
    *) echo "demo: unknown option $1" >&2; usage >&2; exit 2 ;;
    esac
done
[ -n "$SEED" ] || SEED=$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')

WHO=demo
MINTED=1000000000000000
# shellcheck source=tools/system.sh
. tools/system.sh
system_begin
system_nodes
system_keys
system_deploy
system_configure "seal_ops: 110" "seal_age: 10s" "range_wait: 60s"
system_start

make_pool 500000000000000 400000000000000 200000000000000
wallet deposit --chain 0 --token 1 --amount 1000000000000000000 --slot 9 \
    --account "$(wallet balance --chain 0 --json | jq .id)" >>"$WORK/lp.log" 2>&1 || fail "lp ETH deposit"

# ---- traffic ----
say "traffic: $USERS users in $CLIENTS client processes, $OPERATIONS operations, 10 % deliberately invalid, seed $SEED"
for c in $(seq 0 $((CLIENTS - 1))); do
    n=$((USERS / CLIENTS))
    client traffic $c "$HAWSER" traffic --config "$WORK/wallet.yaml" --keys "$WORK/users" --users $n --first-user $((c * n)) \
        --operations $((OPERATIONS / CLIENTS)) --seed $((SEED + c)) --out "$WORK/traffic-$c.json"
done
clients_wait traffic
say "traffic is over; waiting until everything is executed on both chains"
wait_for 600 settled
progress

# ---- the independent audit ----
say "audit: re-executing both chains from their L1 data alone"
audit_run

# ---- L1 facts read with cast, not with our code ----
CONSERVED=true
BALANCES="[]"
for i in 0 1; do
    eth=$("$CAST" balance --rpc-url "${RPC[$i]}" "$(contract "$i")")
    for t in 1 2 3; do
        held=$("$CAST" call --rpc-url "${RPC[$i]}" "$(contract "$i")" 'held(uint32)(uint256)' $t | awk '{print $1}')
        if [ $t -eq 1 ]; then have=$eth; else
            have=$("$CAST" call --rpc-url "${RPC[$i]}" "$(token "$i" $t)" 'balanceOf(address)(uint256)' "$(contract "$i")" | awk '{print $1}')
            total=$have
            for who in lp $(seq -f 'user-%g' 0 $((USERS - 1))); do
                b=$("$CAST" call --rpc-url "${RPC[$i]}" "$(token "$i" $t)" 'balanceOf(address)(uint256)' "${ADDRESS[$who]}" | awk '{print $1}')
                total=$((total + b))
            done
            [ "$total" -eq $((MINTED * (USERS + 1))) ] || CONSERVED=false
        fi
        if [ $t -gt 1 ]; then [ "$have" -eq "$held" ] || CONSERVED=false; fi
        BALANCES=$(jq -c --arg c "${NAMES[$i]}" --argjson t $t --arg h "$held" --arg b "$have" '. + [{chain: $c, token: $t, held: $h, balance: $b}]' <<<"$BALANCES")
    done
done

# Agreements are sent by the oracles, not by the operator: their gas is read from the receipts.
AGREE="{}"
for i in 0 1; do
    gas=$(stage_gas "$i" 'BatchAgreed(uint64 indexed,bytes32)' 0)
    AGREE=$(jq -c --arg c "${NAMES[$i]}" --argjson g "$gas" '. + {($c): ($g | {transactions, gas})}' <<<"$AGREE")
done

# ---- summary ----
STATUS=$(status)
TRAFFIC=$(jq -s '{accepted: (map(.accepted) | add), refused: (map(.refused) | add), deposits: (map(.deposits) | add),
    unexpected: (map(.unexpected) | add), first: (map(.swaps_from_first) | add), second: (map(.swaps_from_second) | add),
    kinds: (map(.kinds | to_entries) | add | group_by(.key) | map({key: .[0].key, value: (map(.value) | add)}) | from_entries)}' "$WORK"/traffic-*.json)
SECONDS_TOTAL=$((SECONDS - START))
SUMMARY=$(jq -n --argjson s "$STATUS" --argjson t "$TRAFFIC" --argjson b "$BALANCES" --arg seed "$SEED" --arg audit "$AUDIT" \
    --argjson seconds "$SECONDS_TOTAL" --argjson peak $((PEAK_KIB / 1024)) --argjson conserved "$CONSERVED" --argjson agree "$AGREE" --arg deployment "$DEPLOYMENT" '{
    ok: ($audit == "ok" and $conserved and $t.unexpected == 0 and $s.halted == null and $t.accepted >= 200 and $s.sealed_batch >= 5
         and ($t.first + $t.second) >= 60 and $t.first > 0 and $t.second > 0 and $t.refused > 0
         and ([$s.chains[] | .paid] | min) > 0 and ([$s.chains[] | .executed] | min) == $s.sealed_batch),
    seed: $seed, seconds: $seconds, peak_rss_mib: $peak, deployment: $deployment,
    operations: {accepted: $t.accepted, by_kind: ($t.kinds + {create: 1, deposit: ($t.deposits + 3)})},
    refused: $t.refused, unexpected: $t.unexpected, batches: $s.sealed_batch,
    cross_chain_swaps: ($t.first + $t.second), swaps_by_direction: [$t.first, $t.second],
    gas: ([$s.chains[] | {key: .name, value: (.gas + {agree: $agree[.name]})}] | from_entries),
    gas_per_operation: ([$s.chains[] | .name as $c | (.gas + {agree: $agree[$c]}) | to_entries[] | {stage: .key, gas: .value.gas}]
                        | group_by(.stage) | map({key: .[0].stage, value: ((map(.gas) | add) / $t.accepted | floor)}) | from_entries),
    proof_bytes: ({total: $s.prover.proof_bytes, proofs: $s.prover.proofs} + ($s.prover.layers | map_values(.bytes))),
    proofs_by_layer: $s.prover.layers,
    prove_seconds: ($s.prover.prove_ms / 1000), withdrawals_paid: ([$s.chains[] | .paid] | add), pending_payments: ([$s.chains[] | .pending_payments] | add),
    signatures: {oracles: 4, needed: 3}, conserved: $conserved, l1_balances: $b, audit: $audit}')
[ -z "$JSON" ] || printf '%s\n' "$SUMMARY" >"$JSON"
echo
jq -r '"Summary (seed \(.seed))
  operations     \(.operations.accepted) accepted: \([.operations.by_kind | to_entries[] | "\(.value) \(.key)"] | join(", "))
  refused        \(.refused) deliberately invalid, as they must be; unexpected answers: \(.unexpected)
  batches        \(.batches), each commit -> prove -> agreement -> execute on both chains
  swaps          \(.cross_chain_swaps) across chains (\(.swaps_by_direction[0]) one way, \(.swaps_by_direction[1]) the other)
  proofs         \(.proof_bytes.proofs) in \(.prove_seconds) s of one worker: \([.proofs_by_layer | to_entries[] | "\(.value.proofs) \(.key) (\(.value.bytes) bytes, \(.value.prove_ms / .value.proofs / 100 | round / 10) s)"] | join(", "))
  gas            \([.gas | to_entries[] | "\(.key): " + ([.value | to_entries[] | select(.value.transactions > 0) | "\(.key) \(.value.gas / .value.transactions | floor) x \(.value.transactions)"] | join(", "))] | join("\n                 "))
  per operation  \([.gas_per_operation | to_entries[] | "\(.key) \(.value)"] | join(", ")), all stages and chains \([.gas_per_operation[]] | add) gas
  withdrawals    \(.withdrawals_paid) paid on L1, \(.pending_payments) pending
  conservation   \(if .conserved then "every token unit is accounted for (read with cast)" else "VIOLATED" end)
  audit          \(.audit)
  time, memory   \(.seconds) s, peak \(.peak_rss_mib) MiB"' <<<"$SUMMARY"
[ "$(jq .ok <<<"$SUMMARY")" = true ] || fail "the summary does not hold"
say "everything holds"
