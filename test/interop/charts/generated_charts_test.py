# SPDX-License-Identifier: Apache-2.0
"""Compares Portolan with a Helm binary over generated charts: the same archive or a refusal by both, the same text of
`show all`, the same manifest digest, the same rendered templates.

Usage: generated_charts_test.py PORTOLAN

PORTOLAN_SEED repeats a run, PORTOLAN_CASES sets its size, PORTOLAN_CASE makes one chart of it alone.
"""

import concurrent.futures
import datetime
import gzip
import io
import json
import os
import random
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import generate_chart
import programs
import registries
from tap import Tap

PORTOLAN = os.path.abspath(sys.argv[1])
SAVED = "Successfully packaged chart and saved it to: "
BATCH = 50
SHOWN, RENDERED, PUSHED = 5, 40, 10  # every how many-th chart is also shown, rendered, pushed


class Charts:
    """Generated charts in a folder, what both programs made of them, and why one refused."""

    def __init__(self, folder, seed, numbers):
        self.folder, self.seed = folder, seed
        self.env = programs.environment(folder)
        self.charts = {number: generate_chart.Chart(seed, number) for number in numbers}
        for number, chart in self.charts.items():
            chart.write(self.path(number))
        with open(os.path.join(folder, "charts", "elsewhere.txt"), "w", encoding="ascii") as file:
            file.write("outside of the chart\n")

    def path(self, number):
        return os.path.join(self.folder, "charts", f"c{number}", "chart")

    def is_plain(self, number):
        """Whether the chart's name is fit for a repository."""
        return self.charts[number].name == f"app{number}"

    def batches(self):
        """Charts whose archives cannot have the same name, a few at a time."""
        batch, names = [], set()
        for number, chart in self.charts.items():
            if len(batch) == BATCH or chart.name in names:
                yield batch
                batch, names = [], set()
            batch.append(number)
            names.add(chart.name)
        yield batch

    def package(self, helm):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            made = list(
                workers.map(lambda batch: (self.helm_package(helm, batch), self.package_ours(batch)), self.batches())
            )
        return {number: result for result, _ in made for number, result in result.items()}, {
            number: result for _, result in made for number, result in result.items()
        }

    def helm_package(self, helm, batch):
        """What Helm makes of each chart: the archive's path, or its complaint in bytes. It stops at the first."""
        results, rest = {}, list(batch)
        while rest:
            target = os.path.join(self.folder, f"helm-{rest[0]}")
            done = programs.run([helm, "package", "-d", target, *map(self.path, rest)], self.env)
            saved = done.stdout.decode("utf-8", "surrogateescape").split(SAVED)[1:]
            for path in saved:
                results[rest.pop(0)] = path.removesuffix("\n")
            if rest:
                results[rest.pop(0)] = done.stderr or b"?"
        return results

    def package_ours(self, batch):
        target = os.path.join(self.folder, f"ours-{batch[0]}")
        command = [PORTOLAN, "package", "--timestamps", "source", "-d", target, "-o", "json", "-q"]
        done = programs.run([*command, *map(self.path, batch)], self.env)
        try:
            items = json.loads(done.stdout)["charts"]
        except (ValueError, KeyError):
            return {number: programs.says(done).encode() for number in batch}
        return {
            number: item["error"]["message"].encode() if "error" in item else item["file"]
            for number, item in zip(batch, items, strict=True)
        }

    def explain(self, number):
        return f"chart {number} (PORTOLAN_SEED={self.seed} PORTOLAN_CASE={number} PORTOLAN_KEEP=1)"


def read(path):
    with open(os.fsencode(path), "rb") as file:
        return file.read()


