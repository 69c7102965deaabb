# SPDX-License-Identifier: Apache-2.0
"""Reading an account's past from the log: actions that the state has forgotten, timelines."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from counterseal.core.account import Action, Payment, State
from counterseal.core.engine import fold_all
from counterseal.core.events import Asked, Redeemed, Reported
from counterseal.core.transaction import Store
from counterseal.guard.commands import subject_of
from counterseal.guard.model import Record, decode_record

PAGE = 200


class Moment(msgspec.Struct, frozen=True):
    """One entry of an account's timeline. `record` is None once the account was erased."""

    position: int
    at: int
    kind: str
    policy: str
    action: str | None
    record: Record | None


async def timeline(store: Store, account: str, *, after: int = -1) -> AsyncIterator[Moment]:
    """Every entry of an account in log order, from behind position `after`."""
    while True:
        page = await store.entries(subject=subject_of(account), after=after, limit=PAGE)
        for entry in page:
            record = None if entry.payload is None else decode_record(entry.payload)
            yield Moment(entry.position, entry.at, entry.kind, entry.policy, entry.action, record)
        if len(page) < PAGE:
            return
        after = page[-1].position


async def action_from_log(store: Store, account: str, identity: str) -> Action | None:
    """An action that the state has forgotten, folded again from its own entries."""
    state = State(id=account)
    for entry in await store.entries(action=identity, limit=1_000):
        if entry.payload is not None:
            state = fold_all(state, decode_record(entry.payload).events)
    return state.actions.get(identity)


async def redeemed_payment(store: Store, account: str, seal: str) -> Payment | None:
    """What a seal was redeemed for, from the log; None = it was not, or the value came back."""
    asked: dict[str, Payment | None] = {}
    found: Payment | None = None
    async for moment in timeline(store, account):
        for event in () if moment.record is None else moment.record.events:
            if isinstance(event, Asked):
                asked[event.action] = event.request.payment
            elif isinstance(event, Redeemed) and event.seal.id == seal:
                found = asked.get(event.action)
            elif isinstance(event, Reported) and event.seal.id == seal and event.spend is None:
                found = None
    return found
