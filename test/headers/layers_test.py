# SPDX-License-Identifier: Apache-2.0
"""Reads every #include of the project and complains where one crosses the layer table of doc/architecture.md.

Usage: layers_test.py SOURCE-ROOT
"""

import fnmatch
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import Tap

# Headers that are not ours, and the files that may include them.
THIRD_PARTY = {
    "openssl/*": ["lib/base/hash.cpp"],
    "nlohmann/*": ["lib/json/*"],
    "zlib.h": ["lib/archive/*", "lib/http/decoded_body.cpp"],
    "yaml.h": ["lib/yaml/*"],
    "re2/*": ["lib/values/*.cpp"],
    "curl/*": ["lib/http/curl_*.cpp"],
    "rnp/*": ["lib/provenance/*.cpp"],
    "CLI/*": ["tools/portolan/*"],
}
# Of these, all includes stand in one file.
IN_ONE_FILE = ["re2/*", "rnp/*", "CLI/*"]

# <regex> is left out on purpose: slow to compile, exponential on references.
STANDARD = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes
    climits
    clocale cmath compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio
    cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
    functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
    memory_resource mutex new numbers numeric optional ostream queue random ranges ratio scoped_allocator semaphore set
    shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view syncstream
    system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
    version""".split()
)
POSIX = set(
    """arpa/inet.h dirent.h dlfcn.h errno.h fcntl.h fnmatch.h glob.h grp.h limits.h poll.h pthread.h pwd.h signal.h spawn.h
    stdio.h
    stdlib.h string.h termios.h time.h unistd.h sys/file.h sys/ioctl.h sys/mman.h sys/random.h sys/resource.h
    sys/socket.h sys/stat.h sys/statvfs.h sys/time.h sys/types.h sys/uio.h sys/wait.h""".split()
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
UMBRELLAS = {"chart.h": "chart", "portolan.h": "client"}


def layer_table(markdown):
    """The layers that each layer may include, in the order of the table."""
    table = {}
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        name = re.match(r"`(\w+)`( \(private\))?$", cells[0])
        if len(cells) != 3 or not name:
            continue
        layers = cells[2].split(";")[0].strip()
        if layers == "everything above":
            allowed = set(table)
        elif layers == "nothing":
            allowed = set()
        else:
            allowed = {layer.strip() for layer in layers.split(",")}
        table[name.group(1)] = allowed | {name.group(1)}
    return table


def place_of(path):
    """The folder that has rules of its own, and its layer: ("lib", "base") of lib/base/text.cpp."""
    parts = path.split("/")
    if parts[0] == "include":
        return "include", parts[2] if len(parts) > 3 else UMBRELLAS.get(parts[2])
    if parts[0] == "lib":
        return "lib", parts[1]
    return parts[0], None


def included_layer(quote, name, private_layers):
    """The layer of a header of ours, "" for one that belongs to none, None for what is not ours."""
    parts = name.split("/")
    if parts[0] == "portolan" and quote == "<":
        return parts[1] if len(parts) == 3 else ""
    return parts[0] if quote == '"' and len(parts) == 2 and parts[0] in private_layers else None


def complaint(table, path, quote, name):
    """Why this include is not allowed in this file, or None."""
    top, layer = place_of(path)
    if top in ("include", "lib") and layer not in table and path != "include/portolan/version.h.in":
        return f"{layer} is no layer of the table"
    if quote == "<" and name == "regex":
        return "<regex> is used nowhere"
    if top == "test":
        return None
    wanted = included_layer(quote, name, table if top == "lib" else {})
    if wanted is not None:
        if top == "tools":
            return None
        if wanted == "":
            umbrella = name.split("/")[1] in UMBRELLAS
            return "an umbrella header is for other programs" if umbrella and top == "lib" else None
        return None if wanted in table[layer] else f"{layer} may not include {wanted}"
    if quote == '"':
        if top == "tools":
            return None if not name.startswith("../") else "tools include installed headers only"
        return "an installed header includes <portolan/…> only" if top == "include" else 'write "layer/name.h"'
    if name in STANDARD:
        return None
    if top == "include":
        return "an installed header includes the standard library's headers and ours only"
    if name in POSIX:
        return None
    for pattern, places in THIRD_PARTY.items():
        if fnmatch.fnmatch(name, pattern):
            return None if any(fnmatch.fnmatch(path, place) for place in places) else "not in this file"
    return "unknown header: give it a row in layers_test.py"


def included_names(text):
    return [name for _, name in INCLUDE.findall(text)]


def crossings(table, files):
    """Every complaint about a mapping of paths to their text."""
    found = []
    for path, text in files.items():
        for quote, name in INCLUDE.findall(text):
            why = complaint(table, path, quote, name)
            if why:
                found.append((path, f"{path}: #include {quote}{name}{'>' if quote == '<' else quote}: {why}"))
    for pattern in IN_ONE_FILE:
        users = [path for path, text in files.items() if fnmatch.filter(included_names(text), pattern)]
        found += [(path, f"{path}: {pattern} is included in one file, and {users[0]} does it") for path in users[1:]]
    return found


def untitled(path, text):
    """What a source file's first lines lack."""
    first = text.split("\n", 2)
    if "SPDX-License-Identifier: Apache-2.0" not in "".join(first[:2]):
        yield f"{path}: no licence line at its top"
    if path.endswith(".h") and "\n#pragma once\n" not in text:
        yield f"{path}: no #pragma once"


