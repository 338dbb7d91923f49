# SPDX-License-Identifier: Apache-2.0
"""Kills a push before each of its writes, renames and syncs: what stays behind is whole, and the push works again."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "support"))

import layouts  # noqa: E402
import programs  # noqa: E402
import tap  # noqa: E402
import tracer  # noqa: E402

DRIVER = sys.argv[1]
CALLS = tracer.CHANGES + ("open", "openat")
LAYER = "700000"  # bytes: three pieces
RANDOM_KILLS = 25  # a case


class Case:
    """A push in one way into one kind of place."""

    def __init__(self, name, reference, existing, now=False):
        self.name, self.reference, self.existing, self.now = name, reference, existing, now

    def command(self, folder, chart="new", tag="1"):
        words = [DRIVER, "push", self.place(folder) + "//charts/app:" + tag, chart, LAYER]
        return words + (["now"] if self.now else [])

    def place(self, folder):
        return self.reference.replace("DIR", folder)

    def prepare(self, folder):
        """Makes the folder as it is before the push."""
        start = os.path.join(os.path.dirname(folder), "start")
        if not os.path.exists(start):
            os.makedirs(start)
            if self.existing:
                subprocess.run(self.command(start, "old", "0"), check=True)
        shutil.copytree(start, folder)

    def check(self, folder, chart, tag):
        reference = self.place(folder) + "//charts/app:" + tag
        process = programs.run([DRIVER, "check", reference, chart, LAYER], None)
        if process.returncode != 0:
            yield f"{chart} is not there: {programs.says(process)}"

    def complaints(self, folder, complete):
        """What is wrong after a kill, or where `complete` after the whole push."""
        if self.reference.startswith("oci-archive"):
            yield from self.archive_complaints(folder)
        else:
            yield from layouts.complaints(os.path.join(folder, "l"))
        if self.existing:
            yield from self.check(folder, "old", "0")
        if complete:
            yield from self.check(folder, "new", "1")

    def archive_complaints(self, folder):
        archive = os.path.join(folder, "a.tar")
        if not os.path.exists(archive):
            if self.existing:
                yield "the archive is gone"
            return
        unpacked = os.path.join(folder, "unpacked")
        with tarfile.open(archive) as file:
            file.extractall(unpacked)
        if not os.path.exists(os.path.join(unpacked, "oci-layout")):
            yield "the archive holds no layout"
        yield from layouts.complaints(unpacked)
        shutil.rmtree(unpacked)


CASES = (
    Case("a layout that is not there", "oci-layout:DIR/l", existing=False),
    Case("a layout with other content", "oci-layout:DIR/l", existing=True),
    Case("a layout that replaces its index each time", "oci-layout:DIR/l", existing=True, now=True),
    Case("an archive that is not there", "oci-archive:DIR/a.tar", existing=False),
    Case("an archive with other content", "oci-archive:DIR/a.tar", existing=True),
)


def oras_complaints(case, folder):
    """A layout that has its `oci-layout` is one that oras reads."""
    layout = os.path.join(folder, "l")
    if not os.path.exists(os.path.join(layout, "oci-layout")):
        return
    process = programs.run([programs.find("oras"), "repo", "tags", "--oci-layout", layout], programs.environment(folder))
    if process.returncode != 0:
        yield f"oras refuses it: {programs.says(process)}"


def after_kill(case, folder):
    yield from case.complaints(folder, complete=False)
    process = programs.run(case.command(folder), None)
    if process.returncode != 0:
        yield f"the same push again: {programs.says(process)}"
    yield from case.complaints(folder, complete=True)


def kill_at_each_call(case, scratch, oras):
    """Complaints, and at last the number of calls."""
    number = 0
    while True:
        number += 1
        folder = os.path.join(scratch, str(number))
        case.prepare(folder)
        outcome = tracer.trace(
            case.command(folder), CALLS, lambda call, last=number: "kill" if call.number == last else None
        )
        found = list(oras_complaints(case, folder)) if oras else []
        found += after_kill(case, folder)
        where = outcome.calls[-1] if outcome.calls else "?"
        yield from (f"killed before call {number}, {where}: {complaint}" for complaint in found)
        shutil.rmtree(folder)
        if not outcome.killed:
            if outcome.status != 0:
                yield f"the push fails: {outcome.stderr!r}"
            break
    print(f"# {case.name}: {number - 1} calls", flush=True)
    if number < 20:
        yield f"only {number - 1} calls were seen"


def kill_at_random_times(case, scratch, seed):
    folder = os.path.join(scratch, "timing")
    case.prepare(folder)
    start = time.monotonic()
    subprocess.run(case.command(folder), check=True)
    whole = time.monotonic() - start
    moments = random.Random(seed)
    killed = 0
    for number in range(RANDOM_KILLS):
        folder = os.path.join(scratch, f"random{number}")
        case.prepare(folder)
        with subprocess.Popen(case.command(folder), stderr=subprocess.PIPE) as process:
            try:
                process.wait(timeout=moments.uniform(0, whole))
            except subprocess.TimeoutExpired:
                process.kill()
            killed += process.wait() == -signal.SIGKILL
        yield from (f"kill {number}: {complaint}" for complaint in after_kill(case, folder))
        shutil.rmtree(folder)
    print(f"# {killed} of {RANDOM_KILLS} were killed in time; seed {seed}", flush=True)


def several_at_once(case, scratch, seed):
    """Eight processes push to one layout while some of them are killed; what was pushed is there."""
    folder = os.path.join(scratch, "several")
    case.prepare(folder)
    moments = random.Random(seed)
    pushed = []
    for _ in range(5):
        running = []
        for _ in range(8):
            tag = str(len(pushed) + len(running) + 1)
            running.append((tag, subprocess.Popen(case.command(folder, f"chart {tag}", tag), stderr=subprocess.PIPE)))
        victims = moments.sample(running, 3)
        time.sleep(moments.uniform(0, 0.03))
        for _, process in victims:
            process.kill()
        for tag, process in running:
            _, said = process.communicate()
            if process.returncode not in (0, -signal.SIGKILL):
                yield f"chart {tag}: exit status {process.returncode}: {said!r}"
            pushed.append((tag, process.returncode == 0))
    for tag, complete in pushed:
        if complete:
            yield from case.check(folder, f"chart {tag}", tag)
    yield from case.complaints(folder, complete=False)
    print(f"# {sum(complete for _, complete in pushed)} of {len(pushed)} were not killed; seed {seed}", flush=True)


def main():
    # A killed process loses nothing that it has written, synced or not: a disk would only make the test slow.
    if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"
    report = tap.Tap()
    seed = int(os.environ.get("PORTOLAN_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
    try:
        oras = programs.find("oras")
    except programs.Missing:
        oras = None
    for case in CASES:
        name = f"a push to {case.name} may be killed before any call that changes something"
        try:
            with programs.scratch() as scratch:
                report.case(name, kill_at_each_call(case, scratch, oras))
        except (tracer.CannotTrace, PermissionError) as error:
            report.skip(name, f"no tracing here: {error}")
    for case in CASES:
        with programs.scratch() as scratch:
            name = f"a push to {case.name} may be killed at any time"
            report.case(name, kill_at_random_times(case, scratch, seed))
    for case in CASES[:3]:
        with programs.scratch() as scratch:
            name = f"of eight processes that push to {case.name} at once, any may be killed"
            report.case(name, several_at_once(case, scratch, seed))
    report.finish()


main()
