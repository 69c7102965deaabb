# SPDX-License-Identifier: Apache-2.0
"""Platform tokens and attestation keys."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from counterseal.access.model import AttestationKey, Scope, Token
from counterseal.core.errors import InputError
from counterseal.core.transaction import Idempotency
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, query, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import Services, services

router = Router(tags=["access"])
DAY = 86_400_000


class TokenBody(Body, frozen=True):
    """A new token. `days`: its life, at most 366."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    platform: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=32)]
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90
    officer: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class TokenView(Reply, frozen=True):
    """A token without its secret. Times in ms."""

    id: str
    name: str
    platform: str
    scopes: list[str]
    officer: str | None
    created: int
    expires: int
    revoked: int | None


class NewTokenView(Reply, frozen=True):
    """`secret` is shown once; null when the same request is repeated."""

    token: TokenView
    secret: str | None


class TokensView(Reply, frozen=True):
    """Tokens in id order."""

    tokens: list[TokenView]


class KeyBody(Body, frozen=True):
    """A public Ed25519 key of the platform's auth service (RFC 8037)."""

    jwk: dict[str, str]
    platform: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    key_id: Annotated[str, msgspec.Meta(max_length=128)] | None = None


class KeyView(Reply, frozen=True):
    """A registered key."""

    key_id: str
    platform: str
    jwk: dict[str, str]
    created: int
    revoked: int | None


class KeysView(Reply, frozen=True):
    """Keys in id order."""

    keys: list[KeyView]


class AfterQuery(Body, frozen=True):
    """`after`: the last id of the page before."""

    after: Annotated[str, msgspec.Meta(max_length=128)] = ""


def token_view(token: Token) -> TokenView:
    """A token without its secret."""
    return TokenView(
        id=token.id,
        name=token.name,
        platform=token.platform,
        scopes=sorted(token.scopes),
        officer=token.officer,
        created=token.created,
        expires=token.expires,
        revoked=token.revoked,
    )


def key_view(key: AttestationKey) -> KeyView:
    """A registered key."""
    return KeyView(
        key_id=key.id,
        platform=key.platform,
        jwk=dict(key.jwk),
        created=key.created,
        revoked=key.revoked,
    )


def _life(write: Write, result: type) -> Idempotency:
    return write.of(result)


_TOKEN = TokenView(
    id="8a1f",
    name="web",
    platform="exchange",
    scopes=["actions:write"],
    officer=None,
    created=1717934400000,
    expires=1725710400000,
    revoked=None,
)
_KEY = KeyView(
    key_id="auth-1",
    platform="exchange",
    jwk={"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    created=1717934400000,
    revoked=None,
)
_KEY_REPLY: dict[str, Any] = {"reply": KeyView, "example": _KEY}


@router.post(
    "/v1/tokens",
    **operation(
        "Create a token",
        reply=NewTokenView,
        example=NewTokenView(token=_TOKEN, secret="cs_…"),  # noqa: S106 - an example
        body_example=TokenBody(name="web", platform="exchange", scopes=[Scope.ACTIONS_WRITE]),
        status=201,
    ),
)
async def create_token(
    caller: Annotated[Caller, require(Scope.ADMIN)],
    write: Annotated[Write, idempotent],
    given: Annotated[TokenBody, json_body(TokenBody)],
    held: Annotated[Services, services],
) -> Response:
    """A platform token with scopes; it is shown once and kept as a hash."""
    made = await held.access.create_token(
        name=given.name,
        platform=given.platform,
        scopes=given.scopes,
        lifetime=given.days * DAY,
        officer=given.officer,
        by=caller.token_id,
        idempotency=_life(write, Token),
    )
    body = NewTokenView(token=token_view(made.token), secret=made.secret)
    return reply(body, status=201, replayed=made.replayed)


@router.get("/v1/tokens", **operation("List tokens", reply=TokensView, example=TokensView(tokens=[_TOKEN])))
async def list_tokens(
    caller: Annotated[Caller, require(Scope.ADMIN)],
    page: Annotated[AfterQuery, query(AfterQuery)],
    held: Annotated[Services, services],
) -> Response:
    """Tokens, those that ended too. Never their secrets."""
    found = await held.access.tokens(after=page.after)
    return reply(TokensView(tokens=[token_view(token) for token in found]))


@router.post(
    "/v1/tokens/{token}/revoke",
    **operation("Revoke a token", reply=TokenView, example=_TOKEN, problems=(404, 409)),
)
async def revoke_token(
    token: str,
    caller: Annotated[Caller, require(Scope.ADMIN)],
    write: Annotated[Write, idempotent],
    held: Annotated[Services, services],
) -> Response:
    """End a token now."""
    done = await held.access.revoke_token(token, by=caller.token_id, idempotency=_life(write, Token))
    return reply(token_view(done.result), replayed=done.replayed)


@router.post(
    "/v1/attestation-keys",
    **operation(
        "Register an attestation key",
        **_KEY_REPLY,
        body_example=KeyBody(jwk=_KEY.jwk, platform="exchange", key_id="auth-1"),
        status=201,
        problems=(409,),
    ),
)
async def register_key(
    caller: Annotated[Caller, require(Scope.ADMIN)],
    write: Annotated[Write, idempotent],
    given: Annotated[KeyBody, json_body(KeyBody)],
    held: Annotated[Services, services],
) -> Response:
    """A public key with which the platform's auth service signs what it verified (password, face, ...)."""
    if given.jwk.get("crv") != "Ed25519":
        raise InputError("attestations are signed with Ed25519", code="key_algorithm")
    done = await held.access.register_key(
        jwk=given.jwk,
        platform=given.platform,
        by=caller.token_id,
        key_id=given.key_id,
        idempotency=_life(write, AttestationKey),
    )
    return reply(key_view(done.result), status=201, replayed=done.replayed)


@router.get(
    "/v1/attestation-keys",
    **operation("List attestation keys", reply=KeysView, example=KeysView(keys=[_KEY])),
)
async def list_keys(
    caller: Annotated[Caller, require(Scope.ADMIN)],
    page: Annotated[AfterQuery, query(AfterQuery)],
    held: Annotated[Services, services],
) -> Response:
    """Keys, those that ended too."""
    found = await held.access.keys(after=page.after)
    return reply(KeysView(keys=[key_view(key) for key in found]))


@router.post(
    "/v1/attestation-keys/{key}/revoke",
    **operation("Revoke an attestation key", **_KEY_REPLY, problems=(404, 409)),
)
async def revoke_key(
    key: str,
    caller: Annotated[Caller, require(Scope.ADMIN)],
    write: Annotated[Write, idempotent],
    held: Annotated[Services, services],
) -> Response:
    """From now on nothing that this key signed counts."""
    done = await held.access.revoke_key(key, by=caller.token_id, idempotency=_life(write, AttestationKey))
    return reply(key_view(done.result), replayed=done.replayed)
