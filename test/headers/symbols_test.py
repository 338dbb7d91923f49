# SPDX-License-Identifier: Apache-2.0
"""Checks what the shared libraries export.

Usage: symbols_test.py ABI-VERSION LIBRARY...
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import Tap

FOREIGN = re.compile(r"nlohmann|\bz_stream|yaml_\w+_s|\bevp_|\bSHA\d+state_st|\bCLI::|::internal::", re.IGNORECASE)
SPECIAL = r"(?:typeinfo for |typeinfo name for |vtable for |non-virtual thunk to )?"


def exported(library):
    """Demangled name and version node of each symbol that the library defines."""
    listing = subprocess.run(
        ["nm", "--dynamic", "--defined-only", "--demangle", library], capture_output=True, text=True, check=True
    ).stdout
    for line in listing.splitlines():
        kind, name = line[17:].split(" ", 1)
        if kind != "A":  # the version nodes themselves
            symbol, _, node = name.rpartition("@@")
            yield symbol, node


def check(tap, library, abi):
    name = os.path.basename(library)
    symbols = list(exported(library))
    node = {"libportolan-core.so": "PORTOLAN_CORE", "libportolan.so": "PORTOLAN"}[name]
    nodes = [f"{node}_{abi}", f"{node}_PRIVATE_{abi}"]
    public, private = ([symbol for symbol, where in symbols if where == one] for one in nodes)
    tap.case(
        f"{name} exports nothing but portolan::, in two version nodes",
        [f"{symbol} in {where or 'no node'}" for symbol, where in symbols if where not in nodes]
        + [symbol for symbol in public if not re.match(SPECIAL + "portolan::", symbol)]
        + ([] if public else ["no public symbol was found"]),
    )
    tap.case(
        f"{name} keeps internal symbols out of its public node",
        [symbol for symbol in public if re.match(SPECIAL + "portolan::internal::", symbol)],
    )
    tap.case(
        f"{name} has only internal symbols in its private node",
        [symbol for symbol in private if not re.match(SPECIAL + "portolan::internal::", symbol)],
    )
    tap.case(
        f"{name} has no third-party or internal type in a public signature",
        [symbol for symbol in public if FOREIGN.search(symbol)],
    )


def main():
    abi, *libraries = sys.argv[1:]
    tap = Tap()
    for library in libraries:
        check(tap, library, abi)
    tap.finish()


main()
