# SPDX-License-Identifier: Apache-2.0
"""The ways to registries: addresses, headers, rates, warnings, proxies, mirrors and what files say of hosts.

Usage: ways_test.py PORTOLAN TESTREGISTRY
"""

import base64
import contextlib
import http.server
import os
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import operations
import programs
from proxy import Proxy
from tap import Tap
from testregistry import TestRegistry

PORTOLAN = os.path.abspath(sys.argv[1])
TESTREGISTRY = os.path.abspath(sys.argv[2])
MARKER = "hunter2-the-marker"
FORMS = (MARKER, base64.b64encode(f"ci:{MARKER}".encode()).decode().rstrip("="), "eyJ")


class World:
    def __init__(self, folder):
        self.folder = folder
        self.env = programs.environment(folder)
        self.account = {**self.env, "PORTOLAN_USERNAME": "ci", "PORTOLAN_PASSWORD": MARKER}
        self.chart = operations.write_chart(os.path.join(folder, "app"), "app", "1.0.0")
        self.number = 0

    def path(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def write(self, text, *names):
        path = self.path(*names)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run(self, *words, env=None):
        return programs.run([PORTOLAN, *words], env or self.env)

    def conf(self, text):
        """An environment in which that is registries.conf."""
        self.number += 1
        return {**self.env, "CONTAINERS_REGISTRIES_CONF": self.write(text, f"conf-{self.number}", "registries.conf")}

    def push(self, registry, *options, env=None):
        done = self.run("push", self.chart, f"oci://{registry.host}/charts", *options, env=env)
        if done.returncode != 0:
            raise AssertionError(programs.says(done))


def ends(done, code=0, *parts):
    said = (done.stderr + done.stdout).decode(errors="replace")
    if done.returncode != code:
        yield f"exit code {done.returncode} instead of {code}: {said}"
    for part in parts:
        if part not in said:
            yield f"nothing of '{part}' in: {said}"
    for form in FORMS:
        if form in said:
            yield f"{form} is told: {said}"


def asked(registry, method=None):
    """What a registry was asked, as "GET manifests"."""
    return [f"{one['method']} {one['kind']}" for one in registry.stop()["requests"] if method in (None, one["method"])]


class Recorder(http.server.BaseHTTPRequestHandler):
    """Lists one tag, and writes down headers; `elsewhere` is where it redirects."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.headers.append(dict(self.headers.items()))
        body = b'{"name":"app","tags":["1.0.0"]}'
        elsewhere = self.server.elsewhere
        self.send_response(307 if elsewhere else 200)
        if self.server.warning:
            self.send_header("Warning", self.server.warning)
        if elsewhere:
            self.send_header("Location", elsewhere)
            body = b""
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def recorder(context=None, elsewhere=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.daemon_threads = True
    server.headers, server.elsewhere, server.warning = [], elsewhere, None
    server.place = f"127.0.0.1:{server.server_port}"
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def other_address(world):
    with TestRegistry(TESTREGISTRY) as registry:
        port = registry.host.split(":")[1]
        words = ("--plain-http", "--resolve", f"reg.invalid:{port}:127.0.0.1", "--resolve", "other.invalid:1:[::1]")
        yield from ends(world.run("push", world.chart, f"oci://reg.invalid:{port}/charts", *words), 0, "Pushed: reg.invalid")
        # It is told apart by what the registry was called.
        wrong = registry.stop()["client_errors"]
        if not wrong or any(f"is for the host reg.invalid:{port}" not in one for one in wrong):
            yield f"Host is not the logical one: {wrong}"
    for bad in ("a", "a:b", "a:1", "a:1:", ":1:127.0.0.1", "a:x:127.0.0.1", "a:0:127.0.0.1"):
        yield from ends(world.run("versions", "oci://reg.invalid/a", "--resolve", bad), 3, "HOST:PORT:ADDRESS")
    yield from ends(world.run("versions", "oci://reg.invalid/a", "--resolve", "reg.invalid:443:nowhere"), 3, "IP address")


def server_name(world):
    """TLS names the logical host, and its certificate is the one that is looked for."""
    key, certificate = world.path("tls", "key.pem"), world.path("tls", "cert.pem")
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
         "-out", certificate, "-subj", "/CN=reg.invalid", "-addext", "subjectAltName=DNS:reg.invalid", "-days", "2"],
        capture_output=True, check=False, env=world.env,
    )  # fmt: skip
    if made.returncode != 0:
        yield f"openssl: {made.stderr.decode()}"
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with recorder(context) as server:
        port = server.server_port
        words = ("--ca-file", certificate, "--resolve", f"reg.invalid:{port}:127.0.0.1")
        yield from ends(world.run("versions", f"oci://reg.invalid:{port}/app", *words), 0, "1.0.0")
        if names != ["reg.invalid"]:
            yield f"server names {names}"


def own_headers(world):
    with recorder() as blobs, recorder(elsewhere=f"http://{blobs.place}/v2/app/tags/list") as server:
        words = ("--header", f"X-Secret: {MARKER}", "--header", "x-team:  a b", "--debug")
        yield from ends(world.run("versions", f"oci://{server.place}/app", *words), 0, "1.0.0")
        sent = [(one.get("X-Secret"), one.get("x-team")) for one in server.headers]
        if sent != [(MARKER, "a b")]:
            yield f"the registry was sent {sent}"
        if any("X-Secret" in one or "x-team" in one for one in blobs.headers) or not blobs.headers:
            yield f"the place behind the redirect was sent {blobs.headers}"
        for name in ("Authorization", "host", "Content-Type"):
            done = world.run("versions", f"oci://{server.place}/app", "--header", f"{name}: {MARKER}")
            yield from ends(done, 3, f"the header field {name} is not one to be set")
        yield from ends(world.run("versions", f"oci://{server.place}/app", "--header", MARKER), 3, "'Name: value'")


def no_header_elsewhere(world):
    rules = ("GET blobs redirect-to-origin=storage times=1", "POST uploads location-at=storage times=0")
    with TestRegistry(
        TESTREGISTRY, "--bearer", "ci", "--two-step-uploads", *(word for rule in rules for word in ("--rule", rule)),
        password=MARKER,
    ) as registry:  # fmt: skip
        header = ("--header", f"X-Secret: {MARKER}")
        world.push(registry, *header, env=world.account)
        reference = f"oci://{registry.host}/charts/app:1.0.0"
        yield from ends(world.run("pull", reference, "-d", world.path("h", ""), *header, env=world.account), 0, "Pulled:")
        report = registry.stop()
        if not any(one["origin"] == registry.storage.split("//")[1] for one in report["requests"]):
            yield f"the storage was not asked: {[one['origin'] for one in report['requests']]}"
        # The password is at home at the registry; anywhere else its server sees it, whatever header it is in.
        yield from report["leaked_credentials"]


def limited(world):
    with TestRegistry(TESTREGISTRY) as registry:
        world.push(registry)
        began = time.monotonic()
        done = world.run("pull", f"oci://{registry.host}/charts/app:1.0.0", "-d", world.path("limited", ""), "--limit-rate", "100K")
        took = time.monotonic() - began
        yield from ends(done, 0, "Pulled:")
        if took > 30:
            yield f"it took {took} s"
    for bad in ("", "1", "x", "1KB", "-1", "99999999999999999999", "1.5M"):
        yield from ends(world.run("versions", "oci://reg.invalid/a", "--limit-rate", bad), 3, "bytes a second")


def warnings(world):
    with recorder() as server:
        server.warning = '299 - "this moves", 299 - "\x1b[31mred", 199 - "nothing"'
        done = world.run("versions", f"oci://{server.place}/app")
        yield from ends(done, 0, f"portolan: warning: {server.place} says: this moves\n", "says: [31mred\n")
        if done.stderr.count(b"warning") != 2 or done.stdout != b"1.0.0\n":
            yield programs.says(done)
        done = world.run("versions", f"oci://{server.place}/app", "--quiet")
        if done.stderr:
            yield programs.says(done)


def mirror(world):
    with TestRegistry(TESTREGISTRY) as copy, TestRegistry(TESTREGISTRY) as registry:
        world.push(copy)
        world.push(registry)
        env = world.conf(
            f"[[registry]]\nlocation = '{registry.host}'\n[[registry.mirror]]\nlocation = '{copy.host}'\ninsecure = true\n"
        )
        done = world.run(
            "pull", f"oci://{registry.host}/charts/app:1.0.0", "-d", world.path("m1", ""), "--debug", env=env
        )
        yield from ends(done, 0, "Pulled: " + registry.host, "registries.conf says how", f"from the mirror oci://{copy.host}")
        yield from ends(world.run("push", world.chart, f"oci://{registry.host}/new", env=env), 0, "Pushed:")
        of_copy, of_registry = asked(copy), asked(registry)
        if (of_copy.count("PUT manifests"), of_registry.count("PUT manifests")) != (1, 2):
            yield f"the mirror was written: {of_copy}"
        if "GET blobs" not in of_copy or "GET blobs" in of_registry:
            yield f"the mirror was asked {of_copy}, the registry {of_registry}"


def mirror_that_fails(world):
    cases = (
        ("has nothing", []),
        ("fails", ["--rule", "* * answer=500 times=0"]),
        ("refuses", ["--rule", "* * answer=403 times=0"]),
        ("asks for an account", ["--basic", "ci"]),
    )
    for what, options in cases:
        with TestRegistry(TESTREGISTRY, *options, password=MARKER) as copy:
            with TestRegistry(TESTREGISTRY, "--bearer", "ci", password=MARKER) as registry:
                world.push(registry, env=world.account)
                env = {**world.conf(
                    f"[[registry]]\nlocation='{registry.host}'\n[[registry.mirror]]\nlocation='{copy.host}'\ninsecure=true\n"
                ), "PORTOLAN_USERNAME": "ci", "PORTOLAN_PASSWORD": MARKER}  # fmt: skip
                reference = f"oci://{registry.host}/charts/app:1.0.0"
                done = world.run("pull", reference, "-d", world.path("m2", ""), "--debug", env=env)
                yield from (f"{what}: {one}" for one in ends(done, 0, "Pulled:", "is passed over"))
                yield from registry.stop()["leaked_credentials"]
            report = copy.stop()
            if what == "asks for an account" and any(one["status"] == 200 for one in report["requests"]):
                yield "the registry's account was shown to the mirror"
            yield from report["leaked_credentials"]


def blocked(world):
    with TestRegistry(TESTREGISTRY) as registry:
        env = world.conf(f"[[registry]]\nprefix = '{registry.host}/bad'\nlocation = '{registry.host}/bad'\nblocked = true\n")
        done = world.run("versions", f"oci://{registry.host}/bad/app", env=env)
        yield from ends(done, 4, f"{registry.host} is blocked: so says", "registries.conf")
        if registry.stop()["requests"]:
            yield "it was asked all the same"
    env = world.conf("[[registry]]\nlocation = hunter2\n")
    yield from ends(world.run("versions", "oci://reg.invalid/a", env=env), 3, "registries.conf: line 2")
    env = {**world.env, "CONTAINERS_REGISTRIES_CONF": world.path("none", "registries.conf")}
    yield from ends(world.run("versions", "oci://reg.invalid/a", env=env), 3, "registries.conf")


def rewritten(world):
    with TestRegistry(TESTREGISTRY) as registry:
        env = world.conf(f"[[registry]]\nprefix='reg.invalid/team'\nlocation='{registry.host}/copies/x'\ninsecure=true\n")
        yield from ends(world.run("push", world.chart, "oci://reg.invalid/team/charts", env=env), 0, "Pushed: reg.invalid")
        yield from ends(world.run("versions", f"oci://{registry.host}/copies/x/charts/app"), 0, "1.0.0")
        yield from ends(world.run("versions", "oci://reg.invalid/team/charts/app", "--debug", env=env), 0, "1.0.0", "speaks no TLS")


def account_elsewhere(world):
    """The registry's account goes to no other place, whichever command asks."""
    with TestRegistry(TESTREGISTRY, "--basic", "ci", password=MARKER) as inner:
        conf = f"[[registry]]\nprefix='reg.invalid'\nlocation='{inner.host}/x'\ninsecure=true\n"
        env = {**world.conf(conf), "PORTOLAN_USERNAME": "ci", "PORTOLAN_PASSWORD": MARKER}
        done = world.run("login", "reg.invalid", env=env)
        yield from ends(done, 3, f"reg.invalid is asked at {inner.host}; log in there: portolan login {inner.host}")
        done = world.run("auth", "explain", "oci://reg.invalid/app", env=env)
        yield from ends(done, 4, f"is for reg.invalid, and not for {inner.host}", "none, as nobody", "unauthorized")
        done = world.run("versions", "oci://reg.invalid/app", env=env)
        yield from ends(done, 4, "unauthorized")
        report = inner.stop()
        if not report["requests"] or any(one["status"] == 200 for one in report["requests"]):
            yield f"the account was shown: {report['requests']}"


def insecure_with_tls(world):
    with TestRegistry(TESTREGISTRY, "--tls", world.path("i", "ca.pem")) as registry:
        env = world.conf(f"[[registry]]\nlocation='{registry.host}'\ninsecure=true\n")
        yield from ends(world.run("push", world.chart, f"oci://{registry.host}/charts", env=env), 0, "Pushed:")


def insecure_without_tls(world):
    """Its token server, its storage and the pages of its lists are without TLS, too."""
    rules = ("GET blobs redirect-to-origin=storage times=1", "POST uploads location-at=storage times=0")
    with TestRegistry(
        TESTREGISTRY, "--bearer", "ci", "--two-step-uploads", *(word for rule in rules for word in ("--rule", rule)),
        password=MARKER,
    ) as registry:  # fmt: skip
        env = {**world.conf(f"[[registry]]\nlocation='{registry.host}'\ninsecure=true\n"),
               "PORTOLAN_USERNAME": "ci", "PORTOLAN_PASSWORD": MARKER}  # fmt: skip
        reference = f"oci://{registry.host}/charts"
        yield from ends(world.run("push", world.chart, reference, env=env), 0, "Pushed:")
        yield from ends(world.run("versions", f"{reference}/app", env=env), 0, "1.0.0")
        done = world.run("pull", f"{reference}/app:1.0.0", "-d", world.path("iw", ""), "--debug", env=env)
        yield from ends(done, 0, "Pulled:", "speaks no TLS")
        done = world.run("auth", "explain", f"{reference}/app", env=env)
        yield from ends(done, 0, "pulling   works")
        report = registry.stop()
        if not any(one["origin"] == registry.storage.split("//")[1] for one in report["requests"]):
            yield "the storage was not asked"
        yield from report["leaked_credentials"]


def certificates(world):
    """What containers' certs.d has below the home directory."""
    ca = world.path("c", "ca.pem")
    pair = world.path("c", "client.pem")
    with TestRegistry(TESTREGISTRY, "--mutual-tls", ca, pair) as registry:
        home = world.path("c", "home", "")
        env = programs.environment(home)
        folder = os.path.join(home, ".config", "containers", "certs.d", registry.host)
        os.makedirs(folder)
        reference = f"oci://{registry.host}/charts"
        with open(ca, encoding="ascii") as file:
            world.write(file.read(), folder, "ca.crt")
        yield from ends(world.run("push", world.chart, reference, env=env), 8, "client certificate")
        with open(pair, encoding="ascii") as file:
            text = file.read()
        world.write(text, folder, "me.cert")
        yield from ends(world.run("push", world.chart, reference, env=env), 3, "there is no me.key for me.cert")
        world.write(text, folder, "me.key")
        yield from ends(world.run("push", world.chart, reference, env=env), 0, "Pushed:")
        # Authorities that are asked for are the only ones.
        with TestRegistry(TESTREGISTRY, "--tls", world.path("c", "other.pem")):
            done = world.run("push", world.chart, reference, "--ca-file", world.path("c", "other.pem"), env=env)
            yield from ends(done, 8, "is not trusted")


def authorities(world):
    """A token server has its certificate from the registry's own authority, which only the registry's folder names."""
    ca = world.path("a", "ca.pem")
    with TestRegistry(TESTREGISTRY, "--tls", ca, "--bearer", "ci", "--own-token-server", password=MARKER) as registry:
        home = world.path("a", "home", "")
        env = {**programs.environment(home), "PORTOLAN_USERNAME": "ci", "PORTOLAN_PASSWORD": MARKER}
        reference = f"oci://{registry.host}/charts"
        with open(ca, encoding="ascii") as file:
            world.write(file.read(), home, ".config", "containers", "certs.d", registry.host, "ca.crt")
        yield from ends(world.run("push", world.chart, reference, env=env), 0, "Pushed:")
        layout = f"oci-layout:{world.path('a', 'layout')}//app"
        env = {**env, "HOME": world.path("a", "elsewhere")}
        done = world.run("copy", f"{reference}/app:1.0.0", layout, "--from-ca-file", ca, env=env)
        yield from ends(done, 0)
        yield from registry.stop()["leaked_credentials"]


def identity(world):
    """A client certificate is shown to the registry that is named, and to no other place."""
    ca, pair = world.path("id", "ca.pem"), world.path("id", "client.pem")
    words = ("--ca-file", ca, "--cert-file", pair, "--key-file", pair)
    with TestRegistry(TESTREGISTRY, "--mutual-tls", ca, pair) as registry:
        yield from ends(world.run("push", world.chart, f"oci://{registry.host}/charts", *words), 0, "Pushed:")
        env = world.conf(f"[[registry]]\nprefix='reg.invalid'\nlocation='{registry.host}'\n")
        done = world.run("versions", "oci://reg.invalid/charts/app", *words, env=env)
        yield from ends(done, 8, "client certificate")


def broken_mirror(world):
    """One mirror that cannot be asked is no reason to refuse a registry."""
    with TestRegistry(TESTREGISTRY) as registry:
        home = world.path("bm", "home", "")
        env = {
            **programs.environment(home),
            "CONTAINERS_REGISTRIES_CONF": world.write(
                f"[[registry]]\nlocation='{registry.host}'\n[[registry.mirror]]\nlocation='mirror.invalid'\n", "bm", "registries.conf"
            ),
        }
        world.write("no certificate", home, ".config", "containers", "certs.d", "mirror.invalid", "ca.crt")
        done = world.run("push", world.chart, f"oci://{registry.host}/charts", "--plain-http", env=env)
        yield from ends(done, 0, "Pushed:", "a mirror of", "is left out", "mirror.invalid")
        if done.stderr.count(b"is left out") != 1:
            yield f"it is told more than once: {programs.says(done)}"


def two_ends(world):
    with TestRegistry(TESTREGISTRY, "--tls", world.path("e", "ca.pem")) as secure, TestRegistry(TESTREGISTRY) as plain:
        ca = world.path("e", "ca.pem")
        one, two = f"oci://{secure.host}/charts/app:1.0.0", f"oci://{plain.host}/charts/app:1.0.0"
        world.push(plain)
        yield from ends(world.run("copy", two, one, "--from-plain-http", "--ca-file", ca), 0)
        yield from ends(world.run("copy", two, one, "--to-ca-file", ca), 0)
        yield from ends(world.run("copy", one, two, "--from-ca-file", ca, "--to-plain-http"), 0)
        yield from ends(world.run("copy", one, two, "--ca-file", ca), 8, "speaks no TLS")


def proxies(world):
    with TestRegistry(TESTREGISTRY) as registry, Proxy(registry.host) as proxy:
        env = {**world.env, "http_proxy": f"http://me:{MARKER}@{proxy.host}"}
        done = world.run("push", world.chart, "oci://reg.invalid/charts", "--plain-http", "--debug", env=env)
        yield from ends(done, 0, "Pushed: reg.invalid")
        done = world.run("push", world.chart, f"oci://{registry.host}/direct", env=env)
        yield from ends(done, 0, "Pushed:")
        if not proxy.requests or any(" http://reg.invalid/v2/" not in one for one in proxy.requests):
            yield f"the proxy was asked {proxy.requests}"
        if len(proxy.accounts) != len(proxy.requests):
            yield "the proxy was not told the account each time"
    with TestRegistry(TESTREGISTRY, "--tls", world.path("p", "ca.pem")) as registry, Proxy(registry.host) as proxy:
        port = registry.host.split(":")[1]
        env = {**world.env, "https_proxy": f"http://me:{MARKER}@{proxy.host}"}
        words = ("--ca-file", world.path("p", "ca.pem"), "--debug")
        # The certificate is of localhost, for which no proxy is asked; so the tunnel is seen, and the name is refused.
        done = world.run("push", world.chart, f"oci://reg.invalid:{port}/charts", *words, env=env)
        yield from ends(done, 8, f"the certificate of reg.invalid:{port} is not trusted")
        if proxy.requests[:1] != [f"CONNECT reg.invalid:{port} HTTP/1.1"]:
            yield f"the proxy was asked {proxy.requests}"
    for status, what in ((407, "takes no request without an account"), (502, "does not get through"), (403, "refuses the way")):
        with Proxy(status=status) as proxy:
            env = {**world.env, "https_proxy": f"http://me:{MARKER}@{proxy.host}"}
            done = world.run("versions", "oci://reg.invalid/app", "--timeout", "30s", env=env)
            yield from ends(done, 8, f"the proxy {proxy.host}", what, f"HTTP {status}")
            env = {**world.env, "http_proxy": f"http://me:{MARKER}@{proxy.host}"}
            done = world.run("versions", "oci://reg.invalid/app", "--plain-http", "--timeout", "1s", env=env)
            yield from ends(done, {407: 8, 502: 8, 403: 4}[status], str(status))


def spared(world):
    with TestRegistry(TESTREGISTRY) as registry, Proxy(status=502) as proxy:
        port = registry.host.split(":")[1]
        # This machine, by an address that is not of the loopback network.
        for no_proxy in ("0.0.0.0/8", "10.0.0.0/8, 0.0.0.0", f"0.0.0.0:{port}", "*"):
            env = {**world.env, "http_proxy": f"http://{proxy.host}", "no_proxy": no_proxy}
            yield from ends(world.run("push", world.chart, f"oci://0.0.0.0:{port}/charts", "--plain-http", env=env), 0)
        if proxy.requests:
            yield f"the proxy was asked {proxy.requests}"


def main():
    tap = Tap()
    with programs.scratch() as folder:
        world = World(folder)
        for name, case in (
            ("a host answers at another address, under its own name", other_address),
            ("TLS is with the logical host", server_name),
            ("headers of one's own go to the registry alone", own_headers),
            ("nor to where it sends us", no_header_elsewhere),
            ("transfers are held back, and not taken for ones that stand still", limited),
            ("what a registry warns of is told once", warnings),
            ("a mirror is read, and the registry is written", mirror),
            ("a mirror that fails is passed over, and not shown the registry's account", mirror_that_fails),
            ("a blocked registry is not asked, and a bad file is told", blocked),
            ("a prefix may lie elsewhere", rewritten),
            ("an account goes to no other place than the one that it is for", account_elsewhere),
            ("an insecure registry may speak TLS", insecure_with_tls),
            ("an insecure registry may be without TLS wherever it leads", insecure_without_tls),
            ("certificates of certs.d are used", certificates),
            ("authorities of a registry are good for its token server", authorities),
            ("a client certificate is shown to the registry alone", identity),
            ("a mirror that cannot be asked is left out", broken_mirror),
            ("the two ends of a copy may differ", two_ends),
            ("proxies are asked, and their accounts are told nobody", proxies),
            ("no_proxy spares networks, addresses and ports", spared),
        ):
            tap.case(name, case(world))
    tap.finish()


main()
