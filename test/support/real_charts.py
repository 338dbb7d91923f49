# SPDX-License-Identifier: Apache-2.0
"""The published charts that tests work on, and what Helm makes of them (PORTOLAN_CHARTS_DIR)."""

import json
import os

from programs import Missing


def folder():
    """Holds helm-4.2.4.json, and the charts in real-charts/ with their times kept."""
    where = os.environ.get("PORTOLAN_CHARTS_DIR")
    if not where:
        raise Missing("PORTOLAN_CHARTS_DIR is not set: no real charts")
    if not os.path.isfile(os.path.join(where, "helm-4.2.4.json")):
        raise Missing(f"{where} holds no helm-4.2.4.json")
    return where


def directory(chart):
    return os.path.join(folder(), "real-charts", chart)


def recorded():
    """What Helm makes of each chart, by the chart's directory."""
    with open(os.path.join(folder(), "helm-4.2.4.json"), encoding="utf-8") as file:
        return json.load(file)["charts"]
