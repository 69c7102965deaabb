# SPDX-License-Identifier: Apache-2.0
"""Tokens and attestation keys over a real store in memory."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from counterseal.access.jwk import public_jwk, thumbprint
from counterseal.access.model import (
    CODECS,
    DAY,
    LONGEST_LIFETIME,
    AttestationKey,
    Scope,
    Token,
    TokenRefusedError,
    alias_of,
    subject_of_token,
)
from counterseal.access.service import CACHE_FOR, AccessService
from counterseal.access.tokens import digest_of
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.transaction import StoredFormError
from counterseal.gateways.clock import SimulatedClock, SystemClock
from counterseal.store.memory import MemoryStore

NOW = 1_717_891_200_000
# RFC 8037 appendix A.2 and A.3: a public Ed25519 key and its thumbprint.
RFC_8037_JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
# RFC 8032 section 7.1, test 2: another public Ed25519 key.
OTHER_JWK = {"kty": "OKP", "crv": "Ed25519", "x": "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}


class Parts:
    def __init__(self, *, test_scopes: bool = True) -> None:
        self.store = MemoryStore(CODECS)
        self.clock = SimulatedClock(NOW)
        self.access = self.another(test_scopes=test_scopes)

    def another(self, *, test_scopes: bool = True) -> AccessService:
        """A second process over the same store, with a cache of its own."""
        return AccessService(self.store, self.clock, secrets.token_bytes, test_scopes=test_scopes)

    async def create(self, *scopes: Scope, **options: Any) -> Any:
        given = {"name": "backend", "platform": "exchange", "by": "command line"} | options
        return await self.access.create_token(scopes=scopes or (Scope.ADMIN,), **given)


def run(function: Callable[[Parts], Awaitable[Any]], **options: Any) -> Any:
    return asyncio.run(function(Parts(**options)))  # type: ignore[arg-type]


def test_a_token_is_found_by_its_text_and_kept_only_as_a_hash() -> None:
    async def check(parts: Parts) -> None:
        made = await parts.create(Scope.ADMIN, Scope.AUDIT_READ)
        assert await parts.access.authenticate(made.secret) == made.token
        assert made.token.digest == digest_of(made.secret)
        assert await parts.store.resolve(alias_of(made.token.digest)) == subject_of_token(made.token.id)
        entries = await parts.store.entries(subject=subject_of_token(made.token.id))
        assert [entry.kind for entry in entries] == ["token_created"]
        written = b"".join([*parts.store._states.values(), *(entry.payload for entry in entries)])
        assert made.secret.encode() not in written
        assert made.secret[3:46].encode() not in written
        assert b"command line" in entries[0].payload

    run(check)


def test_a_token_ends_when_it_says() -> None:
    async def check(parts: Parts) -> None:
        made = await parts.create(lifetime=DAY)
        assert made.token.expires == NOW + DAY
        parts.clock.advance(DAY - 1)
        await parts.access.authenticate(made.secret)
        parts.clock.advance(1)
        with pytest.raises(TokenRefusedError):
            await parts.access.authenticate(made.secret)

    run(check)


def test_the_default_lifetime_is_ninety_days() -> None:
    async def check(parts: Parts) -> None:
        assert (await parts.create()).token.expires == NOW + 90 * DAY

    run(check)


def test_a_revoked_token_stops_here_at_once_and_elsewhere_within_five_seconds() -> None:
    async def check(parts: Parts) -> None:
        made = await parts.create()
        other = parts.another()
        await other.authenticate(made.secret)
        done = await parts.access.revoke_token(made.token.id, by="officer")
        assert (done.result.revoked, done.result.revoked_by) == (NOW, "officer")
        with pytest.raises(TokenRefusedError):
            await parts.access.authenticate(made.secret)
        parts.clock.advance(CACHE_FOR - 1)
        await other.authenticate(made.secret)
        parts.clock.advance(1)
        with pytest.raises(TokenRefusedError):
            await other.authenticate(made.secret)
        again = await parts.access.revoke_token(made.token.id, by="another")
        assert (again.result, again.positions) == (done.result, ())

    run(check)


def test_only_success_is_cached() -> None:
    async def check(parts: Parts) -> None:
        made = await parts.create()
        stranger = AccessService(MemoryStore(CODECS), parts.clock, secrets.token_bytes)
        for _ in range(3):
            with pytest.raises(TokenRefusedError):
                await stranger.authenticate(made.secret)
        assert stranger._cache == {}

    run(check)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"name": ""}, "token_name_invalid"),
        ({"name": "a\0"}, "token_name_invalid"),
        ({"name": "a" * 101}, "token_name_invalid"),
        ({"platform": "Exchange"}, "platform_invalid"),
        ({"platform": "a:b"}, "platform_invalid"),
        ({"scopes": []}, "token_scopes_empty"),
        ({"scopes": [Scope.STAFF_OFFICER]}, "token_officer_missing"),
        ({"scopes": [Scope.ADMIN], "officer": "lin"}, "token_officer_missing"),
        ({"scopes": [Scope.STAFF_OFFICER], "officer": "a b"}, "token_officer_invalid"),
        ({"lifetime": 0}, "token_lifetime_invalid"),
        ({"lifetime": -DAY}, "token_lifetime_invalid"),
        ({"lifetime": LONGEST_LIFETIME + 1}, "token_lifetime_invalid"),
    ],
)
def test_a_wrong_token_is_not_made(options: dict[str, Any], code: str) -> None:
    async def check(parts: Parts) -> None:
        given = {"name": "n", "platform": "p", "scopes": [Scope.ADMIN], "by": "t"} | options
        with pytest.raises(InputError) as caught:
            await parts.access.create_token(**given)
        assert caught.value.code == code
        assert parts.store.log.tree.size == 0

    run(check)


@pytest.mark.parametrize("scope", [Scope.TEST_ATTEST, Scope.CLOCK_WRITE])
def test_scopes_for_tests_exist_only_where_they_are_allowed(scope: Scope) -> None:
    async def check(parts: Parts) -> None:
        made = await parts.create(scope, Scope.ACTIONS_WRITE)
        assert scope in (await parts.access.authenticate(made.secret)).scopes
        strict = parts.another(test_scopes=False)
        with pytest.raises(InputError) as caught:
            await strict.create_token(name="n", platform="p", scopes=[scope], by="t")
        assert caught.value.code == "scope_test_only"
        assert (await strict.authenticate(made.secret)).scopes == {Scope.ACTIONS_WRITE}
        real = AccessService(parts.store, SystemClock(), secrets.token_bytes, test_scopes=True)
        with pytest.raises(InputError):
            await real.create_token(name="n", platform="p", scopes=[scope], by="t")

    run(check)


def test_attesting_can_be_left_out_of_the_scopes_for_tests() -> None:
    """A simulation that did not ask for it has a clock to move and no proofs on somebody's word."""

    async def check(parts: Parts) -> None:
        made = await parts.create(Scope.TEST_ATTEST, Scope.CLOCK_WRITE)
        without = AccessService(parts.store, parts.clock, secrets.token_bytes, test_scopes=True, attest=False)
        with pytest.raises(InputError, match="test_scopes = true"):
            await without.create_token(name="n", platform="p", scopes=[Scope.TEST_ATTEST], by="t")
        assert (await without.authenticate(made.secret)).scopes == {Scope.CLOCK_WRITE}

    run(check)


