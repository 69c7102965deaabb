# SPDX-License-Identifier: Apache-2.0
"""DKIM (RFC 6376): which signature proves that a registered domain sent this mail, whole, and with a good key.

dkimpy canonicalises and checks the arithmetic. What the tags say is read by our own grammar and judged by
`context.now`; dkimpy's own reading of them, which takes the machine's clock, is not used.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any, Final

import dkim  # type: ignore[import-untyped] # has none
import msgspec
from dkim.canonicalization import CanonicalizationPolicy  # type: ignore[import-untyped]
from dkim.crypto import parse_public_key  # type: ignore[import-untyped]

from counterseal.gateways.documents import mail_tags
from counterseal.gateways.documents.mail_message import Field, Message
from counterseal.gateways.documents.mail_tags import Key, Signature, TagError
from counterseal.judicial.findings import found
from counterseal.judicial.model import Answer, Context, Finding

MOST_SIGNATURES: Final = 10
SILENT: Final = logging.getLogger("counterseal.dkim")  # the library logs what strangers write, as errors
SILENT.disabled = True
LEAST_RSA: Final = 2048
AHEAD: Final = 3_600_000  # ms that a signer's clock may be ahead of ours
SIGNED: Final = ("from", "to", "subject", "date")
"""Fields that the signature must fix: there, or missing for good."""
KNOWN: Final = frozenset({"rsa-sha256", "ed25519-sha256", "rsa-sha1"})
ALGORITHMS: Final = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}


class Judged(msgspec.Struct, frozen=True):
    """One DKIM-Signature field. `arithmetic`: the mail is as it was signed; `faults` keep it from proving it;
    `unknown`: its key was not to be had."""

    where: str
    domain: str
    arithmetic: bool = False
    faults: tuple[Finding, ...] = ()
    unknown: bool = False
    fields: tuple[str, ...] = ()
    signed: int | None = None

    @property
    def good(self) -> bool:
        """Whether it proves that the domain signed this mail."""
        return self.arithmetic and not self.faults and not self.unknown


class Verifier:
    """The signatures of one mail. dkimpy's form of it is made once, with the body canonicalised at most twice."""

    def __init__(self, message: Message, context: Context) -> None:
        self._message, self._context = message, context
        self._engines: dict[str, Any] = {}

    def names(self, domains: frozenset[str], parents: frozenset[str]) -> list[str]:
        """Where the keys are of signatures that `judge` reads."""
        read = [signature for _, _, signature in self._read() if isinstance(signature, Signature)]
        return [signature.key_name for signature in read if _speaks(signature.domain, domains, parents)]

    def judge(self, domains: frozenset[str], parents: frozenset[str]) -> tuple[list[Judged], int]:
        """Signatures of `domains`, or of names below `parents`, and how many of others were left unread.

        Keys of others are not looked up: whoever wrote the mail would learn when it is opened.
        """
        judged, others = [], 0
        for where, field, signature in self._read():
            if isinstance(signature, TagError):
                judged.append(Judged(where, "", faults=(found("dkim_syntax", where, reason=signature),)))
            elif _speaks(signature.domain, domains, parents):
                judged.append(self._one(field, signature, where))
            else:
                others += 1
        return judged, others

    def _read(self) -> Iterator[tuple[str, Field, Signature | TagError]]:
        for number, field in enumerate(self._message.all("dkim-signature")[:MOST_SIGNATURES], 1):
            try:
                yield f"DKIM-Signature {number}", field, mail_tags.signature(field.text)
            except TagError as error:
                yield f"DKIM-Signature {number}", field, error

    def _one(self, field: Field, signature: Signature, where: str) -> Judged:
        judged = Judged(where, signature.domain, fields=signature.fields, signed=signature.signed)
        faults = [*_stated(signature, where, self._context.now), *self._covered(signature, where)]
        answer = self._context.names.get(signature.key_name)
        if answer is None or answer.status == "unknown":
            return msgspec.structs.replace(judged, unknown=True, faults=tuple(faults))
        try:
            key = _key(answer)
            faults += _worth(key, signature, where)
        except TagError as error:
            faults.append(found("dkim_key", where, domain=signature.domain, reason=error))
            return msgspec.structs.replace(judged, faults=tuple(faults))
        if not key.public or signature.algorithm not in KNOWN:
            return msgspec.structs.replace(judged, faults=tuple(faults))
        holds = self._holds(field, signature, answer.texts[0])
        if not holds:
            faults.append(found("dkim_broken", where, domain=signature.domain))
        elif self._appended(signature):
            faults.append(found("dkim_appended", where, length=signature.body_length))
        return msgspec.structs.replace(judged, arithmetic=holds, faults=tuple(faults))

    def _appended(self, signature: Signature) -> bool:
        """Whether there is more body than l= lets the signature cover."""
        if signature.body_length is None:
            return False
        policy = CanonicalizationPolicy.from_c_value("/".join(signature.canonical).encode())
        return len(policy.canonicalize_body(self._engine(signature.canonical[1]).body)) > signature.body_length

    def _covered(self, signature: Signature, where: str) -> list[Finding]:
        """Fields that decide what is shown and are not fixed by h= (RFC 6376 section 5.4)."""
        findings = []
        listed = {name: signature.fields.count(name) for name in signature.fields}
        present = {name: len(self._message.all(name)) for name in (*SIGNED, "reply-to", "sender", "cc")}
        for name in (*SIGNED, "reply-to", "sender", "cc"):
            missing = (
                listed.get(name, 0) < present[name] if present[name] else name in SIGNED and not listed.get(name)
            )
            if missing:
                findings.append(found("dkim_unsigned", where, name=name))
        if signature.body_length is not None:
            findings.append(found("dkim_length", where, length=signature.body_length))
        return findings

    def _holds(self, field: Field, signature: Signature, record: str) -> bool:
        """RFC 6376 section 6.1.3. A library's exception is a signature that does not hold."""
        values = {name.encode(): value.encode() for name, value in signature.tags.items()}
        values |= {
            b"d": signature.domain.encode(),
            b"s": signature.selector.encode(),
            b"a": signature.algorithm.encode(),
        }
        values[b"c"] = "/".join(signature.canonical).encode()
        fields = [name.encode() for name in signature.fields]
        engine = self._engine(signature.canonical[1])
        try:
            return bool(
                engine.verify_sig(values, fields, (field.written, field.value + b"\r\n"), lambda *_, **__: record)
            )
        except (MemoryError, KeyboardInterrupt):
            raise
        except BaseException:  # noqa: BLE001 - the libraries raise anything over a hostile key or signature
            return False

    def _engine(self, body: str) -> Any:
        if body not in self._engines:
            engine = dkim.DKIM(minkey=0, logger=SILENT)  # the size of the key is judged by `_worth`
            engine.headers = [(field.written, field.value + b"\r\n") for field in self._message.fields]
            engine.body = relaxed(self._message.body) if body == "relaxed" else self._message.body
            self._engines[body] = engine
        return self._engines[body]


