# SPDX-License-Identifier: Apache-2.0
"""oras, crane and skopeo read the layouts that Portolan writes, and Portolan reads theirs; charts go from Helm through
a registry into a layout and back. Everywhere the digests are the same, and so is the archive, byte for byte.

Usage: layouts_test.py PORTOLAN
"""

import gzip
import io
import json
import os
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import layouts
import programs
import registries
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])
PROVENANCE = b"-----BEGIN PGP SIGNED MESSAGE-----\nnot really signed\n"
VERSIONS = ("1.0.0", "1.1.0-rc.1", "2.0.0+build.7")


class Failed(Exception):
    pass


class World:
    """A folder with charts, a layout of ours that holds them, and a registry where there is one."""

    def __init__(self, folder):
        self.folder = folder
        self.env = programs.environment(folder)
        self.layout = self.path("ours")
        self.archives = [self.package("app", version) for version in VERSIONS] + [self.package("lib", "0.1.0")]
        with open(self.archives[0] + ".prov", "wb") as file:
            file.write(PROVENANCE)
        self.portolan("push", *self.archives, f"oci-layout:{self.layout}//charts")
        self.registry = None

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def package(self, name, version):
        chart = self.path(f"{name}-{version}")
        os.makedirs(os.path.join(chart, "templates"))
        files = {
            "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: 7.é\n"
            "description: <tools> & more\nannotations: {a.example.test/x: '>1'}\n",
            "values.yaml": "a: 1\n",
            "templates/x.yaml": f"kind: ConfigMap # {version}\n",
        }
        for file_name, text in files.items():
            with open(os.path.join(chart, file_name), "w", encoding="utf-8") as file:
                file.write(text)
        self.portolan("package", chart, "-d", self.folder)
        return self.path(f"{name}-{version}.tgz")

    def run(self, program, *words, cwd=None):
        done = programs.run([program, *words], self.env, cwd=cwd)
        if done.returncode != 0:
            raise Failed(f"{' '.join(map(str, words))}: {programs.says(done)}")
        return done.stdout

    def portolan(self, *words):
        return self.run(PORTOLAN, *words)

    def peer(self, name, *words, **more):
        return self.run(programs.find(name), *words, **more)

    def host(self):
        if self.registry is None:
            raise programs.Missing("there is no docker-registry here")
        return self.registry.host

    def ours(self):
        """The names in our layout and their digests; all of it is well."""
        found = list(layouts.complaints(self.layout))
        if found:
            raise Failed("\n".join(found))
        return layouts.tags(self.layout)


def unequal(what, seen, wanted):
    if seen != wanted:
        yield f"{what}: {seen!r} instead of {wanted!r}"


def blobs_of(manifest):
    return [manifest["config"], *manifest["layers"]]


def same_content(what, folder, digest, original):
    """A layout holds the manifest of that digest and its blobs, as another layout does."""
    yield from layouts.complaints(folder)
    manifest = layouts.read(layouts.blob_path(original, digest))
    for each in [digest] + [blob["digest"] for blob in blobs_of(json.loads(manifest))]:
        path = layouts.blob_path(folder, each)
        if not os.path.isfile(path):
            yield f"{what}: {each} is missing"
        elif layouts.read(path) != layouts.read(layouts.blob_path(original, each)):
            yield f"{what}: {each} has another content"


def oras_reads(world):
    ours = world.ours()
    listed = world.peer("oras", "repo", "tags", "--oci-layout", world.layout).decode().split()
    yield from unequal("tags of the layout", sorted(listed), sorted(ours))
    listed = world.peer("oras", "repo", "tags", "--oci-layout-path", world.layout, "charts/app").decode().split()
    yield from unequal("tags of charts/app", listed, [version.replace("+", "_") for version in VERSIONS])
    for name, digest in ours.items():
        where = ("--oci-layout-path", world.layout)
        yield from unequal(name, world.peer("oras", "resolve", *where, name).decode().strip(), digest)
        manifest = world.peer("oras", "manifest", "fetch", *where, name)
        yield from unequal(f"digest of what oras fetches as {name}", layouts.sha256(manifest), digest)
        for blob in blobs_of(json.loads(manifest)):
            data = world.peer(
                "oras", "blob", "fetch", "--output", "-", "--oci-layout", f"{world.layout}@{blob['digest']}"
            )
            yield from unequal(f"a blob of {name}", layouts.sha256(data), blob["digest"])


