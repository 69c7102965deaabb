# SPDX-License-Identifier: Apache-2.0
"""What a page hands to the browser so that a passkey answers, and to an authenticator app so that it has a seed."""

from __future__ import annotations

from typing import Annotated, Any, Protocol

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.account import State
from counterseal.core.errors import InputError
from counterseal.core.policy.model import FactorSpec, Policy
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, reply
from counterseal.http.edge import Guard
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import area

router = Router(tags=["actions"])


class Offer(msgspec.Struct, frozen=True):
    """A new seed for an authenticator app: base32, the `otpauth://` text, and that as a QR code (SVG)."""

    secret: str
    uri: str
    qr: str


class Ceremonies(Protocol):
    """Both ceremonies of passkeys, and seeds."""

    def registration(self, state: State, spec: FactorSpec, shown_as: str, now: int) -> dict[str, Any]:
        """Creation options for one more passkey."""
        ...

    def assertion(self, policy: Policy, state: State, action: str, now: int) -> dict[str, Any]:
        """Request options for an action; raises ConflictError where no passkey would count."""
        ...

    def seed(self, account: str, shown_as: str, secret: str = "") -> Offer:
        """A seed that nothing knows yet; `secret`: the one that was offered before."""
        ...


class NewPasskeyBody(Body, frozen=True):
    """Which class of the policy; `name`: how the authenticator lists the account (a user name; default: its id)."""

    factor: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "passkey"
    name: Annotated[str, msgspec.Meta(max_length=64)] = ""


class NewSeedBody(Body, frozen=True):
    """`name`: how the app lists the account (no colon; default: its id)."""

    name: Annotated[str, msgspec.Meta(max_length=64, pattern="^[^:]*$")] = ""


class OptionsView(Reply, frozen=True):
    """`public_key`: for `navigator.credentials` (WebAuthn Level 3, 5.1: parseCreationOptionsFromJSON or
    parseRequestOptionsFromJSON). `challenge` goes back beside the browser's answer."""

    challenge: str
    public_key: dict[str, Any]


class SeedView(Reply, frozen=True):
    """A new seed. It is kept nowhere: ask with it as `secret`, and with the first code of the app as `confirm`."""

    secret: str
    uri: str
    qr: str


CHALLENGE = "AYxq0l8Zk3oM1h3x"
CREATION = OptionsView(
    challenge=CHALLENGE,
    public_key={
        "rp": {"id": "guard.example.test", "name": "Example Exchange"},
        "user": {"id": "c2VjcmV0", "name": "ada", "displayName": "ada"},
        "challenge": CHALLENGE,
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "excludeCredentials": [],
    },
)
REQUEST = OptionsView(
    challenge=CHALLENGE,
    public_key={
        "challenge": CHALLENGE,
        "rpId": "guard.example.test",
        "allowCredentials": [{"type": "public-key", "id": "AAECAw"}],
        "userVerification": "required",
    },
)
SEED = SeedView(
    secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",  # noqa: S106 - an example
    uri="otpauth://totp/Example%20Exchange:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example%20Exchange",
    qr='<svg xmlns="http://www.w3.org/2000/svg"/>',
)


def _options(found: dict[str, Any]) -> Response:
    return reply(OptionsView(challenge=found["challenge"], public_key=found))


@router.post(
    "/v1/accounts/{account}/passkeys/options",
    **operation(
        "Begin to register a passkey",
        reply=OptionsView,
        example=CREATION,
        body_example=NewPasskeyBody(name="ada"),
        problems=(404,),
    ),
)
async def passkey_options(
    account: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
    write: Annotated[Write, idempotent],
    wanted: Annotated[NewPasskeyBody, json_body(NewPasskeyBody)],
    guard: Annotated[Guard, area(Guard)],
    ceremonies: Annotated[Ceremonies, area(Ceremonies)],
) -> Response:
    """Options for `navigator.credentials.create()`, good for five minutes, on a page of Counterseal's own origin.
    Nothing is stored: the browser's answer becomes the `secret` of the factor in the action that binds it."""
    state = await guard.accounts.read(account)
    spec = guard.tools.policies.current.vocabulary.factors.get(wanted.factor)
    if spec is None or not spec.webauthn:
        raise InputError(f"`{wanted.factor}` is no class of passkeys", code="unknown_factor_class")
    return _options(ceremonies.registration(state, spec, wanted.name, guard.tools.clock.now()))


@router.post(
    "/v1/actions/{action}/passkey",
    **operation("Begin to prove with a passkey", reply=OptionsView, example=REQUEST, problems=(404, 409)),
)
async def action_passkey(
    action: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
    write: Annotated[Write, idempotent],
    guard: Annotated[Guard, area(Guard)],
    ceremonies: Annotated[Ceremonies, area(Ceremonies)],
) -> Response:
    """Options for `navigator.credentials.get()`, good for five minutes. Their challenge is bound to everything that
    the action would do; its answer proves nothing else. They allow every passkey that the rule asks for."""
    account = await guard.actions.account_of(action)
    state = await guard.accounts.read(account)
    tools = guard.tools
    return _options(ceremonies.assertion(tools.policies.current, state, action, tools.clock.now()))


@router.post(
    "/v1/accounts/{account}/totp/options",
    **operation(
        "Begin to bind an authenticator app",
        reply=SeedView,
        example=SEED,
        body_example=NewSeedBody(name="ada"),
        problems=(404,),
    ),
)
async def totp_options(
    account: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
    write: Annotated[Write, idempotent],
    wanted: Annotated[NewSeedBody, json_body(NewSeedBody)],
    guard: Annotated[Guard, area(Guard)],
    ceremonies: Annotated[Ceremonies, area(Ceremonies)],
) -> Response:
    """A fresh seed with its QR code. Nothing is stored and nothing counts yet: the action that binds it carries the
    seed and the first code that the app shows."""
    await guard.accounts.read(account)
    offer = ceremonies.seed(account, wanted.name)
    return reply(SeedView(**msgspec.structs.asdict(offer)))
