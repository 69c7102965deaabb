# SPDX-License-Identifier: Apache-2.0
"""Accounts for the console: the list, what happened to one in words, and what waits on all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.feed import Feed
from counterseal.guard.commands import ENDLESS
from counterseal.guard.feed import Seen, actor, past
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, query, reply
from counterseal.http.edge import Guard
from counterseal.http.happenings import sentence, staff_in
from counterseal.http.openapi import operation
from counterseal.http.routers.feed_bodies import Actor, Identifier, PaymentView, Position, payment_view
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.http.staff_names import STAFF, Names
from counterseal.http.views import ReasonView
from counterseal.staff.views import subject_of

router = Router(tags=["accounts"])
MINUTE = 60_000
DAY = 24 * 60 * MINUTE


class AccountsQuery(Body, frozen=True):
    """`query`: the beginning of an id; `after`: the id behind which to go on; `standing`: only these."""

    query: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._~-]{0,128}$", max_length=128)] = ""
    after: Identifier | msgspec.UnsetType = msgspec.UNSET
    standing: Literal["all", "frozen", "pending", "disputed"] = "all"
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50


class AccountRow(Reply, frozen=True):
    """An account in a list. `frozen_until`: ms, null = no end; `pending`, `disputed`: how many changes."""

    account: str
    registered: int
    frozen: bool
    frozen_until: int | None
    pending: int
    disputed: int


class AccountsView(Reply, frozen=True):
    """Accounts in id order; `next` is the `after` of the following page."""

    accounts: list[AccountRow]
    next: str | None


class EventsQuery(Body, frozen=True):
    """`after`: the position behind which to go on, so older ones; `language` of the sentences."""

    after: Position | msgspec.UnsetType = msgspec.UNSET
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    language: Literal["en", "zh"] = "en"


class EventView(Reply, frozen=True):
    """One entry of an account in words. `actor`: `owner` is whoever proved to be; `unknown` proved nothing, or on a
    doubt. `officers`: who decided, where two did."""

    position: int
    at: int
    kind: str
    actor: Actor
    sentence: str
    action: str | None
    rule: str | None
    outcome: str | None
    until: int | None
    reasons: list[ReasonView]
    payment: PaymentView | None
    officers: list[str]
    events: list[str]


class EventsView(Reply, frozen=True):
    """A page of an account's events, newest first; `next` is the `after` of the following page. `people`: names of
    the members of staff that occur in it, by id."""

    account: str
    events: list[EventView]
    people: dict[str, str]
    next: int | None


class OverviewQuery(Body, frozen=True):
    """`period`: ms back from now, over which decisions are counted; at most a day."""

    period: Annotated[int, msgspec.Meta(ge=MINUTE, le=DAY)] = 30 * MINUTE


class OutcomesView(Reply, frozen=True):
    """How many decisions had each outcome."""

    allow: int
    challenge: int
    hold: int
    deny: int


class OverviewView(Reply, frozen=True):
    """What waits. `pending` and `disputed` count changes, `..._accounts` the accounts that they are on."""

    now: int
    log_size: int
    policy: str
    digest: str
    frozen_accounts: int
    pending: int
    pending_accounts: int
    disputed: int
    disputed_accounts: int
    period: int
    decisions: OutcomesView


EVENT_EXAMPLE = EventView(
    position=4711,
    at=1_717_934_400_000,
    kind="ask",
    actor="unknown",
    sentence="Asked to withdraw 12,050.00 USDT: held.",
    action="act_5f1c0f0a6b3e4d2c9a8b7c6d5e4f3a2b",
    rule="withdraw",
    outcome="hold",
    until=1_718_020_800_000,
    reasons=[],
    payment=None,
    officers=[],
    events=["Asked", "Decided"],
)


@router.get(
    "/v1/accounts",
    **operation(
        "List accounts",
        reply=AccountsView,
        example=AccountsView(
            accounts=[
                AccountRow(
                    account="u-1001",
                    registered=1_717_891_200_000,
                    frozen=False,
                    frozen_until=None,
                    pending=1,
                    disputed=0,
                )
            ],
            next="u-1001",
        ),
    ),
)
async def list_accounts(
    _caller: Annotated[Caller, require(Scope.ACCOUNTS_READ)],
    asked: Annotated[AccountsQuery, query(AccountsQuery)],
    guard: Annotated[Guard, area(Guard)],
    feed: Annotated[Feed, area(Feed)],
) -> Response:
    """In id order, by the beginning of the id, or one queue: frozen, pending, disputed."""
    now = guard.tools.clock.now()
    found = await feed.listed(
        "account",
        prefix=asked.query,
        after="" if asked.after is msgspec.UNSET else asked.after,
        standing="" if asked.standing == "all" else asked.standing,
        now=now,
        limit=asked.limit,
    )
    rows = [
        AccountRow(
            account=each.subject.partition(":")[2],
            registered=each.created,
            frozen=each.frozen > now,
            frozen_until=each.frozen if now < each.frozen < ENDLESS else None,
            pending=each.pending,
            disputed=each.disputed,
        )
        for each in found
    ]
    return reply(AccountsView(accounts=rows, next=rows[-1].account if len(rows) == asked.limit else None))


@router.get(
    "/v1/accounts/{account}/events",
    **operation(
        "Read an account's events in words",
        reply=EventsView,
        example=EventsView(account="u-1001", events=[EVENT_EXAMPLE], people={}, next=None),
        problems=(404,),
    ),
)
async def read_events(
    account: str,
    _caller: Annotated[Caller, require(Scope.DECISIONS_STAFF)],
    asked: Annotated[EventsQuery, query(EventsQuery)],
    guard: Annotated[Guard, area(Guard)],
    feed: Annotated[Feed, area(Feed)],
    names: Annotated[Names, area(Names)],
) -> Response:
    """What happened to the account, newest first, who did it, and what came of it; looks at it by staff, too."""
    before = None if asked.after is msgspec.UNSET else asked.after
    policy, looks = guard.tools.policies.current, subject_of(account)
    page = await past(feed, policy, account, before=before, limit=asked.limit, also=(looks,))
    if not page.entries:
        await guard.accounts.read(account)
    people = await names.of(caller for seen in page.entries for caller in staff_in(seen))
    rows = [_event(seen, asked.language, people) for seen in page.entries]
    return reply(EventsView(account=account, events=rows, people=people, next=page.next))


@router.get(
    "/v1/overview",
    **operation(
        "Read what waits",
        reply=OverviewView,
        example=OverviewView(
            now=1_717_934_400_000,
            log_size=8_214_907,
            policy="hardened",
            digest="sha256:0d5c2a7f",
            frozen_accounts=3,
            pending=12,
            pending_accounts=11,
            disputed=1,
            disputed_accounts=1,
            period=30 * MINUTE,
            decisions=OutcomesView(allow=66_012, challenge=1_204, hold=311, deny=87),
        ),
    ),
)
async def read_overview(
    _caller: Annotated[Caller, require(Scope.DECISIONS_STAFF)],
    asked: Annotated[OverviewQuery, query(OverviewQuery)],
    held: Annotated[Services, services],
    guard: Annotated[Guard, area(Guard)],
    feed: Annotated[Feed, area(Feed)],
) -> Response:
    """Counts for the rail of the console, from indexes: frozen accounts, changes that wait or are in dispute, and
    how recent decisions came out. Approvals count where they are listed."""
    now, policy = held.clock.now(), guard.tools.policies.current
    queues = await feed.queues(now)
    counts = await feed.tally(await feed.position_at(max(0, now - asked.period)))
    return reply(
        OverviewView(
            now=now,
            log_size=await feed.size(),
            policy=policy.name,
            digest=policy.digest,
            frozen_accounts=queues.frozen,
            pending=queues.pending,
            pending_accounts=queues.pending_on,
            disputed=queues.disputed,
            disputed_accounts=queues.disputed_on,
            period=asked.period,
            decisions=OutcomesView(**counts),
        )
    )


def _event(seen: Seen, language: str, people: Mapping[str, str]) -> EventView:
    decision = seen.decision
    given = None if seen.record is None else seen.record.input
    rule = None if seen.request is None else seen.request.rule
    return EventView(
        position=seen.entry.position,
        at=seen.entry.at,
        kind=seen.entry.kind,
        actor=actor(seen),  # type: ignore[arg-type] # one of four words
        sentence=sentence(seen, language, people),
        action=seen.entry.action,
        rule=rule if decision is None else decision.rule,
        outcome=None if decision is None else decision.outcome.value,
        until=None if decision is None else decision.until,
        reasons=[]
        if decision is None
        else [ReasonView(code=x.code, text=x.text, about=x.about, until=x.until) for x in decision.reasons],
        payment=payment_view(seen),
        officers=[caller.removeprefix(STAFF) for caller in getattr(given, "officers", ())],
        events=[] if seen.record is None else [type(event).__name__ for event in seen.record.events],
    )
