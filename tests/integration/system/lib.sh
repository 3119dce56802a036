#!/usr/bin/env bash
# The whole system on CHAINS (2) L1 nodes, for tests that break parts of it: real processes, real proofs.
# Source it, call system_up, break things, check, end with finish. What ./dev demo does, smaller:
# one user (a liquidity provider), short batches, every process by name.
#
#   DATA=(blobs calldata)     where each chain's data goes; unset: calldata everywhere
#   system_up                 nodes, keys, contracts, gate, 4 oracles (3 agree), prover, orchestrator, a pool
#   start NAME / kill9 NAME / stop NAME     NAME: gate oracle-0..3 prover orchestrator, and prover-1..
#                             for WORKERS > 1; workers come over mutual TLS (docs/operator.md)
#                             the worker program is HAWSER_TEST_PROVER; unset: `hawser prover` of BUILD
#   check "claim" command...  one test case; the claim is printed with its outcome
#   must command...           part of the stage setting: ends the test if it fails
#   wait_for SECONDS command...             polls; ends the test run on a timeout. SECONDS are those of an
#                             idle machine, HAWSER_TEST_PATIENCE (4) times as many are waited for
set -uo pipefail
ROOT=${HAWSER_SOURCE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)}
BUILD=${HAWSER_BUILD_DIR:?HAWSER_BUILD_DIR names the build directory}
HAWSER=$BUILD/bin/hawser
ARCH=$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')
ANVIL=$ROOT/node_modules/@foundry-rs/anvil-linux-$ARCH/bin/anvil
CAST=$ROOT/node_modules/@foundry-rs/cast-linux-$ARCH/bin/cast

PASSED=0 FAILED=0 START=$SECONDS
WORK=$(mktemp -d "${TMPDIR:-/tmp}/hawser-system-XXXXXX")
export HOME=$WORK
declare -A PID ADDRESS
NAMES=() IDS=() RPC=()
for i in $(seq 0 $((${CHAINS:-2} - 1))); do
    NAMES+=("chain-$i") IDS+=($((31001 + i)))
done
token_of() { echo $((2 + $1 % 2)); } # which one the user has on a chain
LEASE=${LEASE:-60s}
PROVERS=(prover $(seq -f 'prover-%g' 1 $((${WORKERS:-1} - 1))))

say() { printf '%4ds  %s\n' $((SECONDS - START)) "$*"; }
finish() {
    local name
    for name in "${!PID[@]}"; do kill -9 "${PID[$name]}" 2>/dev/null; done
    wait 2>/dev/null
    if [ "$FAILED" -eq 0 ] && [ -z "${KEEP:-}" ]; then rm -rf "$WORK"; else echo "logs are in $WORK"; fi
    echo "$PASSED passed, $FAILED failed"
    trap - EXIT
    [ "$FAILED" -eq 0 ]
    exit
}
die() {
    say "FAILED: $*" >&2
    tail -n 5 "$WORK"/orchestrator.log >&2 2>/dev/null
    FAILED=$((FAILED + 1))
    finish
}
. "$ROOT/tests/support/certificates.sh"
trap 'die "the script ended early"' EXIT
trap 'die interrupted' INT TERM
must() { "$@" || die "$*"; }
check() { # claim command...
    local claim=$1
    shift
    if "$@"; then
        PASSED=$((PASSED + 1))
        say "ok: $claim"
    else
        FAILED=$((FAILED + 1))
        say "NOT OK: $claim ($*)"
    fi
}
wait_for() { # seconds command...
    local pause=0.1 soon=$((SECONDS + 3)) until=$((SECONDS + $1 * ${HAWSER_TEST_PATIENCE:-4}))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || die "timed out: $*"
        [ -z "${PID[orchestrator]:-}" ] || kill -0 "${PID[orchestrator]}" 2>/dev/null || die "the orchestrator died"
        [ $SECONDS -lt $soon ] || pause=0.5 # looking costs what proving needs
        sleep $pause
    done
}

