# SPDX-License-Identifier: Apache-2.0
"""What refers to a chart, with oras and regctl on the other side: in a registry that keeps the lists itself, in one
where clients keep them under tags, and in layouts. What one attaches the others list; copies and deletions lose nothing.

Usage: referrers_test.py PORTOLAN

The registries are the one of PORTOLAN_REFERRERS_REGISTRY (go-containerregistry's, which names the config's type as the
type of every artifact: types are compared elsewhere) and Debian's docker-registry.
"""

import contextlib
import json
import os

from world import PORTOLAN, World, case
import layouts
import programs
import registries
from crowd import at_once, failed
from tap import Tap

CHART = "1.2.3_b.1"  # the tag of the chart that World makes
PROGRAMS = ("portolan", "oras", "regctl")


class Place:
    """A repository in a registry or in a layout, as each program names it."""

    def __init__(self, world, store, repository):
        self.world, self.store, self.repository = world, store, repository
        self.host = store if isinstance(store, str) else store.host
        self.is_layout = isinstance(store, str)

    def named(self, selector):
        return ("@" if selector.startswith("sha256:") else ":") + selector

    def ours(self, selector):
        start = f"oci-layout:{self.host}/" if self.is_layout else f"oci://{self.host}"
        return f"{start}/{self.repository}{self.named(selector)}"

    def theirs(self, selector):
        return f"{self.host}/{self.repository}{self.named(selector)}"

    def of_oras(self, selector, side=""):
        """The words by which oras finds it; `side` is from- or to- where it copies."""
        if not self.is_layout:
            return self.theirs(selector), f"--{side}plain-http"
        if selector.startswith("sha256:"):
            return f"--{side}oci-layout", f"{self.host}@{selector}"
        return f"--{side}oci-layout-path", self.host, f"{self.repository}:{selector}"

    def tags(self):
        if self.is_layout:
            start = f"{self.repository}:"
            return {name.removeprefix(start) for name in layouts.tags(self.host) if name.startswith(start)}
        return set(self.world.other("oras", "repo", "tags", self.theirs("x")[:-2], "--plain-http").split())

    def resolved(self, tag):
        return self.world.other("oras", "resolve", *self.of_oras(tag)).strip()


class Stores:
    """The two registries, and the layouts that are made meanwhile."""

    def __init__(self, world, with_api, without):
        self.world, self.with_api, self.without = world, with_api, without
        self.made = 0
        file = world.path("regctl.json")
        with open(file, "w", encoding="ascii") as out:
            json.dump({"hosts": {one.host: {"tls": "disabled"} for one in (with_api, without)}}, out)
        world.env["REGCTL_CONFIG"] = file

    def fresh(self, store):
        """A repository that nobody has used; in a layout of its own where `store` is none."""
        self.made += 1
        return Place(self.world, store or self.world.path(f"layout-{self.made}"), f"r{self.made}/app")


def attach(world, program, place, selector, kind):
    """Attaches a file that says who did it; returns the digest."""
    folder = world.fresh_folder()
    file = os.path.join(folder, f"{program}.txt")
    with open(file, "w", encoding="ascii") as out:
        out.write(f"{program} attached this to {selector}\n")
    if program == "portolan":
        words = ("attach", place.ours(selector), f"{file}:text/plain", "--artifact-type", kind, "-o", "json")
        return json.loads(world.portolan(*words, *plain(place)).stdout)["digest"]
    if program == "oras":
        words = ("attach", *place.of_oras(selector), f"{file}:text/plain", "--artifact-type", kind)
        return json.loads(world.other("oras", *words, "--disable-path-validation", "--format", "json"))["digest"]
    words = ("artifact", "put", "--artifact-type", kind, "--file", file, "--subject", place.theirs(selector))
    return world.other("regctl", *words, "--format", "{{.Manifest.GetDescriptor.Digest}}").strip()


def plain(*places):
    return () if all(place.is_layout for place in places) else ("--plain-http",)


def trees(world, place, selector=CHART):
    """What refers to a manifest as each program lists it: a dictionary of dictionaries by digest."""
    ours = json.loads(world.portolan("referrers", place.ours(selector), "-o", "json", *plain(place)).stdout)
    yield "portolan", nested(ours["referrers"])
    said = world.other("oras", "discover", *place.of_oras(selector), "--format", "json")
    yield "oras", nested(json.loads(said)["referrers"])
    if not place.is_layout:
        yield "regctl", listed_by_regctl(world, place, selector)


