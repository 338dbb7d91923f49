# SPDX-License-Identifier: Apache-2.0
"""Registries on free ports of the loopback interface: Debian's docker-registry and distribution 3, open, with
passwords, with tokens, with TLS; and one with the referrers API, which neither of them has."""

import base64
import contextlib
import crypt
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.parse
import warnings

from programs import Missing

USERNAME, PASSWORD = "ci", "open sesame"


def docker_registry():
    """Debian's program, which is distribution 2."""
    program = shutil.which("docker-registry")
    if program is None:
        raise Missing("there is no docker-registry here")
    return program


class Server:
    """A program that serves until it is left, and says on which port."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", ""), "OTEL_TRACES_EXPORTER": "none"},
            text=True,
            errors="replace",
        )
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := re.search(r"listening on 127\.0\.0\.1:(\d+)", line):
                self.host = f"127.0.0.1:{found.group(1)}"
                break
        else:
            self.process.wait()
            raise Missing(f"{os.path.basename(command[0])} does not start: " + " ".join(" ".join(said).split())[:500])
        self.reader = threading.Thread(target=self._drain, daemon=True)
        self.reader.start()

    def _drain(self):
        for _ in self.process.stdout:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class Registry(Server):
    """A registry with a folder of its own; `options` are further parts of its configuration, in YAML's flow style."""

    def __init__(self, folder, options=(), http_options="", program=None):
        program = program or docker_registry()
        os.makedirs(folder)
        configuration = os.path.join(folder, "config.yml")
        with open(configuration, "w", encoding="ascii") as file:
            file.write(
                "version: 0.1\nlog: {level: info, accesslog: {disabled: true}}\n"
                f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}\n"
                f"http: {{addr: '127.0.0.1:0'{http_options}}}\n" + "".join(f"{line}\n" for line in options)
            )
        super().__init__(program, "serve", configuration)


def with_referrers(program):
    """The program of test/integration/referrers_registry, open; what it holds is in its memory."""
    return Server(program)


def with_passwords(folder):
    """Takes USERNAME and PASSWORD by Basic."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        hashed = crypt.crypt(PASSWORD, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))
    users = os.path.join(os.path.dirname(folder), f"{os.path.basename(folder)}.users")
    with open(users, "w", encoding="ascii") as file:
        file.write(f"{USERNAME}:{hashed}\n")
    return Registry(folder, [f"auth: {{htpasswd: {{realm: basic-realm, path: '{users}'}}}}"])


def openssl(*words, stdin=None):
    if shutil.which("openssl") is None:
        raise Missing("there is no openssl here")
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True).stdout


class Authority:
    """A private certificate authority in a folder."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.folder = folder
        self.certificate = self.path("ca.pem")
        self._make("ca", "/CN=Test authority", "-x509", "-days", "3650")

    def path(self, name):
        return os.path.join(self.folder, name)

    def _make(self, name, subject, *words):
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path(f"{name}.key"), "-subj", subject,
            "-out", self.path(f"{name}.pem"), *words,
        )  # fmt: skip

    def issue(self, name, *words):
        """A certificate for this machine, and its key."""
        request = self.path(f"{name}.csr")
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path(f"{name}.key"), "-subj", f"/CN={name}",
            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-out", request,
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.path("ca.key"), "-CAcreateserial",
            "-copy_extensions", "copyall", "-out", self.path(f"{name}.pem"), *(words or ("-days", "3650")),
        )  # fmt: skip
        return self.path(f"{name}.pem"), self.path(f"{name}.key")


def with_tls(folder, authority, clients=False, program=None, *words):
    """Shows a certificate of the authority; with `clients` it asks for one as well."""
    certificate, key = authority.issue("server", *words)
    asks = f", clientcas: ['{authority.certificate}']" if clients else ""
    return Registry(folder, http_options=f", tls: {{certificate: '{certificate}', key: '{key}'{asks}}}", program=program)


