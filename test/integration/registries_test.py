# SPDX-License-Identifier: Apache-2.0
"""Charts go to real registries and come back: open ones, with passwords, with tokens, with TLS, with client
certificates. helm, oras and crane find there what Portolan pushed, and Portolan what helm pushed, with equal digests.

Usage: registries_test.py PORTOLAN

The registries are Debian's docker-registry (distribution 2), distribution 3 where PORTOLAN_DISTRIBUTION names it, and
the one with a referrers API where PORTOLAN_REFERRERS_REGISTRY does.
"""

import json
import os

from world import PORTOLAN, SECRET, World, case
import layouts
import programs
import registries
from tap import Tap


def push_all(world, reached):
    for archive in world.archives:
        pushed = world.pushed(archive, reached, "ours")
        if pushed["status"] != "pushed":
            yield f"{archive}: pushed for the first time it is {pushed['status']}"
        again = world.pushed(archive, reached, "ours")
        if again["status"] != "unchanged" or again["digest"] != pushed["digest"]:
            yield f"{archive}: pushed again it is {again['status']}, {again['digest']}"
        reached.holds.append((archive, pushed["reference"].removeprefix("oci://"), pushed["digest"]))


def ours_to_others(world, reached):
    for archive, reference, digest in reached.holds:
        repository, _, tag = reference.rpartition(":")
        out = world.fresh_folder()
        said = world.other(
            "helm", "pull", f"oci://{repository}", "--version", tag.replace("_", "+"), "-d", out, *reached.of_helm()
        )
        (file,) = os.listdir(out)
        if layouts.read(os.path.join(out, file)) != layouts.read(archive):
            yield f"{reference}: helm pulls other bytes"
        if digest not in said:
            yield f"{reference}: helm names another digest than {digest}: {said}"
        if reached.crane:
            env = reached.env_of_crane(world.env)
            resolved = world.other("crane", "digest", reference, env=env).strip()
            if resolved != digest:
                yield f"{reference}: crane resolves {resolved}"
            layer = layouts.sha256(layouts.read(archive))
            blob = programs.run([programs.find("crane"), "blob", f"{repository}@{layer}"], env)
            if blob.stdout != layouts.read(archive):
                yield f"{reference}: crane gets other bytes: {blob.stderr.decode()}"
        resolved = world.other("oras", "resolve", reference, *reached.of_oras()).strip()
        if resolved != digest:
            yield f"{reference}: oras resolves {resolved}"
        out = world.fresh_folder()
        world.other("oras", "pull", reference, "-o", out, *reached.of_oras())
        pulled = [os.path.join(above, name) for above, _, names in os.walk(out) for name in names]
        if layouts.read(archive) not in map(layouts.read, pulled):
            # A layer without a title is a file only where oras is asked for it by its digest.
            layer = layouts.sha256(layouts.read(archive))
            file = os.path.join(out, "blob")
            world.other("oras", "blob", "fetch", f"{repository}@{layer}", "-o", file, *reached.of_oras())
            if layouts.read(file) != layouts.read(archive):
                yield f"{reference}: oras pulls other bytes"


def others_to_us(world, reached):
    for archive in world.archives:
        said = world.other("helm", "push", archive, f"oci://{reached.host}/theirs", *reached.of_helm())
        digest = next(line.split()[-1] for line in said.splitlines() if line.startswith("Digest:"))
        place = next(line.split()[-1] for line in said.splitlines() if line.startswith("Pushed:"))
        out = world.fresh_folder()
        pulled = world.portolan("pull", f"oci://{place}", "-d", out, reached=reached).stdout.decode()
        if digest not in pulled:
            yield f"{place}: we name another digest than {digest}: {pulled}"
        (file,) = os.listdir(out)
        if layouts.read(os.path.join(out, file)) != layouts.read(archive):
            yield f"{place}: we pull other bytes"
        yield from of_oras_and_crane(world, reached, archive, place, digest)


def of_oras_and_crane(world, reached, archive, place, digest):
    """What oras pushes as a chart, and what crane copies, is what we pull."""
    repository, _, tag = place.rpartition(":")
    name = repository.rpartition("/")[2]
    config = os.path.join(world.fresh_folder(), "config.json")
    with open(config, "w", encoding="utf-8") as file:
        json.dump({"name": name, "version": tag.replace("_", "+"), "apiVersion": "v2"}, file)
    folder, archive_name = os.path.split(archive)
    pushed = f"{reached.host}/oras/{name}:{tag}"
    done = programs.run(
        [programs.find("oras"), "push", pushed, "--config", f"{config}:application/vnd.cncf.helm.config.v1+json",
         f"{archive_name}:application/vnd.cncf.helm.chart.content.v1.tar+gzip", "--disable-path-validation",
         *reached.of_oras()],
        world.env, cwd=folder,
    )  # fmt: skip
    if done.returncode != 0:
        yield f"{pushed}: {programs.says(done)}"
    else:
        yield from pulls(world, reached, pushed, archive)
    if reached.crane:
        copied = f"{reached.host}/crane/{name}:{tag}"
        world.other("crane", "copy", place, copied, env=reached.env_of_crane(world.env))
        yield from pulls(world, reached, copied, archive)
        resolved = world.portolan("resolve", f"oci://{copied}", reached=reached).stdout.decode().strip()
        if resolved != digest:
            yield f"{copied}: we resolve {resolved} instead of {digest}"


