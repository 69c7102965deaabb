# SPDX-License-Identifier: Apache-2.0
"""Recipients' keys and encryption to them: age (X25519 recipients) and OpenPGP certificates (RFC 9580).

A key comes from a stranger's letter. It is parsed, tried on one byte, and brought into one spelling; what cannot be
used is refused where it comes in, not on the day of delivery. OpenPGP's own times are held against this machine's
clock by the library.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import pyrage  # type: ignore[import-untyped] # has none
import pysequoia
from pysequoia.packet import PacketPile, Tag

from counterseal.judicial.disclosure.model import DeliveryKey
from counterseal.judicial.disclosure.stored import DeliveryKeyError

MOST_CHARACTERS: Final = 65_536
_AGE: Final = re.compile(r"age1[02-9ac-hj-np-z]{58}")
_AGE_PRIVATE: Final = re.compile(r"AGE-SECRET-KEY-", re.IGNORECASE)
_HINT: Final = "An age recipient (`age1...`) or one OpenPGP public key block."
_SECRET: Final = (Tag.SecretKey, Tag.SecretSubkey)
_TRIAL: Final = b"\x00"
T = TypeVar("T")


class DeliveryKeys:
    """`judicial.disclosure.ports.Sealer`."""

    def key(self, text: str) -> DeliveryKey:
        """See the port. Codes: delivery_key_invalid, _private, _revoked, _expired, _unusable, _several."""
        given = text.strip()
        if not given or len(given) > MOST_CHARACTERS or "\x00" in given:
            raise DeliveryKeyError("this is no key", hint=_HINT)
        if _AGE_PRIVATE.search(given):
            raise _private()
        if given.lower().startswith("age1"):
            return _age(given)
        return _openpgp(given)[0]

    def encrypt(self, data: bytes, key: DeliveryKey) -> bytes:
        """See the port. age: binary; OpenPGP: ASCII armour."""
        if key.kind == "age":
            return _age_encrypted(data, key.value)
        known, certificate = _openpgp(key.value)
        if known.fingerprint != key.fingerprint:
            raise DeliveryKeyError("the key has another fingerprint than the one confirmed")
        return _openpgp_encrypted(data, certificate)


def _age(text: str) -> DeliveryKey:
    value = text.lower()
    if not _AGE.fullmatch(value) or text not in {value, text.upper()}:  # BIP 173: no mixed case
        raise DeliveryKeyError("this is no age recipient", hint=_HINT)
    _age_encrypted(_TRIAL, value)
    return DeliveryKey("age", value, value)


def _age_encrypted(data: bytes, value: str) -> bytes:
    def call() -> bytes:
        sealed: bytes = pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(value)])
        return sealed

    return _native(call, "nothing can be encrypted to this age recipient")


def _openpgp(text: str) -> tuple[DeliveryKey, Any]:
    raw = text.encode("utf-8", "surrogatepass")
    if _native(
        lambda: any(packet.tag in _SECRET for packet in PacketPile.from_bytes(raw)), "this is no key", hint=_HINT
    ):
        raise _private()
    found: list[Any] = _native(lambda: pysequoia.Cert.split_bytes(raw), "this is no key", hint=_HINT)
    if len(found) != 1:
        sentence = "there are several keys: send the one to use" if found else "this is no key"
        code = "delivery_key_several" if found else "delivery_key_invalid"
        raise DeliveryKeyError(sentence, code=code, hint=_HINT)
    certificate = found[0]
    if certificate.is_revoked:
        raise DeliveryKeyError("this key was revoked by its owner", code="delivery_key_revoked")
    ends = certificate.expiration
    if ends is not None and ends <= dt.datetime.now(dt.UTC):
        raise DeliveryKeyError("this key has expired", code="delivery_key_expired")
    _openpgp_encrypted(_TRIAL, certificate)
    return DeliveryKey("openpgp", str(certificate), certificate.fingerprint.lower()), certificate


def _openpgp_encrypted(data: bytes, certificate: Any) -> bytes:
    def call() -> bytes:
        return bytes(pysequoia.encrypt(data, recipients=[certificate]))

    sentence = "nothing can be encrypted to this key: it has no live subkey for that, or a weak one"
    return _native(call, sentence, code="delivery_key_unusable")


def _private() -> DeliveryKeyError:
    sentence = "this is a private key: whoever sent it must make another, and send the public half"
    return DeliveryKeyError(sentence, code="delivery_key_private")


def _native(call: Callable[[], T], sentence: str, *, code: str = "delivery_key_invalid", hint: str = "") -> T:
    """Call a native library over a stranger's bytes: whatever it raises, the key is refused."""
    try:
        return call()
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        raise DeliveryKeyError(sentence, code=code, hint=hint) from error
