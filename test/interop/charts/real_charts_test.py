# SPDX-License-Identifier: Apache-2.0
"""Packages, pushes and shows published charts, and compares all bytes with those that Helm 4.2.4 made of them.

Usage: real_charts_test.py PORTOLAN
"""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import layouts
import programs
import real_charts
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])
PARTS = ("chart", "values", "readme", "crds", "all")


def unequal(what, ours, helms):
    if ours != helms:
        yield f"{what}\n  ours   {str(ours)[:2000]}\n  Helm's {str(helms)[:2000]}"


def gzip_header(archive):
    """The header up to the DEFLATE stream: ten fixed bytes, the extra field, the comment."""
    extra = int.from_bytes(archive[10:12], "little")
    return archive[: archive.index(b"\0", 12 + extra) + 1]


def members_of(tar):
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return [
            {
                "name": member.name,
                "size": member.size,
                "mtime": member.mtime,
                "sha256": hashlib.sha256(archive.extractfile(member).read()).hexdigest(),
            }
            for member in archive
        ]


class Case:
    """One chart, in a folder of its own."""

    def __init__(self, chart, helm, folder):
        self.chart, self.helm, self.folder = chart, helm, folder
        self.env = programs.environment(folder)
        self.manifest = json.loads(helm["manifest"]["bytes"]) if "manifest" in helm else None

    def portolan(self, *words):
        return programs.run([PORTOLAN, *words], self.env, cwd=os.path.dirname(real_charts.directory(self.chart)))

    def layer(self):
        return next(layer for layer in self.manifest["layers"] if layer["mediaType"] == layouts.CHART)

    def package(self):
        """Helm's `.tgz`, tar stream and members."""
        done = self.portolan("package", self.chart, "--timestamps", "source", "-d", self.folder)
        if done.returncode != 0:
            yield programs.says(done)
            return
        package = self.helm["package"]
        archive = layouts.read(os.path.join(self.folder, package["file"]))
        tar = gzip.decompress(archive)
        yield from unequal("gzip header", gzip_header(archive).hex(), package["gzip_header"])
        ours = members_of(tar)
        yield from unequal("names of members", [m["name"] for m in ours], [m["name"] for m in package["members"]])
        for mine, helms in zip(ours, package["members"]):
            yield from unequal("member", mine, helms)
        yield from unequal("size of the tar stream", len(tar), package["tar_size"])
        yield from unequal("tar stream", hashlib.sha256(tar).hexdigest(), package["tar_sha256"])
        yield from unequal("size of the archive", len(archive), self.layer()["size"])
        yield from unequal("archive", layouts.sha256(archive), self.layer()["digest"])

    def push(self):
        """Helm's config blob, manifest, tag and annotations, in a layout."""
        layout = os.path.join(self.folder, "layout")
        created = self.manifest["annotations"]["org.opencontainers.image.created"]
        done = self.portolan(
            "push", self.chart, f"oci-layout:{layout}//charts", "--timestamps", "source", "--created", created
        )
        if done.returncode != 0:
            yield programs.says(done)
            return
        yield from layouts.complaints(layout)
        name, tag = self.helm["name"], self.helm["manifest"]["tag"]
        found = layouts.tags(layout)
        yield from unequal("tags", list(found), [f"charts/{name}:{tag}"])
        digest = found.get(f"charts/{name}:{tag}", next(iter(found.values())))
        manifest = layouts.read(layouts.blob_path(layout, digest)).decode()
        yield from unequal("manifest", manifest, self.helm["manifest"]["bytes"])
        yield from unequal("digest", digest, "sha256:" + self.helm["manifest"]["sha256"])
        config = layouts.read(layouts.blob_path(layout, json.loads(manifest)["config"]["digest"])).decode()
        yield from unequal("config blob", config, self.helm["config"]["bytes"])
        predicted = self.portolan("digest", self.chart, "--timestamps", "source", "--created", created, "-o", "json")
        if predicted.returncode != 0:
            yield programs.says(predicted)
        else:
            yield from unequal("predicted digest", json.loads(predicted.stdout)["charts"][0]["manifest"], digest)

    def refused(self):
        done = self.portolan("package", self.chart, "--timestamps", "source", "-d", self.folder)
        reason = self.helm["package"]["stderr"].removeprefix("Error: ").strip()
        yield from unequal("exit status", done.returncode, 3)
        if reason not in done.stderr.decode():
            yield f"{programs.says(done)}\n  Helm says: {reason}"
        yield from unequal("files left behind", os.listdir(self.folder), [])

    def show(self):
        """Helm's text of each part, from the directory and from the archive."""
        sources = [self.chart]
        if not self.helm["package"]["refused"]:
            self.portolan("package", self.chart, "--timestamps", "source", "-d", self.folder)
            sources.append(os.path.join(self.folder, self.helm["package"]["file"]))
        for source in sources:
            for part in PARTS:
                done = self.portolan("show", part, source)
                helm = self.helm["show"][part]
                ours = {
                    "exit": done.returncode,
                    "size": len(done.stdout),
                    "sha256": hashlib.sha256(done.stdout).hexdigest(),
                }
                yield from unequal(f"show {part} {os.path.basename(source)}", ours, {key: helm[key] for key in ours})


def main():
    tap = Tap()
    try:
        charts = real_charts.recorded()
    except programs.Missing as missing:
        tap.skip("published charts are packaged, pushed and shown as Helm does it", missing)
        tap.finish()
    for chart, helm in sorted(charts.items()):
        aspects = {
            "is packaged into the bytes of Helm's own archive": Case.package,
            "gets Helm's config blob, manifest and digest": Case.push,
        }
        if helm["package"]["refused"]:
            aspects = {"is refused, as Helm refuses it, and nothing is left behind": Case.refused}
        aspects["is shown as Helm shows it, part by part"] = Case.show
        for sentence, check in aspects.items():
            with programs.scratch() as folder:
                tap.case(f"{chart} {sentence}", check(Case(chart, helm, folder)))
    tap.finish()


main()
