#!/usr/bin/env bash
# An operator that proves different valid batches on the two chains (F2). It runs its system twice:
# once on (alpha, a fork of beta), once on (a fork of alpha, beta). Both runs are honest in themselves,
# gates included, so alpha and beta each get a real proof of a correct batch - but not of the same one.
# The oracles read alpha and beta: no agreement, no execution, and each says why.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
system_up
wait_for 120 settled
K=$(($(st .sealed_batch) + 1))
for name in orchestrator gate prover; do stop "$name"; done

fork() { # chain: a node that goes its own way from here; its endpoint is FORK[chain]
    local port
    port=$(free_port)
    FORK[$1]="http://127.0.0.1:$port"
    launch "fork-${NAMES[$1]}" "$ANVIL" --fork-url "${RPC[$1]}" --port "$port" --chain-id "${IDS[$1]}" --block-time 1 \
        --slots-in-an-epoch 1 --hardfork osaka --enable-tx-gas-limit --silent
    wait_for 20 "$CAST" rpc --rpc-url "${FORK[$1]}" eth_chainId
}
FORK=()
fork 0
fork 1
declare -A PORT
# Face f: the whole operator again in its own folder, with chain 1 - f replaced by its fork.
face() { # f
    local dir=$WORK/face-$1 file jobs
    mkdir -p "$dir/state"
    cp -r "$WORK/state/." "$dir/state/"
    PORT[$1]=$(free_port)
    jobs=$(free_port)
    for file in gate prover orchestrator wallet; do
        sed -e "s#${RPC[$((1 - $1))]}#${FORK[$((1 - $1))]}#" -e "s#$WORK/state/#$dir/state/#" \
            -e "s#ipc://$WORK/#ipc://$dir/#" -e "s#127.0.0.1:$API_PORT#127.0.0.1:${PORT[$1]}#" \
            -e "s#127.0.0.1:$PROVER_PORT#127.0.0.1:$jobs#" -e "s#api_port: $API_PORT#api_port: ${PORT[$1]}#" "$WORK/$file.yaml" >"$dir/$file.yaml"
    done
    launch "gate-$1" "$HAWSER" audit gate --config "$dir/gate.yaml"
    prover "prover-$1" "$dir/prover.yaml"
    launch "orchestrator-$1" "$HAWSER" up --config "$dir/orchestrator.yaml"
}
face_status() { "$HAWSER" status --api "http://127.0.0.1:${PORT[$1]}" --json 2>/dev/null | jq -r "$2"; }
face_holds() { [ "$(face_status "$1" "$2")" = true ]; }
face 0
face 1
TO=("$(fresh_address)" "$(fresh_address)")
take() { # f: each face takes a withdrawal of its own
    "$HAWSER" wallet withdraw --config "$WORK/face-$1/wallet.yaml" --chain "$1" --token $((2 + $1)) \
        --amount $((1000 + $1)) --to "${TO[$1]}" --json >>"$WORK/lp.log" 2>&1
}
for f in 0 1; do wait_for 60 face_holds "$f" '[.chains[].latest_time] | min > 0'; done
for f in 0 1; do wait_for 20 take "$f"; done
for f in 0 1; do wait_for 120 face_holds "$f" ".chains[$f].proven >= $K"; done

proven_on() { [ "$("$CAST" call --rpc-url "${RPC[$1]}" "$(contract "$1")" 'provenK()(uint64)' | awk '{print $1}')" -ge "$K" ]; }
at() { "$CAST" call --rpc-url "${RPC[$1]}" "$(contract "$1")" "$2()(uint64)" | awk '{print $1}'; }
digest() { "$CAST" logs --rpc-url "${RPC[$1]}" --address "$(contract "$1")" --from-block 0 --json \
    'BatchCommitted(uint64 indexed, bytes32, bytes32, bytes32)' "$K" | jq -r '.[0].data[130:194]'; }
differ() { [ -n "$(digest 0)" ] && [ "$(digest 0)" != "$(digest 1)" ]; }
check "alpha accepted a real proof of batch $K" proven_on 0
check "beta accepted a real proof of batch $K" proven_on 1
check "of different batches: D_$K differs" differ
says_why() { log_has "$1" "does_not_sign .*batch $K .*different statements"; }
for o in 0 1 2 3; do wait_for 30 says_why "oracle-$o"; done
for o in 0 1 2 3; do check "oracle $o says why it does not sign" says_why "oracle-$o"; done
sleep 6
no_signature() { ! grep -h " oracle signed batch=$K " "$WORK"/oracle-?.log; }
check "nobody signed batch $K" no_signature
for i in 0 1; do
    check "${NAMES[$i]} has no agreement on it" [ "$(at "$i" agreedK)" -lt "$K" ]
    check "${NAMES[$i]} did not execute it" [ "$(at "$i" executedK)" -lt "$K" ]
    check "nobody was paid on ${NAMES[$i]}" [ "$(l1_balance "$i" $((2 + i)) "${TO[$i]}")" = 0 ]
done
finish
