# SPDX-License-Identifier: Apache-2.0
"""Whether the owner heard a notice, by what is suspected now.

A channel that took a notice may turn out to have been the attacker's even then: the wait that it began has not
begun. Nothing is rewritten for that: each decision looks again, so a suspicion that ends or is withdrawn gives
the wait back as it was. Only ever later than what was recorded, never earlier.
"""

from __future__ import annotations

from counterseal.core.account import Notice, State
from counterseal.core.engine.doubt import Active, instance_doubt, muting


def begun(state: State, notice: str | None, started: int | None, standing: tuple[Active, ...]) -> int | None:
    """When a wait for `notice` that was recorded to begin at `started` (ms) really did; None = it has not."""
    if started is None or notice is None or not standing:
        return started
    found = state.notices.get(notice)
    if found is None:  # forgotten after 30 days: it stands as recorded
        return started
    counted = [taken for who, taken in found.accepted.items() if _counts(state, found, who, taken, standing)]
    return max(started, min(counted)) if counted else None


def _counts(state: State, notice: Notice, who: str, taken: int, standing: tuple[Active, ...]) -> bool:
    """No suspicion that reaches back so far mutes the contact, and its factor was not bound in doubt."""
    contact = state.contacts.get(who)
    if who not in notice.contacts or contact is None:  # two officers who reached the owner; a contact long gone
        return True
    if muting(contact, tuple(item for item in standing if item.suspicion.since <= taken)) is not None:
        return False
    instance = state.enrolled.get(contact.instance or "")
    return instance is None or instance_doubt(state, instance, standing) is None
