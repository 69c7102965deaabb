# SPDX-License-Identifier: Apache-2.0
"""Who else was reachable the same way: leads from the attacker's steps, and what is said of each account. Pure.

A lead is something that a step of the attacker left behind and that other accounts may bear: the destination, the
device, the network, a contact that was bound, the agent who had looked, the request that disclosed. What the owner
had used before the attack is the owner's and leads nowhere. What many accounts bore long before the attack (the
network of a carrier, a popular merchant) is common: it is counted and named, and drags nobody in by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from counterseal.core.account import Request
from counterseal.incidents.traces import AGENT, KINDS, Seen, Traced, Trait, TraitHead, requested
from counterseal.prover.reach import Reach

DAY: Final = 86_400_000
FRESH: Final = 30 * DAY
"""A trait that was first seen so long before the attack is no part of its making."""
FEW: Final = 3
"""Accounts that may bear an old trait without its being common."""
LOOKED: Final = 30 * DAY
"""How long before the first step a look at the account counts as a precursor."""
REQUEST: Final = "request"
KINDS_OF_LEADS: Final = (*KINDS, REQUEST)


class State(StrEnum):
    """What is known of an account."""

    HIT = "hit"  # value left in the attacker's way
    EXPOSED = "exposed"  # it bears a lead, and value could leave before its owner can react
    SAFE = "safe"  # it bears a lead, and the policy leaves the owner the time
    UNKNOWN = "unknown"  # it bears a lead, and nobody can say


class Deed(msgspec.Struct, frozen=True):
    """A step of the attacker: what was asked for, by which action, when (ms)."""

    account: str
    action: str
    at: int
    request: Request


class Lead(msgspec.Struct, frozen=True, order=True):
    """Something that ties accounts to the attack. `ref`: the digest of the trait, the request's or the agent's id;
    `said`: the value, for officers, as the account of the step names it. `since`: from when on bearing it counts.
    `strong`: False = common, or one look of an agent: it drags nobody in by itself."""

    kind: str
    ref: str
    said: str
    account: str
    action: str
    since: int
    strong: bool = True
    bearers: int = 0


class Tie(msgspec.Struct, frozen=True, order=True):
    """Why an account stands in the list: a lead that it bears, since when, and whether value left with it."""

    kind: str
    ref: str
    at: int
    strong: bool
    left: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """What is said of an account. `why`: a code; `reach`: the worst that the sufficient sets can do to it."""

    account: str
    state: State
    why: str
    ties: tuple[Tie, ...]
    reach: Reach | None = None


def begun(deeds: Iterable[Deed]) -> dict[str, int]:
    """Account -> its first step of the attacker, ms."""
    found: dict[str, int] = {}
    for deed in deeds:
        found[deed.account] = min(deed.at, found.get(deed.account, deed.at))
    return found


def traits_left(deeds: Sequence[Deed]) -> dict[Trait, Deed]:
    """Every trait of the attacker's steps, with the first step that bore it."""
    found: dict[Trait, Deed] = {}
    for deed in sorted(deeds, key=lambda each: (each.at, each.account, each.action)):
        for trait in requested(deed.request):
            found.setdefault(trait, deed)
    return found


def leads_of(
    deeds: Sequence[Deed],
    digests: Mapping[Trait, str],
    traced: Mapping[str, Traced],
    heads: Mapping[str, TraitHead],
) -> tuple[Lead, ...]:
    """The leads of these steps. `traced`: account of a step -> its traits; `heads`: digest -> who bears it."""
    starts = begun(deeds)
    if not starts:
        return ()
    first = min(starts.values())
    found: list[Lead] = []
    for trait, deed in traits_left(deeds).items():
        digest = digests[trait]
        held = traced.get(deed.account, Traced()).seen.get(digest)
        if held is not None and held.first < starts[deed.account]:
            continue  # the owner's own
        head = heads.get(digest)
        bearers = 0 if head is None else head.accounts
        old = head is not None and head.first < first - FRESH
        strong = not (old and bearers > FEW)
        since = first - FRESH if strong else first
        found.append(Lead(trait.kind, digest, trait.value, deed.account, deed.action, since, strong, bearers))
    return tuple(sorted(found))


def agents_of(looks: Mapping[str, Sequence[tuple[str, int]]], starts: Mapping[str, int]) -> tuple[Lead, ...]:
    """Who of staff had looked at accounts before they were hit. `looks`: account -> (staff, ms). One look is weak:
    support works like that. Whoever had looked at two of them or more is a strong lead."""
    seen: dict[str, dict[str, int]] = {}
    for account, each in looks.items():
        start = starts.get(account)
        for staff, at in each:
            if start is not None and start - LOOKED <= at <= start:
                mine = seen.setdefault(staff, {})
                mine[account] = min(at, mine.get(account, at))
    found = []
    for staff, accounts in seen.items():
        account, at = min(accounts.items(), key=lambda pair: (pair[1], pair[0]))
        since = min(accounts.values()) - LOOKED
        found.append(Lead(AGENT, staff, staff, account, "", since, len(accounts) > 1, len(accounts)))
    return tuple(sorted(found))


def tie_of(lead: Lead, seen: Seen | None) -> Tie | None:
    """How an account bears a lead; None where it bore it only before it counts."""
    if seen is None:
        return Tie(lead.kind, lead.ref, lead.since, lead.strong)
    if seen.last < lead.since:
        return None
    left = bool(seen.left) and seen.left_at >= lead.since and lead.kind != AGENT
    return Tie(lead.kind, lead.ref, max(seen.first, lead.since), lead.strong, left)


def judge(account: str, ties: Sequence[Tie], reach: Reach | None, *, stolen: bool = False) -> Verdict | None:
    """What is said of an account; None where nothing strong ties it. `stolen`: value left it by a step of the
    attacker, whatever else is known."""
    kept = tuple(sorted(ties, key=lambda tie: (not tie.strong, not tie.left, tie.kind, tie.ref)))
    strong = [tie for tie in kept if tie.strong]
    if stolen:
        return Verdict(account, State.HIT, "stolen", kept, reach)
    if not strong:
        return None
    if any(tie.left for tie in strong):
        return Verdict(account, State.HIT, "left", kept, reach)
    if reach is None:
        return Verdict(account, State.UNKNOWN, "not_determined", kept)
    if not reach.enough:
        return Verdict(account, State.EXPOSED, "too_little_time", kept, reach)
    return Verdict(account, State.SAFE, "enough_time" if reach.outflow else "never", kept, reach)
