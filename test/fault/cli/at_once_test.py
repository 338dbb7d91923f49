# SPDX-License-Identifier: Apache-2.0
"""Eight processes work on one layout at once, and nothing is lost.

Usage: at_once_test.py PORTOLAN

PORTOLAN_CASES sets the number of rounds.
"""

import collections
import json
import os
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import layouts
import operations
import programs
from crowd import at_once, failed
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])
PROCESSES = 8


class World:
    def __init__(self, folder):
        self.folder = folder
        self.env = programs.environment(folder)
        self.archives = [self.archive(f"app-{number}", "1.0.0") for number in range(PROCESSES)]
        self.variants = [self.archive("same", "1.0.0", f"variant {number}") for number in range(PROCESSES)]

    def archive(self, name, version, note=""):
        folder = os.path.join(self.folder, f"{name}{note}".replace(" ", "-"))
        chart = operations.write_chart(os.path.join(folder, name), name, version)
        with open(os.path.join(chart, "note"), "w", encoding="ascii") as file:
            file.write(note)
        done = programs.run([PORTOLAN, "package", chart, "-d", folder], self.env)
        if done.returncode != 0:
            raise AssertionError(programs.says(done))
        return os.path.join(folder, f"{name}-{version}.tgz")

    def at_once(self, commands):
        return at_once(PORTOLAN, commands, self.env)


def names_are(layout, wanted):
    yield from layouts.complaints(layout)
    found = set(layouts.tags(layout))
    if found != set(wanted):
        yield f"lost {sorted(set(wanted) - found)}, not asked for {sorted(found - set(wanted))}"
    listed = layouts.index(layout)["manifests"]
    entries = [entry.get("annotations", {}).get(layouts.REF_NAME, entry["digest"]) for entry in listed]
    twice = [name for name, count in collections.Counter(entries).items() if count > 1]
    if twice:
        yield f"more than one entry of {twice}"


def different_charts(world, layout):
    """Into a layout that none of them finds there, and then again, each under a tag more."""
    commands = [("push", archive, f"oci-layout:{layout}//charts") for archive in world.archives]
    yield from failed(*world.at_once(commands))
    wanted = [f"charts/app-{number}:1.0.0" for number in range(PROCESSES)]
    yield from names_are(layout, wanted)
    commands = [("push", archive, f"oci-layout:{layout}//charts", "--tag", "newest") for archive in world.archives]
    yield from failed(*world.at_once(commands))
    yield from names_are(layout, wanted + [f"charts/app-{number}:newest" for number in range(PROCESSES)])


def the_same_chart(world, layout):
    commands = [("push", world.archives[0], f"oci-layout:{layout}//charts")] * PROCESSES
    yield from failed(*world.at_once(commands))
    yield from names_are(layout, ["charts/app-0:1.0.0"])


def one_wins(world, layout):
    """Different content under one tag: one is there, and the others were told of the conflict."""
    commands = [("push", archive, f"oci-layout:{layout}//charts") for archive in world.variants]
    codes, said = world.at_once(commands)
    yield from failed(codes, said, (0, 2))
    if codes.count(0) != 1:
        yield f"exit codes {codes}"
    yield from names_are(layout, ["charts/same:1.0.0"])
    winner = said[codes.index(0)] if 0 in codes else ""
    if layouts.tags(layout)["charts/same:1.0.0"] not in winner:
        yield f"the tag is not the winner's: {winner}"


def several_commands(world, layout):
    """Pushes, copies, tags and readers."""
    where = f"oci-layout:{layout}//charts"
    yield from failed(*world.at_once([("push", world.archives[0], where)]))
    yield from failed(
        *world.at_once(
            [
                ("push", world.archives[1], where),
                ("push", world.archives[2], world.archives[3], where),
                ("copy", f"{where}/app-0:1.0.0", f"oci-layout:{layout}//mirror/app-0:1.0.0", "-q"),
                ("copy", world.archives[4], f"{where}/app-4:1", "-q"),
                ("tag", f"{where}/app-0:1.0.0", "stable"),
                ("tag", f"{where}/app-0:1.0.0", "newest", "1.0"),
                ("pull", f"{where}/app-0:1.0.0", "-d", os.path.join(layout + "-pulled")),
                ("versions", f"{where}/app-0"),
            ]
        )
    )
    yield from names_are(
        layout,
        [
            "charts/app-0:1.0.0",
            "charts/app-1:1.0.0",
            "charts/app-2:1.0.0",
            "charts/app-3:1.0.0",
            "mirror/app-0:1.0.0",
            "charts/app-4:1",
            "charts/app-0:stable",
            "charts/app-0:newest",
            "charts/app-0:1.0",
        ],
    )


