# SPDX-License-Identifier: Apache-2.0
"""Commands that run at the same time, each in a process of its own."""

import subprocess


def at_once(program, commands, env, meanwhile=None):
    """Exit codes of commands that ran at the same time, and what they said; `meanwhile` is called until all ended."""
    running = [
        subprocess.Popen(
            [program, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
        )
        for command in commands
    ]
    while meanwhile and any(process.poll() is None for process in running):
        meanwhile()
    said = [process.communicate(timeout=120) for process in running]
    return [process.returncode for process in running], [(out + err).decode() for out, err in said]


def failed(codes, said, allowed=(0,)):
    for code, text in zip(codes, said):
        if code not in allowed:
            yield f"exit code {code}: {text}"
