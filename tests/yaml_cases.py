"""What Pulumi's engine 3.259.0 makes of YAML: the program's view of it, as JSON."""

from __future__ import annotations

from typing import Any

SCALARS: dict[str, Any] = {
    "010": 8, "0o10": 8, "0x1F": 31, "0b11": 3, "-0b11": -3, "+0x1": 1, "1_000": 1000, "_1": "_1",
    "1__0": 10, "0_8": 8, "089": 89, "08": 8, "0.10": 0.1, "-010": -8, "0777": 511, "0x1_0": 16,
    "1:30": "1:30", "190:20:30": "190:20:30", "12:34:56": "12:34:56", "10.0.0.1": "10.0.0.1",
    "1e3": 1000, "1E3": 1000, "1.e3": 1000, ".5": 0.5, "-.5": -0.5, "1.": 1, "1.0": 1, "1.10": 1.1,
    "+5": 5, "-0": 0, "0.0": 0, "1e-7": 1e-07, "5e": "5e", ".e3": ".e3", "0x": "0x", "0o8": "0o8",
    "0b2": "0b2", "1e400": "1e400", "0x1g": "0x1g", "1a": "1a", "1,000": "1,000", "-a": "-a",
    "12345678901234567": 12345678901234567, "1e16": 10000000000000000, "1e21": 1e21,
    "123456789012345678901234567890": 1.2345678901234568e29,
    "18446744073709551615": 18446744073709552000, "9223372036854775808": 9223372036854776000,
    "-9223372036854775809": -9223372036854776000, "0xFFFFFFFFFFFFFFFF": 18446744073709552000,
    "2020-01-01": "2020-01-01 00:00:00 +0000 UTC", "2020-1-1": "2020-01-01 00:00:00 +0000 UTC",
    "2020-02-30": "2020-02-30", "2020-01-01x": "2020-01-01x", "99999-01-01": "99999-01-01",
    "2020-01-01T00:00:00Z": "2020-01-01 00:00:00 +0000 UTC",
    "2020-01-01t01:02:03Z": "2020-01-01 01:02:03 +0000 UTC",
    "2020-01-01T10:00:00+02:00": "2020-01-01 10:00:00 +0200 +0200",
    "2020-01-01T10:00:00-05:30": "2020-01-01 10:00:00 -0530 -0530",
    "2020-01-01T10:00:00.500Z": "2020-01-01 10:00:00.5 +0000 UTC",
    "2020-01-01T10:00:00": "2020-01-01T10:00:00",
    "2020-01-01 10:00:00": "2020-01-01 10:00:00 +0000 UTC",
    "2020-01-01 10:00:00.25": "2020-01-01 10:00:00.25 +0000 UTC",
    "2020-01-01 1:2:3": "2020-01-01 01:02:03 +0000 UTC",
    "2020-01-01 10:00:00 +0000": "2020-01-01 10:00:00 +0000",
    "yes": "yes", "Yes": "Yes", "no": "no", "on": "on", "off": "off", "y": "y", "n": "n",
    "true": True, "True": True, "TRUE": True, "tRue": "tRue", "False": False,
    "~": None, "null": None, "Null": None, "NULL": None, "nUll": "nUll", "": None,
    "infinity": "infinity", "nan": "nan", ".infx": ".infx", "'010'": "010", '"1e3"': "1e3",
    "!!str 010": "010",
}  # fmt: skip

_IN_UTF_16 = "config:\n  yt:v: {a: \u00e4}\n".encode("utf-16")
DOCUMENTS: dict[str, tuple[str | bytes, Any]] = {
    "a mark of UTF-8": (b"\xef\xbb\xbfconfig:\n  yt:v: {a: b}\n", {"yt:v": {"a": "b"}}),
    "UTF-16": (_IN_UTF_16, {"yt:v": {"a": "\u00e4"}}),
    "lines that end in CRLF": ("config:\r\n  yt:v:\r\n    a: b\r\n", {"yt:v": {"a": "b"}}),
    "two documents": ("config:\n  yt:v: {a: b}\n---\nconfig: {}\n", {"yt:v": {"a": "b"}}),
    "keys": (
        "config:\n  yt:v: {010: a, 1e3: b, 1.10: c, yes: d, 2020-01-01: e, True: f, '': g}\n",
        {"yt:v": {"8": "a", "1000": "b", "1.1": "c", "yes": "d",
                  "2020-01-01 00:00:00 +0000 UTC": "e", "true": "f", "": "g"}},
    ),
    "an anchor": (
        "config:\n  yt:w: &w {a: 1}\n  yt:v: *w\n", {"yt:w": {"a": 1}, "yt:v": {"a": 1}}
    ),
    "a merge": (
        "config:\n  yt:v:\n    a: 3\n    <<: [{a: 1, b: 2}, {b: 5, c: 6}]\n",
        {"yt:v": {"a": 3, "b": 2, "c": 6}},
    ),
    "blocks": (
        "config:\n  yt:v:\n    a: |\n      x\n      y\n    b: >\n      x\n      y\n",
        {"yt:v": {"a": "x\ny\n", "b": "x y\n"}},
    ),
}  # fmt: skip

REFUSED: dict[str, str | bytes] = {
    "a key twice": "config:\n  yt:v:\n    a: 1\n    a: 2\n",
    "a section twice": "config:\n  yt:v: {a: 1}\n  yt:v: {a: 2}\n",
    "config twice": "config:\n  yt:v: {a: 1}\nconfig:\n  yt:v: {a: 2}\n",
    "a number and a text of one key": 'config:\n  yt:v:\n    1: a\n    "1": b\n',
    "Latin-1": b"config:\n  yt:v: {a: \xe4}\n",
    "Latin-1 in a comment": b"config:\n  yt:v: {a: b} # \xe4\n",
    "a tab": "config:\n  yt:v:\n\ta: 1\n",
    "an open bracket": "config:\n  yt:v: [a\n",
    "an unknown anchor": "config:\n  yt:v: *nope\n",
    "an anchor that holds itself": "config:\n  yt:v: &a {x: *a}\n",
    "a list as a key": "config:\n  yt:v:\n    [1, 2]: x\n",
    "no number": "config:\n  yt:v: {a: .nan}\n",
    "half a surrogate pair": 'config:\n  yt:v: {a: "a\\ud800b"}\n',
}
