# SPDX-License-Identifier: Apache-2.0
"""A case with accounts in it, as the area of cases stores it."""

from __future__ import annotations

from typing import Any

import msgspec

from counterseal.core.transaction import Change, Commit, Loaded
from counterseal.incidents import model as i
from tests.support.server import Live, Owner


async def opened(live: Live, *members: i.Member, begun: int | None = None, held: bool = False) -> None:
    """An incident with these accounts, as the area of cases stores it."""
    case = i.Incident(
        "inc_1",
        "INC-2024-0001",
        i.Kind.ACCOUNT_TAKEOVER,
        "t",
        1,
        i.Stage.OPEN,
        live.now,
        "staff:st_1",
        live.now,
        begun,
    )
    case = msgspec.structs.replace(case, holds=(i.Hold(live.now, "staff:st_1", "a court"),) if held else ())
    states: dict[str, Any] = {i.account_of(each.account): i.Index(("inc_1",)) for each in members}
    states |= {i.subject_of("inc_1"): case} | {i.member_of("inc_1", each.account): each for each in members}

    def function(_loaded: Loaded) -> Commit[i.Counts]:
        return Commit(i.Counts(), tuple(Change(subject, state) for subject, state in states.items()))

    await live.application.store.transact(list(states), function, now=live.now)


def hit(owner: Owner, *actions: Any, state: i.MemberState = i.MemberState.HIT) -> i.Member:
    """An account of the incident, whose owner said that these actions were not theirs."""
    names = tuple(action["id"] for action in actions)
    return i.Member("inc_1", owner.account, state, 0, "staff:st_1", actions=names)
