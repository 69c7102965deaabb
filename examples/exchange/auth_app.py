# SPDX-License-Identifier: Apache-2.0
"""The auth service over HTTP, for the web part. The web part hands secrets on; it cannot attest."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from counterseal.sdk.ask import NewContact, NewFactor
from examples.exchange.auth import Auth
from examples.exchange.service import part


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SignUpBody(_Body):
    """A new customer."""

    account: str
    password: str
    email: str
    phone: str | None = None
    authenticator: bool = True
    push: str | None = None
    identified: bool = False
    phrase: str = ""
    language: str = "en"


class SignInBody(_Body):
    """The first half of a log-in."""

    account: str
    password: str
    device: str = ""


class SecretBody(_Body):
    """A session's secret."""

    secret: str


class PasswordBody(SecretBody):
    """The password, typed again."""

    password: str


class RecoveredBody(_Body):
    """A new password, on the ground of a recovery."""

    account: str
    action: str
    password: str


class AttestBody(SecretBody):
    """The action to attest the password for."""

    action: str


def create_auth_app(auth: Auth, token: str) -> FastAPI:
    """The app. Plain functions: scrypt and the guard are waited for in threads."""
    app = part("auth", token)

    @app.post("/customers")
    def sign_up(body: SignUpBody) -> dict[str, Any]:
        factors = [NewFactor(factor="email", contact=body.email)]
        if body.phone is not None:
            factors.append(NewFactor(factor="sms", contact=body.phone))
        if body.authenticator:
            factors.append(NewFactor(factor="totp"))
        if body.identified:  # the identity desk has seen face and document
            factors += [NewFactor(factor="face"), NewFactor(factor="iddoc")]
        contacts = [] if body.push is None else [NewContact(channel="push", value=body.push)]
        shown = auth.sign_up(body.account, body.password, factors, contacts, body.language, body.phrase)
        return {"account": body.account, "shown": [line for lines in shown.values() for line in lines]}

    @app.post("/sessions")
    def begin(body: SignInBody) -> Any:
        return msgspec.to_builtins(auth.begin(body.account, body.password, body.device))

    @app.post("/sessions/who")
    def who(body: SecretBody) -> Any:
        return msgspec.to_builtins(auth.who(body.secret))

    @app.post("/sessions/password")
    def verify_again(body: PasswordBody) -> dict[str, str]:
        auth.verify_again(body.secret, body.password)
        return {"status": "verified"}

    @app.post("/customers/password")
    def set_password(body: RecoveredBody) -> dict[str, str]:
        auth.set_password(body.account, body.password, body.action)
        return {"status": "set"}

    @app.post("/sessions/standing")
    def standing(body: SecretBody) -> Any:
        account, posture = auth.standing(body.secret)
        return msgspec.to_builtins({"account": account, "posture": posture}, str_keys=True)

    @app.post("/attestations")
    def attest(body: AttestBody) -> dict[str, str]:
        return {"attestation": auth.attest(body.secret, body.action)}

    return app
