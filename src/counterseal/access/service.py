# SPDX-License-Identifier: Apache-2.0
"""Create, find, list and revoke tokens and attestation keys."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from counterseal.access.jwk import public_jwk, thumbprint
from counterseal.access.model import (
    DEFAULT_LIFETIME,
    KEY_KIND,
    TEST_SCOPES,
    TOKEN_KIND,
    AttestationKey,
    Scope,
    Token,
    TokenRefusedError,
    alias_of,
    check_key,
    check_token,
    created,
    key_registered,
    key_revoked,
    revoked,
    subject_of_key,
    subject_of_token,
)
from counterseal.access.ports import Clock, Random
from counterseal.access.tokens import SECRET_BYTES, digest_of, well_formed, write_token
from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import Commit, Committed, Idempotency, Loaded, Store

CACHE_FOR = 5_000  # ms: how long another process may still accept a token that was revoked here
CACHE_SIZE = 10_000
ID_BYTES = 9


class CreatedToken(msgspec.Struct, frozen=True):
    """A new token. `secret` is the token itself: shown once, None when the same request comes again."""

    token: Token
    secret: str | None
    replayed: bool = False


class AccessService:
    """Tokens and attestation keys over a store.

    `test_scopes`: whether scopes for tests exist at all; the caller must have made sure that the store never
    saw a real clock. `attest`: whether `test:attest` is among them. A token loses those that do not exist.
    """

    def __init__(
        self, store: Store, clock: Clock, random: Random, *, test_scopes: bool = False, attest: bool = True
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        here = TEST_SCOPES if test_scopes and clock.simulated else frozenset()
        self._test_scopes = here if attest else here - {Scope.TEST_ATTEST}
        self._cache: dict[bytes, tuple[int, Token]] = {}

    async def create_token(
        self,
        *,
        name: str,
        platform: str,
        scopes: Iterable[Scope],
        lifetime: int = DEFAULT_LIFETIME,
        officer: str | None = None,
        by: str,
        idempotency: Idempotency | None = None,
    ) -> CreatedToken:
        """A new token of `lifetime` ms, made by the token id or command `by`. Raises InputError."""
        now = self._time()
        secret = write_token(self._random(SECRET_BYTES))
        token = Token(
            id=self._random(ID_BYTES).hex(),
            name=name,
            platform=platform,
            scopes=frozenset(scopes),
            digest=digest_of(secret),
            created=now,
            expires=now + lifetime,
            officer=officer,
            created_by=by,
        )
        check_token(token, test_scopes=self._test_scopes)
        subject = subject_of_token(token.id)

        def function(loaded: Loaded) -> Commit[Token]:
            return created(token, loaded.states[subject])

        done = await self._store.transact([subject], function, now=now, idempotency=idempotency)
        return CreatedToken(done.result, None if done.replayed else secret, done.replayed)

    async def authenticate(self, token: str) -> Token:
        """The live token that this text is; raises TokenRefusedError without saying what is wrong with it."""
        now = self._time()
        digest = digest_of(token)
        found = self._cached(digest, now)
        if found is None and well_formed(token):
            found = await self._looked_up(digest, now)
        # The look-up by hash leaks at most the time of a miss; the final word is a comparison in constant time.
        if found is None or not hmac.compare_digest(found.digest, digest) or not found.live(now):
            raise _refused()
        return found

    async def revoke_token(
        self, token_id: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[Token]:
        """End a token now (other processes: within 5 s). Raises NotFoundError."""
        now, subject = self._time(), subject_of_token(token_id)

        def function(loaded: Loaded) -> Commit[Token]:
            return revoked(_present(loaded, subject, "token"), now=now, by=by)

        done = await self._store.transact([subject], function, now=now, idempotency=idempotency)
        self._cache.pop(done.result.digest, None)
        return done

    async def token(self, token_id: str) -> Token:
        """One token; raises NotFoundError."""
        found = await self._store.read(subject_of_token(token_id))
        if not isinstance(found, Token):
            raise NotFoundError("there is no such token", code="token_not_found")
        return found

    async def tokens(self, *, after: str = "", limit: int = 100) -> list[Token]:
        """Tokens in id order, those that ended too."""
        return await self._listed(TOKEN_KIND, after, limit)

    async def register_key(
        self,
        *,
        jwk: Mapping[str, object],
        platform: str,
        by: str,
        key_id: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Committed[AttestationKey]:
        """Trust a public key (JWK, Ed25519) for attestations. `key_id` defaults to its thumbprint."""
        now = self._clock.now()
        members = public_jwk(jwk)
        key = AttestationKey(key_id or thumbprint(members), platform, members, created=now, created_by=by)
        check_key(key)
        subject = subject_of_key(key.id)

        def function(loaded: Loaded) -> Commit[AttestationKey]:
            return key_registered(key, loaded.states[subject])

        return await self._store.transact([subject], function, now=now, idempotency=idempotency)

    async def revoke_key(
        self, key_id: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[AttestationKey]:
        """Stop trusting a key. Raises NotFoundError."""
        now, subject = self._time(), subject_of_key(key_id)

        def function(loaded: Loaded) -> Commit[AttestationKey]:
            return key_revoked(_present(loaded, subject, "attestation key"), now=now, by=by)

        return await self._store.transact([subject], function, now=now, idempotency=idempotency)

    async def key(self, key_id: str) -> AttestationKey:
        """One attestation key; raises NotFoundError."""
        found = await self._store.read(subject_of_key(key_id))
        if not isinstance(found, AttestationKey):
            raise NotFoundError("there is no such attestation key", code="attestation_key_not_found")
        return found

    async def keys(self, *, after: str = "", limit: int = 100) -> list[AttestationKey]:
        """Attestation keys in id order, those that ended too."""
        return await self._listed(KEY_KIND, after, limit)

    async def _listed(self, kind: str, after: str, limit: int) -> list[Any]:
        start = f"{kind}:{after}" if after else ""
        names = await self._store.subjects(kind, after=start, limit=limit)
        states = [await self._store.read(name) for name in names]
        return [state for state in states if state is not None]

    def _time(self) -> int:
        """The time. First the look at the clock, which notices a jump: that must decide nothing."""
        self._clock.trusted()
        return self._clock.now()

    def _cached(self, digest: bytes, now: int) -> Token | None:
        entry = self._cache.get(digest)
        return entry[1] if entry and entry[0] <= now < entry[0] + CACHE_FOR else None

    async def _looked_up(self, digest: bytes, now: int) -> Token | None:
        subject = await self._store.resolve(alias_of(digest))
        found = await self._store.read(subject) if subject else None
        if not isinstance(found, Token):
            return None
        gone = TEST_SCOPES - self._test_scopes
        if found.scopes & gone:
            found = msgspec.structs.replace(found, scopes=found.scopes - gone)
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[digest] = (now, found)
        return found


def _refused() -> TokenRefusedError:
    return TokenRefusedError(
        "this token is not accepted", hint="it is unknown, expired or revoked: create a new one"
    )


def _present(loaded: Loaded, subject: str, what: str) -> Any:
    state = loaded.states[subject]
    if state is None:
        raise NotFoundError(f"there is no such {what}", code=f"{what.replace(' ', '_')}_not_found")
    return state
