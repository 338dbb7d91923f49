# SPDX-License-Identifier: Apache-2.0
"""Every C++ file is as clang-format 14 leaves it; other versions format otherwise.

Usage: format_test.py SOURCE-ROOT
"""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import Tap

NAME = "every C++ file is formatted"


def sources(root):
    for top in ("doc", "include", "lib", "test", "tools"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            yield from (os.path.join(folder, name) for name in names if name.endswith((".h", ".cpp")))


def main():
    tap = Tap()
    if shutil.which("clang-format-14"):
        command = ["clang-format-14", "--dry-run", "--Werror", *sorted(sources(sys.argv[1]))]
        result = subprocess.run(command, capture_output=True, text=True)
        tap.case(NAME, [] if result.returncode == 0 else [result.stderr])
    else:
        tap.skip(NAME, "clang-format-14 is not installed")
    tap.finish()


main()
