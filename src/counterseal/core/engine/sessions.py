# SPDX-License-Identifier: Apache-2.0
"""Ending every session of an account: what two officers do where somebody else may be logged in.

It takes away and gives nothing: no clock restarts, no hold ends, no freeze is lifted, and what rests on a session
that ended still rests on it, doubt included. What waits and names an ended session is decided without it when due.
"""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import Notice, Object, State
from counterseal.core.decision import Decision
from counterseal.core.effects import Effect
from counterseal.core.engine.brakes import two_officers
from counterseal.core.engine.consequences import link_freeze_channels, reachable
from counterseal.core.engine.telling import tell
from counterseal.core.engine.view import live
from counterseal.core.errors import InputError
from counterseal.core.events import Event, SessionsEnded
from counterseal.core.policy.model import Policy

SESSION = "session"
"""The kind of object whose facts end."""

Result = tuple[Decision | None, list[Event], list[Effect]]


def end_sessions(policy: Policy, state: State, given: i.EndSessions, now: int) -> Result:
    """Every live fact of kind `session` ends now; the owner is told on every channel, also where nobody was logged
    in. Raises ForbiddenError without two officers, InputError without a reason."""
    two_officers(given.officers)
    if not given.reason.strip():
        raise InputError("to end sessions needs a reason", code="sessions_reason")
    contacts = reachable(state, link_freeze_channels(state, now), now)
    notice = Notice(f"{given.id}.sessions", now, given.id, "sessions_ended", contacts)
    objects = tuple(_ended(item, now) for item in state.objects.values() if _open(item, now))
    return None, [SessionsEnded(now, objects, given.officers, notice)], tell(policy, state, notice, now)


def _open(item: Object, now: int) -> bool:
    return item.kind == SESSION and any(live(fact, now) for fact in item.facts.values())


def _ended(item: Object, now: int) -> Object:
    """The same object with its facts over. They are kept: grants may rest on them."""
    facts = {name: replace(fact, expires=now) if live(fact, now) else fact for name, fact in item.facts.items()}
    return replace(item, facts=facts)
