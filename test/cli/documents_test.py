# SPDX-License-Identifier: Apache-2.0
"""What the documents show is what happens: their console sessions are run again, and their programs are the examples.

Usage: documents_test.py PORTOLAN SOURCE-ROOT

PORTOLAN_UPDATE_GOLDEN=1 writes what the commands print into the documents instead.
"""

import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import programs
from tap import Tap

OTHERS = ("helm", "oras", "crane", "skopeo", "jq")
FILES = {
    "charts/app/Chart.yaml":
        "apiVersion: v2\nname: app\nversion: 1.4.2\nappVersion: 3.0.1\ndescription: A small web application\n",
    "charts/app/values.yaml": "replicas: 2\n",
    "charts/app/README.md": "# app\n\nA small web application.\n",
    "charts/app/templates/deployment.yaml":
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n"
        "spec:\n  replicas: {{ .Values.replicas }}\n",
    "charts/app/templates/service.yaml":
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  ports:\n    - port: 80\n",
    "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.9.0\n",
    "charts/db/values.yaml": "size: 1Gi\n",
}
MARK = "<<<next command>>>"


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def session(block):
    """Pairs of a command, which may go on over several lines, and what it prints."""
    steps = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append([line[2:], ""])
        elif steps[-1][0].endswith(("\\", "|")) and not steps[-1][1]:
            steps[-1][0] += "\n" + line
        else:
            steps[-1][1] += line + "\n"
    return steps


def run_session(steps, folder, env):
    """What each command prints, to stdout and stderr, in one shell."""
    script = "".join(f"__status=$?; echo '{MARK}'; (exit $__status)\n{command}\n" for command, _ in steps)
    process = programs.run(["bash", "-c", f"exec 2>&1\n{script}"], env, cwd=folder)
    return process.stdout.decode().split(f"{MARK}\n")[1:]


def differences(steps, found):
    for (command, expected), output in zip(steps, found):
        # A blank line may stand before the next command.
        if output.rstrip("\n") != expected.rstrip("\n"):
            yield f"$ {command}\nthe document says:\n{expected}\nit prints:\n{output}"
    if len(found) != len(steps):
        yield f"{len(found)} of {len(steps)} commands ran"


def prepare(portolan, scratch):
    for path, text in FILES.items():
        os.makedirs(os.path.join(scratch, "work", os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(scratch, "work", path), "w", encoding="utf-8") as file:
            file.write(text)
    tools = os.path.join(scratch, "bin")
    os.mkdir(tools)
    os.symlink(portolan, os.path.join(tools, "portolan"))
    missing = []
    for name in OTHERS:
        try:
            os.symlink(programs.find(name), os.path.join(tools, name))
        except programs.Missing:
            missing.append(name)
    env = programs.environment(scratch)
    env["PATH"] = f"{tools}:{env['PATH']}"
    return env, missing


def update(path, sessions, found):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for block in sessions:
        steps = session(block)
        outputs, found = found[:len(steps)], found[len(steps):]
        spaced = "\n\n$ " in block
        new = ("\n" if spaced else "").join(f"$ {command}\n{output}" for (command, _), output in zip(steps, outputs))
        text = text.replace(f"```console\n{block}```", f"```console\n{new}```")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def check_sessions(tap, portolan, name, path, sessions):
    steps = [step for block in sessions for step in session(block)]
    with programs.scratch() as scratch:
        env, missing = prepare(portolan, scratch)
        absent = [other for other in missing if any(re.search(rf"(^|[|(] ?){other} ", step[0]) for step in steps)]
        if absent:
            tap.skip(f"the sessions in {name} are real", f"there is no {' and no '.join(absent)}")
            return
        found = run_session(steps, os.path.join(scratch, "work"), env)
        if os.environ.get("PORTOLAN_UPDATE_GOLDEN"):
            update(path, sessions, found)
        tap.case(f"the sessions in {name} are real", differences(steps, found))


def main():
    portolan, root = map(os.path.abspath, sys.argv[1:])
    tap = Tap()
    examples = ""
    for path in glob.glob(f"{root}/doc/examples/*"):
        with open(path, encoding="utf-8") as file:
            examples += file.read()
    for path in [f"{root}/README.md", *sorted(glob.glob(f"{root}/doc/**/*.md", recursive=True))]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        name = os.path.relpath(path, root)
        if sessions := blocks(text, "console"):
            check_sessions(tap, portolan, name, path, sessions)
        if code := blocks(text, "cpp"):
            strangers = [block for block in code if block not in examples]
            tap.case(f"the programs in {name} are examples that are built", strangers)
        links = [link for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
                 if not os.path.exists(os.path.join(os.path.dirname(path), link))]
        tap.case(f"the links in {name} lead somewhere", links)
    tap.finish()


main()
