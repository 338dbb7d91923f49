# SPDX-License-Identifier: Apache-2.0
"""The program testregistry while a test runs, and its report afterwards."""

import json
import os
import subprocess


class TestRegistry:
    """`host`, `url`, `storage` and `blobs` while it runs; `report` when it has ended."""

    def __init__(self, program, *options, password=None):
        environment = {**os.environ}
        if password is not None:
            environment["TESTREGISTRY_PASSWORD"] = password
        self.report = None
        self.process = subprocess.Popen(
            [program, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )
        first = self.process.stdout.readline()
        if not first:
            raise AssertionError(f"testregistry ends at once with {self.process.wait()}")
        started = json.loads(first)
        self.host, self.url, self.storage = started["host"], started["url"], started["storage"]
        self.blobs = started["blobs"]

    def stop(self):
        """Ends it; returns the report."""
        if self.report is None:
            rest, _ = self.process.communicate(timeout=60)
            self.report = json.loads(rest)
        return self.report

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
