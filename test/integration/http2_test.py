# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 as servers, proxies and lines disturb it: streams that are reset, connections that go away, bodies that end
early, and what is seldom seen and allowed. A chart is pulled and pushed through each of them.

Usage: http2_test.py PORTOLAN

The registry is the one of PORTOLAN_HTTP2_REGISTRY (test/integration/http2_registry).
"""

import concurrent.futures
import contextlib
import json
import os
import random
import subprocess

from world import PORTOLAN, Failed, case
import programs
from tap import Tap

# Large enough to come in several frames; larger blobs get a connection of HTTP/1.1 to themselves.
SIZE = 30_000
TAG = "1.0.0"
REQUESTS = {"pull": 2, "push": 6}  # where nothing goes wrong

BOTH = ("pull", "push")
SURVIVED = {
    "none": BOTH,
    "padding": BOTH,
    "torn-headers": BOTH,
    "one-stream": BOTH,
    "small-window": BOTH,
    "no-table": BOTH,
    "hints": BOTH,
    "trailers": BOTH,
    "no-length": BOTH,
    "unknown-frames": BOTH,
    "refused": BOTH,
    "internal-error": BOTH,
    "cancel": BOTH,
    "calm-down": BOTH,
    "no-error": BOTH,
    "http-1.1": BOTH,
    "bad-compression": BOTH,
    "close": BOTH,
    "go-away": BOTH,
    "go-away-calm": BOTH,
    "go-away-after": BOTH,
    "reset-after": BOTH,
    "half-reset": ("pull",),
    "half-cancel": ("pull",),
    "half-end": ("pull",),
    "half-close": ("pull",),
    "half-go-away": ("pull",),
    "upload-reset": ("push",),
    "upload-refused": ("push",),
    "upload-go-away": ("push",),
    "upload-last": ("push",),
    "upload-503": ("push",),
    "upload-half": ("push",),
    "upload-close": ("push",),
    "upload-201": ("push",),
}
REFUSED = {"internal-always": BOTH}


class Chart:
    """A chart that nobody can make smaller: its archive, and its artifact in a layout."""

    def __init__(self, env, folder):
        source = os.path.join(folder, "app")
        os.makedirs(source)
        with open(os.path.join(source, "Chart.yaml"), "w", encoding="ascii") as file:
            file.write(f"apiVersion: v2\nname: app\nversion: {TAG}\n")
        with open(os.path.join(source, "noise"), "wb") as file:
            file.write(random.Random(1).randbytes(SIZE))
        self.layout = os.path.join(folder, "layout")
        for words in (("package", source, "-d", folder), ("push", source, f"oci-layout:{self.layout}")):
            done = programs.run([PORTOLAN, *words], env)
            if done.returncode != 0:
                raise Failed(f"portolan {' '.join(words)}: {programs.says(done)}")
        self.archive = os.path.join(folder, f"app-{TAG}.tgz")
        with open(self.archive, "rb") as file:
            self.bytes = file.read()
        self.digests = {f"sha256:{name}" for name in os.listdir(os.path.join(self.layout, "blobs", "sha256"))}


class Registry:
    """One that does one thing wrong; empty, or with what a layout holds."""

    def __init__(self, fault, folder, layout=None):
        self.ca_file = os.path.join(folder, "ca.pem")
        command = [programs.find("http2_registry"), fault, self.ca_file] + ([layout] if layout else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.host = self.process.stdout.readline().decode().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def ended(self):
        """What has come of it."""
        out, _ = self.process.communicate(b"", timeout=60)
        return json.loads(out)


def complaints(chart, env, above, fault, operation, code):
    folder = os.path.join(above, f"{operation}-{fault}")
    os.makedirs(folder)
    out = os.path.join(folder, "out")
    with Registry(fault, folder, chart.layout if operation == "pull" else None) as registry:
        words = {
            "pull": ("pull", f"oci://{registry.host}/charts/app:{TAG}", "-d", out),
            "push": ("push", chart.archive, f"oci://{registry.host}/charts"),
        }[operation]
        done = programs.run([PORTOLAN, *words, "--ca-file", registry.ca_file], env)
        found = registry.ended()
    if done.returncode != code:
        yield f"portolan {' '.join(words)}: {programs.says(done)}"
    if operation == "pull":
        there = {}
        for name in os.listdir(out) if os.path.isdir(out) else ():
            with open(os.path.join(out, name), "rb") as file:
                there[name] = file.read()
        if there != ({f"app-{TAG}.tgz": chart.bytes} if code == 0 else {}):
            yield f"in the folder are {({name: len(content) for name, content in there.items()})}"
    elif code == 0 and (set(found["content"]) != chart.digests or TAG not in found["tags"]):
        yield f"the registry has {found}"
    elif code != 0 and found["tags"]:
        yield f"the registry has the tags {found['tags']}"
    if found["streams"] == 0:
        yield "nothing was asked over HTTP/2"
    if code == 0 and found["streams"] + found["others"] > 3 * REQUESTS[operation] + 3:
        yield f"{found['streams']} and {found['others']} requests"


def told(future):
    yield from future.result()


def all_cases(tap, chart, env, folder):
    # Most of the time is spent in waiting before something is tried again.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        running = {
            f"{operation}, {fault}": pool.submit(list, complaints(chart, env, folder, fault, operation, code))
            for code, rows in ((0, SURVIVED), (8, REFUSED))
            for fault, operations in rows.items()
            for operation in operations
        }
        for name, found in running.items():
            case(tap, name, told(found))


def main():
    tap = Tap()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(programs.scratch())
        env = programs.environment(folder)
        try:
            programs.find("http2_registry")
            chart = Chart(env, folder)
        except programs.Missing as missing:
            tap.skip("HTTP/2 that is disturbed", missing)
            tap.finish()
        all_cases(tap, chart, env, folder)
    tap.finish()


main()
