# SPDX-License-Identifier: Apache-2.0
"""Full disks, missing permissions and failing system calls: exit code 9, one sentence, and nothing left behind.

Usage: failing_calls_test.py PORTOLAN
"""

import contextlib
import errno
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import layouts
import operations
import programs
import tracer
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])
OTHER_USER = 65534
# Which error is given to which calls; a close() is not made to fail, since Linux closes all the same.
FAILURES = {
    "no space": (
        errno.ENOSPC,
        tracer.WRITES + ("fsync", "fdatasync", "rename", "renameat", "renameat2", "mkdir", "mkdirat") + tracer.OPENS,
    ),
    "no permission": (errno.EACCES, ("rename", "renameat", "renameat2", "mkdir", "mkdirat") + tracer.OPENS),
    "a broken disk": (errno.EIO, tracer.WRITES + ("fsync", "fdatasync") + tracer.OPENS),
}


def one_sentence(said, code, codes=(9,)):
    """The sentence, indented details, and at most a line of advice."""
    lines = said.decode("utf-8", "replace").splitlines()
    sentences = [line for line in lines if line.startswith("portolan: ") and not line.startswith("portolan: warning: ")]
    others = [line for line in lines if not line.startswith(("portolan: ", "  "))]
    if code not in codes:
        yield f"exit code {code}: {said!r}"
    if len(sentences) != 1 or len(others) > 1:
        yield f"not one sentence: {said!r}"


class Injection:
    """Lets the nth of the chosen calls fail, of those that change something in a folder.

    The terminal is no disk, and a sanitizer's own pipes and files are not the program's.
    """

    def __init__(self, number, error, folder):
        self.number, self.error, self.folder = number, error, os.path.realpath(folder)
        self.count, self.failed = 0, None

    def __call__(self, call):
        if not call.changes_file() or not f"{call.path()}/".startswith(f"{self.folder}/"):
            return None
        self.count += 1
        if self.count != self.number:
            return None
        self.failed = call.name
        return self.error


def left_behind(operation, folder, before):
    """What a failed command left: of a layout, blobs may stay, for the next try; nothing else."""
    after = operations.snapshot(folder)
    for name, content in after.items():
        if operations.is_left_over(name):
            yield f"left behind: {name}"
        elif content != before.get(name, b"?") and not isinstance(operation, operations.Push):
            if name != "out/":
                yield f"new or changed: {name}"
    for name in before.keys() - after.keys():
        yield f"gone: {name}"


def failing(operation, folder, error, calls):
    survived = number = 0
    while survived < 3:
        number += 1
        where = os.path.join(folder, str(number))
        operation.prepare(where)
        before = operations.snapshot(where)
        injection = Injection(number, error, where)
        outcome = tracer.trace(operation.command(where), calls, injection, env=operation.supplies.env)
        found = []
        if injection.failed is None:
            survived += 1
            found += [] if outcome.status == 0 else [f"exit code {outcome.status}: {outcome.stderr!r}"]
        elif outcome.status != 0:
            found += one_sentence(outcome.stderr, outcome.status, operation.codes)
            found += operation.unfinished(where, before)
            if injection.failed != "fsync" or list(operation.finished(where)):
                # Where all is done but for the folder's own sync, what is there is whole, and may stay.
                found += left_behind(operation, where, before)
        elif not may_be_ignored(injection.failed):
            found.append("it ended with exit code 0")
        if not found:
            again = programs.run(operation.command(where), operation.supplies.env)
            if isinstance(operation, operations.Untar) and os.path.exists(os.path.join(where, "out", "app")):
                pass  # what is there is refused
            elif again.returncode != 0:
                found.append(f"the same command again: {programs.says(again)}")
            found += operation.finished(where)
        shutil.rmtree(where)
        for complaint in found:
            yield f"{operation.name}: call {number}, {injection.failed}: {complaint}"


def may_be_ignored(name):
    """A fresh layout's folders may be made by two threads, one of which is told that the other was first."""
    return name in ("mkdir", "mkdirat")


def injected(tap, supplies, folder):
    for what, (error, calls) in FAILURES.items():
        for number, operation in enumerate(operations.all_of(supplies)):
            name = f"{operation.name}: {what} at each of its calls is told in a sentence, and nothing is left behind"
            if not tracer.can_inject_errors():
                tap.skip(name, "errors can be injected on x86_64 alone")
                continue
            try:
                tap.case(name, failing(operation, os.path.join(folder, f"{error}-{number}"), error, calls))
            except tracer.CannotTrace as reason:
                tap.skip(name, reason)