def read_sources(root):
    files = {}
    for top in ("include", "lib", "tools", "test"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in names:
                if name.endswith((".h", ".cpp", ".h.in")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as file:
                        files[os.path.relpath(path, root)] = file.read()
    return files


# An include, the file that has it, and whether the table allows it.
OWN_CASES = [
    ("lib/base/text.cpp", "#include <string>", True),
    ("lib/base/text.cpp", "#include <regex>", False),
    ("test/unit/base/text_test.cpp", "#include <regex>", False),
    ("lib/base/text.cpp", "#include <portolan/oci/reference.h>", False),
    ("lib/base/hash.cpp", "#include <openssl/evp.h>", True),
    ("lib/base/text.cpp", "#include <openssl/evp.h>", False),
    ("lib/base/file.cpp", "#include <sys/stat.h>", True),
    ("lib/base/file.cpp", "  #  include <boost/any.hpp>", False),
    ("lib/base/file.cpp", "// #include <boost/any.hpp>", True),
    ("lib/oci/manifest.cpp", '#include "json/json.h"', True),
    ("lib/oci/manifest.cpp", "#include <nlohmann/json.hpp>", False),
    ("lib/oci/manifest.cpp", '#include "store/lock.h"', False),
    ("lib/store/layout.cpp", "#include <portolan/copy/copy.h>", False),
    ("lib/copy/copy.cpp", '#include "json/writer.h"', False),
    ("lib/copy/copy.cpp", "#include <portolan/store/layout_store.h>", True),
    ("lib/chart/load.cpp", '#include "yaml/compose.h"', True),
    ("lib/chart/load.cpp", "#include <yaml.h>", False),
    ("lib/chart/load.cpp", "#include <portolan/chart.h>", False),
    ("lib/chart/load.cpp", "#include <portolan/version.h>", True),
    ("lib/chart/load.cpp", "#include <portolan/client/client.h>", False),
    ("lib/archive/reader.cpp", "#include <zlib.h>", True),
    ("lib/store/layout.cpp", "#include <zlib.h>", False),
    ("lib/archive/reader.cpp", '#include "reader.h"', False),
    ("lib/client/client.cpp", '#include "json/json.h"', True),
    ("lib/surprise/new.cpp", "#include <string>", False),
    ("include/portolan/oci/index.h", "#include <portolan/base/result.h>", True),
    ("include/portolan/oci/index.h", '#include "json/json.h"', False),
    ("include/portolan/oci/index.h", '#include "descriptor.h"', False),
    ("include/portolan/oci/index.h", "#include <portolan/store/store.h>", False),
    ("include/portolan/oci/index.h", "#include <nlohmann/json.hpp>", False),
    ("include/portolan/oci/index.h", "#include <unistd.h>", False),
    ("include/portolan/chart.h", "#include <portolan/chart/package.h>", True),
    ("include/portolan/chart.h", "#include <portolan/client/client.h>", False),
    ("include/portolan/portolan.h", "#include <portolan/client/client.h>", True),
    ("tools/portolan/main.cpp", "#include <CLI/CLI.hpp>", True),
    ("tools/portolan/main.cpp", "#include <portolan/portolan.h>", True),
    ("tools/portolan/main.cpp", '#include "render.h"', True),
    ("tools/portolan/main.cpp", '#include "../../lib/json/json.h"', False),
    ("tools/portolan/main.cpp", "#include <nlohmann/json.hpp>", False),
]


def wrong_verdicts(table):
    for path, text, allowed in OWN_CASES:
        found = crossings(table, {path: text})
        if bool(found) == allowed:
            yield f"{text.strip()} in {path}: " + (found[0][1] if allowed else "was let through")
    two = {"tools/portolan/a.cpp": "#include <CLI/App.hpp>", "tools/portolan/b.cpp": "#include <CLI/App.hpp>"}
    if not crossings(table, two):
        yield "CLI11 in two files was let through"


def main():
    root = sys.argv[1]
    with open(os.path.join(root, "doc", "architecture.md"), encoding="utf-8") as file:
        table = layer_table(file.read())
    files = read_sources(root)
    tap = Tap()
    tap.case("the table's own cases are judged as they should be", wrong_verdicts(table))
    tap.case(
        "the table names each layer once, after all that it may include",
        [
            f"{layer} may include {other}, which is not above it"
            for at, (layer, allowed) in enumerate(table.items())
            for other in allowed
            if other not in list(table)[: at + 1]
        ]
        or ([] if len(table) >= 10 else ["the table was not found"]),
    )
    found = crossings(table, files)
    product = [path for path in files if not path.startswith("test/")]
    for place in sorted({"/".join(path.split("/")[: 3 if path.startswith("include/") else 2]) for path in product}):
        tap.case(
            f"{place} includes only what its row allows",
            [text for path, text in found if path == place or path.startswith(place + "/")],
        )
    tap.case("no test includes what is used nowhere", [text for path, text in found if path.startswith("test/")])
    tap.case(
        "every source file names its licence, and every header guards itself",
        [text for path in sorted(files) for text in untitled(path, files[path])],
    )
    tap.finish()


main()
