#!/usr/bin/env python3
"""Minutes of the last ./dev test by area, for docs/testing.md.

  tools/test_minutes.py [LastTest.log]     default: build/asan/Testing/Temporary/LastTest.log

Sums what each program took; programs run side by side, so the wall time is less. An area is the
first two words of a test's name (unit_prover, integration_verifier, contracts_settlement).
"""
import collections
import re
import sys

NAME = re.compile(r"^\d+/\d+ Testing: (\S+)$", re.M)
TIME = re.compile(r"^Test time = +([0-9.]+) sec$", re.M)


def main(argv):
    path = argv[1] if len(argv) > 1 else "build/asan/Testing/Temporary/LastTest.log"
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            text = f.read()
    except OSError as e:
        print(f"test_minutes: {e}", file=sys.stderr)
        return 1
    areas = collections.defaultdict(list)
    names = list(NAME.finditer(text))
    for i, m in enumerate(names):
        end = names[i + 1].start() if i + 1 < len(names) else len(text)
        time = TIME.search(text, m.end(), end)
        if time:
            areas["_".join(m.group(1).split("_")[:2])].append((float(time.group(1)), m.group(1)))
    for area, found in sorted(areas.items(), key=lambda x: -sum(t for t, _ in x[1])):
        seconds, slowest = sum(t for t, _ in found), max(found)
        print(f"{seconds / 60:6.2f} min  {len(found):3d} programs  {area:24s} "
              f"longest {slowest[1]} {slowest[0]:.0f} s")
    print(f"{sum(t for a in areas.values() for t, _ in a) / 60:6.2f} min  in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
