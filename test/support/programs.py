# SPDX-License-Identifier: Apache-2.0
"""The programs that a test runs: portolan, and others to compare it with, none of which sees the user's own files."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading


class Missing(Exception):
    """A program or file that the test needs is not here."""


def find(name):
    """The path of helm, oras, crane or skopeo: PORTOLAN_NAME, or from PATH."""
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


class Registry:
    """Debian's docker-registry on a free port, over plain http, with a folder of its own."""

    def __init__(self, folder):
        program = shutil.which("docker-registry") or shutil.which("registry")
        if program is None:
            raise Missing("there is no docker-registry here")
        os.makedirs(folder)
        configuration = os.path.join(folder, "config.yml")
        with open(configuration, "w", encoding="ascii") as file:
            file.write(
                "version: 0.1\nlog: {level: info, accesslog: {disabled: true}}\n"
                f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}\n"
                "http: {addr: '127.0.0.1:0'}\n"
            )
        self.process = subprocess.Popen(
            [program, "serve", configuration],
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
            raise Missing("docker-registry does not start: " + " ".join(" ".join(said).split())[:500])
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
