#!/usr/bin/env bash
# Runs irctest's chathistory tests against chatui. All of them ask for `sasl` beside what they test, and so are skipped where
# there are no accounts, although half of them never log in. This runs them from a copy of the suite in which that one
# capability is not asked for: those that do log in are still skipped, the others are as they were.
#
#   tests/irctest/chathistory.sh IRCTEST [CHATUI]      see run.sh
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2; }
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R "$1/." "$copy"
suite=irctest/server_tests/chathistory.py
sed -i '/^ *"sasl",$/d' "$copy/$suite"
shift
"$here/run.sh" "$copy" "$@" -- "$suite"
