#!/usr/bin/env bash
# ./dev cluster: three PostgreSQL under Patroni and three etcd on one machine, each pair a server with its
# own data directory, network namespace and process groups. deploy/cluster holds what they are told.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

usage() {
    cat <<'U'
usage: ./dev cluster VERB [--id N]

  start        start three servers, wait until one leads and one follows synchronously, print the URI
  stop         stop all of it cleanly and remove its folder and networks
  status       who leads, who follows, as Patroni says it; exit status 0 only if writes are possible
  uri          the URI for `database:`; the password is in the file it names
  kill K       kill -9 everything of server K (1..3), as if its machine lost power
  primary      number of the server that leads
  revive K     start server K again on its own data

  --id N       which cluster (0..99, default 0): folder /tmp/hawser-cluster-N, network 10.77.N.0/24
Without root or network namespaces the servers share the machine's network, at 127.77.N.11 to .13.
U
}

say() { printf '== %s\n' "$*"; }
die() { printf 'cluster: %s\n' "$*" >&2; exit 1; }

VERB=${1:-help} ID=0 WHICH=""
[ $# -eq 0 ] || shift
while [ $# -gt 0 ]; do
    case $1 in
    --id) ID=${2:?}; shift 2 ;;
    [123]) WHICH=$1; shift ;;
    *) usage >&2; die "unknown option $1" ;;
    esac
done
[[ $ID =~ ^[0-9]{1,2}$ ]] || die "--id is a number from 0 to 99"
DIR=/tmp/hawser-cluster-$ID
SCOPE=hawser-$ID
NS=hawser$ID

BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
if [ "$(id -u)" -eq 0 ]; then
    SUPERUSER=postgres
    unprivileged=(setpriv --reuid=postgres --regid=postgres --init-groups --)
else
    SUPERUSER=$(id -un)
    unprivileged=()
fi

# ---- network ----

with_namespaces() { [ -e "$DIR/namespaces" ]; }
network() { if with_namespaces; then echo "10.77.$ID.0/24"; else echo "127.0.0.0/8"; fi; }
address() { if with_namespaces; then echo "10.77.$ID.1$1"; else echo "127.77.$ID.1$1"; fi; }

network_up() {
    local i
    if ! { [ "$(id -u)" -eq 0 ] && ip netns add "$NS-1" 2>/dev/null; }; then
        say "no network namespaces here: the servers share the machine's network"
        return 0
    fi
    touch "$DIR/namespaces"
    ip link add "$NS" type bridge
    ip addr add "10.77.$ID.1/24" dev "$NS"
    ip link set "$NS" up
    for i in 1 2 3; do
        [ "$i" = 1 ] || ip netns add "$NS-$i"
        ip link add "$NS-$i" type veth peer name eth0 netns "$NS-$i"
        ip link set "$NS-$i" master "$NS" up
        ip -n "$NS-$i" addr add "10.77.$ID.1$i/24" dev eth0
        ip -n "$NS-$i" link set lo up
        ip -n "$NS-$i" link set eth0 up
    done
}

network_down() {
    local i
    with_namespaces || return 0
    for i in 1 2 3; do ip netns del "$NS-$i" 2>/dev/null || true; done
    ip link del "$NS" 2>/dev/null || true
}

# ---- servers ----

server_dir() { echo "$DIR/server$1"; }

fill_in() { # template, server
    sed -e "s|@N@|$2|g; s|@DIR@|$(server_dir "$2")|g; s|@SCOPE@|$SCOPE|g; s|@SUPERUSER@|$SUPERUSER|g" \
        -e "s|@ADDRESS@|$(address "$2")|g; s|@ADDRESS1@|$(address 1)|g; s|@ADDRESS2@|$(address 2)|g" \
        -e "s|@ADDRESS3@|$(address 3)|g; s|@BIN@|$BIN|g; s|@NETWORK@|$(network)|g" \
        -e "s|@SECRET_REPLICATION@|$(cat "$DIR/secrets/replication")|g" \
        -e "s|@SECRET_REWIND@|$(cat "$DIR/secrets/rewind")|g" "$ROOT/deploy/cluster/$1"
}

# In the server's network, as an unprivileged user, in a process group of its own.
launch() { # server, name of log and pid file, command...
    local i=$1 name=$2 d
    d=$(server_dir "$i")
    shift 2
    local within=()
    if with_namespaces; then within=(ip netns exec "$NS-$i"); fi
    (cd "$d" && exec "${within[@]}" setsid "${unprivileged[@]}" "$@" >>"$d/$name.log" 2>&1 </dev/null) &
    echo $! >"$d/$name.pid"
}

server_start() {
    local d
    d=$(server_dir "$1")
    launch "$1" etcd etcd --config-file "$d/etcd.yml"
    launch "$1" patroni patroni "$d/patroni.yml"
}

alive() { [ -f "$1" ] && kill -0 "$(head -1 "$1")" 2>/dev/null; }

