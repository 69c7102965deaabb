# SPDX-License-Identifier: Apache-2.0
"""Measures of single requests and disclosures, and of lists of numbers. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from counterseal.judicial.disclosure.model import Disclosure
from counterseal.judicial.packs.model import FIELDS_OF
from counterseal.judicial.requests.model import FACTOR_OF, EvidenceKind, JudicialRequest, Result, State

MINUTE: Final = 60_000
DAY: Final = 86_400_000
VERDICT: Final = frozenset(
    {State.APPROVED, State.REJECTED, State.EXECUTED, State.SUSPECTED_FORGED, State.CONFIRMED_FORGED, State.EXPIRED}
)
"""States by which it is said whether a request is acted on."""
LEFT: Final = frozenset({State.DELIVERED, State.EXECUTED})


def at_state(request: JudicialRequest, states: Collection[State]) -> tuple[int, ...]:
    """When it came into one of these states (ms), in order."""
    return tuple(each.at for each in request.history if each.state in states)


def within(moments: Iterable[int], start: int, end: int) -> bool:
    """Whether one of these is in the period."""
    return any(start <= each < end for each in moments)


def clearings(request: JudicialRequest) -> tuple[int, ...]:
    """When a suspicion of it was cleared."""
    return tuple(each.at for each in request.history if each.what == "cleared")


def channels(request: JudicialRequest) -> int:
    """How many kinds of evidence of a factor support it; a bare letter is none."""
    kinds = {each.kind for each in request.evidence if each.result is Result.SUPPORTS and not each.void}
    return len({each for each in kinds if each in FACTOR_OF} - {EvidenceKind.DOC_INTEGRITY})


def called_back(request: JudicialRequest) -> bool:
    """Whether the authority confirmed it on a number of the registry."""
    return any(
        each.kind is EvidenceKind.CALL_BACK and each.result is Result.SUPPORTS and not each.void
        for each in request.evidence
    )


def verdict_after(request: JudicialRequest) -> int | None:
    """Ms from its receipt to the first verdict; None = there is none yet."""
    said = at_state(request, VERDICT)
    return max(0, said[0] - request.received) if said else None


def in_time(request: JudicialRequest) -> bool | None:
    """Whether the verdict came before the first deadline of its law; None where there is no verdict or deadline."""
    said = at_state(request, VERDICT)
    dues = [each.due for each in request.clocks if each.source] or [each.due for each in request.clocks]
    return said[0] <= min(dues) if said and dues else None


def late(request: JudicialRequest, start: int, end: int, now: int) -> tuple[int, int]:
    """Deadlines in the period, and those of them that were met late or are past and not met."""
    due = [each for each in request.clocks if start <= each.due < end]
    missed = [each for each in due if (now if each.met is None else each.met) > each.due]
    return len(due), len(missed)


def narrowed(request: JudicialRequest, disclosure: Disclosure) -> bool:
    """Whether less was handed out than the categories asked for hold."""
    asked = {name for category in request.categories for name in FIELDS_OF.get(category, ())}
    wanted = {(account, name) for account in request.accounts for name in asked}
    return bool(wanted - {(each.account, each.name) for each in disclosure.fields})


def notice_overdue(disclosure: Disclosure, start: int, end: int, now: int) -> bool:
    """Whether owners were to be told in the period, and were told late or are not told yet."""
    if disclosure.fetched is None:
        return False
    due = disclosure.fetched if disclosure.silence_until is None else disclosure.silence_until
    told = now if disclosure.told_at is None else disclosure.told_at
    return start <= due < end and told > due + DAY


def middle(values: Sequence[int]) -> int | None:
    """The median (the lower of two), None of nothing."""
    return statistics.median_low(values) if values else None


def high(values: Sequence[int], percent: int = 95) -> int | None:
    """The nearest-rank percentile, None of nothing."""
    ranked = sorted(values)
    return ranked[-(-len(ranked) * percent // 100) - 1] if ranked else None


def share(part: int, whole: int) -> int | None:
    """Percent, rounded half up, None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None


def minutes(ms: int | None) -> int | None:
    """Whole minutes, rounded up: nothing took none."""
    return None if ms is None else -(-ms // MINUTE)
