# SPDX-License-Identifier: Apache-2.0
"""Break-glass: two officers put suspicions aside for a while, for everything that is no outflow.

Requirements, holds, ages, delays and freezes stay. What was granted meanwhile on a proof that is suspected is
doubtful afterwards as ever: no outflow can rest on it. docs/adr/0018-brake-and-break-glass.md has the reasons.
"""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import Notice, State
from counterseal.core.decision import Decision
from counterseal.core.effects import Effect
from counterseal.core.engine import limits
from counterseal.core.engine.brakes import two_officers
from counterseal.core.engine.consequences import link_freeze_channels, reachable
from counterseal.core.engine.doubt import open_now
from counterseal.core.engine.telling import tell
from counterseal.core.errors import ConflictError, InputError
from counterseal.core.events import Event, GlassClosed, GlassOpened
from counterseal.core.policy.model import Policy
from counterseal.core.stops import Glass

Result = tuple[Decision | None, list[Event], list[Effect]]


def left(state: State, now: int) -> int:
    """Ms of break-glass that this account has left. Whatever reaches into the last 24 h counts whole."""
    return limits.GLASS_LONGEST - sum(item.until - item.since for item in recent(state, now))


def recent(state: State, now: int) -> tuple[Glass, ...]:
    """The openings that reach into the last 24 h."""
    return tuple(item for item in state.glass if item.until > now - limits.GLASS_PERIOD)


def open_glass(policy: Policy, state: State, given: i.OpenGlass, now: int) -> Result:
    """Two officers open it; the owner is told on every channel. Openings do not stack beyond 4 h in 24 h."""
    two_officers(given.officers)
    if not given.reason.strip():
        raise InputError("break-glass needs a reason", code="glass_reason")
    if not 0 < given.duration <= limits.GLASS_LONGEST:
        raise InputError("break-glass lasts up to four hours", code="glass_duration")
    if open_now(state, now) is not None:
        raise ConflictError("break-glass is open for this account", code="glass_open", hint="Close it first.")
    if given.duration > left(state, now):
        hint = "Openings of the last 24 hours count whole: four hours are all that there is."
        raise ConflictError("break-glass was open for long enough today", code="glass_spent", hint=hint)
    glass = Glass(given.id, now, now + given.duration, given.officers, given.reason)
    contacts = reachable(state, link_freeze_channels(state, now), now)
    notice = Notice(f"{given.id}.glass", now, given.id, "glass", contacts)
    effects = tell(policy, state, notice, now, more={"until": str(glass.until)})
    return None, [GlassOpened(now, (*recent(state, now), glass), notice)], effects


def close_glass(policy: Policy, state: State, given: i.CloseGlass, now: int) -> Result:
    """Anybody of staff ends it at once."""
    glass = open_now(state, now)
    if glass is None:
        raise ConflictError("break-glass is not open for this account", code="glass_not_open")
    ended = replace(glass, until=now, closed_by=given.by)
    return None, [GlassClosed(now, (*(item for item in recent(state, now) if item.id != glass.id), ended))], []
