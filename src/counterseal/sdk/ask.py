# SPDX-License-Identifier: Apache-2.0
"""What a platform states when it registers an account or asks for an action. Times are ms since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec


class Stated(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Written without the members that have their default value."""


class Address(Stated, frozen=True):
    """A destination: chain, address and memo together."""

    chain: str
    address: str
    memo: str = ""


class Outflow(Stated, frozen=True):
    """The payment of an outflow. `audience`: the signer or ledger that will redeem the seal."""

    asset: str
    amount: Decimal
    chain: str = ""
    destination: str = ""
    memo: str = ""
    fee_cap: Decimal = Decimal(0)
    audience: str = ""


class NewFactor(Stated, frozen=True):
    """A factor to enrol: its contact (phone, mail), or a secret: a TOTP seed (base32), or for a passkey the JSON
    {"challenge": ..., "response": the browser's answer}. `confirm`: the first code of an authenticator app.

    `since` states its age when an account is registered, and needs the scope accounts:import.
    """

    factor: str
    contact: str | None = None
    secret: str | None = None
    label: str = ""
    since: int | None = None
    confirm: str | None = None

    def __repr__(self) -> str:
        return f"NewFactor(factor={self.factor!r})"


class NewContact(Stated, frozen=True):
    """A contact that is for notices only: push, guardian."""

    channel: str
    value: str


class KnownObject(Stated, frozen=True):
    """An object that the account has already. `since` states its age and needs the scope accounts:import."""

    kind: str
    facts: tuple[str, ...]
    id: str | None = None
    address: Address | None = None
    since: int | None = None
    label: str = ""


class NewLock(Stated, frozen=True):
    """An owner's own stricter rule for one outflow. `delay` in ms."""

    outflow: str
    off: bool = False
    limit: Decimal | None = None
    delay: int = 0


class Left(Stated, frozen=True):
    """An outflow that left the platform, for the coverage report. `seal`: the id of the seal, if there was one.

    With a destination the report compares where it went, too: give it.
    """

    reference: str
    account: str
    asset: str
    amount: Decimal
    at: int
    seal: str = ""
    chain: str = ""
    destination: str = ""
    memo: str = ""


class Price(Stated, frozen=True):
    """What one unit of an asset is worth in the accounting currency."""

    asset: str
    value: Decimal
    at: int
    source: str


Objects = Mapping[str, str]
