# SPDX-License-Identifier: Apache-2.0
"""Reports a Python test program as TAP, one line a case."""

import os
import sys


class Tap:
    def __init__(self):
        self.number = 0
        self.failed = 0

    def _line(self, verdict, name, note=""):
        self.number += 1
        print(f"{verdict} {self.number} - {name.replace('#', ' ')}{note}", flush=True)

    def case(self, name, complaints):
        """A case that passes where there is nothing to complain about; each complaint is a line of text."""
        complaints = list(complaints)
        for complaint in complaints:
            for line in str(complaint).splitlines():
                print(f"# {line}", flush=True)
        if complaints:
            self.failed += 1
        self._line("not ok" if complaints else "ok", name)

    def skip(self, name, why):
        """A case that cannot run here; a failure where the runner requires all of them."""
        if os.environ.get("PORTOLAN_REQUIRE_ALL"):
            self.case(name, [f"required, but: {why}"])
        else:
            self._line("ok", name, f" # SKIP {why}")

    def finish(self):
        """Prints the plan and ends the program."""
        print(f"1..{self.number}", flush=True)
        sys.exit(1 if self.failed or self.number == 0 else 0)
