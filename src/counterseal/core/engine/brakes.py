# SPDX-License-Identifier: Apache-2.0
"""The owner's and the officers' brakes: cancel, dispute, freeze, lift. Protecting is easy, harming is hard."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import Action, Contact, Mark, Notice, State, Suspicion
from counterseal.core.decision import Decision
from counterseal.core.effects import ClearTimer, Effect, SetTimer
from counterseal.core.engine import limits
from counterseal.core.engine.assess import rule_for
from counterseal.core.engine.consequences import after, link_freeze_channels, reachable
from counterseal.core.engine.telling import tell
from counterseal.core.errors import ConflictError, ForbiddenError, NotFoundError
from counterseal.core.events import Cancelled, Disputed, DisputeResolved, Event, Frozen, Lifted, Suspected
from counterseal.core.policy.model import Policy

Result = tuple[Decision | None, list[Event], list[Effect]]

CANCELLABLE = frozenset({"open", "pending", "ready", "sealed"})


def two_officers(officers: tuple[str, ...]) -> None:
    """Two different people, or a ForbiddenError."""
    if len({officer.casefold() for officer in officers}) < 2:  # noqa: PLR2004 - four eyes
        raise ForbiddenError("two different officers are needed", code="two_officers")


def cancel(policy: Policy, state: State, given: i.Cancel, now: int) -> Result:
    """Cancel what has not happened yet. From the channel that is being replaced it opens a dispute instead, and so
    does a second cancel of a change by one contact: else one mailbox could undo every recovery for ever."""
    action = state.actions.get(given.action)
    if action is None:
        raise NotFoundError("there is no such action", code="unknown_action_id")
    contact = _link_contact(state, given.contact, given.link, now)
    if action.status == "disputed":
        return None, [], []
    if action.status not in CANCELLABLE:
        raise ConflictError(f"the action is {action.status}", code="action_over")
    change = _is_change(action)
    if contact is not None and disputes(policy, state, action, contact, now):
        events: list[Event] = [Disputed(now, action.id, contact.id, given.link)]
        return None, events, []
    by = contact.id if contact is not None and change else None
    ended = Cancelled(now, action.id, by=given.by, link=given.link, contact=by)
    return None, [ended], [ClearTimer(f"{action.id}.due")]


def _link_contact(state: State, contact: str | None, link: str | None, now: int) -> Contact | None:
    if link is None and contact is None:
        return None
    if link in state.links:
        raise ConflictError("the link was used", code="link_used")
    found = state.contacts.get(contact or "")
    if found is None:
        raise NotFoundError("there is no such contact", code="unknown_contact")
    if found.replaced_at is not None and now >= found.replaced_at + limits.OLD_CONTACT:
        raise ForbiddenError("this contact was replaced more than seven days ago", code="contact_too_old")
    return found


def _is_change(action: Action) -> bool:
    return action.status == "pending" and action.request.payment is None


def disputes(policy: Policy, state: State, action: Action, contact: Contact, now: int) -> bool:
    """Whether a cancel of this action by this contact opens a dispute instead of undoing it."""
    if not _is_change(action):
        return False
    if any(name == contact.id and at > now - limits.FREEZER_KEPT for name, at in state.cancellers):
        return True
    rule = rule_for(policy, state, action.request.rule, now)
    if rule is None:  # it cannot take effect: there is nothing to dispute
        return False
    specs = policy.vocabulary.factors
    changed = (specs[name].channel for name in (*rule.grants, *rule.removes) if name in specs)
    return contact.channel in (*changed, *rule.silences)


def freeze(policy: Policy, state: State, given: i.FreezeNow, now: int) -> Result:
    """Freeze. Always answers yes. While a link freeze by the same contact stands, another one does not make it
    longer; after it, another one makes the channel suspect: else one mailbox could freeze an account for ever."""
    contact = _link_contact(state, given.contact, given.link, now)
    wanted = given.freeze
    if wanted.id in state.freezes:
        raise ConflictError("the freeze exists", code="freeze_exists")
    if wanted.kind == "owner" and any(item.kind == "owner" for item in state.freezes.values()):
        return None, [], []  # it is frozen already; telling again and again would only flood the owner
    own = _own_freeze(state, contact, now)
    if wanted.kind == "link":
        by = wanted.by if contact is None else contact.id
        wanted = replace(wanted, until=own or now + limits.LINK_FREEZE, by=by)
    elif wanted.kind == "staff":
        two_officers(tuple(wanted.by.split("+")))
    channels = link_freeze_channels(state, now)
    notice = Notice(f"{given.id}.freeze", now, given.id, "freeze", reachable(state, channels, now))
    events: list[Event] = [Frozen(now, wanted, given.contact, given.link, notice)]
    effects: list[Effect] = [*tell(policy, state, notice, now)]
    if own is None:
        events.extend(_suspect_repeats(policy, state, contact, given.id, now))
    return None, events, effects


def _own_freeze(state: State, contact: Contact | None, now: int) -> int | None:
    """The end of the link freeze by this contact that stands, or None."""
    if contact is None:
        return None
    own = (item for item in state.freezes.values() if item.kind == "link" and item.by == contact.id)
    return max((item.until for item in own if item.until is not None and now < item.until), default=None)


def _suspect_repeats(policy: Policy, state: State, contact: Contact | None, identity: str, now: int) -> list[Event]:
    if contact is None:
        return []
    factors = policy.vocabulary.factors
    before = [at for name, at in state.freezers if name == contact.id and at > now - limits.FREEZER_KEPT]
    if not before:
        return []
    return [
        Suspected(
            now,
            Suspicion(
                id=f"{identity}.{name}",
                capability=name,
                since=before[0],
                until=now + limits.SUSPECT_FREEZER,
                instance=contact.instance or contact.id,
                strength="weak",
                evidence=f"the account was frozen again from the same {contact.channel} contact",
            ),
        )
        for name, capability in sorted(policy.vocabulary.capabilities.items())
        if contact.channel in capability.mutes
        and any(factors[factor].channel == contact.channel for factor in capability.produces if factor in factors)
    ]


def lift_freeze(policy: Policy, state: State, given: i.LiftFreeze, now: int) -> Result:
    """Two officers lift every freeze; clocks of a weakening restart, so that outflows still wait."""
    two_officers(given.officers)
    if not state.freezes:
        raise ConflictError("the account is not frozen", code="not_frozen")
    channels = link_freeze_channels(state, now)
    notice = Notice(f"{given.id}.lifted", now, given.id, "unfreeze", reachable(state, channels, now))
    wait = policy.longest_wait.get("weakened", 0)
    mark = after(state.times.get("clock:weakened"), Mark(now, notice.id, None, policy.digest, wait))
    times = {"clock:weakened": mark}
    event = Lifted(now, tuple(state.freezes), given.officers, times, notice)
    return None, [event], tell(policy, state, notice, now)


def resolve_dispute(policy: Policy, state: State, given: i.ResolveDispute, now: int) -> Result:
    """Two officers decide a disputed change."""
    two_officers(given.officers)
    action = state.actions.get(given.action)
    if action is None or action.status != "disputed":
        raise ConflictError("there is no dispute", code="no_dispute")
    effects: list[Effect] = [] if given.uphold else [ClearTimer(f"{action.id}.due")]
    if given.uphold and action.due is not None:
        effects.append(SetTimer(f"{action.id}.due", action.id, max(action.due, now)))
    return None, [DisputeResolved(now, action.id, given.uphold, given.officers)], effects
