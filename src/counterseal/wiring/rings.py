# SPDX-License-Identifier: Apache-2.0
"""Key rings: for each purpose the keys that were, the one that works now and the one that comes next.

A key's state follows from two times, so every process sees the same at the same moment and none has to act:
`since` (from when on it signs) and `until` (when the last thing that it signed has ended). All rings lie in one
subject of the store, each secret wrapped under the master key; a key that is over keeps only its public half.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from counterseal.core.engine.limits import RECEIPT_LIFETIME, SEAL_LIFETIME
from counterseal.core.errors import ConflictError
from counterseal.core.transaction import StructCodec
from counterseal.guard.links import WHOLE_LIFE
from counterseal.notices.links import LIFETIME as NOTICE_LIFE

KIND: Final = "signing_key"
RINGS: Final = f"{KIND}:rings"
MINUTE, DAY = 60_000, 86_400_000
SIGNING: Final = ("seal", "log")
SECRETS: Final = ("page", "owner-link", "code", "passkey", "staff-passkey", "pseudonym", "disclosure", "trace")
PURPOSES: Final = (*SIGNING, *SECRETS)
RETAIN: Final = {
    "seal": SEAL_LIFETIME + RECEIPT_LIFETIME + MINUTE,
    "log": 30 * DAY,  # whoever keeps the log's key outside has so long to take the new one
    "page": NOTICE_LIFE,
    "owner-link": WHOLE_LIFE + MINUTE,
}
"""How long (ms) an old key must be known after the last thing was made under it. These purposes can be rotated."""
State = Literal["next", "current", "old", "over"]


class RingKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """`blob`: wrapped; empty once it is over. `public`: 32 bytes of a signing key. `until` None: open (ms)."""

    kid: str
    made: int
    since: int
    blob: bytes = b""
    public: bytes = b""
    until: int | None = None

    def over(self, now: int) -> bool:
        """Whether nothing that it signed counts any more."""
        return self.until is not None and now >= self.until


class Ring(msgspec.Struct, frozen=True, omit_defaults=True):
    """The keys of one purpose, oldest first. `notes`: signed notes by which the log's keys name each other."""

    purpose: str
    keys: tuple[RingKey, ...]
    notes: tuple[str, ...] = ()

    def current(self, now: int) -> RingKey:
        """The key that works at `now`: the last that has begun (the first, before all)."""
        begun = [key for key in self.keys if key.since <= now]
        return begun[-1] if begun else self.keys[0]

    def known(self, now: int) -> tuple[RingKey, ...]:
        """All that may have made what is about at `now`, and the one that comes next; the current one first."""
        current = self.current(now)
        return (current, *(key for key in self.keys if key.kid != current.kid and not key.over(now)))

    def state(self, key: RingKey, now: int) -> State:
        """What a key is at `now`."""
        if key.kid == self.current(now).kid:
            return "current"
        return "over" if key.over(now) else "next" if key.since > now else "old"


class SignedSet(msgspec.Struct, frozen=True):
    """A key set as the root signed it, to be given out from `start` on until the next one's start (ms)."""

    token: str
    start: int
    expires: int


class Rings(msgspec.Struct, frozen=True, tag="rings", omit_defaults=True):
    """All rings by purpose, and the key sets (`root`: the public JWK of who signed them)."""

    rings: dict[str, Ring]
    sets: tuple[SignedSet, ...] = ()
    root: dict[str, str] = {}

    def set_at(self, now: int) -> SignedSet | None:
        """The key set to give out at `now`."""
        begun = [each for each in self.sets if each.start <= now]
        return begun[-1] if begun else (self.sets[0] if self.sets else None)


class StoredKey(msgspec.Struct, frozen=True, tag=True):
    """The form of before key rings: a wrapped key, or (subject `set`) the signed key set with its root."""

    kid: str
    blob: bytes = b""
    token: str = ""
    root: dict[str, str] = {}
    expires: int = 0


CODEC: Final = StructCodec(Rings, 2, older={1: StoredKey})


class RotationError(ConflictError):
    """This key cannot be rotated, or not now. Codes: rotation_purpose, rotation_under_way."""

    code = "rotation_purpose"


def check_rotation(purpose: str) -> None:
    """Raise RotationError for what is not rotated."""
    if purpose not in RETAIN:
        hint = f"These are: {', '.join(RETAIN)}. The others live as long as the store, under the master key."
        raise RotationError(f"there is no rotation of `{purpose[:32]}`", hint=hint)


def rotated(ring: Ring, fresh: RingKey, now: int, *, overlap: int, compromised: bool = False) -> Ring:
    """The ring with `fresh` as its next key, current after `overlap` ms; at once and alone if `compromised`.

    Raises RotationError while a rotation is under way, unless the key is compromised.
    """
    check_rotation(ring.purpose)
    if compromised:
        ended = tuple(_ended(key, now) for key in ring.keys if key.since <= now)
        return msgspec.structs.replace(ring, keys=(*ended, msgspec.structs.replace(fresh, made=now, since=now)))
    coming = [key for key in ring.keys if key.since > now]
    if coming:
        seconds = (coming[-1].since - now) // 1000
        sentence = f"a rotation of `{ring.purpose}` is under way: its next key works in {seconds} s"
        raise RotationError(sentence, code="rotation_under_way", hint="Wait, or give --compromised.")
    since, current = now + overlap, ring.current(now)
    keys = [
        _ended(key, now)
        if key.over(now)
        else msgspec.structs.replace(key, until=since + RETAIN[ring.purpose])
        if key.kid == current.kid
        else key
        for key in ring.keys
    ]
    return msgspec.structs.replace(ring, keys=(*keys, msgspec.structs.replace(fresh, made=now, since=since)))


def _ended(key: RingKey, now: int) -> RingKey:
    """Over at the latest now; its secret is gone."""
    until = now if key.until is None else min(now, key.until)
    return msgspec.structs.replace(key, until=until, blob=b"")