def pulls(world, reached, place, archive):
    out = world.fresh_folder()
    world.portolan("pull", f"oci://{place}", "-d", out, reached=reached)
    (file,) = os.listdir(out)
    if layouts.read(os.path.join(out, file)) != layouts.read(archive):
        yield f"{place}: we pull other bytes"


def small_verbs(world, reached):
    reference = f"oci://{reached.host}/ours/app"
    digest = world.portolan("resolve", f"{reference}:1.2.3+b.1", reached=reached).stdout.decode().strip()
    world.portolan("tag", f"{reference}:1.2.3_b.1", "stable", reached=reached)
    if world.portolan("resolve", f"{reference}:stable", reached=reached).stdout.decode().strip() != digest:
        yield "a new tag names something else"
    gone = world.portolan("delete", f"{reference}:stable", reached=reached, codes=(0, 3)).stderr.decode()
    if gone and "deletes no tags" not in gone:
        yield f"of a tag that the registry does not delete it says: {gone}"
    versions = world.portolan("versions", reference, reached=reached).stdout.decode().split()
    if versions != ["1.2.3+b.1"]:
        yield f"versions: {versions}"
    if b"name: app" not in world.portolan("show", "chart", reference, reached=reached).stdout:
        yield "show chart does not show it"
    if world.portolan("manifest", f"{reference}@{digest}", reached=reached).stdout[:1] != b"{":
        yield "manifest prints none"
    missing = world.portolan("pull", f"{reference}:9.9.9", reached=reached, codes=(5,)).stderr.decode()
    if "has no ours/app:9.9.9 (HTTP 404)" not in missing:
        yield f"of a missing tag it says: {missing}"


def copies(world, all_kinds):
    """From each registry into a layout and on to the next one, and inside each of them."""
    for number, reached in enumerate(all_kinds):
        source = f"oci://{reached.host}/ours/app:1.2.3_b.1"
        digest = world.portolan("resolve", source, reached=reached).stdout.decode().strip()
        layout = f"oci-layout:{world.path('layout')}//{number}/app:1.2.3_b.1"
        world.portolan("copy", source, layout, reached=reached)
        following = all_kinds[(number + 1) % len(all_kinds)]
        target = f"oci://{following.host}/copied/{number}/app"
        world.portolan("copy", layout, target, reached=following)
        inside = f"oci://{reached.host}/inside/app"
        said = world.portolan("copy", source, inside, reached=reached).stdout.decode()
        if reached.mounts and "0 blobs" not in said:
            yield f"{reached.name}: inside the registry blobs were moved: {said}"
        for place, how in ((layout, None), (f"{target}:1.2.3_b.1", following), (f"{inside}:1.2.3_b.1", reached)):
            found = world.portolan("resolve", place, reached=how).stdout.decode().strip()
            if found != digest:
                yield f"{place}: {found} instead of {digest}"


def refusals(world, reached):
    """A wrong password is told with its source, by exit code 4, and never itself."""
    wrong = {**world.env, "PORTOLAN_USERNAME": registries.USERNAME, "PORTOLAN_PASSWORD": "wr0ng-secret"}
    archive = world.archives[0]
    for what, env in (("a wrong password", wrong), ("no account", world.env)):
        done = world.portolan("push", archive, f"oci://{reached.host}/refused", reached=reached, env=env, codes=(4,))
        said = done.stderr.decode()
        if "wr0ng" in said:
            yield f"{what}: it is told: {said}"
        source = "PORTOLAN_USERNAME" if env is wrong else "anonymous"
        if source not in said or "refused" not in said:
            yield f"{what}: {said}"


def direct_copies(world, all_kinds):
    """From each registry to each other one that is reached in the same way, with the accounts that are kept."""
    accounts = world.path("accounts.json")
    widest = {bool(reached.ca): reached for reached in all_kinds}  # the one that needs most options comes last
    for reached in all_kinds:
        if reached.certificate:
            widest[True] = reached
        if reached.user:
            words = ["login", reached.host, "-u", registries.USERNAME, "--password-stdin", "--plain-http"]
            programs.run([PORTOLAN, *words, "--registry-config", accounts], world.env, stdin=SECRET.encode())
    for one in all_kinds:
        for other in all_kinds:
            if one is other or bool(one.ca) != bool(other.ca):
                continue
            source = f"oci://{one.host}/ours/app:1.2.3_b.1"
            target = f"oci://{other.host}/from/{one.host.rpartition(':')[2]}/app:1.2.3_b.1"
            words = [*widest[bool(one.ca)].of_portolan(), "--registry-config", accounts]
            said = world.portolan("copy", source, target, "-o", "json", *words).stdout
            digests = [world.portolan("resolve", at, *words).stdout for at in (source, target)]
            if digests[0] != digests[1]:
                yield f"{one.name} to {other.name}: {digests}: {said.decode()}"


