# SPDX-License-Identifier: Apache-2.0
"""Jobs that stay on this machine: packaging, showing, OCI layouts."""

import charts
from bench import Job, version_of


def prepare(bench):
    """Charts, archives, and a layout of each program's own to pull from."""
    for name, shape in charts.LOCAL.items():
        bench.make_chart(name, shape)
        bench.check("portolan", "push", bench.archive(name), f"oci-layout:{bench.path('ours')}//charts")
        if "oras" in bench.programs:
            bench.check(*bench.oras_push(name, "--oci-layout", f"{bench.path(f'theirs-{name}')}:1.0.0"))


def jobs(bench):
    for program in bench.programs:
        yield Job("start and end", "-", program, version_of(program))
    for name in charts.LOCAL:
        chart, archive = bench.path(name), bench.archive(name)
        ours = f"oci-layout:{bench.path('ours')}//charts/{name}:1.0.0"
        theirs = f"{bench.path(f'theirs-{name}')}:1.0.0"
        yield Job("package", name, "portolan", ("package", chart, "-d", "OUT", "--timestamps", "source"))
        yield Job("package", name, "helm", ("package", chart, "-d", "OUT"))
        yield Job("show all", name, "portolan", ("show", "all", archive))
        yield Job("show all", name, "helm", ("show", "all", archive))
        yield Job("push to a layout", name, "portolan", ("push", archive, "oci-layout:OUT/layout//charts"))
        yield Job("push to a layout", name, *split(bench.oras_push(name, "--oci-layout", "OUT/layout:1.0.0")))
        yield Job("pull from a layout", name, "portolan", ("pull", ours, "-d", "OUT"))
        yield Job("pull from a layout", name, "oras", ("pull", "--oci-layout", theirs, "-o", "OUT"))
        yield Job("copy a layout", name, "portolan", ("copy", ours, "oci-layout:OUT/layout//x:1"))
        yield Job(
            "copy a layout", name, "oras", ("copy", "--from-oci-layout", theirs, "--to-oci-layout", "OUT/layout:1")
        )
        yield Job("copy a layout", name, "regctl", ("image", "copy", f"ocidir://{theirs}", "ocidir://OUT/layout:1"))
        words = ("--insecure-policy", "copy", f"oci:{theirs}", "oci:OUT/layout:1")
        yield Job("copy a layout", name, "skopeo", words, env=bench.own_env("skopeo"))


def split(words):
    return words[0], words[1:]