class TokenServer:
    """Gives tokens that a registry `with_tokens` takes: to USERNAME for everything, to nobody for pulling."""

    def __init__(self, authority):
        self.certificate, self.key = authority.issue("tokens")
        self.asked = []  # the scopes of each request, and who asked
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.realm = f"http://127.0.0.1:{self.server.server_address[1]}/token"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def answer(self, request):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        given = request.headers.get("Authorization", "")
        expected = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        scopes = [scope for text in query.get("scope", []) for scope in text.split()]
        self.asked.append((scopes, "somebody" if given else "nobody"))
        if given and given != expected:
            body = json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": "wrong user or password"}]}).encode()
            request.send_response(401)
        else:
            body = json.dumps({"token": self.token(query, scopes, bool(given)), "expires_in": 300}).encode()
            request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def token(self, query, scopes, known):
        access = []
        for scope in scopes:
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            granted = [action for action in actions.split(",") if known or action == "pull"]
            access.append({"type": kind, "name": name, "actions": granted})
        now = int(time.time())
        claims = {
            "iss": "test issuer", "sub": USERNAME, "aud": query.get("service", [""])[0], "exp": now + 300,
            "nbf": now - 10, "iat": now - 10, "jti": str(len(self.asked)), "access": access,
        }  # fmt: skip
        with open(self.certificate, encoding="ascii") as file:
            der = "".join(line.strip() for line in file if not line.startswith("-----"))
        header = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
        text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        signature = openssl("dgst", "-sha256", "-sign", self.key, stdin=text.encode())
        return f"{text}.{encoded(signature)}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_tokens(folder, authority, tokens, program=None):
    """Takes the tokens of that server."""
    return Registry(
        folder,
        [
            f"auth: {{token: {{realm: '{tokens.realm}', service: test-registry, issuer: test issuer, "
            f"rootcertbundle: '{authority.certificate}'}}}}"
        ],
        program=program,
    )


@contextlib.contextmanager
def every_kind(folder, distribution=None, referrers_registry=None):
    """What there is to reach, each a registry that runs meanwhile; `distribution` is the program of distribution 3 and
    `referrers_registry` the one with the referrers API, where they are here."""
    authority = Authority(os.path.join(folder, "authority"))
    with contextlib.ExitStack() as stack:
        tokens = stack.enter_context(TokenServer(authority))
        client_certificate, client_key = authority.issue("client")
        yield [
            Reached("open", stack.enter_context(Registry(os.path.join(folder, "open")))),
            Reached("with passwords", stack.enter_context(with_passwords(os.path.join(folder, "passwords"))), user=True),
            Reached(
                "with tokens", stack.enter_context(with_tokens(os.path.join(folder, "tokens"), authority, tokens)), user=True
            ),
            Reached(
                "with TLS", stack.enter_context(with_tls(os.path.join(folder, "tls"), authority)), ca=authority.certificate
            ),
            Reached(
                "with client certificates",
                stack.enter_context(with_tls(os.path.join(folder, "clients"), authority, True)),
                ca=authority.certificate,
                certificate=client_certificate,
                key=client_key,
            ),
            *(distribution_3(folder, stack, authority, tokens, distribution) if distribution else []),
            *(
                [Reached("with referrers", stack.enter_context(with_referrers(referrers_registry)))]
                if referrers_registry
                else []
            ),
        ]


def distribution_3(folder, stack, authority, tokens, program):
    def place(name):
        return os.path.join(folder, f"distribution-{name}")

    def run(registry):
        return stack.enter_context(registry)

    yield Reached("distribution 3, open", run(Registry(place("open"), program=program)))
    yield Reached(
        "distribution 3, with tokens", run(with_tokens(place("tokens"), authority, tokens, program)), user=True
    )
    yield Reached(
        "distribution 3, with TLS",
        run(with_tls(place("tls"), authority, program=program)),
        ca=authority.certificate,
    )


class Reached:
    """A registry, and what it takes to get there."""

    def __init__(self, name, registry, user=False, ca=None, certificate=None, key=None):
        self.name, self.host, self.user = name, registry.host, user
        self.ca, self.certificate, self.key = ca, certificate, key
        # It shows no client certificates, and takes no token server on this machine.
        self.crane = not certificate and "with tokens" not in name
        self.mounts = "with referrers" not in name  # go-containerregistry's answers every mount with an upload
        self.holds = []  # of what was pushed there: archive, reference, digest

    def options(self, plain, ca, certificate, key):
        """The words by which a program is told so, given its own names for them."""
        words = [] if self.ca else [plain]
        words += [ca, self.ca] if self.ca else []
        return words + ([certificate, self.certificate, key, self.key] if self.certificate else [])

    def of_portolan(self):
        return self.options("--plain-http", "--ca-file", "--cert-file", "--key-file")

    def of_helm(self):
        account = ["--username", USERNAME, "--password", PASSWORD] if self.user else []
        return self.options("--plain-http", "--ca-file", "--cert-file", "--key-file") + account

    def of_oras(self):
        account = ["--username", USERNAME, "--password", PASSWORD] if self.user else []
        return self.options("--plain-http", "--ca-file", "--cert-file", "--key-file") + account

    def env_of_crane(self, env):
        """crane has no options for any of this."""
        if self.user:
            folder = os.path.join(env["HOME"], "crane", self.host.replace(":", "-"))
            os.makedirs(folder, exist_ok=True)
            account = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
            with open(os.path.join(folder, "config.json"), "w", encoding="ascii") as file:
                json.dump({"auths": {self.host: {"auth": account}}}, file)
            env = {**env, "DOCKER_CONFIG": folder}
        return {**env, "SSL_CERT_FILE": self.ca} if self.ca else env
