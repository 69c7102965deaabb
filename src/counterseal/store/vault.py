# SPDX-License-Identifier: Apache-2.0
"""Keys of subjects: a data key and a salt each, wrapped under the master key.

What is personal is sealed under the data key with AES-256-GCM (NIST SP 800-38D), random 96-bit nonces and
"table|row id" as associated data, so that a blob moved to another row does not open. Destroying the two
wrapped values erases the subject: nothing sealed opens any more and no commitment can be tested.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from counterseal.core import leaf
from counterseal.core.transaction import StoreUnavailableError
from counterseal.gateways.chance import draw
from counterseal.store.errors import MasterKeyError, StoreCorruptError
from counterseal.store.ports import MasterKey

KEY_SIZE = 32
SALT_SIZE = 32
NONCE_SIZE = 12
VERSION = b"\x01"  # AES-256-GCM, 96-bit nonce, 128-bit tag
_HEAD = 1 + NONCE_SIZE


class SubjectKeys:
    """The unwrapped key and salt of one subject, with what is derived from them once."""

    __slots__ = ("_cipher", "pseudonym", "salt")

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._cipher = AESGCM(key)
        self.salt = salt
        self.pseudonym = leaf.pseudonym(salt)

    def seal(self, data: bytes, table: str, row: str | int) -> bytes:
        """Version byte, nonce, ciphertext and tag of `data`, bound to its row."""
        nonce = draw(NONCE_SIZE)
        return VERSION + nonce + self._cipher.encrypt(nonce, data, f"{table}|{row}".encode())

    def open(self, sealed: bytes, table: str, row: str | int) -> bytes:
        """Undo `seal`; raises StoreCorruptError when the bytes, the key or the row are not the same."""
        if sealed[:1] != VERSION:
            raise StoreCorruptError(f"a sealed value of `{table}` has an unknown version")
        try:
            return self._cipher.decrypt(sealed[1:_HEAD], sealed[_HEAD:], f"{table}|{row}".encode())
        except (InvalidTag, ValueError) as error:
            raise StoreCorruptError(f"a sealed value of `{table}` does not open under its subject's key") from error


class Vault:
    """Makes and unwraps the keys of subjects. It keeps none: the writer's cache does."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    def create(self, subject: str) -> tuple[SubjectKeys, bytes, bytes]:
        """New random keys of `subject`: unwrapped, and the wrapped key and salt to store."""
        key, salt = os.urandom(KEY_SIZE), os.urandom(SALT_SIZE)
        wrap = self._master.wrap
        return (
            SubjectKeys(key, salt),
            wrap(key, context_of("key", subject)),
            wrap(salt, context_of("salt", subject)),
        )

    def unwrap(self, subject: str, key: bytes, salt: bytes) -> SubjectKeys:
        """The keys of `subject` from their stored form; raises MasterKeyError when they do not open."""
        unwrap = self._master.unwrap
        try:
            return SubjectKeys(
                unwrap(key, context_of("key", subject)),
                unwrap(salt, context_of("salt", subject)),
            )
        except StoreUnavailableError:  # the service that holds the master key is away
            raise
        except Exception as error:  # whatever the adapter raises, the answer is the same: closed
            raise MasterKeyError(
                "the master key does not open a subject's key",
                hint="Give the key that wrapped them; while a change of it is not finished, both (docs/keys.md).",
            ) from error


def context_of(part: str, subject: str) -> bytes:
    """What the `key` or `salt` of a subject is wrapped for."""
    return f"counterseal/{part}/v1|{subject}".encode()
