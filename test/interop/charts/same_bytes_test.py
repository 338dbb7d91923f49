# SPDX-License-Identifier: Apache-2.0
"""The same chart gives the same bytes and digests wherever, whenever and by whomever it is packaged.

Usage: same_bytes_test.py PORTOLAN
"""

import json
import os
import shutil
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import layouts
import programs
import real_charts
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])
OTHER_USER = 65534

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: ünder-way\nversion: 1.2.3-rc.1+build.7\nappVersion: 1.10\n"
    "description: café, 猫\nmaintainers:\n- name: Zoë\n  email: z@example.test\nannotations: {b: '2', a: yes}\n",
    "values.yaml": "a: 1\n---\nb: é\n",
    "README.md": "# Ünder way\n",
    "templates/_helpers.tpl": "{{/* nothing */}}\n",
    "templates/ñandú.yaml": "kind: ConfigMap\n",
    "templates/Zebra.yaml": "kind: Secret\n",
    "templates/apple.yaml": "kind: Secret\n",
    "charts/kid/Chart.yaml": "name: kid\nversion: 0.1.0\n",
    "charts/adult/Chart.yaml": "name: adult\nversion: 0.1.0\n",
}


def write_chart(folder, names=None):
    for name in names or CHART:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(CHART[name])
    return folder


class Place:
    """A folder with the chart, and the digests of it there."""

    def __init__(self, folder):
        self.folder = folder
        self.chart = write_chart(os.path.join(folder, "chart"))
        self.env = programs.environment(folder)

    def digests(self, chart=None, env=None, command=(), **more):
        """What `digest` and `package` make of it: the two digests, and the digest of the archive's bytes."""
        target = os.path.join(self.folder, f"out-{len(os.listdir(self.folder))}")
        os.mkdir(target)
        os.chmod(target, 0o777)
        chart = chart or self.chart
        env = {**self.env, **(env or {})}
        told = programs.run([*command, PORTOLAN, "digest", chart, "-o", "json"], env, **more)
        made = programs.run([*command, PORTOLAN, "package", chart, "-d", target], env, **more)
        if told.returncode or made.returncode:
            return f"digest: {programs.says(told)}, package: {programs.says(made)}"
        told = json.loads(told.stdout)["charts"][0]
        files = os.listdir(target)
        if len(files) != 1:
            return f"package wrote {files}"
        with open(os.path.join(target, files[0]), "rb") as file:
            return (told["archive"], told["manifest"], layouts.sha256(file.read()), files[0])


def differs(expected, **seen):
    for circumstance, digests in seen.items():
        if digests != expected:
            yield f"{circumstance}: {digests} instead of {expected}"


def folders(place, expected):
    elsewhere = os.path.join(place.folder, "a place", "with ünusual name")
    shutil.copytree(place.chart, elsewhere)
    link = os.path.join(place.folder, "link")
    os.symlink(elsewhere, link)
    yield from differs(
        expected,
        elsewhere=place.digests(elsewhere),
        trailing_slash=place.digests(elsewhere + "/"),
        relative=place.digests("with ünusual name", cwd=os.path.dirname(elsewhere)),
        inside=place.digests(".", cwd=elsewhere),
        link=place.digests(link),
    )


def order_of_creation(place, expected):
    other = write_chart(os.path.join(place.folder, "reversed"), reversed(CHART))
    yield from differs(expected, reversed=place.digests(other))


def times(place, expected):
    for above, _, names in os.walk(place.chart):
        for name in names:
            os.utime(os.path.join(above, name), ns=(0, zlib.crc32(name.encode()) * 10**9 + 123456789))
    yield from differs(expected, other_times=place.digests())


def zones(place, expected):
    for zone in ("UTC", "America/St_Johns", "Pacific/Kiritimati", "XYZ+13:27", "nonsense"):
        yield from differs(expected, **{zone: place.digests(env={"TZ": zone})})


def umasks(place, expected):
    for umask in (0o000, 0o022, 0o077, 0o277):
        yield from differs(expected, **{f"umask {umask:o}": place.digests(umask=umask)})


def modes(place, expected):
    for above, _, names in os.walk(place.chart):
        for name in names:
            os.chmod(os.path.join(above, name), 0o400 if name < "b" else 0o777)
    yield from differs(expected, modes=place.digests())


def locales(place, expected):
    for locale in ("C", "POSIX", "C.UTF-8", "en_US.UTF-8", "tr_TR.UTF-8", "nonsense"):
        yield from differs(expected, **{locale: place.digests(env={"LC_ALL": locale, "LANG": locale})})
    yield from differs(expected, none=place.digests(env={"LC_ALL": ""}))


