# SPDX-License-Identifier: Apache-2.0
"""OpenPGP signatures over a part (RFC 3156 section 5), by keys whose fingerprints are registered.

The key itself comes with the mail (attached, or in an Autocrypt field): a fingerprint fixes it. That it was revoked
can be told only if the mail says so or the registry no longer has it.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

import pysequoia

from counterseal.gateways.documents.mail_signed import Signed
from counterseal.judicial.findings import found
from counterseal.judicial.model import Context, Finding, Registered, Signer

KIND: Final = "OpenPGP"
WEAK: Final = frozenset({"MD5", "SHA1", "RipeMD"})
_ADDRESS: Final = re.compile(r"<([^<>\s]{3,254})>\s*\Z")
_MOST_SIGNATURE: Final = 65_536


def detached(entity: bytes, signature: bytes, keys: list[bytes], context: Context) -> Signed:
    """The signature over the bytes of a part, its header included."""
    try:
        return _judged(entity, signature[:_MOST_SIGNATURE], keys, context)
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - a native library over hostile bytes
        return Signed(KIND, findings=(found("personal_unreadable", KIND, kind=KIND, reason=type(error).__name__),))


def autocrypt(text: str) -> bytes:
    """The key of an Autocrypt field; empty = none."""
    _, _, data = text.partition("keydata=")
    try:
        return base64.b64decode(re.sub(r"\s", "", data), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _judged(entity: bytes, signature: bytes, keys: list[bytes], context: Context) -> Signed:
    sig = pysequoia.Sig.from_bytes(signature)
    issuer = (sig.issuer_fingerprint or "").lower()
    at = None if sig.created is None else int(sig.created.timestamp() * 1000)
    certs = [(cert, entry) for cert in _certs(keys) if (entry := _registered(cert, context)) is not None]
    if not certs:
        return Signed(KIND, findings=(_unknown(issuer, context, brought=any(keys)),))
    if str(sig.hash_algorithm).rpartition(".")[2] in WEAK:
        weak = found("personal_weak", KIND, kind=KIND, reason=f"its digest is {sig.hash_algorithm}")
        return Signed(KIND, findings=(weak,))
    try:
        result = pysequoia.verify(bytes=entity, store=lambda _: [cert for cert, _ in certs], signature=sig)
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - the library's word for "it does not verify" is RuntimeError
        return Signed(KIND, findings=_refused(certs, error))
    valid = {str(each.certificate).lower() for each in result.valid_sigs}
    hit = next(((cert, entry) for cert, entry in certs if cert.fingerprint.lower() in valid), None)
    if hit is None:
        return Signed(KIND, findings=(_broken("nobody registered made it"),))
    cert, entry = hit
    signer = Signer(str(cert.user_ids[0]) if cert.user_ids else "", sha256=cert.fingerprint.lower())
    return Signed(
        KIND, holds=True, signer=signer, entry=entry, addresses=_addresses(cert), at=at, findings=_standing(cert)
    )


def _certs(keys: list[bytes]) -> list[Any]:
    certs = []
    for key in keys:
        try:
            certs += pysequoia.Cert.split_bytes(key)[:10]
        except (MemoryError, KeyboardInterrupt):
            raise
        except BaseException:  # noqa: BLE001, S112 - what is no key is none
            continue
    return certs


def _registered(cert: Any, context: Context) -> Registered | None:
    fingerprint = cert.fingerprint.lower()
    return next((entry for entry in context.registry if fingerprint in _fingerprints(entry)), None)


def _fingerprints(entry: Registered) -> set[str]:
    return {re.sub(r"[^0-9a-f]", "", key.lower().removeprefix("0x")) for key in entry.keys}


def _unknown(issuer: str, context: Context, *, brought: bool) -> Finding:
    """No registered key came along: a datum is missing if none came at all, for a signature names a key below the
    registered one; else a stranger signed."""
    known = {each for entry in context.registry for each in _fingerprints(entry)}
    if issuer in known or (known and not brought):
        return found("pgp_key_missing", KIND, key=issuer)
    return found("personal_unregistered", KIND, signer=issuer or "unknown")


def _refused(certs: list[Any], error: BaseException) -> tuple[Finding, ...]:
    if any(cert.is_revoked for cert, _ in certs):
        return (found("personal_revoked", KIND),)
    return (_broken(" ".join(str(error).split())),)


def _broken(reason: str) -> Finding:
    return found("personal_broken", KIND, kind=KIND, reason=reason)


def _addresses(cert: Any) -> tuple[str, ...]:
    """Of its user ids; one without an address names nobody, and so no sender."""
    hits = [match[1].lower() for user in cert.user_ids if (match := _ADDRESS.search(str(user)))]
    bare = [str(user).lower() for user in cert.user_ids if "@" in str(user) and "<" not in str(user)]
    return tuple(dict.fromkeys([*hits, *bare])) or ("no address",)


def _standing(cert: Any) -> tuple[Finding, ...]:
    return (found("personal_revoked", KIND),) if cert.is_revoked else ()
