# shellcheck shell=bash
# The whole system on local L1 nodes, for scripts that show or measure it: sourced by tools/demo.sh
# and bench/settle.sh from the repository root. The caller sets
#   WHO       its name in messages            BUILD  build directory with bin/hawser
#   USERS     funded users                    KEEP   1: the work folder stays
#   MINTED    units of each test token that everybody gets on each chain
#   CHAINS    number of L1 nodes, 1..16 (2)
# and calls system_begin, system_nodes, system_keys, system_deploy, system_configure, system_start.

system_begin() {
    local program
    HAWSER=$ROOT/$BUILD/bin/hawser
    [ -x "$HAWSER" ] || HAWSER=$BUILD/bin/hawser
    local arch
    arch=$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')
    ANVIL=$ROOT/node_modules/@foundry-rs/anvil-linux-$arch/bin/anvil
    CAST=$ROOT/node_modules/@foundry-rs/cast-linux-$arch/bin/cast
    for program in "$HAWSER" "$ANVIL" "$CAST"; do
        [ -x "$program" ] || { echo "$WHO: $program is missing (./dev builds and installs first)" >&2; exit 1; }
    done
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/hawser-$WHO-XXXXXX")
    export HOME=$WORK
    PIDS=()
    START=$SECONDS
    PEAK_KIB=0
    LAST=""
    trap cleanup EXIT
    trap 'exit 130' INT TERM
}
say() { printf '%4ds  %s\n' $((SECONDS - START)) "$*"; }
fail() { echo "$WHO: FAILED: $*" >&2; exit 1; }

stop_all() {
    local pid
    for pid in "${PIDS[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null || true; done
    for pid in "${PIDS[@]:-}"; do [ -n "$pid" ] && wait "$pid" 2>/dev/null || true; done
    PIDS=()
}
cleanup() {
    local status=$?
    stop_all
    if [ "$status" -ne 0 ] || [ "$KEEP" -eq 1 ]; then echo "$WHO: logs are in $WORK"; else rm -rf "$WORK"; fi
    exit "$status"
}
launch() { # name command...
    local name=$1
    shift
    "$@" >>"$WORK/$name.log" 2>&1 &
    PIDS+=($!)
    echo $! >"$WORK/$name.pid"
}
free_port() {
    local p
    for _ in $(seq 50); do
        p=$((20000 + RANDOM % 12000)) # below the ports of outgoing connections
        (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
    done
    fail "no free port"
}

# ---- the L1 nodes: CHAINS of them, ids ascending ----
NAMES=() IDS=() BLOCK_TIME=() RPC=()
for i in $(seq 0 $((${CHAINS:-2} - 1))); do
    all=(alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi)
    NAMES+=("${all[$i]}") IDS+=($((31001 + i))) BLOCK_TIME+=($((1 + i % 2)))
done
rpc() { "$CAST" rpc --rpc-url "${RPC[$1]}" "${@:2}"; }
system_nodes() {
    local i port
    for i in "${!NAMES[@]}"; do
        port=$(free_port)
        RPC+=("http://127.0.0.1:$port")
        launch "anvil-${NAMES[$i]}" "$ANVIL" --port "$port" --chain-id "${IDS[$i]}" \
            --block-time "${BLOCK_TIME[$i]}" --slots-in-an-epoch 1 --hardfork osaka --enable-tx-gas-limit --silent
    done
    for i in "${!NAMES[@]}"; do
        for _ in $(seq 100); do rpc "$i" eth_chainId >/dev/null 2>&1 && break; sleep 0.1; done
        rpc "$i" eth_chainId >/dev/null || fail "anvil ${NAMES[$i]} does not answer"
    done
    say "${#NAMES[@]} L1 nodes (osaka, default limits): chains ${IDS[*]}, blocks every ${BLOCK_TIME[*]} s"
}

# ---- keys: every process and user has its own file ----
declare -A ADDRESS
key() { ADDRESS[$1]=$("$HAWSER" keygen --out "$WORK/$2"); }
fund() { for i in "${!NAMES[@]}"; do rpc "$i" anvil_setBalance "$1" 0x21e19e0c9bab2400000 >/dev/null; done; } # 10,000 ETH
system_keys() {
    local who u
    mkdir -p "$WORK/keys" "$WORK/users" "$WORK/state"
    for who in deployer operator m-orchestrator m-prover m-gate lp oracle-0 oracle-1 oracle-2 oracle-3; do
        key "$who" "keys/$who.key"
    done
    for u in $(seq 0 $((USERS - 1))); do key "user-$u" "users/user-$u.key"; done
    for who in deployer operator lp oracle-0 oracle-1 oracle-2 oracle-3; do fund "${ADDRESS[$who]}"; done
    for u in $(seq 0 $((USERS - 1))); do fund "${ADDRESS[user-$u]}"; done
}

# ---- contracts ----
contract() { jq -r ".chains[$1].contract" "$WORK/deployment.json"; }
token() { jq -r ".chains[$1].tokens[] | select(.id == $2) | .address" "$WORK/deployment.json"; }
system_deploy() {
    local i t o who data
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
        for i in "${!NAMES[@]}"; do
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
    MINTER=$(rpc 0 eth_accounts | jq -r '.[0]') # an unlocked account of the development node
    for i in "${!NAMES[@]}"; do
        for t in 2 3; do
            for who in lp $(seq -f 'user-%g' 0 $((USERS - 1))); do
                data=$("$CAST" calldata 'mint(address,uint256)' "${ADDRESS[$who]}" $MINTED)
                rpc "$i" eth_sendTransaction "{\"from\":\"$MINTER\",\"to\":\"$(token "$i" $t)\",\"data\":\"$data\"}" >/dev/null
            done
        done
    done
}

# ---- the system: gate, oracles, prover, orchestrator ----
chains_yaml() { # key-file-or-empty
    echo "chains:"
    for i in "${!NAMES[@]}"; do
        echo "  - chain_id: ${IDS[$i]}"
        echo "    rpc_url: ${RPC[$i]}"
        if [ -n "${1:-}" ]; then echo "    key_file: $1"; echo "    poll: 300ms"; fi
    done
}
orchestrator_yaml() { # further lines...
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
        printf '%s\n' "$@"
        chains_yaml "$WORK/keys/operator.key"
    } >"$WORK/orchestrator.yaml"
}
system_configure() { # further lines of orchestrator.yaml...
    local o p
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
    orchestrator_yaml "$@"
    {
        echo "deployment: $WORK/deployment.json"
        echo "api: http://127.0.0.1:$API_PORT"
        echo "key_file: $WORK/keys/lp.key"
        echo "dir: $WORK/state/lp"
        chains_yaml
    } >"$WORK/wallet.yaml"
}
status() { "$HAWSER" status --api "http://127.0.0.1:$API_PORT" --json 2>/dev/null; }
orchestrator_start() {
    launch orchestrator "$HAWSER" up --config "$WORK/orchestrator.yaml"
    for _ in $(seq 300); do status >/dev/null && break; sleep 0.1; done
    status >/dev/null || { tail -5 "$WORK/orchestrator.log" >&2; fail "the orchestrator does not answer"; }
}
PROCESSES=(gate oracle-0 oracle-1 oracle-2 oracle-3 prover orchestrator)
system_start() {
    local o
    launch gate "$HAWSER" audit gate --config "$WORK/gate.yaml"
    for o in 0 1 2 3; do launch "oracle-$o" "$HAWSER" oracle --config "$WORK/oracle-$o.yaml"; done
    launch prover "$HAWSER" prover --config "$WORK/prover.yaml"
    orchestrator_start
    say "running: audit gate, 4 oracles (3 must agree), prover, orchestrator on port $API_PORT"
}
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

