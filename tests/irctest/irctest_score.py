"""A pytest plugin that counts irctest's results the way README.md says, and prints them.

Deprecated tests and those of one product's own commands are left out by run.sh. An expected failure of some other
server is a failure here.
"""

from collections import Counter, defaultdict
import os

_outcomes = {}


def _why(report):
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (crash.message if crash else str(report.longrepr or "")).strip().splitlines()
    return lines[0] if lines else ""


def pytest_runtest_logreport(report):
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    if report.when == "call":
        outcome = "failed" if hasattr(report, "wasxfail") and report.skipped else report.outcome
        _outcomes[report.nodeid] = (outcome, _why(report))
    elif report.skipped:
        _outcomes[report.nodeid] = ("skipped", _why(report))
    elif report.failed:
        _outcomes[report.nodeid] = ("failed", f"{report.when}: {_why(report)}")


def pytest_terminal_summary(terminalreporter):
    write = terminalreporter.write_line
    modules = defaultdict(Counter)
    reasons = defaultdict(list)
    for test, (outcome, why) in sorted(_outcomes.items()):
        module, name = test.split("server_tests/")[-1].split(".py::", 1)
        modules[module][outcome] += 1
        if outcome == "skipped":
            reasons[why].append(f"{module}::{name}")
    write("")
    write(f"{'module':28} passed failed skipped")
    for module, count in sorted(modules.items()):
        mark = "  <-" if count["failed"] else ""
        write(f"{module:28} {count['passed']:6} {count['failed']:6} {count['skipped']:7}{mark}")
    write("")
    for why, tests in sorted(reasons.items(), key=lambda item: -len(item[1])):
        write(f"skipped {len(tests):3}  {why[:120]}")
        if len(tests) <= 12:
            for test in tests:
                write(f"              {test}")
    write("")
    for test, (outcome, why) in sorted(_outcomes.items()):
        if outcome == "failed":
            write(f"FAILED {test.split('server_tests/')[-1]}  {why[:200]}")
    total = sum(modules.values(), Counter())
    write(
        f"score: passed {total['passed']}  failed {total['failed']}  skipped {total['skipped']}"
        f"  of {sum(total.values())}"
    )
