# SPDX-License-Identifier: Apache-2.0
"""One signal ends a command cleanly, a second one ends it whatever it waits for.

Usage: signals_test.py PORTOLAN TESTREGISTRY
"""

import os
import pty
import signal
import subprocess
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import operations
import programs
from tap import Tap
from testregistry import TestRegistry

PORTOLAN = os.path.abspath(sys.argv[1])
TESTREGISTRY = os.path.abspath(sys.argv[2])


def read_until(file, wanted):
    seen = b""
    while wanted not in seen:
        seen += os.read(file, 4096)
    return seen


def echoes(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def interrupted_prompt(env, question, answers):
    """A login that is interrupted where it asks for something."""
    ours, theirs = pty.openpty()
    try:
        asking = subprocess.Popen(
            [PORTOLAN, "login", "registry.invalid"], stdin=theirs, stdout=theirs, stderr=theirs, env=env
        )
        for prompt, answer in answers:
            read_until(ours, prompt)
            os.write(ours, answer)
        read_until(ours, question)
        asking.send_signal(signal.SIGINT)
        code = asking.wait(timeout=10)
        if code != 130:
            yield f"exit code {code} instead of 130"
        if not echoes(theirs):
            yield "the terminal shows nothing any more"
    finally:
        os.close(ours)
        os.close(theirs)


def interrupted_stdin(env):
    waiting = subprocess.Popen(
        [PORTOLAN, "resolve", "oci://registry.invalid/a:1", "--username", "u", "--password-stdin"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
    )
    with open(f"/proc/{waiting.pid}/status", encoding="ascii") as status:
        blocked = next(line for line in status if line.startswith("SigBlk"))
    while int(blocked.split()[1], 16) & 1 << signal.SIGTERM - 1 == 0:
        with open(f"/proc/{waiting.pid}/status", encoding="ascii") as status:
            blocked = next(line for line in status if line.startswith("SigBlk"))
    waiting.send_signal(signal.SIGTERM)
    code = waiting.wait(timeout=10)
    waiting.stdin.close()
    said = waiting.stderr.read().decode()
    waiting.stderr.close()
    if code != 130:
        yield f"exit code {code} instead of 130: {said}"


def interrupted_uploads(env, chart):
    """A push whose blobs the registry does not go on reading."""
    with TestRegistry(TESTREGISTRY, "--two-step-uploads", "--rule", "PUT uploads stall=request-body:10 times=0") as registry:
        pushing = subprocess.Popen(
            [PORTOLAN, "push", chart, f"oci://{registry.host}/charts", "--debug"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=env,
            text=True,
        )
        opened = 0
        while opened < 2:
            line = pushing.stderr.readline()
            if not line:
                yield "it ended before its uploads had begun"
                break
            opened += "POST" in line and line.endswith(": 202\n")
        pushing.send_signal(signal.SIGINT)
        said = pushing.stderr.read()
        code = pushing.wait(timeout=30)
        pushing.stderr.close()
    if code != 130:
        yield f"exit code {code} instead of 130: {said}"
    withdrawn = [r["status"] for r in registry.report["requests"] if r["method"] == "DELETE"]
    if withdrawn != [204, 204]:
        yield f"two uploads were withdrawn with {withdrawn}"
    if registry.report["client_errors"]:
        yield str(registry.report["client_errors"])


def two_signals(env, chart):
    """A command that waits for somebody to read what it writes."""
    writing = subprocess.Popen([PORTOLAN, "show", "values", chart], stdout=subprocess.PIPE, env=env)
    os.read(writing.stdout.fileno(), 1)
    writing.send_signal(signal.SIGTERM)
    try:
        code = writing.wait(timeout=0.2)
        yield f"it did not wait for its reader: {code}"
    except subprocess.TimeoutExpired:
        writing.send_signal(signal.SIGTERM)
        code = writing.wait(timeout=10)
        if code != -signal.SIGTERM:
            yield f"exit code {code} instead of the signal's"
    writing.stdout.close()


def main():
    tap = Tap()
    with programs.scratch() as folder:
        env = programs.environment(folder)
        chart = operations.write_chart(os.path.join(folder, "app"), "app", "1.0.0")
        with open(os.path.join(chart, "values.yaml"), "a", encoding="ascii") as values:
            values.write("# a long line that fills the pipe\n" * 20_000)
        name = (b"User name at registry.invalid: ", b"u\n")
        tap.case("a question for a name ends with a signal", interrupted_prompt(env, name[0], []))
        tap.case("a question for a password, and the echo is back", interrupted_prompt(env, b"Password of u: ", [name]))
        # Also where it comes while one program hands over to another.
        stopped = [complaint for _ in range(30) for complaint in interrupted_stdin(env)]
        tap.case("a password on stdin that does not come", stopped)
        tap.case("uploads are withdrawn", interrupted_uploads(env, chart))
        tap.case("a second signal ends what does not end by itself", two_signals(env, chart))
    tap.finish()


main()
