# SPDX-License-Identifier: Apache-2.0
"""What an action that parted from the record leaves behind: everything that later actions may rest on."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from counterseal.core import events as e
from counterseal.core.account import Mark, Request, Spend, State, object_key
from counterseal.core.engine.assess import value_of
from counterseal.core.engine.consequences import standing
from counterseal.core.engine.requests import FACTOR
from counterseal.core.engine.view import live
from counterseal.core.policy.expression import Since
from counterseal.core.policy.model import Policy, Rule


class Extra(Struct):
    """A clock that the action restarts wherever it takes effect. `notice`: whose acceptance starts it."""

    action: str
    clock: str
    mark: Mark


class Remains:
    """Things touched by actions whose effects differ between the record and the new policy.

    Explicit: objects, factor instances, contacts. They are named; who names one rests on the action. Implicit:
    enrolled classes, freezes, locks, lifetimes: they matter where both states differ. Restrictions (clocks,
    limits) only ever refuse: an action is decided without and with all of them.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._touched: dict[str, set[str]] = {}
        self._clocks: list[Extra] = []
        self._spends: list[Spend] = []

    def __bool__(self) -> bool:
        return bool(self._touched or self._clocks or self._spends)

    def kept(self) -> tuple[dict[str, set[str]], list[Extra], list[Spend]]:
        """What a shadow puts away between two inputs."""
        return self._touched, self._clocks, self._spends

    def restore(self, touched: dict[str, set[str]], clocks: list[Extra], spends: list[Spend]) -> None:
        """Take up what was put away."""
        self._touched, self._clocks, self._spends = touched, clocks, spends

    def forget(self, action: str) -> None:
        """The record has caught up: nothing differs any more."""
        for key in [key for key, names in self._touched.items() if action in names]:
            self._touched[key].discard(action)
            if not self._touched[key]:
                del self._touched[key]
        self._clocks = [extra for extra in self._clocks if extra.action != action]
        self._spends = [spend for spend in self._spends if spend.action != action]

    def note(self, action: str, before: State, after: State, events: Iterable[e.Event], rule: Rule | None) -> None:
        """Remember what these events of `action` did. `rule`: under the new policy, None = it has none."""
        for event in events:
            if isinstance(event, e.Applied) and event.action == action:
                self._applied(action, before, event)
                self._restart(action, event, rule)
            elif isinstance(event, e.Sealed) and event.action == action:
                for item in event.objects:
                    self._touch(f"renewed:{object_key(item.kind, item.id)}", action)
                self._restart(action, event, rule)
                self._spend(action, after, event.at, event.spend.outflow)
            elif isinstance(event, e.Reported) and event.spend is None:
                self._spends = [spend for spend in self._spends if spend.action != action]

    def _touch(self, key: str, action: str) -> None:
        self._touched.setdefault(key, set()).add(action)

    def _applied(self, action: str, before: State, event: e.Applied) -> None:
        for item in event.objects:
            self._touch(f"object:{object_key(item.kind, item.id)}", action)
        for instance in event.instances:
            self._touch(f"instance:{instance.id}", action)
            self._touch(f"factor:{instance.factor}", action)
        for contact in event.contacts:
            self._touch(f"contact:{contact.id}", action)
        if event.lifted:
            self._touch("freezes", action)
        if event.lock is not None and before.locks.get(event.lock.outflow) != event.lock:
            self._touch(f"lock:{event.lock.outflow}", action)

    def _restart(self, action: str, event: e.Applied | e.Sealed, rule: Rule | None) -> None:
        if rule is None:
            clocks = {key.removeprefix("clock:") for key in event.times if key.startswith("clock:")}
        else:
            clocks = {*rule.holds, *rule.starts}
        for clock in sorted(clocks & self._policy.longest_wait.keys()):
            told = None if event.notice is None else event.notice.id
            begun = event.at if told is None else None
            wait = self._policy.longest_wait[clock]
            self._clocks.append(Extra(action, clock, Mark(event.at, told, begun, self._policy.digest, wait)))

    def _spend(self, action: str, after: State, at: int, outflow: str) -> None:
        found = after.actions.get(action)
        if found is not None and all(spend.action != action for spend in self._spends):
            self._spends.append(Spend(action, outflow, at, value_of(found)))

    def frozen(self, identity: str) -> None:
        """A recorded freeze that could not be replayed."""
        self._touch("freezes", identity)

    def taken(self, events: Iterable[e.Event]) -> None:
        """Recorded notices that a channel took: clocks that waited for them run."""
        for event in events:
            if isinstance(event, e.NoticeTaken) and event.counts:
                for extra in self._clocks:
                    if extra.mark.notice == event.notice and extra.mark.started is None:
                        extra.mark = replace(extra.mark, started=max(event.taken, extra.mark.at))

    def under(self, rule: Rule | None, was: State, new: State, at: int) -> tuple[str, ...]:
        """The actions that a decision under this rule rests on implicitly."""
        found: set[str] = set()
        if rule is None or not self._touched:
            return ()
        for factor in rule.require.factors:
            if f"factor:{factor}" in self._touched and _classes(was, factor) != _classes(new, factor):
                found |= self._touched[f"factor:{factor}"]
        if "freezes" in self._touched and (rule.outflow or rule.lifts) and _frozen(was, at) != _frozen(new, at):
            found |= self._touched["freezes"]
        if f"lock:{rule.name}" in self._touched and was.locks.get(rule.name) != new.locks.get(rule.name):
            found |= self._touched[f"lock:{rule.name}"]
        return tuple(sorted(found))

    def named(self, request: Request, was: State, new: State, at: int) -> tuple[str, ...]:
        """The actions that a request rests on because it names what they made or changed."""
        found: set[str] = set()
        for kind, identity in request.objects.items():
            key = f"{kind}:{identity}"
            found |= self._touched.get(f"instance:{identity}" if kind == FACTOR else f"object:{key}", set())
            renewed = self._touched.get(f"renewed:{key}")
            if renewed and _live(was, key, at) != _live(new, key, at):
                found |= renewed
        return tuple(sorted(found))

    def instance(self, identity: str) -> tuple[str, ...]:
        """The actions that made or changed a factor instance."""
        return tuple(sorted(self._touched.get(f"instance:{identity}", ())))

    def contact(self, identity: str | None) -> tuple[str, ...]:
        """The actions that made or changed a contact."""
        return tuple(sorted(self._touched.get(f"contact:{identity}", ())))

    def restricted(self, rule: Rule | None, action: str, new: State) -> tuple[State, tuple[str, ...]] | None:
        """The state with every restriction that this rule reads, and whose they are; None = there is none."""
        if rule is None or not (self._clocks or self._spends):
            return None
        read = {atom.clock for atom in rule.require.atoms if isinstance(atom, Since)}
        clocks = [extra for extra in self._clocks if extra.clock in read and extra.action != action]
        spends = [x for x in self._spends if rule.outflow and x.outflow == rule.name and x.action != action]
        if not clocks and not spends:
            return None
        times = dict(new.times)
        for extra in clocks:
            key = f"clock:{extra.clock}"
            times[key] = _later(times.get(key), extra.mark)
        mine = {spend.action for spend in spends}
        kept = tuple(spend for spend in new.spends if spend.action not in mine)
        names = tuple(sorted({*mine, *(extra.action for extra in clocks)}))
        return replace(new, times=times, spends=(*kept, *spends)), names


def _later(one: Mark | None, other: Mark) -> Mark:
    """The mark whose wait ends later; nobody told = it does not end."""
    if one is None or other.started is None:
        return other
    return one if one.started is None or one.started >= other.started else other


def _classes(state: State, factor: str) -> frozenset[str]:
    return frozenset(x.id for x in state.enrolled.values() if x.factor == factor and x.removed_at is None)


def _frozen(state: State, at: int) -> frozenset[str]:
    return frozenset(key for key, freeze in state.freezes.items() if standing(freeze, at))


def _live(state: State, key: str, at: int) -> frozenset[str]:
    item = state.objects.get(key)
    return frozenset() if item is None else frozenset(name for name, fact in item.facts.items() if live(fact, at))
