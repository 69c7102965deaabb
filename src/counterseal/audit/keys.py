# SPDX-License-Identifier: Apache-2.0
"""Ed25519 for notes: the signer and the verifier that the core takes as arguments, and the log's keys over time."""

from __future__ import annotations

from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from counterseal.core.note import SignatureError, VerifierKey, make_verifier_key


class Ed25519Signer:
    """Signs notes under `key.name`; the private key stays inside."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.key: VerifierKey = make_verifier_key(name, private_key.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Ed25519Signer:
        """A signer from the 32-byte private key of RFC 8032, section 5.1.5; raises ValueError on another length."""
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    def __call__(self, message: bytes) -> bytes:
        """The 64-byte signature of `message` (RFC 8032)."""
        return self._private_key.sign(message)


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Raise SignatureError unless `signature` over `message` is by `public_key` (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError("the Ed25519 signature does not verify") from error


class LogKeys(Protocol):
    """The log's keys. While one takes the other's place, both sign."""

    def signers(self, now: int, /) -> tuple[Ed25519Signer, ...]:
        """Those that sign at `now` (ms), the current one first."""
        ...

    def known(self) -> tuple[VerifierKey, ...]:
        """All there ever were: a witness may hold a checkpoint of an old one."""
        ...

    def successions(self) -> tuple[str, ...]:
        """The notes by which they name each other (succession.py), oldest first."""
        ...


class OneKey:
    """A log whose key never changed."""

    def __init__(self, signer: Ed25519Signer) -> None:
        self._signer = signer

    def signers(self, _now: int, /) -> tuple[Ed25519Signer, ...]:
        """See LogKeys."""
        return (self._signer,)

    def known(self) -> tuple[VerifierKey, ...]:
        """See LogKeys."""
        return (self._signer.key,)

    def successions(self) -> tuple[str, ...]:
        """See LogKeys."""
        return ()
