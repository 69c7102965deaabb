# SPDX-License-Identifier: Apache-2.0
"""Joins the staff area: passkeys of the factors area through its port, budgets of failures, the services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from counterseal.core.transaction import Store
from counterseal.factors import passkeys
from counterseal.factors.model import FactorSecretError
from counterseal.factors.throttle import FleetBudget, Throttled
from counterseal.http.routers import approvals, staff, staff_oidc, staff_passkeys, staff_signin
from counterseal.http.routers.staff_signin import Attempts
from counterseal.http.staff_names import Names
from counterseal.http.staff_session import console_url
from counterseal.settings import OidcSettings, Settings
from counterseal.staff.desk import Desk
from counterseal.staff.keys import Keys
from counterseal.staff.ports import (
    Asserted,
    Clock,
    IdentityProvider,
    Json,
    Parts,
    PasskeyFailed,
    Random,
    Registered,
)
from counterseal.staff.service import StaffService
from counterseal.staff.signin import SignIn
from counterseal.staff.views import Views
from counterseal.wiring.passkeys import load_trust, relying_party

ATTEMPT = "staff"
ROUTERS = tuple(each.router for each in (staff_signin, staff_oidc, staff_passkeys, staff, approvals))


class StaffPasskeys:
    """`staff.ports.Passkeys` over the ceremonies of the factors area."""

    def __init__(
        self, party: passkeys.RelyingParty, challenges: passkeys.Challenges, trust: passkeys.Trust
    ) -> None:
        self._party = party
        self._challenges = challenges
        self._trust = trust

    def registration(
        self, staff: str, email: str, name: str, purpose: str, content: Json, known: Sequence[bytes], now: int
    ) -> dict[str, Any]:
        """See the port."""
        challenge = self._challenges.make(purpose, passkeys.bound_digest(content), now)
        return passkeys.registration_options(
            self._party,
            self._challenges.user_handle("staff", staff),
            email,
            name,
            challenge,
            [passkeys.decode_credential(each) for each in known],
            attestation=self._trust.conveyance,
        )

    def assertion(self, purpose: str, content: Json, allowed: Sequence[bytes], now: int) -> dict[str, Any]:
        """See the port."""
        challenge = self._challenges.make(purpose, passkeys.bound_digest(content), now)
        return passkeys.assertion_options(
            self._party, challenge, [passkeys.decode_credential(each) for each in allowed]
        )

    def register(
        self, staff: str, given: Json, challenge: str, purpose: str, content: Json, name: str, now: int
    ) -> Registered:
        """See the port."""
        try:
            raw = passkeys.from_b64url(challenge)
            nonce = self._challenges.check(raw, purpose, passkeys.bound_digest(content), now)
            handle = self._challenges.user_handle("staff", staff)
            made = passkeys.verify_registration(
                self._party, given, raw, now=now, trust=self._trust, user_handle=handle, name=name
            )
        except passkeys.PasskeyRefused as error:
            raise PasskeyFailed(error.code) from error
        return Registered(made.id, passkeys.encode_credential(made), nonce.hex())

    def check(
        self,
        secret: bytes,
        given: Json,
        challenge: str,
        purpose: str,
        content: Json,
        now: int,
        *,
        named: bool = True,
    ) -> Asserted:
        """See the port."""
        try:
            raw = passkeys.from_b64url(challenge)
            nonce = self._challenges.check(raw, purpose, passkeys.bound_digest(content), now)
            credential = passkeys.decode_credential(secret)
            found = passkeys.verify_assertion(self._party, credential, given, raw, require_user_handle=not named)
        except passkeys.PasskeyRefused as error:
            raise PasskeyFailed(error.code) from error
        except FactorSecretError as error:
            raise PasskeyFailed("passkey_unknown") from error
        after = msgspec.structs.replace(credential, sign_count=found.sign_count, backed_up=found.backed_up)
        return Asserted(passkeys.encode_credential(after), nonce.hex())

    def credential_of(self, given: Json) -> bytes:
        """See the port."""
        try:
            return passkeys.credential_id_of(given)
        except passkeys.PasskeyRefused as error:
            raise PasskeyFailed(error.code) from error


class SourceAttempts:
    """`Attempts` over a FleetBudget: 30 failures at once from one source, then 6 a minute."""

    def __init__(self) -> None:
        self._budget = FleetBudget()

    def take(self, source: str, now: int) -> int | None:
        """See the port."""
        found = self._budget.take(ATTEMPT, source, known=False, now=now)
        return found.until if isinstance(found, Throttled) else None

    def give_back(self, source: str) -> None:
        """See the port."""
        self._budget.give_back(ATTEMPT, source, known=False)


def console_party(settings: Settings) -> passkeys.RelyingParty:
    """Who asks staff for a passkey. An address is no RP id (WebAuthn 5.1.3): 127.0.0.1 becomes `localhost`."""
    if urlsplit(settings.public_url).hostname != "127.0.0.1":
        return relying_party(settings)
    return passkeys.RelyingParty("localhost", settings.platform_name, frozenset({console_url(settings)}))


def build_staff(
    settings: Settings,
    store: Store,
    clock: Clock,
    random: Random,
    *,
    key: bytes,
    epoch: Callable[[], int],
) -> dict[type, object]:
    """The area's services by class. `key`: what challenges are made under; `epoch`: the store's."""
    ceremonies = StaffPasskeys(
        console_party(settings), passkeys.Challenges(key, random), load_trust(settings.attestation_roots)
    )
    parts = Parts(
        store=store,
        clock=clock,
        random=random,
        passkeys=ceremonies,
        longest=settings.staff_session_ms,
        idle=settings.staff_idle_ms,
        epoch=epoch,
    )
    people = StaffService(parts)
    found: dict[type, object] = {
        StaffService: people,
        Names: Names(people),
        SignIn: SignIn(parts),
        Desk: Desk(parts),
        Keys: Keys(parts),
        Views: Views(parts),
        Attempts: SourceAttempts(),
    }
    if settings.oidc is not None:
        found[IdentityProvider] = _single_sign_on(settings, settings.oidc)
    return found


def _single_sign_on(settings: Settings, oidc: OidcSettings) -> IdentityProvider:
    from counterseal.gateways.oidc import OpenIdProvider  # noqa: PLC0415 - a large library that few need

    # Back to where the browser left from: on 127.0.0.1 the console is opened as localhost, and so is its cookie.
    redirect = f"{console_url(settings)}/v1/staff/oidc/callback"
    secret = oidc.client_secret.get_secret_value()
    return OpenIdProvider(str(oidc.issuer), oidc.client_id, secret, redirect, oidc.claim)
