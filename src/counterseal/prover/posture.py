# SPDX-License-Identifier: Apache-2.0
"""The posture of one account: what each capability would do to it now, and what would help.

Suspicions, freezes and the owner's own locks are no part of it: they only refuse (core/abstraction.py). So it is
the posture of the account while nobody has noticed anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from counterseal.core.abstraction import abstract
from counterseal.core.account import Grant, State
from counterseal.core.errors import NotFoundError
from counterseal.core.policy.model import Policy
from counterseal.prover.exposure import Exposure, Names, Outcome, Way
from counterseal.prover.findings import NOTHING, Start
from counterseal.prover.game import TooMuchWorkError
from counterseal.prover.minimal import EVER, SILENT
from counterseal.prover.owner import Owner
from counterseal.prover.proof import Recovery

NOTES = (
    "Suspicions, freezes and the owner's locks are left out: they only refuse. Times are lower bounds.",
    "A pair of capabilities that is not listed does no worse than one of the two alone.",
)
SESSION = "session"
OWNED = ("session", "device", "api_key")
"""Kinds of objects that can simply be ended."""


class Change(msgspec.Struct, frozen=True):
    """What becomes of one set of capabilities. `before`, `after`: the worst way; None = never."""

    capabilities: Names
    before: Way | None
    after: Way | None


class Advice(msgspec.Struct, frozen=True):
    """One enrolment (or one ending) and what it changes. `kind`: factor, channel or end; `name`: of which.

    `better`, `worse`: sets whose worst way changes; a set that is not named stays as it is. `helps`: fewer or later
    attacks or less loss on the whole (`Tally`).
    """

    kind: str
    name: str
    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    tally: Tally
    helps: bool


class Tally(msgspec.Struct, frozen=True, order=True):
    """How an account stands, to be compared: less is better, the first difference decides.

    Single capabilities by which value leaves silently; in less than the time that the owner needs; those whose loss
    nothing limits; their losses added up. Then the same numbers of sets for pairs that do worse than their parts.
    """

    silent: int
    short: int
    unlimited: int
    loss: Decimal
    silent_pairs: int
    short_pairs: int
    unlimited_pairs: int
    loss_pairs: Decimal
    ever: int


class Posture(msgspec.Struct, frozen=True):
    """The whole answer. `window`: ms that the owner needs. `nothing`: what can be done with what the attacker has
    in the account already and no capability at all. `singles`: every capability, in the order of the vocabulary.
    `pairs`: those that do worse than either of the two alone, worst first. `advice`: what helps most first;
    `best`: the first of them if it helps, `kind:name`. `recoveries`: how soon the owner is in again who lost one
    factor; empty = not found in the work admitted."""

    policy: str
    digest: str
    currency: str
    window: int
    start: Start
    nothing: Outcome
    singles: tuple[Outcome, ...]
    pairs: tuple[Outcome, ...]
    tally: Tally
    advice: tuple[Advice, ...]
    best: str | None
    recoveries: tuple[Recovery, ...]
    notes: tuple[str, ...] = NOTES

    @property
    def worst(self) -> Outcome | None:
        """The single capability that does worst; among equals the larger loss, then the order of the vocabulary."""
        found = min(self.singles, key=lambda one: (one.severity, -_size(one.loss)), default=None)
        return None if found is None or not found.ways else found


def start_of_state(policy: Policy, state: State, now: int, foreign: Collection[str] = ()) -> Start:
    """The start of the game in the state of an account at `now` (ms). `foreign`: ids of actions that were not the
    owner's; what they granted is the attacker's, like everything whose origin is not the owner.

    Channels: those with a contact that still reaches the owner. Raises NotFoundError (`unknown_action_id`).
    """
    unknown = sorted(set(foreign) - state.actions.keys() - _granting(state))
    if unknown:
        raise NotFoundError(f"the account has no action `{unknown[0][:64]}`", code="unknown_action_id")
    seen = abstract(policy, _without_owner(state, frozenset(foreign)) if foreign else state, now, ())
    channels = {contact.channel for contact in state.contacts.values()} - seen.silenced
    return Start(
        enrolled=seen.enrolled,
        channels=frozenset(channels),
        facts=dict(seen.facts),
        bound=seen.proofs,
        since=dict(seen.since),
        fading=dict(seen.fading),
    )


def _grants(state: State) -> Iterable[Grant]:
    yield from (item.grant for item in state.enrolled.values())
    yield from (fact.grant for item in state.objects.values() for fact in item.facts.values())


def _granting(state: State) -> set[str]:
    return {grant.action for grant in _grants(state)}


def _without_owner(state: State, foreign: frozenset[str]) -> State:
    """The same state, where what these actions granted is of unknown origin."""
    enrolled = {
        key: replace(item, origin="unknown") if item.grant.action in foreign else item
        for key, item in state.enrolled.items()
    }
    objects = {
        key: replace(
            item,
            facts={
                name: replace(fact, origin="unknown") if fact.grant.action in foreign else fact
                for name, fact in item.facts.items()
            },
        )
        for key, item in state.objects.items()
    }
    return replace(state, enrolled=enrolled, objects=objects)


def posture(policy: Policy, start: Start, window: int, capabilities: Collection[str] | None = None) -> Posture:
    """The posture of an account that stands like this. `window`: ms that the owner needs; `capabilities`: None =
    all of the vocabulary. Raises NotFoundError (`unknown_capability`), and TooMuchWorkError where even the bound
    is too much work."""
    words = policy.vocabulary.capabilities
    unknown = sorted(set(capabilities or ()) - words.keys())
    if unknown:
        raise NotFoundError(f"`{unknown[0][:64]}` is not a capability", code="unknown_capability")
    names = tuple(name for name in words if capabilities is None or name in capabilities)
    nothing, singles, pairs = _look(policy, start, window, names, times=True)
    tally = _tally(singles, pairs, window)
    advice = tuple(
        sorted(
            (
                _advice(policy, changed, window, kind, name, (nothing, singles, pairs), tally)
                for kind, name, changed in options(policy, start)
            ),
            key=lambda one: (one.tally, one.kind, one.name),
        )
    )
    best = f"{advice[0].kind}:{advice[0].name}" if advice and advice[0].helps else None
    return Posture(
        policy.name,
        policy.digest,
        policy.currency,
        window,
        start,
        nothing,
        singles,
        pairs,
        tally,
        advice,
        best,
        _recoveries(policy, start),
    )


def _recoveries(policy: Policy, start: Start) -> tuple[Recovery, ...]:
    """The owner's ways to a session without one of his factors. What the attacker has is no help to him."""
    if SESSION not in policy.vocabulary.facts:
        return ()
    mine = start.enrolled - start.bound
    owner = Owner(policy, replace(start, enrolled=mine, facts={}, bound=NOTHING), (SESSION,))
    try:
        return tuple(owner.recovery(frozenset({factor})) for factor in sorted(mine))
    except TooMuchWorkError:
        return ()


