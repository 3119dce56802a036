#!/usr/bin/env bash
# Source rules that need no compiler: banned functions, include guards, long lines, leftover
# markers, trailing white space, shell syntax. Exit 1 and one line per violation.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

problems=0
report() { # text on stdin, one violation a line; $1: what is wrong
    local line
    while IFS= read -r line; do
        printf '%s: %s\n' "$line" "$1"
        problems=$((problems + 1))
    done
}

# Tables of vectors that a tool wrote (tests/.../*_vectors.h) are data, not code.
mapfile -t c_files < <(git ls-files --cached --others --exclude-standard -- '*.c' '*.h' \
    | grep -vE '^tests/.*_vectors\.h$')
mapfile -t text_files < <(git ls-files --cached --others --exclude-standard -- \
    '*.c' '*.h' '*.sol' '*.sh' '*.py' '*.cmake' 'CMakeLists.txt' '*/CMakeLists.txt' '*.js' dev .ci/run)
mapfile -t shell_files < <(git ls-files --cached --others --exclude-standard -- '*.sh' dev .ci/run)
existing() { local f; for f in "$@"; do [ -f "$f" ] && printf '%s\0' "$f"; done; }

# Unbounded, locale-dependent, predictable or not reentrant.
banned='sprintf|vsprintf|strcpy|strcat|gets|atoi|atol|atoll|atof|strtok|rand|srand|localtime|gmtime|ctime|asctime|alloca|system|popen|mktemp|tmpnam|strerror_r'
report 'banned function' < <(existing "${c_files[@]}" \
    | xargs -0 -r grep -nHE "(^|[^_[:alnum:].>\"])($banned)[[:space:]]*\(" \
    | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(/?\*|//)' \
    | grep -vE '^tests/.*[^_[:alnum:]]s?rand[[:space:]]*\(' | cut -d: -f1,2)

# A header's guard is its path in capitals; tests may shorten it. Files of kernels that are included
# once per instruction set say so and have none.
for f in "${c_files[@]}"; do
    case "$f" in *.h) ;; *) continue ;; esac
    [ -f "$f" ] || continue
    guard=$(tr 'a-z/.-' 'A-Z___' <<<"$f")
    grep -qi 'included by exactly' "$f" && continue
    case "$f" in tests/*) guard='[A-Z0-9_]+_H' ;; esac
    grep -qE "^#ifndef $guard\$" "$f" || report "include guard is not $guard" <<<"$f:1"
done

report 'longer than 110 columns' < <(existing "${c_files[@]}" | xargs -0 -r grep -nHE '^.{111,}$' \
    | grep -v 'http' | cut -d: -f1,2)

marker='TO''DO|FIX''ME|XX''X'
report 'leftover marker' < <(existing "${text_files[@]}" | xargs -0 -r grep -nHwE "$marker" | cut -d: -f1,2)

report 'trailing white space' < <(existing "${text_files[@]}" \
    | xargs -0 -r grep -nHE '[[:space:]]+$' | cut -d: -f1,2)

for f in "${shell_files[@]}"; do
    [ -f "$f" ] || continue
    bash -n "$f" 2>/dev/null || report 'bash syntax' <<<"$f:1"
done

echo "check_source: $problems violations"
[ "$problems" -eq 0 ]
