# SPDX-License-Identifier: Apache-2.0
"""What a user does with the program, each with a way to prepare it and to look at what it left."""

import gzip
import io
import json
import os
import random
import tarfile

import layouts
import programs

PROVENANCE = b"-----BEGIN PGP SIGNED MESSAGE-----\nnot really signed\n"
LOCK = "index.json.lock"


def snapshot(folder):
    """Every file below a folder with its content; folders end in a slash."""
    found = {}
    for above, directories, names in os.walk(folder):
        relative = os.path.relpath(above, folder)
        for name in directories:
            found[os.path.normpath(os.path.join(relative, name)) + "/"] = None
        for name in names:
            found[os.path.normpath(os.path.join(relative, name))] = layouts.read(os.path.join(above, name))
    return found


def is_left_over(name):
    """Whether a path is, or lies in, an unfinished file or folder."""
    return any(layouts.is_temporary(part) for part in name.rstrip("/").split("/"))


def write_chart(folder, name, version):
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n",
        "values.yaml": "a: 1\n" * 40,
        "templates/one.yaml": f"kind: ConfigMap # {name} {version}\n",
        "templates/deep/er/two.yaml": "kind: Secret\n",
        "README.md": "text\n" * 2000,
    }
    for path, text in files.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    with open(os.path.join(folder, "noise.bin"), "wb") as file:
        file.write(random.Random(name).randbytes(100_000))  # does not compress: more than one write
    return folder


class Supplies:
    """Charts, archives and a layout that operations read; made once."""

    def __init__(self, portolan, folder):
        self.program, self.folder = portolan, folder
        os.makedirs(folder, exist_ok=True)
        self.env = programs.environment(folder, ASAN_OPTIONS="detect_leaks=0", LSAN_OPTIONS="detect_leaks=0")
        self.chart = write_chart(os.path.join(folder, "app"), "app", "1.0.0")
        self.older = write_chart(os.path.join(folder, "older"), "app", "0.9.0")
        self.other = write_chart(os.path.join(folder, "other"), "other", "2.0.0+b.1")
        for chart in (self.chart, self.older, self.other):
            self.run("package", chart, "-d", folder)
        self.archive = os.path.join(folder, "app-1.0.0.tgz")
        with open(self.archive + ".prov", "wb") as file:
            file.write(PROVENANCE)
        self.layout = os.path.join(folder, "layout")
        self.run(
            "push",
            self.archive,
            self.path("app-0.9.0.tgz"),
            self.path("other-2.0.0+b.1.tgz"),
            f"oci-layout:{self.layout}//charts",
        )
        self.tags = layouts.tags(self.layout)
        self.digest = self.tags["charts/app:1.0.0"]

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words):
        done = programs.run([self.program, *words], self.env)
        if done.returncode != 0:
            raise AssertionError(f"{words}: {programs.says(done)}")
        return done


class Operation:
    """A command that works in a folder of its own."""

    foremost = True
    codes = (9,)  # how it ends where the disk fails

    def __init__(self, supplies, name):
        self.supplies, self.name = supplies, name

    def command(self, folder):
        return [self.supplies.program, *self.words(folder)]

    def prepare(self, folder):
        os.makedirs(folder)

    def unfinished(self, folder, before):
        """What is wrong with what an interrupted command left."""
        raise NotImplementedError

    def finished(self, folder):
        """What is wrong with what the command did."""
        raise NotImplementedError


class Push(Operation):
    def __init__(self, supplies, name, existing, *options):
        super().__init__(supplies, name)
        self.existing, self.options = existing, options

    def layout(self, folder):
        return os.path.join(folder, "layout")

    def other_files(self, folder):
        """Files beside the layout, but for unfinished ones."""
        return {
            name: data
            for name, data in snapshot(folder).items()
            if not name.startswith("layout/") and not is_left_over(name)
        }

    def words(self, folder):
        return ["push", self.supplies.archive, f"oci-layout:{self.layout(folder)}//charts", *self.options]

    def prepare(self, folder):
        os.makedirs(folder)
        if self.existing:
            self.supplies.run(
                "push", self.supplies.older, self.supplies.other, f"oci-layout:{self.layout(folder)}//charts"
            )
            self.supplies.run("tag", f"oci-layout:{self.layout(folder)}//charts/app:0.9.0", "newest")

    def wanted_files(self):
        return {}

    def wanted(self):
        tags = {"charts/app:1.0.0": self.supplies.digest}
        if self.options:
            tags["charts/app:newest"] = self.supplies.digest
        return tags

    def tags(self, folder):
        exists = os.path.exists(os.path.join(self.layout(folder), "index.json"))
        return layouts.tags(self.layout(folder)) if exists else {}

    def unfinished(self, folder, before):
        yield from layouts.complaints(self.layout(folder))
        if self.other_files(folder) not in ({}, self.wanted_files()):
            yield f"beside the layout: {self.other_files(folder)}"
        found, old = self.tags(folder), tags_in(before)
        for complete in (old, {**old, **self.wanted()}):
            if found == complete:
                return
        yield f"tags: {found}"

    def finished(self, folder):
        yield from layouts.complaints(self.layout(folder))
        if self.other_files(folder) != self.wanted_files():
            yield f"beside the layout: {self.other_files(folder)}"
        missing = self.wanted().items() - self.tags(folder).items()
        if missing:
            yield f"not there: {missing}"


