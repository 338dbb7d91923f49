# SPDX-License-Identifier: Apache-2.0
"""What every job shares: the programs, a folder, how a run is measured and how runs alternate."""

import dataclasses
import json
import os
import re
import shutil
import statistics
import sys
import time

import charts
import layouts
import programs
import tracer

CONFIG = "application/vnd.cncf.helm.config.v1+json"
PEERS = ("helm", "oras", "crane", "regctl", "skopeo")
COUNTED_RUNS = 3  # of each job, besides the timed ones, in which memory, requests and connections are taken


@dataclasses.dataclass
class Job:
    """What one program does in one place; in its words `OUT` is a folder and `NEW` a name, fresh for each run, in its
    environment `NEW` as well."""

    name: str
    chart: str
    program: str
    words: tuple
    place: object = None  # a place of registry_jobs, or none for jobs on this machine
    env: dict = dataclasses.field(default_factory=dict)
    counted: object = None  # the same job on a way that counts connections

    @property
    def row(self):
        """Whom it is compared with."""
        return (*(self.place.key if self.place else ("-", 0)), self.name, self.chart)


@dataclasses.dataclass
class Run:
    failed: str = None  # how, if it did
    wall: float = 0
    cpu: float = 0
    size: int = 0  # bytes written
    peak: int = 0
    requests: int = None
    connections: int = None
    moved: int = None  # bytes over the network, both directions


class Bench:
    def __init__(self, portolan, folder, only=None):
        self.folder = folder
        self.only = re.compile(only or "")
        self.env = programs.environment(folder)
        self.programs = {"portolan": os.path.abspath(portolan)}
        self.names = 0
        for name in PEERS:
            try:
                self.programs[name] = programs.find(name)
            except programs.Missing as missing:
                print(f"{missing}: it is left out", file=sys.stderr)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def archive(self, name):
        return self.path(f"{name}-1.0.0.tgz")

    def fresh_name(self):
        self.names += 1
        return f"n{self.names}"

    def make_chart(self, name, shape):
        """A chart, its archive, and its metadata as helm pushes it."""
        if os.path.exists(self.archive(name)):
            return
        chart = charts.write(self.folder, name, **shape)
        self.check("portolan", "package", chart, "-d", self.folder, "--timestamps", "source")
        with open(self.path(f"{name}.json"), "w", encoding="ascii") as file:
            json.dump({"name": name, "version": "1.0.0", "apiVersion": "v2"}, file)

    def oras_push(self, name, *target):
        """oras names the files of a chart relative to the folder it runs in."""
        return ("oras", "push", *target, "--config", f"{name}.json:{CONFIG}", f"{name}-1.0.0.tgz:{layouts.CHART}")

    def own_env(self, program):
        """skopeo recalls which repositories had a layer and mounts it from there: no run is to know of another. As root
        it would do so in the system's folder."""
        if program != "skopeo":
            return {}
        return {"_CONTAINERS_ROOTLESS_UID": "1", "XDG_DATA_HOME": self.path("skopeo", "NEW")}

    def wanted(self, job):
        return job.program in self.programs and self.only.search(f"{job.name} {job.chart}")

    def check(self, program, *words, env=None):
        done = programs.run([self.programs[program], *words], {**self.env, **(env or {})}, cwd=self.folder)
        if done.returncode != 0:
            sys.exit(f"{program} {' '.join(words)}: {programs.says(done)}")
        return done.stdout.decode()

    def once(self, job, measure):
        out = self.path("out")
        os.makedirs(out)
        try:
            new = self.fresh_name()
            words = [word.replace("OUT", out).replace("NEW", new) for word in job.words]
            env = {name: value.replace("NEW", new) for name, value in job.env.items()}
            run = measure([self.programs[job.program], *words], {**self.env, **env})
            run.size = sum(
                os.path.getsize(os.path.join(above, name)) for above, _, names in os.walk(out) for name in names
            )
            return run
        finally:
            shutil.rmtree(out)

    def count(self, job):
        """A run of which everything but the time is taken."""
        job = job.counted or job
        if job.place:
            job.place.reset_counts()
        run = self.once(job, peak)
        if job.place:
            run.requests, run.connections, run.moved = job.place.counts()
        return run

    def measure(self, jobs, rounds):
        """The timed and the counted runs of each job. All of them take turns, and who is first changes."""
        os.chdir(self.folder)
        counted = [[self.count(job) for _ in range(COUNTED_RUNS)] for job in jobs]
        timed_runs = [[] for _ in jobs]
        rows = {}
        for number, job in enumerate(jobs):
            rows.setdefault(job.row, []).append(number)
        for turn in range(rounds):
            for numbers in rows.values():
                first = turn % len(numbers)
                for number in numbers[first:] + numbers[:first]:
                    timed_runs[number].append(self.once(jobs[number], timed))
        return list(zip(timed_runs, counted))


def version_of(program):
    """The words that make a program say its version, and no more."""
    return ("--version",) if program == "skopeo" else ("version",)


def timed(command, env):
    """Wall and CPU of a program and all that it started. posix_spawn() leaves nothing of this process in its account."""
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in range(3)]
    begun = time.perf_counter()
    pid = os.posix_spawn(command[0], command, env, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begun
    os.close(null)
    failed = f"exit status {os.waitstatus_to_exitcode(status)}" if status != 0 else None
    return Run(failed=failed, wall=wall, cpu=usage.ru_utime + usage.ru_stime)


def peak(command, env):
    """The memory of a program in its last moment; what wait4() tells is at least this process's own."""
    outcome = tracer.trace(command, env=env)
    failed = outcome.stderr.decode("utf-8", "replace")[-600:] if outcome.status != 0 else None
    return Run(failed=failed, peak=outcome.peak)


def spread(values, scale=1, digits=2):
    """Median, least, and what eight of ten runs lie between."""
    values = sorted(value * scale for value in values)

    def at(share):
        return values[round(share * (len(values) - 1))]

    return {
        "median": round(statistics.median(values), digits),
        "least": round(values[0], digits),
        "p10": round(at(0.1), digits),
        "p90": round(at(0.9), digits),
    }


def summary(job, timed_runs, counted):
    """The figures of the runs that succeeded, and how many did not."""
    failed = [run for run in timed_runs + counted if run.failed]
    timed_runs, counted = ([run for run in runs if not run.failed] for runs in (timed_runs, counted))
    if not timed_runs or not counted:
        sys.exit(f"{job.program} {' '.join(job.words)} never succeeded: {failed[0].failed}")
    transport, delay, name, chart = job.row
    result = {
        "transport": transport,
        "delay_ms": delay,
        "job": name,
        "chart": chart,
        "program": job.program,
        "rounds": len(timed_runs),
        "failed": len(failed),
        "wall_ms": spread([run.wall for run in timed_runs], 1000),
        "cpu_ms": spread([run.cpu for run in timed_runs], 1000),
        "peak_mib": round(statistics.median(run.peak for run in counted) / (1 << 20), 1),
        "bytes": timed_runs[-1].size,
    }
    if job.place:
        for what in ("requests", "connections", "moved"):
            values = [getattr(run, what) for run in counted if getattr(run, what) is not None]
            result[what] = round(statistics.median(values)) if values else None
    return result
