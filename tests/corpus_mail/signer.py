# SPDX-License-Identifier: Apache-2.0
"""A mail in the making, and a DKIM signer of its own (RFC 6376): written apart from the library that checks."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Header = tuple[str, str]


@dataclass(frozen=True)
class Draft:
    """Headers in order, values without the blank behind the colon, folds as they are; a body with CRLF."""

    headers: tuple[Header, ...]
    body: bytes

    def raw(self) -> bytes:
        """As sent."""
        lines = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in self.headers)
        return lines + b"\r\n" + self.body

    def get(self, name: str) -> str:
        """The first value of this name."""
        return next(value for key, value in self.headers if key.lower() == name.lower())

    def has(self, name: str) -> bool:
        return any(key.lower() == name.lower() for key, _ in self.headers)

    def put(self, name: str, value: str) -> Draft:
        """With this field in place of the first of its name, or at the end."""
        if not self.has(name):
            return self.add(name, value)
        at = next(number for number, (key, _) in enumerate(self.headers) if key.lower() == name.lower())
        return replace(self, headers=(*self.headers[:at], (name, value), *self.headers[at + 1 :]))

    def top(self, name: str, value: str) -> Draft:
        return replace(self, headers=((name, value), *self.headers))

    def add(self, name: str, value: str) -> Draft:
        return replace(self, headers=(*self.headers, (name, value)))

    def drop(self, name: str) -> Draft:
        return replace(self, headers=tuple(each for each in self.headers if each[0].lower() != name.lower()))

    def text(self, body: bytes) -> Draft:
        return replace(self, body=body)


@dataclass(frozen=True)
class Seal:
    """How to sign. `h`: fields, oversigned ones twice; `more`: further tags as written; `swap`: replaces tags."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey
    c: str = "relaxed/relaxed"
    h: tuple[str, ...] = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")
    algorithm: str = ""
    length: int | None = None
    more: str = ""
    swap: dict[str, str] = field(default_factory=dict)


def sign(draft: Draft, seal: Seal) -> Draft:
    """The mail with a DKIM-Signature on top."""
    head, _, tail = seal.c.partition("/")
    body = canonical_body(draft.body, tail)
    if seal.length is not None:
        body = body[: seal.length]
    digest = hashlib.sha1 if seal.algorithm == "rsa-sha1" else hashlib.sha256
    kind = "ed25519-sha256" if isinstance(seal.key, Ed25519PrivateKey) else "rsa-sha256"
    tags = {
        "v": "1",
        "a": seal.algorithm or kind,
        "c": seal.c,
        "d": seal.domain,
        "s": seal.selector,
        "h": ":".join(seal.h),
        "bh": base64.b64encode(digest(body).digest()).decode(),
    }
    if seal.length is not None:
        tags["l"] = str(seal.length)
    tags |= seal.swap
    written = "; ".join(f"{name}={value}" for name, value in tags.items()) + seal.more + ";\r\n\tb="
    name = "DKIM-Signature"
    chosen = pick(draft.headers, tags["h"])
    signed = b"".join(canonical_header(key, value, head) + b"\r\n" for key, value in chosen)
    signed += canonical_header(name, written, head)
    return draft.top(name, written + fold(base64.b64encode(raw_signature(seal, signed)).decode()))


def raw_signature(seal: Seal, signed: bytes) -> bytes:
    if isinstance(seal.key, Ed25519PrivateKey):
        return seal.key.sign(hashlib.sha256(signed).digest())
    digest = hashes.SHA1() if seal.algorithm == "rsa-sha1" else hashes.SHA256()  # noqa: S303 - a forged class
    return seal.key.sign(signed, padding.PKCS1v15(), digest)


def pick(headers: tuple[Header, ...], listed: str) -> list[Header]:
    """Section 5.4.2: each name takes the lowest field of it that is not yet taken."""
    left = list(headers)
    chosen = []
    for name in (each.strip().lower() for each in listed.split(":")):
        at = next((number for number in range(len(left) - 1, -1, -1) if left[number][0].lower() == name), None)
        if at is not None:
            chosen.append(left.pop(at))
    return chosen


def canonical_header(name: str, value: str, how: str) -> bytes:
    if how == "simple":
        return f"{name}: {value}".encode("latin-1")
    unfolded = re.sub(r"[ \t]+", " ", value.replace("\r\n", "")).strip(" ")
    return f"{name.lower()}:{unfolded}".encode("latin-1")


def canonical_body(body: bytes, how: str) -> bytes:
    lines = body.split(b"\r\n")
    if how == "relaxed":
        lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    text = b"".join(line + b"\r\n" for line in lines)
    return text or (b"" if how == "relaxed" else b"\r\n")


def fold(text: str) -> str:
    return "\r\n\t ".join(text[at : at + 70] for at in range(0, len(text), 70))