def oras_copies_out(world):
    for number, (name, digest) in enumerate(world.ours().items()):
        copied = world.path(f"oras-copied-{number}")
        world.peer("oras", "copy", "--from-oci-layout-path", world.layout, name, "--to-oci-layout", f"{copied}:x")
        yield from unequal(name, layouts.tags(copied), {"x": digest})
        yield from same_content(name, copied, digest, world.layout)


def skopeo_reads(world):
    for number, (name, digest) in enumerate(world.ours().items()):
        raw = world.peer("skopeo", "inspect", "--raw", f"oci:{world.layout}:{name}")
        yield from unequal(f"digest of what skopeo reads as {name}", layouts.sha256(raw), digest)
        copied = world.path(f"skopeo-copied-{number}")
        world.peer("skopeo", "copy", f"oci:{world.layout}:{name}", f"oci:{copied}:{name}")
        yield from unequal(name, layouts.tags(copied), {name: digest})
        yield from same_content(name, copied, digest, world.layout)


def crane_reads(world):
    """crane takes a layout of one manifest, or the whole of it as an index."""
    one = world.path("crane-one")
    name, digest = next(iter(world.ours().items()))
    world.portolan("copy", f"oci-layout:{world.layout}//{name}", f"oci-layout:{one}//{name}", "-q")
    world.peer("crane", "push", "--insecure", one, f"{world.host()}/one:1")
    seen = world.peer("crane", "digest", "--insecure", f"{world.host()}/one:1").decode().strip()
    yield from unequal("one manifest", seen, digest)
    world.peer("crane", "push", "--insecure", "--index", world.layout, f"{world.host()}/all:1")
    index = json.loads(world.peer("crane", "manifest", "--insecure", f"{world.host()}/all:1"))
    yield from unequal("the index", sorted(m["digest"] for m in index["manifests"]), sorted(world.ours().values()))
    for digest in world.ours().values():
        manifest = world.peer("crane", "manifest", "--insecure", f"{world.host()}/all@{digest}")
        yield from unequal("digest of a manifest", layouts.sha256(manifest), digest)


def reads(world, layout, repository, selector, digest, archive):
    """All that Portolan reads of a chart in somebody's layout."""
    where = f"oci-layout:{layout}" + (f"//{repository}" if repository else "")
    reference = where + selector
    yield from unequal(f"resolve {selector}", world.portolan("resolve", reference).decode().strip(), digest)
    yield from unequal(f"manifest {selector}", layouts.sha256(world.portolan("manifest", reference)), digest)
    target = world.path(f"pulled-{len(os.listdir(world.folder))}")
    pulled = json.loads(world.portolan("pull", reference, "-d", target, "-o", "json"))
    yield from unequal(f"pull {selector}", pulled["digest"], digest)
    yield from unequal("the pulled archive", layouts.read(pulled["file"]) == layouts.read(archive), True)
    copied = target + "-layout"
    report = json.loads(world.portolan("copy", reference, f"oci-layout:{copied}//new/name:tag", "-o", "json", "-q"))
    yield from unequal("copy", report["items"][0]["digest"], digest)
    yield from unequal("tags of the copy", layouts.tags(copied), {"new/name:tag": digest})
    yield from same_content("copy", copied, digest, layout)
    if selector.startswith(":"):
        listed = json.loads(world.portolan("versions", where, "--devel", "-o", "json"))["versions"]
        yield from unequal("versions", selector.removeprefix(":") in [entry["tag"] for entry in listed], True)
        shown = world.portolan("show", "chart", reference)
        yield from unequal("show chart", shown, world.portolan("show", "chart", archive))


