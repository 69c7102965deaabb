# SPDX-License-Identifier: Apache-2.0
"""The accounts of a case: what is known of each only grows, and the counts are those of the members. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec.structs import replace

from counterseal.incidents.casework import text_of
from counterseal.incidents.model import Counts, Member, MemberState, Reason

OFFICER: Final = "officer"
ORDER: Final = {
    MemberState.OWNER_SAYS: 0,
    MemberState.SAFE: 1,
    MemberState.UNKNOWN: 2,
    MemberState.EXPOSED: 3,
    MemberState.HIT: 4,
}


def merged(before: Member | None, found: Member, at: int) -> Member:
    """What is known of an account, with what was found now: reasons add up. What somebody else found never makes
    less of an account that was hit; a new look may say that an exposed one is safe, or the other way round."""
    if before is None:
        return found
    known = {(each.kind, each.ref, each.left) for each in before.because}
    reasons = (*before.because, *(each for each in found.because if (each.kind, each.ref, each.left) not in known))
    decided = any(each.kind == OFFICER for each in before.because)
    state = before.state if decided or before.state is MemberState.HIT else found.state
    if found.state is MemberState.OWNER_SAYS and ORDER[before.state] > ORDER[found.state]:
        state = before.state
    after = replace(
        before,
        state=state,
        because=reasons,
        actions=tuple(dict.fromkeys((*before.actions, *found.actions))),
        theirs=tuple(dict.fromkeys((*before.theirs, *found.theirs))),
        said=found.said or before.said,
    )
    return after if after == before else replace(after, changed=at)


def corrected(member: Member, state: MemberState, why: str, at: int, by: str) -> Member:
    """An officer's own word on an account, with its reason: it stands above what was found."""
    reason = Reason(OFFICER, at, by, text_of(why, "the reason", 2_000))
    return replace(member, state=state, because=(*member.because, reason), changed=at)


def recounted(counts: Counts, before: Member | None, after: Member) -> Counts:
    """The counts after an account changed."""
    states = Counter(counts.states)
    if before is not None:
        states[before.state.value] -= 1
    states[after.state.value] += 1
    return Counts(
        {name: count for name, count in sorted(states.items()) if count},
        counts.protected + (after.protected is not None) - (before is not None and before.protected is not None),
        counts.informed + (after.informed is not None) - (before is not None and before.informed is not None),
    )


def without(counts: Counts, gone: Member) -> Counts:
    """The counts after an account was erased."""
    states = Counter(counts.states)
    states[gone.state.value] -= 1
    return Counts(
        {name: count for name, count in sorted(states.items()) if count > 0},
        counts.protected - (gone.protected is not None),
        counts.informed - (gone.informed is not None),
    )
