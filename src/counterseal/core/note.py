# SPDX-License-Identifier: Apache-2.0
"""Signed notes (C2SP signed-note v1) with Ed25519 keys: a text, an empty line, and signature lines.

Nothing here computes a signature: the caller passes the signer and the verifier in.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from hashlib import sha256

import msgspec

from counterseal.core.errors import CountersealError

ED25519 = 0x01  # signature type of C2SP signed-note
KEY_SIZE = 32
SIGNATURE_SIZE = 64
MAX_NOTE_SIZE = 128 * 1024  # bytes; room for 16 post-quantum signatures, which verifiers must accept
_SIGNATURE_START = "\u2014 "

Signer = Callable[[bytes], bytes]  # message -> 64-byte Ed25519 signature
Verify = Callable[[bytes, bytes, bytes], None]  # public key, signature, message; raises SignatureError


class NoteError(CountersealError):
    """A note that cannot be read or trusted. Codes: note_invalid, note_unsigned, note_signature, key_invalid."""

    code = "note_invalid"


class SignatureError(NoteError):
    """The signature of a known key is wrong: the note is rejected as a whole."""

    code = "note_signature"


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key under a name. `public_key` is the 32-byte Ed25519 encoding of RFC 8032."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """First 4 bytes of SHA-256(name || 0x0A || 0x01 || public key) (C2SP signed-note)."""
        return sha256(self.name.encode() + b"\n" + bytes((ED25519,)) + self.public_key).digest()[:4]

    def __str__(self) -> str:
        """NAME+HEX(key id)+BASE64(0x01 || public key), the usual text form of a note verifier key."""
        encoded = _base64(bytes((ED25519,)) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


def make_verifier_key(name: str, public_key: bytes) -> VerifierKey:
    """A key after checking name (non-empty, no space, no plus, no control) and length (32 bytes)."""
    if not name or "+" in name or any(c.isspace() or c < " " or c == "\x7f" for c in name):
        raise NoteError("a key name is empty or holds a space, plus or control character", code="key_invalid")
    if len(public_key) != KEY_SIZE:
        raise NoteError("an Ed25519 public key has 32 bytes", code="key_invalid")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise NoteError("a key name is not Unicode text", code="key_invalid") from error
    return VerifierKey(name, public_key)


def parse_verifier_key(text: str) -> VerifierKey:
    """Read NAME+KEYID+KEY; raises NoteError (key_invalid) unless it is exactly what `str(key)` writes."""
    parts = text.split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004 - name, key id, key
        raise NoteError("a verifier key has the form NAME+KEYID+KEY", code="key_invalid")
    raw = _from_base64(parts[2], code="key_invalid")
    if raw[:1] != bytes((ED25519,)):
        raise NoteError("the verifier key is not of type Ed25519", code="key_invalid")
    key = make_verifier_key(parts[0], raw[1:])
    if str(key) != text:
        raise NoteError("the verifier key does not match its key id", code="key_invalid")
    return key


def sign_note(text: str, key: VerifierKey, signer: Signer) -> str:
    """The signed note over `text` (which ends in a newline). Raises NoteError for a text no note may hold."""
    _check_text(text)
    signature = signer(text.encode())
    if len(signature) != SIGNATURE_SIZE:
        raise NoteError("the signer did not return 64 bytes")
    return f"{text}\n{_SIGNATURE_START}{key.name} {_base64(key.key_id + signature)}\n"


def cosign_note(note: str, key: VerifierKey, signer: Signer) -> str:
    """The note with one more signature line, by `key` over the same text (C2SP signed-note)."""
    text, _ = split_note(note)
    _, _, line = sign_note(text, key, signer).rpartition("\n\n")
    return note + line


def open_note(note: str, key: VerifierKey, verify: Verify) -> str:
    """The text of a note that `key` signed.

    Lines of unknown keys are ignored. Raises SignatureError if a line of `key` does not verify, NoteError
    if the note is malformed or holds no line of `key` (note_unsigned).
    """
    text, signatures = split_note(note)
    trusted = [raw[4:] for name, raw in signatures if name == key.name and raw[:4] == key.key_id]
    if not trusted:
        raise NoteError(f"no signature by the key `{key.name}`", code="note_unsigned")
    message = text.encode()
    for signature in trusted:
        if len(signature) != SIGNATURE_SIZE:
            raise SignatureError(f"a signature by `{key.name}` does not have 64 bytes")
        verify(key.public_key, signature, message)
    return text


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """A note's text and its signature lines as (key name, key id || signature), unverified."""
    if len(note) > MAX_NOTE_SIZE:
        raise NoteError("the note is longer than 128 KiB")
    text, separator, block = note.rpartition("\n\n")
    if not separator or not block.endswith("\n"):
        raise NoteError("the note has no signatures after an empty line")
    text += "\n"
    _check_text(text)
    return text, [_signature(line) for line in block[:-1].split("\n")]


def split_notes(data: str) -> list[str]:
    """The notes of a file that holds several, each followed by an empty line, or a single one.

    A text without signature lines (a write cut off by a crash) is passed over: unsigned, it proves nothing.
    Line ends of mail and Windows (CR LF) are taken too; the signature is over the text with LF.
    """
    notes, text = [], ""
    for block in data.replace("\r\n", "\n").split("\n\n"):
        stripped = block.strip("\n")
        if stripped.startswith(_SIGNATURE_START) and text:
            notes.append(f"{text}\n\n{stripped}\n")
            text = ""
        else:
            text = stripped
    return notes


def _signature(line: str) -> tuple[str, bytes]:
    name, separator, encoded = line.removeprefix(_SIGNATURE_START).partition(" ")
    if not line.startswith(_SIGNATURE_START) or not name or not separator:
        raise NoteError("a signature line is not of the form: dash, key name, base64")
    if "+" in name or any(c.isspace() or c < " " for c in name):
        raise NoteError("a signature line's key name holds a space, plus or control character")
    raw = _from_base64(encoded, code="note_invalid")
    if len(raw) <= 4:  # noqa: PLR2004 - key id
        raise NoteError("a signature is too short")
    return name, raw


def _check_text(text: str) -> None:
    if len(text) < 2 or not text.endswith("\n"):  # noqa: PLR2004 - one character and the newline
        raise NoteError("a note's text is empty or does not end in a newline")
    if any(c < " " and c != "\n" for c in text):
        raise NoteError("a note's text holds a control character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NoteError("a note's text is not Unicode text") from error


def _base64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def _from_base64(text: str, *, code: str) -> bytes:
    """Standard base64 (RFC 4648, section 4), canonical form only."""
    try:
        raw = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError as error:
        raise NoteError("base64 cannot be read", code=code) from error
    if _base64(raw) != text:
        raise NoteError("base64 is not in canonical form", code=code)
    return raw
