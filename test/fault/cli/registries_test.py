# SPDX-License-Identifier: Apache-2.0
"""Commands that ask registries which refuse, fail, or are none: one clear sentence, the right exit code, nothing left,
and no secret anywhere, whatever is told with --debug.

Usage: registries_test.py PORTOLAN TESTREGISTRY
"""

import base64
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import operations
import programs
from tap import Tap
from testregistry import TestRegistry

PORTOLAN = os.path.abspath(sys.argv[1])
TESTREGISTRY = os.path.abspath(sys.argv[2])
MARKER = "hunter2-the-marker"
# As it would stand in a header of Basic, and the beginning of a token that testregistry makes.
FORMS = (MARKER, base64.b64encode(f"ci:{MARKER}".encode()).decode().rstrip("="), "eyJ")


class World:
    def __init__(self, folder):
        self.folder = folder
        self.env = programs.environment(folder)
        self.account = {**self.env, "PORTOLAN_USERNAME": "ci", "PORTOLAN_PASSWORD": MARKER}
        self.chart = operations.write_chart(os.path.join(folder, "app"), "app", "1.0.0")
        self.out = os.path.join(folder, "out")
        os.makedirs(self.out)
        self.ca_file = os.path.join(folder, "ca.pem")

    def run(self, *words, env=None):
        return programs.run([PORTOLAN, *words], env or self.account)

    def helper(self, name, script):
        """An environment with a credential helper that does what the script says."""
        folder = os.path.join(self.folder, f"helper-{name}")
        os.makedirs(os.path.join(folder, "docker"))
        with open(os.path.join(folder, "docker", "config.json"), "w", encoding="ascii") as file:
            json.dump({"credsStore": name}, file)
        if script is not None:
            program = os.path.join(folder, f"docker-credential-{name}")
            with open(program, "w", encoding="ascii") as file:
                file.write(f"#!/bin/sh\n{script}\n")
            os.chmod(program, 0o755)
        return {**self.env, "PATH": f"{folder}:{self.env['PATH']}", "DOCKER_CONFIG": os.path.join(folder, "docker")}


def told(done):
    """What leaks of a secret."""
    text = (done.stdout + done.stderr).decode(errors="replace")
    return [f"{form} is told: {text}" for form in FORMS if form in text]


def kept(world):
    """Files with a secret, but the one that is for it."""
    for folder, _, names in os.walk(world.folder):
        for name in names:
            path = os.path.join(folder, name)
            if name == "accounts.json" or name.startswith("docker-credential-"):
                continue
            with open(path, "rb") as file:
                text = file.read()
            yield from (f"{form} is in {path}" for form in FORMS[:2] if form.encode() in text)


def nothing_left(world):
    left = operations.snapshot(world.out)
    return [f"left behind: {sorted(left)}"] if left else []


def refused(world, done, code, *parts):
    said = done.stderr.decode(errors="replace")
    if done.returncode != code:
        yield f"exit code {done.returncode} instead of {code}: {said}"
    sentences = [line for line in said.splitlines() if line.startswith("portolan: ") and not re.match(r"portolan: (warning|info): ", line)]
    if len(sentences) != 1:
        yield f"{len(sentences)} sentences: {said}"
    for part in parts:
        if part not in said:
            yield f"nothing of '{part}' in: {said}"
    yield from told(done)
    yield from nothing_left(world)


