#!/usr/bin/env bash
# hawser-proof-dump: help, bad input, a proof that convinces nobody.
set -u
tool=$HAWSER_BUILD_DIR/bin/hawser-proof-dump
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0
failed=0

# claim STATUS TEXT ARGS..: exit status and a text of its output
claim() {
    local status=$1 text=$2 got
    shift 2
    "$tool" "$@" > "$dir/out" 2>&1
    got=$?
    if [ "$got" = "$status" ] && grep -qF -- "$text" "$dir/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "hawser-proof-dump $*: status $got (want $status), no '$text' in:"
        head -c 400 "$dir/out"
    fi
}

# wire LAYER PUBLICS BYTES: zeros behind a head
wire() {
    printf "\\x$(printf %02x "$1")\\x$(printf %02x $(($2 / 256)))\\x$(printf %02x $(($2 % 256)))"
    head -c "$3" /dev/zero
}

claim 0 'diff <(hawser-proof-dump A)' --help
claim 2 'usage:'
claim 2 "'--nonsense' is one argument too many" --nonsense
claim 2 'cannot be opened' "$dir/none"
: > "$dir/empty"
claim 2 '0 bytes; a proof begins with layer u8' "$dir/empty"
wire 19 48 100 > "$dir/layer"
claim 2 'layer 19; layers are 0 (leaf) to 18 (terminal)' "$dir/layer"
wire 18 47 100 > "$dir/publics"
claim 2 '47 public values; layer terminal has 48' "$dir/publics"
wire 18 48 100 > "$dir/short"
claim 2 'a proof of layer terminal has' "$dir/short"
want=$("$tool" "$dir/short" 2>&1 | sed 's/.* has //')
wire 18 48 $((want - 3)) > "$dir/hollow"
claim 1 '## statement @0' "$dir/hollow"
claim 1 'result VERIFY_' "$dir/hollow"
claim 1 '"result": "VERIFY_' --json "$dir/hollow"
wire 18 48 $((want - 2)) > "$dir/long"
claim 2 'a proof of layer terminal has' "$dir/long"
{ wire 18 48 0; printf '\xff\xff\xff\xff'; head -c $((want - 7)) /dev/zero; } > "$dir/public"
claim 2 'a public value is not below p' "$dir/public"
head -c 20000000 /dev/zero > "$dir/huge"
claim 2 'longer than any proof' "$dir/huge"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
