# SPDX-License-Identifier: Apache-2.0
"""Compiles each installed header alone, as embedders' compilers would, and checks that the list of them is whole.

Usage: standalone_test.py SOURCE-INCLUDE-DIR BUILD-INCLUDE-DIR HEADER...
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import Tap

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wold-style-cast", "-Werror"]
STANDARDS = ["c++20", "c++2b"]


def compile_alone(compiler, standard, include_args, header):
    # Twice: a header without a guard must fail.
    program = f"#include <{header}>\n#include <{header}>\nint main() {{}}\n"
    command = [compiler, "-x", "c++", f"-std={standard}", "-fsyntax-only", *WARNINGS, *include_args, "-"]
    result = subprocess.run(command, input=program, capture_output=True, text=True)
    return "" if result.returncode == 0 else f"{compiler} -std={standard}:\n{result.stderr}"


def headers_below(folder):
    for path, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".h", ".h.in")):
                yield os.path.relpath(os.path.join(path, name), folder).removesuffix(".in")


def reached_from(compiler, include_args, header):
    """Our headers that the header includes, directly or not."""
    result = subprocess.run(
        [compiler, "-x", "c++", "-std=c++20", "-M", *include_args, "-"],
        input=f"#include <{header}>\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"(?<=include/)portolan/\S+\.h", result.stdout))


def main():
    source, build, *headers = sys.argv[1:]
    include_args = ["-I", source, "-I", build]
    tap = Tap()
    compilers = []
    for names in (["g++"], ["clang++-14", "clang++"]):
        compiler = next((name for name in names if shutil.which(name)), None)
        if compiler:
            compilers.append(compiler)
        else:
            tap.skip(f"the headers compile with {names[0]}", f"{names[0]} is not installed")

    tap.case("every header in include/ is installed", sorted(set(headers_below(source)) - set(headers)))
    reached = reached_from(compilers[0], include_args, "portolan/portolan.h")
    tap.case("portolan.h includes every header", sorted(set(headers) - reached))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        variants = [(compiler, standard) for compiler in compilers for standard in STANDARDS]
        results = {
            header: [pool.submit(compile_alone, *variant, include_args, header) for variant in variants]
            for header in headers
        }
        for header, outcomes in results.items():
            tap.case(f"{header} compiles alone", filter(None, (outcome.result() for outcome in outcomes)))
    tap.finish()


main()