def deletions(world, layout):
    """Tags and manifests go while others come, are copied and get something attached."""
    where = f"oci-layout:{layout}//charts"
    yield from failed(*world.at_once([("push", archive, where) for archive in world.archives[:5]]))
    yield from failed(*world.at_once([("tag", f"{where}/app-{number}:1.0.0", "newest") for number in range(5)]))
    digest = layouts.tags(layout)["charts/app-1:1.0.0"]
    file = os.path.join(world.folder, "note.txt")
    with open(file, "w", encoding="ascii") as out:
        out.write("a note\n")
    attach = ("attach", f"{where}/app-2:1.0.0", file, "--artifact-type")
    yield from failed(
        *world.at_once(
            [
                ("delete", f"{where}/app-0:newest"),
                ("delete", f"{where}/app-1@{digest}"),
                ("delete", f"{where}/app-2:newest"),
                ("copy", f"{where}/app-3:newest", f"oci-layout:{layout}//mirror/app-3:1.0.0", "-q"),
                ("copy", world.archives[5], f"{where}/app-5:1", "-q"),
                ("push", world.archives[6], where),
                (*attach, "test/one"),
                (*attach, "test/two"),
            ]
        )
    )
    yield from names_are(
        layout,
        [
            "charts/app-0:1.0.0",
            "charts/app-2:1.0.0",
            "charts/app-3:1.0.0",
            "charts/app-3:newest",
            "charts/app-4:1.0.0",
            "charts/app-4:newest",
            "charts/app-5:1",
            "charts/app-6:1.0.0",
            "mirror/app-3:1.0.0",
        ],
    )
    done = programs.run([PORTOLAN, "referrers", f"{where}/app-2:1.0.0", "-o", "json"], world.env)
    types = sorted(one["artifact_type"] for one in json.loads(done.stdout)["referrers"])
    if types != ["test/one", "test/two"]:
        yield f"attached are {types}"


def copies_with_referrers(world, layout):
    """One chart with an attachment to each of eight names, in a layout that none of them finds there."""
    source = f"oci-layout:{layout}-source//charts/app-0:1.0.0"
    yield from failed(*world.at_once([("copy", world.archives[0], source, "-q")]))
    attach = ("attach", source, "--artifact-type", "test/one", "--annotation", "a=b")
    yield from failed(*world.at_once([attach]))
    commands = [("copy", source, f"oci-layout:{layout}//r{n}/app:1", "--referrers", "-q") for n in range(PROCESSES)]
    yield from failed(*world.at_once(commands))
    yield from names_are(layout, [f"r{number}/app:1" for number in range(PROCESSES)])
    done = programs.run([PORTOLAN, "referrers", f"oci-layout:{layout}//r0/app:1", "-o", "json"], world.env)
    types = [one["artifact_type"] for one in json.loads(done.stdout)["referrers"]]
    if types != ["test/one"]:
        yield f"attached are {types}"


def one_archive_file(world, layout):
    """An archive file is written anew by each command: who comes too late is told so, and what was told is there."""
    file = layout + ".tar"
    commands = [("push", archive, f"oci-archive:{file}//charts") for archive in world.archives]
    codes, said = world.at_once(commands)
    yield from failed(codes, said, (0, 2))
    if 0 not in codes:
        yield f"exit codes {codes}"
        return
    with tarfile.open(file) as archive:
        archive.extractall(layout)
    yield from names_are(layout, [f"charts/app-{number}:1.0.0" for number, code in enumerate(codes) if code == 0])


CASES = {
    "push different charts": different_charts,
    "push the same chart": the_same_chart,
    "push different content under one tag, and one of them wins": one_wins,
    "push, copy, tag, pull and list": several_commands,
    "delete, copy, push and attach": deletions,
    "copy with what was attached": copies_with_referrers,
    "push different charts into one archive file, which may tell that it was changed": one_archive_file,
}


def main():
    tap = Tap()
    rounds = int(os.environ.get("PORTOLAN_CASES") or 10)
    with programs.scratch() as folder:
        world = World(folder)
        for number, (what, check) in enumerate(CASES.items()):
            complaints = []
            for turn in range(rounds):
                complaints += check(world, os.path.join(folder, f"layout-{number}-{turn}"))
            tap.case(f"eight processes {what}, in {rounds} rounds, and nothing is lost", complaints)
    tap.finish()


main()
