# SPDX-License-Identifier: Apache-2.0
"""Jobs against registries: plain and TLS, near and far, each program with the words that suit it best.

All programs pull and copy one and the same artifact, which oras has pushed: it pulls no file without a title. crane and
skopeo push no charts and helm copies none and lists no tags; they are left out there. Images are copied, each with all
its platforms, by who copies.
"""

import contextlib
import dataclasses
import json
import os
import time

import charts
import images
import layouts
import registries
from bench import CONFIG, Job
from delayed import DelayProxy

TAGS = 100
# A log line stands for a request, and comes after its answer: as long as none has come for this time, all have.
QUIET_SECONDS = 0.03
OF_THE_SYSTEM = ("crane", "regctl", "skopeo")  # programs that are told of an authority by the system's store alone


class CountingRegistry(registries.Registry):
    """Counts the requests that its log tells of, refused ones included, behind TLS as well."""

    def __init__(self, folder, http_options=""):
        self.requests = 0
        self.last = 0.0
        super().__init__(folder, http_options=http_options)

    def _drain(self):
        for line in self.process.stdout:
            if 'msg="response completed' in line:
                self.requests += 1
                self.last = time.monotonic()

    def settled(self):
        while time.monotonic() - self.last < QUIET_SECONDS:
            time.sleep(QUIET_SECONDS / 4)
        return self.requests


@dataclasses.dataclass
class Pair:
    """Two registries of one kind."""

    here: CountingRegistry
    there: CountingRegistry
    ca: str = None
    digests: dict = dataclasses.field(default_factory=dict)  # of what is to be pulled, by the chart's name


class Place:
    """How a pair is reached: the names of its registries there, and what counts on the way."""

    def __init__(self, transport, delay, pair, hosts, proxies=(), trust="file"):
        self.transport, self.delay, self.pair, self.proxies, self.trust = transport, delay, pair, proxies, trust
        self.here, self.there = hosts
        self.before = 0

    @property
    def key(self):
        return self.transport, self.delay

    def trusting(self, how):
        """The same way, for who trusts the system's store."""
        return Place(f"{self.transport}, {how}", self.delay, self.pair, (self.here, self.there), self.proxies, how)

    def _requests(self):
        return self.pair.here.settled() + self.pair.there.settled()

    def reset_counts(self):
        time.sleep(QUIET_SECONDS)
        self.before = self._requests()
        for proxy in self.proxies:
            proxy.counts()

    def counts(self):
        """Requests, connections, bytes moved since the last reset."""
        time.sleep(QUIET_SECONDS + self.delay / 1000)
        requests = self._requests() - self.before
        if not self.proxies:
            return requests, None, None
        connections, up, down = (sum(column) for column in zip(*(proxy.counts() for proxy in self.proxies)))
        return requests, connections, up + down


class Trust:
    """Ways to the test authority: its own file, or a system's store of our own making, as a bundle or a hashed folder."""

    def __init__(self, folder, authority):
        os.makedirs(folder)
        self.file = authority.certificate
        self.nothing, self.hashed = os.path.join(folder, "nothing"), os.path.join(folder, "hashed")
        self.no_file, self.bundle = os.path.join(folder, "empty.pem"), os.path.join(folder, "bundle.pem")
        os.makedirs(self.nothing)
        os.makedirs(self.hashed)
        open(self.no_file, "wb").close()
        system = "/etc/ssl/certs/ca-certificates.crt"
        others = layouts.read(system) if os.path.exists(system) else b""
        ours = layouts.read(self.file)
        with open(self.bundle, "wb") as file:
            file.write(others + ours)
        self.count = (others + ours).count(b"-----BEGIN CERTIFICATE")
        for number, part in enumerate((others + ours).split(b"-----END CERTIFICATE-----\n")[:-1]):
            with open(os.path.join(self.hashed, f"{number:04}.pem"), "wb") as file:
                file.write(part + b"-----END CERTIFICATE-----\n")
        registries.openssl("rehash", self.hashed)

    def env(self, program, how):
        """What a program that is given no file finds as the system's. Go's programs read both the file and the folder."""
        go = program != "portolan"
        if how == "bundle":
            return {"SSL_CERT_FILE": self.bundle, **({"SSL_CERT_DIR": self.nothing} if go else {})}
        if how == "hashed folder":
            return {"SSL_CERT_DIR": self.hashed, **({"SSL_CERT_FILE": self.no_file} if go else {})}
        return {"SSL_CERT_FILE": self.file, "SSL_CERT_DIR": self.nothing} if program in OF_THE_SYSTEM else {}


