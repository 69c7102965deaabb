# SPDX-License-Identifier: Apache-2.0
"""One action that protects everyone: planned whole by two officers, carried out account by account, each once.

A plan is written in parts before anything is done. A worker carries the parts out; whoever dies in between is
followed by another that begins the part again, and a step that was done is answered from its first time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.incidents.impact import DAY, State, Verdict

PART: Final = 100
MOST: Final = 20_000
MOST_FROZEN: Final = 1_000
"""A freeze stops an owner who did nothing wrong: more at once is a stop of the platform, which is `brakes`."""
LONGEST: Final = 90 * DAY
TWO: Final = 2
DONE: Final = "done"


class Measure(StrEnum):
    """What is done to an account."""

    SHIELD = "shield"  # what could be in the attacker's hands proves nothing: a suspicion for each capability
    END_SESSIONS = "end_sessions"
    FREEZE = "freeze"  # outflows stop until two officers lift it


class Wish(msgspec.Struct, frozen=True):
    """What two officers want: measure by state. `lasts`: of the shields, ms."""

    shield: tuple[State, ...] = (State.HIT, State.EXPOSED, State.UNKNOWN)
    end_sessions: tuple[State, ...] = (State.HIT,)
    freeze: tuple[State, ...] = (State.HIT,)
    lasts: int = 30 * DAY


class Guarded(msgspec.Struct, frozen=True, omit_defaults=True):
    """One account in a plan."""

    account: str
    capabilities: tuple[str, ...] = ()
    end_sessions: bool = False
    freeze: bool = False


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of a plan. `results`: one for each account: `done`, why nothing could be done, or "" = not yet."""

    act: str
    number: int
    accounts: tuple[Guarded, ...]
    results: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether nothing of it is left."""
        return bool(self.results) and "" not in self.results


class ProtectionAct(msgspec.Struct, frozen=True, omit_defaults=True):
    """A plan. `since`, `until`: of the shields, ms; `done`: parts carried out."""

    id: str
    incident: str
    at: int
    officers: tuple[str, ...]
    why: str
    since: int
    until: int
    parts: int
    accounts: int
    counts: dict[str, int] = {}
    done: int = 0
    ended: int | None = None


def planned(
    verdicts: Iterable[Verdict], wish: Wish, sets: Sequence[tuple[str, ...]], known: Iterable[str]
) -> tuple[Guarded, ...]:
    """Who gets what. The shields of an account are of the capabilities that reach it; of one that was hit, or of
    which nobody can say, of all that are in a sufficient set. `known`: capabilities of the policy in force.

    Raises InputError where nothing would be done, or too much at once.
    """
    if not 0 < wish.lasts <= LONGEST:
        raise InputError("a shield lasts up to 90 days", code="shield_length")
    words = set(known)
    every = tuple(sorted({name for each in sets for name in each} & words))
    found = []
    for verdict in verdicts:
        narrow = () if verdict.reach is None else tuple(sorted(set(verdict.reach.capabilities) & words))
        mine = (narrow or every) if verdict.state is State.EXPOSED else every
        one = Guarded(
            verdict.account,
            mine if verdict.state in wish.shield else (),
            verdict.state in wish.end_sessions,
            verdict.state in wish.freeze,
        )
        if one.capabilities or one.end_sessions or one.freeze:
            found.append(one)
    _limits(found)
    return tuple(found)


def _limits(found: Sequence[Guarded]) -> None:
    if not found:
        raise InputError(
            "there is nothing to do: no account is in these states, or no cause is known yet",
            code="nothing_to_protect",
            hint="Choose other states, or measures that need no cause.",
        )
    if len(found) > MOST:
        raise InputError(f"one action protects up to {MOST:,} accounts", code="too_many_accounts")
    if sum(each.freeze for each in found) > MOST_FROZEN:
        raise InputError(
            f"one action freezes up to {MOST_FROZEN:,} accounts",
            code="too_many_freezes",
            hint="Freeze those that were hit and shield the others, or set a brake for the whole platform.",
        )


def counted(accounts: Iterable[Guarded]) -> dict[str, int]:
    """How many accounts get each measure."""
    found: Counter[str] = Counter()
    for each in accounts:
        found[Measure.SHIELD.value] += bool(each.capabilities)
        found[Measure.END_SESSIONS.value] += each.end_sessions
        found[Measure.FREEZE.value] += each.freeze
    return {measure.value: found[measure.value] for measure in Measure}


def parts_of(act: str, accounts: Sequence[Guarded]) -> tuple[Part, ...]:
    """The accounts in pieces that are carried out one by one."""
    return tuple(
        Part(act, number, tuple(accounts[first : first + PART]))
        for number, first in enumerate(range(0, len(accounts), PART))
    )


def shield_id(incident: str, capability: str) -> str:
    """The id of a shield: the same for the same cause, so that it stands once and can be found again."""
    return f"incident.{incident}.{capability}"


def act_of(act: str) -> str:
    """Where a plan stands."""
    return f"incident_act:{act}"


def part_of(act: str, number: int) -> str:
    """Where a piece of it stands."""
    return f"incident_act_part:{act}:{number:04d}"