def nested(entries):
    return {entry["digest"]: nested(entry["referrers"]) for entry in entries}


def listed_by_regctl(world, place, selector):
    words = ("artifact", "list", place.theirs(selector), "--format", "{{range .Descriptors}}{{println .Digest}}{{end}}")
    return {digest: listed_by_regctl(world, place, digest) for digest in world.other("regctl", *words).split()}


def differences(world, place, expected, selector=CHART):
    for program, found in trees(world, place, selector):
        if found != expected:
            yield f"{place.ours(selector)}: {program} lists {found} instead of {expected}"


def attach_everything(world, place, expected):
    """A chart with something from each program, and on each of those something from the two others."""
    (small,) = (archive for archive in world.archives if os.path.basename(archive).startswith("app-1.2.3"))
    world.portolan("push", small, "--as", place.ours(CHART), *plain(place))
    for program in PROGRAMS:
        digest = attach(world, program, place, CHART, f"test/by-{program}")
        others = [other for other in PROGRAMS if other != program]
        expected[digest] = {attach(world, other, place, digest, f"test/on-{program}"): {} for other in others}


def fetched(world, place, expected):
    """What was attached is there byte for byte, whoever asks."""
    for digest in [*expected, *(inner for below in expected.values() for inner in below)]:
        manifest = world.portolan("manifest", place.ours(digest), *plain(place)).stdout
        if layouts.sha256(manifest) != digest:
            yield f"{digest}: we get another manifest"
        (layer,) = json.loads(manifest)["layers"]
        file = os.path.join(world.fresh_folder(), "blob")
        words = (f"{place.theirs(layer['digest'])}", "-o", file, "--plain-http")
        world.other("oras", "blob", "fetch", *words)
        if b"attached this to" not in layouts.read(file):
            yield f"{digest}: oras gets {layouts.read(file)}"


def attachments(world, place, expected):
    attach_everything(world, place, expected)
    yield from differences(world, place, expected)
    yield from fetched(world, place, expected)


def copied(world, source, target, *more):
    words = ("copy", source.ours(CHART), target.ours(CHART), "--referrers", "-o", "json", *more)
    (item,) = json.loads(world.portolan(*words, *plain(source, target)).stdout)["items"]
    return item


def blobs(world, stores, place):
    """All that oras finds in a place, in a layout."""
    out = stores.fresh(None)
    world.other("oras", "copy", "-r", *place.of_oras(CHART, "from-"), *out.of_oras(CHART, "to-"))
    yield from layouts.complaints(out.host)
    return set(os.listdir(os.path.join(out.host, "blobs", "sha256")))


def copies(world, stores, begin, expected):
    """One after the other, each into a repository of its own: from each kind of store to each, its own included."""
    with_api, without = stores.with_api, stores.without
    way = (without, with_api, with_api, None, with_api, None, without, without, None, None, without)
    digest = begin.resolved(CHART)
    first = yield from blobs(world, stores, begin)
    source = begin
    for store in way:
        target = stores.fresh(store)
        said = copied(world, source, target)
        if target.resolved(CHART) != digest:
            yield f"{target.ours(CHART)}: {target.resolved(CHART)} instead of {digest}"
        yield from differences(world, target, expected)
        there = yield from blobs(world, stores, target)
        if there != first:
            yield f"{source.ours(CHART)} to {target.ours(CHART)}: {there ^ first} differ: {said}"
        again = copied(world, source, target)
        if again["status"] != "unchanged" or again["blobs_sent"] != 0:
            yield f"{source.ours(CHART)} to {target.ours(CHART)}: copied again: {again}"
        source = target


def copies_of_others(world, stores, begin, expected):
    """What oras and regctl have copied with referrers, we list, and it can be copied on."""
    for store in (stores.with_api, stores.without):
        by_oras = stores.fresh(store)
        world.other("oras", "copy", "-r", *begin.of_oras(CHART, "from-"), *by_oras.of_oras(CHART, "to-"))
        by_regctl = stores.fresh(store)
        world.other("regctl", "image", "copy", "--referrers", begin.theirs(CHART), by_regctl.theirs(CHART))
        for place in (by_oras, by_regctl):
            yield from differences(world, place, expected)
            target = stores.fresh(None)
            copied(world, place, target)
            yield from differences(world, target, expected)


