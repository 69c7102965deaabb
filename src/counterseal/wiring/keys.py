# SPDX-License-Identifier: Apache-2.0
"""The keys of a running process: rings opened under the master key, read again when another process rotates one.

The root signs the key set and lies apart. Everything else is in the store: see rings.py for what a ring is, and
rotation.py for how it changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from counterseal.audit.keys import Ed25519Signer
from counterseal.core.note import VerifierKey, make_verifier_key
from counterseal.core.transaction import Change, Commit, Entry, Loaded, Store
from counterseal.gateways.keyring import (
    KEY_SIZE,
    ROOT,
    MasterKey,
    Random,
    SigningKey,
    load_signing_key,
    new_signing_key,
    signing_context,
)
from counterseal.sdk import jwk
from counterseal.wiring.key_sets import RootKeyError, lasts, root_for, with_sets
from counterseal.wiring.rings import (
    KIND,
    PURPOSES,
    RINGS,
    SIGNING,
    Ring,
    RingKey,
    Rings,
    SignedSet,
    StoredKey,
)

_OLD = (f"{KIND}:seal", f"{KIND}:log", f"{KIND}:set")  # subjects of before key rings


class KeyGauges(Protocol):
    """Where the figures go."""

    def key_age(self, purpose: str, milliseconds: int) -> None:
        """Age of the key that works now."""
        ...

    def key_set_expires(self, at: int) -> None:
        """When the key set runs out (ms)."""
        ...


class KeyBoard:
    """All keys of this process. `now`: the time (ms). `open` first; `load` follows what other processes change."""

    def __init__(
        self, store: Store, master: MasterKey, now: Callable[[], int], random: Random = os.urandom
    ) -> None:
        self.store, self.master, self.now, self.random = store, master, now, random
        self.gauges: KeyGauges | None = None
        self._rings = Rings({})
        self._signing: dict[str, SigningKey] = {}  # by kid, as long as there is a secret
        self._secrets: dict[str, bytes] = {}

    @property
    def rings(self) -> Rings:
        """As last read."""
        return self._rings

    async def open(self) -> None:
        """Read the rings; make those that are missing, with the keys of before them where there are any."""
        found = await self.store.read(RINGS)
        if not isinstance(found, Rings) or not found.rings.keys() >= set(PURPOSES):
            await self._make()
        await self.load()

    async def load(self) -> int:
        """Read the rings and open what is new in them."""
        found = await self.store.read(RINGS)
        if isinstance(found, Rings) and found != self._rings:
            self.take(found)
        if self.gauges is not None:
            self._tell(self.gauges, self.now())
        return 0

    def _tell(self, gauges: KeyGauges, now: int) -> None:
        for purpose, ring in self._rings.rings.items():
            key = ring.current(now)
            gauges.key_age(purpose, now - max(key.made, key.since))
        found = self._rings.set_at(now)
        if found is not None:
            gauges.key_set_expires(found.expires)

    def take(self, rings: Rings) -> None:
        """Have these. Keys that are gone from them are forgotten."""
        signing: dict[str, SigningKey] = {}
        secrets: dict[str, bytes] = {}
        for purpose, ring in rings.rings.items():
            for key in ring.keys:
                if not key.blob:
                    continue
                if purpose in SIGNING:
                    known = self._signing.get(key.kid)
                    signing[key.kid] = known or load_signing_key(purpose, key.blob, self.master)
                else:
                    held = self._secrets.get(key.kid)
                    secrets[key.kid] = held or self.master.unwrap(key.blob, secret_context(purpose))
        self._signing, self._secrets, self._rings = signing, secrets, rings

    def secret(self, purpose: str) -> bytes:
        """The 32 bytes of a purpose that is not rotated, or those that are current now."""
        return self.secrets(purpose)(self.now())[0]

    def secrets(self, purpose: str) -> Callable[[int], tuple[bytes, ...]]:
        """At a time (ms): the secret to use, then all under which something is still about."""

        def at(now: int) -> tuple[bytes, ...]:
            known = self._rings.rings[purpose].known(now)
            return tuple(self._secrets[key.kid] for key in known if key.kid in self._secrets)

        return at

    def signing(self, purpose: str, now: int) -> SigningKey:
        """The key that signs for `purpose` at `now`. One that is over is gone: then the current one."""
        ring = self._rings.rings[purpose]
        found = self._signing.get(ring.current(now).kid)
        return found or self._signing[ring.current(self.now()).kid]

    def token(self) -> str:
        """The key set to give out now, a JWS under the root."""
        found = self._rings.set_at(self.now())
        if found is None:
            raise RootKeyError("there is no key set yet", hint="Start the server once with the root key.")
        return found.token

    @property
    def root(self) -> dict[str, str]:
        """The public JWK of the root that signed the key set."""
        return self._rings.root

    async def publish(self, root_path: Path, now: int) -> None:
        """See that there is a key set with the current seal key that lasts; the root signs one if need be.

        Raises RootKeyError when the root is needed and is not the one that signers pinned, or is not here.
        """
        if lasts(self._rings, now):
            return
        root = root_for(self._rings, root_path)

        def function(loaded: Loaded) -> Commit[Rings]:
            found = loaded.states.get(RINGS)
            if not isinstance(found, Rings):
                raise RootKeyError("there are no keys to sign")
            if lasts(found, now):
                return Commit(found)
            signed = with_sets(found, root, now)
            entry = Entry("key_set_signed", max(now, loaded.latest), "", signed.sets[0].token.encode())
            return Commit(signed, (Change(RINGS, signed, entry),))

        self.take((await self.store.transact([RINGS], function, now=now)).result)

    async def _make(self) -> None:
        now = self.now()
        derived = {name: self.master.derive(name) for name in PURPOSES if name not in SIGNING}
        fresh = {name: self._fresh(name, now) for name in PURPOSES}
        kept = {name: self._wrapped(name, secret, now) for name, secret in derived.items()}

        def function(loaded: Loaded) -> Commit[Rings]:
            found = loaded.states.get(RINGS)
            made = found if isinstance(found, Rings) else Rings({})
            seal, log, signed = (loaded.states.get(subject) for subject in _OLD)
            rings = dict(made.rings)
            # A store of before key rings: what was made under its keys must go on working.
            aged = isinstance(seal, StoredKey) and not rings
            for purpose in PURPOSES:
                key = kept[purpose] if aged and purpose in kept else fresh[purpose]
                rings.setdefault(purpose, Ring(purpose, (key,)))
            for purpose, old in (("seal", seal), ("log", log)):
                if isinstance(old, StoredKey) and purpose not in made.rings:
                    rings[purpose] = Ring(purpose, (self._adopted(purpose, old),))
            made = msgspec.structs.replace(made, rings=rings)
            if isinstance(signed, StoredKey) and not made.sets:
                sets = (SignedSet(signed.token, 0, signed.expires),)
                made = msgspec.structs.replace(made, sets=sets, root=signed.root)
            names = [[name, rings[name].current(now).kid] for name in rings]
            entry = Entry("keys_made", max(now, loaded.latest), "", msgspec.msgpack.encode(names))
            gone = tuple(Change(subject, None) for subject in _OLD if loaded.states.get(subject) is not None)
            return Commit(made, (Change(RINGS, made, entry), *gone))

        await self.store.transact([RINGS, *_OLD], function, now=now)

    def _fresh(self, purpose: str, now: int) -> RingKey:
        return fresh_key(purpose, self.master, self.random, now)

    def _wrapped(self, purpose: str, secret: bytes, now: int) -> RingKey:
        return RingKey(secret_name(secret), now, 0, self.master.wrap(secret, secret_context(purpose)))

    def _adopted(self, purpose: str, old: StoredKey) -> RingKey:
        public = load_signing_key(purpose, old.blob, self.master).public
        return RingKey(old.kid, 0, 0, old.blob, public)


class SealSigners(msgspec.Struct, frozen=True):
    """The seal keys over time, for `guard.sealing.Sealer`."""

    board: KeyBoard

    def at(self, now: int, /) -> SigningKey:
        """The key that signs what is dated `now` (ms)."""
        return self.board.signing("seal", now)


class BoardLogKeys(msgspec.Struct, frozen=True):
    """The log's keys over time (audit.keys.LogKeys). `origin`: the log's name."""

    board: KeyBoard
    origin: str

    def signers(self, now: int, /) -> tuple[Ed25519Signer, ...]:
        """See LogKeys: both, while one takes the other's place."""
        held = [self.board.signing("log", now)]
        known = self.board.rings.rings["log"].known(now)
        for key in known[1:]:
            found = self.board._signing.get(key.kid)  # noqa: SLF001 - of this module
            if found is not None:
                held.append(found)
        return tuple(Ed25519Signer.from_seed(self.origin, key.seed()) for key in held)

    def known(self) -> tuple[VerifierKey, ...]:
        """See LogKeys."""
        return log_keys(self.board.rings, self.origin)

    def successions(self) -> tuple[str, ...]:
        """See LogKeys."""
        return self.board.rings.rings["log"].notes


def log_keys(rings: Rings, origin: str) -> tuple[VerifierKey, ...]:
    """All keys that the log ever had, oldest first."""
    return tuple(make_verifier_key(origin, key.public) for key in rings.rings["log"].keys)


def fresh_key(purpose: str, master: MasterKey, random: Random, now: int) -> RingKey:
    """A new random key of a purpose, wrapped."""
    if purpose in SIGNING:
        key = new_signing_key(purpose, random)
        return RingKey(key.kid, now, 0, key.wrapped(master), key.public)
    secret = random(KEY_SIZE)
    return RingKey(secret_name(secret), now, 0, master.wrap(secret, secret_context(purpose)))


def secret_context(purpose: str) -> bytes:
    """What a secret of this purpose is wrapped for."""
    return b"secret/" + purpose.encode()


def wrapping_context(purpose: str) -> bytes:
    """What the keys of a ring are wrapped for."""
    return signing_context(purpose) if purpose in SIGNING else secret_context(purpose)


def secret_name(secret: bytes) -> str:
    """The name of a secret: the thumbprint of the Ed25519 key that it would be, so that it tells nothing."""
    return jwk.thumbprint(SigningKey(ROOT, secret).public)
