# SPDX-License-Identifier: Apache-2.0
"""Recorded statements that an action was an attacker's: a cancel by link, a freeze, a confirmed suspicion, ..."""

from __future__ import annotations

from collections.abc import Iterable

from counterseal.core import events as e
from counterseal.core import inputs as i
from counterseal.prover.history import Past, Sign

FREEZE_LOOKS_BACK = 86_400_000
"""A freeze names no action: what was asked in the 24 h before it belongs to the incident."""

_CLEARED = "cleared:"


def sign_of(past: Past) -> Sign | None:
    """The sign that a recorded input is, if any. Refused and repeated ones (no event) are none."""
    given, at = past.input, past.at
    if isinstance(given, i.Cancel) and given.by == "link" and past.events:
        return Sign("cancelled_by_link", at, at, at, (given.action,), by_owner=True)
    if isinstance(given, i.ResolveDispute) and not given.uphold:
        return Sign("dispute_ended", at, at, at, (given.action,))
    if isinstance(given, i.FreezeNow) and any(isinstance(event, e.Frozen) for event in past.events):
        return Sign("frozen", at, at - FREEZE_LOOKS_BACK, at, by_owner=given.freeze.kind != "staff")
    if isinstance(given, i.Suspect) and given.suspicion.strength == "confirmed":
        return Sign(f"confirmed_suspicion:{given.suspicion.id}", at, given.suspicion.since, at)
    if isinstance(given, i.ClearSuspicion):
        return Sign(f"{_CLEARED}{given.suspicion}", at, at, at)
    return None


def confirmed(signs: Iterable[Sign]) -> tuple[Sign, ...]:
    """Without suspicions that officers withdrew."""
    listed = list(signs)
    cleared = {sign.kind.removeprefix(_CLEARED) for sign in listed if sign.kind.startswith(_CLEARED)}
    kept = [sign for sign in listed if not sign.kind.startswith(_CLEARED)]
    return tuple(
        Sign(kind, sign.at, sign.since, sign.until, sign.actions, sign.by_owner)
        for sign in kept
        for kind, _, identity in [sign.kind.partition(":")]
        if identity not in cleared
    )
