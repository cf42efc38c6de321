#!/usr/bin/env bash
# Runs irctest's server tests against chatui, on loopback, and prints the score.
#
#   tests/irctest/run.sh IRCTEST [CHATUI] [-- PYTEST ARGUMENTS...]
#
#   IRCTEST   a checkout of irctest, see README.md
#   CHATUI    the binary (default: target/debug/chatui of this checkout)
#
# PYTHON names the interpreter (default: python3), WORKERS how many servers are tested at one time (default: 2).
# Of the pytest arguments, a path such as irctest/server_tests/who.py replaces the whole suite.
# The exit status is 0 when nothing failed, 1 when something did, 2 when the suite could not run.
set -u

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
irctest=$1
shift
chatui=$here/../../target/debug/chatui
if [ $# -gt 0 ] && [ "$1" != -- ]; then
    chatui=$1
    shift
fi
[ "${1:-}" = -- ] && shift
[ -d "$irctest/irctest/server_tests" ] || { echo "no irctest checkout: $irctest" >&2; exit 2; }
[ -x "$chatui" ] || { echo "no such binary: $chatui" >&2; exit 2; }
chatui=$(cd "$(dirname "$chatui")" && pwd)/$(basename "$chatui")

# Two tests of LIST by age let minutes pass, unless the server's clock can be made to run.
if ! command -v faketime >/dev/null; then
    echo "without faketime (Debian: apt-get install faketime) two tests of LIST by age are left out" >&2
    set -- "$@" --deselect=irctest/server_tests/list.py::FaketimeListTestCase
fi

suite=irctest/server_tests
for argument in "$@"; do
    case $argument in irctest/server_tests/*) suite= ;; esac
done

# irctest keeps its list of used ports in the temporary folder: each run has its own.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$irctest" || exit 2
TMPDIR=$work CHATUI_BIN=$chatui PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH} \
    "${PYTHON:-python3}" -m pytest -p irctest_score -p no:cacheprovider --controller chatui_controller \
    -m 'not implementation-specific and not deprecated' \
    --timeout 120 -n "${WORKERS:-2}" -q --tb=no --no-summary $suite "$@"
status=$?
# 0: all passed, 1: some failed; anything else: pytest itself did not get through.
[ "$status" -le 1 ] || exit 2
exit "$status"
