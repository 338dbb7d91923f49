# SPDX-License-Identifier: Apache-2.0
"""The charts to measure with; the same bytes in each run."""

import os
import random

TEXT = (
    "apiVersion: v1",
    "kind: ConfigMap",
    "metadata:",
    "  name: {{ .Release.Name }}-config",
    "data:",
    '  key: "value"',
    "{{- if .Values.enabled }}",
    "{{- end }}",
    '  labels: {{- include "app.labels" . | nindent 4 }}',
    "spec:",
)
# Files of text and their bytes; MiB that do not compress.
LOCAL = {
    "small": {"files": 10, "size": 2_000},
    "large": {"files": 16, "size": 1 << 20, "noise": 4},
    "1000-files": {"files": 1_000, "size": 2_000},
}
# Their archives have 5 KiB and 20 MiB.
SENT = {
    "small": LOCAL["small"],
    "20-mib": {"files": 10, "size": 2_000, "noise": 20},
}


def write(folder, name, files, size, noise=0):
    chance = random.Random(name)
    chart = os.path.join(folder, name)
    os.makedirs(os.path.join(chart, "templates"))
    with open(os.path.join(chart, "Chart.yaml"), "w", encoding="ascii") as file:
        file.write(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\ndescription: A chart to measure with\n")
    with open(os.path.join(chart, "values.yaml"), "w", encoding="ascii") as file:
        file.write("enabled: true\n" + "".join(f"key{i}: {chance.random()}\n" for i in range(100)))
    for number in range(files):
        lines = []
        while sum(map(len, lines)) + len(lines) < size:
            lines.append(chance.choice(TEXT) + f" # {chance.randrange(1000)}")
        with open(os.path.join(chart, "templates", f"{number:05}.yaml"), "w", encoding="ascii") as file:
            file.write("\n".join(lines)[:size])
    for number in range(noise):
        with open(os.path.join(chart, f"noise-{number}.bin"), "wb") as file:
            file.write(chance.randbytes(1 << 20))
    return chart