stop_pid() { # pid file, signal, seconds
    local pid n
    alive "$1" || return 0
    pid=$(head -1 "$1")
    kill "-$2" "$pid" 2>/dev/null || return 0
    for ((n = 0; n < $3 * 10; n++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

# The postmaster and what it started are a session of their own: Patroni gives it one.
server_kill() {
    local d pid
    d=$(server_dir "$1")
    if with_namespaces; then
        # shellcheck disable=SC2046
        kill -9 $(ip netns pids "$NS-$1") 2>/dev/null || true
    else
        for pid in $(cat "$d"/patroni.pid "$d"/etcd.pid 2>/dev/null) $(head -1 "$d/data/postmaster.pid" 2>/dev/null); do
            kill -9 -- "-$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null || true
        done
    fi
}

# ---- what Patroni says ----

members() { # JSON of the first server that answers
    local i
    for i in 1 2 3; do
        curl -fsS --max-time 2 "http://$(address "$i"):8008/cluster" 2>/dev/null && return 0
    done
    return 1
}

# One primary that runs and one synchronous standby that streams.
is_writable() {
    members | jq -e '[.members[] | select(.role == "leader" and .state == "running")] as $l
        | [.members[] | select(.role == "sync_standby" and (.state == "running" or .state == "streaming"))] as $s
        | ($l | length) == 1 and ($s | length) >= 1' >/dev/null 2>&1
}

primary() {
    members | jq -re '.members[] | select(.role == "leader") | .name | ltrimstr("server")'
}

uri() {
    echo "postgresql://$(address 1):5432,$(address 2):5432,$(address 3):5432/hawser?user=hawser&passfile=$DIR/client/pgpass"
}

# Role and database of the orchestrator. The password goes through a pipe, not through argv.
make_database() {
    local p d
    p=$(primary)
    d=$(server_dir "$p")
    printf '%s\n' "CREATE ROLE hawser LOGIN PASSWORD '$(cat "$DIR/secrets/hawser")';" \
        "ALTER ROLE hawser SET synchronous_commit = on;" "CREATE DATABASE hawser OWNER hawser;" |
        "${unprivileged[@]}" "$BIN/psql" -qX -v ON_ERROR_STOP=1 -h "$d" -d postgres >"$DIR/database.log" 2>&1
}

# ---- verbs ----

start() {
    local i s
    [ -n "$BIN" ] || die "no PostgreSQL below /usr/lib/postgresql"
    [ ! -e "$DIR" ] || die "$DIR is there already: ./dev cluster stop --id $ID"
    mkdir -p "$DIR/secrets" "$DIR/client"
    chmod 700 "$DIR/secrets" "$DIR/client"
    for s in replication rewind hawser; do
        (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$DIR/secrets/$s")
    done
    network_up
    (umask 077 && for i in 1 2 3; do echo "$(address "$i"):5432:hawser:hawser:$(cat "$DIR/secrets/hawser")"; done \
        >"$DIR/client/pgpass")
    for i in 1 2 3; do
        mkdir -p "$(server_dir "$i")"
        (umask 077 && fill_in etcd.yml "$i" >"$(server_dir "$i")/etcd.yml" &&
            fill_in patroni.yml "$i" >"$(server_dir "$i")/patroni.yml")
        [ "$(id -u)" -ne 0 ] || chown -R postgres:postgres "$(server_dir "$i")"
    done
    for i in 1 2 3; do server_start "$i"; done
    wait_until 90 is_writable || { tail -n 20 "$DIR"/server*/patroni.log >&2; die "no primary with a standby"; }
    make_database || { cat "$DIR/database.log" >&2; die "cannot make the database"; }
    say "three servers are up, server $(primary) leads"
    uri
}

wait_until() { # seconds, command...
    local n=$(($1 * 2))
    shift
    while ! "$@"; do
        n=$((n - 1))
        [ "$n" -gt 0 ] || return 1
        sleep 0.5
    done
}

stop() {
    local i p rc=0
    [ -e "$DIR" ] || { say "no cluster $ID"; return 0; }
    p=$(primary 2>/dev/null || echo 0)
    for i in 1 2 3; do [ "$i" = "$p" ] || stop_pid "$(server_dir "$i")/patroni.pid" TERM 30 || rc=1; done
    if [ "$p" != 0 ]; then stop_pid "$(server_dir "$p")/patroni.pid" TERM 30 || rc=1; fi
    for i in 1 2 3; do stop_pid "$(server_dir "$i")/etcd.pid" TERM 15 || rc=1; done
    # A server whose Patroni was killed before still has its PostgreSQL.
    for i in 1 2 3; do stop_pid "$(server_dir "$i")/data/postmaster.pid" INT 15 || rc=1; done
    [ "$rc" = 0 ] || for i in 1 2 3; do server_kill "$i"; done
    network_down
    rm -rf "$DIR"
    [ "$rc" = 0 ] || die "something had to be killed"
    say "cluster $ID is stopped"
}

status() {
    local all
    all=$(members) || die "no server of cluster $ID answers"
    jq -r '.members[] | [.name, .role, .state, .timeline // "-", .lag // "-"] | @tsv' <<<"$all" | column -t
    is_writable || die "not writable: no primary with a synchronous standby"
}

case $VERB in
start) start ;;
stop) stop ;;
status) status ;;
uri) uri ;;
primary) primary ;;
kill) server_kill "${WHICH:?which server}" ;;
revive) server_start "${WHICH:?which server}" ;;
help | --help | -h) usage ;;
*) usage >&2; die "no verb '$VERB'" ;;
esac