def oras_pushes(world):
    """A chart put together by oras, with the media types of one, in two ways to name it."""
    config, archive = world.path("config.json"), world.archives[0]
    with open(config, "w", encoding="utf-8") as file:
        file.write('{"name":"app","version":"1.0.0","apiVersion":"v2"}')
    files = (
        "--config",
        f"{os.path.basename(config)}:application/vnd.cncf.helm.config.v1+json",
        f"{os.path.basename(archive)}:{layouts.CHART}",
    )
    flat, nested = world.path("oras-flat"), world.path("oras-nested")
    world.peer("oras", "push", "--oci-layout", f"{flat}:1.0.0", *files, cwd=world.folder)
    world.peer("oras", "push", "--oci-layout-path", nested, "charts/app:1.0.0", *files, cwd=world.folder)
    for layout, repository in ((flat, ""), (nested, "charts/app")):
        digest = next(iter(layouts.tags(layout).values()))
        yield from reads(world, layout, repository, ":1.0.0", digest, archive)


def oras_copies_in(world):
    for number, archive in enumerate(world.archives):
        name, digest = list(world.ours().items())[number]
        repository, tag = name.split(":")
        copied = world.path(f"oras-in-{number}")
        world.peer("oras", "copy", "--from-oci-layout-path", world.layout, name, "--to-oci-layout-path", copied, name)
        yield from reads(world, copied, repository, f":{tag}", digest, archive)


def skopeo_copies_in(world):
    for number, archive in enumerate(world.archives):
        name, digest = list(world.ours().items())[number]
        repository, tag = name.split(":")
        copied = world.path("skopeo-in")  # all of them in one
        world.peer("skopeo", "copy", f"oci:{world.layout}:{name}", f"oci:{copied}:{name}")
        yield from reads(world, copied, repository, f":{tag}", digest, archive)


def helm_push(world, archive):
    """Helm's digest of what it pushed."""
    helm = programs.find("helm")
    done = programs.run([helm, "push", archive, f"oci://{world.host()}/helm", "--plain-http"], world.env)
    said = (done.stdout + done.stderr).decode()
    if done.returncode != 0 or "Digest: " not in said:
        raise Failed(f"helm push: {programs.says(done)}")
    return said.split("Digest: ")[1].split()[0]


def crane_pulls(world):
    """crane writes no name into index.json, or one with the registry in it; both are read by their digest."""
    for flags in ((), ("--annotate-ref",)):
        archive = world.archives[0]
        digest = helm_push(world, archive)
        layout = world.path(f"crane-{len(flags)}")
        world.peer("crane", "pull", "--insecure", "--format", "oci", *flags, f"{world.host()}/helm/app:1.0.0", layout)
        yield from reads(world, layout, "", f"@{digest}", digest, archive)


def helm_to_layout(world):
    """helm push → registry → oras and skopeo → layout → portolan pull."""
    for archive in world.archives:
        digest = helm_push(world, archive)
        name, version = os.path.basename(archive).removesuffix(".tgz").split("-", 1)
        tag = version.replace("+", "_")
        source = f"{world.host()}/helm/{name}:{tag}"
        by_oras, by_skopeo = world.path(f"by-oras-{tag}"), world.path(f"by-skopeo-{tag}")
        world.peer("oras", "copy", "--from-plain-http", source, "--to-oci-layout-path", by_oras, f"helm/{name}:{tag}")
        world.peer(
            "skopeo", "copy", "--src-tls-verify=false", f"docker://{source}", f"oci:{by_skopeo}:helm/{name}:{tag}"
        )
        for layout in (by_oras, by_skopeo):
            yield from reads(world, layout, f"helm/{name}", f":{tag}", digest, archive)
        if os.path.exists(archive + ".prov"):
            target = world.path("with-provenance")
            world.portolan("pull", f"oci-layout:{by_oras}//helm/{name}:{tag}", "--prov", "-d", target)
            pulled = layouts.read(os.path.join(target, os.path.basename(archive) + ".prov"))
            yield from unequal("the provenance file", pulled, PROVENANCE)