def refusals(world):
    """What it is, the registry's options, the command's words (REF is a chart there), and what is said."""
    pull = ("pull", "REF", "-d", world.out)
    push = ("push", world.chart, "oci://HOST/charts")
    tls = ("--ca-file", world.ca_file)
    wrong = {**world.account, "PORTOLAN_PASSWORD": "wr0ng"}
    return (
        ("a wrong password", ["--basic", "ci"], push, wrong, 4,
         ["refused", "unauthorized", "ci, from PORTOLAN_USERNAME", "it says    authentication required", "Log in"]),
        ("a wrong password for a token", ["--bearer", "ci"], push, wrong, 4,
         ["the token server", "refused the credential", "asked for  repository:charts/app:pull,push",
          "ci, from PORTOLAN_USERNAME", "it says    incorrect username or password"]),
        ("no account", ["--bearer", "ci"], pull, world.env, 4,
         ["asked for  repository:charts/app:pull", "as         anonymous", "Log in: portolan login HOST"]),
        ("no permission", ["--bearer", "ci", "--rule", "POST uploads answer=403 body=denied times=0"], push, None, 4,
         ["HOST refused the push to charts/app: denied (HTTP 403)", "asked for  repository:charts/app:pull,push",
          "ci, from PORTOLAN_USERNAME"]),
        ("no such repository", ["--bearer", "ci"], ("versions", "REF"), None, 5, ["HOST has no charts/app", "404"]),
        ("no such version", ["--bearer", "ci"], ("pull", "REF:9.9.9", "-d", world.out), None, 5,
         ["HOST has no charts/app:9.9.9 (HTTP 404)"]),
        ("a web page", ["--rule", "GET manifests answer=200 body=<html> header=Content-Type:text/html times=0"],
         ("pull", "REF:1.0.0", "-d", world.out), None, 8, ["HOST answered", "no manifest"]),
        ("a login at what is no registry", ["--rule", "GET base answer=200 body=<html> header=Content-Type:text/html"],
         ("login", "HOST", "--username", "ci"), None, 8, ["a web page: it is no registry"]),
        ("an expired certificate", ["--tls", world.ca_file, "--expired"], (*pull, *tls), None, 8,
         ["the certificate of HOST is not trusted", "expired"]),
        ("another authority", ["--tls", world.ca_file], (*pull, "--ca-file", "OTHER"), None, 8,
         ["the certificate of HOST is not trusted"]),
        ("https where http is spoken", [], (*pull, "--ca-file", "OTHER"), None, 8,
         ["HOST speaks no TLS", "--plain-http"]),
        ("http where https is spoken", ["--tls", world.ca_file], (*pull, "--plain-http"), None, 8,
         ["HOST refused", "HTTPS server", "it speaks TLS (HTTP 400)", "leave out --plain-http"]),
        ("https is spoken on this machine", ["--tls", world.ca_file], push, None, 8,
         ["HOST refused plain http: it speaks TLS (HTTP 400)", "name its authority by --ca-file"]),
        ("an account that may not log in", ["--basic", "ci", "--rule", "GET base answer=403 times=0"],
         ("login", "HOST", "--username", "ci"), None, 4, ["denied (HTTP 403)", "The account may be known there"]),
        ("a login with a wrong password", ["--basic", "ci"], ("login", "HOST", "--username", "ci"), wrong, 4,
         ["unauthorized (HTTP 401)", "Check the user name and the password"]),
        ("deletion that is switched off",
         ["--rule", 'DELETE manifests answer=405 body={"errors":[{"code":"UNSUPPORTED","message":"switched-off"}]} times=0'],
         ("delete", "REF:1.0.0", "--force"), None, 3, ["HOST deletes no tags", "(HTTP 405)", "it says  switched-off"]),
        ("an answer of a status that means something else", ["--rule", "GET manifests answer=204 times=0"],
         ("pull", "REF:1.0.0", "-d", world.out), None, 8,
         ["HOST answered the request for charts/app:1.0.0 with HTTP 204, where 200 was expected"]),
        ("a helper that is missing", ["--bearer", "ci"], pull, world.helper("missing", None), 3,
         ["docker-credential-missing", "config.json"]),
        ("a helper that hangs", ["--bearer", "ci"], (*pull, "--timeout", "300ms"), world.helper("hangs", "exec sleep 60"), 7, []),
        ("a helper that talks nonsense", ["--bearer", "ci"], pull, world.helper("odd", f"echo {MARKER}"), 3, ["docker-credential-odd"]),
        ("a helper that fails, where everybody may read", ["--bearer", "ci", "--anonymous-pull"],
         ("pull", "REF:1", "-d", world.out), world.helper("fails2", "exit 3"), 5,
         ["docker-credential-fails2", "is read as nobody", "HOST has no charts/app:1"]),
        ("a helper for a registry that asks nobody", [], ("pull", "REF:1", "-d", world.out),
         world.helper("unasked", "exec sleep 60"), 5, ["HOST has no charts/app:1 (HTTP 404)"]),
        ("a list of repositories that is switched off", ["--bearer", "ci", "--no-catalog"], ("catalog", "oci://HOST"),
         None, 3, ["HOST shows no list of its repositories (HTTP 404)"]),
        ("a helper that fails", ["--bearer", "ci"], pull, world.helper("fails", f"echo {MARKER} >&2; exit 3"), 3,
         ["docker-credential-fails"]),
    )  # fmt: skip


