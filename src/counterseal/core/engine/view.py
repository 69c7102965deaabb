# SPDX-License-Identifier: Apache-2.0
"""What holds for one request now: the `View` that compiled requirements read, and why each atom does not hold."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from counterseal.core.account import Action, FactState, Instance, Mark, Object, State, object_key
from counterseal.core.engine import limits
from counterseal.core.engine.doubt import Active, active, covering, fact_doubt, instance_doubt, puts_aside
from counterseal.core.engine.heard import begun
from counterseal.core.policy.model import Policy, Rule, Vocabulary

_NOTHING: frozenset[str] = frozenset()
STALE = -1  # a wait that has not begun: nobody has been told yet


class Holds:
    """A `View` of one action at one moment.

    `proofs`, `facts`, `context`, `enrolled`: names that hold. `since`, `age`: ms; absent = never / not named.
    `refused`: factor or fact -> the suspicion that makes it not count. `standing`: suspicions against proofs and
    facts, none of them while break-glass puts them aside; `against`: those against waits, always all of them.
    """

    __slots__ = ("against", "age", "context", "enrolled", "facts", "proofs", "refused", "since", "standing")

    def __init__(self, policy: Policy, rule: Rule, state: State, action: Action, now: int) -> None:
        self.against = active(policy.vocabulary, state, now) if state.suspicions else ()
        self.standing = () if puts_aside(state, rule, now) else self.against
        self.refused: dict[str, Active] = {}
        self.context = _context(action, now)
        self.proofs = self._proofs(state, action, now) if action.proofs else _NOTHING
        self.age: dict[str, int] = {}
        self.facts = self._facts(policy.vocabulary, rule, state, action, now)
        self.since = clocks(policy, state, now, self.against, rule.require.clocks)
        self.enrolled = frozenset(
            [
                item.factor
                for item in state.enrolled.values()
                if item.removed_at is None or still_counts(state, item, now, self.against)
            ]
        )

    def _proofs(self, state: State, action: Action, now: int) -> frozenset[str]:
        fresh: set[str] = set()
        for proof in action.proofs:
            if action.accepted_at is None and now - proof.at > limits.PROOF_LIFETIME:
                continue
            instance = state.enrolled.get(proof.instance)
            if instance is None or (instance.removed_at is not None and instance.removed_at <= now):
                continue
            doubt = self.usable(state, instance)
            if doubt is None:
                fresh.add(proof.factor)
            else:
                self.refused[proof.factor] = doubt
        return frozenset(fresh)

    def usable(self, state: State, instance: Instance) -> Active | None:
        """The suspicion for which a proof of this instance does not count; None = it counts."""
        if not self.standing:
            return None
        return covering(instance.factor, instance.id, self.standing) or instance_doubt(
            state, instance, self.standing
        )

    def _facts(self, vocabulary: Vocabulary, rule: Rule, state: State, action: Action, now: int) -> frozenset[str]:
        """The facts that the rule asks for, of the objects that the request names."""
        names: set[str] = set()
        named, objects = action.request.objects, state.objects
        for name in rule.require.facts:
            kind = vocabulary.facts.get(name)
            item = objects.get(f"{kind}:{named[kind]}") if kind in named else None
            fact = None if item is None else item.facts.get(name)
            if item is None or fact is None or not live(fact, now):
                continue
            doubt = fact_doubt(state, item, name, self.standing) if self.standing else None
            if doubt is None:
                names.add(name)
                started = begun(state, fact.notice, fact.started, self.against)
                self.age[name] = STALE if started is None else now - started
            else:
                self.refused[name] = doubt
        return frozenset(names)


def _context(action: Action, now: int) -> frozenset[str]:
    """What the platform stated at the ask: true of then. It outlives the wait that the policy or the owner set, not
    the attempt: a trade is not sealed a day later because its price was fair."""
    fresh = action.due is not None or now - action.asked <= limits.ACTION_LIFETIME + limits.SEAL_LIFETIME
    return action.request.context if fresh else frozenset()


def live(fact: FactState, now: int) -> bool:
    """Granted by now and not expired. The instant of expiry itself is over."""
    return fact.grant.at <= now and (fact.expires is None or now < fact.expires)


def still_counts(state: State, instance: Instance, now: int, against: tuple[Active, ...] = ()) -> bool:
    """Whether `strongest` must reckon with an instance: enrolled, or removed and its hold not over."""
    if instance.removed_at is None:
        return True
    if instance.floor is None:
        return False
    mark = state.times.get(instance.floor)
    started = None if mark is None else begun(state, mark.notice, mark.started, against)
    return mark is not None and (started is None or now - started < instance.floor_wait)


def outranked(
    state: State, factors: tuple[str, ...], index: int, now: int, against: tuple[Active, ...]
) -> tuple[bool, int | None]:
    """(whether waiting alone makes `factors[index]` the highest that counts, when if that is known): everything
    above it was removed and only the holds of those removals are left."""
    if all(item.removed_at is None for item in state.enrolled.values()):
        return False, None
    if not any(item.factor == factors[index] and item.removed_at is None for item in state.enrolled.values()):
        return False, None
    above = [
        item
        for item in state.enrolled.values()
        if item.factor in factors[:index] and still_counts(state, item, now, against)
    ]
    if not above or any(item.removed_at is None for item in above):
        return False, None
    marks = [(state.times.get(item.floor or ""), item.floor_wait) for item in above]
    starts = [(begun(state, mark.notice, mark.started, against), wait) for mark, wait in marks if mark is not None]
    ends = [started + wait for started, wait in starts if started is not None]
    return True, max(ends) if len(ends) == len(marks) else None


def clocks(
    policy: Policy,
    state: State,
    now: int,
    against: tuple[Active, ...] = (),
    wanted: Iterable[str] | None = None,
) -> dict[str, int]:
    """The clocks (all, or those `wanted`) that ever ran under this policy's view of the raw times, or were stamped
    by an earlier one: ms since the latest verb. STALE while the notice of a verb has not been accepted."""
    times = state.times
    if not times:
        return {}
    found: dict[str, int] = {}
    for clock in policy.clock_members if wanted is None else wanted:
        members = policy.clock_members.get(clock)
        if members is None:
            continue
        marks = [times[key] for key in _keys(clock, members) if key in times]
        if marks:
            found[clock] = min([_elapsed(policy, state, mark, now, against) for mark in marks])
    return found


@lru_cache(maxsize=1024)
def _keys(clock: str, members: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """Under which keys of `State.times` a clock finds its marks: made once for each clock of each policy."""
    return (f"clock:{clock}", *(f"{verb}:{target}" for verb, target in members))


def _elapsed(policy: Policy, state: State, mark: Mark, now: int, against: tuple[Active, ...]) -> int:
    started = begun(state, mark.notice, mark.started, against)
    if started is None:
        return STALE
    elapsed = now - started
    # A hold made under another policy is not shortened by a switch: its own wait must be over first.
    return STALE if mark.policy not in ("", policy.digest) and elapsed < mark.wait else elapsed


def hold_end(policy: Policy, state: State, clock: str, wait: int, against: tuple[Active, ...] = ()) -> int | None:
    """When `since(clock) >= wait` becomes true (ms) if nothing else happens; None while nobody was told. `against`:
    the suspicions that stand."""
    ends: list[int] = []
    for key in _keys(clock, policy.clock_members.get(clock, frozenset())):
        mark = state.times.get(key)
        if mark is None:
            continue
        started = begun(state, mark.notice, mark.started, against)
        if started is None:
            return None
        foreign = mark.policy not in ("", policy.digest)
        ends.append(started + (max(wait, mark.wait) if foreign else wait))
    return max(ends, default=0)


def named(state: State, action: Action, kind: str) -> Object | None:
    """The object of this kind that the request names."""
    identity = action.request.objects.get(kind)
    return None if identity is None else state.objects.get(object_key(kind, identity))
