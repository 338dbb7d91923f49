# SPDX-License-Identifier: Apache-2.0
"""The counting of summary.py, on logs as Meson writes them."""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import Tap

SUMMARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "summary.py")

# What the case shows; the programs of a run as (result, exit status, stdout); passed, failed, skipped; an option.
CASES = [
    ("cases are counted, not programs", [("OK", 0, "ok 1 - a\nok 2 - b\n1..2\n")], (2, 0, 0)),
    ("a program without TAP is one case", [("OK", 0, "fine\n")], (1, 0, 0)),
    ("such a program fails by its exit status", [("FAIL", 1, "")], (0, 1, 0)),
    ("a failed case fails the run", [("FAIL", 1, "ok 1\nnot ok 2 - b\n1..2\n")], (1, 1, 0)),
    ("skipped cases are counted apart", [("OK", 0, "ok 1\nok 2 - b # SKIP no x\n1..2\n")], (1, 0, 1)),
    ("a skip fails where all is required", [("OK", 0, "ok 1\nok 2 # SKIP no x\n1..2\n")], (1, 1, 0), "--require-all"),
    ("a plan of nothing is a skip", [("OK", 0, "ok 1\n1..1\n"), ("SKIP", 0, "1..0 # SKIP no x\n")], (1, 0, 1)),
    ("exit status 77 is a skip", [("OK", 0, "ok 1\n1..1\n"), ("SKIP", 77, "no x\n")], (1, 0, 1)),
    ("a crash before the first case is a failure", [("FAIL", -11, "")], (0, 1, 0)),
    ("a crash between cases is a failure", [("ERROR", -11, "ok 1\n")], (1, 1, 0)),
    ("a crash after the last case is a failure", [("ERROR", -6, "ok 1\n1..1\n")], (1, 1, 0)),
    ("a time-out is a failure", [("TIMEOUT", -9, "ok 1\nok 2\n")], (2, 1, 0)),
    ("a plan of more cases than came is a failure", [("ERROR", 0, "1..3\nok 1\nok 2\n")], (2, 1, 0)),
    ("a run of nothing fails", [], (0, 0, 0)),
    ("a run of skips alone fails", [("OK", 0, "ok 1 - a # SKIP no x\n1..1\n")], (0, 0, 1)),
]


def complaints(programs, counts, *options):
    passed, failed, skipped = counts
    with tempfile.NamedTemporaryFile("w", suffix=".json") as log:
        for number, (result, code, stdout) in enumerate(programs):
            entry = {"name": f"portolan:unit / {number}", "result": result, "returncode": code, "stdout": stdout}
            log.write(json.dumps(entry) + "\n")
        log.flush()
        run = subprocess.run([sys.executable, SUMMARY, *options, log.name], capture_output=True, text=True)
    last_line = f"{passed} passed, {failed} failed, {skipped} skipped"
    success = passed > 0 and failed == 0
    if run.stdout.splitlines()[-1:] != [last_line] or (run.returncode == 0) != success or run.stderr:
        yield f"exit status {run.returncode}\n{run.stdout}{run.stderr}"


def main():
    tap = Tap()
    for name, *case in CASES:
        tap.case(name, complaints(*case))
    tap.finish()


main()
