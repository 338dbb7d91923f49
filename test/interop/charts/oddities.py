# SPDX-License-Identifier: Apache-2.0
"""Names, versions, contents and YAML texts that are unusual, or wrong: what the generators of charts choose from."""

NAMES = [
    "app", "a", "my-chart", "chart.with.dots", "under_score", "UPPER", "My Chart!", "été", "图表", "x" * 60, "0",
    "true", "1.5", "null", "a#b", "it's", "tab\tname", "a:b", "-dash", "x\u00a0y", "zero\u200bwidth", 'quote"d',
    "@at", "back\\slash", "n" * 101, "emoji😀", "\u202eltr", "name\n", " lead", "~",
]
WRONG_NAMES = ["", ".", "..", "a/b", "x/", "./a", "\u200b"]
VERSIONS = [
    "1.2.3", "0.0.0", "1.2.3-alpha.1", "1.2.3+build.5", "1.0.0-rc.1+exp.sha-5114f85", "v1.2.3", "1", "1.2", "v1",
    "1.2-beta", "01.2.3", "1.2.3--", "10.20.30", "1.2.3+build.01", "0.1.0-0.3.7", "1.0.0-x-y-z.--", "999999999.0.1",
    "1.2.3-0", "18446744073709551615.0.0", "1.2.3+0", "1.0.0-alpha.beta.1",
]
WRONG_VERSIONS = [
    "", "latest", "1.x", "1.2.3.4", "V1.2.3", " 1.2.3", "1.2.3-01", "=1.2.3", "1.2.3-", "1.2.3+",
    "99999999999999999999.0.0", "1.2.3_4", "1.2.3 ", "1..3", "1.2.3-a_b",
]
FILE_NAMES = [
    "README.md", "LICENSE", ".hidden", "..dots", "...", "file with blanks", "ümlaut.txt", "猫.bin", "a.tgz", "b.prov",
    "x.yaml", "X.yaml", "Chart.yml", "chart.yaml", "values.yml", "Values.yaml", "NOTES.txt", "-dash", "#hash",
    "semi;colon", "q?", "star*", "[class]", "{brace}", "!bang", "$dollar", "`tick`", "quote'", 'dquote"', "a\tb",
    "n" * 99, "n" * 100, "n" * 101, "ü" * 50, "n" * 200, "readme.md", "ReadMe.MD", "crlf.txt", "e\u0301", "\u00e9",
    "templates", "crds", "a" * 155, "requirements.yml", "%41", "a+b", "a=b", "C:x", "C:", "new\nline", "\x01", "\x7f",
    "bad\udcffutf8", ".gitignore", "x.json",
]
STRAYS = ["README.md", "empty.tgz", "dir.tgz/x", "no-chart/values.yaml", "x.prov"]  # in charts/
DIRECTORIES = [
    "", "", "", "files/", "ci/", "a/b/c/", "ünder/", "d" * 90 + "/", "d" * 100 + "/", "d" * 101 + "/",
    "e" * 60 + "/" + "f" * 60 + "/", "g/" * 30, "h" * 155 + "/", "i" * 156 + "/", ".github/", "with blank/",
    "templates.d/", "charts.d/", "k" * 80 + "/" + "l" * 80 + "/",
]
TEMPLATE_NAMES = [
    "deployment.yaml", "_helpers.tpl", "NOTES.txt", "tests/test.yaml", "sub/.x", ".x", ".", "x.yml", "ü.yaml",
    "deep/er/s.yaml", "UP.yaml", "a b.yaml", "t" * 110, ".dir/x.yaml", "svc.json", "no-extension", "..y", ".-z",
]
CRD_NAMES = [
    "a.yaml", "b.yml", "c.json", "D.YAML", "README.md", "sub/e.yaml", "f.yaml.bak", "empty.yaml", "ü.yaml", ".yaml",
    "z.Yml",
]
IGNORE_LINES = [
    "# comment", "", "  ", "*.md", "*.txt", "files/", "/README.md", "README.md", "!*.md", "!README.md", "a/*.c",
    "a/b", "a/b/", "ci/", "ci", "*/b", "?", "??.yaml", "[a-c]*", "[^a-z]*", "*.[tm]*", "\\*", "star\\*",
    "\\[class\\]", "\\#hash", "templates/*", "templates/", "/templates/sub", "charts/*/values.yaml", "charts/",
    "charts/kid", "*.tgz", ".*", ".?*", "/.*", "#", "  *.bin  ", "ümlaut*", "猫*", "d*/", "values.yaml", ".helmignore",
    "\\!bang", "e\u0301", "x.yaml/", "*\\\\*", "[\\]-]*", "!*", "!", "*", "/", "//", "a//b", "./a", "../x",
    "values.schema.json", "!templates/", "crds/*.yaml",
]
WRONG_IGNORE_LINES = ["[a-]", "[x", "**/x", "\\", "Chart.yaml", "[]", "[^]", "[]a]", "!"]
VALUES = [
    "", "a: 1\n", "# only a comment\n", "a: 1\n---\nb: 2\n", "---\na: 1\n",
    "a: {b: {c: 1}}\n---\na: {b: null}\n---\na: {b: {d: 2}}\n", "a: |\n  text\n  more\n", "a: 1\r\nb: 2\r\n",
    "\ufeffa: 1\n", "a: 1", "y: 1\nn: 2\n", "null\n", "~", "{}", "a: 1\n...\nb: 2\n", "a: 1\n--- # comment\nb: 2\n",
    "a: &x [1, 2]\nb: *x\n", "a: 1\na: 2\n", "a: !!binary aGVsbG8=\n", "---\n---\n---\n", "\n\n\n", 'a: "\\u0007"\n',
    "a: 'é\u2028x'\n", "a: 1\n---\r\nb: 2\r\n", " ---\na: 1\n", "a: 9007199254740993\nb: 1e300\n",
]
WRONG_VALUES = [
    "- a list\n", "just text\n", "a: 1e400\n", "a: .nan\n", "a: 1\n--- {b: 2}\n", "a: 1\n----\nb: 2\n",
    "%YAML 1.1\n---\na: 1\n", "a:\n\tb: 1\n", "a: 1\n--- |\n  x\n", "[1]\n---\na: 1\n", "a: b: c\n", "a: 1\n---x\n",
    "a: \x01\n", "~: 1\n", "{a: 1}}\n",
]
SCHEMAS = [
    "{}", '{"type":"object"}', "true", "[]", " {} \n", '{"a":1,"a":2}',
    '{"$schema":"http://json-schema.org/draft-07/schema#"}', "\ufeff{}", '{"a":"\\ud800"}', "1e999", "\t{\r\n}",
    '"\x7f"', "-0",
]
WRONG_SCHEMAS = [
    "not json", "", "{} {}", '{"a": 01}', '{"a":"tab\there"}', "nul", "{'a':1}", "[1,]", "+1", ".5", "[", '"\\x"',
    "\ufeff\ufeff{}",
]
ODD_TIMES = [
    0, 500_000_000, 1, 999_999_999, -1, -500_000_000, -1_500_000_000, -1_000_000_000, 1_700_000_000_499_999_999,
    1_700_000_000_500_000_000, 315_532_800 * 10**9, 2**31 * 10**9, (2**32 + 7) * 10**9, (2**33 - 1) * 10**9,
    (2**33 - 1) * 10**9 + 500_000_000, 2**33 * 10**9, (2**33 + 1) * 10**9 + 123_456_789, -(2**31) * 10**9,
    -86_400 * 10**9 + 250_000_000, 1_234_567_890_123_456_789,
]
SCALARS = [
    "1.10", "1", "0", "-1", "+5", "1.20e3", "123456789.5", "1e5", "1e6", "1234567.0", "0755", "0x1F", "0b101", "0o17",
    "1_000", "12345678901234567890", "99999999999999999999999", "no", "yes", "on", "Off", "y", "N", "TRUE", "true",
    "2021-05-06", "2021-05-06T10:11:12Z", "12:30:45", "~", "null", "", "''", '""', "1826e29", "0.0001", "0.00001",
    "08", "1.", ".5", "1.5e-320", "0.1", "1e-7", "16777217.0", "9007199254740993", "-9223372036854775808",
    "18446744073709551616", "=", "!!str 5", "!!binary aGk=", "!local x", "! x", "&anchor text", "'it''s'",
    '"esc \\t \\x41 \\u00e9 \\U0001F600 \\e \\_ \\N \\L \\P \\/"', '"\\0"', "a b", "a #b", "#c",
    "http://a/b?c=d&e=f#g", "C:\\x", "{{ x }}", "a]", '"multi\n  line\n\n  text"', "'multi\n  line'",
    "plain\n  folded\n\n  over lines", '"a\\\n  b"', "é", '"\u2028"', "'\u2029 x'", "\u0085x", "a\u0085b", "a\u2028b",
    "\u00a0x", "x\u3000y", "\u200b", "\ufffd", "\U0001f600", "a\tb", '"\x01"', "0.1e1", "1__0", "_1",
    "0x_1", "1e+06", "0777777777777777777777", "4.9e-324", "3.4028236e38", "v1.2", "1.2.3", ">=1.0.0-0 <2",
    "'>=1.0.0'", "-0", "-0.0", "0.0", "00", "0b", "0x", "1e", "e1", "infinity", "NaN", "Null",
]
# Most of these are refused where they stand.
WRONG_SCALARS = [
    "@x", "`x`", "%x", "*x", "[a", "a: b", "- x", "? x", ": x", "x:", '"\\ud83d"', '"\x7f"', "\u0080", "\ufffe",
    "1e400", "<<", "!!int 5", "!!float 1", "!!bool yes", "!!null x", "\ta", "[]", "{}", "[1, 2]", "{a: 1}", ".inf",
    "-.INF", ".nan", "+.inf", "|", ">", '"\\a\\b\\v\\f\\r\\n"', "!!timestamp 2020-01-01", "-",
]
WORDS = [
    "a", "the", "quick", "brown", "fox:", "jumps", "over", "#lazy", "dogs", "'quoted'", '"twice"', "-", "?", "naïve",
    "日本語", "😀", "x" * 30, "y" * 90, "http://example.test/a?b", "&amp;", "<tag>", "%", "\\n", "{}", "[]", "0", "1.5",
    "true",
]
KEYS = [
    "a", "b", "key", "Key", "example.com/x9", "example.com/x10", "example.com/x1", "a-b", "a_b", "a b", "1", "1.50",
    "true", "no", "'quoted'", '"é"', "é", "org.opencontainers.image.source", "org.opencontainers.image.title",
    "org.opencontainers.image.created", "org.opencontainers.image.url", "artifacthub.io/changes", "'#x'", '"a\\nb"',
    "x" * 130, "0x10", "2020-01-01", "''", "=", "! t", "_x", "A", "B", "a01", "a1", "\U0001f600", "y",
]
WRONG_KEYS = ["~", "<<", "[a]", "{a: 1}"]
