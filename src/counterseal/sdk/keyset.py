# SPDX-License-Identifier: Apache-2.0
"""The guard's key set, signed by an offline root whose public key the signer pins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from counterseal.sdk import jwk, jws
from counterseal.sdk.errors import JwsError, KeyInputError, KeySetError, SealKeyError
from counterseal.sdk.models import KEY_SET_TYPE, SEAL_PURPOSE

LEEWAY = 5_000  # ms that this machine's clock may be wrong
REFRESH_EVERY = 60_000  # ms after which a set is fetched anew: so a withdrawn key leaves, and the next key comes
REFRESH_PAUSE = 30_000  # ms between two fetches: an unknown key id must not become a flood
FIRST_PAUSE = 1_000  # ms between two fetches while there is no set at all
MAX_KEY_SET_LENGTH = 256 * 1024  # characters


class KeySet(msgspec.Struct, frozen=True):
    """Seal keys by key id, and the life of the set in ms."""

    keys: Mapping[str, Ed25519PublicKey]
    issued: int
    expires: int


def read_key_set(token: str, *, root: bytes | Sequence[bytes], now: int) -> KeySet:
    """The seal keys of a signed key set; raises KeySetError unless a pinned root signed it and it is valid now.

    `root`: the public key that is pinned, or several while one takes the other's place."""
    roots = {jwk.thumbprint(each): each for each in ((root,) if isinstance(root, bytes) else root)}
    try:
        unverified = jws.parse(token, typ=KEY_SET_TYPE, max_length=MAX_KEY_SET_LENGTH)
        if unverified.kid not in roots:
            raise KeySetError("the key set is not signed by the pinned root", code="key_set_root")
        root = roots[unverified.kid]
        body = jws.verify(unverified, jwk.public_key(root))
    except JwsError as error:
        raise KeySetError(f"the key set cannot be trusted: {error.sentence}") from error
    if body.keys() != {"keys", "iat", "exp"} or not isinstance(body["keys"], list):
        raise KeySetError("the key set does not hold exactly `keys`, `iat` and `exp`")
    issued, expires = _milliseconds(body["iat"]), _milliseconds(body["exp"])
    if now + LEEWAY < issued:
        raise KeySetError("the key set is from the future", hint="set this machine's clock")
    if now >= expires:
        raise KeySetError("the key set has expired", code="key_set_expired")
    return KeySet(_seal_keys(body["keys"]), issued, expires)


def _seal_keys(members: list[Any]) -> dict[str, Ed25519PublicKey]:
    """Keys of other purposes (log, webhook, page) are passed over: they must not open a seal."""
    keys: dict[str, Ed25519PublicKey] = {}
    for member in members:
        if not isinstance(member, dict):
            raise KeySetError("a member of the key set is not a JWK")
        if member.get("purpose") != SEAL_PURPOSE:
            continue
        try:
            raw = jwk.raw_from_jwk(member)
        except KeyInputError as error:
            raise KeySetError(f"a seal key of the key set is unusable: {error.sentence}") from error
        if member.get("kid") != jwk.thumbprint(raw):
            raise KeySetError("a seal key's id is not its thumbprint")
        keys[member["kid"]] = jwk.public_key(raw)
    return keys


def _milliseconds(value: object) -> int:
    if type(value) is not int or not 0 < value < 1 << 40:
        raise KeySetError("the key set's `iat` or `exp` is not a time in seconds")
    return value * 1000


class PinnedKeys:
    """The newest key set seen. Give `token` (static) or `source` (fetches a token; may raise).

    It fetches again after REFRESH_EVERY, and for an expired set or an unknown key id at most once in REFRESH_PAUSE;
    while the source fails, the set in hand stays until it expires. A set older than one already seen is refused, so
    that a withdrawn key cannot be brought back while this process lives.
    """

    def __init__(
        self,
        root: bytes | Sequence[bytes],
        *,
        token: str | None = None,
        source: Callable[[], str] | None = None,
    ) -> None:
        if (token is None) == (source is None):
            raise KeySetError("give either a key set token or a source of one", hint="")
        self._root = (root,) if isinstance(root, bytes) else tuple(root)
        if not self._root:
            raise KeySetError("no root is pinned", hint="")
        for each in self._root:
            jwk.public_key(each)
        self._token = token
        self._source = source
        self._set: KeySet | None = None
        self._newest = 0
        self._fetched: int | None = None
        self._lock = threading.Lock()

    def update(self, token: str, now: int) -> None:
        """Take a newer key set (for callers that fetch it themselves); raises KeySetError."""
        with self._lock:
            self._take(token, now)

    def find(self, kid: str, now: int) -> Ed25519PublicKey:
        """The seal key of this id from a valid set; raises KeySetError or SealKeyError."""
        with self._lock:
            current = self._set
            if current is None or now >= current.expires or kid not in current.keys or self._old(now):
                self._refresh(now)
                current = self._set
            if current is None:
                raise KeySetError("no key set could be fetched yet", code="key_set_unavailable")
            if now >= current.expires:
                raise KeySetError("the key set has expired", code="key_set_expired")
            key = current.keys.get(kid)
        if key is None:
            raise SealKeyError("no seal key of the key set has the seal's key id")
        return key

    def _old(self, now: int) -> bool:
        """Whether the source was asked too long ago, or the clock went back since."""
        return self._fetched is not None and not 0 <= now - self._fetched < REFRESH_EVERY

    def _refresh(self, now: int) -> None:
        if self._source is None:
            if self._set is None and self._token is not None:
                self._take(self._token, now)
            return
        pause = FIRST_PAUSE if self._set is None else REFRESH_PAUSE
        if self._fetched is not None and 0 <= now - self._fetched < pause:
            return
        self._fetched = now
        try:
            token = self._source()
        except Exception as error:  # the caller's code: whatever it raises, there is no new set
            if self._set is None:
                raise KeySetError("the key set cannot be fetched", code="key_set_unavailable") from error
            return  # The set in hand stays in force until it expires.
        try:
            self._take(token, now)
        except KeySetError:
            if self._set is None or now >= self._set.expires:
                raise  # else what is given out now is worse than what is in hand

    def _take(self, token: str, now: int) -> None:
        fresh = read_key_set(token, root=self._root, now=now)
        if fresh.issued < self._newest:
            raise KeySetError("the key set is older than one already seen", code="key_set_rollback")
        self._newest = fresh.issued
        self._set = fresh
