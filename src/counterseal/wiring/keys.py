# SPDX-License-Identifier: Apache-2.0
"""Signing keys: each random, made once, wrapped under the master key in the store; the root lies apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from counterseal.core.errors import CountersealError
from counterseal.core.transaction import Change, Commit, Entry, Loaded, Store
from counterseal.gateways.keyring import (
    MasterKey,
    Random,
    SigningKey,
    create_master_key_file,
    load_signing_key,
    master_key_from_file,
    new_signing_key,
    sign_jwks,
)

KIND = "signing_key"
SET_SUBJECT = "signing_key:set"
VERSION = b"\x01"
SET_LIFE = 366 * 86_400_000
RENEW_BEFORE = 30 * 86_400_000


class RootKeyError(CountersealError):
    """The key set has to be signed and the root key is not here."""

    code = "root_key_missing"


class StoredKey(msgspec.Struct, frozen=True, tag=True):
    """A wrapped key, or (subject `set`) the signed key set with its root."""

    kid: str
    blob: bytes = b""
    token: str = ""
    root: dict[str, str] = {}
    expires: int = 0


class StoredKeyCodec:
    """`StoredKey` as msgpack behind a version byte."""

    def encode(self, state: Any, /) -> bytes:
        """Version byte and msgpack."""
        return VERSION + msgspec.msgpack.encode(state)

    def decode(self, data: bytes, /) -> StoredKey:
        """The key; CountersealError for a version from the future."""
        if data[:1] != VERSION:
            raise CountersealError("a stored key has an unknown version", code="stored_form")
        return msgspec.msgpack.decode(memoryview(data)[1:], type=StoredKey)


class KeySet:
    """The signed key set as the API gives it out."""

    def __init__(self, stored: StoredKey) -> None:
        self._stored = stored
        self.root = stored.root

    def token(self) -> str:
        """The JWS under the root."""
        return self._stored.token


async def signing_key(store: Store, purpose: str, master: MasterKey, random: Random, now: int) -> SigningKey:
    """The key of a purpose; made and stored at the first start."""
    subject = f"{KIND}:{purpose}"
    fresh = new_signing_key(purpose, random)

    def function(loaded: Loaded) -> Commit[StoredKey]:
        found = loaded.states.get(subject)
        if isinstance(found, StoredKey):
            return Commit(found)
        made = StoredKey(fresh.kid, fresh.wrapped(master))
        entry = Entry("key_made", max(now, loaded.latest), "", msgspec.msgpack.encode([purpose, fresh.kid]))
        return Commit(made, (Change(subject, made, entry),))

    done = await store.transact([subject], function, now=now)
    return load_signing_key(purpose, done.result.blob, master)


def root_key(path: Path) -> SigningKey:
    """The root from its file (0600), made if there is none. In production keep the file offline after the first
    start: it is needed again only when the key set runs out."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        create_master_key_file(path)
    return SigningKey("root", master_key_from_file(path).seed())


async def key_set(store: Store, seal: SigningKey, root_path: Path, now: int) -> KeySet:
    """The key set that holds the seal key, signed by the root; signed anew when it runs out within 30 days."""
    found = await store.read(SET_SUBJECT)
    if isinstance(found, StoredKey) and found.kid == seal.kid and found.expires - now > RENEW_BEFORE:
        return KeySet(found)
    if isinstance(found, StoredKey) and not root_path.exists():  # noqa: ASYNC240 - once, at the start
        raise RootKeyError(
            "the key set has to be signed anew and the root key is not here",
            hint=f"Bring the root key back to `{root_path}` for one start.",
        )
    root = root_key(root_path)
    if isinstance(found, StoredKey) and found.root.get("x") != root.public_jwk()["x"]:
        raise RootKeyError("this is another root than the one that signers have pinned")
    expires = now + SET_LIFE
    made = StoredKey(
        seal.kid, token=sign_jwks(root, [seal.public_jwk()], now, expires), root=root.public_jwk(), expires=expires
    )

    def function(loaded: Loaded) -> Commit[StoredKey]:
        entry = Entry("key_set_signed", max(now, loaded.latest), "", made.token.encode())
        return Commit(made, (Change(SET_SUBJECT, made, entry),))

    await store.transact([SET_SUBJECT], function, now=now)
    return KeySet(made)
