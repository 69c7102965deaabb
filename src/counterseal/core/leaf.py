# SPDX-License-Identifier: Apache-2.0
"""The leaf of the log: what is hashed for one entry. It holds commitments, never personal data.

    {"at":ms,"commitment":base64url,"kind":str,"policy":digest,"seq":n,"subject":pseudonym,"v":1}

The bytes are canonical JSON (RFC 8785). Once a subject's salt is destroyed nobody can tell whose entry it
is or test a guess of its payload, and the leaf, hence the log, stays as it was.
"""

from __future__ import annotations

import binascii
import hmac

import msgspec

from counterseal.core.errors import CountersealError

LEAF_VERSION = 1
SALT_SIZE = 32
COMMITMENT_SIZE = 32
MAX_NUMBER = 2**53 - 1  # RFC 8785, section 3.2.2.3: integers beyond this have no canonical form
_PSEUDONYM_LABEL = b"counterseal/pseudonym/v1"
_ENTRY_SALT_LABEL = b"counterseal/entry-salt/v1\x00"


class LeafError(CountersealError):
    """A leaf that cannot be written or is not in canonical form."""

    code = "leaf_invalid"


class LeafData(msgspec.Struct, frozen=True):
    """One entry as the log sees it. `seq` is its index in the tree, `at` ms, `commitment` 32 raw bytes."""

    seq: int
    at: int
    subject: str
    kind: str
    policy: str
    commitment: bytes


class _Wire(msgspec.Struct, frozen=True):
    """Members in the order of RFC 8785, section 3.2.3 (the names are ASCII, so code units are bytes)."""

    at: int
    commitment: str
    kind: str
    policy: str
    seq: int
    subject: str
    v: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Wire).decode


def encode_leaf(leaf: LeafData) -> bytes:
    """The canonical JSON of a leaf (RFC 8785). Raises LeafError for a number or text that JSON cannot carry."""
    if not (0 <= leaf.seq <= MAX_NUMBER and 0 <= leaf.at <= MAX_NUMBER):
        raise LeafError("a leaf's number is negative or above 2**53 - 1")
    if len(leaf.commitment) != COMMITMENT_SIZE:
        raise LeafError("a leaf's commitment does not have 32 bytes")
    wire = _Wire(
        leaf.at,
        commitment_text(leaf.commitment),
        leaf.kind,
        leaf.policy,
        leaf.seq,
        leaf.subject,
        LEAF_VERSION,
    )
    try:
        return _encode(wire)
    except UnicodeEncodeError as error:
        raise LeafError("a leaf's text holds a lone surrogate") from error


def decode_leaf(data: bytes) -> LeafData:
    """Read the bytes of one leaf; raises LeafError unless they are exactly what `encode_leaf` writes."""
    try:
        wire = _decode(data)
        commitment = commitment_bytes(wire.commitment)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise LeafError(f"the leaf cannot be read: {error}") from error
    leaf = LeafData(wire.seq, wire.at, wire.subject, wire.kind, wire.policy, commitment)
    if wire.v != LEAF_VERSION or encode_leaf(leaf) != data:
        raise LeafError("the leaf is not canonical JSON of version 1")
    return leaf


def commit(salt: bytes, payload: bytes) -> bytes:
    """HMAC-SHA256(salt, payload), 32 bytes. `salt`: the entry's own (`entry_salt`) or the subject's.

    It hides the payload from whoever lacks the salt and binds the log to it.
    """
    _check_salt(salt)
    # Not `hmac.digest`: it lets the interpreter go, which under load costs a wait for the other thread.
    return hmac.new(salt, payload, "sha256").digest()


def entry_salt(salt: bytes, seq: int) -> bytes:
    """The salt of one entry, derived from its subject's salt: opening one entry opens no other."""
    _check_salt(salt)
    return hmac.new(salt, _ENTRY_SALT_LABEL + seq.to_bytes(8, "big"), "sha256").digest()


def pseudonym(salt: bytes) -> str:
    """The name of a subject in the log: 22 characters of base64url (128 bits) derived from its salt."""
    _check_salt(salt)
    return commitment_text(hmac.new(salt, _PSEUDONYM_LABEL, "sha256").digest()[:16])


def commitment_text(raw: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    text = binascii.b2a_base64(raw, newline=False)
    return text.rstrip(b"=").translate(_TO_URL).decode("ascii")


def commitment_bytes(text: str) -> bytes:
    """Undo `commitment_text`; raises LeafError on anything that it would not have written."""
    try:
        data = text.encode("ascii")
        raw = binascii.a2b_base64((data + b"=" * (-len(data) % 4)).translate(_FROM_URL), strict_mode=True)
    except ValueError as error:
        raise LeafError("a commitment is not base64url") from error
    if commitment_text(raw) != text:
        raise LeafError("a commitment is not canonical base64url")
    return raw


_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/", b"+/!!")  # the two characters of the other alphabet are refused


def _check_salt(salt: bytes) -> None:
    if len(salt) < SALT_SIZE:
        raise LeafError("a salt has fewer than 32 bytes")
