# SPDX-License-Identifier: Apache-2.0
"""An OCI image layout as the specification describes it, read without any of our code."""

import hashlib
import json
import os

REF_NAME = "org.opencontainers.image.ref.name"
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = INDEXES + (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
TEMPORARY = (".portolan-", ".tmp")  # how the names of unfinished files begin and end
CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def is_temporary(name):
    return name.startswith(TEMPORARY[0]) and name.endswith(TEMPORARY[1])


def read(path):
    with open(path, "rb") as file:
        return file.read()


def blob_path(folder, digest):
    return os.path.join(folder, "blobs", *digest.split(":"))


def index(folder):
    return json.loads(read(os.path.join(folder, "index.json")))


def tags(folder):
    """The digest of each name in index.json."""
    return {
        entry["annotations"][REF_NAME]: entry["digest"]
        for entry in index(folder)["manifests"]
        if REF_NAME in entry.get("annotations", {})
    }


def complaints(folder):
    """All that is wrong with a layout; a folder that is not there, or has no `oci-layout` yet, is fine.

    `oci-layout` is written last when a layout is made: with it but without index.json, oras refuses the folder.
    """
    if not os.path.isdir(folder):
        return
    there = [name for name in os.listdir(folder) if not is_temporary(name)]
    yield from _blob_complaints(folder)
    if "oci-layout" not in there:
        return
    try:
        if json.loads(read(os.path.join(folder, "oci-layout"))) != {"imageLayoutVersion": "1.0.0"}:
            yield "oci-layout has another content"
        entries = index(folder)["manifests"]
    except (OSError, ValueError, KeyError) as error:
        yield f"the layout cannot be read: {error!r}"
        return
    seen = set()
    for entry in entries:
        yield from _missing(folder, entry, entry.get("annotations", {}).get(REF_NAME, entry["digest"]), seen)


def _blob_complaints(folder):
    for above, _, names in os.walk(os.path.join(folder, "blobs")):
        for name in names:
            path = os.path.join(above, name)
            if is_temporary(name):
                continue
            if hashlib.new(os.path.basename(above), read(path)).hexdigest() != name:
                yield f"{os.path.relpath(path, folder)} has another content ({os.path.getsize(path)} bytes)"


def _missing(folder, descriptor, name, seen):
    if descriptor["digest"] in seen:
        return
    seen.add(descriptor["digest"])
    path = blob_path(folder, descriptor["digest"])
    if not os.path.isfile(path):
        yield f"{name} needs {descriptor['digest']}, which is not there"
        return
    if os.path.getsize(path) != descriptor["size"]:
        yield f"{name}: {descriptor['digest']} has {os.path.getsize(path)} bytes instead of {descriptor['size']}"
    if descriptor["mediaType"] in MANIFESTS:
        manifest = json.loads(read(path))
        below = manifest.get("manifests", []) + manifest.get("layers", []) + [manifest.get("config")]
        for child in filter(None, below):
            yield from _missing(folder, child, name, seen)
