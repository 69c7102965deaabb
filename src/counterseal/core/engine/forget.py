# SPDX-License-Identifier: Apache-2.0
"""What a state no longer needs. Nothing that a rule could still ask for is dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from counterseal.core.account import Action, Notice, Object, State
from counterseal.core.engine import limits

OVER = frozenset({"done", "cancelled", "refused"})
"""An action in one of these can change no more."""


EVERY = 8
"""Asks between two looks at the whole state."""


def forget(state: State, now: int) -> State:
    """Drop what no rule can ask for any more. Only at every eighth ask, so that replay drops the same."""
    if state.sequence % EVERY:
        return state
    changes: dict[str, Any] = {}
    for name, stale in _STALE.items():
        kept: dict[str, Any] = getattr(state, name)
        if any(stale(item, now) for item in kept.values()):
            changes[name] = {key: item for key, item in kept.items() if not stale(item, now)}
    actions = changes.get("actions", state.actions)
    if len(actions) > limits.MOST_OPEN:
        dropped = _unanswered(actions)[: -limits.MOST_OPEN]
        changes["actions"] = {key: item for key, item in actions.items() if key not in dropped}
    for name, lifetime in _STALE_ROWS.items():
        rows: tuple[Any, ...] = getattr(state, name)
        if rows and _moment(rows[0]) < now - lifetime:
            changes[name] = tuple(row for row in rows if _moment(row) >= now - lifetime)
    return replace(state, **changes) if changes else state


def _unanswered(actions: dict[str, Action]) -> list[str]:
    """Open actions for which nothing was sent or answered, oldest first: what counts for a budget is kept."""
    bare = (x for x in actions.values() if x.status == "open" and not (x.proofs or x.challenges or x.failures))
    return [action.id for action in sorted(bare, key=lambda action: action.asked)]


def _moment(row: Any) -> int:
    at: int = row[1] if isinstance(row, tuple) else row.at
    return at


def _closed(action: Action, now: int) -> bool:
    if action.status in OVER:
        return action.ended is not None and action.ended < now - limits.CLOSED_KEPT
    return action.status == "open" and action.asked < now - limits.CLOSED_KEPT


def _stale_notice(notice: Notice, now: int) -> bool:
    # A notice that nobody took yet still holds something: two officers may have to confirm it.
    return notice.at < now - (limits.NOTICE_KEPT if notice.started is not None else limits.UNTOLD_KEPT)


def _stale_object(item: Object, now: int) -> bool:
    for fact in item.facts.values():
        if fact.expires is None or fact.expires >= now - limits.OBJECT_KEPT:
            return False
    return True


_STALE: dict[str, Callable[[Any, int], bool]] = {
    "tokens": lambda until, now: until < now,
    "links": lambda until, now: until < now,
    "actions": _closed,
    "notices": _stale_notice,
    "suspicions": lambda item, now: item.until < now,
    "objects": _stale_object,
    "contacts": lambda item, now: item.replaced_at is not None and item.replaced_at < now - limits.NOTICE_KEPT,
}
_STALE_ROWS: dict[str, int] = {
    "failures": limits.FAILURES_KEPT,
    "spends": limits.SPENDS_KEPT,
    "freezers": limits.FREEZER_KEPT,
    "cancellers": limits.FREEZER_KEPT,
}