def test_tokens_are_listed_in_pages() -> None:
    async def check(parts: Parts) -> None:
        ids = sorted([(await parts.create()).token.id for _ in range(5)])
        first = await parts.access.tokens(limit=3)
        rest = await parts.access.tokens(after=first[-1].id, limit=3)
        assert [token.id for token in (*first, *rest)] == ids

    run(check)


def test_unknown_tokens_and_keys_are_not_found() -> None:
    async def check(parts: Parts) -> None:
        for function in (parts.access.token, parts.access.key):
            with pytest.raises(NotFoundError):
                await function("nobody")
        for revoke in (parts.access.revoke_token, parts.access.revoke_key):
            with pytest.raises(NotFoundError):
                await revoke("nobody", by="t")

    run(check)


def test_an_attestation_key_is_registered_once_and_never_comes_back() -> None:
    async def check(parts: Parts) -> None:
        first = await parts.access.register_key(jwk=RFC_8037_JWK, platform="exchange", by="t")
        assert first.result.id == RFC_8037_THUMBPRINT
        again = await parts.access.register_key(jwk=RFC_8037_JWK, platform="exchange", by="u")
        assert (again.result, again.positions) == (first.result, ())
        with pytest.raises(ConflictError, match="another key has this id"):
            await parts.access.register_key(jwk=OTHER_JWK, platform="exchange", by="t", key_id=RFC_8037_THUMBPRINT)
        assert [key.id for key in await parts.access.keys()] == [RFC_8037_THUMBPRINT]
        await parts.access.revoke_key(RFC_8037_THUMBPRINT, by="t")
        assert (await parts.access.key(RFC_8037_THUMBPRINT)).revoked == NOW
        with pytest.raises(ConflictError, match="was revoked"):
            await parts.access.register_key(jwk=RFC_8037_JWK, platform="exchange", by="t")
        kinds = [entry.kind for entry in await parts.store.entries()]
        assert kinds == ["attestation_key_registered", "attestation_key_revoked"]

    run(check)


