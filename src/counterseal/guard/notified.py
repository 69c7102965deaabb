# SPDX-License-Identifier: Apache-2.0
"""What an account's owner was told, and which channel took it: the notices of its state beside the outbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from counterseal.core.account import Notice, State
from counterseal.core.engine.limits import OFFICER_AFTER
from counterseal.core.feed import Feed, Posted

Delivered = Literal["accepted", "waiting", "failed"]


class Delivery(msgspec.Struct, frozen=True):
    """One notice to one contact. `at` (ms): when its channel took it, or when it was given up; `retry_at`: the next
    try of a waiting one; `error`: of the last try. A contact that is forgotten has only its id."""

    contact: str
    state: Delivered
    at: int | None = None
    attempts: int = 0
    retry_at: int | None = None
    error: str = ""


class Told(msgspec.Struct, frozen=True):
    """A notice with its deliveries. `officers`: who stated that they reached the owner. `confirm_from` (ms): from
    when two officers may state it; None = its waits run already."""

    notice: Notice
    deliveries: tuple[Delivery, ...]
    officers: tuple[str, ...]
    confirm_from: int | None


async def told(feed: Feed, state: State, *, after: str, limit: int) -> tuple[Told, ...]:
    """The notices that the state still knows (30 days; 366 where nobody took it), newest first, behind the id
    `after`."""
    found = sorted(state.notices.values(), key=lambda notice: (-notice.at, notice.id))
    behind = next((place + 1 for place, notice in enumerate(found) if notice.id == after), 0)
    page = found[behind : behind + limit]
    posted = await feed.posted([message_of(notice.id, contact) for notice in page for contact in notice.contacts])
    return tuple(_told(notice, posted) for notice in page)


def message_of(notice: str, contact: str) -> str:
    """The outbox's id of a notice to one contact: that of its effect (core.engine.telling)."""
    return f"{notice}.{contact}"


def _told(notice: Notice, posted: Mapping[str, Posted]) -> Told:
    return Told(
        notice,
        tuple(_deliveries(notice, posted)),
        tuple(_officers(notice)),
        None if notice.started is not None else notice.at + OFFICER_AFTER,
    )


def _deliveries(notice: Notice, posted: Mapping[str, Posted]) -> Iterator[Delivery]:
    for contact in notice.contacts:
        row = posted.get(message_of(notice.id, contact))
        taken = notice.accepted.get(contact)
        if taken is not None:
            yield Delivery(contact, "accepted", taken, 0 if row is None else row.attempts)
        elif row is None:  # a message that is closed is swept after a week, one that waits is not
            yield Delivery(contact, "failed")
        elif row.closed is None:
            yield Delivery(contact, "waiting", None, row.attempts, row.not_before or None, row.error)
        else:
            yield Delivery(contact, "failed", row.closed, row.attempts, None, row.error)


def _officers(notice: Notice) -> Sequence[str]:
    """Officers stand among those who took it as one name, joined by "+" (core.engine.evidence)."""
    return [name for key in notice.accepted if key not in notice.contacts for name in key.split("+")]
