# SPDX-License-Identifier: Apache-2.0
"""What an allowed action changes: grants, revocations, removals, silences, clocks, notices, freezes, locks."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from counterseal.core.account import (
    Action,
    Contact,
    FactState,
    Freeze,
    Grant,
    Instance,
    Mark,
    Notice,
    Object,
    ProofRef,
    State,
    object_key,
)
from counterseal.core.engine import limits
from counterseal.core.engine.requests import FACTOR
from counterseal.core.engine.view import live
from counterseal.core.events import Applied
from counterseal.core.policy.model import Policy, Rule

ALTERED = frozenset({"api_key", "payout"})
"""Kinds whose id does not say what they may do or where they lead: whoever asks again under the id of one may give
it other permissions, another IP list or another account. Its age begins anew."""


class _Change(Struct):
    """What one action changes, while it is worked out. Keys as in State."""

    objects: dict[str, Object] = {}
    instances: dict[str, Instance] = {}
    contacts: dict[str, Contact] = {}
    targets: list[str] = []


def consequences(
    policy: Policy, rule: Rule, state: State, action: Action, now: int, notice: Notice | None
) -> Applied:
    """The event that carries everything that `action` changes at `now`."""
    grant = authority(policy, rule, state, action, now)
    begun = now if notice is None else None  # waits run from the first notice accepted
    told = None if notice is None else notice.id
    change = _Change({}, {}, {}, [])
    _revoke(policy, rule, state, action, change, now)
    _remove(policy, rule, state, action, change, now)
    _bind(policy, rule, state, action, grant, change, (now, told, begun))
    _grant(policy, rule, state, action, grant, change, (now, told, begun))
    _confirm(policy, rule, state, action, grant, change)
    _silence(rule, state, change, now)
    lifted = tuple(k for k, v in state.freezes.items() if rule.lifts == "freeze" and v.kind != "staff")
    return Applied(
        at=now,
        action=action.id,
        objects=tuple(change.objects.values()),
        instances=tuple(change.instances.values()),
        contacts=tuple(change.contacts.values()),
        times=marks(policy, rule, state, change.targets, now, told, begun),
        lifted=lifted,
        lock=action.request.lock if rule.locks else None,
        notice=notice,
    )


def authority(policy: Policy, rule: Rule, state: State, action: Action, now: int) -> Grant:
    """`authorised_by`: every proof of the action and the live session that it named. A session does not
    authorise itself: one that the action grants rests on the proofs alone."""
    proofs = tuple(ProofRef(proof.factor, proof.instance) for proof in action.proofs)
    named = action.request.objects.get("session")
    if named is not None:
        found = state.objects.get(object_key("session", named))
        granted = any(policy.vocabulary.facts.get(name) == "session" for name in rule.grants)
        there = found is not None and any(live(fact, now) for fact in found.facts.values())
        named = named if there and not granted else None
    return Grant(now, action.id, proofs, named)


def marks(
    policy: Policy, rule: Rule, state: State, targets: list[str], now: int, notice: str | None, begun: int | None
) -> dict[str, Mark]:
    """The raw times (verb, target) and the stamped clocks that a rule restarts."""
    names = list(dict.fromkeys(targets)) or [rule.name]
    longest = max((policy.longest_wait.get(clock, 0) for clock in (*rule.holds, *rule.starts)), default=0)
    found = {f"{rule.verb}:{target}": Mark(now, notice, begun, policy.digest, longest) for target in names}
    for clock in (*rule.holds, *rule.starts):
        wait = policy.longest_wait.get(clock, 0)
        found[f"clock:{clock}"] = Mark(now, notice, begun, policy.digest, wait)
    return {key: after(state.times.get(key), mark) for key, mark in found.items()}


def after(old: Mark | None, new: Mark) -> Mark:
    """The new mark on a clock that had one: it never ends a wait earlier than the old mark would have."""
    if old is None:
        return new
    if old.started is None and new.started is not None:  # nobody was told of the old one: still nobody
        new = replace(new, notice=old.notice, started=None)
    running = old.started is None or new.at < old.started + old.wait
    if running and old.policy not in ("", new.policy) and old.wait > new.wait:
        new = replace(new, policy=old.policy, wait=old.wait)  # a hold of another policy goes on
    return new


def _revoke(policy: Policy, rule: Rule, state: State, action: Action, change: _Change, now: int) -> None:
    """End facts: with the verb `revoke` those of the object that is named, else every one of the account."""
    for fact in rule.revokes:
        kind = policy.vocabulary.facts[fact]
        change.targets.append(fact)
        only = action.request.objects.get(kind) if rule.verb == "revoke" else None
        for key, item in state.objects.items():
            if only is not None and item.id != only:
                continue
            if item.kind == kind and fact in item.facts and live(item.facts[fact], now):
                ended = replace(item.facts[fact], expires=now)  # kept: grants may rest on it
                base = change.objects.get(key, item)
                change.objects[key] = replace(base, facts={**base.facts, fact: ended})


def _meant(state: State, action: Action, instance: Instance) -> bool:
    """Whether a change to a class is one to this instance: not if the request names another of the class."""
    named = state.enrolled.get(action.request.objects.get(FACTOR, ""))
    return named is None or named.factor != instance.factor or named.id == instance.id


def _remove(policy: Policy, rule: Rule, state: State, action: Action, change: _Change, now: int) -> None:
    """Remove factors; `strongest` goes on reckoning with them until the hold of this rule is over."""
    wait = max((policy.longest_wait.get(clock, 0) for clock in rule.holds), default=0)
    for factor in rule.removes:
        change.targets.append(factor)
        for instance in state.enrolled.values():
            if instance.factor == factor and instance.removed_at is None and _meant(state, action, instance):
                floor = f"clock:{rule.holds[0]}" if rule.holds else None
                gone = replace(instance, removed_at=now, floor=floor, floor_wait=wait)
                change.instances[instance.id] = gone


def _bind(
    policy: Policy,
    rule: Rule,
    state: State,
    action: Action,
    grant: Grant,
    change: _Change,
    wait: tuple[int, str | None, int | None],
) -> None:
    now, told, begun = wait
    given = {item.factor: item for item in action.request.enrol}
    for factor in (name for name in rule.grants if name in policy.vocabulary.factors):
        item = given.get(factor)
        spec = policy.vocabulary.factors[factor]
        if item is None and not spec.attested:
            continue  # a recovery may leave out factors that the owner does not want back
        change.targets.append(factor)
        identity = item.instance if item else f"{action.id}.{factor}"
        if rule.verb != "bind":
            for old in state.enrolled.values():
                meant = rule.verb != "replace" or _meant(state, action, old)
                if old.factor == factor and old.removed_at is None and meant:
                    change.instances[old.id] = replace(old, removed_at=now)
                    _replace_contact(state, old, change, now)
        contact = f"{identity}.contact" if item and item.contact else None
        change.instances[identity] = Instance(
            id=identity,
            factor=factor,
            grant=grant,
            contact=contact,
            secret=item.secret if item else b"",
            step=item.step if item else -1,
            label=item.label if item else "",
            notice=told,
            started=begun,
        )
        if item and item.contact and contact:
            change.contacts[contact] = Contact(contact, spec.channel, item.contact, now, identity)


def _replace_contact(state: State, old: Instance, change: _Change, now: int) -> None:
    contact = state.contacts.get(old.contact or "")
    if contact is not None and contact.replaced_at is None:
        change.contacts[contact.id] = replace(contact, replaced_at=now)


def _grant(
    policy: Policy,
    rule: Rule,
    state: State,
    action: Action,
    grant: Grant,
    change: _Change,
    wait: tuple[int, str | None, int | None],
) -> None:
    now, told, begun = wait
    for fact in (name for name in rule.grants if name in policy.vocabulary.facts):
        kind = policy.vocabulary.facts[fact]
        identity = action.request.objects[kind]
        key = object_key(kind, identity)
        lifetime = rule.lasts.get(fact)
        item = change.objects.get(key) or state.objects.get(key) or Object(kind, identity, {})
        before = item.facts.get(fact)
        there = before is not None and live(before, now) and before.started is not None
        aged = there and kind not in ALTERED
        fresh = FactState(
            grant=grant,
            notice=None if aged and before else told,
            # Asking again for what is there renews it; it does not make it younger or older.
            started=before.started if aged and before else begun,
            expires=None if lifetime is None else now + lifetime,
            lifetime=lifetime if fact in rule.sliding else None,
        )
        change.objects[key] = replace(item, facts={**item.facts, fact: fresh})
        change.targets.append(fact)


def _confirm(policy: Policy, rule: Rule, state: State, action: Action, grant: Grant, change: _Change) -> None:
    """Put a doubtful grant on the proofs of this action. Its age stays, and so does the action that made it: a
    confirmation says who stands by a thing, not who brought it."""
    for name in rule.confirms:
        if name in policy.vocabulary.facts:
            kind = policy.vocabulary.facts[name]
            key = object_key(kind, action.request.objects[kind])
            item = change.objects.get(key) or state.objects.get(key)
            if item is not None and name in item.facts:
                fact = item.facts[name]
                confirmed = replace(fact, grant=replace(grant, action=fact.grant.action))
                change.objects[key] = replace(item, facts={**item.facts, name: confirmed})
        else:  # the one that is named: another of its class may be the attacker's
            instance = state.enrolled.get(action.request.objects.get(FACTOR, ""))
            if instance is not None and instance.factor == name and instance.removed_at is None:
                base = change.instances.get(instance.id, instance)
                confirmed_by = replace(grant, action=base.grant.action)
                change.instances[instance.id] = replace(base, grant=confirmed_by)


def _silence(rule: Rule, state: State, change: _Change, now: int) -> None:
    """A silenced channel's contacts get this notice and no later one. A replaced contact keeps its seven days:
    to replace a second time must not mute who was there before."""
    for channel in rule.silences:
        change.targets.append(channel)
        for contact in state.contacts.values():
            there = contact.silenced_at is None and contact.replaced_at is None
            if contact.channel == channel and there and contact.id not in change.contacts:
                change.contacts[contact.id] = replace(contact, silenced_at=now)


def new_notice(rule: Rule, state: State, action: str, now: int, suffix: str, template: str) -> Notice | None:
    """The notice that a rule calls for, to every contact on its channels, old ones for seven days too."""
    if rule.notify is None:
        return None
    contacts = reachable(state, rule.notify, now)
    return Notice(f"{action}.{suffix}", now, action, template, contacts)


def reachable(state: State, channels: tuple[str, ...], now: int) -> tuple[str, ...]:
    """Contacts on these channels that are told at `now`."""
    return tuple(
        contact.id
        for contact in state.contacts.values()
        if contact.channel in channels
        and contact.silenced_at is None
        and (contact.replaced_at is None or now < contact.replaced_at + limits.OLD_CONTACT)
    )


def link_freeze_channels(state: State, now: int) -> tuple[str, ...]:
    """Every channel of the account: a freeze is told everywhere."""
    return tuple({contact.channel for contact in state.contacts.values()})


def standing(freeze: Freeze, now: int) -> bool:
    """Whether a freeze still stands."""
    return freeze.until is None or now < freeze.until
