# SPDX-License-Identifier: Apache-2.0
"""Compares our DEFLATE encoder with Go's over generated inputs, and has zlib inflate all that ours writes.

Usage: deflate_test.py COMPARE SOURCE-DIR

COMPARE is our program, SOURCE-DIR holds the Go module. PORTOLAN_SEED repeats a run, PORTOLAN_CASES sets its size.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from tap import Tap

# Its encoder is another one (golang/go issue 75532).
FIRST_OTHER_GO = (1, 27)


def go_version(go):
    text = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True).stdout
    numbers = re.match(r"go(\d+)\.(\d+)", text)
    return (int(numbers.group(1)), int(numbers.group(2))) if numbers else None


def generator(source, scratch):
    """The Go program, or None and why there is none."""
    go = shutil.which("go")
    if go is None:
        return None, "go is not installed"
    version = go_version(go)
    if version is None:
        return None, "go does not tell its version"
    if version >= FIRST_OTHER_GO:
        return None, f"go {version[0]}.{version[1]} compresses in another way than the Go that Helm is built with"
    program = os.path.join(scratch, "generate")
    built = subprocess.run([go, "build", "-o", program, "."], cwd=source, capture_output=True, text=True)
    if built.returncode:
        return None, "the Go program cannot be built: " + " ".join(built.stderr.split())
    return program, None


def compare(program, compare_program, seed, cases):
    """The lines that our program prints, and complaints."""
    generate = subprocess.Popen([program, str(seed), str(cases)], stdout=subprocess.PIPE)
    kept = os.path.dirname(os.path.abspath(compare_program))
    ours = subprocess.run([compare_program, kept], stdin=generate.stdout, capture_output=True, text=True)
    generate.stdout.close()
    complaints = []
    if generate.wait():
        complaints.append(f"the Go program ended with {generate.returncode}")
    if ours.returncode:
        complaints.append(f"our program ended with {ours.returncode}: {ours.stderr}")
    return ours.stdout.splitlines(), complaints


def main():
    compare_program, source = sys.argv[1:]
    seed = int(os.environ.get("PORTOLAN_SEED") or random.randrange(1 << 32))
    cases = int(os.environ.get("PORTOLAN_CASES") or 100_000)
    print(f"# PORTOLAN_SEED={seed}", flush=True)
    tap = Tap()
    same = f"{cases} inputs are compressed to the bytes of Go"
    inflates = "what is written inflates to the input by zlib"
    with tempfile.TemporaryDirectory() as scratch:
        program, why = generator(source, scratch)
        if program is None:
            tap.skip(same, why)
            tap.skip(inflates, why)
            tap.finish()
        lines, complaints = compare(program, compare_program, seed, cases)
    if complaints:
        tap.case(same, complaints)
        tap.case(inflates, complaints)
        tap.finish()
    version, count, input_bytes, output_bytes, different, damaged = lines[-1].split()
    tap.case(same, lines[:-1] + [f"{different} differ"] if different != "0" or count != str(cases) else [])
    tap.case(inflates, lines[:-1] + [f"{damaged} do not"] if damaged != "0" else [])
    print(
        f"# {count} inputs of {int(input_bytes) / 1e6:.0f} MB became {int(output_bytes) / 1e6:.0f} MB: "
        f"{different} differ from {version}, {damaged} do not inflate",
        flush=True,
    )
    tap.finish()


main()
