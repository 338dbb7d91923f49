# SPDX-License-Identifier: Apache-2.0
"""The completion scripts work in their shells.

Usage: completion_test.py PORTOLAN
"""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import programs
from tap import Tap

# What stands on the line, where `=` is a word of its own, and some of what is offered for the last word; nothing where
# the shell shall offer files.
LINES = (
    ("a command by its beginning", ["pu"], ["push", "pull"]),
    ("every command", [""], ["package", "digest", "push", "show", "copy", "completion", "version"]),
    ("the parts of a chart", ["show", ""], ["chart", "values", "readme", "crds", "all"]),
    ("the parts of a chart by the command's other name", ["inspect", "v"], ["values"]),
    ("the shells", ["completion", ""], ["bash", "zsh", "fish"]),
    ("options by their beginning", ["push", "--if"], ["--if-exists"]),
    ("options of a part", ["show", "values", "--ver"], ["--version"]),
    ("options behind arguments", ["pull", "oci-layout:store//app", "--unt"], ["--untar", "--untardir"]),
    ("options of the program", ["--ver"], ["--version"]),
    ("the choices of an option", ["push", "--if-exists", ""], ["same", "fail", "replace"]),
    ("the choices of an option by their beginning", ["package", "--timestamps", "so"], ["source"]),
    ("the choices of a short option", ["digest", "-o", ""], ["text", "json"]),
)
BASH_ALONE = (
    ("a command behind an option with its value", ["-o", "json", "dig"], ["digest"]),
    ("the choices behind an equals sign", ["copy", "--if-exists", "="], ["same", "fail", "replace"]),
    ("the choices behind an equals sign by their beginning", ["copy", "--output", "=", "j"], ["json"]),
)
FILES = (
    ("files for arguments", ["push", ""]),
    ("files for arguments behind a flag", ["pull", "--untar", ""]),
    ("files for an option's value", ["package", "-d", ""]),
    ("files behind a part", ["show", "chart", ""]),
)
EXACT = ("a command by its beginning", "the parts of a chart", "the shells", "options by their beginning",
         "the choices of an option", "the choices of a short option", "the choices behind an equals sign")

BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]}-1))
_portolan
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = 'source $argv[1]; complete -C $argv[2] | string split -f 1 \\t'


def unexpected(name, offered, wanted):
    missing = [word for word in wanted if word not in offered]
    if missing:
        yield f"{missing} not among {offered}"
    if name in EXACT and sorted(offered) != sorted(wanted):
        yield f"{offered} instead of {wanted}"
    if not wanted and offered:
        yield f"{offered} instead of nothing"


def check_bash(tap, bash, script, env):
    for name, words, wanted in (*LINES, *BASH_ALONE, *((name, words, []) for name, words in FILES)):
        process = programs.run([bash, "--norc", "-c", BASH, "bash", script, "portolan", *words], env)
        offered = process.stdout.decode().split()
        complaints = [programs.says(process)] if process.returncode not in (0, 1) or process.stderr else []
        tap.case(f"bash completes {name}", complaints + list(unexpected(name, offered, wanted)))


def check_fish(tap, fish, script, env, folder):
    def offered(words):
        command = [fish, "--no-config", "-c", FISH, script, "portolan " + " ".join(words)]
        return programs.run(command, env, cwd=folder).stdout.decode().split()

    for name, words, wanted in LINES:
        missing = set(wanted) - set(offered(words))
        tap.case(f"fish completes {name}", [f"{sorted(missing)} not among {offered(words)}"] if missing else [])
    for name, words in FILES:
        tap.case(f"fish completes {name}", [] if "a-file" in offered(words) else [f"{offered(words)}"])


def main():
    portolan = os.path.abspath(sys.argv[1])
    tap = Tap()
    with programs.scratch() as folder:
        env = programs.environment(folder)
        open(os.path.join(folder, "a-file"), "w", encoding="ascii").close()
        for shell in ("bash", "zsh", "fish"):
            path = shutil.which(shell)
            if path is None:
                tap.skip(f"{shell} completes", f"{shell} is not installed")
                continue
            script = os.path.join(folder, f"completion.{shell}")
            with open(script, "wb") as file:
                file.write(programs.run([portolan, "completion", shell], env, check=True).stdout)
            process = programs.run([path, "-n", script], env)
            failed = process.returncode or process.stderr
            tap.case(f"{shell} reads its script", [programs.says(process)] if failed else [])
            if shell == "bash":
                check_bash(tap, path, script, env)
            elif shell == "fish":
                check_fish(tap, path, script, env, folder)
    tap.finish()


main()