def deletions(world, stores, begin, expected):
    """One goes after the other, and the lists stay right, until nothing is left; then something is attached again."""
    place = stores.fresh(begin.store)
    copied(world, begin, place)
    remaining = {digest: dict(below) for digest, below in expected.items()}

    def delete(digest):
        world.portolan("delete", place.ours(digest), *plain(place))
        return differences(world, place, remaining)

    for digest, below in list(remaining.items()):
        for inner in list(below):
            del below[inner]
            yield from delete(inner)
        del remaining[digest]
        yield from delete(digest)
    if place.resolved(CHART) != begin.resolved(CHART):
        yield "the chart itself has changed"
    for program in PROGRAMS:
        remaining[attach(world, program, place, CHART, "test/again")] = {}
        yield from differences(world, place, remaining)


def crowds(world, stores, begin, expected):
    """Six attach at once, then three of these go while three others come."""
    place = stores.fresh(begin.store)
    copied(world, begin, place)
    listed = {digest: dict(below) for digest, below in expected.items()}

    def attaching(number):
        words = ("attach", place.ours(CHART), "--artifact-type", f"test/n{number}", "--annotation", "a=b", "-q")
        return (*words, "-o", "json", *plain(place))

    def outcome(commands):
        codes, said = at_once(PORTOLAN, commands, world.env)
        yield from failed(codes, said)
        listed.update((json.loads(text)["digest"], {}) for text in said if text.startswith("{") and not any(codes))
        yield from differences(world, place, listed)

    yield from outcome([attaching(number) for number in range(6)])
    going = [digest for digest in listed if digest not in expected][:3]
    for digest in going:
        del listed[digest]
    deleting = [("delete", place.ours(digest), *plain(place)) for digest in going]
    yield from outcome([*deleting, *(attaching(number) for number in range(6, 9))])


def digest_tags(world, stores, begin, expected):
    """cosign's tags go along: those of the chart and of what refers to it, and nobody else's."""
    place = stores.fresh(begin.store)
    copied(world, begin, place)
    chart = place.resolved(CHART)
    signed = [f"{chart}.sig", f"{chart}.att", f"{next(iter(expected))}.sig"]
    wanted = {tag.replace(":", "-"): None for tag in signed}
    for tag in (*wanted, f"sha256-{'0' * 64}.sig"):
        file = os.path.join(world.fresh_folder(), "payload.json")
        with open(file, "w", encoding="ascii") as out:
            out.write(f"a signature called {tag}\n")
        words = ("push", *place.of_oras(tag), "--disable-path-validation", "--format", "json")
        said = json.loads(world.other("oras", *words, f"{file}:application/vnd.dev.cosign.simplesigning.v1+json"))
        if tag in wanted:
            wanted[tag] = said["digest"]
    for store in (stores.with_api, stores.without, None):
        target = stores.fresh(store)
        copied(world, place, target)
        found = {tag: target.resolved(tag) for tag in target.tags() if "." in tag and tag != CHART}
        if found != wanted:
            yield f"{place.ours(CHART)} to {target.ours(CHART)}: {found} instead of {wanted}"
        yield from differences(world, target, expected)
        back = stores.fresh(place.store)
        copied(world, target, back)
        if {tag: back.resolved(tag) for tag in wanted} != wanted:
            yield f"{target.ours(CHART)} to {back.ours(CHART)}: {back.tags()}"


def all_cases(tap, world, stores):
    for store, name in ((stores.with_api, "with the API"), (stores.without, "without the API")):
        place, expected = stores.fresh(store), {}
        case(tap, f"{name}: what each program attaches, all list", attachments(world, place, expected))
        case(tap, f"{name}: copies from store to store lose nothing", copies(world, stores, place, expected))
        case(tap, f"{name}: we list what others have copied", copies_of_others(world, stores, place, expected))
        case(tap, f"{name}: a deletion keeps the list right", deletions(world, stores, place, expected))
        case(tap, f"{name}: those who attach and delete at once lose nothing", crowds(world, stores, place, expected))
        case(tap, f"{name}: cosign's tags go along", digest_tags(world, stores, place, expected))


def main():
    tap = Tap()
    with contextlib.ExitStack() as stack:
        world = World(stack.enter_context(programs.scratch()))
        try:
            for program in PROGRAMS[1:]:
                programs.find(program)
            with_api = stack.enter_context(registries.with_referrers(programs.find("referrers_registry")))
            without = stack.enter_context(registries.Registry(world.path("registry")))
            all_cases(tap, world, Stores(world, with_api, without))
        except programs.Missing as missing:
            tap.skip("referrers, with oras and regctl", missing)
    tap.finish()


main()
