#!/usr/bin/env bash
# Requirements (REQ-...) and findings (F.., N..) against the tree:
#   - every REQ id that code, contracts, tests or documents mention is defined in docs/protocol, once;
#   - every test that docs/protocol/README.md or findings.md names in a table exists;
#   - requirements without a row or mention among the tests are listed (not an error).
#
#   tools/check_req.sh [--list]     --list also prints every id with the page that defines it
#
# A definition is a list item `- REQ-NAME-1 ...` or a heading with `REQ-NAME` in it (a family, or a
# requirement without a number). Exit 1 and one line per violation.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
list=0
case "${1:-}" in
'') ;;
--list) list=1 ;;
*) sed -n '2,/^set -/p' "${BASH_SOURCE[0]}" | sed '$d; s/^# \{0,1\}//'; [ "$1" = --help ]; exit ;;
esac

id='REQ-[A-Z][A-Z0-9]*(-[0-9]+)?'
pages=() # normative: everything but the index and the table of findings
for f in docs/protocol/*.md; do
    case "$f" in */README.md | */findings.md) ;; *) pages+=("$f") ;; esac
done
tables=(docs/protocol/README.md docs/protocol/findings.md)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
problems=0
violation() { printf '%s\n' "$*"; problems=$((problems + 1)); }
files() { # existing files of the tree that fit the patterns
    local f
    git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while IFS= read -r f; do
        if [ -f "$f" ]; then printf '%s\n' "$f"; fi
    done
}

# Definitions: "id page:line".
{
    grep -nHE "^- $id" "${pages[@]}" | sed -E "s/^([^:]+:[0-9]+):- ($id).*/\2 \1/"
    grep -nHE "^#+ .*REQ-" "${pages[@]}" | while IFS= read -r line; do
        grep -oE "$id" <<<"${line#*:*:}" | sed "s|\$| $(cut -d: -f1,2 <<<"$line")|"
    done
} >"$work/defined"
cut -d' ' -f1 "$work/defined" | sort >"$work/ids"
while IFS= read -r twice; do
    violation "$(grep "^$twice " "$work/defined" | tail -1 | cut -d' ' -f2): $twice is defined twice"
done < <(uniq -d "$work/ids")
sort -u "$work/ids" -o "$work/ids"
# A family is known when one of its members is.
{ cat "$work/ids"; sed -nE 's/^(REQ-[A-Z0-9]+)-[0-9]+$/\1/p' "$work/ids"; } | sort -u >"$work/known"

# Mentions: "page:line id".
files '*.c' '*.h' '*.sol' '*.yul' '*.sh' '*.py' '*.cjs' '*.md' '*.txt' '*.yaml' dev >"$work/files"
grep -vx 'tools/check_req.sh' "$work/files" | tr '\n' '\0' \
    | xargs -0 -r grep -noHE "$id" | sed -E 's/^([^:]+:[0-9]+):/\1 /' >"$work/mentions"
while read -r where what; do
    if ! grep -qx -- "$what" "$work/known"; then
        violation "$where: $what is not defined in docs/protocol"
    fi
done <"$work/mentions"

# Names of tests: Check, forge, ctest.
files '*.c' '*.sol' '*CMakeLists.txt' 'cmake/*' | tr '\n' '\0' | xargs -0 -r grep -hoE \
    'START_TEST\([A-Za-z0-9_]+|function (test|invariant)[A-Za-z0-9_]*|hawser_(script_)?test\(NAME +[A-Za-z0-9_]+|add_test\(NAME +[A-Za-z0-9_]+' \
    | sed -E 's/.*[( ]//' | sort -u >"$work/tests"
for table in "${tables[@]}"; do
    [ -f "$table" ] || continue
    # The last column of a row that begins with a requirement or a finding names tests in backticks.
    while IFS=: read -r number name; do
        grep -qx -- "$name" "$work/tests" || violation "$table:$number: there is no test $name"
    done < <(grep -nE '^\| *(REQ-|F[0-9]|N[0-9])' "$table" | while IFS= read -r row; do
        awk -F'|' '{print $(NF-1)}' <<<"$row" | grep -oE '`[A-Za-z0-9_]+`' | tr -d '`' \
            | sed "s/^/${row%%:*}:/"
    done)
done

{
    awk '$1 ~ /^(tests|contracts\/test)\// {print $2}' "$work/mentions"
    if [ -f docs/protocol/README.md ]; then
        grep -E '^\| *REQ-.*`' docs/protocol/README.md | awk -F'|' '{print $2}' | grep -oE "$id"
    fi
} | sort -u >"$work/tested"
# A family whose members are listed one by one needs no test of its own.
grep -vxF -f "$work/tested" "$work/ids" | while IFS= read -r one; do
    if grep -q -- "^$one-[0-9]" "$work/ids"; then continue; fi
    echo "$one"
done >"$work/untested" || true
[ "$list" = 0 ] || sort -V "$work/defined"
if [ -s "$work/untested" ]; then
    echo "without a test: $(tr '\n' ' ' <"$work/untested")"
fi
echo "check_req: $(wc -l <"$work/ids") requirements, $(wc -l <"$work/untested") without a test," \
    "$problems violations"
[ "$problems" -eq 0 ]
