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
    Lock,
    Mark,
    Notice,
    Object,
    ProofRef,
    State,
    object_key,
)
from counterseal.core.engine import limits
from counterseal.core.engine.view import live
from counterseal.core.errors import ConflictError, InputError
from counterseal.core.events import Applied
from counterseal.core.policy.model import Policy, Rule

MANY = frozenset({"passkey", "guardian"})
"""Factors of which an account may have several; `bind` of any other is refused while one is enrolled."""


class _Change(Struct):
    """What one action changes, while it is worked out. Keys as in State."""

    objects: dict[str, Object] = {}
    instances: dict[str, Instance] = {}
    contacts: dict[str, Contact] = {}
    targets: list[str] = []


def check_request(policy: Policy, state: State, rule: Rule, action: Action) -> None:
    """Refuse at the ask what could never be applied: objects that are not named, factors without data."""
    vocabulary, request = policy.vocabulary, action.request
    enrol = {item.factor for item in request.enrol}
    wanted = [name for name in rule.grants if name in vocabulary.factors]
    for name in (*rule.grants, *rule.confirms):
        kind = vocabulary.facts.get(name)
        if kind is not None and kind not in request.objects:
            raise InputError(f"`{rule.name}` needs an object of kind `{kind}`", code="object_missing")
    for factor in enrol - set(wanted):
        raise InputError(f"`{rule.name}` does not bind `{factor}`", code="enrol_unexpected")
    contacts = [name for name in wanted if vocabulary.factors[name].contact]
    for item in request.enrol:
        if vocabulary.factors[item.factor].contact and not item.contact:
            raise InputError(f"binding `{item.factor}` needs its contact", code="contact_missing")
        if item.instance in state.enrolled:
            raise ConflictError(f"factor `{item.instance}` exists", code="factor_exists")
    if wanted and not enrol and contacts and len(contacts) == len(wanted):
        raise InputError(f"`{rule.name}` needs what it binds", code="enrol_missing")
    if rule.verb == "bind":
        there = {i.factor for i in state.enrolled.values() if i.removed_at is None}
        for factor in sorted(enrol & there - MANY):
            hint = "Ask for the action that replaces it."
            raise ConflictError(f"`{factor}` is enrolled already", code="factor_enrolled", hint=hint)
    if rule.locks is not None:
        _check_lock(policy, state, rule, request.lock)


def _check_lock(policy: Policy, state: State, rule: Rule, lock: Lock | None) -> None:
    if lock is None or lock.outflow not in policy.rules or not policy.rules[lock.outflow].outflow:
        raise InputError("a lock needs an outflow of the policy", code="lock_missing")
    old = state.locks.get(lock.outflow, Lock(lock.outflow))
    looser = (
        (old.off and not lock.off)
        or (old.limit is not None and (lock.limit is None or lock.limit > old.limit))
        or lock.delay < old.delay
    )
    if rule.locks == "tighten" and looser:
        raise ConflictError("this would loosen the lock", code="lock_looser", hint="Ask to loosen it.")


def consequences(
    policy: Policy, rule: Rule, state: State, action: Action, now: int, notice: Notice | None
) -> Applied:
    """The event that carries everything that `action` changes at `now`."""
    grant = authority(action, now)
    begun = now if notice is None else None  # waits run from the first notice accepted
    told = None if notice is None else notice.id
    change = _Change({}, {}, {}, [])
    _revoke(policy, rule, state, change, now)
    _remove(policy, rule, state, change, now)
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
        times=marks(policy, rule, change.targets, now, told, begun),
        lifted=lifted,
        lock=action.request.lock if rule.locks else None,
        notice=notice,
    )


def authority(action: Action, now: int) -> Grant:
    """`authorised_by`: every proof of the action and the session that it named."""
    proofs = tuple(ProofRef(proof.factor, proof.instance) for proof in action.proofs)
    return Grant(now, action.id, proofs, action.request.objects.get("session"))


def marks(
    policy: Policy, rule: Rule, targets: list[str], now: int, notice: str | None, begun: int | None
) -> dict[str, Mark]:
    """The raw times (verb, target) and the stamped clocks that a rule restarts."""
    found: dict[str, Mark] = {}
    names = list(dict.fromkeys(targets)) or [rule.name]
    for target in names:
        wait = max((policy.longest_wait.get(clock, 0) for clock in (*rule.holds, *rule.starts)), default=0)
        found[f"{rule.verb}:{target}"] = Mark(now, notice, begun, policy.digest, wait)
    for clock in (*rule.holds, *rule.starts):
        wait = policy.longest_wait.get(clock, 0)
        found[f"clock:{clock}"] = Mark(now, notice, begun, policy.digest, wait)
    return found


def _revoke(policy: Policy, rule: Rule, state: State, change: _Change, now: int) -> None:
    for fact in rule.revokes:
        kind = policy.vocabulary.facts[fact]
        change.targets.append(fact)
        for key, item in state.objects.items():
            if item.kind == kind and fact in item.facts and live(item.facts[fact], now):
                ended = replace(item.facts[fact], expires=now)  # kept: grants may rest on it
                base = change.objects.get(key, item)
                change.objects[key] = replace(base, facts={**base.facts, fact: ended})


def _remove(policy: Policy, rule: Rule, state: State, change: _Change, now: int) -> None:
    """Remove factors; `strongest` goes on reckoning with them until the hold of this rule is over."""
    wait = max((policy.longest_wait.get(clock, 0) for clock in rule.holds), default=0)
    for factor in rule.removes:
        change.targets.append(factor)
        for instance in state.enrolled.values():
            if instance.factor == factor and instance.removed_at is None:
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
                if old.factor == factor and old.removed_at is None:
                    change.instances[old.id] = replace(old, removed_at=now)
                    _replace_contact(state, old, change, now)
        contact = f"{identity}.contact" if item and item.contact else None
        change.instances[identity] = Instance(
            id=identity,
            factor=factor,
            grant=grant,
            contact=contact,
            secret=item.secret if item else b"",
            label=item.label if item else "",
            notice=told,
            started=begun,
        )
        if item and item.contact and contact:
            change.contacts[contact] = Contact(contact, factor, item.contact, now, identity)


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
        aged = before is not None and live(before, now) and before.started is not None
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
    """Put a doubtful grant on the proofs of this action. Its age stays: only the owner could confirm it."""
    for name in rule.confirms:
        if name in policy.vocabulary.facts:
            kind = policy.vocabulary.facts[name]
            key = object_key(kind, action.request.objects[kind])
            item = change.objects.get(key) or state.objects.get(key)
            if item is not None and name in item.facts:
                confirmed = replace(item.facts[name], grant=grant)
                change.objects[key] = replace(item, facts={**item.facts, name: confirmed})
        else:
            for instance in state.enrolled.values():
                if instance.factor == name and instance.removed_at is None:
                    change.instances[instance.id] = replace(instance, grant=grant)


def _silence(rule: Rule, state: State, change: _Change, now: int) -> None:
    """A silenced channel's contacts get this notice and no later one."""
    for channel in rule.silences:
        change.targets.append(channel)
        for contact in state.contacts.values():
            fresh = contact.id not in change.contacts
            if contact.channel == channel and contact.silenced_at is None and fresh:
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
