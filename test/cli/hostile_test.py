# SPDX-License-Identifier: Apache-2.0
"""Hostile archives are refused with one sentence, wherever they come from, and nothing of them is left.

Usage: hostile_test.py PORTOLAN
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import pty
import subprocess
import sys
import tarfile
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import programs
from tap import Tap

CHART = b"apiVersion: v2\nname: app\nversion: 1.0.0\n"
CHART_TYPE = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
CONFIG_TYPE = "application/vnd.cncf.helm.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
REF_NAME = "org.opencontainers.image.ref.name"
MIB = 1024 * 1024


def member(name, data=b"", kind=tarfile.REGTYPE, link="", size=None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(data) if size is None else size
    return info, data


def archive(*members, chart=True):
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as file:
        for info, data in ([member("app/Chart.yaml", CHART)] if chart else []) + list(members):
            # What the header says of the size need not be true.
            said, info.size = info.size, len(data)
            if said == info.size:
                file.addfile(info, io.BytesIO(data))
            else:
                info.size = said
                tar.write(info.tobuf(tarfile.GNU_FORMAT))
    return gzip.compress(tar.getvalue(), 1, mtime=0)


def zeros(count):
    """A gzip stream of so many MiB of zeros, made of one member again and again."""
    block = gzip.compress(bytes(MIB), 9, mtime=0)
    return block * count


CASES = (
    ("a member above the chart's folder", archive(member("app/../../up", b"x"))),
    ("a member with an absolute name", archive(member("/etc/motd", b"x"), chart=False)),
    ("a member with a drive's name", archive(member("app/c:/up", b"x"))),
    ("no Chart.yaml", archive(member("app/values.yaml", b"x: 1\n"), chart=False)),
    ("no member at all", archive(chart=False)),
    ("a file beyond 5 MiB", archive(member("app/big", bytes(5 * MIB + 1)))),
    ("files beyond 100 MiB", archive(*(member(f"app/{i}", bytes(5 * MIB)) for i in range(21)))),
    ("more members than any chart has", archive(*(member(f"app/{i}") for i in range(100_000)))),
    ("a size that no file has", archive(member("app/huge", b"", size=1 << 60))),
    ("an archive that ends in the middle", archive(member("app/values.yaml", b"x: 1\n" * 100))[:150]),
    ("a gzip stream of zeros without an end", zeros(2000)),
    ("text", b"no archive"),
    ("nothing", b""),
)
# What Helm reads over is read over here: these are charts, and nothing of it is written outside of them.
TOLERATED = (
    ("a symbolic link", archive(member("app/link", kind=tarfile.SYMTYPE, link="/etc/passwd"))),
    ("a hard link", archive(member("app/link", kind=tarfile.LNKTYPE, link="/etc/passwd"))),
    ("a device", archive(member("app/null", kind=tarfile.CHRTYPE))),
    ("a pipe", archive(member("app/pipe", kind=tarfile.FIFOTYPE))),
    ("a member of another folder, which is read as the chart's", archive(member("../up", b"x"))),
    ("a member twice", archive(member("app/README.md", b"one"), member("app/README.md", b"two"))),
)


# Helm loads such a chart, and cannot unpack it.
FILE_AND_FOLDER = (
    archive(member("app/a", b"x"), member("app/a/b", b"y")),
    archive(member("app/a/b", b"x"), member("app/a", b"y")),
    archive(member("app/b", b"x"), member("app/a", b"x"), member("app/a/b/c", b"x")),
)


def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def blob(layout, media_type, data):
    digest = hashlib.sha256(data).hexdigest()
    put(f"{layout}/blobs/sha256/{digest}", data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def make_layout(layout, data):
    manifest = {"schemaVersion": 2, "config": blob(layout, CONFIG_TYPE, b"{}"),
                "layers": [blob(layout, CHART_TYPE, data)]}
    entry = blob(layout, MANIFEST_TYPE, json.dumps(manifest).encode())
    entry["annotations"] = {REF_NAME: "app:1.0.0"}
    put(f"{layout}/oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    put(f"{layout}/index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode())


def tree(folder):
    return sorted(os.path.join(above, name) for above, folders, names in os.walk(folder) for name in folders + names)


def check(portolan, folder, data, env, exit_codes):
    put(f"{folder}/chart.tgz", data)
    make_layout(f"{folder}/store", data)
    before = tree(folder)
    for words in ("digest chart.tgz", "push chart.tgz oci-layout:new", "show all chart.tgz",
                  "pull oci-layout:store//app:1.0.0 -d pulled", "pull oci-layout:store//app:1.0.0 --untar -d pulled"):
        process = programs.run([portolan, *words.split()], env, cwd=folder)
        if process.returncode not in exit_codes:
            yield f"{words}: {programs.says(process)}"
        lines = process.stderr.decode().splitlines()
        if process.returncode != 0 and (len(lines) != 1 or not lines[0].startswith("portolan: ") or process.stdout):
            yield f"{words}: no single sentence: {programs.says(process)}"
        if process.returncode != 0 and tree(folder) != before:
            yield f"{words}: left {sorted(set(tree(folder)) - set(before))}"


def file_and_folder(portolan, folder, data, env):
    """A name that is a file and a folder is the chart's fault, not that of the disk."""
    put(f"{folder}/chart.tgz", data)
    make_layout(f"{folder}/store", data)
    for words in ("digest chart.tgz", "show all chart.tgz"):
        process = programs.run([portolan, *words.split()], env, cwd=folder)
        if process.returncode != 0:
            yield f"{words}: {programs.says(process)}"
    process = programs.run([portolan, "pull", "oci-layout:store//app:1.0.0", "--untar", "-d", "."], env, cwd=folder)
    if process.returncode != 3 or b'unpacking app-1.0.0.tgz: "a" is a file and a directory in one\n' not in process.stderr:
        yield programs.says(process)
    if sorted(os.listdir(folder)) != ["chart.tgz", "store"]:
        yield f"left {os.listdir(folder)}"