class PushWithDigestFile(Push):
    def words(self, folder):
        return super().words(folder) + ["--digest-file", os.path.join(folder, "digest")]

    def wanted_files(self):
        return {"digest": self.supplies.digest.encode() + b"\n"}


def tags_in(before):
    """The tags of the layout in a snapshot."""
    if "layout/index.json" not in before:
        return {}
    entries = json.loads(before["layout/index.json"])["manifests"]
    return {entry["annotations"][layouts.REF_NAME]: entry["digest"] for entry in entries if "annotations" in entry}


class Copy(Push):
    foremost = False
    codes = (1, 9)  # one version of several may fail

    def words(self, folder):
        return [
            "copy",
            f"oci-layout:{self.supplies.layout}//charts/app",
            f"oci-layout:{self.layout(folder)}//charts/app",
            "--all-versions",
            "-q",
        ]

    def wanted(self):
        return {name: digest for name, digest in self.supplies.tags.items() if name.startswith("charts/app:")}


class Tag(Push):
    foremost = False

    def words(self, folder):
        return ["tag", f"oci-layout:{self.layout(folder)}//charts/app:0.9.0", "stable", "newest"]

    def wanted(self):
        digest = self.supplies.tags["charts/app:0.9.0"]
        return {"charts/app:stable": digest, "charts/app:newest": digest}


class Files(Operation):
    """A command that writes files, each of which is whole or as before."""

    def target(self, folder):
        return os.path.join(folder, "out")

    def wanted(self):
        raise NotImplementedError

    def unfinished(self, folder, before):
        for name, content in snapshot(folder).items():
            if is_left_over(name) or name == "out/":
                continue
            whole = self.wanted().get(name.removeprefix("out/"), b"")
            if content is not None and content != whole and content != before.get(name):
                yield f"{name} is neither whole nor as before ({len(content)} bytes)"
        for name in before:
            if not os.path.exists(os.path.join(folder, name)):
                yield f"{name} is gone"

    def finished(self, folder):
        found = {name: data for name, data in snapshot(self.target(folder)).items() if not is_left_over(name)}
        for name, content in self.wanted().items():
            if found.get(name, b"") != content:
                yield f"{name} is not as it should be"


class Pull(Files):
    def words(self, folder):
        return ["pull", f"oci-layout:{self.supplies.layout}//charts/app:1.0.0", "--prov", "-d", self.target(folder)]

    def wanted(self):
        return {"app-1.0.0.tgz": layouts.read(self.supplies.archive), "app-1.0.0.tgz.prov": PROVENANCE}


class Package(Files):
    def __init__(self, supplies, name, existing):
        super().__init__(supplies, name)
        self.existing = existing

    def prepare(self, folder):
        os.makedirs(self.target(folder))
        if self.existing:
            with open(os.path.join(self.target(folder), "app-1.0.0.tgz"), "wb") as file:
                file.write(b"an older archive\n" * 20_000)

    def words(self, folder):
        return ["package", self.supplies.chart, "-d", self.target(folder)]

    def wanted(self):
        return {"app-1.0.0.tgz": layouts.read(self.supplies.archive)}


class Untar(Files):
    """The whole folder appears at once, so a half of it would be wrong."""

    def words(self, folder):
        return ["pull", f"oci-layout:{self.supplies.layout}//charts/app:1.0.0", "--untar", "-d", self.target(folder)]

    def wanted(self):
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layouts.read(self.supplies.archive)))) as archive:
            return {member.name: archive.extractfile(member).read() for member in archive}

    def unfinished(self, folder, before):
        if os.path.exists(os.path.join(self.target(folder), "app")):
            yield from self.finished(folder)
        yield from super().unfinished(folder, before)


def all_of(supplies):
    return (
        Push(supplies, "push into a layout that is not there", False),
        PushWithDigestFile(supplies, "push into a layout with other charts", True, "--tag", "newest"),
        Pull(supplies, "pull with the provenance file"),
        Untar(supplies, "pull --untar"),
        Package(supplies, "package into an empty folder", False),
        Package(supplies, "package over an older archive", True),
        Copy(supplies, "copy --all-versions between layouts", True),
        Tag(supplies, "tag", True),
    )
