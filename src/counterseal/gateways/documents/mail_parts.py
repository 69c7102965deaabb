# SPDX-License-Identifier: Apache-2.0
"""A mail's parts (RFC 2045, 2046), read strictly and within bounds; where programs may read others, a finding."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from counterseal.gateways.documents.mail_message import Field, read_fields
from counterseal.gateways.documents.mail_words import WordError, decode
from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

MOST_PARTS: Final = 200
MOST_DEPTH: Final = 8
_WORD: Final = r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+"
_TYPE: Final = re.compile(rf"({_WORD})/({_WORD})[ \t]*")
_NAME: Final = re.compile(rf"({_WORD})[ \t]*")
_PARAMETER: Final = re.compile(
    rf";[ \t]*(?:({_WORD})[ \t]*=[ \t]*(?:\"((?:[^\"\\\x00-\x1f\x7f]|\\[ -~])*)\"|([^\s;\"()<>@,\\]+)))?[ \t]*"
)
_SAID: Final = frozenset(
    {
        b"",
        b"This is an S/MIME signed message",
        b"This is a cryptographically signed message in MIME format.",
        b"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)",
        b"This is a multi-part message in MIME format.",
        b"This is a multi-part message in MIME format",
    }
)
"""What signing programs write for readers without MIME, before the first part; nobody else sees it."""
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


class Value(msgspec.Struct, frozen=True):
    """A structured value: `head` in lower case and its parameters; `fault` says what is not as it must be."""

    head: str
    parameters: dict[str, str]
    fault: str = ""


class Part(msgspec.Struct, frozen=True):
    """A leaf or a container. `path` like 1.2; `entity` are its bytes with its header, as signatures take them."""

    path: str
    kind: Value
    encoding: str
    disposition: Value
    entity: bytes
    body: bytes
    parts: tuple[Part, ...] = ()
    alone: bool = True  # nothing that anybody wrote stands before or behind its parts

    @property
    def name(self) -> str:
        """What the sender calls it; empty = nothing."""
        for parameters, name in ((self.disposition.parameters, "filename"), (self.kind.parameters, "name")):
            if f"{name}*" in parameters:
                return unquote_to_bytes(parameters[f"{name}*"].rpartition("'")[2]).decode("utf-8", "replace")
            if name in parameters:
                try:
                    return decode(parameters[name])
                except WordError:
                    return parameters[name]
        return ""

    def walk(self) -> list[Part]:
        """Itself and all within."""
        return [self, *(each for part in self.parts for each in part.walk())]


_kind: Final = Value("text/plain", {})
_disposition: Final = Value("", {})


class Reader:
    """Reads one mail's parts; `findings` fill up meanwhile."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._count = 0

    def top(self, fields: tuple[Field, ...], raw: bytes, body: bytes) -> Part:
        """The whole mail as a part."""
        return self._part("1", list(fields), raw, body, 0)

    def _part(self, path: str, fields: list[Field], entity: bytes, body: bytes, depth: int) -> Part:
        self._count += 1
        kind = self._value(fields, "content-type", path, _kind)
        disposition = self._value(fields, "content-disposition", path, _disposition)
        encoding = self._encoding(fields, path)
        part = Part(path, kind, encoding, disposition, entity, body)
        if not kind.head.startswith("multipart/"):
            return part
        if encoding not in {"7bit", "8bit", "binary"}:
            self._odd(path, "parts within an encoding")
            return part
        if depth >= MOST_DEPTH:
            self.findings.append(found("mail_too_complex", f"part {path}", what=f"{depth} levels"))
            return part
        return self._several(part, depth)

    def _several(self, part: Part, depth: int) -> Part:
        boundary = part.kind.parameters.get("boundary", "")
        if not _BOUNDARY.fullmatch(boundary):
            self._odd(part.path, "there is no boundary, or an unusual one")
            return part
        pieces, alone, fault = _pieces(part.body, boundary.encode("ascii"))
        if fault:
            self._odd(part.path, fault)
        parts = []
        for number, piece in enumerate(pieces, 1):
            if self._count >= MOST_PARTS:
                self.findings.append(found("mail_too_complex", f"part {part.path}", what=f"{MOST_PARTS} parts"))
                break
            parts.append(self._inner(f"{part.path}.{number}", piece, depth))
        return msgspec.structs.replace(part, parts=tuple(parts), alone=alone)

    def _inner(self, path: str, piece: bytes, depth: int) -> Part:
        if piece.startswith(b"\r\n"):
            head, body = b"", piece[2:]
        else:
            head, _, body = piece.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n") if head else []
        fields, faults = read_fields(lines[:200])
        if faults or len(lines) > 200:  # noqa: PLR2004 - no part's header is that long
            self._odd(path, "its header is not written as one")
        return self._part(path, fields, piece, body, depth + 1)

    def _value(self, fields: list[Field], name: str, path: str, default: Value) -> Value:
        given = [field for field in fields if field.name == name]
        if not given:
            return default
        value = structured(given[0].text, slash=name == "content-type")
        if len(given) > 1:
            self._odd(path, f"{name} stands twice")
        elif value.fault:
            self._odd(path, f"{name} {value.fault}")
        return value

    def _encoding(self, fields: list[Field], path: str) -> str:
        given = [field.text.lower() for field in fields if field.name == "content-transfer-encoding"]
        encoding = given[0] if given else "7bit"
        if len(given) > 1 or encoding not in {"7bit", "8bit", "binary", "base64", "quoted-printable"}:
            self._odd(path, "its encoding is unknown or stands twice")
        return encoding

    def _odd(self, path: str, reason: str) -> None:
        self.findings.append(found("mime_odd", f"part {path}", reason=reason))