@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of a few kilobytes, where root may mount one."""
    os.makedirs(folder)
    if os.getuid() != 0:
        raise programs.Missing("only root can mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        raise programs.Missing(f"a small file system cannot be mounted: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=False)


def full_disk(operation, folder, size):
    with small_disk(folder, size) as disk:
        where = os.path.join(disk, "work")
        filler = os.path.join(disk, "filler")
        operation.prepare(where)
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        os.truncate(filler, max(0, os.path.getsize(filler) - 8192))  # room for a start
        before = operations.snapshot(where)
        done = programs.run(operation.command(where), operation.supplies.env)
        yield from one_sentence(done.stderr, done.returncode)
        yield from operation.unfinished(where, before)
        yield from left_behind(operation, where, before)
        os.unlink(filler)
        again = programs.run(operation.command(where), operation.supplies.env)
        if again.returncode != 0:
            yield f"with room again: {programs.says(again)}"
        yield from operation.finished(where)


def full_disks(tap, supplies, folder):
    for number, operation in enumerate(operations.all_of(supplies)[:6]):
        name = f"{operation.name}: a full disk is told in a sentence, nothing is left behind, and it works with room"
        try:
            tap.case(name, list(full_disk(operation, os.path.join(folder, f"disk-{number}"), "2m")))
        except programs.Missing as missing:
            tap.skip(name, missing)


class Forbidden:
    """Commands by a user who may read all, and write nowhere but in `own`."""

    def __init__(self, supplies, folder):
        self.supplies, self.folder = supplies, folder
        os.chmod(folder, 0o755)
        self.own = os.path.join(folder, "own")
        os.makedirs(self.own)
        os.makedirs(os.path.join(folder, "shut"))
        if os.getuid() == 0:
            os.chown(self.own, OTHER_USER, OTHER_USER)
        else:
            os.chmod(os.path.join(folder, "shut"), 0o555)
        for above, directories, names in os.walk(supplies.folder):
            for name in directories + names:
                if not os.path.islink(os.path.join(above, name)):
                    os.chmod(os.path.join(above, name), 0o755 if name in directories else 0o644)
        os.chmod(supplies.folder, 0o755)

    def run(self, *words):
        prefix = []
        if os.getuid() == 0:
            if shutil.which("setpriv") is None:
                raise programs.Missing("there is no setpriv here")
            prefix = ["setpriv", "--reuid", str(OTHER_USER), "--regid", str(OTHER_USER), "--clear-groups", "--"]
        return programs.run([*prefix, PORTOLAN, *words], self.supplies.env, cwd=self.own)

    def refused(self, *words):
        before = operations.snapshot(self.folder)
        done = self.run(*words)
        found = list(one_sentence(done.stderr, done.returncode))
        if operations.snapshot(self.folder) != before:
            found.append("something was left behind")
        return [f"{' '.join(words)}: {complaint}: {programs.says(done)}" for complaint in found]

    def cases(self):
        supplies, shut = self.supplies, os.path.join(self.folder, "shut")
        source = f"oci-layout:{supplies.layout}//charts/app:1.0.0"
        secret = operations.write_chart(os.path.join(self.own, "secret"), "app", "1.0.0")
        os.chmod(os.path.join(secret, "noise.bin"), 0)
        archive = os.path.join(self.own, "secret.tgz")
        shutil.copy(supplies.archive, archive)
        os.chmod(archive, 0)
        closed = os.path.join(self.own, "closed")
        shutil.copytree(supplies.layout, closed)
        for above, _, names in os.walk(os.path.join(closed, "blobs")):
            for name in names:
                os.chmod(os.path.join(above, name), 0)
        locked = os.path.join(self.own, "locked")
        shutil.copytree(supplies.layout, locked)
        os.chmod(os.path.join(locked, "index.json"), 0)
        yield "package into a folder of others", ("package", supplies.chart, "-d", shut)
        yield "package into a new folder there", ("package", supplies.chart, "-d", os.path.join(shut, "new"))
        yield "package a chart with a file that cannot be read", ("package", secret)
        yield "digest of an archive that cannot be read", ("digest", archive)
        yield "pull into a folder of others", ("pull", source, "-d", shut)
        yield "pull --untar into a folder of others", ("pull", source, "--untar", "-d", shut)
        yield "pull from a layout whose blobs cannot be read", ("pull", f"oci-layout:{closed}//charts/app:1.0.0")
        yield "pull from a layout whose index cannot be read", ("pull", f"oci-layout:{locked}//charts/app:1.0.0")
        yield "push into a new layout in a folder of others", ("push", supplies.archive, f"oci-layout:{shut}/layout")
        yield "push into a layout of others", ("push", supplies.older, f"oci-layout:{supplies.layout}//more")
        yield "tag in a layout of others", ("tag", source, "other")
        yield "copy into a layout of others", ("copy", source, f"oci-layout:{supplies.layout}//more:1", "-q")
        yield "a digest file in a folder of others", (
            "push",
            supplies.archive,
            "oci-layout:mine",
            "--digest-file",
            os.path.join(shut, "digest"),
        )


def forbidden(tap, supplies, folder):
    if os.getuid() == 0 and not all(os.stat(path).st_mode & 0o005 == 0o005 for path in parents(PORTOLAN)):
        tap.skip("without permission a command says so", "another user may not run the program where it is")
        return
    world = Forbidden(supplies, folder)
    for what, words in world.cases():
        name = f"without permission a command says so: {what}"
        try:
            if what == "a digest file in a folder of others":
                done = world.run(*words)
                tap.case(name, one_sentence(done.stderr, done.returncode))
            else:
                tap.case(name, world.refused(*words))
        except programs.Missing as missing:
            tap.skip(name, missing)


def parents(path):
    while path != "/":
        yield path
        path = os.path.dirname(path)


def main():
    tap = Tap()
    with programs.scratch() as folder:
        os.chmod(folder, 0o755)
        supplies = operations.Supplies(PORTOLAN, os.path.join(folder, "supplies"))
        injected(tap, supplies, os.path.join(folder, "injected"))
        full_disks(tap, supplies, folder)
        os.makedirs(os.path.join(folder, "forbidden"))
        forbidden(tap, supplies, os.path.join(folder, "forbidden"))
    tap.finish()


main()
