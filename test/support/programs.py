# SPDX-License-Identifier: Apache-2.0
"""The programs that a test runs: portolan, and others to compare it with, none of which sees the user's own files."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading


# Who is ended from outside ends what it has started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


class Missing(Exception):
    """A program or file that the test needs is not here."""


def find(name):
    """The path of helm, oras, crane, regctl, skopeo, distribution and our own registries: PORTOLAN_NAME, or from PATH."""
    given = os.environ.get(f"PORTOLAN_{name.upper()}")
    path = shutil.which(given or name)
    if path is None:
        raise Missing(f"there is no {given or name} here")
    return path


def environment(home, **more):
    """An environment in which nothing but `home` is the user's."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": home,
        "TMPDIR": home,
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "HELM_CACHE_HOME": os.path.join(home, "helm", "cache"),
        "HELM_CONFIG_HOME": os.path.join(home, "helm", "config"),
        "HELM_DATA_HOME": os.path.join(home, "helm", "data"),
        "DOCKER_CONFIG": os.path.join(home, "docker"),
        "XDG_RUNTIME_DIR": os.path.join(home, "run"),
        **{
            name: value
            for name, value in os.environ.items()
            if name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
        },
        **more,
    }


@contextlib.contextmanager
def scratch():
    """A folder that goes away afterwards; PORTOLAN_KEEP leaves it there."""
    folder = tempfile.mkdtemp(prefix="portolan-test-")
    try:
        yield folder
    finally:
        if os.environ.get("PORTOLAN_KEEP"):
            print(f"# kept: {folder}", flush=True)
        else:
            for above, folders, _ in os.walk(folder):
                for name in folders:
                    with contextlib.suppress(OSError):
                        os.chmod(os.path.join(above, name), 0o700)
            shutil.rmtree(folder, ignore_errors=True)


def run(command, env, cwd=None, stdin=b"", timeout=120, **more):
    """A finished process with stdout and stderr in bytes."""
    command = [os.fspath(word) for word in command]
    return subprocess.run(command, env=env, cwd=cwd, input=stdin, capture_output=True, timeout=timeout, **more)


def says(process):
    """What a process said, shortened, for a complaint."""
    text = (process.stderr + process.stdout).decode("utf-8", "replace").strip()
    return f"exit status {getattr(process, 'returncode', None)}: {text[:600]}"
