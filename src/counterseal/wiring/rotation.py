# SPDX-License-Identifier: Apache-2.0
"""Rotation of a key, and of the root: one commit that holds the new ring, the key sets that the root signed, the
log's succession, and an entry in the log that the old key still signs."""

from __future__ import annotations

from pathlib import Path

import msgspec

from counterseal.audit.keys import Ed25519Signer
from counterseal.audit.succession import sign_succession
from counterseal.core.errors import ConflictError
from counterseal.core.platform import PLATFORM, Platform
from counterseal.core.transaction import Change, Commit, Committed, Entry, Idempotency, Loaded
from counterseal.gateways.keyring import SigningKey, key_of, load_signing_key
from counterseal.http.routers.keys import KeyListed, KeyRotated
from counterseal.settings import Settings
from counterseal.wiring.key_sets import RootKeyError, root_for, root_key, with_sets
from counterseal.wiring.keys import KeyBoard, fresh_key
from counterseal.wiring.rings import RINGS, SIGNING, Ring, RingKey, Rings, check_rotation, rotated

MOST_LISTED = 50  # keys that are over and stay in the list of their ring


class Rotations:
    """Over a board. `origin`: the log's name; `root_file`: where the root lies; `overlap`: ms until a key signs."""

    def __init__(self, board: KeyBoard, *, origin: str, root_file: Path, overlap: int) -> None:
        self._board, self._origin, self._root_file, self._overlap = board, origin, root_file, overlap

    async def listed(self) -> list[KeyListed]:
        """Every key, by purpose, oldest first."""
        await self._board.load()
        return listed(self._board.rings, self._board.now())

    async def rotate(
        self, purpose: str, *, compromised: bool = False, by: str = "", idempotency: Idempotency | None = None
    ) -> Committed[KeyRotated]:
        """Make the next key of `purpose`. `compromised`: it works at once, and what the old one made is void.

        Raises RotationError, and RootKeyError where the root has to sign and is not here.
        """
        check_rotation(purpose)
        board = self._board
        await board.load()
        now = board.now()
        root = root_for(board.rings, self._root_file) if purpose in SIGNING else None
        fresh = fresh_key(purpose, board.master, board.random, now)

        def function(loaded: Loaded) -> Commit[KeyRotated]:
            at = max(now, loaded.latest)
            found = _rings(loaded)
            before = found.rings[purpose]
            ring = rotated(before, fresh, at, overlap=self._overlap, compromised=compromised)
            if purpose == "log":
                ring = self._succeeded(before, ring, at, compromised=compromised)
            made = msgspec.structs.replace(found, rings={**found.rings, purpose: _trimmed(ring)})
            if root is not None:
                made = with_sets(made, root, at)
            told = _told(before, ring, at, compromised=compromised, by=by)
            entry = Entry("key_rotated", at, "", msgspec.json.encode(told))
            changes = [Change(RINGS, made, entry)]
            if purpose == "seal" and compromised:
                platform = loaded.states.get(PLATFORM)
                platform = platform if isinstance(platform, Platform) else Platform()
                changes.append(Change(PLATFORM, msgspec.structs.replace(platform, seals_void_before=at + 1)))
            return Commit(told, tuple(changes))

        done = await board.store.transact([RINGS, PLATFORM], function, now=now, idempotency=idempotency)
        await board.load()
        return done

    async def renew_root(self, new_file: Path) -> dict[str, str]:
        """Sign the key set under another root, made in `new_file` if there is none; the new root's public JWK.

        Signers must have pinned both before. The old root signs the entry of the log that says so, so its file must
        be here. Raises RootKeyError, ConflictError if both are one.
        """
        board = self._board
        await board.load()
        now = board.now()
        old, new = root_for(board.rings, self._root_file), root_key(new_file)
        if old.kid == new.kid:
            raise ConflictError("this is the root that signs already", code="root_same")
        said = msgspec.json.encode({"old": old.public_jwk(), "new": new.public_jwk(), "at": now})
        payload = msgspec.json.encode({"said": said.decode(), "signature": old.sign(said).hex()})

        def function(loaded: Loaded) -> Commit[Rings]:
            found = _rings(loaded)
            if found.root.get("x") != old.public_jwk()["x"]:
                raise ConflictError("another root signed meanwhile", code="root_changed")
            made = with_sets(found, new, max(now, loaded.latest))
            entry = Entry("root_changed", max(now, loaded.latest), "", payload)
            return Commit(made, (Change(RINGS, made, entry),))

        board.take((await board.store.transact([RINGS], function, now=now)).result)
        return new.public_jwk()

    def _succeeded(self, before: Ring, ring: Ring, now: int, *, compromised: bool) -> Ring:
        """With the note by which the old and the new key of the log name each other."""
        old, new = before.current(now), ring.keys[-1]
        signer = self._signer(old)
        note = sign_succession(signer.key, self._signer(new), new.since, by_old=None if compromised else signer)
        return msgspec.structs.replace(ring, notes=(*ring.notes, note))

    def _signer(self, key: RingKey) -> Ed25519Signer:
        return Ed25519Signer.from_seed(self._origin, self._opened(key).seed())

    def _opened(self, key: RingKey) -> SigningKey:
        return load_signing_key("log", key.blob, self._board.master)


def rotations(settings: Settings, board: KeyBoard) -> Rotations:
    """As the settings say."""
    overlap, root_file = settings.key_overlap_ms, settings.root_key_file
    return Rotations(board, origin=settings.log_origin, root_file=root_file, overlap=overlap)


def listed(rings: Rings, now: int) -> list[KeyListed]:
    """Every key of these rings at `now`."""
    return [
        KeyListed(purpose, key.kid, ring.state(key, now), key.made, key.since, key.until, _master(key))
        for purpose, ring in rings.rings.items()
        for key in ring.keys
    ]


def _master(key: RingKey) -> str:
    return (key_of(key.blob).hex() or "version 1") if key.blob else ""


def _rings(loaded: Loaded) -> Rings:
    found = loaded.states.get(RINGS)
    if not isinstance(found, Rings):
        raise RootKeyError("there are no keys yet", hint="Start the server once.")
    return found


def _trimmed(ring: Ring) -> Ring:
    """Without the oldest of those that are over; the log keeps all its public keys, for its verifiers."""
    return ring if ring.purpose == "log" else msgspec.structs.replace(ring, keys=ring.keys[-MOST_LISTED:])


def _told(before: Ring, ring: Ring, now: int, *, compromised: bool, by: str) -> KeyRotated:
    old, new = before.current(now), ring.keys[-1]
    until = next((key.until for key in ring.keys if key.kid == old.kid), now)
    return KeyRotated(ring.purpose, old.kid, new.kid, new.since, until, compromised, by)
