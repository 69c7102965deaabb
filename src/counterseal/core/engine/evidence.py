# SPDX-License-Identifier: Apache-2.0
"""Suspicions, and notices that a channel took: what makes proofs count or not, and waits run or not."""

from __future__ import annotations

from counterseal.core import inputs as i
from counterseal.core.account import Notice, State
from counterseal.core.decision import Decision
from counterseal.core.effects import Effect, SetTimer
from counterseal.core.engine import limits
from counterseal.core.engine.brakes import two_officers
from counterseal.core.engine.doubt import active, instance_doubt, muting
from counterseal.core.engine.heard import begun
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.events import Cleared, Event, NoticeTaken, Suspected
from counterseal.core.policy.model import Policy

Result = tuple[Decision | None, list[Event], list[Effect]]


def suspect(policy: Policy, state: State, given: i.Suspect, now: int) -> Result:
    """A suspicion stands. A capability that the vocabulary does not know is refused: it would cover nothing."""
    suspicion = given.suspicion
    if suspicion.capability not in policy.vocabulary.capabilities:
        raise InputError(f"`{suspicion.capability}` is not a capability", code="unknown_capability")
    if suspicion.id in state.suspicions:
        raise ConflictError("the suspicion exists", code="suspicion_exists")
    if suspicion.until <= suspicion.since:
        raise InputError("a suspicion must end after it begins", code="suspicion_times")
    return None, [Suspected(now, suspicion)], []


def clear_suspicion(policy: Policy, state: State, given: i.ClearSuspicion, now: int) -> Result:
    """Two officers withdraw a suspicion: proofs and grants that it covered count again."""
    two_officers(given.officers)
    if given.suspicion not in state.suspicions:
        raise NotFoundError("there is no such suspicion", code="unknown_suspicion")
    return None, [Cleared(now, given.suspicion, given.officers)], []


def notice_accepted(policy: Policy, state: State, given: i.NoticeAccepted, now: int) -> Result:
    """A channel took a notice. The first on an unsuspected channel starts the waits that were for it."""
    notice = state.notices.get(given.notice)
    if notice is None or given.contact in notice.accepted:
        return None, [], []
    if given.contact not in notice.contacts:
        raise InputError("the notice was not for this contact", code="unknown_contact")
    taken = max(notice.at, min(given.at, now))  # no channel takes a notice before it exists
    counts = notice.started is None and _unsuspected(policy, state, given.contact, now)
    return _taken(state, notice, given.contact, taken, counts, now)


def _taken(state: State, notice: Notice, contact: str, taken: int, counts: bool, now: int) -> Result:  # noqa: FBT001
    dues: dict[str, int] = {}
    effects: list[Effect] = []
    if counts:
        for action in state.actions.values():
            if action.notice == notice.id and action.status in ("pending", "disputed") and action.due is None:
                dues[action.id] = taken + action.delay
                effects.append(SetTimer(f"{action.id}.due", action.id, taken + action.delay))
    return None, [NoticeTaken(now, notice.id, contact, taken, counts, dues)], effects


def _unsuspected(policy: Policy, state: State, identity: str, now: int) -> bool:
    contact = state.contacts.get(identity)
    if contact is None:
        return False
    standing = active(policy.vocabulary, state, now)
    if not standing:
        return True
    if muting(contact, standing) is not None:
        return False
    instance = state.enrolled.get(contact.instance or "")
    return instance is None or instance_doubt(state, instance, standing) is None


def confirm_notice(policy: Policy, state: State, given: i.ConfirmNotice, now: int) -> Result:
    """No channel took the notice for seven days, or only ones that are suspected to have been an attacker's: two
    officers state that they reached the owner."""
    two_officers(given.officers)
    notice = state.notices.get(given.notice)
    if notice is None:
        raise NotFoundError("there is no such notice", code="unknown_notice")
    heard = begun(state, notice.id, notice.started, active(policy.vocabulary, state, now))
    if heard is not None:
        raise ConflictError("the notice was accepted", code="notice_accepted")
    if now < notice.at + limits.OFFICER_AFTER:
        raise ConflictError("officers may confirm a notice after seven days", code="too_early")
    return _taken(state, notice, "+".join(given.officers), now, notice.started is None, now)
