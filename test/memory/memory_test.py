# SPDX-License-Identifier: Apache-2.0
"""How much memory commands take at most, over an idle process with the same libraries.

Usage: memory_test.py PORTOLAN

The figures are the kernel's own (VmHWM), read in the moment the process ends. What an idle process is: `portolan version`.
"""

import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import big_layout
import layouts
import programs
import tracer
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])
MIB = 1 << 20
BASE = 12 * MIB  # over an idle process, and twice the unpacked chart on top of it
COPY = 16 * MIB  # over an idle process, for a blob of any size


def mib(size):
    return f"{size / MIB:.1f} MiB"


def peak(env, *words):
    outcome = tracer.trace([PORTOLAN, *words], env=env)
    if outcome.status != 0:
        raise AssertionError(f"{' '.join(words)}: exit status {outcome.status}: {outcome.stderr.decode()}")
    return outcome.peak


def write_chart(folder, files, size, content):
    """A chart of so many files of that size; content is "text" or "noise"."""
    noise = random.Random(size)
    os.makedirs(os.path.join(folder, "files"))
    with open(os.path.join(folder, "Chart.yaml"), "w", encoding="ascii") as file:
        file.write("apiVersion: v2\nname: heavy\nversion: 1.0.0\n")
    words = [b"apiVersion: v1\n", b"kind: ConfigMap\n", b"metadata:\n", b"  name: {{ .Release.Name }}\n", b"data:\n"]
    for number in range(files):
        if content == "noise":
            data = noise.randbytes(size)
        else:
            data = b"".join(noise.choices(words, k=size // 12 + 1))[:size]
        with open(os.path.join(folder, "files", f"{number:06}"), "wb") as file:
            file.write(data)
    return files * size


def of_a_chart(env, folder, files, size, content, idle):
    chart = os.path.join(folder, "chart")
    unpacked = write_chart(chart, files, size, content)
    limit = BASE + 2 * unpacked
    archive = os.path.join(folder, "heavy-1.0.0.tgz")
    layout = f"oci-layout:{folder}/layout"
    commands = {
        "package": ("package", chart, "-d", folder),
        "digest of the directory": ("digest", chart),
        "digest of the archive": ("digest", archive),
        "push of the directory": ("push", chart, f"{layout}//from-directory"),
        "push of the archive": ("push", archive, f"{layout}//from-archive"),
        "pull": ("pull", f"{layout}//from-archive/heavy:1.0.0", "-d", os.path.join(folder, "pulled")),
        "pull --untar": (
            "pull",
            f"{layout}//from-archive/heavy:1.0.0",
            "--untar",
            "-d",
            os.path.join(folder, "untarred"),
        ),
        "show chart": ("show", "chart", archive),
    }
    for what, words in commands.items():
        used = peak(env, *words) - idle
        print(
            f"# {what}: {mib(used)} over idle for {mib(unpacked)} of {content} in {files} files (at most {mib(limit)})"
        )
        if used > limit:
            yield f"{what} takes {mib(used)} over an idle process; at most {mib(limit)}"


def copy_big(env, folder, source, target, idle):
    used = peak(env, "copy", source, target, "-q") - idle
    print(f"# {mib(used)} over idle for a blob of {mib(big_layout.BLOB)} (at most {mib(COPY)})")
    if used > COPY:
        yield f"{mib(used)} over an idle process; at most {mib(COPY)}"
    copied = layouts.blob_path(os.path.join(folder, "target"), big_layout.ZEROS)
    if os.path.exists(copied) and os.path.getsize(copied) != big_layout.BLOB:
        yield f"the copy has {os.path.getsize(copied)} bytes"


CHARTS = {
    "a chart of 20 small files": (20, 2_000, "text"),
    "a chart of 1,000 files": (1_000, 2_000, "text"),
    "a chart of 20,000 small files": (20_000, 100, "text"),
    "a chart of 95 MiB that compresses": (19, 5 * MIB, "text"),
    "a chart of 95 MiB that does not": (19, 5 * MIB, "noise"),
}


def main():
    tap = Tap()
    with programs.scratch() as folder:
        env = programs.environment(folder)
        try:
            idle = min(peak(env, "version") for _ in range(3))
        except tracer.CannotTrace as reason:
            tap.skip("memory stays within its limits", reason)
            tap.finish()
        print(f"# an idle process has {mib(idle)}")
        for number, (what, (files, size, content)) in enumerate(CHARTS.items()):
            where = os.path.join(folder, str(number))
            os.makedirs(where)
            tap.case(
                f"{what} takes at most 12 MiB and twice its size", of_a_chart(env, where, files, size, content, idle)
            )
            shutil.rmtree(where)
        name = "a blob of a gibibyte is copied between {} within 16 MiB"
        if shutil.disk_usage(folder).free < 4 * big_layout.BLOB:
            tap.skip(name.format("layouts"), "there is not enough room on the disk")
        else:
            source = os.path.join(folder, "source")
            big_layout.write(source)
            target = os.path.join(folder, "target")
            source = f"oci-layout:{source}//big:1"
            tap.case(name.format("layouts"), copy_big(env, folder, source, f"oci-layout:{target}//copied:1", idle))
            shutil.rmtree(target, ignore_errors=True)
            archive = os.path.join(folder, "big.tar")
            tap.case(
                name.format("a layout and an archive file"),
                copy_big(env, folder, source, f"oci-archive:{archive}//copied:1", idle),
            )
    tap.finish()


main()