def read_entity(reader: Reader, entity: bytes) -> Part:
    """A part that stands by itself: header and body in one."""
    if entity.startswith(b"\r\n"):
        return reader.top((), entity, entity[2:])
    head, _, body = entity.partition(b"\r\n\r\n")
    fields, _ = read_fields(head.split(b"\r\n")[:200] if head else [])
    return reader.top(tuple(fields), entity, body)


def structured(text: str, *, slash: bool) -> Value:
    """A Content-Type (`slash`) or Content-Disposition value."""
    match = _TYPE.match(text) if slash else _NAME.match(text)
    if match is None:
        return Value("application/octet-stream" if slash else "attachment", {}, "is not written as one")
    head, at = text[: match.end()].strip(" \t").lower(), match.end()
    parameters: dict[str, str] = {}
    fault = ""
    while at < len(text) and (parameter := _PARAMETER.match(text, at)):
        at = parameter.end()
        name = (parameter[1] or "").lower()
        if name in parameters:
            fault = "has a parameter twice"
        elif name:
            quoted = parameter[2]
            parameters[name] = parameter[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    if at < len(text):
        fault = "is not written as one"
    if any(name.startswith(("boundary*", "charset*")) for name in parameters):
        fault = "splits a parameter that decides what is shown"
    return Value(head, parameters, fault)


def _pieces(body: bytes, boundary: bytes) -> tuple[list[bytes], bool, str]:
    """The parts between the delimiters (RFC 2046 section 5.1.1), whether nothing else is there, what is odd."""
    framed = b"\r\n" + body
    mark = b"\r\n--" + boundary
    starts: list[tuple[int, int, bool]] = []
    fault, at = "", framed.find(mark)
    while at >= 0 and len(starts) <= MOST_PARTS + 1:
        end = framed.find(b"\r\n", at + len(mark))
        end = len(framed) if end < 0 else end
        rest = framed[at + len(mark) : end].rstrip(b" \t")
        if rest in {b"", b"--"}:
            starts.append((at, end, rest == b"--"))
        else:
            fault = "a line begins like the boundary and goes on"
        if rest == b"--":
            break
        at = framed.find(mark, at + len(mark))
    if not starts or not starts[-1][2]:
        fault = fault or "its last boundary is missing"
    pieces = []
    for number, (_, end, last) in enumerate(starts):
        if last:
            break
        stop = starts[number + 1][0] if number + 1 < len(starts) else len(framed)
        pieces.append(framed[end + 2 : max(stop, end + 2)])
    before = framed[: starts[0][0]] if starts else framed
    behind = framed[starts[-1][1] :] if starts and starts[-1][2] else b""
    if mark in behind:
        fault = fault or "its boundary stands behind its end"
    return pieces, before.strip() in _SAID and not behind.strip(), fault
