# SPDX-License-Identifier: Apache-2.0
"""Which accounts have what a new vocabulary does not know: nobody may lose a factor or a channel by a switch."""

from __future__ import annotations

from counterseal.core.account import State
from counterseal.core.policy.model import Vocabulary
from counterseal.core.transaction import Store

SCAN = 500
"""Accounts listed at a time."""


async def concerned(store: Store, current: Vocabulary, candidate: Vocabulary) -> dict[str, int]:
    """`factor:x` and `channel:x` that the candidate does not know -> how many accounts have one. Reads every
    account, where there is such a word."""
    factors = set(current.factors) - set(candidate.factors)
    channels = set(current.channels) - set(candidate.channels)
    found: dict[str, int] = {}
    after = ""
    while factors or channels:
        subjects = await store.subjects("account", after=after, limit=SCAN)
        for subject in subjects:
            state = await store.read(subject)
            if isinstance(state, State):
                for word in _words(state, factors, channels):
                    found[word] = found.get(word, 0) + 1
        if not subjects:
            break
        after = subjects[-1]
    return dict(sorted(found.items()))


def _words(state: State, factors: set[str], channels: set[str]) -> set[str]:
    found = {f"factor:{x.factor}" for x in state.enrolled.values() if x.removed_at is None and x.factor in factors}
    told = {f"channel:{x.channel}" for x in state.contacts.values() if x.channel in channels}
    return found | told