def _speaks(domain: str, domains: frozenset[str], parents: frozenset[str]) -> bool:
    return domain in domains or any(domain.endswith(f".{parent}") for parent in parents)


def relaxed(body: bytes) -> bytes:
    """RFC 6376 section 3.4.4 but for the empty lines at the end, in time linear in its size: the library's way
    takes minutes over a megabyte of blanks, and leaves as it is what this gives it."""
    ended = body + b"\r\n" if body and not body.endswith(b"\r\n") else body
    shortened = re.sub(rb"\t[\t ]*| [\t ]+", b" ", ended)  # single blanks, which are most, stay untouched
    return shortened.replace(b" \r\n", b"\r\n")


def _stated(signature: Signature, where: str, now: int) -> list[Finding]:
    """What the signature says of itself."""
    findings = []
    if signature.algorithm not in ALGORITHMS:
        findings.append(found("dkim_weak", where, reason=f"its algorithm is {signature.algorithm}"))
    if signature.signed is not None and signature.signed > now + AHEAD:
        findings.append(found("dkim_time", where, reason="it was made in the future"))
    if signature.expires is not None and signature.expires < now:
        findings.append(found("dkim_time", where, reason="it has expired"))
    if signature.expires is not None and signature.signed is not None and signature.expires < signature.signed:
        findings.append(found("dkim_time", where, reason="it expired before it was made"))
    return findings


def _key(answer: Answer) -> Key:
    """The one key record of a name. Raises TagError."""
    if answer.status == "none" or not answer.texts:
        raise TagError("DNS has no key of this name")
    if len(answer.texts) > 1:
        raise TagError("DNS has several keys of this name")
    return mail_tags.key(answer.texts[0])


def _worth(key: Key, signature: Signature, where: str) -> list[Finding]:
    """Whether a signature by this key says anything (RFC 6376 section 3.6.1, RFC 8301, RFC 8463)."""
    if not key.public:
        return [found("dkim_revoked", where, domain=signature.domain)]
    findings = []
    if key.kind != ALGORITHMS.get(signature.algorithm, key.kind):
        raise TagError("the key is of another kind than the signature")
    if "y" in key.flags:
        findings.append(found("dkim_weak", where, reason="its domain says that the key is a test (t=y)"))
    if "s" in key.flags and signature.identity != signature.domain:
        raise TagError("the key is for exactly its domain (t=s), and i= is not")
    if key.hashes is not None and "sha256" not in key.hashes:
        raise TagError("the key is not for SHA-256")
    if not key.services & {"*", "email"}:
        raise TagError("the key is not for mail")
    if key.kind == "rsa" and (bits := _bits(key)) < LEAST_RSA:
        findings.append(found("dkim_weak", where, reason=f"its key has {bits} bits, {LEAST_RSA} are the least"))
    if key.kind == "ed25519" and len(key.public) != 32:  # noqa: PLR2004 - RFC 8463 section 4
        raise TagError("the key is no Ed25519 key")
    return findings


def _bits(key: Key) -> int:
    """Size of the modulus. Raises TagError."""
    try:
        made = parse_public_key(key.public)
        modulus, exponent = int(made["modulus"]), int(made["publicExponent"])
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException:  # noqa: BLE001 - the library's parser raises anything
        raise TagError("the key cannot be read") from None
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > 64 or modulus.bit_length() > 8192:  # noqa: PLR2004
        raise TagError("the key's numbers are out of range")
    return modulus.bit_length()
