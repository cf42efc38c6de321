#!/usr/bin/env bash
# How many instructions one message costs the server's core: parsed, decided, ordered, addressed, formatted in all four
# forms. Counted by callgrind, so the figure does not depend on what else the machine does.
#
#   benches/instructions.sh            compares with benches/instructions.txt; fails if it is more than 3 % above it
#   benches/instructions.sh --write    keeps the new figure there
#
# The count depends a little on the compiler and the C library; the file says for which it holds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
kept=benches/instructions.txt
command -v valgrind >/dev/null || { echo "valgrind is missing (Debian: apt-get install valgrind)" >&2; exit 2; }

program=$(cargo bench --quiet --locked --bench instructions --no-run --message-format=json |
    sed -n 's/.*"executable":"\([^"]*instructions[^"]*\)".*/\1/p' | tail -n 1)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

count() { # messages
    valgrind --tool=callgrind --callgrind-out-file="$folder/$1" "$program" "$1" >"$folder/out" 2>&1 ||
        { cat "$folder/out" >&2; exit 2; }
    sed -n 's/^summary: *//p;s/^totals: *//p' "$folder/$1" | head -n 1
}

# What the start costs falls out of the difference.
few=$(count 1000)
many=$(count 11000)
each=$(((many - few) / 10000))
compiler=$(rustc --version | cut -d ' ' -f 1,2)
if [ "${1:-}" = --write ]; then
    printf '%s instructions a message (%s, %s)\n' "$each" "$compiler" "$(uname -m)" >"$kept"
    cat "$kept"
    exit
fi
read -r before _ <"$kept"
echo "$each instructions a message; before: $(cat "$kept")"
if [ $((each * 100)) -gt $((before * 103)) ]; then
    echo "that is more than 3 % above: find out why, or keep the new figure with --write and say why" >&2
    exit 1
fi
