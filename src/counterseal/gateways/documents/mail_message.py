# SPDX-License-Identifier: Apache-2.0
"""A mail's raw bytes as header fields and a body, by a strict reading of RFC 5322 section 2.2.

Two readers that understand a header differently are how a forged sender is shown as a genuine one. So nothing is
repaired here: what one reader could take otherwise than another is a finding.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

MOST_HEADERS: Final = 1_000
MOST_HEADER_BYTES: Final = 512 * 1024
SINGLE: Final = frozenset(
    {
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "content-type",
        "content-transfer-encoding",
        "mime-version",
    }
)
"""Fields that occur once at most (RFC 5322 section 3.6, RFC 2045) and that decide what is shown or from whom."""
WORDS: Final = frozenset({"subject", "content-type", "content-disposition"})
"""Of these, the fields in which old programs write bare characters of their country."""
SHOWN: Final = SINGLE | {"dkim-signature", "content-disposition"}

_FIELD: Final = re.compile(rb"([!-9;-~]+):")
_SPACED: Final = re.compile(rb"([!-9;-~]+)[ \t]+:")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\r]")
_BARE_CR: Final = re.compile(rb"\r(?!\n)")
_SMUGGLED: Final = re.compile(rb"(?<!\r)\n\.\r?\n|\r\n\.\n")
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")


class Field(msgspec.Struct, frozen=True):
    """One header field. `name` in lower case, `written` as it stands; `value`: all behind the colon, folds
    included, without the last line end; `line`: where it starts, from 1."""

    name: str
    written: bytes
    value: bytes
    line: int

    @property
    def text(self) -> str:
        """Unfolded; bytes outside ASCII stay as single characters."""
        return self.value.replace(b"\r\n", b"").decode("latin-1").strip(" \t")


class Message(msgspec.Struct, frozen=True):
    """`fields` in order; `body` with CRLF line ends; `raw` is the whole with CRLF; `findings` of its grammar."""

    fields: tuple[Field, ...]
    body: bytes
    raw: bytes
    findings: tuple[Finding, ...]
    too_much: bool = False

    def all(self, name: str) -> list[Field]:
        """Every field of this name, from the top."""
        return [field for field in self.fields if field.name == name]

    def first(self, name: str) -> Field | None:
        """The topmost of this name."""
        return next((field for field in self.fields if field.name == name), None)


def parse(data: bytes) -> Message:
    """The message in these bytes. Never raises: what is wrong stands in `findings`."""
    raw, findings = _line_ends(data)
    head, found_end, body = raw.partition(b"\r\n\r\n")
    if raw.startswith(b"\r\n"):
        head, body = b"", raw[2:]
    elif not found_end and head.endswith(b"\r\n"):
        head = head[:-2]
    lines = head[:MOST_HEADER_BYTES].split(b"\r\n")
    too_much = len(head) > MOST_HEADER_BYTES or len(lines) > 8 * MOST_HEADERS
    fields, more = read_fields(lines[: 8 * MOST_HEADERS])
    too_much = too_much or len(fields) > MOST_HEADERS
    findings += more
    findings += _doubled(fields)
    return Message(tuple(fields[:MOST_HEADERS]), body, raw, tuple(findings), too_much)


def _line_ends(data: bytes) -> tuple[bytes, list[Finding]]:
    """The bytes with CRLF throughout, and what is wrong: with two kinds of line end, nobody can say where the
    header ends."""
    if b"\r\n" in data and not data.endswith(b"\r\n"):  # line feeds that an editor left at the end
        cut = data.rstrip(b"\n")
        data = cut.removesuffix(b"\r") + b"\r\n" * (len(data) - len(cut))
    pairs = data.count(b"\r\n")
    bare, lone = data.count(b"\n") - pairs, data.count(b"\r") - pairs
    if not bare and not lone:
        return data, []
    findings: list[Finding] = []
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n", b"\n\r\n") if (at := data.find(mark)) >= 0]
    head, body = data[: min(ends, default=len(data))], data[min(ends, default=len(data)) :]
    if lone:
        code, where = ("line_ends_odd", "header") if _BARE_CR.search(head) else ("body_line_ends", "body")
        findings.append(found(code, where, what="a carriage return on its own"))
    if bare and pairs:
        mixed_head = b"\r\n" in head and _BARE_LF.search(head) is not None
        odd = mixed_head or _SMUGGLED.search(body) is not None
        code = "line_ends_odd" if odd else "body_line_ends"
        findings.append(found(code, "header" if mixed_head else "body", what="two kinds of line end"))
    return _BARE_LF.sub(b"\r\n", data) if bare else data, findings


def read_fields(lines: list[bytes]) -> tuple[list[Field], list[Finding]]:
    """Fields of header lines without line ends, and what is wrong with them."""
    fields: list[Field] = []
    findings: list[Finding] = []
    for number, line in enumerate(lines, 1):
        where = f"header line {number}"
        if line[:1] in {b" ", b"\t"}:
            if not fields:
                findings.append(found("header_line_invalid", where, what="it continues nothing"))
            else:
                fields[-1] = msgspec.structs.replace(fields[-1], value=fields[-1].value + b"\r\n" + line)
            continue
        if match := _FIELD.match(line):
            fields.append(Field(match[1].decode("ascii").lower(), match[1], line[match.end() :], number))
        elif spaced := _SPACED.match(line):
            findings.append(found("space_before_colon", where, name=spaced[1].decode("ascii")))
        elif not (number == 1 and line.startswith(b"From ")) and line:
            findings.append(found("header_line_invalid", where, what="it has no field name and colon"))
    for field in fields:
        findings += _value(field)
    return fields, findings


def _value(field: Field) -> list[Finding]:
    """What no value may hold, and what none of a field that people see may hold."""
    where = f"header line {field.line}, {field.name}"
    plain = field.value.replace(b"\r\n", b"")
    findings = []
    if _CONTROL.search(plain):
        findings.append(found("header_control", where, name=field.name))
    if field.name in SHOWN and not plain.isascii():
        code = "subject_not_ascii" if field.name in WORDS else "header_not_ascii"
        findings.append(found(code, where, name=field.name))
    if field.name in SHOWN and any(not part.strip(b" \t") for part in field.value.split(b"\r\n")[1:]):
        findings.append(found("fold_empty", where, name=field.name))
    return findings


def _doubled(fields: list[Field]) -> list[Finding]:
    counts: dict[str, int] = {}
    for field in fields:
        counts[field.name] = counts.get(field.name, 0) + 1
    return [
        found("header_doubled", name, name=name, count=count)
        for name, count in counts.items()
        if count > 1 and name in SINGLE
    ]
