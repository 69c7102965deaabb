# SPDX-License-Identifier: Apache-2.0
"""A new account from what the platform states: factors, contacts, objects, and ages where an import states them."""

from __future__ import annotations

import msgspec

from counterseal.core.account import Contact, FactState, Grant, Instance, Object
from counterseal.core.destinations import address_id, canonical_destination
from counterseal.core.errors import InputError
from counterseal.core.inputs import Register
from counterseal.core.policy.model import FactorSpec, Policy
from counterseal.guard.ports import Random
from counterseal.guard.requests import ID, Enroller, Secret, clean_contact


class ContactGiven(msgspec.Struct, frozen=True):
    """A contact for notices only."""

    channel: str
    value: str


class FactorGiven(msgspec.Struct, frozen=True):
    """A factor that is enrolled. `since` (ms) is a stated age."""

    factor: str
    contact: str | None = None
    secret: str | None = None
    label: str = ""
    since: int | None = None


class ObjectGiven(msgspec.Struct, frozen=True):
    """An object that exists, by id or (an address) by chain, address and memo."""

    kind: str
    facts: tuple[str, ...]
    id: str | None = None
    address: tuple[str, str, str] | None = None
    since: int | None = None
    label: str = ""


class RegisterGiven(msgspec.Struct, frozen=True):
    """An account as the platform states it."""

    account: str
    language: str = "en"
    phrase: str = ""
    contacts: tuple[ContactGiven, ...] = ()
    factors: tuple[FactorGiven, ...] = ()
    objects: tuple[ObjectGiven, ...] = ()


class BuiltRegister(msgspec.Struct, frozen=True):
    """The input, and what to show once: instance -> lines."""

    register: Register
    shown: dict[str, tuple[str, ...]]


def build_register(
    policy: Policy, given: RegisterGiven, *, enroller: Enroller, random: Random, now: int
) -> BuiltRegister:
    """Check everything and give ids. Raises InputError."""
    build = _Build(policy, given, enroller, random, now)
    for contact in given.contacts:
        build.contact(contact)
    for factor in given.factors:
        build.factor(factor)
    objects = tuple(_object(policy, item, now) for item in given.objects)
    names = [(item.kind, item.id) for item in objects]
    if len(set(names)) != len(names):
        raise InputError("an object is stated twice", code="object_twice")
    ages = [*(item.since for item in given.factors), *(item.since for item in given.objects)]
    imported = any(since is not None for since in ages)
    register = Register(
        given.account,
        tuple(build.contacts),
        tuple(build.instances),
        objects,
        given.language,
        given.phrase,
        imported,
    )
    return BuiltRegister(register, build.shown)


def stated(since: int | None, now: int) -> tuple[int, bool]:
    """When something began: as stated (never in the future), or now."""
    if since is None:
        return now, False
    if not 0 <= since <= now:
        raise InputError("a stated age lies in the future", code="age_future")
    return since, True


class _Build:
    """Contacts and instances of one account while they are put together."""

    def __init__(self, policy: Policy, given: RegisterGiven, enroller: Enroller, random: Random, now: int) -> None:
        self._policy, self._given, self._enroller = policy, given, enroller
        self._random, self._now = random, now
        self.contacts: list[Contact] = []
        self.instances: list[Instance] = []
        self.shown: dict[str, tuple[str, ...]] = {}

    def contact(self, item: ContactGiven) -> None:
        """A contact for notices only."""
        if item.channel not in self._policy.vocabulary.channels:
            raise InputError(f"`{item.channel[:64]}` is not a channel", code="unknown_channel")
        value = clean_contact(item.channel, item.value)
        identity = f"{item.channel}_{self._random(8).hex()}"
        self.contacts.append(Contact(identity, item.channel, value, self._now))

    def factor(self, item: FactorGiven) -> None:
        """An enrolled factor, and its contact where it has one."""
        spec = self._policy.vocabulary.factors.get(item.factor)
        if spec is None:
            raise InputError(f"`{item.factor[:64]}` is not a factor", code="unknown_factor_class")
        at, imported = stated(item.since, self._now)
        identity = f"{item.factor}_{self._random(8).hex()}"
        contact = None
        if spec.contact:
            contact = f"{identity}.contact"
            value = clean_contact(item.factor, item.contact)
            if item.factor in self._policy.vocabulary.channels:
                self.contacts.append(Contact(contact, item.factor, value, at, identity))
        elif item.contact is not None:
            raise InputError(f"`{item.factor}` has no contact", code="contact_unexpected")
        secret = self._secret(spec, item)
        if secret.shown:
            self.shown[identity] = secret.shown
        grant = Grant(at, "register", imported=imported)
        self.instances.append(
            Instance(
                identity,
                item.factor,
                grant,
                contact=contact,
                secret=secret.stored,
                label=item.label,
                started=at,
            )
        )

    def _secret(self, spec: FactorSpec, item: FactorGiven) -> Secret:
        """A passkey is made on our page, which opens for accounts that exist: it is bound after registration."""
        hint = "Register without it; then send the owner a link that enrols it (POST /v1/accounts/{account}/link)."
        sentence = f"`{spec.name}` cannot be given at registration"
        refused = InputError(sentence, code="passkey_at_registration", hint=hint)
        if spec.webauthn and item.secret is not None:
            raise refused
        try:
            return self._enroller.secret(item.factor, item.secret, self._given.account)
        except InputError as error:
            raise refused if error.code == "passkey_missing" else error from None


def _object(policy: Policy, item: ObjectGiven, now: int) -> Object:
    kinds = policy.vocabulary.facts
    for fact in item.facts:
        if kinds.get(fact) != item.kind:
            raise InputError(f"`{fact[:64]}` is not a fact of `{item.kind[:64]}`", code="unknown_fact")
    if item.kind == "address":
        if item.address is None:
            raise InputError("an address is given as `address`", code="address_form")
        identity = address_id(*canonical_destination(*item.address))
    else:
        identity = item.id or ""
        if not ID.match(identity):
            raise InputError(f"the id of `{item.kind[:64]}` is not a plain id", code="object_id")
    at, imported = stated(item.since, now)
    grant = Grant(at, "register", imported=imported)
    facts: dict[str, FactState] = {}
    for fact in item.facts:
        lifetime = _lifetime(policy, fact)
        sliding = any(fact in rule.sliding for rule in policy.rules.values())
        expires = None if lifetime is None else at + lifetime
        facts[fact] = FactState(grant, started=at, expires=expires, lifetime=lifetime if sliding else None)
    return Object(item.kind, identity, facts, item.label)


def _lifetime(policy: Policy, fact: str) -> int | None:
    """The shortest life that a rule of the policy gives this fact."""
    lives = [rule.lasts[fact] for rule in policy.rules.values() if fact in rule.lasts]
    return min(lives, default=None)
