# SPDX-License-Identifier: Apache-2.0
"""The signed key sets: what the root signs, and the root itself, which lies apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from counterseal.core.errors import CountersealError
from counterseal.gateways.keyring import (
    ROOT,
    SigningKey,
    create_master_key_file,
    master_key_from_file,
    sign_jwks,
)
from counterseal.sdk import jwk, jws
from counterseal.sdk.models import SEAL_PURPOSE
from counterseal.wiring.rings import SIGNING, Ring, RingKey, Rings, SignedSet

SET_LIFE = 366 * 86_400_000
RENEW_BEFORE = 30 * 86_400_000


class RootKeyError(CountersealError):
    """The key set has to be signed and the root key is not here, or is another. Code: root_key_missing."""

    code = "root_key_missing"


def root_key(path: Path) -> SigningKey:
    """The root from its file (0600), made if there is none. In production keep the file offline after the first
    start: it is needed again to rotate a key, and when the key set runs out."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        create_master_key_file(path)
    return SigningKey(ROOT, master_key_from_file(path).seed())


def root_for(rings: Rings, path: Path) -> SigningKey:
    """The root that signers pinned; made only where none was ever. Raises RootKeyError."""
    if rings.root and not path.exists():
        hint = f"Bring the root key back to `{path}` for this."
        raise RootKeyError("the key set has to be signed anew and the root key is not here", hint=hint)
    root = root_key(path)
    if rings.root and rings.root.get("x") != root.public_jwk()["x"]:
        raise RootKeyError("this is another root than the one that signers have pinned", code="root_key_other")
    return root


def with_sets(rings: Rings, root: SigningKey, now: int) -> Rings:
    """The rings with key sets that the root signs now: one from now on, and one from each moment on at which a key
    is over. So none needs the root later, and keys leave by themselves."""
    ends = {key.until for name in SIGNING for key in rings.rings[name].keys if key.until is not None}
    starts = [now, *sorted(end for end in ends if end > now)]
    sets = [
        SignedSet(sign_jwks(root, _members(rings, at), at, now + SET_LIFE), at, now + SET_LIFE) for at in starts
    ]
    return msgspec.structs.replace(rings, sets=tuple(sets), root=root.public_jwk())


def _members(rings: Rings, now: int) -> list[dict[str, str]]:
    """Public keys that may have signed what is about at `now`, or will."""
    return [
        {**jwk.public_jwk(key.public), "purpose": purpose}
        for purpose in SIGNING
        for key in _listed(rings.rings[purpose], now)
    ]


def _listed(ring: Ring, now: int) -> Sequence[RingKey]:
    return [key for key in ring.keys if not key.over(now)]


def lasts(rings: Rings, now: int) -> bool:
    """Whether what is given out holds the current seal key and does not run out soon."""
    found = rings.set_at(now)
    if found is None or found.expires - now <= RENEW_BEFORE:
        return False
    kid = rings.rings["seal"].current(now).kid
    return kid in _kids(found.token)


def _kids(token: str) -> set[str]:
    """Ids of the seal keys of a set of our own."""
    payload = jws.decode(token.split(".")[1])
    members = msgspec.json.decode(payload)["keys"]
    return {each["kid"] for each in members if each.get("purpose") == SEAL_PURPOSE}
