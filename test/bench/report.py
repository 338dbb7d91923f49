# SPDX-License-Identifier: Apache-2.0
"""Tables of what was measured, and where it falls short of what Portolan aims at."""

import itertools

HELM_SHARE = 5  # helm may take this many times our CPU, or more
TRUST_MS = 10  # of CPU for a first TLS connection that trusts the system's store


def row_of(result):
    return result["transport"], result["delay_ms"], result["job"], result["chart"]


def _times(figures):
    return f"{figures['median']:.1f} ({figures['p10']:.1f}-{figures['p90']:.1f})"


def _number(value):
    return "-" if value is None else str(value)


def table(results):
    """A block for each way, a line for each program."""
    for (transport, delay), block in itertools.groupby(results, key=lambda r: (r["transport"], r["delay_ms"])):
        print()
        print("on this machine" if transport == "-" else f"{transport}, {delay} ms added round trip")
        print(
            f"{'job':<20}{'chart':<11}{'program':<10}{'wall ms':>24}{'CPU ms':>22}{'CPU of ours':>12}{'peak MiB':>9}"
            f"{'requests':>9}{'conns':>6}{'written':>10}"
        )
        block = list(block)
        ours = {row_of(r): r["cpu_ms"]["median"] for r in block if r["program"] == "portolan"}
        for r in sorted(block, key=lambda r: [row_of(other) for other in block].index(row_of(r))):
            base = ours.get(row_of(r), 0)
            ratio = "" if r["program"] == "portolan" or not base else f"{r['cpu_ms']['median'] / base:.1f} x"
            print(
                f"{r['job']:<20}{r['chart']:<11}{r['program']:<10}{_times(r['wall_ms']):>24}{_times(r['cpu_ms']):>22}"
                f"{ratio:>12}{r['peak_mib']:>9}{_number(r.get('requests')):>9}{_number(r.get('connections')):>6}"
                f"{r['bytes']:>10}" + (f"  failed {r['failed']} times" if r["failed"] else "")
            )


def by_row(results):
    rows = {}
    for r in results:
        rows.setdefault(row_of(r), {})[r["program"]] = r
    return {row: sides for row, sides in rows.items() if "portolan" in sides}


def misses(results):
    """Where portolan takes more CPU than oras or a fifth of helm's, is not the fastest far away, or asks more often."""
    for row, sides in by_row(results).items():
        ours, others = sides["portolan"], {name: r for name, r in sides.items() if name != "portolan"}
        name = ", ".join(str(part) for part in row)
        cpu = ours["cpu_ms"]["median"]
        for other, times in (("oras", 1), ("helm", HELM_SHARE)):
            theirs = others[other]["cpu_ms"]["median"] if other in others else None
            if theirs is not None and cpu * times > theirs:
                yield f"{name}: {cpu:.1f} ms of CPU, {other} {theirs:.1f}"
        if ours["failed"]:
            yield f"{name}: failed {ours['failed']} times"
        if not others or row[0] == "-":
            continue
        fastest = min(others, key=lambda other: others[other]["wall_ms"]["median"])
        theirs = others[fastest]["wall_ms"]["median"]
        if row[1] and ours["wall_ms"]["median"] > theirs:
            yield f"{name}: {ours['wall_ms']['median']:.1f} ms of wall, {fastest} {theirs:.1f}"
        for what in ("requests", "connections"):
            there = {other: r[what] for other, r in others.items() if r.get(what) is not None}
            if there and ours.get(what) is not None and ours[what] > min(there.values()):
                yield f"{name}: {ours[what]} {what}, {min(there, key=there.get)} {min(there.values())}"


def first_connections(results):
    """What TLS adds to the CPU of one connection, by how the authority is found."""
    rows = by_row(results)
    for job in ("resolve", "show chart"):
        plain = rows.get(("plain", 0, job, "small"))
        for transport in ("tls", "tls, bundle", "tls, hashed folder"):
            for program, r in rows.get((transport, 0, job, "small"), {}).items():
                if plain and program in plain:
                    yield {
                        "job": job,
                        "trust": {"tls": "the authority's file"}.get(transport, f"a store's {transport[5:]}"),
                        "program": program,
                        "added_cpu_ms": round(r["cpu_ms"]["median"] - plain[program]["cpu_ms"]["median"], 2),
                    }


def first_connections_table(added):
    if not added:
        return
    print(f"\nCPU ms that a first TLS connection adds to plain http (aim: {TRUST_MS} for portolan)")
    programs = list(dict.fromkeys(entry["program"] for entry in added))
    print(f"{'job':<12}{'trust':<24}" + "".join(f"{program:>10}" for program in programs))
    for (job, trust), entries in itertools.groupby(added, key=lambda entry: (entry["job"], entry["trust"])):
        figures = {entry["program"]: f"{entry['added_cpu_ms']:.1f}" for entry in entries}
        print(f"{job:<12}{trust:<24}" + "".join(f"{figures.get(program, '-'):>10}" for program in programs))
