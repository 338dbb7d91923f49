# SPDX-License-Identifier: Apache-2.0
"""A layout with one blob of a gibibyte, which takes no room on the disk as long as nobody copies it."""

import json
import os

import layouts

BLOB = 1 << 30
ZEROS = "sha256:49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14"  # of BLOB zero bytes


def write(folder):
    config = b"{}"
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": "application/vnd.example.big",
            "config": {
                "mediaType": "application/vnd.oci.empty.v1+json",
                "digest": layouts.sha256(config),
                "size": len(config),
            },
            "layers": [{"mediaType": "application/octet-stream", "digest": ZEROS, "size": BLOB}],
        }
    ).encode()
    index = {
        "schemaVersion": 2,
        "manifests": [
            {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": layouts.sha256(manifest),
                "size": len(manifest),
                "annotations": {layouts.REF_NAME: "big:1"},
            }
        ],
    }
    os.makedirs(os.path.join(folder, "blobs", "sha256"))
    for data in (config, manifest):
        with open(layouts.blob_path(folder, layouts.sha256(data)), "wb") as file:
            file.write(data)
    with open(layouts.blob_path(folder, ZEROS), "wb") as file:
        file.truncate(BLOB)
    for name, document in (("index.json", index), ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            json.dump(document, file)
