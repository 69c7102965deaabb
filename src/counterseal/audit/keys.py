# SPDX-License-Identifier: Apache-2.0
"""Ed25519 for notes: the signer and the verifier that the core takes as arguments."""

from __future__ import annotations

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
