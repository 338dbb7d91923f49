# SPDX-License-Identifier: Apache-2.0
"""The manual page is as mandoc wants it.

Usage: manual_test.py PAGE
"""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import Tap

NAME = "mandoc has nothing to say against the manual page"


def main():
    tap = Tap()
    if shutil.which("mandoc"):
        result = subprocess.run(["mandoc", "-Tlint", sys.argv[1]], capture_output=True, text=True, check=False)
        tap.case(NAME, [result.stdout + result.stderr] if result.stdout or result.stderr or result.returncode else [])
    else:
        tap.skip(NAME, "mandoc is not installed")
    tap.finish()


main()
