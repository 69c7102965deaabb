# SPDX-License-Identifier: Apache-2.0
"""What the owner of an account was told: each notice, to which contacts, and what their channels said."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.account import State
from counterseal.core.feed import Feed
from counterseal.guard.notified import Delivery, Told, told
from counterseal.http.account_views import mask
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, query, reply
from counterseal.http.edge import Guard
from counterseal.http.openapi import operation
from counterseal.http.routers.feed_bodies import Identifier
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.http.staff_names import Names

router = Router(tags=["accounts"])


class NoticesQuery(Body, frozen=True):
    """`after`: the id of the notice behind which to go on, so older ones."""

    after: Identifier | msgspec.UnsetType = msgspec.UNSET
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 20


class DeliveryView(Reply, frozen=True):
    """One contact, masked; `channel` and `hint` are empty once the contact is forgotten. `at` (ms): when the
    channel took the message or when it was given up. `attempts`: tries that failed; `error`: of the last one."""

    contact: str
    channel: str
    hint: str
    state: Literal["accepted", "waiting", "failed"]
    at: int | None
    attempts: int
    retry_at: int | None
    error: str


class NoticeView(Reply, frozen=True):
    """A notice. `kind`: the policy's rule or event that it tells of; `started` (ms): since when the waits that
    were for it run, null = nobody was reached yet. `confirm_from` (ms): from when two officers may state that they
    reached the owner, null = no need. `officers`: who stated it."""

    id: str
    at: int
    kind: str
    action: str
    started: int | None
    confirm_from: int | None
    officers: list[str]
    deliveries: list[DeliveryView]


class NoticesView(Reply, frozen=True):
    """A page of notices, newest first; `next` is the `after` of the following page. `people`: names of the
    members of staff that occur in it, by id."""

    account: str
    notices: list[NoticeView]
    people: dict[str, str]
    next: str | None


EXAMPLE = NoticeView(
    id="n_4f1c",
    at=1_717_934_400_000,
    kind="change_phone",
    action="act_5f1c0f0a6b3e4d2c9a8b7c6d5e4f3a2b",
    started=1_717_934_402_000,
    confirm_from=None,
    officers=[],
    deliveries=[
        DeliveryView(
            contact="c_1",
            channel="email",
            hint="a…@example.test",
            state="accepted",
            at=1_717_934_402_000,
            attempts=0,
            retry_at=None,
            error="",
        )
    ],
)


@router.get(
    "/v1/accounts/{account}/notices",
    **operation(
        "List an account's notices",
        reply=NoticesView,
        example=NoticesView(account="u-1001", notices=[EXAMPLE], people={}, next=None),
        problems=(404,),
    ),
)
async def list_notices(
    account: str,
    _caller: Annotated[Caller, require(Scope.DECISIONS_STAFF)],
    asked: Annotated[NoticesQuery, query(NoticesQuery)],
    guard: Annotated[Guard, area(Guard)],
    feed: Annotated[Feed, area(Feed)],
    names: Annotated[Names, area(Names)],
) -> Response:
    """What was sent, to whom (masked), and whether a channel took it: 30 days back, and longer where nobody was
    reached. Acceptance by a channel does not say that the message was read."""
    state = await guard.accounts.read(account)
    found = await told(feed, state, after="" if asked.after is msgspec.UNSET else asked.after, limit=asked.limit)
    rows = [_view(state, each) for each in found]
    people = await names.of(name for row in rows for name in row.officers)
    following = rows[-1].id if len(rows) == asked.limit else None
    return reply(NoticesView(account=account, notices=rows, people=people, next=following))


def _view(state: State, each: Told) -> NoticeView:
    return NoticeView(
        id=each.notice.id,
        at=each.notice.at,
        kind=each.notice.template,
        action=each.notice.action,
        started=each.notice.started,
        confirm_from=each.confirm_from,
        officers=list(each.officers),
        deliveries=[_delivery(state, one) for one in each.deliveries],
    )


def _delivery(state: State, one: Delivery) -> DeliveryView:
    contact = state.contacts.get(one.contact)
    return DeliveryView(
        contact=one.contact,
        channel="" if contact is None else contact.channel,
        hint="" if contact is None else mask(contact),
        state=one.state,
        at=one.at,
        attempts=one.attempts,
        retry_at=one.retry_at,
        error=one.error,
    )
