# SPDX-License-Identifier: Apache-2.0
"""What the loss of an incident takes. Times are ms since the epoch; amounts are text."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from counterseal.http.body import Body

Moment = Annotated[int, msgspec.Meta(ge=0, le=2**48)]
Pack = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Short = Annotated[str, msgspec.Meta(max_length=128)]


class LossQuery(Body, frozen=True):
    """The valuation pack, and the day of payment (now unless it is said)."""

    pack: Pack = "time-of-loss"
    paid_at: Moment | None = None


class LossPage(Body, frozen=True):
    """As LossQuery; the accounts behind `after`, in id order."""

    pack: Pack = "time-of-loss"
    paid_at: Moment | None = None
    after: Short = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100


class FetchBody(Body, frozen=True):
    """Ask the platform for what moved from `since` to before `until`."""

    since: Moment
    until: Moment


class StatementBody(Body, frozen=True):
    """Whether something belongs to the loss. `about`: `row:HASH`, `action:ID` or `session:ID`."""

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    about: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
    belongs: bool
    why: Why


class RecoveryBody(Body, frozen=True):
    """What came back (`recovered`) or is held (`frozen`). `account` empty: for all who lost of the asset;
    `replaces`: the id of an earlier one that this puts right."""

    asset: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    amount: Decimal
    state: Annotated[str, msgspec.Meta(pattern="^(recovered|frozen)$")]
    why: Why
    account: Short = ""
    where: Annotated[str, msgspec.Meta(max_length=200)] = ""
    ref: Annotated[str, msgspec.Meta(max_length=200)] = ""
    replaces: Short = ""
