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
from counterseal.core.transaction import Change, Commit, Entry, Loaded
from counterseal.gateways.keyring import SigningKey, key_of, load_signing_key
from counterseal.wiring.key_sets import RootKeyError, root_for, root_key, with_sets
from counterseal.wiring.keys import KeyBoard, fresh_key
from counterseal.wiring.rings import RINGS, SIGNING, Ring, RingKey, Rings, check_rotation, rotated

MOST_LISTED = 50  # keys that are over and stay in the list of their ring


class Listed(msgspec.Struct, frozen=True):
    """A key as it is listed. Times in ms; `master`: hex id of the master key that wraps it, "" = gone."""

    purpose: str
    kid: str
    state: str
    made: int
    since: int
    until: int | None
    master: str


class Rotated(msgspec.Struct, frozen=True):
    """What a rotation did. `since`: when the new key begins to sign; `until`: when the old one has left (ms)."""

    purpose: str
    old: str
    new: str
    since: int
    until: int | None
    compromised: bool
    by: str


class Rotations:
    """Over a board. `origin`: the log's name; `root_file`: where the root lies; `overlap`: ms until a key signs."""

    def __init__(self, board: KeyBoard, *, origin: str, root_file: Path, overlap: int) -> None:
        self._board, self._origin, self._root_file, self._overlap = board, origin, root_file, overlap

    async def listed(self) -> list[Listed]:
        """Every key, by purpose, oldest first."""
        await self._board.load()
        return listed(self._board.rings, self._board.now())

    async def rotate(self, purpose: str, *, compromised: bool = False, by: str = "") -> Rotated:
        """Make the next key of `purpose`. `compromised`: it works at once, and what the old one made is void.

        Raises RotationError, and RootKeyError where the root has to sign and is not here.
        """
        check_rotation(purpose)
        board = self._board
        await board.load()
        now = board.now()
        root = root_for(board.rings, self._root_file) if purpose in SIGNING else None
        fresh = fresh_key(purpose, board.master, board.random, now)

        def function(loaded: Loaded) -> Commit[Rings]:
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
            return Commit(made, tuple(changes))

        before = board.rings.rings[purpose]
        done = await board.store.transact([RINGS, PLATFORM], function, now=now)
        board.take(done.result)
        return _told(before, done.result.rings[purpose], now, compromised=compromised, by=by)

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


def listed(rings: Rings, now: int) -> list[Listed]:
    """Every key of these rings at `now`."""
    return [
        Listed(purpose, key.kid, ring.state(key, now), key.made, key.since, key.until, _master(key))
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


def _told(before: Ring, ring: Ring, now: int, *, compromised: bool, by: str) -> Rotated:
    old, new = before.current(now), ring.keys[-1]
    until = next((key.until for key in ring.keys if key.kid == old.kid), now)
    return Rotated(ring.purpose, old.kid, new.kid, new.since, until, compromised, by)