def layout_to_helm(world):
    """portolan push → layout → oras → registry → helm pull."""
    helm = programs.find("helm")
    for archive, (name, digest) in zip(world.archives, world.ours().items()):
        repository, tag = name.split(":")
        world.peer(
            "oras", "copy", "--from-oci-layout-path", world.layout, name, "--to-plain-http", f"{world.host()}/{name}"
        )
        target = world.path(f"helm-{tag}")
        os.makedirs(target)
        provenance = ["--prov"] if os.path.exists(archive + ".prov") else []
        version = ("--version", tag.replace("_", "+"))
        source = f"oci://{world.host()}/{repository}"
        done = programs.run([helm, "pull", source, *version, "--plain-http", "-d", target, *provenance], world.env)
        said = (done.stdout + done.stderr).decode()
        yield from unequal(f"helm pull {name}", (done.returncode, digest in said), (0, True))
        pulled = os.path.join(target, os.path.basename(archive))
        if not os.path.isfile(pulled):
            yield f"helm wrote {os.listdir(target)}: {programs.says(done)}"
            continue
        yield from unequal("the archive that Helm pulls", layouts.read(pulled) == layouts.read(archive), True)
        if provenance:
            yield from unequal("the provenance file that Helm pulls", layouts.read(pulled + ".prov"), PROVENANCE)


def one_layout_of_all(world):
    """Several programs write into one layout, one after another, and none loses what another wrote."""
    shared = world.path("shared")
    ours = world.ours()
    names = list(ours)
    world.portolan("copy", f"oci-layout:{world.layout}//{names[0]}", f"oci-layout:{shared}//{names[0]}", "-q")
    world.peer(
        "oras", "copy", "--from-oci-layout-path", world.layout, names[1], "--to-oci-layout-path", shared, names[1]
    )
    world.peer("skopeo", "copy", f"oci:{world.layout}:{names[2]}", f"oci:{shared}:{names[2]}")
    world.portolan("copy", f"oci-layout:{world.layout}//{names[3]}", f"oci-layout:{shared}//{names[3]}", "-q")
    yield from layouts.complaints(shared)
    yield from unequal("tags", layouts.tags(shared), ours)
    for name in names:
        for program, seen in (
            ("oras", world.peer("oras", "resolve", "--oci-layout-path", shared, name).decode().strip()),
            ("skopeo", layouts.sha256(world.peer("skopeo", "inspect", "--raw", f"oci:{shared}:{name}"))),
            ("portolan", world.portolan("resolve", f"oci-layout:{shared}//{name}").decode().strip()),
        ):
            yield from unequal(f"{program}: {name}", seen, ours[name])


def archive_written(world):
    """A layout in one tar file, of ours."""
    ours = world.ours()
    name, digest = next(iter(ours.items()))
    file = world.path("ours.tar")
    for each in list(ours)[:2]:
        world.portolan("copy", f"oci-layout:{world.layout}//{each}", f"oci-archive:{file}//{each}", "-q")
    yield from unequal("oras", world.peer("oras", "resolve", "--oci-layout-path", file, name).decode().strip(), digest)
    raw = world.peer("skopeo", "inspect", "--raw", f"oci-archive:{file}:{name}")
    yield from unequal("skopeo", layouts.sha256(raw), digest)
    copied = world.path("from-archive")
    world.peer("oras", "copy", "--from-oci-layout-path", file, name, "--to-oci-layout", f"{copied}:x")
    yield from same_content("oras copy", copied, digest, world.layout)
    copied = world.path("from-archive-by-skopeo")
    world.peer("skopeo", "copy", f"oci-archive:{file}:{name}", f"oci:{copied}:{name}")
    yield from same_content("skopeo copy", copied, digest, world.layout)


def archive_read(world):
    """A layout in one tar file, of skopeo's, and one of tar's."""
    name, digest = next(iter(world.ours().items()))
    by_skopeo, by_tar = world.path("skopeo.tar"), world.path("packed.tar")
    world.peer("skopeo", "copy", f"oci:{world.layout}:{name}", f"oci-archive:{by_skopeo}:{name}")
    with tarfile.open(by_tar, "w") as archive:
        archive.add(world.layout, ".")
    for file in (by_skopeo, by_tar):
        reference = f"oci-archive:{file}//{name}"
        yield from unequal("resolve", world.portolan("resolve", reference).decode().strip(), digest)
        copied = file + "-layout"
        world.portolan("copy", reference, f"oci-layout:{copied}//{name}", "-q")
        yield from same_content("copy", copied, digest, world.layout)
        world.portolan("pull", reference, "-d", file + "-pulled")
        pulled = os.path.join(file + "-pulled", os.path.basename(world.archives[0]))
        yield from unequal("the archive", layouts.read(pulled) == layouts.read(world.archives[0]), True)


