# SPDX-License-Identifier: Apache-2.0
"""How a request is read and written inside a commit: its state, its log entry, the inbox, and what follows. Pure.

Whoever commits together with a request (a package, a letter, a portal's submission) uses these three functions, so
that no request changes without its line in the log.
"""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.transaction import Change, Entry, Loaded, Message
from counterseal.judicial.requests.binding import digest_of
from counterseal.judicial.requests.model import ENDED, Clock, JudicialRequest, State, Type, subject_of
from counterseal.judicial.requests.stored import (
    FOLLOW,
    INBOX,
    MOST_OPEN,
    ORDERS,
    TICKS,
    Inbox,
    Moved,
    Order,
    RequestRuleError,
    Tick,
    unknown,
)

MOST_HISTORY: Final = 2_000


def keys_of(request: str) -> tuple[str, ...]:
    """The keys that `Store.transact` needs to change a request."""
    return (subject_of(request), INBOX)


def loaded_request(loaded: Loaded, request: str) -> JudicialRequest:
    """The request as it is inside the commit. Raises NotFoundError."""
    held = loaded.states.get(subject_of(request))
    if not isinstance(held, JudicialRequest):
        raise unknown()
    return held


def reference_of(reference: str) -> str:
    """The alias by which a request is found under our reference."""
    return f"reference:{reference}"


def saved(
    loaded: Loaded, before: JudicialRequest | None, after: JudicialRequest, what: str, at: int
) -> tuple[Change, ...]:
    """The changes that write `after`; none where nothing changed. `what`: the operation, for the log."""
    if before == after:
        return ()
    if len(after.history) > MOST_HISTORY:
        raise RequestRuleError("this request has too long a history", code="request_too_long")
    messages = (*_moved(before, after, at), *_ticks(before, after), *_orders(before, after))
    aliases = (reference_of(after.reference),) if before is None else ()
    change = Change(subject_of(after.id), after, _entry(after, what, at), messages=messages, aliases=aliases)
    return (change, *_inbox(loaded, before, after))


def _moved(before: JudicialRequest | None, after: JudicialRequest, at: int) -> tuple[Message, ...]:
    """What follows from a state is an effect of its own, done at least once."""
    old = None if before is None else before.state
    if old is after.state:
        return ()
    told = Moved(after.id, after.state, at, after.history[-1].by if after.history else "desk", old)
    payload = msgspec.json.encode(told)
    return (Message(f"{after.id}/{len(after.history)}/moved", FOLLOW, subject_of(after.id), payload),)


def _ticks(before: JudicialRequest | None, after: JudicialRequest) -> tuple[Message, ...]:
    """A message to ourselves for each deadline that is new."""
    known = {(each.name, each.due) for each in (() if before is None else deadlines(before))}
    return tuple(tick(after.id, each) for each in deadlines(after) if (each.name, each.due) not in known)


def _orders(before: JudicialRequest | None, after: JudicialRequest) -> tuple[Message, ...]:
    """A freeze or seizure that is carried out from this commit on: one message for each account."""
    if after.state is not State.EXECUTED or before is None or before.state is State.EXECUTED:
        return ()
    if after.type not in {Type.FREEZE, Type.SEIZURE}:
        return ()
    orders = [Order(after.id, account, after.approvals[-1].officers) for account in after.accounts]
    return tuple(
        Message(f"{after.id}/{each.account}/order", ORDERS, subject_of(after.id), msgspec.json.encode(each))
        for each in orders
    )


def tick(request: str, clock: Clock) -> Message:
    """The message that is due when the clock is."""
    payload = msgspec.json.encode(Tick(request, clock.name, clock.due))
    name = f"{request}/{clock.name}/{clock.due}/clock"
    return Message(name, TICKS, subject_of(request), payload, clock.due)


def deadlines(request: JudicialRequest) -> tuple[Clock, ...]:
    """The clocks that still run."""
    return tuple(each for each in request.clocks if each.met is None)


def _inbox(loaded: Loaded, before: JudicialRequest | None, after: JudicialRequest) -> tuple[Change, ...]:
    held = loaded.states.get(INBOX)
    listed = held.open if isinstance(held, Inbox) else ()
    if (after.id in listed) is (after.state not in ENDED):
        return ()
    if after.state in ENDED:
        return (Change(INBOX, Inbox(tuple(each for each in listed if each != after.id))),)
    if len(listed) >= MOST_OPEN and before is None:
        raise RequestRuleError(
            "too many requests are open", code="request_limit", hint="end some of them, then try again"
        )
    return (Change(INBOX, Inbox((*listed, after.id))),)


def _entry(after: JudicialRequest, what: str, at: int) -> Entry:
    """The log entry: who did what, and the digest of what came of it."""
    last = after.history[-1] if after.history else None
    facts = {
        "by": "desk" if last is None else last.by,
        "digest": digest_of(after),
        "evidence": [each.id for each in after.evidence],
        "id": after.id,
        "reference": after.reference,
        "state": after.state,
        "type": after.type,
        "what": what,
    }
    return Entry(f"judicial_request_{what}", at, "", msgspec.json.encode(facts, order="sorted"))
