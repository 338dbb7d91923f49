# SPDX-License-Identifier: Apache-2.0
"""Kills the program before each of its writes, renames, syncs and the like, and at a hundred random times: nothing
under a final name is half or wrong, oras accepts every layout, no tag lacks its content, and the same command succeeds
afterwards.

Usage: kill_test.py PORTOLAN

PORTOLAN_SEED repeats the random times, PORTOLAN_CASES sets their number.
"""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import layouts
import operations
import programs
import tracer
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])
CALLS = tuple(name for name in tracer.CHANGES if name != "flock") + ("open", "openat")
SURVIVALS = 3  # threads may make a call more or less; so many runs in a row are to end before the kill


class Oras:
    """Asks oras about each state of a layout once."""

    def __init__(self, env):
        self.env, self.seen = env, set()
        try:
            self.program = programs.find("oras")
        except programs.Missing:
            self.program = None

    def complaints(self, layout):
        if self.program is None or not os.path.exists(os.path.join(layout, "oci-layout")):
            return
        index = layouts.read(os.path.join(layout, "index.json"))
        state = hashlib.sha256(index + repr(sorted(operations.snapshot(layout))).encode()).digest()
        if state in self.seen:
            return
        self.seen.add(state)
        listed = programs.run([self.program, "repo", "tags", "--oci-layout", layout], self.env)
        tags = layouts.tags(layout)
        if listed.returncode != 0 or sorted(listed.stdout.decode().split()) != sorted(tags):
            yield f"oras lists other tags than {sorted(tags)}: {programs.says(listed)}"
        for name in tags:
            where = ["--oci-layout-path", layout, name]
            copied = programs.run(
                [self.program, "copy", "--from-oci-layout-path", *where[1:], "--to-oci-layout", f"{layout}-oras:x"],
                self.env,
            )
            shutil.rmtree(f"{layout}-oras", ignore_errors=True)
            if copied.returncode != 0:
                yield f"oras does not copy {name}: {programs.says(copied)}"


class Killing:
    def __init__(self, operation, folder, oras):
        self.operation, self.folder, self.oras = operation, folder, oras
        self.env = operation.supplies.env
        self.number = 0

    def attempt(self, when, run):
        """A fresh folder, the command cut short by `run`, a look, and the command again. Tells whether it was cut."""
        self.number += 1
        folder = os.path.join(self.folder, f"{self.number}")
        self.operation.prepare(folder)
        before = operations.snapshot(folder)
        killed = run(self.operation.command(folder))
        found = list(self.operation.unfinished(folder, before))
        found += self.oras.complaints(os.path.join(folder, "layout"))
        if isinstance(self.operation, operations.Untar) and not killed:
            shutil.rmtree(os.path.join(folder, "out"))  # what is there is refused
        if not found and not (isinstance(self.operation, operations.Untar) and os.path.exists(folder + "/out/app")):
            again = programs.run(self.operation.command(folder), self.env)
            found += [] if again.returncode == 0 else [f"the same command again: {programs.says(again)}"]
            found += self.operation.finished(folder)
            found += self.oras.complaints(os.path.join(folder, "layout"))
        shutil.rmtree(folder)
        return killed, [f"{self.operation.name}, killed {when}: {complaint}" for complaint in found]

    def at_each_call(self):
        """One kill before each call that changes something, until the program gets through."""
        complaints, moments, survivals = [], [], 0
        for number in range(1, 10_000):
            seen = []

            def on_call(call, number=number, seen=seen):
                if not call.changes_file():
                    return None
                seen.append(call.name)
                return "kill" if len(seen) == number else None

            def run(command, on_call=on_call):
                outcome = tracer.trace(command, CALLS, on_call, env=self.env)
                if not outcome.killed and outcome.status != 0:
                    complaints.append(f"{self.operation.name}: exit status {outcome.status}: {outcome.stderr!r}")
                return outcome.killed

            killed, found = self.attempt(f"before call {number}", run)
            complaints += [f"{complaint} ({seen[-1] if seen else 'none'})" for complaint in found]
            survivals = 0 if killed else survivals + 1
            if survivals == SURVIVALS:
                return complaints, moments
            moments += seen[-1:] if killed else []
        return complaints + ["there is no end to its calls"], moments

    def at_random(self, chance, count):
        """Kills at any time, of a program that runs at its own speed."""
        started = time.monotonic()
        _, complaints = self.attempt("never", lambda command: self.kill_after(command, None))
        duration = time.monotonic() - started
        killed = 0
        for _ in range(count):
            delay = chance.uniform(0, duration)
            cut, found = self.attempt(f"after {delay * 1000:.2f} ms", lambda command: self.kill_after(command, delay))
            killed += cut
            complaints += found
            # What it takes to start, run and end is not known exactly; half of the kills are to hit.
            duration *= 1.02 if cut else 0.9
        return complaints, killed

    def kill_after(self, command, delay):
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.env
        )
        if delay is not None:
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


def main():
    tap = Tap()
    seed = int(os.environ.get("PORTOLAN_SEED") or random.randrange(1 << 32))
    count = int(os.environ.get("PORTOLAN_CASES") or 100)
    print(f"# PORTOLAN_SEED={seed}", flush=True)
    chance = random.Random(seed)
    with programs.scratch() as folder:
        supplies = operations.Supplies(PORTOLAN, os.path.join(folder))
        oras = Oras(supplies.env)
        for number, operation in enumerate(operations.all_of(supplies)):
            killing = Killing(operation, os.path.join(folder, f"work-{number}"), oras)
            name = f"{operation.name}: killed before each of its system calls that change something, nothing is half"
            try:
                complaints, moments = killing.at_each_call()
                print(f"# {len(moments)} calls: {', '.join(f'{moments.count(c)} {c}' for c in sorted(set(moments)))}")
                if not {"write", "fsync"} & set(moments) or not {"rename", "renameat", "renameat2"} & set(moments):
                    complaints.append("no write, sync or rename was seen")
                tap.case(name, complaints)
            except tracer.CannotTrace as reason:
                tap.skip(name, reason)
            times = count if operation.foremost else count // 4
            complaints, killed = killing.at_random(chance, times)
            print(f"# {killed} of {times} were killed")
            if killed * 5 < times:
                complaints.append("the program was too fast to be killed")
            tap.case(f"{operation.name}: killed at {times} random times, nothing is half", complaints)
        if oras.program is None:
            tap.skip("oras accepts each layout that a killed command left", "there is no oras here")
        else:
            tap.case(
                f"oras accepts each of the layouts that a killed command left",
                [] if len(oras.seen) > 10 else [f"it has seen {len(oras.seen)}"],
            )
            print(f"# oras has seen {len(oras.seen)} different layouts")
    tap.finish()


main()
