# SPDX-License-Identifier: Apache-2.0
"""Which accounts have what another policy would not know: nobody may lose a factor, a channel, an own lock, or the
protection of a suspicion by a switch."""

from __future__ import annotations

from msgspec import Struct

from counterseal.core.account import State
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Store

SCAN = 500
"""Accounts listed at a time."""


class _Lost(Struct, frozen=True):
    """The words that go, by kind."""

    factors: frozenset[str]
    channels: frozenset[str]
    capabilities: frozenset[str]
    locks: frozenset[str]

    @property
    def nothing(self) -> bool:
        return not (self.factors or self.channels or self.capabilities or self.locks)


async def concerned(store: Store, current: Policy, candidate: Policy, now: int) -> dict[str, int]:
    """`factor:x`, `channel:x`, `capability:x` (suspected at `now`, ms) and `lock:x` that the candidate does not
    know -> how many accounts have one. Reads every account, where there is such a word."""
    lost = _lost(current, candidate)
    found: dict[str, int] = {}
    after = ""
    while not lost.nothing:
        subjects = await store.subjects("account", after=after, limit=SCAN)
        for subject in subjects:
            state = await store.read(subject)
            if isinstance(state, State):
                for word in _words(state, lost, now):
                    found[word] = found.get(word, 0) + 1
        if not subjects:
            break
        after = subjects[-1]
    return dict(sorted(found.items()))


def _lost(current: Policy, candidate: Policy) -> _Lost:
    old, new = current.vocabulary, candidate.vocabulary
    return _Lost(
        frozenset(old.factors) - frozenset(new.factors),
        frozenset(old.channels) - frozenset(new.channels),
        frozenset(old.capabilities) - frozenset(new.capabilities),
        _renamed_outflows(current, candidate),
    )


def _renamed_outflows(current: Policy, candidate: Policy) -> frozenset[str]:
    """Outflows that go while one of their kind comes under a new name: a lock that the owner set on the old name
    would not hold the new one. One that goes for good takes its lock with it, and nothing leaves."""
    fresh = {rule.kind for name, rule in candidate.rules.items() if rule.outflow and name not in current.rules}
    gone = (rule for name, rule in current.rules.items() if rule.outflow and name not in candidate.rules)
    return frozenset(rule.name for rule in gone if rule.kind in fresh)


def _words(state: State, lost: _Lost, now: int) -> set[str]:
    held = {
        f"factor:{x.factor}" for x in state.enrolled.values() if x.removed_at is None and x.factor in lost.factors
    }
    told = {f"channel:{x.channel}" for x in state.contacts.values() if x.channel in lost.channels}
    suspected = {
        f"capability:{x.capability}"
        for x in state.suspicions.values()
        if x.capability in lost.capabilities and now < x.until
    }
    return held | told | suspected | {f"lock:{name}" for name in state.locks if name in lost.locks}
