# SPDX-License-Identifier: Apache-2.0
"""Eight processes work on one file of accounts, or on one registry that keeps no lists of referrers, at once, and
nothing is lost.

Usage: at_once_network_test.py PORTOLAN TESTREGISTRY

PORTOLAN_CASES sets the number of rounds.
"""

import json
import os
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import layouts
import operations
import programs
from crowd import at_once, failed
from tap import Tap
from testregistry import TestRegistry

PORTOLAN = os.path.abspath(sys.argv[1])
TESTREGISTRY = os.path.abspath(sys.argv[2])
PROCESSES = 8
PASSWORD = "open-sesame"
# What somebody else keeps in the file, and is to stay.
OTHERS = {
    "auths": {"other.example": {"auth": "Y2k6b3RoZXI="}},
    "HttpHeaders": {"X-Test": "1"},
    "credHelpers": {"helped.example": "none"},
}


class World:
    def __init__(self, folder):
        self.folder = folder
        self.env = programs.environment(folder, PORTOLAN_USERNAME="ci", PORTOLAN_PASSWORD=PASSWORD)
        self.chart = operations.write_chart(os.path.join(folder, "app"), "app", "1.0.0")

    def run(self, *words):
        done = programs.run([PORTOLAN, *words], self.env)
        if done.returncode != 0:
            raise AssertionError(f"{words}: {programs.says(done)}")
        return done.stdout


class Accounts:
    """A file of accounts, read again and again while others write it."""

    def __init__(self, file):
        self.file = file
        self.reads = 0
        self.wrong = set()

    def look(self):
        try:
            with open(self.file, "rb") as file:
                mode, text = stat.S_IMODE(os.fstat(file.fileno()).st_mode), file.read()
        except FileNotFoundError:
            if self.reads:
                self.wrong.add("the file has gone")
            return {}
        self.reads += 1
        if mode != 0o600:
            self.wrong.add(f"the file's mode is {mode:o}")
        try:
            return json.loads(text)
        except ValueError as error:
            self.wrong.add(f"no JSON: {error}: {text!r}")
            return {}

    def complaints(self, wanted):
        found = self.look()
        yield from self.wrong
        if set(found.get("auths", {})) != set(wanted):
            yield f"accounts of {sorted(found.get('auths', {}))} instead of {sorted(wanted)}"
        left = [name for name in os.listdir(os.path.dirname(self.file)) if name != os.path.basename(self.file)]
        if left:
            yield f"beside the file: {left}"


def logins(world, registry, file, name):
    """The commands by which some log in and others out; every name leads to the one registry."""

    def host(number):
        return f"r{number}.{name}.test:{registry.host.rpartition(':')[2]}"

    def login(number):
        way = ("--plain-http", "--resolve", f"{host(number)}:127.0.0.1")
        return ("login", host(number), *way, "--registry-config", file)

    def logout(number):
        return ("logout", host(number), "--registry-config", file)

    return host, login, logout


def accounts_at_once(world, registry, folder, before):
    """Eight log in, then four of them log out while four others log in."""
    os.makedirs(folder)
    accounts = Accounts(os.path.join(folder, "config.json"))
    if before:
        with open(accounts.file, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump(before, file)
    kept = set(before.get("auths", {}))
    host, login, logout = logins(world, registry, accounts.file, "example")
    commands = [login(number) for number in range(PROCESSES)]
    yield from failed(*at_once(PORTOLAN, commands, world.env, accounts.look))
    yield from accounts.complaints(kept | {host(number) for number in range(PROCESSES)})
    leaving, coming = range(PROCESSES // 2), range(PROCESSES, PROCESSES + PROCESSES // 2)
    commands = [*map(logout, leaving), *map(login, coming)]
    yield from failed(*at_once(PORTOLAN, commands, world.env, accounts.look))
    yield from accounts.complaints(kept | {host(number) for number in range(PROCESSES // 2, coming.stop)})
    found = accounts.look()
    for key, value in before.items():
        if key != "auths" and found.get(key) != value:
            yield f"{key} is {found.get(key)}"
    for key, value in before.get("auths", {}).items():
        if found["auths"].get(key) != value:
            yield f"the account of {key} has changed"
    if accounts.reads < 3:
        yield "the file was hardly ever read"


def same_account(world, registry, folder, before):
    """Eight log in to the same registry: it is there once."""
    os.makedirs(folder)
    accounts = Accounts(os.path.join(folder, "config.json"))
    host, login, _ = logins(world, registry, accounts.file, "example")
    yield from failed(*at_once(PORTOLAN, [login(1)] * PROCESSES, world.env, accounts.look))
    yield from accounts.complaints([host(1)])


def attachments(world, registry, repository):
    """Eight attach to one chart, and are listed; then four go while four others come."""
    chart = f"oci://{registry.host}/{repository}/app:1.0.0"
    world.run("push", world.chart, f"oci://{registry.host}/{repository}", "--plain-http")

    def attach(number):
        words = ("attach", chart, "--artifact-type", f"test/n{number}", "--annotation", "a=b")
        return (*words, "--plain-http", "-q", "-o", "json")

    def listed():
        said = json.loads(world.run("referrers", chart, "--plain-http", "-o", "json"))
        return sorted(one["artifact_type"] for one in said["referrers"])

    def differences(numbers):
        wanted = sorted(f"test/n{number}" for number in numbers)
        if listed() != wanted:
            yield f"{repository}: {listed()} instead of {wanted}"

    codes, said = at_once(PORTOLAN, [attach(number) for number in range(PROCESSES)], world.env)
    yield from failed(codes, said)
    yield from differences(range(PROCESSES))
    if any(codes):
        return
    digests = [json.loads(text)["digest"] for text in said[: PROCESSES // 2]]
    where = chart.rpartition(":")[0]
    commands = [("delete", f"{where}@{digest}", "--plain-http") for digest in digests]
    commands += [attach(number) for number in range(PROCESSES, PROCESSES + PROCESSES // 2)]
    yield from failed(*at_once(PORTOLAN, commands, world.env))
    yield from differences(range(PROCESSES // 2, PROCESSES + PROCESSES // 2))


def main():
    tap = Tap()
    rounds = int(os.environ.get("PORTOLAN_CASES") or 5)
    with programs.scratch() as folder:
        world = World(folder)
        with TestRegistry(TESTREGISTRY, "--basic", "ci", password=PASSWORD) as registry:
            for what, check, before in (
                ("log in and out, and all accounts are right", accounts_at_once, {}),
                ("log in and out, and what others keep there stays", accounts_at_once, OTHERS),
                ("log in to one registry", same_account, {}),
            ):
                complaints = []
                for turn in range(rounds):
                    complaints += check(world, registry, os.path.join(folder, f"{what[-8:]}-{turn}"), before)
                tap.case(f"eight processes {what}, in {rounds} rounds", complaints)
        for options in ((), ("--conditional",)):
            with TestRegistry(TESTREGISTRY, "--no-referrers", *options) as registry:
                complaints = []
                for turn in range(rounds):
                    complaints += attachments(world, registry, f"r{turn}")
                how = "with" if options else "without"
                what = f"attach and delete, {how} ETags"
                tap.case(f"eight processes {what}, in {rounds} rounds, and all is listed", complaints)
    tap.finish()


main()
