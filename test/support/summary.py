# SPDX-License-Identifier: Apache-2.0
"""Counts the cases of a test run, and says which failed and which were skipped.

Usage: summary.py [--require-all] TESTLOG.JSON

The log is Meson's. Its last line on stdout is "N passed, N failed, N skipped"; the exit status is 0 where nothing
failed and something passed. A program that ends badly counts as one failure even where no case of it failed.
"""

import json
import re
import sys

CASE = re.compile(r"(not )?ok\b\s*\d*\s*(?:-\s*)?(.*)$")
PLAN = re.compile(r"1\.\.(\d+)\s*(?:#\s*SKIP\b\s*(.*))?$", re.IGNORECASE)
SKIPPED = re.compile(r"(.*?)\s*#\s*SKIP\S*\s*(.*)$", re.IGNORECASE)
TAIL = 40  # lines of a program that ended without saying which case failed


class Counts:
    def __init__(self):
        self.passed = 0
        self.failures = []  # a title and lines of output
        self.skips = []


def count_tap(name, lines, counts):
    """Counts the cases of one program; false where it speaks no TAP or breaks off before its plan is fulfilled."""
    diagnostics, seen, planned = [], 0, None
    for line in lines:
        case, plan = CASE.match(line), PLAN.match(line)
        if plan:
            planned = int(plan.group(1))
            if planned == 0:
                counts.skips.append(f"{name}: {plan.group(2) or 'no reason given'}")
        elif case:
            seen += 1
            skipped = SKIPPED.match(case.group(2))
            if case.group(1):
                counts.failures.append((f"{name}: {case.group(2)}", diagnostics))
            elif skipped:
                counts.skips.append(f"{name}: {skipped.group(1)}: {skipped.group(2) or 'no reason given'}")
            else:
                counts.passed += 1
            diagnostics = []
        else:
            diagnostics.append(line)
    return planned == seen


def count_program(entry, counts):
    name = entry["name"].replace("portolan:", "")
    lines = entry.get("stdout", "").splitlines()
    failures_before = len(counts.failures)
    speaks_tap = any(CASE.match(line) or PLAN.match(line) for line in lines)
    complete = count_tap(name, lines, counts) if speaks_tap else False
    output = (lines + entry.get("stderr", "").splitlines())[-TAIL:]
    good = entry["result"] in ("OK", "EXPECTEDFAIL")
    if not speaks_tap and entry["result"] == "SKIP":
        counts.skips.append(f"{name}: {output[-1] if output else 'no reason given'}")
    elif not speaks_tap and good:
        counts.passed += 1
    elif speaks_tap and not complete:
        counts.failures.append((f"{name}: broke off ({entry['result']}, exit status {entry['returncode']})", output))
    elif not good and entry["result"] != "SKIP" and len(counts.failures) == failures_before:
        counts.failures.append((f"{name}: {entry['result']}, exit status {entry['returncode']}", output))


def main():
    require_all = "--require-all" in sys.argv
    counts = Counts()
    try:
        with open(sys.argv[-1], encoding="utf-8") as log:
            for line in log:
                count_program(json.loads(line), counts)
    except FileNotFoundError:
        pass
    if require_all:
        counts.failures += [(f"{skip} (skipped, but required)", []) for skip in counts.skips]
        counts.skips = []

    for title, output in counts.failures:
        print(f"FAILED  {title}")
        for line in output:
            print(f"    {line}")
    for skip in counts.skips:
        print(f"skipped  {skip}")
    if not counts.passed and not counts.failures:
        print("No test was run.")
    print(f"{counts.passed} passed, {len(counts.failures)} failed, {len(counts.skips)} skipped")
    sys.exit(1 if counts.failures or not counts.passed else 0)


main()
