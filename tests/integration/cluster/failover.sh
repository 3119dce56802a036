#!/usr/bin/env bash
# The store on a cluster whose primary is killed: by power loss of its server, then PostgreSQL alone. What
# was acknowledged is there, once and in order; writing resumes within 60 s; nothing is left running.
#   HAWSER_BUILD_DIR: build directory (as ctest sets it); HAWSER_CLUSTER_ID: which cluster (default 97)
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
WRITER=${HAWSER_BUILD_DIR:-build/release}/tests/store_writer
ID=${HAWSER_CLUSTER_ID:-97}
WORK=$(mktemp -d /tmp/hawser-failover-XXXXXX)
passed=0 failed=0 writer=0

cluster() { tools/cluster.sh "$@" --id "$ID"; }
pass() { echo "ok: $*"; passed=$((passed + 1)); }
fail() { echo "FAILED: $*"; failed=$((failed + 1)); }
claim() { local text=$1; shift; if "$@"; then pass "$text"; else fail "$text"; fi; }
finish() {
    [ "$writer" = 0 ] || kill "$writer" 2>/dev/null
    [ ! -e "/tmp/hawser-cluster-$ID" ] || cluster stop >/dev/null 2>&1
    rm -rf "$WORK"
}
trap finish EXIT

command -v patroni >/dev/null && command -v etcd >/dev/null || {
    echo "patroni and etcd are needed: ./dev cluster start installs them"
    echo "0 passed, 1 failed"
    exit 1
}

await() { # seconds, command...
    local n=$(($1 * 2))
    shift
    while ! "$@" >/dev/null 2>&1; do
        n=$((n - 1))
        [ "$n" -gt 0 ] || return 1
        sleep 0.5
    done
}
other_leads() { local p; p=$(cluster primary 2>/dev/null) && [ "$p" != "$1" ]; }
all_three() { [ "$(cluster status | grep -cE 'running|streaming')" = 3 ]; }
gap_at_most() { [ "$(sed -nE 's/.*longest gap ([0-9]+) ms.*/\1/p' "$1")" -le "$2" ]; }

claim "a cluster starts" cluster start
uri=$(cluster uri)
password=$(cut -d: -f5 "/tmp/hawser-cluster-$ID/client/pgpass" | head -1)

# ---- the primary's machine loses power ----
"$WRITER" write "$uri" 60 "$WORK/acks1" >"$WORK/out1" 2>"$WORK/err1" &
writer=$!
sleep 8
claim "no password in the writer's argv or log" bash -c \
    "! grep -q '$password' /proc/$writer/cmdline '$WORK/err1'"
first=$(cluster primary)
claim "server $first, which leads, is killed" cluster kill "$first"
claim "another one leads" await 60 other_leads "$first"
wait "$writer"
claim "the writer went on by itself" [ $? -eq 0 ]
writer=0
cat "$WORK/out1"
claim "writing resumed within 60 s" gap_at_most "$WORK/out1" 60000
acked=$(sed -nE 's/^([0-9]+) acknowledged.*/\1/p' "$WORK/out1")
claim "what was acknowledged is there" "$WRITER" check "$uri" "$acked"

# ---- the server comes back; then PostgreSQL alone is killed ----
claim "server $first starts again" cluster revive "$first"
claim "and follows" await 90 all_three
"$WRITER" write "$uri" 40 "$WORK/acks2" >"$WORK/out2" 2>"$WORK/err2" &
writer=$!
sleep 5
second=$(cluster primary)
claim "the primary's postmaster is killed" \
    kill -9 "$(head -1 "/tmp/hawser-cluster-$ID/server$second/data/postmaster.pid")"
wait "$writer"
claim "the writer went on by itself" [ $? -eq 0 ]
writer=0
cat "$WORK/out2"
claim "writing resumed within 60 s" gap_at_most "$WORK/out2" 60000
acked=$(sed -nE 's/^([0-9]+) acknowledged.*/\1/p' "$WORK/out2")
claim "what was acknowledged is there" "$WRITER" check "$uri" "$acked"
claim "nothing was broken for the writer" bash -c "! grep -q ' broken ' '$WORK'/err*"

claim "the cluster stops" cluster stop
claim "no process of it is left" bash -c "! pgrep -f '^[^ ]*(etcd|patroni|postgres|python3) .*/hawser-cluster-$ID/'"
claim "no network of it is left" bash -c "! ip netns list 2>/dev/null | grep -q '^hawser$ID-'"
[ "$failed" -eq 0 ] || cat "$WORK"/err* 2>/dev/null | tail -n 40
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