def headers(tar):
    """Each member's headers, extended ones too, with its content: what a member is, whatever stands beside it."""
    offset, members = 0, []
    with tarfile.open(fileobj=io.BytesIO(tar), errors="surrogateescape") as archive:
        for member in archive:
            end = member.offset_data + -(-member.size // 512) * 512
            members.append((member.name, tar[offset:end]))
            offset = end
    return members, tar[offset:]


def compare_archives(ours, helms, any_order):
    if ours == helms:
        return
    mine, theirs = gzip.decompress(ours), gzip.decompress(helms)
    if mine == theirs:
        yield "the tar streams are equal, the compressed bytes differ"
        return
    (my_members, my_end), (their_members, their_end) = headers(mine), headers(theirs)
    if any_order:
        my_members.sort()
        their_members.sort()
        if my_members == their_members and my_end == their_end:
            return
    for (my_name, my_bytes), (name, their_bytes) in zip(my_members, their_members):
        if my_name != name:
            yield f"member {my_name!r} where Helm has {name!r}"
            return
        if my_bytes != their_bytes:
            at = next(
                (i for i, (a, b) in enumerate(zip(my_bytes, their_bytes)) if a != b),
                min(len(my_bytes), len(their_bytes)),
            )
            start = max(0, at - 40)
            ours, helms = (side[start : at + 80] for side in (my_bytes, their_bytes))
            yield f"{name!r} differs at {at}:\n  ours   {ours!r}\n  Helm's {helms!r}"
            return
    yield f"{len(my_members)} members where Helm has {len(their_members)}, or another end"


def archives(charts, ours, helms):
    for number, chart in charts.charts.items():
        mine, theirs = ours[number], helms[number]
        if isinstance(mine, bytes) and isinstance(theirs, bytes):
            continue
        if isinstance(mine, bytes):
            yield f"{charts.explain(number)}: refused, but Helm packages it: {mine.decode('utf-8', 'replace')}"
        elif isinstance(theirs, bytes):
            yield f"{charts.explain(number)}: packaged, but Helm refuses it: {theirs.decode('utf-8', 'replace')}"
        elif os.path.basename(mine) != os.path.basename(theirs):
            yield f"{charts.explain(number)}: {mine} where Helm writes {theirs}"
        else:
            for difference in compare_archives(read(mine), read(theirs), chart.subcharts > 1):
                yield f"{charts.explain(number)}: {difference}"


def lines_in_any_order(text):
    return sorted(text.splitlines())


def compare_outputs(what, mine, theirs, any_order):
    if (mine.returncode == 0) != (theirs.returncode == 0):
        yield f"{what}:\n  ours   {programs.says(mine)}\n  Helm's {programs.says(theirs)}"
    elif mine.returncode == 0 and mine.stdout != theirs.stdout:
        if any_order and lines_in_any_order(mine.stdout) == lines_in_any_order(theirs.stdout):
            return
        at = next((i for i, (a, b) in enumerate(zip(mine.stdout, theirs.stdout)) if a != b), 0)
        start = max(0, at - 60)
        ours, helms = (side.stdout[start : at + 100] for side in (mine, theirs))
        yield f"{what} differs at {at}:\n  ours   {ours!r}\n  Helm's {helms!r}"


def shown(charts, helm, ours, helms, every):
    """`show all` of directories, and of the archives that Helm made."""

    def one(number):
        sources = [charts.path(number)] + ([helms[number]] if isinstance(helms[number], str) else [])
        found = []
        for source in sources:
            mine = programs.run([PORTOLAN, "show", "all", source, "-q"], charts.env)
            theirs = programs.run([helm, "show", "all", source], charts.env)
            what = f"{charts.explain(number)}: show all {os.path.basename(source)}"
            found += compare_outputs(what, mine, theirs, charts.charts[number].subcharts > 1)
        return found

    return in_parallel(one, [number for number in charts.charts if number % every == 0])


def rendered(charts, helm, ours, helms, every):
    """The templates of the archive that we made, rendered by Helm as those of its own; charts with children first."""
    both = [number for number in charts.charts if isinstance(ours[number], str) and isinstance(helms[number], str)]
    both.sort(key=lambda number: -charts.charts[number].subcharts)

    def one(number):
        sides = [programs.run([helm, "template", "x", side[number]], charts.env) for side in (ours, helms)]
        return list(compare_outputs(f"{charts.explain(number)}: helm template", *sides, True))

    return in_parallel(one, both[: max(1, len(charts.charts) // every)])


def pushed(charts, helm, helms, registry, every):
    """The manifest that Helm pushes of its archive has the digest that we predict."""

    def one(number):
        archive = helms[number]
        done = programs.run([helm, "push", archive, f"oci://{registry.host}/c{number}", "--plain-http"], charts.env)
        if done.returncode != 0:
            return None
        created = datetime.datetime.fromtimestamp(int(os.stat(archive).st_mtime), datetime.timezone.utc)
        told = programs.run(
            [PORTOLAN, "digest", archive, "--created", created.strftime("%Y-%m-%dT%H:%M:%SZ"), "-o", "json", "-q"],
            charts.env,
        )
        digest = json.loads(told.stdout)["charts"][0].get("manifest") if told.returncode == 0 else programs.says(told)
        if digest is None or digest.encode() not in done.stdout + done.stderr:
            return [f"{charts.explain(number)}: {digest}, but Helm's push: {programs.says(done)}"]
        return []

    pushable = [number for number in charts.charts if isinstance(helms[number], str) and charts.is_plain(number)]
    results = in_parallel(lambda number: [one(number)], pushable[: max(1, len(charts.charts) // every)])
    done = sum(result is not None for result in results)
    if done * 2 < len(results):
        yield f"Helm pushes {done} of {len(results)} charts"
    for result in results:
        yield from result or []


def in_parallel(check, numbers):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        return [complaint for found in workers.map(check, numbers) for complaint in found]


def main():
    tap = Tap()
    seed = int(os.environ.get("PORTOLAN_SEED") or random.randrange(1 << 32))
    cases = int(os.environ.get("PORTOLAN_CASES") or 300)
    only = os.environ.get("PORTOLAN_CASE")
    numbers = [int(only)] if only else range(cases)
    print(f"# PORTOLAN_SEED={seed}", flush=True)
    name = f"{len(numbers)} generated charts are packaged into Helm's own bytes, or refused by both"
    try:
        helm = programs.find("helm")
    except programs.Missing as missing:
        tap.skip(name, missing)
        tap.finish()
    with programs.scratch() as folder:
        charts = Charts(folder, seed, numbers)
        helms, ours = charts.package(helm)
        accepted = sum(isinstance(result, str) for result in helms.values())
        print(f"# Helm packages {accepted} of them")
        tap.case(name, archives(charts, ours, helms))
        if not only:
            tap.case(
                "most of them are packaged, and some are refused",
                (
                    []
                    if len(numbers) * 0.95 > accepted > len(numbers) / 2
                    else [f"{accepted} of {len(numbers)} are packaged"]
                ),
            )
        tap.case(
            "show all of a generated chart prints Helm's text", shown(charts, helm, ours, helms, 1 if only else SHOWN)
        )
        tap.case(
            "Helm renders the archive of a generated chart as its own",
            rendered(charts, helm, ours, helms, 1 if only else RENDERED),
        )
        name = "the digest predicted for a generated chart is the one that Helm pushes"
        try:
            with registries.Registry(os.path.join(folder, "registry")) as registry:
                tap.case(name, pushed(charts, helm, helms, registry, 1 if only else PUSHED))
        except programs.Missing as missing:
            tap.skip(name, missing)
    tap.finish()


main()
