# SPDX-License-Identifier: Apache-2.0
"""What the commands print with -o json is valid by the schemas that are installed.

Usage: schemas_test.py PORTOLAN SCHEMA-FOLDER
"""

import contextlib
import glob
import hashlib
import http.server
import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import programs
from tap import Tap

STORE = "oci-layout:store//charts"
ZEROS = "sha256:" + "0" * 64

# Schema, exit code, and the words after `portolan`, run one after the other in one folder.
RUNS = (
    ("version", 0, "version"),
    ("package", 0, "package app"),
    ("package", 0, "package app library -d dist --dry-run"),
    ("package", 1, "package app broken missing -d dist"),
    ("package", 9, "package app -d app/values.yaml"),
    ("package", 8, "package broken missing"),
    ("digest", 0, "digest app app-1.4.2.tgz library"),
    ("digest", 1, "digest app broken missing.tgz"),
    ("push", 0, f"push app library {STORE}"),
    ("push", 0, f"push app {STORE} --tag stable"),
    ("push", 0, f"push app oci-layout:dry//charts --dry-run"),
    ("push", 0, f"push library --as oci-archive:library.tar//library:0.3.0+build.7"),
    ("push", 0, f"push signed-2.0.0.tgz {STORE}"),
    ("push", 2, f"push changed {STORE}"),
    ("push", 1, f"push app broken changed {STORE}"),
    ("push", 3, f"push app --as {STORE}/other"),
    ("error", 3, f"push app {STORE}:x:y"),
    ("push", 8, "push app oci://localhost:1/charts --quiet"),
    ("error", 3, "push app"),
    ("pull", 0, f"pull {STORE}/app"),
    ("pull", 0, f"pull {STORE}/app:stable --untar --untardir unpacked"),
    ("pull", 0, f"pull {STORE}/signed --prov -d pulled"),
    ("pull", 0, f"pull {STORE}/app --dry-run"),
    ("error", 2, f"pull {STORE}/app:stable --untar --untardir unpacked"),
    ("error", 5, f"pull {STORE}/app:9.9.9"),
    ("error", 6, f"pull {STORE}/app:1.4.2@{ZEROS}"),
    ("error", 6, "pull oci-layout:damaged//app:1"),
    ("error", 9, f"pull {STORE}/app -d app/values.yaml"),
    ("versions", 0, f"versions {STORE}/app"),
    ("versions", 0, f"versions {STORE}/library --details"),
    ("error", 5, f"versions {STORE}/other"),
    ("resolve", 0, f"resolve {STORE}/app --version ^1"),
    ("error", 5, f"resolve {STORE}/app@{ZEROS}"),
    ("tag", 0, f"tag {STORE}/app:1.4.2 1.4 1"),
    ("tag", 0, f"tag {STORE}/app:1.4.2 never --dry-run"),
    ("error", 2, f"tag {STORE}/app:1.4.2 1.4 --if-exists fail"),
    ("tag", 0, f"tag {STORE}/app:1.4.2 gone"),
    ("delete", 0, f"delete {STORE}/app:gone --dry-run"),
    ("delete", 0, f"delete {STORE}/app:gone"),
    ("error", 5, f"delete {STORE}/app:gone"),
    ("error", 3, "login oci://REGISTRY"),
    ("login", 0, "login REGISTRY --plain-http --registry-config accounts.json"),
    ("auth-explain", 0, "auth explain REGISTRY --plain-http --registry-config accounts.json"),
    ("auth-explain", 0, "auth explain oci://REGISTRY/charts/app --plain-http"),
    ("auth-explain", 8, "auth explain 127.0.0.1:1/charts/app"),
    ("error", 3, "auth explain oci-layout:x"),
    ("logout", 0, "logout REGISTRY --registry-config accounts.json"),
    ("error", 5, "logout REGISTRY --registry-config accounts.json"),
    ("attach", 0, f"attach {STORE}/app:1.4.2 app/values.yaml --artifact-type application/vnd.example.report"),
    ("attach", 0, f"attach {STORE}/app:1.4.2 --artifact-type a/b --annotation c=d --dry-run"),
    ("error", 9, f"attach {STORE}/app:1.4.2 missing --artifact-type a/b"),
    ("referrers", 0, f"referrers {STORE}/app:1.4.2"),
    ("error", 5, f"referrers {STORE}/app:9.9.9"),
    ("catalog", 0, "catalog oci-layout:store"),
    ("error", 3, f"catalog {STORE}"),
    ("layout-check", 0, "layout check oci-layout:store"),
    ("layout-check", 6, "layout check oci-layout:damaged"),
    ("error", 3, f"layout check {STORE}/app"),
    ("layout-gc", 0, "layout gc oci-layout:store --dry-run"),
    ("layout-gc", 0, "layout gc oci-layout:store"),
    ("error", 5, "layout gc oci-layout:nothing"),
    ("manifest", 0, f"manifest {STORE}/app:1.4.2"),
    ("manifest", 0, "manifest oci-layout:spread//app:1"),
    ("error", 3, f"manifest {STORE}/app"),
    ("error", 6, "manifest oci-layout:damaged//app:1"),
    ("show", 0, "show chart app"),
    ("show", 0, f"show all {STORE}/library"),
    ("error", 9, "show values missing"),
    ("error", 3, "show all broken"),
    ("copy", 0, f"copy {STORE}/app:1.4.2 oci-layout:other//app"),
    ("copy", 0, f"copy {STORE}/app oci-archive:app.tar//app --all-versions"),
    ("copy", 0, f"copy {STORE}/app oci-archive:dry.tar//app --all-versions --dry-run"),
    ("copy", 0, "copy app-1.4.2.tgz oci-layout:other//app"),
    ("package", 0, "package changed --version 1.4.3 -d dist"),
    ("copy", 0, "copy dist/app-1.4.3.tgz oci-layout:other//app"),
    ("copy", 0, "copy dist/app-1.4.3.tgz oci-layout:third//app"),
    ("push", 0, "push app --version 1.4.3 --as oci-layout:third//app:1.4.3 --if-exists replace"),
    ("copy", 1, "copy oci-layout:other//app oci-layout:third//app --all-versions"),
    ("error", 5, f"copy {STORE}/app:9.9.9 oci-layout:other//app"),
    ("error", 2, f"copy {STORE}/app:1.4.2 oci-layout:third//app:1.4.3"),
    ("error", 3, "bogus"),
)