def saved_by_docker(path):
    """Writes an archive as `docker save` did before Docker 25; the digests of the configuration and the layers."""
    layers = []
    for number in (1, 2):
        with io.BytesIO() as file:
            with tarfile.open(fileobj=file, mode="w") as layer:
                add_member(layer, f"file-{number}", bytes(100_000 * number))
            layers.append(file.getvalue())
    digests = [layouts.sha256(layer) for layer in layers]
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": digests}}
    config = json.dumps(config).encode()
    manifest = [{"Config": "c.json", "RepoTags": ["team/app:1.0"], "Layers": ["1/layer.tar", "2/layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        add_member(archive, "c.json", config)
        for number, layer in enumerate(layers, 1):
            add_member(archive, f"{number}/layer.tar", layer)
        add_member(archive, "manifest.json", json.dumps(manifest).encode())
    return [layouts.sha256(config), *digests]


def add_member(archive, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def docker_archives(world):
    """Read from Docker's form and back by way of skopeo, an image keeps its digest; skopeo sees the same content."""
    saved, layout = world.path("saved.tar"), world.path("from-docker")
    content = saved_by_docker(saved)
    world.portolan("copy", f"oci-archive:{saved}//team/app:1.0", f"oci-layout:{layout}//app", "-q")
    yield from layouts.complaints(layout)
    digest = layouts.tags(layout)["app:1.0"]
    manifest = json.loads(world.peer("skopeo", "inspect", "--raw", f"oci:{layout}:app:1.0"))
    yield from unequal("the content", [blob["digest"] for blob in blobs_of(manifest)], content)
    back = world.path("back.tar")
    world.peer("skopeo", "copy", f"oci:{layout}:app:1.0", f"docker-archive:{back}:team/app:1.0")
    seen = world.portolan("resolve", f"oci-archive:{back}//team/app:1.0").decode().strip()
    yield from unequal("the digest of what skopeo wrote", seen, digest)
    with open(back, "rb") as plain, gzip.open(world.path("back.tar.gz"), "wb") as packed:
        packed.write(plain.read())
    seen = world.portolan("resolve", f"oci-archive:{world.path('back.tar.gz')}//team/app:1.0").decode().strip()
    yield from unequal("the digest of the same, packed", seen, digest)


CASES = {
    "oras lists the tags of our layout, and fetches manifests and blobs from it": oras_reads,
    "oras copies charts out of our layout": oras_copies_out,
    "skopeo reads our layout, and copies charts out of it": skopeo_reads,
    "crane pushes our layout to a registry, as one manifest and as an index": crane_reads,
    "a chart that oras put into a layout is read": oras_pushes,
    "a layout that oras copied is read": oras_copies_in,
    "a layout that skopeo copied is read": skopeo_copies_in,
    "a layout that crane pulled is read": crane_pulls,
    "a chart that Helm pushed is pulled from layouts that oras and skopeo made": helm_to_layout,
    "a chart that we pushed is pulled by Helm, with its provenance": layout_to_helm,
    "oras and skopeo read a layout in an archive file that we wrote": archive_written,
    "a layout in an archive file that skopeo or tar wrote is read": archive_read,
    "an image that docker save or skopeo wrote keeps its digest": docker_archives,
    "oras, skopeo and portolan write into one layout, and nothing is lost": one_layout_of_all,
}


def run_cases(tap, world):
    for name, check in CASES.items():
        try:
            tap.case(name, list(check(world)))
        except programs.Missing as missing:
            tap.skip(name, missing)
        except Failed as failed:
            tap.case(name, [failed])


def main():
    tap = Tap()
    with programs.scratch() as folder:
        world = World(folder)
        try:
            with registries.Registry(os.path.join(folder, "registry")) as world.registry:
                run_cases(tap, world)
        except programs.Missing:
            run_cases(tap, world)
    tap.finish()


main()
