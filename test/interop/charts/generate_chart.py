# SPDX-License-Identifier: Apache-2.0
"""Odd charts, legal and not quite: each is made from its seed alone, so that one of thousands can be made again.

A chart is ordinary in most respects and odd in a few, so that one oddity seldom hides another.
"""

import gzip
import io
import json
import os
import random
import tarfile

import generate_yaml
import oddities


class Chart:
    """A chart to be: its files, links, modes and times, and what matters for comparing."""

    def __init__(self, seed, number):
        self.random = random.Random(f"{seed}:{number}")
        self.number = number
        self.name = f"app{number}"  # the ordinary name of it; an odd one replaces it
        self.files = {}
        self.links = {}
        self.times = {}
        self.modes = {}
        self.subcharts = 0
        _Maker(self).make()

    def write(self, folder):
        for name, data in self.files.items():
            path = os.fsencode(os.path.join(folder, name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        for name, target in self.links.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(target, path)
        for name, mode in self.modes.items():
            os.chmod(os.path.join(folder, name), mode)
        for name, time in self.times.items():
            os.utime(os.fsencode(os.path.join(folder, name)), ns=(0, time))


class _Maker:
    def __init__(self, chart):
        self.chart = chart
        self.random = chart.random
        self.yaml = generate_yaml.Maker(chart.random)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def choice(self, choices):
        return self.random.choice(choices)

    def text(self, most=400):
        words = self.random.choices(
            ["alpha", "βeta", "{{ .Values.x }}", "kind: ConfigMap", "---", "#", "\n", "\r\n", "\t", "  ", "漢字"],
            k=self.random.randrange(most // 8),
        )
        return " ".join(words).encode()

    def content(self):
        kind = self.random.randrange(12)
        if kind == 0:
            return b""
        if kind == 1:
            return self.random.randbytes(self.random.choice([1, 100, 511, 512, 513, 4096]))
        if kind == 2:
            return b"\xef\xbb\xbf" + self.text()
        if kind == 3:
            return self.text().replace(b"\n", b"\r\n")
        if kind == 4:
            return self.random.choice(
                [b"\0", b"a", b"\n", b"\xff\xfe\0x", b"\xef\xbb\xbf", b"\xef\xbb", b"\xef\xbb\xbf\xef\xbb\xbfx"]
            )
        if kind == 5:
            return bytes([self.random.randrange(256)]) * self.random.choice([300, 70_000])
        if kind == 6:
            return self.random.randbytes(8) * self.random.choice([50, 9000])
        return self.text()

    def time(self):
        if self.chance(15):
            return self.choice(oddities.ODD_TIMES)
        return self.random.randrange(1_400_000_000, 1_800_000_000) * 10**9 + self.choice(
            [0, 0, 0, 123_456_789, 500_000_000]
        )

    def put(self, name, data):
        # A name that is a folder already, or below a file, has no place.
        parts = name.split("/")
        above = {"/".join(parts[:i]) for i in range(1, len(parts))}
        if above & self.chart.files.keys() or any(other.startswith(name + "/") for other in self.chart.files):
            return
        if any(len(os.fsencode(part)) > 255 for part in parts):
            return
        self.chart.files[name] = data

    def make(self):
        api_version = self.choice(["v1", "v2", "v2", "v2", "v2"])
        metadata = self.metadata(api_version)
        kids = self.kids("", 2 if self.chance(12) else 1 if self.chance(30) else 0)
        dependencies = self.dependencies(kids)
        lock = self.lock(dependencies)
        if api_version == "v2" and dependencies:
            metadata.append(("dependencies", dependencies))
        elif dependencies:
            self.put("requirements.yaml", self.yaml.document([("dependencies", dependencies)]))
        if self.chance(3):
            self.put("requirements.yaml", self.yaml.document([("dependencies", self.dependencies(kids))]))
        if lock and self.chance(90):
            self.put("Chart.lock" if api_version == "v2" or self.chance(5) else "requirements.lock", lock)
        self.put("Chart.yaml", self.yaml.document(metadata))
        if self.chance(1):
            self.chart.files["Chart.yaml"] = self.random.choice(
                [b"", b"- a\n", b"name: [\n", b"apiVersion: v2\n...\nname: x\n", b"\0"]
            )
        if self.chance(0.5):
            del self.chart.files["Chart.yaml"]
        self.put_files()
        self.links()
        for name in self.chart.files:
            self.chart.times[name] = self.time()
            if self.chance(15):
                self.chart.modes[name] = self.choice([0o755, 0o600, 0o777, 0o444])

    def metadata(self, api_version):
        wrong = self.chance(3)
        fields = [
            ("name", self.choice(oddities.WRONG_NAMES) if wrong and self.chance(50) else self.name()),
            ("version", self.choice(oddities.WRONG_VERSIONS) if wrong and self.chance(60) else self.version()),
        ]
        if not (api_version == "v1" and self.chance(40)):
            fields.append(
                (
                    "apiVersion",
                    "v3" if self.chance(0.5) else "v9" if self.chance(0.5) else generate_yaml.Word(api_version),
                )
            )
        for key in ("description", "home", "icon", "appVersion", "kubeVersion", "condition", "tags"):
            if self.chance(35 if key in ("description", "appVersion", "home") else 8):
                fields.append((key, self.yaml.value()))
        for key in ("keywords", "sources"):
            if self.chance(20):
                fields.append((key, [self.yaml.value() for _ in range(self.random.randrange(4))]))
        if self.chance(20):
            fields.append(("maintainers", [self.maintainer() for _ in range(self.random.randrange(1, 4))]))
        if self.chance(30):
            fields.append(
                ("annotations", [(self.yaml.key(), self.yaml.value()) for _ in range(self.random.randrange(6))] or {})
            )
        if self.chance(15):
            fields.append(
                (
                    "type",
                    generate_yaml.Word(
                        self.choice(["Application", "", "other"] if self.chance(10) else ["application", "library"])
                    ),
                )
            )
        if self.chance(8):
            fields.append(
                ("deprecated", generate_yaml.Raw(self.choice(["true", "false", "yes", "no", "on", "'true'", "1", "~"])))
            )
        if self.chance(10):
            fields.append(
                (self.choice(["unknown", "engine", "Name", "VERSION", "x-y", "appversion"]), self.yaml.value())
            )
        self.random.shuffle(fields)
        return fields

    def name(self):
        if self.chance(30):
            self.chart.name = self.choice(oddities.NAMES)
        return generate_yaml.Word(self.chart.name)

    def version(self):
        return generate_yaml.Word(self.choice(oddities.VERSIONS))

    def maintainer(self):
        if self.chance(2):
            return None
        return [(key, self.yaml.value()) for key in ("name", "email", "url") if self.chance(60)] or [("name", "x")]

    def kids(self, prefix, depth):
        """Child charts, as folders and as archives, and other things that lie in charts/. Returns their names."""
        names = []
        if depth == 0:
            return names
        for i in range(self.random.choice([1, 1, 1, 1, 2, 3])):
            name = self.choice(["kid", "Kid", "k-1", "ünkid", "kid.x"]) + str(i)
            names.append(name)
            self.chart.subcharts += 1
            if depth == 1 and self.chance(35):
                self.put(f"{prefix}charts/{name}-1.0.0.tgz", self.packed(name))
                if self.chance(20):
                    self.put(f"{prefix}charts/{name}-1.0.0.tgz.prov", b"signature\n")
                continue
            folder = f"{prefix}charts/{name if self.chance(80) else 'folder' + str(i)}"
            fields = [("name", generate_yaml.Word(name)), ("version", self.version())]
            if self.chance(60):
                fields.append(("apiVersion", generate_yaml.Word(self.choice(["v1", "v2"]))))
            if self.chance(30):
                fields.append(("description", self.yaml.value()))
            self.put(f"{folder}/Chart.yaml", self.yaml.document(fields))
            if self.chance(60):
                self.put(f"{folder}/values.yaml", self.choice(oddities.VALUES[:12]).encode())
            for other in (
                "templates/x.yaml",
                ".helmignore",
                "README.md",
                "templates/.hidden",
                "values.schema.json",
                "crds/c.yaml",
            ):
                if self.chance(15):
                    self.put(f"{folder}/{other}", b"{}" if other.endswith("json") else self.text())
            self.kids(folder + "/", depth - 1)
        if self.chance(8):
            self.put(f"{prefix}charts/{self.choice(['_README.md', '.gitkeep', '_x/y', '.z/Chart.yaml'])}", b"parked\n")
        if self.chance(2):
            self.put(f"{prefix}charts/{self.choice(oddities.STRAYS)}", b"stray\n")
        return names

    def packed(self, name):
        if self.chance(3):
            return self.choice([b"", b"no archive", gzip.compress(b"x"), b"\x1f\x8b\x08"])
        target = io.BytesIO()
        files = {"Chart.yaml": f"name: {json.dumps(name)}\nversion: 1.0.0\n".encode(), "values.yaml": b"a: 1\n"}
        for other in ("templates/t.yaml", "README.md", ".helmignore", "Chart.lock", "crds/x.yaml", "ü/ü.txt"):
            if self.chance(25):
                files[other] = b"*.md\n" if other == ".helmignore" else b"" if other == "Chart.lock" else self.content()
        with tarfile.open(
            fileobj=target,
            mode="w:gz",
            format=self.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]),
            encoding="utf-8",
        ) as archive:
            for path, data in files.items():
                member = tarfile.TarInfo(f"{self.choice([name, name, 'other'])}/{path}")
                member.size, member.mtime = len(data), self.choice([1_600_000_000, 1_600_000_000, 0, 1, 2**33 - 1])
                archive.addfile(member, io.BytesIO(data))
        return target.getvalue()

    def dependencies(self, kids):
        entries = []
        for name in kids:
            if self.chance(25):
                continue
            entry = [("name", generate_yaml.Word(name if self.chance(98) else "absent"))]
            if self.chance(80):
                entry.append(("version", self.choice(["1.0.0", ">=0.1.0", "~1.2", "*", "^1 || <3", "1.x"])))
            if self.chance(60):
                entry.append(
                    (
                        "repository",
                        self.choice(
                            ["", "https://charts.example.test/a?b=1&c=2", "@alias", "file://../x", "oci://r/x"]
                        ),
                    )
                )
            if self.chance(15):
                entry.append(("condition", self.yaml.value()))
            if self.chance(15):
                entry.append(("tags", [self.yaml.value() for _ in range(self.random.randrange(3))]))
            if self.chance(10):
                entry.append(("enabled", generate_yaml.Raw(self.choice(["true", "false"]))))
            if self.chance(10):
                entry.append(
                    ("alias", self.choice(["wrong alias"] if self.chance(10) else ["other", "a_b-c", "0", ""]))
                )
            if self.chance(12):
                entry.append(("import-values", [self.import_value() for _ in range(self.random.randrange(1, 3))]))
            self.random.shuffle(entry)
            entries.append(entry)
        return entries

    def import_value(self):
        return self.choice(
            [
                "data",
                generate_yaml.Raw("1.5"),
                generate_yaml.Raw("{child: c, parent: p}"),
                generate_yaml.Raw("100000000000000000000"),
                generate_yaml.Raw("{child: a.b, parent: ., x: [1, ~, 2.50]}"),
                generate_yaml.Raw("true"),
            ]
        )

    def lock(self, dependencies):
        if not dependencies and self.chance(95):
            return None
        generated = self.choice(
            [
                "2024-05-01T10:11:12.123456+02:00",
                "2020-01-01T00:00:00Z",
                "1999-12-31T23:59:59.9-05:30",
                "2024-02-29T12:00:00.5Z",
                "2024-01-01T00:00:00+00:00",
                "2024-05-01T10:11:12.100000000Z",
                "0999-01-01T00:00:00Z",
            ]
        )
        if self.chance(4):
            generated = self.choice(
                ["2020-01-01", "now", "2024-02-30T00:00:00Z", "2024-01-01 00:00:00Z", "2024-01-01t00:00:00z"]
            )
        locked = [[field for field in entry if field[0] in ("name", "repository", "version")] for entry in dependencies]
        return self.yaml.document(
            [("dependencies", locked), ("digest", "sha256:" + "0" * 64), ("generated", generate_yaml.Word(generated))]
        )

    def put_files(self):
        if self.chance(80):
            self.put(
                "values.yaml",
                (
                    self.choice(oddities.WRONG_VALUES if self.chance(5) else oddities.VALUES).encode()
                    if self.chance(50)
                    else b"a: 1\nb:\n  c: text\n"
                ),
            )
        if self.chance(15):
            self.put(
                "values.schema.json",
                (
                    self.choice(oddities.WRONG_SCHEMAS if self.chance(30) else oddities.SCHEMAS).encode()
                    if self.chance(50)
                    else b'{"type": "object"}\n'
                ),
            )
        for _ in range(self.random.randrange(4)):
            self.put(
                "templates/" + self.choice(oddities.TEMPLATE_NAMES) if self.chance(95) else "templates", self.content()
            )
        if self.chance(20):
            for _ in range(self.random.randrange(1, 4)):
                self.put(
                    "crds/" + self.choice(oddities.CRD_NAMES),
                    self.choice([b"kind: A\n", b"", b"---\nkind: B", b"{}", b"kind: C\n---\nkind: D\n", b"\n"]),
                )
        for _ in range(self.random.choice([0, 0, 1, 2, 3, 6])):
            self.put(self.choice(oddities.DIRECTORIES) + self.choice(oddities.FILE_NAMES), self.content())
        if self.chance(25):
            lines = [
                self.choice(
                    oddities.WRONG_IGNORE_LINES
                    if self.chance(1.5)
                    else oddities.IGNORE_LINES if self.chance(60) else oddities.IGNORE_LINES[:30]
                )
                for _ in range(self.random.choice([1, 2, 3, 8]))
            ]
            end = self.choice(["\n", "\n", "\r\n"])
            text = ("\ufeff" if self.chance(5) else "") + end.join(lines) + ("" if self.chance(20) else end)
            self.put(".helmignore", text.encode())
        self.chart.files.pop("templates/.", None)

    def makes_sense(self, target):
        return target in self.chart.links or any((name + "/").startswith(target + "/") for name in self.chart.files)

    def links(self):
        if not self.chance(12) or not self.chart.files:
            return
        target = self.choice(sorted(self.chart.files))
        links = {
            "link.txt": target,
            "templates/link.yaml": "../" + target,
            "linked-dir": "templates",
            "files/out": "../../elsewhere.txt",
            "LICENSE.link": "LICENSE",
            "chain": "link.txt",
        }
        if self.chance(5):
            links = {"dangling": "nowhere", "loop": "loop", "up": "."}
        for name in self.random.sample(sorted(links), self.random.choice([1, 1, 2])):
            if name in ("chain", "linked-dir", "LICENSE.link") and not self.makes_sense(links[name]):
                continue
            taken = name in self.chart.files or any(name.startswith(other + "/") for other in self.chart.files)
            if not taken and "\udcff" not in target:
                self.chart.links[name] = links[name]
        if self.chance(5) and "Chart.yaml" in self.chart.files:
            self.chart.files["real.yaml"] = self.chart.files.pop("Chart.yaml")
            self.chart.links["Chart.yaml"] = "real.yaml"
