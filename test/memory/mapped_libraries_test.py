# SPDX-License-Identifier: Apache-2.0
"""Commands that need no network map neither libcurl nor librnp, nor what only these need.

Usage: mapped_libraries_test.py PORTOLAN

Read from the process's own maps in the moment it ends: what was mapped on the way is seen, however it came there.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import programs
import tracer
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])
FORBIDDEN = re.compile(
    r"lib(curl|rnp|ssl|gnutls|nghttp2|ssh2?|ldap|krb5|gssapi_krb5|psl|idn2|botan-2|json-c|rtmp)\b[-.\w]*\.so"
)


def libraries(maps):
    return sorted({os.path.basename(path) for path in re.findall(r"\S*/\S+\.so[.\d]*", maps)})


def write_chart(folder):
    os.makedirs(os.path.join(folder, "crds"))
    files = {
        "Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
        "values.yaml": "a: 1\n",
        "README.md": "text\n",
        "crds/a.yaml": "kind: A\n",
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    return folder


def complaints(env, words, status=0):
    outcome = tracer.trace([PORTOLAN, *words], env=env)
    if outcome.status != status:
        yield f"exit status {outcome.status}: {outcome.stderr.decode()}"
    mapped = libraries(outcome.maps)
    print(f"# {len(mapped)} libraries: {' '.join(mapped)}")
    if not any(name.startswith("libc.so") for name in mapped):
        yield "the maps were not read"
    for name in mapped:
        if FORBIDDEN.match(name):
            yield f"{name} is mapped"


def main():
    tap = Tap()
    with programs.scratch() as folder:
        env = programs.environment(folder)
        chart = write_chart(os.path.join(folder, "x"))
        archive = os.path.join(folder, "x-1.0.0.tgz")
        layout = f"oci-layout:{folder}/layout//charts"
        commands = [("package", chart, "-d", folder), ("digest", chart), ("digest", archive)]
        commands += [
            ("show", part, source)
            for part in ("chart", "values", "readme", "crds", "all")
            for source in (chart, archive)
        ]
        commands += [("push", archive, layout), ("pull", f"{layout}/x:1.0.0", "-d", folder), ("version",)]
        for words in commands:
            name = " ".join(
                word if not word.startswith((folder, "oci-")) else "…" + os.path.basename(word) for word in words
            )
            try:
                tap.case(f"no network library is mapped by: {name}", complaints(env, words))
            except tracer.CannotTrace as reason:
                tap.skip(f"no network library is mapped by: {name}", reason)
        tap.case(
            "no network library is mapped by a command that fails",
            complaints(env, ("show", "all", folder + "/none"), 9),
        )
    tap.finish()


main()
