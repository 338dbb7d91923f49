# SPDX-License-Identifier: Apache-2.0
"""YAML documents in the many spellings that people and programs choose."""

import json

import oddities


class Raw(str):
    """A value as it is to stand in the document."""


class Word(str):
    """Text that a line break at its end would spoil."""


class Maker:
    """Turns lists of (key, value) into documents; a value is text, Raw, a list, None, or again such a list."""

    def __init__(self, random):
        self.random = random
        self.anchors = 0

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def value(self):
        """Something to stand where a string is expected."""
        kind = self.random.randrange(10)
        if kind < 3:
            return Raw(self.random.choice(oddities.WRONG_SCALARS if self.chance(6) else oddities.SCALARS))
        if kind < 5:
            return " ".join(self.random.choices(oddities.WORDS, k=self.random.randrange(1, 40)))
        if kind == 5:
            return "".join(
                self.random.choices(
                    "ab \n\t:#-'\"\\é\u2028\u00a0\u200b\U0001f600{}[],&*!|>%@`0159.~", k=self.random.randrange(12)
                )
            )
        if kind == 6:
            return "\n".join(
                " ".join(self.random.choices(oddities.WORDS, k=self.random.randrange(6)))
                for _ in range(self.random.randrange(1, 6))
            )
        return self.random.choice(
            ["A chart", "https://example.test", "1.2.3", "text with: colon", "ends with blank ", " starts", "é"]
        )

    def key(self):
        return Raw(self.random.choice(oddities.WRONG_KEYS if self.chance(2) else oddities.KEYS))

    def document(self, fields):
        self.anchors = 0
        style = self.random.randrange(20)
        if style == 0:
            text = self.flow(fields) + "\n"
        elif style == 1:
            text = "---\n" + self.mapping(fields, "") + self.random.choice(["", "...\n", "---\nname: second\n"])
        else:
            text = self.mapping(fields, "")
        if self.chance(5):
            text = "# comment: é\n" + text
        if self.chance(4):
            text = text.replace("\n", "\r\n")
        if self.chance(3):
            text = "\ufeff" + text
        if self.chance(3):
            text = text.rstrip("\n")
        return text.encode("utf-8", "surrogatepass")

    def mapping(self, fields, indent):
        return "".join(self.field(key, value, indent) for key, value in fields)

    def field(self, key, value, indent):
        key = key if isinstance(key, Raw) else key if self.chance(95) else json.dumps(key)
        gap = " " * (1 if self.chance(90) else 4)
        note = " # note" if self.chance(3) else ""
        head = f"{indent}{key}:"
        if value is None:
            return f"{head}{self.random.choice(['', ' ~', ' null'])}\n"
        if isinstance(value, Raw):
            return f"{head}{gap}{value}\n"
        if isinstance(value, str):
            return head + gap + self.scalar(value, indent + "  ", note)
        if not value:
            return f"{head} {'{}' if isinstance(value, dict) else '[]'}\n"
        if self.chance(15):
            return f"{head} {self.flow(value)}{note}\n"
        anchor = ""
        if self.chance(4):
            self.anchors += 1
            anchor = f" &n{self.anchors}"
        if isinstance(value[0], tuple):
            return f"{head}{anchor}{note}\n" + self.mapping(value, indent + "  ")
        return f"{head}{anchor}{note}\n" + self.sequence(value, indent + ("  " if self.chance(30) else ""))

    def sequence(self, values, indent):
        text = ""
        for value in values:
            if value is None:
                text += f"{indent}-\n"
            elif isinstance(value, Raw):
                text += f"{indent}- {value}\n"
            elif isinstance(value, str):
                text += f"{indent}- " + self.scalar(value, indent + "  ", "")
            elif value and isinstance(value[0], tuple):
                block = self.mapping(value, indent + "  ")
                text += f"{indent}- " + block[len(indent) + 2 :]
            else:
                text += f"{indent}- {self.flow(value)}\n"
        return text

    def scalar(self, value, indent, note):
        """One of the spellings in which the text can be written; most of them keep it as it is."""
        style = self.random.randrange(6)
        if (
            style == 0
            and value
            and not value.startswith((" ", "\n"))
            and not (isinstance(value, Word) and self.chance(98))
        ):
            lines = value.split("\n")
            head = self.random.choice(["|", "|-", "|+", ">", ">-", ">+"])
            return f"{head}{note}\n" + "".join(f"{indent}{line}\n" for line in lines)
        if style == 1 and "\n" not in value:
            return "'" + value.replace("'", "''") + f"'{note}\n"
        plain = (
            value
            and value[0] not in "-?:,[]{}#&*!|>'\"%@` \n\t"
            and not any(mark in value for mark in (": ", " #", "\n"))
        )
        if style in (2, 3) and plain and not value.endswith((":", " ")):
            return f"{value}{note}\n"
        return f"{self.double_quoted(value)}{note}\n"

    def double_quoted(self, value):
        if self.chance(50):
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7F")
        text = ""
        for char in value:
            code = ord(char)
            if char in '"\\':
                text += "\\" + char
            elif char == "\n":
                text += "\\n"
            elif 32 <= code < 127:
                text += char
            elif code < 256:
                text += f"\\x{code:02X}"
            elif code < 65536:
                text += f"\\u{code:04x}"
            else:
                text += f"\\U{code:08X}"
        return f'"{text}"'

    def flow(self, value):
        if value is None:
            return "~"
        if isinstance(value, Raw):
            return (
                str(value)
                if value and not any(mark in value for mark in ",[]{}\n:#?")
                else self.double_quoted(str(value))
            )
        if isinstance(value, str):
            return self.double_quoted(value)
        if isinstance(value, dict):
            return "{}"
        if value and isinstance(value[0], tuple):
            return (
                "{"
                + ", ".join(
                    f"{key if isinstance(key, Raw) else json.dumps(key)}: {self.flow(item)}" for key, item in value
                )
                + "}"
            )
        return "[" + ", ".join(self.flow(item) for item in value) + "]"