Looked = tuple[Outcome, tuple[Outcome, ...], tuple[Outcome, ...]]


def _look(policy: Policy, start: Start, window: int, names: Names, *, times: bool) -> Looked:
    exposure = Exposure(policy, start, window, names)
    nothing, singles = exposure.outcome((), times=times), exposure.singles(times=times)
    return nothing, singles, exposure.pairs(singles, nothing)


def options(policy: Policy, start: Start) -> Iterable[tuple[str, str, Start]]:
    """What the owner could do: (kind, name, the account afterwards). Factors and channels that some kind of account
    of the vocabulary has; the channel of a factor with a contact comes with it."""
    words = policy.vocabulary
    kinds = words.profiles.values()
    factors = dict.fromkeys(name for kind in kinds for name in kind.factors)
    channels = dict.fromkeys(name for kind in kinds for name in kind.channels)
    for name in factors:
        if name not in start.enrolled:
            spec = words.factors[name]
            more = {spec.channel} & set(words.channels) if spec.contact else set()
            fading = {other: left for other, left in start.fading.items() if other != name}
            changed = replace(
                start, enrolled=start.enrolled | {name}, channels=start.channels | more, fading=fading
            )
            yield "factor", name, changed
    contacts = {words.factors[name].channel for name in factors if words.factors[name].contact}
    for name in channels:
        if name not in start.channels and name not in contacts:
            yield "channel", name, replace(start, channels=start.channels | {name})
    ended = {fact for fact in start.facts if words.facts.get(fact) in OWNED}
    if ended:
        kept = {fact: age for fact, age in start.facts.items() if fact not in ended}
        yield "end", "+".join(sorted(ended)), replace(start, facts=kept)


def _advice(
    policy: Policy, changed: Start, window: int, kind: str, name: str, before: Looked, tally: Tally
) -> Advice:
    names = tuple(one.capabilities[0] for one in before[1])
    after = _look(policy, changed, window, names, times=False)
    new = _tally(after[1], after[2], window)
    better: list[Change] = []
    worse: list[Change] = []
    was, now = _by_names(before), _by_names(after)
    for one in dict.fromkeys((*was, *now)):
        old, fresh = _severity(was, one), _severity(now, one)
        if old != fresh:
            row = better if fresh > old else worse
            row.append(Change(one, _worst_way(was, one), _worst_way(now, one)))
    return Advice(kind, name, tuple(better), tuple(worse), new, new < tally)


def _by_names(looked: Looked) -> dict[Names, Outcome]:
    return {one.capabilities: one for one in (looked[0], *looked[1], *looked[2])}


def _worst_outcome(found: Mapping[Names, Outcome], names: Names) -> Outcome:
    """Of a set that is not listed: that of the part that does worst."""
    if names in found:
        return found[names]
    return min((found[part] for part in ((), *((name,) for name in names))), key=lambda one: one.severity)


def _severity(found: Mapping[Names, Outcome], names: Names) -> int:
    return _worst_outcome(found, names).severity


def _worst_way(found: Mapping[Names, Outcome], names: Names) -> Way | None:
    ways = _worst_outcome(found, names).ways
    return ways[0] if ways else None


def _size(loss: Decimal | None) -> Decimal:
    return Decimal("Infinity") if loss is None else loss


def _tally(singles: Collection[Outcome], pairs: Collection[Outcome], window: int) -> Tally:
    return Tally(
        *_count(singles, window),
        *_count(pairs, window),
        sum(one.severity < EVER for one in (*singles, *pairs)),
    )


def _count(outcomes: Collection[Outcome], window: int) -> tuple[int, int, int, Decimal]:
    return (
        sum(one.severity == SILENT for one in outcomes),
        sum(one.severity < window for one in outcomes),
        sum(one.loss is None for one in outcomes),
        sum((one.loss for one in outcomes if one.loss is not None), Decimal(0)),
    )