def other_user(place, expected):
    for above, directories, names in os.walk(place.folder):
        for name in directories + names:
            os.chmod(os.path.join(above, name), 0o755)
    os.chmod(place.folder, 0o755)
    prefix = ("setpriv", "--reuid", str(OTHER_USER), "--regid", str(OTHER_USER), "--clear-groups", "--")
    yield from differs(expected, other_user=place.digests(command=prefix))


def environment(place, expected):
    yield from differs(
        expected,
        columns=place.digests(env={"COLUMNS": "20", "NO_COLOR": "1", "TERM": "dumb"}),
        empty_epoch=place.digests(env={"SOURCE_DATE_EPOCH": ""}),
    )


def epoch(place, expected):
    first = place.digests(env={"SOURCE_DATE_EPOCH": "1700000000"})
    second = place.digests(env={"SOURCE_DATE_EPOCH": "1700000000", "TZ": "America/St_Johns"})
    yield from differs(first, again=second)
    if first == expected or not isinstance(first, tuple):
        yield f"SOURCE_DATE_EPOCH changes nothing: {first}"


CIRCUMSTANCES = {
    "in other folders": folders,
    "where its files were made in another order": order_of_creation,
    "whatever the times of its files": times,
    "in other time zones": zones,
    "with other umasks": umasks,
    "whatever the modes of its files": modes,
    "in other locales": locales,
    "by another user": other_user,
    "in other environments": environment,
    "with one SOURCE_DATE_EPOCH, and others without": epoch,
}


def why_not(circumstance):
    if circumstance is other_user:
        if os.getuid() != 0 or shutil.which("setpriv") is None:
            return "only root can become another user, with setpriv"
        if not readable_by_others(PORTOLAN):
            return "another user may not run the program where it is"
    return None


def readable_by_others(path):
    while path != "/":
        if not os.stat(path).st_mode & 0o005 == 0o005:
            return False
        path = os.path.dirname(path)
    return True


def pushed_digest(chart, folder):
    """`digest`, the report of a push, its digest file, `resolve` and the layout agree; so do archive and directory."""
    env = programs.environment(folder)
    told = json.loads(programs.run([PORTOLAN, "digest", chart, "-o", "json"], env).stdout)["charts"][0]
    programs.run([PORTOLAN, "package", chart, "-d", folder], env)
    archive = os.path.join(folder, f"{told['name']}-{told['version']}.tgz")
    tag = told["version"].replace("+", "_")
    for source in (chart, archive):
        layout = os.path.join(folder, f"layout-{os.path.basename(source)}")
        written = os.path.join(folder, "digest")
        reference = f"oci-layout:{layout}//charts"
        pushed = programs.run([PORTOLAN, "push", source, reference, "--digest-file", written, "-o", "json"], env)
        if pushed.returncode:
            yield programs.says(pushed)
            continue
        report = json.loads(pushed.stdout)["charts"][0]
        resolved = programs.run([PORTOLAN, "resolve", f"{reference}/{told['name']}:{tag}"], env)
        seen = {
            "the report": report["digest"],
            "the digest file": layouts.read(written).decode().strip(),
            "resolve": resolved.stdout.decode().strip(),
            "index.json": layouts.tags(layout).get(f"charts/{told['name']}:{tag}"),
        }
        yield from differs(told["manifest"], **seen)
        manifest = json.loads(layouts.read(layouts.blob_path(layout, report["digest"])))
        yield from differs(
            told["archive"], layer=manifest["layers"][0]["digest"], archive=layouts.sha256(layouts.read(archive))
        )
        yield from layouts.complaints(layout)


def main():
    tap = Tap()
    for circumstance, check in CIRCUMSTANCES.items():
        name = f"a chart is packaged into the same bytes {circumstance}"
        if reason := why_not(check):
            tap.skip(name, reason)
            continue
        with programs.scratch() as folder:
            place = Place(folder)
            expected = place.digests()
            found = [expected] if isinstance(expected, str) else list(check(place, expected))
            if not found and expected[0] != expected[2]:
                found = [f"digest tells {expected[0]}, but the archive has {expected[2]}"]
            tap.case(name, found)
    with programs.scratch() as folder:
        tap.case(
            "a made-up chart is pushed under the digest that was predicted",
            pushed_digest(write_chart(os.path.join(folder, "under-way"), only_plain_name()), folder),
        )
    try:
        charts = real_charts.recorded()
    except programs.Missing as missing:
        tap.skip("published charts are pushed under the digests that were predicted", missing)
        tap.finish()
    for chart, helm in sorted(charts.items()):
        if not helm["package"]["refused"]:
            with programs.scratch() as folder:
                tap.case(
                    f"{chart} is pushed under the digest that was predicted",
                    pushed_digest(real_charts.directory(chart), folder),
                )
    tap.finish()


def only_plain_name():
    CHART["Chart.yaml"] = CHART["Chart.yaml"].replace("ünder-way", "under-way")
    return CHART


main()
