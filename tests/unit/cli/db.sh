#!/usr/bin/env bash
# `hawser db`: what it says and what it leaves alone. HAWSER_BUILD_DIR: build directory.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
HAWSER=${HAWSER_BUILD_DIR:-build/release}/bin/hawser
WORK=$(mktemp -d /tmp/hawser-db-XXXXXX)
trap 'rm -rf "$WORK"' EXIT
passed=0 failed=0

# the wanted exit status, what it is for, a text that must be in the output, command...
claim() {
    local want=$1 text=$2 holds=$3 rc=0
    shift 3
    "$@" >"$WORK/out" 2>&1 || rc=$?
    if [ "$rc" = "$want" ] && { [ -z "$holds" ] || grep -qF -- "$holds" "$WORK/out"; }; then
        passed=$((passed + 1))
    else
        echo "FAILED: $text (status $rc, wanted $want and '$holds')"
        cat "$WORK/out"
        failed=$((failed + 1))
    fi
}
configuration() { sed "s|^database: .*|database: $WORK/$1.db|" configs/orchestrator.yaml >"$WORK/$1.yaml"; }
db() { local verb=$1 name=$2; shift 2; "$HAWSER" db "$verb" --config "$WORK/$name.yaml" "$@"; }
sql() { sqlite3 "$WORK/$1.db" "$2"; }

configuration one
configuration two
claim 1 "status of a database that is not there" "not found" db status one
claim 0 "and it is still not there" "" test ! -e "$WORK/one.db"
claim 0 "migrate makes it" "schema" db migrate one
claim 0 "status says so" "current" db status one
claim 0 "a second migrate changes nothing" "schema" db migrate one
hash=6cde75067e11c4ebd0be3ba0a8fcfa391416484753a21bd783ea32a77cc890eb # python3, see tests/unit/db/test_db.c
sql one "INSERT INTO journal VALUES(1, 1, x'61', x'$hash')"
claim 0 "a backup" "1 journal records" db backup one --file "$WORK/copy"
claim 3 "never over another file" "there already" db backup one --file "$WORK/copy"
claim 0 "restored elsewhere" "1 journal records" db restore two --file "$WORK/copy"
claim 0 "the record is there" "$hash" bash -c "sqlite3 '$WORK/two.db' 'SELECT lower(hex(hash)) FROM journal'"
claim 3 "not into a database with rows" "empty one" db restore two --file "$WORK/copy"
sql two "DELETE FROM journal"
printf 'x' | dd of="$WORK/copy" bs=1 seek=20 conv=notrunc 2>/dev/null
claim 3 "not a changed backup" "damaged" db restore two --file "$WORK/copy"
claim 0 "which leaves no row" "0" sqlite3 "$WORK/two.db" "SELECT COUNT(*) FROM journal"
sql one "UPDATE journal SET body = x'62'"
claim 3 "no backup of a journal that does not fit its hashes" "record 1" db backup one --file "$WORK/bad"
claim 0 "and no file of it" "" test ! -e "$WORK/bad" -a ! -e "$WORK/bad.new"
sql two "DELETE FROM schema_migrations WHERE number = 2"
claim 3 "half-migrated" "half-migrated" db status two
claim 3 "stays as it is" "half-migrated" db migrate two
sql one "INSERT INTO schema_migrations SELECT MAX(number) + 1, 'x', 'x' FROM schema_migrations"
claim 3 "newer" "newer" db status one
claim 3 "is not touched" "use a newer program" db migrate one
printf 'database: x\n' >"$WORK/three.yaml"
claim 2 "a configuration that is not one" "three.yaml" db status three
claim 2 "no such verb" "usage" "$HAWSER" db drop
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
