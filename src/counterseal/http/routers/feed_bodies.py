# SPDX-License-Identifier: Apache-2.0
"""What the console's reads take and give: decisions, accounts, events, counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from counterseal.core.transaction import Store
from counterseal.guard.feed import Seen, actor, window_of
from counterseal.http.body import Body, Reply
from counterseal.http.routing import IDENTIFIER
from counterseal.http.views import ReasonView

OutcomeName = Literal["allow", "challenge", "deny", "hold"]
Actor = Literal["owner", "platform", "staff", "unknown"]
Identifier = Annotated[str, msgspec.Meta(pattern=IDENTIFIER, max_length=128)]
Position = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class Filters(Body, frozen=True):
    """`outcome`; `action`: a rule of the policy; `account`."""

    outcome: OutcomeName | msgspec.UnsetType = msgspec.UNSET
    action: Identifier | msgspec.UnsetType = msgspec.UNSET
    account: Identifier | msgspec.UnsetType = msgspec.UNSET


class DecisionsQuery(Filters, frozen=True):
    """`after`: the position behind which to go on (`next` of the page before), so older ones; `since`: ms."""

    after: Position | msgspec.UnsetType = msgspec.UNSET
    since: Moment = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class StreamQuery(Filters, frozen=True):
    """`after`: begin behind this log position; without it, and without `Last-Event-ID`, with what comes now."""

    after: Position | msgspec.UnsetType = msgspec.UNSET


class PaymentView(Reply, frozen=True):
    """The payment of an outflow; `value` in the accounting currency, null = no usable price."""

    asset: str
    amount: Decimal
    chain: str
    destination: str
    memo: str
    value: Decimal | None


class DecisionRow(Reply, frozen=True):
    """One decision as staff may see it. `kind`: what was decided on (ask, prove, decide, due, redeem).

    `action`: id of the action; `rule`: what it is; `line`: of the policy document whose digest is `policy`.
    `window`: ms that the owner had between the first notice and the effect, null where it did not wait.
    """

    position: int
    at: int
    account: str
    kind: str
    action: str | None
    rule: str
    outcome: OutcomeName
    until: int | None
    policy: str
    line: int
    reasons: list[ReasonView]
    alternatives: list[list[str]]
    actor: Actor
    source: str
    payment: PaymentView | None
    objects: dict[str, str]
    window: int | None


class DecisionsView(Reply, frozen=True):
    """A page of decisions, newest first; `next` is the `after` of the following page."""

    decisions: list[DecisionRow]
    next: int | None


def payment_view(seen: Seen) -> PaymentView | None:
    """What an entry's action pays, if it does."""
    found = None if seen.request is None else seen.request.payment
    if found is None:
        return None
    return PaymentView(
        asset=found.asset,
        amount=found.amount,
        chain=found.chain,
        destination=found.destination,
        memo=found.memo,
        value=found.value,
    )


async def decision_row(store: Store, seen: Seen) -> DecisionRow | None:
    """An entry as a decision, or None when nothing was decided."""
    decision = seen.decision
    if decision is None:
        return None
    request = seen.request
    return DecisionRow(
        position=seen.entry.position,
        at=seen.entry.at,
        account=seen.entry.subject.partition(":")[2],
        kind=seen.entry.kind,
        action=seen.entry.action,
        rule=decision.rule,
        outcome=decision.outcome.value,
        until=decision.until,
        policy=seen.entry.policy,
        line=decision.line,
        reasons=[ReasonView(code=x.code, text=x.text, about=x.about, until=x.until) for x in decision.reasons],
        alternatives=[list(names) for names in decision.alternatives],
        actor=actor(seen),  # type: ignore[arg-type] # one of four words
        source="" if request is None else request.source,
        payment=payment_view(seen),
        objects={} if request is None else dict(request.objects),
        window=await window_of(store, seen),
    )


DECISION_EXAMPLE = DecisionRow(
    position=4711,
    at=1_717_934_400_000,
    account="u-1001",
    kind="ask",
    action="act_5f1c0f0a6b3e4d2c9a8b7c6d5e4f3a2b",
    rule="withdraw",
    outcome="hold",
    until=1_718_020_800_000,
    policy="sha256:0d5c2a7f",
    line=61,
    reasons=[
        ReasonView(
            code="hold", text="the password was changed 5 h ago", about="since(weakened)", until=1_718_020_800_000
        )
    ],
    alternatives=[],
    actor="unknown",
    source="203.0.113.7",
    payment=PaymentView(
        asset="USDT",
        amount=Decimal("12050.00"),
        chain="ethereum",
        destination="0x52908400098527886E0F7030069857D2E4169EE7",
        memo="",
        value=Decimal("12050.00"),
    ),
    objects={"session": "s1"},
    window=None,
)
