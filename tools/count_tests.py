#!/usr/bin/env python3
"""Adds up test cases from ctest's log and closes ./dev test.

  tools/count_tests.py LastTest.log CTEST_EXIT_STATUS

Counts Check's own summaries ("100%: Checks: 5, Failures: 0, Errors: 0") and lines
"N passed, N failed" of scripts. A program that ctest calls failed but that reported no failure
itself (a crash, a time-out, no summary) counts as one failure; one that passed without any summary
counts as a failure too: a test that tests nothing must not be green.
The last line is "N passed, N failed"; exit 0 only if nothing failed, something passed and ctest
agreed.
"""
import re
import sys

CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)
PLAIN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, \d+ skipped)?$", re.M)
START = re.compile(r"^(\d+)/(\d+) Testing: (\S+)$", re.M)


def count(log):
    """[(name, passed, failed)] for every program in the log."""
    starts = list(START.finditer(log))
    for i, start in enumerate(starts):
        end = starts[i + 1].start() if i + 1 < len(starts) else len(log)
        part = log[start.end():end]
        verdict = re.search(r"^Test (Passed|Failed)\.", part, re.M)
        is_ok = verdict is not None and verdict.group(1) == "Passed"
        passed = failed = 0
        for m in CHECK.finditer(part):
            bad = int(m.group(2)) + int(m.group(3))
            passed += int(m.group(1)) - bad
            failed += bad
        plain = list(PLAIN.finditer(part))
        if plain:  # the last line is the script's own total
            passed += int(plain[-1].group(1))
            failed += int(plain[-1].group(2))
        if failed == 0 and (not is_ok or passed == 0):
            failed = 1
        yield start.group(3), passed, failed


def main(argv):
    try:
        with open(argv[1], encoding="utf-8", errors="replace") as f:
            programs = list(count(f.read()))
    except FileNotFoundError:
        programs = []
    passed = sum(p for _, p, _ in programs)
    failed = sum(f for _, _, f in programs)
    ctest_status = int(argv[2])
    if ctest_status != 0 and failed == 0:
        failed = 1
    for name, _, bad in programs:
        if bad:
            print(f"FAILED: {name} ({bad})")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
