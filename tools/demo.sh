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

HAWSER=$ROOT/$BUILD/bin/hawser
[ -x "$HAWSER" ] || HAWSER=$BUILD/bin/hawser
ARCH=$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')
ANVIL=$ROOT/node_modules/@foundry-rs/anvil-linux-$ARCH/bin/anvil
CAST=$ROOT/node_modules/@foundry-rs/cast-linux-$ARCH/bin/cast
for program in "$HAWSER" "$ANVIL" "$CAST"; do
    [ -x "$program" ] || { echo "demo: $program is missing (run ./dev demo, it builds first)" >&2; exit 1; }
done

WORK=$(mktemp -d "${TMPDIR:-/tmp}/hawser-demo-XXXXXX")
export HOME=$WORK
PIDS=()
START=$SECONDS
PEAK_KIB=0
say() { printf '%4ds  %s\n' $((SECONDS - START)) "$*"; }

stop_all() {
    local pid
    for pid in "${PIDS[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null || true; done
    for pid in "${PIDS[@]:-}"; do [ -n "$pid" ] && wait "$pid" 2>/dev/null || true; done
    PIDS=()
}
cleanup() {
    local status=$?
    stop_all
    if [ "$status" -ne 0 ] || [ "$KEEP" -eq 1 ]; then echo "demo: logs are in $WORK"; else rm -rf "$WORK"; fi
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

launch() { # name command...
    local name=$1
    shift
    "$@" >"$WORK/$name.log" 2>&1 &
    PIDS+=($!)
    echo $! >"$WORK/$name.pid"
}
fail() { echo "demo: FAILED: $*" >&2; exit 1; }
free_port() {
    local p
    for _ in $(seq 50); do
        p=$((20000 + RANDOM % 12000)) # below the ports of outgoing connections
        (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
    done
    fail "no free port"
}

# ---- two L1 nodes ----
NAMES=(alpha beta) IDS=(31001 31002) BLOCK_TIME=(1 2) RPC=()
for i in 0 1; do
    port=$(free_port)
    RPC+=("http://127.0.0.1:$port")
    launch "anvil-${NAMES[$i]}" "$ANVIL" --port "$port" --chain-id "${IDS[$i]}" \
        --block-time "${BLOCK_TIME[$i]}" --slots-in-an-epoch 1 --hardfork osaka --enable-tx-gas-limit --silent
done
rpc() { "$CAST" rpc --rpc-url "${RPC[$1]}" "${@:2}"; }
for i in 0 1; do
    for _ in $(seq 100); do rpc "$i" eth_chainId >/dev/null 2>&1 && break; sleep 0.1; done
    rpc "$i" eth_chainId >/dev/null || fail "anvil ${NAMES[$i]} does not answer"
done
say "two L1 nodes (osaka, default limits): ${NAMES[0]} (chain ${IDS[0]}, ${BLOCK_TIME[0]} s blocks), ${NAMES[1]} (chain ${IDS[1]}, ${BLOCK_TIME[1]} s blocks)"

# ---- keys: every process and user has its own file ----
mkdir -p "$WORK/keys" "$WORK/users" "$WORK/state"
declare -A ADDRESS
key() { ADDRESS[$1]=$("$HAWSER" keygen --out "$WORK/$2"); }
for who in deployer operator m-orchestrator m-prover m-gate lp oracle-0 oracle-1 oracle-2 oracle-3; do
    key "$who" "keys/$who.key"
done
for u in $(seq 0 $((USERS - 1))); do key "user-$u" "users/user-$u.key"; done
fund() { for i in 0 1; do rpc "$i" anvil_setBalance "$1" 0x21e19e0c9bab2400000 >/dev/null; done; } # 10,000 ETH
for who in deployer operator lp oracle-0 oracle-1 oracle-2 oracle-3; do fund "${ADDRESS[$who]}"; done
for u in $(seq 0 $((USERS - 1))); do fund "${ADDRESS[user-$u]}"; done

# ---- contracts ----
SALT=0x$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
{
    echo "out: $WORK/deployment.json"
    echo "artifacts: $ROOT/contracts/out"
    echo "key_file: $WORK/keys/deployer.key"
    echo "operator_address: \"${ADDRESS[operator]}\""
    echo "salt: \"$SALT\""
    echo "execution_delay: 3s"
    echo "threshold: 3"
    echo "oracles:"
    for o in 0 1 2 3; do echo "  - address: \"${ADDRESS[oracle-$o]}\""; done
    echo "chains:"
    for i in 0 1; do
        echo "  - chain_id: ${IDS[$i]}"
        echo "    name: ${NAMES[$i]}"
        echo "    rpc_url: ${RPC[$i]}"
        echo "    tokens:"
        for t in USD GOLD; do
            echo "      - symbol: $t"
            echo "        address: test"
        done
    done
} >"$WORK/deploy.yaml"
say "deploying contracts and generated verifiers"
"$HAWSER" deploy --config "$WORK/deploy.yaml" >"$WORK/deploy.log" 2>&1 || { cat "$WORK/deploy.log" >&2; fail deploy; }
DEPLOYMENT=$(tail -1 "$WORK/deploy.log")
say "deployment $DEPLOYMENT"
contract() { jq -r ".chains[$1].contract" "$WORK/deployment.json"; }
token() { jq -r ".chains[$1].tokens[] | select(.id == $2) | .address" "$WORK/deployment.json"; }
MINTED=1000000000000000
MINTER=$(rpc 0 eth_accounts | jq -r '.[0]') # an unlocked account of the development node
for i in 0 1; do
    for t in 2 3; do
        for who in lp $(seq -f 'user-%g' 0 $((USERS - 1))); do
            data=$("$CAST" calldata 'mint(address,uint256)' "${ADDRESS[$who]}" $MINTED)
            rpc "$i" eth_sendTransaction "{\"from\":\"$MINTER\",\"to\":\"$(token "$i" $t)\",\"data\":\"$data\"}" >/dev/null
        done
    done
done

# ---- the system: gate, oracles, prover, orchestrator ----
chains_yaml() { # key-file-or-empty
    echo "chains:"
    for i in 0 1; do
        echo "  - chain_id: ${IDS[$i]}"
        echo "    rpc_url: ${RPC[$i]}"
        if [ -n "${1:-}" ]; then echo "    key_file: $1"; echo "    poll: 300ms"; fi
    done
}
API_PORT=$(free_port)
{
    echo "deployment: $WORK/deployment.json"
    echo "message_key_file: $WORK/keys/m-gate.key"
    echo "orchestrator_address: \"${ADDRESS[m-orchestrator]}\""
    echo "listen: ipc://$WORK/gate.sock"
    chains_yaml
} >"$WORK/gate.yaml"
{
    echo "deployment: $WORK/deployment.json"
    chains_yaml
} >"$WORK/audit.yaml"
for o in 0 1 2 3; do
    {
        echo "deployment: $WORK/deployment.json"
        echo "key_file: $WORK/keys/oracle-$o.key"
        echo "state_dir: $WORK/state/oracle-$o"
        echo "listen: ipc://$WORK/oracle-$o.sock"
        echo "peers:"
        for p in 0 1 2 3; do [ "$p" = "$o" ] || echo "  - url: ipc://$WORK/oracle-$p.sock"; done
        chains_yaml
    } >"$WORK/oracle-$o.yaml"
done
{
    echo "orchestrator_url: ipc://$WORK/prover.sock"
    echo "orchestrator_address: \"${ADDRESS[m-orchestrator]}\""
    echo "message_key_file: $WORK/keys/m-prover.key"
} >"$WORK/prover.yaml"
{
    echo "deployment: $WORK/deployment.json"
    echo "database: $WORK/state/orchestrator.db"
    echo "message_key_file: $WORK/keys/m-orchestrator.key"
    echo "api_port: $API_PORT"
    echo "gate_url: ipc://$WORK/gate.sock"
    echo "gate_address: \"${ADDRESS[m-gate]}\""
    echo "prover_url: ipc://$WORK/prover.sock"
    echo "provers:"
    echo "  - address: \"${ADDRESS[m-prover]}\""
    echo "seal_ops: 110"
    echo "seal_age: 10s"
    echo "range_wait: 60s"
    chains_yaml "$WORK/keys/operator.key"
} >"$WORK/orchestrator.yaml"
wallet_yaml() {
    echo "deployment: $WORK/deployment.json"
    echo "api: http://127.0.0.1:$API_PORT"
    echo "key_file: $WORK/keys/lp.key"
    echo "dir: $WORK/state/lp"
    chains_yaml
}
wallet_yaml >"$WORK/wallet.yaml"

launch gate "$HAWSER" audit gate --config "$WORK/gate.yaml"
for o in 0 1 2 3; do launch "oracle-$o" "$HAWSER" oracle --config "$WORK/oracle-$o.yaml"; done
launch prover "$HAWSER" prover --config "$WORK/prover.yaml"
launch orchestrator "$HAWSER" up --config "$WORK/orchestrator.yaml"
status() { "$HAWSER" status --api "http://127.0.0.1:$API_PORT" --json 2>/dev/null; }
for _ in $(seq 100); do status >/dev/null && break; sleep 0.1; done
status >/dev/null || { tail -5 "$WORK/orchestrator.log" >&2; fail "the orchestrator does not answer"; }
say "running: audit gate, 4 oracles (3 must agree), prover, orchestrator on port $API_PORT"

PROCESSES=(gate oracle-0 oracle-1 oracle-2 oracle-3 prover orchestrator)
alive() {
    local p
    for p in "${PROCESSES[@]}"; do
        kill -0 "$(cat "$WORK/$p.pid")" 2>/dev/null || { tail -5 "$WORK/$p.log" >&2; fail "$p died"; }
    done
}
measure() { # sum of the resident memory of everything we started
    local kib
    kib=$(ps -o rss= --ppid $$ 2>/dev/null | awk '{s+=$1} END {print s+0}')
    if [ "$kib" -gt "$PEAK_KIB" ]; then PEAK_KIB=$kib; fi
}
LAST=""
progress() {
    local s line
    alive
    measure
    s=$(status) || return 0
    line=$(jq -r '"operations \(.accepted), batches sealed \(.sealed_batch)   " + ([.chains[] |
        "\(.name): committed \(.committed) proven \(.proven) agreed \(.agreed) executed \(.executed)"] | join("   "))' <<<"$s")
    if [ "$line" != "$LAST" ]; then say "$line"; LAST=$line; fi
    if [ "$(jq -r '.halted // empty' <<<"$s")" != "" ]; then fail "halted: $(jq -r .halted <<<"$s")"; fi
}
wallet() { "$HAWSER" wallet "$1" --config "$WORK/wallet.yaml" "${@:2}"; }
wait_for() { # seconds command...
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || fail "timed out: $*"
        progress
        sleep 0.5
    done
}

# ---- a pool whose halves lie on different chains ----
say "liquidity provider: deposits on both chains, creates the pool USD on ${NAMES[0]} / GOLD on ${NAMES[1]}"
wallet deposit --chain 0 --token 2 --amount 500000000000000 --with-key >>"$WORK/lp.log" 2>&1 || fail "lp deposit on ${NAMES[0]}"
wallet deposit --chain 1 --token 3 --amount 500000000000000 --with-key >>"$WORK/lp.log" 2>&1 || fail "lp deposit on ${NAMES[1]}"
wait_for 60 wallet balance --chain 0
wait_for 60 wallet balance --chain 1
wallet deposit --chain 0 --token 1 --amount 1000000000000000000 --slot 9 \
    --account "$(wallet balance --chain 0 --json | jq .id)" >>"$WORK/lp.log" 2>&1 || fail "lp ETH deposit"
wallet create-pool --chain 0 --token 2 --amount 400000000000000 --other-chain 1 --other-token 3 \
    --other-amount 200000000000000 --shares 1000000000 --cap-bps 5000 >>"$WORK/lp.log" 2>&1 || { tail -3 "$WORK/lp.log" >&2; fail "create-pool"; }

# ---- traffic ----
say "traffic: $USERS users in $CLIENTS client processes, $OPERATIONS operations, 10 % deliberately invalid, seed $SEED"
CLIENT_PIDS=()
for c in $(seq 0 $((CLIENTS - 1))); do
    n=$((USERS / CLIENTS))
    "$HAWSER" traffic --config "$WORK/wallet.yaml" --keys "$WORK/users" --users $n --first-user $((c * n)) \
        --operations $((OPERATIONS / CLIENTS)) --seed $((SEED + c)) --out "$WORK/traffic-$c.json" >"$WORK/traffic-$c.log" 2>&1 &
    CLIENT_PIDS+=($!)
done
for pid in "${CLIENT_PIDS[@]}"; do PIDS+=("$pid"); done
running() { local p; for p in "${CLIENT_PIDS[@]}"; do kill -0 "$p" 2>/dev/null && return 0; done; return 1; }
while running; do progress; sleep 1; done
for c in $(seq 0 $((CLIENTS - 1))); do
    wait "${CLIENT_PIDS[$c]}" || { tail -5 "$WORK/traffic-$c.log" >&2; fail "client $c"; }
done
say "traffic is over; waiting until everything is executed on both chains"
settled() { status | jq -e '.unsettled == 0 and ([.chains[] | .executed] | min) == .sealed_batch and .open_operations == 0'; }
wait_for 600 settled
progress

# ---- the independent audit ----
say "audit: re-executing both chains from their L1 data alone"
AUDIT=ok
"$HAWSER" audit run --once --config "$WORK/audit.yaml" --json >"$WORK/audit.json" 2>"$WORK/audit.log" || AUDIT=$(jq -r '.reason // "failed"' "$WORK/audit.json" 2>/dev/null || echo failed)
[ "$AUDIT" = ok ] && [ "$(jq -r .ok "$WORK/audit.json")" = true ] || AUDIT=${AUDIT/#ok/failed}

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
    used=0 count=0
    for hash in $("$CAST" logs --json --rpc-url "${RPC[$i]}" --from-block 0 --address "$(contract "$i")" 'BatchAgreed(uint64 indexed,bytes32)' | jq -r '.[].transactionHash'); do
        used=$((used + $("$CAST" receipt --json --rpc-url "${RPC[$i]}" "$hash" | jq -r .gasUsed)))
        count=$((count + 1))
    done
    AGREE=$(jq -c --arg c "${NAMES[$i]}" --argjson g $used --argjson n $count '. + {($c): {transactions: $n, gas: $g}}' <<<"$AGREE")
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