# ---- processes ----
launch() { # name command...
    local name=$1
    shift
    "$@" >>"$WORK/$name.log" 2>&1 &
    PID[$name]=$!
}
prover() { # name config
    if [ -n "${HAWSER_TEST_PROVER:-}" ]; then
        launch "$1" "$HAWSER_TEST_PROVER" "$2"
    else
        launch "$1" "$HAWSER" prover --config "$2"
    fi
}
start() {
    case $1 in
    gate) launch gate "$HAWSER" audit gate --config "$WORK/gate.yaml" ;;
    oracle-*) launch "$1" "$HAWSER" oracle --config "$WORK/$1.yaml" ;;
    prover*) prover "$1" "$WORK/$1.yaml" ;;
    orchestrator)
        launch orchestrator "$HAWSER" up --config "$WORK/orchestrator.yaml"
        wait_for 30 sees_both
        ;;
    *) die "no process $1" ;;
    esac
}
end_with() { # signal name
    kill "-$1" "${PID[$2]}" 2>/dev/null
    wait "${PID[$2]}" 2>/dev/null
    unset "PID[$2]"
}
kill9() { end_with 9 "$1"; }
stop() { end_with TERM "$1"; }
free_port() {
    local p
    for _ in $(seq 50); do
        p=$((20000 + RANDOM % 12000)) # below the ports of outgoing connections
        (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
    done
    return 1
}

# ---- looking ----
rpc() { "$CAST" rpc --rpc-url "${RPC[$1]}" "${@:2}"; }
status() { "$HAWSER" status --api "http://127.0.0.1:$API_PORT" --json 2>/dev/null; }
st() { status | jq -r "$1"; }
holds() { [ "$(st "$1")" = true ]; }
sees_both() { holds '[.chains[].latest_time] | min > 0'; }
settled() { holds '.unsettled == 0 and .open_operations == 0 and ([.chains[].executed] | min) == .sealed_batch'; }
contract() { jq -r ".chains[$1].contract" "$WORK/deployment.json"; }
token() { jq -r ".chains[$1].tokens[] | select(.id == $2) | .address" "$WORK/deployment.json"; }
l1_balance() { # chain token address
    "$CAST" call --rpc-url "${RPC[$1]}" "$(token "$1" "$2")" 'balanceOf(address)(uint256)' "$3" | awk '{print $1}'
}
wallet() { "$HAWSER" wallet "$1" --config "$WORK/wallet.yaml" "${@:2}"; }
# A fresh address that holds nothing.
fresh_address() { echo "0x$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')"; }
# Withdraws to a fresh address; remembers what must arrive there.
EXPECTED=()
submit() { # verb options... : the answer; a 503 says: send it later
    local out try
    for try in $(seq 30); do
        out=$(wallet "$@" --json 2>>"$WORK/lp.log") && { echo "$out"; return 0; }
        tail -n 3 "$WORK/lp.log" | grep -qE "UNAVAILABLE|BUSY" || break
        sleep 0.3
    done
    echo "$* was not taken: $(tail -n 2 "$WORK/lp.log")" >&2
    return 1
}
withdraw() { # chain amount
    local to out token
    token=$(token_of "$1")
    to=$(fresh_address)
    out=$(submit withdraw --chain "$1" --token $token --amount "$2" --to "$to") || return 1
    LAST_BATCH=$(jq -r .batch <<<"$out")
    LAST_ID=$(jq -r .id <<<"$out")
    EXPECTED+=("$1 $token $to $2")
}
swap() { # chain amount
    local out
    out=$(submit swap --chain "$1" --pool "${POOL[$1]}" --amount "$2" --minimum 1) || return 1
    LAST_BATCH=$(jq -r .batch <<<"$out")
    LAST_ID=$(jq -r .id <<<"$out")
}
paid_exactly_once() {
    local e chain token to amount have
    for e in "${EXPECTED[@]}"; do
        read -r chain token to amount <<<"$e"
        have=$(l1_balance "$chain" "$token" "$to")
        [ "$have" = "$amount" ] || { say "chain $chain: $to has $have instead of $amount"; return 1; }
    done
}
none_paid() { # of those since number $1
    local e chain token to amount
    for e in "${EXPECTED[@]:$1}"; do
        read -r chain token to amount <<<"$e"
        [ "$(l1_balance "$chain" "$token" "$to")" = 0 ] || return 1
    done
}
log_has() { grep -q -- "$2" "$WORK/$1.log"; } # process pattern
db() { sqlite3 -readonly "$WORK/state/orchestrator.db" "$1"; }
has_job() { # worker: the store says that it is at work
    local owner=${ADDRESS[m-$1]#0x}
    [ "$(db "SELECT count(*) FROM jobs WHERE state = 2 AND hex(owner) = '${owner^^}'")" -gt 0 ]
}
outbox() { db "SELECT chain, nonce, stage, k, hex(hash), hex(raw) FROM outbox ORDER BY chain, nonce"; }
audit_is_ok() {
    timeout 60 "$HAWSER" audit run --once --config "$WORK/audit.yaml" --json >"$WORK/audit.json" 2>>"$WORK/audit.log" &&
        [ "$(jq -r .ok "$WORK/audit.json")" = true ]
}

# ---- the stage ----
chains_yaml() { # key-file-or-empty
    local i
    echo "chains:"
    for i in "${!NAMES[@]}"; do
        printf '  - chain_id: %s\n    rpc_url: %s\n' "${IDS[$i]}" "${RPC[$i]}"
        if [ -n "${1:-}" ]; then
            printf '    key_file: %s\n    poll: 200ms\n    data: %s\n' "$1" "${DATA[$i]:-calldata}"
        fi
    done
}
tls_yaml() { # section folder who
    printf '%s:\n  ca_file: %s/ca.pem\n  cert_file: %s/%s.pem\n  key_file: %s/%s.key\n' "$1" "$2" "$2" "$3" "$2" "$3"
}
write_configs() {
    local o p
    { printf 'deployment: %s\nmessage_key_file: %s\norchestrator_address: "%s"\nlisten: ipc://%s\n' \
        "$WORK/deployment.json" "$WORK/keys/m-gate.key" "${ADDRESS[m-orchestrator]}" "$WORK/gate.sock"
        echo "blob_archive: $WORK/state/blobs"; chains_yaml; } >"$WORK/gate.yaml"
    { printf 'deployment: %s\nblob_archive: %s\n' "$WORK/deployment.json" "$WORK/state/blobs"; chains_yaml; } >"$WORK/audit.yaml"
    for o in 0 1 2 3; do
        {
            printf 'deployment: %s\nkey_file: %s\nstate_dir: %s\nlisten: ipc://%s\nblob_archive: %s\npeers:\n' "$WORK/deployment.json" \
                "$WORK/keys/oracle-$o.key" "$WORK/state/oracle-$o" "$WORK/oracle-$o.sock" "$WORK/state/blobs"
            for p in 0 1 2 3; do [ "$p" = "$o" ] || echo "  - url: ipc://$WORK/oracle-$p.sock"; done
            chains_yaml
        } >"$WORK/oracle-$o.yaml"
    done
    for p in "${PROVERS[@]}"; do {
        printf 'orchestrator_url: tls+tcp://127.0.0.1:%s\norchestrator_address: "%s"\nmessage_key_file: %s\n' \
            "$PROVER_PORT" "${ADDRESS[m-orchestrator]}" "$WORK/keys/m-$p.key"
        tls_yaml tls "$WORK/tls" worker-1
        printf '  server_name: orchestrator.example\nnice: %s\n' "${NICE:-10}"
    } >"$WORK/$p.yaml"; done
    {
        printf 'deployment: %s\ndatabase: %s\nmessage_key_file: %s\napi_port: %s\n' "$WORK/deployment.json" \
            "$WORK/state/orchestrator.db" "$WORK/keys/m-orchestrator.key" "$API_PORT"
        printf 'gate_url: ipc://%s\ngate_address: "%s"\nprover_url: tls+tcp://127.0.0.1:%s\nprover_lease: %s\n' \
            "$WORK/gate.sock" "${ADDRESS[m-gate]}" "$PROVER_PORT" "$LEASE"
        tls_yaml prover_tls "$WORK/tls" orchestrator
        echo "provers:"
        for p in "${PROVERS[@]}"; do echo "  - address: \"${ADDRESS[m-$p]}\""; done
        printf 'range_wait: 20s\nseal_ops: 64\nseal_age: %s\n' "${SEAL_AGE:-3s}"
        chains_yaml "$WORK/keys/operator.key"
    } >"$WORK/orchestrator.yaml"
    { printf 'deployment: %s\napi: http://127.0.0.1:%s\nkey_file: %s\ndir: %s\n' "$WORK/deployment.json" \
        "$API_PORT" "$WORK/keys/lp.key" "$WORK/state/lp"; chains_yaml; } >"$WORK/wallet.yaml"
}
deploy_contracts() {
    local i o
    {
        printf 'out: %s\nartifacts: %s\nkey_file: %s\noperator_address: "%s"\nsalt: "0x%s"\n' "$WORK/deployment.json" \
            "$ROOT/contracts/out" "$WORK/keys/deployer.key" "${ADDRESS[operator]}" "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
        printf 'execution_delay: 3s\nthreshold: 3\noracles:\n'
        for o in 0 1 2 3; do echo "  - address: \"${ADDRESS[oracle-$o]}\""; done
        echo "chains:"
        for i in "${!NAMES[@]}"; do
            printf '  - chain_id: %s\n    name: %s\n    rpc_url: %s\n    tokens:\n' "${IDS[$i]}" "${NAMES[$i]}" "${RPC[$i]}"
            printf '      - symbol: USD\n        address: test\n      - symbol: GOLD\n        address: test\n'
        done
    } >"$WORK/deploy.yaml"
    "$HAWSER" deploy --config "$WORK/deploy.yaml" >>"$WORK/deploy.log" 2>&1 || { cat "$WORK/deploy.log"; return 1; }
}
create_pool() { # chain other
    submit create-pool --chain "$1" --token "$(token_of "$1")" --amount 100000000000000 --other-chain "$2" \
        --other-token "$(token_of "$2")" --other-amount 100000000000000 --shares 1000000000 --cap-bps 5000 >>"$WORK/lp.log"
}
system_up() {
    local i who port data minter
    for program in "$HAWSER" "$BUILD/bin/hawser-audit" "$BUILD/bin/hawser-oracle" "$ANVIL" "$CAST" \
        ${HAWSER_TEST_PROVER:+"$HAWSER_TEST_PROVER"}; do
        [ -x "$program" ] || die "$program is missing"
    done
    mkdir -p "$WORK/keys" "$WORK/state"
    for i in "${!NAMES[@]}"; do
        port=$(free_port)
        RPC+=("http://127.0.0.1:$port")
        launch "anvil-${NAMES[$i]}" "$ANVIL" --port "$port" --chain-id "${IDS[$i]}" --block-time 1 \
            --slots-in-an-epoch 1 --hardfork osaka --enable-tx-gas-limit --silent
    done
    for i in "${!NAMES[@]}"; do wait_for 20 rpc "$i" eth_chainId; done
    for who in deployer operator m-orchestrator "${PROVERS[@]/#/m-}" m-gate lp oracle-0 oracle-1 oracle-2 oracle-3; do
        ADDRESS[$who]=$("$HAWSER" keygen --out "$WORK/keys/$who.key") || die keygen
        for i in "${!NAMES[@]}"; do rpc "$i" anvil_setBalance "${ADDRESS[$who]}" 0x21e19e0c9bab2400000 >/dev/null; done
    done
    must deploy_contracts
    say "contracts are there"
    minter=$(rpc 0 eth_accounts | jq -r '.[0]')
    data=$("$CAST" calldata 'mint(address,uint256)' "${ADDRESS[lp]}" 1000000000000000)
    for i in "${!NAMES[@]}"; do
        rpc "$i" eth_sendTransaction "{\"from\":\"$minter\",\"to\":\"$(token "$i" "$(token_of "$i")")\",\"data\":\"$data\"}" >/dev/null
    done
    API_PORT=$(free_port)
    PROVER_PORT=$(free_port)
    must certificates "$WORK/tls"
    write_configs
    start gate
    for i in 0 1 2 3; do start "oracle-$i"; done
    for who in "${PROVERS[@]}"; do start "$who"; done
    start orchestrator
    for i in "${!NAMES[@]}"; do
        wallet deposit --chain "$i" --token "$(token_of "$i")" --amount 500000000000000 --with-key >>"$WORK/lp.log" 2>&1 ||
            die "deposit on ${NAMES[$i]}"
    done
    for i in "${!NAMES[@]}"; do wait_for 30 wallet balance --chain "$i"; done
    create_pool 0 1 || die create-pool
    POOL=()
    for i in 0 1; do
        POOL[$i]=$(curl -fsS "http://127.0.0.1:$API_PORT/api/v1/pools" | jq ".pools[] | select(.chain == $i) | .id")
    done
    say "the system runs; pool halves ${POOL[*]}"
}