def asked_to_speak_tls(world):
    """A server that answers plain http as one that speaks TLS alone does: with an alert."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def alert():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

        thread = threading.Thread(target=alert)
        thread.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        done = world.run("versions", f"oci://{host}/charts/app")
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    yield from refused(world, done, 8, f"{host} answers with something that is not HTTP", "name its authority by --ca-file")


def storage_that_refuses(world):
    """The place that a registry redirects to is told from the registry, in its own words, but for what is secret."""
    with TestRegistry(TESTREGISTRY, "--bearer", "ci", "--rule",
                      "GET blobs containing=signature= answer=403 header=Content-Type:application/xml times=0 "
                      "body=<Error><Code>AccessDenied</Code><Message>/x?signature=hunter3</Message></Error>",
                      "--rule", "GET blobs redirect-to-origin=storage times=0", password=MARKER) as registry:  # fmt: skip
        pushed = world.run("push", world.chart, f"oci://{registry.host}/charts")
        if pushed.returncode != 0:
            yield programs.says(pushed)
        done = world.run("pull", f"oci://{registry.host}/charts/app:1.0.0", "-d", world.out)
        place = registry.storage.removeprefix("http://")
        yield from refused(world, done, 8,
                           f"{place}, to which {registry.host} redirects, refused the request for charts/app@sha256:",
                           "(HTTP 403)", "it says  AccessDenied: /x?…\n")  # fmt: skip
        said = done.stderr.decode()
        if "signature=" in said or "ortolan login" in said:
            yield said


def transfer_that_always_ends(world):
    """Whose transfer ends each time, and of what."""
    with TestRegistry(TESTREGISTRY, "--rule", "GET blobs truncate=1000 ignore=Range times=0", password=MARKER) as registry:
        pushed = world.run("push", world.chart, f"oci://{registry.host}/charts")
        if pushed.returncode != 0:
            yield programs.says(pushed)
        done = world.run("pull", f"oci://{registry.host}/charts/app:1.0.0", "-d", world.out)
        for name in os.listdir(world.out):
            os.remove(os.path.join(world.out, name))  # what may be gone on with
        yield from refused(world, done, 8, "reading sha256:", registry.host)


def lists(world):
    """What a registry lists is shown once, and only what can be a name."""
    names = '["ok/app","../x","","Upper","\\u202e","ok/app"]'
    with TestRegistry(TESTREGISTRY,
                      "--rule", f'GET catalog answer=200 body={{"repositories":{names}}} times=0',
                      "--rule", 'GET tags containing=last=x answer=200 body={"tags":["2.0.0","1.0.0"]} times=0',
                      "--rule", 'GET tags answer=200 body={"tags":["1.0.0","2.0.0"]} times=0 '
                      "header=Link:</v2/charts/app/tags/list?last=x>;rel=next") as registry:  # fmt: skip
        done = world.run("catalog", f"oci://{registry.host}")
        if done.returncode != 0 or done.stdout != b"ok/app\n":
            yield programs.says(done)
        warning = f'portolan: warning: {registry.host} lists 4 names that no repository can have, such as "../x"; they are left out\n'
        if done.stderr.decode() != warning:
            yield programs.says(done)
        done = world.run("versions", f"oci://{registry.host}/charts/app")
        if done.stdout != b"2.0.0\n1.0.0\n" or done.stderr:
            yield programs.says(done)


def hidden_characters(world):
    """What would control a terminal, or turn a line around, comes out as escapes."""
    digest = "sha256:" + "0" * 64
    index = ('{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":'
             f'"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":2,'
             '"artifactType":"a/b\\u202ec\\u009b","annotations":{"by":"\\u2066é\\u200b"}}]}')  # fmt: skip
    with TestRegistry(TESTREGISTRY, "--rule",
                      f"GET referrers answer=200 body={index} header=Content-Type:application/vnd.oci.image.index.v1+json "
                      "times=0") as registry:  # fmt: skip
        chart = f"oci://{registry.host}/charts/app:1.0.0"
        pushed = world.run("push", world.chart, f"oci://{registry.host}/charts")
        if pushed.returncode != 0:
            yield programs.says(pushed)
        done = world.run("referrers", chart, "--depth", "1")
        if rf"a/b\u202ec\u009b  {digest}" not in done.stdout.decode():
            yield programs.says(done)
        done = world.run("referrers", chart, "--depth", "1", "-o", "json")
        text = done.stdout.decode()
        if r'"a/b\u202ec\u009b"' not in text or r'{"by":"\u2066é\u200b"}' not in text:
            yield programs.says(done)
        if json.loads(text)["referrers"][0]["artifact_type"] != "a/b\u202ec\u009b":
            yield text


def levels(world):
    """A line that is worth knowing is no warning."""
    with TestRegistry(TESTREGISTRY, "--rule", "GET tags answer=503") as registry:
        done = world.run("versions", f"oci://{registry.host}/charts/app")
        said = done.stderr.decode()
        if f"portolan: info: {registry.host}: " not in said or "warning" in said:
            yield said


def login_tells_what_was_checked(world):
    """A registry that asks nobody for an account takes every password, and that is said."""
    kept_in = ("--registry-config", os.path.join(world.folder, "accounts.json"))
    for options, checked in (([], False), (["--basic", "ci"], True), (["--bearer", "ci"], True)):
        with TestRegistry(TESTREGISTRY, *options, password=MARKER) as registry:
            done = world.run("login", registry.host, *kept_in, "-o", "json")
            warning = f"portolan: warning: {registry.host} asks nobody for an account: ci is kept, and was not checked"
            if done.returncode != 0 or json.loads(done.stdout)["checked"] != checked:
                yield programs.says(done)
            if (warning in done.stderr.decode()) == checked:
                yield programs.says(done)
            yield from told(done)


def other_authority(world):
    path = os.path.join(world.folder, "other.pem")
    with TestRegistry(TESTREGISTRY, "--tls", path):
        pass
    return path


def check_refusal(world, other, options, words, env, code, parts):
    with TestRegistry(TESTREGISTRY, *options, password=MARKER) as registry:
        names = {"REF": f"oci://{registry.host}/charts/app", "HOST": registry.host, "OTHER": other}

        def filled(text):
            for name, value in names.items():
                text = text.replace(name, value)
            return text

        done = world.run(*map(filled, words), env=env)
        yield from refused(world, done, code, *map(filled, parts))
        yield from registry.stop()["leaked_credentials"]


def secrets(world, options, words, codes):
    """A command at --debug; the marker and the tokens come out nowhere."""
    with TestRegistry(TESTREGISTRY, *options, password=MARKER) as registry:
        done = world.run(
            *(word.replace("HOST", registry.host).replace("STORE", os.path.join(world.folder, "store")) for word in words),
            "--debug",
        )
        if done.returncode not in codes:
            yield programs.says(done)
        if not re.search(rb"debug: (GET|HEAD|POST|DELETE) ", done.stderr):
            yield f"--debug tells no requests: {done.stderr.decode()}"
        yield from told(done)
        yield from kept(world)
        report = registry.stop()
        yield from report["leaked_credentials"]
        yield from report["client_errors"]


def process_list(world):
    """What others may see of a command that waits."""
    with TestRegistry(TESTREGISTRY, "--basic", "ci", "--rule", "HEAD manifests stall=head", password=MARKER) as registry:
        with subprocess.Popen(
            [PORTOLAN, "push", world.chart, f"oci://{registry.host}/charts"],
            env=world.account,
            stderr=subprocess.PIPE,
        ) as waiting:
            # Until it has what it needs to ask a registry.
            mapped = ""
            while "libcurl" not in mapped:
                with open(f"/proc/{waiting.pid}/maps", encoding="utf-8") as file:
                    mapped = file.read()
            with open(f"/proc/{waiting.pid}/cmdline", "rb") as file:
                shown = file.read()
            waiting.terminate()
            waiting.stderr.read()
    if MARKER.encode() in shown:
        yield f"the process list has {shown}"


CHART = "oci://HOST/charts/app"
KINDS = {
    "Basic": ["--basic", "ci"],
    "tokens": ["--bearer", "ci", "--own-token-server"],
    "tokens and redirects": ["--bearer", "ci", "--rule", "GET blobs redirect-to-origin=storage times=0",
                             "--rule", "POST uploads location-at=storage times=0", "--two-step-uploads"],
    "failures": ["--bearer", "ci", "--rule", "* blobs answer=503 times=2", "--rule", "PUT manifests reset=commit"],
    "no referrers API": ["--bearer", "ci", "--no-referrers", "--rule", "GET referrers redirect=https://example.invalid/"],
    "refusals": ["--bearer", "ci", "--rule", "* manifests answer=403 times=0", "--rule", "* tags answer=401 times=0"],
}  # fmt: skip


def commands(world):
    return {
        "push": ("push", world.chart, "oci://HOST/charts"),
        "versions": ("versions", CHART),
        "pull": ("pull", f"{CHART}:1.0.0", "-d", os.path.join(world.folder, "pulled")),
        "resolve": ("resolve", f"{CHART}:1.0.0"),
        "manifest": ("manifest", f"{CHART}:1.0.0"),
        "show": ("show", "all", f"{CHART}:1.0.0"),
        "tag": ("tag", f"{CHART}:1.0.0", "stable"),
        "copy": ("copy", f"{CHART}:1.0.0", "oci://HOST/other/app"),
        "attach": ("attach", f"{CHART}:1.0.0", os.path.join(world.chart, "Chart.yaml"), "--artifact-type", "a/b"),
        "referrers": ("referrers", f"{CHART}:1.0.0"),
        "catalog": ("catalog", "oci://HOST"),
        "copy with referrers": ("copy", f"{CHART}:1.0.0", "oci-layout:STORE//app:1.0.0", "--referrers"),
        "delete": ("delete", f"{CHART}:1.0.0", "--force"),
        "auth explain": ("auth", "explain", CHART),
        "login": ("login", "HOST", "--registry-config", os.path.join(world.folder, "accounts.json")),
    }


def main():
    tap = Tap()
    with programs.scratch() as folder:
        world = World(folder)
        other = other_authority(world)
        for name, options, words, env, code, parts in refusals(world):
            tap.case(name, check_refusal(world, other, options, words, env or world.account, code, parts))
        tap.case("an alert of TLS where http is spoken", asked_to_speak_tls(world))
        tap.case("a storage that refuses", storage_that_refuses(world))
        tap.case("a transfer that ends each time", transfer_that_always_ends(world))
        tap.case("lists with names twice, and with such that are none", lists(world))
        tap.case("hidden characters", hidden_characters(world))
        tap.case("lines of the level info", levels(world))
        tap.case("a login where nothing is checked", login_tells_what_was_checked(world))
        done = world.run("pull", "oci://no-such-host.invalid/charts/app:1", "-d", world.out)
        tap.case("no such host", refused(world, done, 8, "there is no host no-such-host.invalid"))
        for kind, options in KINDS.items():
            for name, words in commands(world).items():
                codes = (0, 1, 4, 5, 8)
                tap.case(f"{kind}, {name}: no secret is told", secrets(world, options, words, codes))
        tap.case("no secret in the process list", process_list(world))
    tap.finish()


main()