def explanations(world, reached):
    """What auth explain says of an account that is let in, and of nobody."""
    reference = f"oci://{reached.host}/ours/app"
    said = json.loads(world.portolan("auth", "explain", reference, "-o", "json", reached=reached).stdout)
    scheme = "bearer" if "tokens" in reached.name else "basic"
    if said["challenge"]["scheme"] != scheme or said["account"]["username"] != registries.USERNAME or said["error"]:
        yield f"of an account that is let in: {said}"
    done = world.portolan("auth", "explain", reference, reached=reached, env=world.env, codes=(0, 4))
    # Whoever asks our token server gets a token for pulling.
    if done.returncode != (0 if scheme == "bearer" else 4) or b"none, as nobody" not in done.stdout:
        yield f"of nobody: {programs.says(done)}"


def logins(world, reached):
    """An account is tried and kept for helm and us alike, and forgotten again; a wrong one is not kept."""
    config = os.path.join(world.env["HELM_CONFIG_HOME"], "registry", "config.json")
    words = [PORTOLAN, "login", reached.host, "--username", registries.USERNAME, "--password-stdin", "--plain-http"]
    wrong = programs.run(words, world.env, stdin=b"wr0ng-secret\n")
    kept = os.path.exists(config) and reached.host.encode() in layouts.read(config)
    if wrong.returncode != 4 or b"wr0ng" in wrong.stdout + wrong.stderr or kept:
        yield f"a wrong password: {programs.says(wrong)}"
    done = programs.run(words, world.env, stdin=SECRET.encode() + b"\n")
    if done.returncode != 0 or SECRET.encode() in done.stdout + done.stderr:
        yield f"a right password: {programs.says(done)}"
    elif os.stat(config).st_mode & 0o077:
        yield "others may read the file of accounts"
    place = f"oci://{reached.host}/kept"
    world.portolan("push", world.archives[0], place, "--plain-http")
    try:
        world.other("helm", "show", "chart", f"{place}/app", "--plain-http", "--version", "1.2.3+b.1")
    except programs.Missing:
        pass
    out = programs.run([PORTOLAN, "logout", reached.host, "-o", "json"], world.env)
    if out.returncode != 0 or json.loads(out.stdout)["registry"] != reached.host:
        yield f"logout: {programs.says(out)}"
    after = programs.run([PORTOLAN, "versions", f"{place}/app", "--plain-http"], world.env)
    if reached.name == "with passwords" and after.returncode != 4:
        yield f"after the logout: {programs.says(after)}"
    again = programs.run([PORTOLAN, "registry", "logout", reached.host], world.env)
    if again.returncode != 5:
        yield f"a second logout: {programs.says(again)}"


def wrong_certificates(world, tls):
    archive = world.archives[0]
    done = programs.run([PORTOLAN, "push", archive, f"oci://{tls.host}/x", "--cert-file", "/dev/null"], world.env)
    if done.returncode != 3:
        yield f"an empty certificate file: {programs.says(done)}"
    other = registries.Authority(world.path("other-authority"))
    done = programs.run([PORTOLAN, "push", archive, f"oci://{tls.host}/x", "--ca-file", other.certificate], world.env)
    if done.returncode != 8 or b"is not trusted" not in done.stderr:
        yield f"another authority: {programs.says(done)}"
    done = programs.run([PORTOLAN, "push", archive, f"oci://{tls.host}/x", "--insecure-skip-tls-verify"], world.env)
    if done.returncode != 0:
        yield f"any certificate: {programs.says(done)}"


def main():
    tap = Tap()
    with programs.scratch() as folder:
        world = World(folder)
        print(f"# {len(world.archives)} charts", flush=True)
        try:
            more = {}
            for name in ("distribution", "referrers_registry"):
                try:
                    more[name] = programs.find(name)
                except programs.Missing as missing:
                    tap.skip(f"the registry {name}", missing)
            with registries.every_kind(world.path("registries"), **more) as kinds:
                for reached in kinds:
                    case(tap, f"{reached.name}: a chart is pushed once, and unchanged after that", push_all(world, reached))
                    case(tap, f"{reached.name}: helm, oras and crane find what we pushed", ours_to_others(world, reached))
                    case(tap, f"{reached.name}: we find what helm pushed", others_to_us(world, reached))
                    case(tap, f"{reached.name}: resolve, tag, versions, show, manifest", small_verbs(world, reached))
                case(tap, "copies between all of them and a layout keep the digest", copies(world, kinds))
                case(tap, "copies from each to each keep the digest", direct_copies(world, kinds))
                for reached in kinds:
                    if reached.user:
                        case(tap, f"{reached.name}: a refusal says whose account it was", refusals(world, reached))
                for reached in kinds:
                    if reached.user:
                        case(tap, f"{reached.name}: an account is explained", explanations(world, reached))
                for reached in kinds:
                    if reached.user:
                        case(tap, f"{reached.name}: an account is kept for helm and us", logins(world, reached))
                case(tap, "with TLS: only what is trusted is spoken to", wrong_certificates(world, kinds[3]))
        except programs.Missing as missing:
            tap.skip("real registries", missing)
    tap.finish()


main()