settled() { status | jq -e '.unsettled == 0 and ([.chains[] | .executed] | min) == .sealed_batch and .open_operations == 0'; }

# A pool whose halves lie on different chains: the liquidity provider's deposits and its order.
make_pool() { # deposit amount-on-first amount-on-second
    say "liquidity provider: deposits on both chains, creates the pool USD on ${NAMES[0]} / GOLD on ${NAMES[1]}"
    wallet deposit --chain 0 --token 2 --amount "$1" --with-key >>"$WORK/lp.log" 2>&1 || fail "lp deposit on ${NAMES[0]}"
    wallet deposit --chain 1 --token 3 --amount "$1" --with-key >>"$WORK/lp.log" 2>&1 || fail "lp deposit on ${NAMES[1]}"
    wait_for 60 wallet balance --chain 0
    wait_for 60 wallet balance --chain 1
    wallet create-pool --chain 0 --token 2 --amount "$2" --other-chain 1 --other-token 3 \
        --other-amount "$3" --shares 1000000000 --cap-bps 5000 >>"$WORK/lp.log" 2>&1 || { tail -3 "$WORK/lp.log" >&2; fail "create-pool"; }
}

# ---- clients: processes that end by themselves ----
CLIENT_PIDS=()
client() { # name number command...
    local name=$1-$2
    shift 2
    "$@" >"$WORK/$name.log" 2>&1 &
    CLIENT_PIDS+=($!)
    PIDS+=($!)
}
clients_run() { local p; for p in "${CLIENT_PIDS[@]}"; do kill -0 "$p" 2>/dev/null && return 0; done; return 1; }
clients_wait() { # name
    local c
    while clients_run; do progress; sleep 1; done
    for c in "${!CLIENT_PIDS[@]}"; do
        wait "${CLIENT_PIDS[$c]}" || { tail -5 "$WORK/$1-$c.log" >&2; fail "client $c"; }
    done
    CLIENT_PIDS=()
}

# The independent audit: both chains from their L1 data alone. AUDIT is "ok", or why not.
audit_run() {
    AUDIT=ok
    "$HAWSER" audit run --once --config "$WORK/audit.yaml" --json >"$WORK/audit.json" 2>"$WORK/audit.log" ||
        AUDIT=$(jq -r '.reason // "failed"' "$WORK/audit.json" 2>/dev/null || echo failed)
    [ "$AUDIT" = ok ] && [ "$(jq -r .ok "$WORK/audit.json")" = true ] || AUDIT=${AUDIT/#ok/failed}
}

# Gas and calldata bytes of every transaction that emitted an event, from the receipts and not from
# our code: {transactions, gas, calldata_bytes}.
stage_gas() { # chain event from-block
    local hash used=0 count=0 bytes=0
    for hash in $("$CAST" logs --json --rpc-url "${RPC[$1]}" --from-block "$3" --address "$(contract "$1")" "$2" | jq -r '.[].transactionHash' | sort -u); do
        used=$((used + $("$CAST" receipt --json --rpc-url "${RPC[$1]}" "$hash" | jq -r .gasUsed)))
        bytes=$((bytes + $("$CAST" tx --json --rpc-url "${RPC[$1]}" "$hash" | jq '(.input | length) / 2 - 1')))
        count=$((count + 1))
    done
    jq -nc --argjson g $used --argjson n $count --argjson b $bytes '{transactions: $n, gas: $g, calldata_bytes: $b}'
}
