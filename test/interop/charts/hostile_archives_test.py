# SPDX-License-Identifier: Apache-2.0
"""Shows odd, damaged and hostile archives with Portolan and with Helm: both accept them with the same text, or both
refuse. Where Portolan is stricter on purpose, the reason stands here.

Usage: hostile_archives_test.py PORTOLAN

PORTOLAN_SEED repeats the mutations, PORTOLAN_CASES sets their number.
"""

import concurrent.futures
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import hostile_archives
import programs
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])

# What Helm accepts and Portolan refuses, and why.
STRICTER = {
    "a chart named /": "its archive would be called /-1.0.0.tgz; a name with a path separator is no file name",
    "100,000 members": "memory and time of a reader; the largest published charts have some 2,000",
    "charts nested 40 deep": "the stack of every program that walks the chart; published charts need 3",
    "charts nested 40 deep, packed": "as before",
}

SUBJECTS = {
    "framing": hostile_archives.framing,
    "headers": hostile_archives.headers,
    "PAX and GNU extensions": hostile_archives.extensions,
    "names": hostile_archives.names,
    "types of members": hostile_archives.kinds,
    "limits": hostile_archives.limits,
}


class Judge:
    def __init__(self, helm, folder):
        self.helm, self.folder = helm, folder
        self.env = programs.environment(folder)
        self.accepted = 0

    def compare(self, number, name, make):
        path = os.path.join(self.folder, f"{number}.tgz")
        with open(path, "wb") as file:
            file.write(make())
        mine = programs.run([PORTOLAN, "show", "chart", path, "-q"], self.env)
        theirs = programs.run([self.helm, "show", "chart", path], self.env)
        os.unlink(path)
        self.accepted += theirs.returncode == 0
        if mine.returncode not in (0, 3):
            yield f"{name}: {programs.says(mine)}"
        elif mine.returncode and mine.stderr.count(b"\n") != 1:
            yield f"{name}: more than a sentence: {programs.says(mine)}"
        elif name in STRICTER:
            if mine.returncode == 0 or theirs.returncode != 0:
                yield f"{name} is no difference: {programs.says(mine)}, Helm: {programs.says(theirs)}"
        elif (mine.returncode == 0) != (theirs.returncode == 0) or (
            mine.returncode == 0 and mine.stdout != theirs.stdout
        ):
            yield f"{name}:\n  ours   {programs.says(mine)}\n  Helm's {programs.says(theirs)}"

    def complaints(self, archives):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            found = workers.map(lambda item: list(self.compare(item[0], *item[1])), enumerate(archives))
            return [complaint for complaints in found for complaint in complaints]


def main():
    tap = Tap()
    seed = int(os.environ.get("PORTOLAN_SEED") or random.randrange(1 << 32))
    count = int(os.environ.get("PORTOLAN_CASES") or 100)
    print(f"# PORTOLAN_SEED={seed}", flush=True)
    subjects = {f"archives odd in {what}": list(make()) for what, make in SUBJECTS.items()}
    subjects["mutated archives"] = list(hostile_archives.mutations(seed, count))
    for what, archives in subjects.items():
        name = f"{len(archives)} {what} are accepted or refused as Helm does"
        try:
            helm = programs.find("helm")
        except programs.Missing as missing:
            tap.skip(name, missing)
            continue
        with programs.scratch() as folder:
            judge = Judge(helm, folder)
            complaints = judge.complaints(archives)
            print(f"# Helm accepts {judge.accepted} of {len(archives)}")
            if not 0 < judge.accepted < len(archives):
                complaints.append("both kinds should be among them")
            tap.case(name, complaints)
    for name, reason in STRICTER.items():
        print(f"# stricter than Helm: {name}: {reason}")
    tap.finish()


main()