class Layout(str):
    """FOLDER:TAG"""

    @property
    def folder(self):
        return self.rpartition(":")[0]


def named(ends, layout, registry):
    """The ends of a copy, with what a program puts before each kind."""
    return [f"{layout if isinstance(end, Layout) else registry}{end}" for end in ends]


class Network:
    """The registries, the ways to them, and what is in them; all gone when it is left."""

    def __init__(self, bench, transports, delays, delay_proxy):
        self.bench, self.transports, self.delays, self.delay_proxy = bench, transports, delays, delay_proxy
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *_):
        self.stack.close()

    def _start(self):
        folder = self.bench.path("registries")
        os.makedirs(folder)
        authority = registries.Authority(os.path.join(folder, "authority"))
        self.trust = Trust(os.path.join(folder, "trust"), authority)
        certificate, key = authority.issue("server")
        tls = f", tls: {{certificate: '{certificate}', key: '{key}'}}"
        self.places = []  # for timed runs; at no delay the way is direct
        self.counting = {}  # the way on which a place's connections are counted
        for transport in self.transports:
            options = tls if transport == "tls" else ""
            pair = Pair(
                *(
                    self.stack.enter_context(CountingRegistry(os.path.join(folder, f"{transport}-{name}"), options))
                    for name in ("here", "there")
                ),
                ca=authority.certificate if options else None,
            )
            direct = Place(transport, 0, pair, (pair.here.host, pair.there.host))
            self._fill(direct)
            for delay in self.delays:
                through = self._through(transport, delay, pair)
                self.places.append(direct if delay == 0 else through)
                self.counting[transport, delay] = through or direct

    def _through(self, transport, delay, pair):
        if not self.delay_proxy:
            return None
        proxies = [
            self.stack.enter_context(DelayProxy(self.delay_proxy, registry.host, delay))
            for registry in (pair.here, pair.there)
        ]
        return Place(transport, delay, pair, [proxy.host for proxy in proxies], proxies)

    def _fill(self, place):
        """What there is to pull, copy and list; and what every program has pushed before."""
        bench = self.bench
        source = "oras" if "oras" in bench.programs else "portolan"
        for name, shape in charts.SENT.items():
            bench.make_chart(name, shape)
            for program in bench.programs:
                if words := self.push(place, program, name, f"kept/{program}"):
                    bench.check(program, *words, env=self.env(place, program))
            bench.check(source, *self.push(place, source, name, "source"), env=self.env(place, source))
            place.pair.digests[name] = self._digest(place, name)
        for name, architectures in images.IMAGES.items():
            if not os.path.exists(bench.path(name)):
                images.write(bench.path(name), architectures)
            target = f"{place.here}/source/{name}:{images.TAG}"
            bench.check(
                "portolan", *self.copy(place, "portolan", self.layout(name), target), env=self.env(place, "portolan")
            )
            for program in bench.programs:
                target = f"{place.there}/kept/{program}/{name}:{images.TAG}"
                if words := self.copy(place, program, self.layout(name), target):
                    bench.check(program, *words, env=self.env(place, program))
        tags = [f"1.{number}.0" for number in range(1, TAGS)]
        words = ("tag", f"oci://{place.here}/source/small:1.0.0", *tags, *self.reach(place, "portolan"))
        bench.check("portolan", *words, env=self.env(place, "portolan"))

    def _digest(self, place, name):
        words = ("resolve", f"oci://{place.here}/source/{name}:1.0.0", *self.reach(place, "portolan"))
        return self.bench.check("portolan", *words, env=self.env(place, "portolan")).strip()

    def reach(self, place, program, prefixes=("",)):
        """The options of a program that say how a registry is spoken to."""
        words = []
        if program == "skopeo" and place.pair.ca is None:
            return [f"--{prefix and prefix + '-'}tls-verify=false" for prefix in prefixes]
        if program in ("portolan", "helm", "oras"):
            for prefix in prefixes:
                if place.pair.ca is None:
                    words.append(f"--{prefix}plain-http")
                elif place.trust == "file":
                    words += [f"--{prefix}ca-file", place.pair.ca]
        return words

    def env(self, place, program):
        """regctl has a file for what others have options for; crane finds out by itself."""
        env = {**self.trust.env(program, place.trust), **self.bench.own_env(program)}
        # It reads the store for plain http, too.
        if program == "regctl":
            names = [place.here, place.there]
            text = json.dumps({"hosts": {name: {"tls": "enabled" if place.pair.ca else "disabled"} for name in names}})
            file = self.bench.path(f"regctl-{'-'.join(names).replace(':', '-')}.json")
            with open(file, "w", encoding="ascii") as out:
                out.write(text)
            env["REGCTL_CONFIG"] = file
        return env

    def push(self, place, program, name, under):
        """The words that push a chart to `under`/`name`:1.0.0, or none."""
        archive, host = self.bench.archive(name), place.here
        if program in ("portolan", "helm"):
            return ("push", archive, f"oci://{host}/{under}", *self.reach(place, program))
        if program == "oras":
            return (*self.bench.oras_push(name, f"{host}/{under}/{name}:1.0.0")[1:], *self.reach(place, program))
        if program == "regctl":
            config = ("--config-type", CONFIG, "--config-file", self.bench.path(f"{name}.json"))
            layer = ("--file-media-type", layouts.CHART, "--file", archive, "--file-title", "--strip-dirs")
            return ("artifact", "put", *config, *layer, f"{host}/{under}/{name}:1.0.0")
        return None

    def pull(self, place, program, name, tag):
        """The words that pull a chart by its tag or by its digest into `OUT`."""
        repository = f"{place.here}/source/{name}"
        which = f"{repository}:1.0.0" if tag else f"{repository}@{place.pair.digests[name]}"
        reach = self.reach(place, program)
        return {
            "portolan": ("pull", f"oci://{which}", "-d", "OUT", *reach),
            "helm": ("pull", f"oci://{repository}", "--version", "1.0.0", "-d", "OUT", *reach)
            if tag
            else ("pull", f"oci://{which}", "-d", "OUT", *reach),
            "oras": ("pull", which, "-o", "OUT", *reach),
            "crane": ("pull", "--format=oci", which, "OUT/layout"),
            "regctl": ("artifact", "get", which, "-o", "OUT"),
            "skopeo": self.copy(place, program, which, Layout("OUT/layout:1")),
        }[program]

    def layout(self, name):
        return Layout(f"{self.bench.path(name)}:{images.TAG}")

    def copy(self, place, program, source, target):
        """The words that copy all of it from a Layout or from HOST/PATH:TAG to another."""
        ends = (source, target)
        if program == "portolan":
            return ("copy", *named(ends, "oci-layout:", "oci://"), *self.reach(place, program))
        if program == "oras":
            reach = [
                [f"--{side}oci-layout"] if isinstance(end, Layout) else self.reach(place, program, (side,))
                for side, end in zip(("from-", "to-"), ends)
            ]
            return ("copy", *reach[0], *reach[1], *ends)
        if program == "crane":
            if isinstance(source, Layout):
                return ("push", source.folder, target)
            return ("pull", "--format=oci", source, target.folder) if isinstance(target, Layout) else ("copy", *ends)
        if program == "regctl":
            return ("image", "copy", *named(ends, "ocidir://", ""))
        if program == "skopeo":
            reach = [word for side in ("src", "dest") for word in self.reach(place, program, (side,))]
            return ("--insecure-policy", "copy", "--all", *reach, *named(ends, "oci:", "docker://"))
        return None

    def copy_chart(self, place, program, name, host):
        return self.copy(place, program, f"{place.here}/source/{name}:1.0.0", f"{host}/NEW/{name}:1.0.0")

    def versions(self, place, program):
        repository = f"{place.here}/source/small"
        return {
            "portolan": ("versions", f"oci://{repository}", *self.reach(place, program)),
            "oras": ("repo", "tags", repository, *self.reach(place, program)),
            "crane": ("ls", repository),
            "regctl": ("tag", "ls", repository),
            "skopeo": ("list-tags", *self.reach(place, program), f"docker://{repository}"),
        }.get(program)

    def resolve(self, place, program):
        reference = f"{place.here}/source/small:1.0.0"
        return {
            "portolan": ("resolve", f"oci://{reference}", *self.reach(place, program)),
            "oras": ("resolve", reference, *self.reach(place, program)),
            "crane": ("digest", reference),
            "regctl": ("manifest", "head", reference),
            "skopeo": ("inspect", "--raw", *self.reach(place, program), f"docker://{reference}"),
        }.get(program)

    def show(self, place, program):
        words = ("show", "chart", f"oci://{place.here}/source/small", "--version", "1.0.0", *self.reach(place, program))
        return words if program in ("portolan", "helm") else None

    def jobs_at(self, place):
        """(job, chart, program, words), without words where the program does no such thing."""
        for name in charts.SENT:
            for program in self.bench.programs:
                yield "push new", name, program, self.push(place, program, name, "NEW")
                yield "push unchanged", name, program, self.push(place, program, name, f"kept/{program}")
                yield "pull by tag", name, program, self.pull(place, program, name, True)
                yield "pull by digest", name, program, self.pull(place, program, name, False)
                yield "copy inside", name, program, self.copy_chart(place, program, name, place.here)
                yield "copy across", name, program, self.copy_chart(place, program, name, place.there)
        for name in images.IMAGES:
            for program in self.bench.programs:
                yield from (
                    (job, name, program, self.copy(place, program, source, target))
                    for job, source, target in self.image_copies(place, program, name)
                )
        for program in self.bench.programs:
            yield "versions", f"{TAGS} tags", program, self.versions(place, program)
            yield "resolve", "small", program, self.resolve(place, program)
            yield "show chart", "small", program, self.show(place, program)

    def image_copies(self, place, program, name):
        source, end = f"{place.here}/source/{name}:{images.TAG}", f"{name}:{images.TAG}"
        yield "copy across", source, f"{place.there}/NEW/{end}"
        yield "copy unchanged", source, f"{place.there}/kept/{program}/{end}"
        yield "copy inside", source, f"{place.here}/NEW/{end}"
        yield "copy to a layout", source, Layout(f"OUT/layout:{images.TAG}")
        yield "copy from a layout", self.layout(name), f"{place.there}/NEW/{end}"

    def jobs(self):
        for place in self.places:
            yield from self._jobs_of(place, self.counting[place.key], self.jobs_at)
        for place in self.places:
            if place.key == ("tls", 0):
                for how in ("bundle", "hashed folder"):
                    ways = (way.trusting(how) for way in (place, self.counting[place.key]))
                    yield from self._jobs_of(*ways, self.first_connections)

    def first_connections(self, place):
        """What one TLS connection costs a process that trusts the system's store.

        Unless told otherwise, Portolan speaks plain http to loopback addresses; 127.1 is one to libcurl only.
        """
        for program in self.bench.programs:
            for job, words in (("resolve", self.resolve(place, program)), ("show chart", self.show(place, program))):
                if words and program == "portolan":
                    words = [word.replace("//127.0.0.1:", "//127.1:") for word in words]
                yield job, "small", program, words

    def _jobs_of(self, place, counting, listed):
        for (name, chart, program, words), (*_, counted_words) in zip(listed(place), listed(counting)):
            if words:
                counted = Job(name, chart, program, counted_words, counting, self.env(counting, program))
                yield Job(name, chart, program, words, place, self.env(place, program), counted)