def write(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make_charts(folder):
    chart = "apiVersion: v2\nname: {}\nversion: {}\n"
    write(f"{folder}/app/Chart.yaml", chart.format("app", "1.4.2") + "appVersion: '3.0.1'\n")
    write(f"{folder}/app/values.yaml", "replicas: 2\n")
    write(f"{folder}/app/README.md", "# A chart\n\n\u00fcber <b>&amp; \U0001f6a2\n")
    write(f"{folder}/changed/Chart.yaml", chart.format("app", "1.4.2"))
    write(f"{folder}/changed/values.yaml", "replicas: 3\n")
    write(f"{folder}/library/Chart.yaml", chart.format("library", "0.3.0+build.7") + "type: library\n")
    write(f"{folder}/signed/Chart.yaml", chart.format("signed", "2.0.0"))
    write(f"{folder}/broken/Chart.yaml", "apiVersion: v2\nname: broken\n")


def make_layout(folder, content):
    """A layout in which app:1 is that content, said to be a manifest."""
    digest = "sha256:" + hashlib.sha256(content.encode()).hexdigest()
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": len(content),
             "annotations": {"org.opencontainers.image.ref.name": "app:1"}}
    write(f"{folder}/oci-layout", '{"imageLayoutVersion":"1.0.0"}')
    write(f"{folder}/index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    write(f"{folder}/blobs/sha256/{digest[7:]}", content)


def make_rest(portolan, folder, env):
    """An archive with its provenance, and layouts whose manifests are odd."""
    programs.run([portolan, "package", "signed"], env, cwd=folder, check=True)
    write(f"{folder}/signed-2.0.0.tgz.prov", "-----BEGIN PGP SIGNED MESSAGE-----\n")
    make_layout(f"{folder}/damaged", "no manifest")
    config = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": ZEROS, "size": 2}
    make_layout(f"{folder}/spread", json.dumps({"schemaVersion": 2, "config": config, "layers": []}, indent=2))


def check_run(process, expected, code, validators):
    if process.returncode != code:
        yield f"exit code {process.returncode} instead of {code}: {programs.says(process)}"
    if process.stdout.count(b"\n") != 1 or not process.stdout.endswith(b"\n"):
        yield f"not one line: {process.stdout!r}"
        return
    document = json.loads(process.stdout)
    if document["schema"] != f"portolan.{expected}/v1":
        yield f"a document of {document['schema']}"
        return
    for error in validators[expected].iter_errors(document):
        yield f"{error.json_path}: {error.message[:500]}"
    # A schema that lets everything pass would not be noticed otherwise.
    if validators[expected].is_valid({**document, "unknown": 1}):
        yield "an unknown member passes"
    for name in document:
        if validators[expected].is_valid({key: value for key, value in document.items() if key != name}):
            if name not in ("provenance_file",):
                yield f"the document passes without {name}"


def closed(schema, where="$"):
    """Objects that would let unknown members pass, beside those that hold foreign content."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "additionalProperties" not in schema:
            yield where
        for key, value in schema.items():
            yield from closed(value, f"{where}.{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from closed(value, f"{where}[{index}]")


class OpenRegistry(http.server.BaseHTTPRequestHandler):
    """As much of a registry as a login needs."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def registry():
    """Its host and port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OpenRegistry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


FOREIGN = {"manifest": ["$.properties.manifest"], "show": ["$.properties.chart"]}


def main():
    portolan, folder = map(os.path.abspath, sys.argv[1:])
    tap = Tap()
    try:
        import jsonschema
        draft = jsonschema.Draft202012Validator
    except (ImportError, AttributeError):
        tap.skip("the commands' JSON is valid by the schemas", "Python's jsonschema is not installed, or too old")
        tap.finish()
    validators = {}
    for path in sorted(glob.glob(os.path.join(folder, "portolan.*.v1.json"))):
        name = os.path.basename(path).split(".")[1]
        with open(path, encoding="utf-8") as file:
            schema = json.load(file)
        complaints = []
        try:
            draft.check_schema(schema)
        except jsonschema.SchemaError as error:
            complaints.append(error.message)
        if schema["properties"]["schema"] != {"const": f"portolan.{name}/v1"}:
            complaints.append("another name inside")
        complaints += [f"open: {where}" for where in closed(schema) if where not in FOREIGN.get(name, [])]
        tap.case(f"the schema of {name} is a schema, and lets no unknown member pass", complaints)
        validators[name] = draft(schema)
    with programs.scratch() as scratch, registry() as host:
        env = programs.environment(scratch, PORTOLAN_USERNAME="ci", PORTOLAN_PASSWORD="secret")
        make_charts(scratch)
        make_rest(portolan, scratch, env)
        for expected, code, words in RUNS:
            command = [portolan, *words.replace("REGISTRY", host).split(), "-o", "json"]
            process = programs.run(command, env, cwd=scratch)
            tap.case(f"portolan {words}", check_run(process, expected, code, validators))
    tap.case("every schema was used", sorted(set(validators) - {expected for expected, _, _ in RUNS}))
    tap.finish()


main()