def test_published_keys_are_read_as_published() -> None:
    assert thumbprint(RFC_8037_JWK) == RFC_8037_THUMBPRINT
    assert public_jwk({**OTHER_JWK, "kid": "1", "use": "sig"}) == OTHER_JWK


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}, "attestation_key_private"),
        ({"kty": "RSA"}, "attestation_key_type"),
        ({"kty": "oct", "k": "AAAA"}, "attestation_key_private"),
        ({"crv": "X25519"}, "attestation_key_type"),
        ({"x": None}, "attestation_key_incomplete"),
        ({"x": "AAAA"}, "attestation_key_invalid"),
        ({"x": "é" * 43}, "attestation_key_invalid"),
        ({"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"}, "attestation_key_invalid"),
        ({"kty": "EC", "crv": "P-256"}, "attestation_key_type"),
        ({"x": "A" * 43}, "attestation_key_invalid"),  # of small order: anybody could sign under it
    ],
)
def test_a_key_that_is_not_a_sound_public_key_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        public_jwk(RFC_8037_JWK | change)
    assert caught.value.code == code


def test_generated_keys_are_accepted() -> None:
    raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(raw)}
    assert public_jwk(jwk) == jwk


@pytest.mark.parametrize(("key_id", "platform"), [("a:b", "p"), ("k" * 129, "p"), ("k", "P")])
def test_ids_and_platforms_of_keys_are_checked(key_id: str, platform: str) -> None:
    async def check(parts: Parts) -> None:
        with pytest.raises(InputError):
            await parts.access.register_key(jwk=RFC_8037_JWK, platform=platform, by="t", key_id=key_id)

    run(check)


def test_stored_states_carry_a_version_and_read_back() -> None:
    token = Token("t1", "n", "p", frozenset({Scope.ADMIN}), b"\1" * 32, NOW, NOW + DAY, officer="lin")
    key = AttestationKey("k", "p", OTHER_JWK, NOW)
    for kind, state in (("token", token), ("attestation_key", key)):
        data = CODECS[kind].encode(state)
        assert data[:1] == b"\1"
        assert CODECS[kind].decode(data) == state
        with pytest.raises(StoredFormError):
            CODECS[kind].decode(b"\2" + data[1:])
        with pytest.raises(msgspec.MsgspecError):
            CODECS[kind].decode(data[:-3])


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
