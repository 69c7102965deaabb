# SPDX-License-Identifier: Apache-2.0
"""The posture of an account: what each capability would do to it now. Durations are ms, `at` ms since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from counterseal.sdk.transport import Call, segment


class Way(msgspec.Struct, frozen=True):
    """An outflow by which value can leave. `window`: ms from the first notice, None = the owner is not told;
    `earliest`: ms from now; `exact`: False = both are bounds from below."""

    outflow: str
    window: int | None
    earliest: int | None = None
    limit: Decimal | None = None
    period: int | None = None
    exact: bool = True


class Outcome(msgspec.Struct, frozen=True):
    """What a set of capabilities can do. `ways`: worst first; none = never. `loss`: before the owner reacts, in the
    accounting currency; None = without limit."""

    capabilities: tuple[str, ...]
    ways: tuple[Way, ...]
    loss: Decimal | None = None


class Change(msgspec.Struct, frozen=True):
    """What becomes of one set: its worst way before and after; None = never."""

    capabilities: tuple[str, ...]
    before: Way | None
    after: Way | None


class Advice(msgspec.Struct, frozen=True):
    """What the owner could enrol (`kind`: factor, channel) or `end`, and what it changes."""

    kind: str
    name: str
    helps: bool
    better: tuple[Change, ...] = ()
    worse: tuple[Change, ...] = ()


class Recovery(msgspec.Struct, frozen=True):
    """How soon the owner has a thing again without these factors; None = never."""

    lost: tuple[str, ...]
    regains: Mapping[str, int | None]


class Posture(msgspec.Struct, frozen=True):
    """`nothing`: what can be done with what somebody else has in the account already. `best`: the first advice if
    it helps, `kind:name`."""

    policy: str
    digest: str
    currency: str
    window: int
    nothing: Outcome
    singles: tuple[Outcome, ...]
    pairs: tuple[Outcome, ...] = ()
    advice: tuple[Advice, ...] = ()
    best: str | None = None
    recoveries: tuple[Recovery, ...] = ()
    notes: tuple[str, ...] = ()


class AccountPosture(msgspec.Struct, frozen=True):
    """The posture of one account at one moment, and the same in plain sentences."""

    account: str
    at: int
    posture: Posture
    sentences: tuple[str, ...]


def posture(account: str, *, window: int | None = None, foreign: str | None = None) -> Call[AccountPosture]:
    """The posture of an account (decisions:staff). `window`: ms that the owner needs, a day if not said; `foreign`:
    an action that was not the owner's: what it granted counts as the attacker's."""
    query = (
        *((("window", str(window)),) if window is not None else ()),
        *((("foreign", foreign),) if foreign is not None else ()),
    )
    return Call("GET", f"/v1/accounts/{segment(account)}/posture", AccountPosture, query=query)
