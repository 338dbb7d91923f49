# SPDX-License-Identifier: Apache-2.0
"""Compares our versions and constraints with those of the Go library that Helm uses, over generated texts.

Usage: version_test.py ANSWERS SOURCE-DIR

ANSWERS is our program, SOURCE-DIR holds the Go module. PORTOLAN_SEED repeats a run, PORTOLAN_CASES sets its size.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from tap import Tap

OPERATORS = ["", "", "", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"]
WRONG_OPERATORS = ["==", "!", "~=", "> =", "<>", "^^", ">>", "~~", "=!"]
IDENTIFIERS = ["0", "1", "2", "10", "11", "alpha", "beta", "rc", "rc2", "rc10", "B", "b", "-", "--", "0a", "a0", "x",
               "18446744073709551615", "18446744073709551616", "99999999999999999999"]
NOISE = list(" \t\n\f\r\v,|.-+vVxX*<>=!~^0129aZ_\\\"'/") + ["||", " - ", " || ", "\x00", "\xe9", "\u2003", "\udcff"]


class Generator:
    """Texts that are mostly right, often odd, and sometimes garbage."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def number(self):
        if self.chance(3):
            return self.random.choice(["00", "01", "007", "18446744073709551615", "18446744073709551616"])
        return str(self.random.choice([0, 0, 0, 1, 1, 2, 3, 4, 10, 11]))

    def identifiers(self):
        count = self.random.choice([1, 1, 1, 2, 2, 3])
        parts = [self.random.choice(IDENTIFIERS) for _ in range(count)]
        if self.chance(3):
            parts[self.random.randrange(count)] = self.random.choice(["", "01", "00", "a_b"])
        return ".".join(parts)

    def tail(self):
        text = ""
        if self.chance(35):
            text += "-" + self.identifiers()
        if self.chance(15):
            text += "+" + self.identifiers()
        return text

    def plain_version(self):
        count = self.random.choice([3, 3, 3, 3, 3, 3, 2, 1])
        text = ".".join(self.number() for _ in range(count)) + self.tail()
        return "v" + text if self.chance(10) else text

    def segment(self):
        if self.chance(2):
            return self.random.choice(["1x", "**", "xX", "1|2", "|", "*1"])
        if self.chance(12):
            return self.random.choice("xX*")
        return self.number()

    def pattern(self):
        count = self.random.choice([1, 2, 2, 3, 3, 3])
        text = ".".join(self.segment() for _ in range(count)) + self.tail()
        return "v" + text if self.chance(5) else text

    def blanks(self, least=0):
        return "".join(self.random.choice("    \t\n\r\f") for _ in range(self.random.choice([0, 0, 0, 1, 2]) + least))

    def item(self):
        if self.chance(12):
            return f"{self.pattern()}{self.blanks(1)}-{self.blanks(1)}{self.pattern()}"
        operator = self.random.choice(WRONG_OPERATORS if self.chance(2) else OPERATORS)
        return operator + self.blanks() + self.pattern()

    def group(self):
        text = self.blanks()
        for i in range(self.random.choice([1, 1, 1, 2, 2, 3])):
            if i:
                text += self.random.choice([" ", ",", ", ", " , ", self.blanks(1)])
            text += self.item()
        return text + self.blanks()

    def disturb(self, text):
        for _ in range(self.random.choice([1, 1, 2, 4])):
            at = self.random.randint(0, len(text))
            if self.chance(60):
                text = text[:at] + self.random.choice(NOISE) + text[at:]
            else:
                text = text[:at] + text[at + 1 :]
        return text

    def version(self):
        text = self.plain_version()
        if self.chance(1):
            return text + "-" + "a" * self.random.choice([248, 251, 254, 300])
        return self.disturb(text) if self.chance(15) else text

    def constraint(self):
        if self.chance(1):
            return " || ".join(["1"] * self.random.choice([31, 32, 33, 127, 128, 140]))
        text = "||".join(self.group() for _ in range(self.random.choice([1, 1, 1, 2, 2, 3])))
        return self.disturb(text) if self.chance(15) else text


def field(text):
    return text.encode("utf-8", "surrogateescape").hex()


def questions(seed, pairs):
    """Lines to ask, with the number of constraint-version pairs that they come to."""
    generator = Generator(seed)
    lines = []
    for _ in range(pairs // 10):
        version = generator.version()
        lines.append(f"lenient {field(version)}")
        lines.append(f"strict {field(version)}")
        lines.append(f"order {field(version)} {field(generator.version())}")
    for _ in range(pairs // 10):
        versions = " ".join(field(generator.plain_version()) for _ in range(10))
        lines.append(f"check {field(generator.constraint())} {versions}")
    return lines


def ask(program, lines):
    run = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, encoding="utf-8", check=True)
    return run.stdout.splitlines()


def readable(line):
    question, *fields = line.split(" ")
    return question + " " + " ".join(ascii(bytes.fromhex(f).decode("utf-8", "surrogateescape")) for f in fields)


def differences(lines, ours, theirs):
    if not len(lines) == len(ours) == len(theirs):
        return [f"{len(lines)} questions, {len(ours)} answers of ours, {len(theirs)} of theirs"]
    wrong = [
        f"{readable(line)}\n  ours   {mine}\n  theirs {other}"
        for line, mine, other in zip(lines, ours, theirs)
        if mine != other and not cut(mine, other)
    ]
    return wrong[:20] + ([f"and {len(wrong) - 20} more"] if len(wrong) > 20 else [])


def cut(mine, other):
    """Our messages show no more than the start of a long text, and escape a few characters in another way."""
    prefix = 'error: improper constraint: "'
    return mine.startswith(prefix) and other.startswith(prefix) and (mine.endswith('…"') or "\\" in other)


def main():
    answers, source = sys.argv[1:]
    seed = int(os.environ.get("PORTOLAN_SEED") or random.randrange(1 << 32))
    pairs = int(os.environ.get("PORTOLAN_CASES") or 300_000)
    print(f"# PORTOLAN_SEED={seed}", flush=True)
    tap = Tap()
    name = f"{pairs} pairs of constraint and version are judged as Go's library judges them"
    go = shutil.which("go")
    if go is None:
        tap.skip(name, "there is no Go here")
        tap.finish()
    with tempfile.TemporaryDirectory() as scratch:
        program = os.path.join(scratch, "answers")
        build = [go, "build", "-mod=readonly", "-o", program, "."]
        built = subprocess.run(build, cwd=source, capture_output=True, text=True)
        if built.returncode:
            tap.skip(name, "the Go program cannot be built: " + " ".join(built.stderr.split()))
            tap.finish()
        lines = questions(seed, pairs)
        ours, theirs = ask(answers, lines), ask(program, lines)
    checks = [i for i, line in enumerate(lines) if line.startswith("check ")]
    texts = [i for i, line in enumerate(lines) if not line.startswith("check ")]
    for kind, chosen in ((f"{len(texts)} versions are read and ordered as Go's library does", texts), (name, checks)):
        tap.case(kind, differences(*([side[i] for i in chosen] for side in (lines, ours, theirs))))
    # A comparison of refusals alone would prove nothing.
    judged = sum(theirs[i].count("y") for i in checks if not theirs[i].startswith("error"))
    refused = sum(theirs[i].startswith("error") for i in checks)
    print(f"# {judged} verdicts were yes, {refused} of {len(checks)} constraints were refused")
    mixed = judged > pairs // 50 and refused > 0
    tap.case("both verdicts and both outcomes are among them", [] if mixed else ["they are not"])
    tap.finish()


main()