def on_a_terminal(command, env, cwd):
    """What a program writes to a terminal."""
    above, below = pty.openpty()
    termios.tcsetattr(below, termios.TCSANOW, [0, 0, *termios.tcgetattr(below)[2:]])  # line ends as they are
    with subprocess.Popen(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=below) as process:
        os.close(below)
        written = b""
        with contextlib.suppress(OSError):  # how a terminal ends
            while piece := os.read(above, 65536):
                written += piece
        os.close(above)
    return process.returncode, written


def hidden_characters(portolan, folder, env):
    """A terminal gets the escapes of what would control it; whoever reads a pipe gets the chart's own bytes."""
    readme = "# app\n\n\ttab \x1b[31mred\u202e \u009b é\n"
    put(f"{folder}/app/Chart.yaml", CHART)
    put(f"{folder}/app/README.md", readme.encode())
    command = [portolan, "show", "readme", "app"]
    piped = programs.run(command, env, cwd=folder).stdout.decode()
    if piped != readme + "\n":
        yield f"a pipe gets {piped!r}"
    code, shown = on_a_terminal(command, env, folder)
    wanted = "# app\n\n\ttab \\x1b[31mred\\u202e \\u009b é\n\n"
    if code != 0 or shown.decode() != wanted:
        yield f"a terminal gets {shown!r}"
    document = programs.run([*command, "-o", "json"], env, cwd=folder).stdout.decode()
    if json.loads(document)["readme"] != readme + "\n" or r"\u001b[31mred\u202e \u009b é" not in document:
        yield document


def foreign(folder):
    """What only a link or a device can be."""
    for above, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(above, name)
            if os.path.islink(path) or not (os.path.isfile(path) or os.path.isdir(path)):
                yield path


def main():
    portolan = os.path.abspath(sys.argv[1])
    tap = Tap()
    for name, data in CASES:
        with programs.scratch() as scratch:
            tap.case(f"refused: {name}", check(portolan, f"{scratch}/work", data, programs.environment(scratch), (3,)))
    for name, data in TOLERATED:
        with programs.scratch() as scratch:
            complaints = list(check(portolan, f"{scratch}/work", data, programs.environment(scratch), (0, 3)))
            tap.case(f"harmless: {name}", complaints + list(foreign(scratch)))
    for number, data in enumerate(FILE_AND_FOLDER, 1):
        with programs.scratch() as scratch:
            complaints = file_and_folder(portolan, f"{scratch}/work", data, programs.environment(scratch))
            tap.case(f"a file and a folder of one name, {number}", complaints)
    with programs.scratch() as scratch:
        tap.case("hidden characters", hidden_characters(portolan, f"{scratch}/work", programs.environment(scratch)))
    tap.finish()


main()
