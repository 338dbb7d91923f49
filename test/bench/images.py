# SPDX-License-Identifier: Apache-2.0
"""The images to copy, of one platform and of two, each a layout; the same bytes in each run."""

import gzip
import hashlib
import io
import json
import os
import random
import tarfile

from layouts import REF_NAME

TAG = "1.0.0"
LAYERS = 3  # of each platform, besides the config
LAYER_SIZE = 5 << 20  # bytes, which do not compress
IMAGES = {"image": ("amd64",), "index": ("amd64", "arm64")}
OCI = "application/vnd.oci.image"


class Layout:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(os.path.join(folder, "blobs", "sha256"))

    def blob(self, media_type, data, **more):
        """Stores it; returns its descriptor."""
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(self.folder, "blobs", "sha256", digest), "wb") as file:
            file.write(data)
        return {"mediaType": f"{OCI}.{media_type}", "digest": f"sha256:{digest}", "size": len(data), **more}

    def document(self, media_type, content, **more):
        return self.blob(media_type, json.dumps(content).encode(), **more)

    def image(self, architecture):
        # Real layers: skopeo packs what it does not recognize as gzip.
        archives = [layer(f"{architecture} {number}") for number in range(LAYERS)]
        platform = {"architecture": architecture, "os": "linux"}
        diffs = [f"sha256:{hashlib.sha256(archive).hexdigest()}" for archive in archives]
        config = self.document("config.v1+json", {**platform, "rootfs": {"type": "layers", "diff_ids": diffs}})
        layers = [self.blob("layer.v1.tar+gzip", gzip.compress(archive, 1, mtime=0)) for archive in archives]
        manifest = {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "config": config, "layers": layers}
        return self.document("manifest.v1+json", manifest, platform=platform)

    def finish(self, root):
        entry = {**root, "annotations": {REF_NAME: TAG}}
        for name, content in (
            ("index.json", {"schemaVersion": 2, "manifests": [entry]}),
            ("oci-layout", {"imageLayoutVersion": "1.0.0"}),
        ):
            with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
                json.dump(content, file)


def layer(name):
    """A tar archive with one file."""
    entry = tarfile.TarInfo("noise.bin")
    entry.size = LAYER_SIZE
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(random.Random(name).randbytes(LAYER_SIZE)))
    return out.getvalue()


def write(folder, architectures):
    layout = Layout(folder)
    manifests = [layout.image(architecture) for architecture in architectures]
    if len(manifests) == 1:
        layout.finish({key: value for key, value in manifests[0].items() if key != "platform"})
    else:
        index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": manifests}
        layout.finish(layout.document("index.v1+json", index))
