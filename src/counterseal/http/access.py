# SPDX-License-Identifier: Apache-2.0
"""Tokens and attestation keys over HTTP; all of it needs the scope `admin`."""

from typing import Annotated, Any, Final

import msgspec
from starlette.responses import Response

from counterseal.access.model import DAY, AttestationKey, Scope, Token
from counterseal.core.errors import ForbiddenError
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, query, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, perhaps_two
from counterseal.http.openapi import operation
from counterseal.http.routing import IDENTIFIER, Router
from counterseal.http.services import Services, services

router = Router(tags=["access"])

Identifier = Annotated[str, msgspec.Meta(pattern=IDENTIFIER, max_length=128)]
Admin = Annotated[Caller, require(Scope.ADMIN)]
# One administrator who could make these alone would be two officers, or see every account without saying why.
PERSONAL: Final = frozenset({Scope.STAFF_OFFICER, Scope.STAFF_ADMIN, Scope.ADMIN, Scope.DECISIONS_STAFF})
Given = Annotated[Services, services]
IdempotentWrite = Annotated[Write, idempotent]


class CreateToken(Body, frozen=True):
    """A new token. `lifetime_days` is at most 366; `officer` goes with the scope `staff:officer`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    platform: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=32)]
    lifetime_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90
    officer: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = None


class TokenView(Reply, frozen=True):
    """A token without the token."""

    id: str
    name: str
    platform: str
    scopes: list[Scope]
    officer: str | None
    created: int
    expires: int
    revoked: int | None


class TokenCreated(Reply, frozen=True):
    """`token` is shown this once; null when the request is repeated."""

    token: str | None
    record: TokenView


class TokenList(Reply, frozen=True):
    """One page, in id order. `next`: the `after` of the next page, or null."""

    items: list[TokenView]
    next: str | None


class RegisterKey(Body, frozen=True):
    """A public key as JWK (RFC 7517, RFC 8037): Ed25519. `id` defaults to the thumbprint (RFC 7638)."""

    platform: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]
    jwk: dict[str, Any]
    id: Identifier | None = None


class KeyView(Reply, frozen=True):
    """An attestation key: the `kid` to sign with is `id`."""

    id: str
    platform: str
    jwk: dict[str, str]
    created: int
    revoked: int | None


class KeyList(Reply, frozen=True):
    """One page, in id order. `next`: the `after` of the next page, or null."""

    items: list[KeyView]
    next: str | None


class Page(Body, frozen=True):
    """Which part of a list."""

    after: Identifier | msgspec.UnsetType = msgspec.UNSET
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100


_TOKEN: Final = TokenView(
    id="5f2b8c3d9e1a7f6042",
    name="exchange backend",
    platform="exchange",
    scopes=[Scope.ACTIONS_WRITE, Scope.ACCOUNTS_READ],
    officer=None,
    created=1_717_891_200_000,
    expires=1_725_667_200_000,
    revoked=None,
)
_JWK: Final = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
_KEY: Final = KeyView(
    id="kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    platform="exchange",
    jwk=_JWK,
    created=1_717_891_200_000,
    revoked=None,
)


@router.post(
    "/v1/tokens",
    **operation(
        "Create a token",
        status=201,
        reply=TokenCreated,
        example=TokenCreated(token="cs_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf27wFTL", record=_TOKEN),  # noqa: S106
        body_example=CreateToken(
            name="exchange backend",
            platform="exchange",
            scopes=[Scope.ACTIONS_WRITE, Scope.ACCOUNTS_READ],
        ),
    ),
)
async def create_token(
    caller: Admin,
    write: IdempotentWrite,
    officers: Annotated[Officers, perhaps_two],
    given: Given,
    asked: Annotated[CreateToken, json_body(CreateToken)],
) -> Response:
    """The token itself is in this answer and nowhere else: only its hash is kept. Two approve one that stands for
    a person, sees what staff see or makes further tokens, where a member of staff asks for it (header
    `Approval`)."""
    if caller.staff is not None and not officers.names and PERSONAL.intersection(asked.scopes):
        raise ForbiddenError(
            "two administrators approve such a token",
            code="approval_needed",
            hint="propose it at POST /v1/approvals, have two sign it, and send it with the header `Approval`",
        )
    made = await given.access.create_token(
        name=asked.name,
        platform=asked.platform,
        scopes=asked.scopes,
        lifetime=asked.lifetime_days * DAY,
        officer=asked.officer,
        by=caller.token_id,
        idempotency=write.of(Token),
    )
    shown = TokenCreated(token=made.secret, record=token_view(made.token))
    return reply(shown, status=201, replayed=made.replayed)


@router.get(
    "/v1/tokens",
    **operation("List tokens", reply=TokenList, example=TokenList(items=[_TOKEN], next=None)),
)
async def list_tokens(_caller: Admin, given: Given, page: Annotated[Page, query(Page)]) -> Response:
    """In id order, those that expired or were revoked too."""
    found = await given.access.tokens(after=page.after or "", limit=page.limit)
    following = found[-1].id if len(found) == page.limit else None
    return reply(TokenList(items=[token_view(token) for token in found], next=following))


@router.get("/v1/tokens/{token}", **operation("Read a token", reply=TokenView, example=_TOKEN, problems=(404,)))
async def read_token(_caller: Admin, given: Given, token: str) -> Response:
    """What it may do and until when."""
    return reply(token_view(await given.access.token(token)))


@router.post(
    "/v1/tokens/{token}/revoke",
    **operation(
        "Revoke a token",
        reply=TokenView,
        example=msgspec.structs.replace(_TOKEN, revoked=1_717_977_600_000),
        problems=(404,),
    ),
)
async def revoke_token(caller: Admin, write: IdempotentWrite, given: Given, token: str) -> Response:
    """It stops working at once, on other servers within 5 seconds. Revoking again changes nothing."""
    done = await given.access.revoke_token(token, by=caller.token_id, idempotency=write.of(Token))
    return reply(token_view(done.result), replayed=done.replayed)


@router.post(
    "/v1/attestation-keys",
    **operation(
        "Register an attestation key",
        status=201,
        reply=KeyView,
        example=_KEY,
        body_example=RegisterKey(platform="exchange", jwk=_JWK),
        problems=(409,),
    ),
)
async def register_attestation_key(
    caller: Admin, write: IdempotentWrite, given: Given, asked: Annotated[RegisterKey, json_body(RegisterKey)]
) -> Response:
    """Attestations (JWS) signed with this key and naming it as `kid` count as proofs that the platform verified."""
    done = await given.access.register_key(
        jwk=asked.jwk,
        platform=asked.platform,
        by=caller.token_id,
        key_id=asked.id,
        idempotency=write.of(AttestationKey),
    )
    return reply(_key_view(done.result), status=201, replayed=done.replayed)


@router.get(
    "/v1/attestation-keys",
    **operation("List attestation keys", reply=KeyList, example=KeyList(items=[_KEY], next=None)),
)
async def list_attestation_keys(_caller: Admin, given: Given, page: Annotated[Page, query(Page)]) -> Response:
    """In id order, those that were revoked too."""
    found = await given.access.keys(after=page.after or "", limit=page.limit)
    following = found[-1].id if len(found) == page.limit else None
    return reply(KeyList(items=[_key_view(key) for key in found], next=following))


@router.post(
    "/v1/attestation-keys/{key}/revoke",
    **operation(
        "Revoke an attestation key",
        reply=KeyView,
        example=msgspec.structs.replace(_KEY, revoked=1_717_977_600_000),
        problems=(404,),
    ),
)
async def revoke_attestation_key(caller: Admin, write: IdempotentWrite, given: Given, key: str) -> Response:
    """Attestations under it count no more from now on. It cannot come back."""
    done = await given.access.revoke_key(key, by=caller.token_id, idempotency=write.of(AttestationKey))
    return reply(_key_view(done.result), replayed=done.replayed)


def token_view(token: Token) -> TokenView:
    """What may be shown of a token."""
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


def _key_view(key: AttestationKey) -> KeyView:
    return KeyView(
        id=key.id,
        platform=key.platform,
        jwk=key.jwk,
        created=key.created,
        revoked=key.revoked,
    )
