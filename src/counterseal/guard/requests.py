# SPDX-License-Identifier: Apache-2.0
"""From what the platform sends to a `Request` in one spelling: names, destinations, value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_UP, Context, Decimal
from typing import Protocol

import msgspec

from counterseal.core.account import Action, Enrol, Lock, Payment, Request, Worth
from counterseal.core.destinations import address_id, canonical_destination
from counterseal.core.engine.requests import FACTOR
from counterseal.core.errors import InputError
from counterseal.core.policy.model import Policy, Rule
from counterseal.guard.fees import leaving
from counterseal.guard.ports import Prices, Random

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}\Z")
CENT = Decimal("0.01")
MOST_OBJECTS = 8
MOST_DIGITS = 30
ON_LEDGER = frozenset({"card", "gift", "internal_transfer", "offmarket_trade", "p2p_release"})
"""Kinds of outflow that settle on the platform's own ledger. None of them may carry a chain: its seal would pass
at a wallet, and pay to an address that the rules of withdrawals would have let wait."""

EXACT = Context(prec=4 * MOST_DIGITS + 2, rounding=ROUND_UP)  # no amount times price is too long for it


class AddressGiven(msgspec.Struct, frozen=True):
    """A destination as the platform names it."""

    chain: str
    address: str
    memo: str = ""


class PaymentGiven(msgspec.Struct, frozen=True):
    """An outflow as the platform names it. `audience`: the signer or ledger that will redeem the seal."""

    asset: str
    amount: Decimal
    chain: str = ""
    destination: str = ""
    memo: str = ""
    fee_cap: Decimal = Decimal(0)
    audience: str = ""


class EnrolGiven(msgspec.Struct, frozen=True):
    """A factor to bind: its contact, or a secret that its owner has, else one is made and shown once. `confirm`:
    the first answer made with that secret, where one has to be seen before it counts."""

    factor: str
    contact: str | None = None
    secret: str | None = None
    label: str = ""
    confirm: str | None = None


class RequestGiven(msgspec.Struct, frozen=True):
    """A request as the platform sends it."""

    action: str
    objects: Mapping[str, str] = {}
    address: AddressGiven | None = None
    payment: PaymentGiven | None = None
    enrol: Sequence[EnrolGiven] = ()
    context: Sequence[str] = ()
    lock: Lock | None = None
    source: str = ""


class Secret(msgspec.Struct, frozen=True):
    """What an instance stores, and what its owner is shown once. `instance`: an end of its id that follows from the
    secret; `step`: what was spent to confirm it."""

    stored: bytes
    shown: tuple[str, ...] = ()
    instance: str = ""
    step: int = -1


class Enroller(Protocol):
    """Makes or parses the secret of a factor instance."""

    def secret(self, factor: str, given: str | None, account: str) -> Secret:
        """Raises InputError for a secret that cannot be read."""
        ...

    def confirm(self, factor: str, secret: Secret, answer: str | None, now: int) -> Secret:
        """The secret with what its first answer spent. Raises InputError if that is missing or wrong."""
        ...


class Built(msgspec.Struct, frozen=True):
    """A request in one spelling, and what to show once: instance -> lines."""

    request: Request
    shown: dict[str, tuple[str, ...]]


def build_request(
    policy: Policy,
    account: str,
    given: RequestGiven,
    *,
    prices: Prices,
    max_price_age: int,
    enroller: Enroller,
    random: Random,
    now: int,
) -> Built:
    """Check and complete a request. Raises InputError (422) with what is wrong."""
    rule = policy.rules.get(given.action)
    if rule is None:
        code = "not_offered" if given.action in policy.not_offered else "unknown_action"
        raise InputError(f"the policy has no action `{given.action[:64]}`", code=code)
    objects = _objects(policy, given)
    payment = None
    if rule.outflow:
        payment = _payment(policy, rule, given, prices, max_price_age, now)
        _bind_destination(policy, rule, payment, objects)
    elif given.payment is not None:
        raise InputError("only an outflow has a payment", code="payment_unexpected")
    if given.lock is not None and given.lock.limit is not None and not plain_amount(given.lock.limit):
        raise InputError("a limit is a number of at most 30 + 30 digits", code="amount_invalid")
    shown: dict[str, tuple[str, ...]] = {}
    enrol = tuple(_enrol(policy, account, item, enroller, random, shown, now) for item in given.enrol)
    request = Request(
        rule=given.action,
        objects=objects,
        enrol=enrol,
        payment=payment,
        context=frozenset(given.context),
        lock=given.lock,
        source=given.source[:128],
    )
    return Built(request, shown)


def _objects(policy: Policy, given: RequestGiven) -> dict[str, str]:
    kinds = {*policy.vocabulary.facts.values(), FACTOR}
    if len(given.objects) > MOST_OBJECTS:
        raise InputError("a request names at most eight objects", code="too_many_objects")
    for kind, identity in given.objects.items():
        if kind not in kinds:
            raise InputError(f"`{kind[:64]}` is not a kind of object", code="unknown_kind")
        if kind == "address":
            raise InputError("an address is given as `address`, not by id", code="address_form")
        if not ID.match(identity):
            raise InputError(f"the id of `{kind}` is not a plain id", code="object_id")
    objects = dict(given.objects)
    if given.address is not None:
        spot = canonical_destination(given.address.chain, given.address.address, given.address.memo)
        objects["address"] = address_id(*spot)
    return objects


def _payment(
    policy: Policy, rule: Rule, given: RequestGiven, prices: Prices, max_price_age: int, now: int
) -> Payment:
    sent = given.payment
    if sent is None:
        raise InputError(f"`{rule.name}` needs a payment", code="payment_missing")
    if not plain_amount(sent.amount) or not sent.amount or not plain_amount(sent.fee_cap):
        raise InputError("an amount is a positive number of at most 30 + 30 digits", code="amount_invalid")
    chain, destination, memo = sent.chain, sent.destination, sent.memo
    if chain and rule.kind in ON_LEDGER:
        hint = "Leave `chain` out; to send on a chain, ask for a withdrawal."
        raise InputError(f"`{rule.name}` settles on the platform's own ledger", code="chain_unexpected", hint=hint)
    if destination:
        chain, destination, memo = canonical_destination(chain, destination, memo)
    most = leaving(sent.asset, sent.amount, sent.fee_cap, chain)
    value, priced_at = value_of(sent.asset, most, policy.currency, prices, max_price_age, now)
    return Payment(sent.asset, sent.amount, chain, destination, memo, sent.fee_cap, sent.audience, value, priced_at)


def plain_amount(amount: Decimal) -> bool:
    """Whether this is a finite number of at least zero with at most 30 digits before and after the point."""
    return (
        amount.is_finite()
        and amount >= 0
        and int(amount.as_tuple().exponent) >= -MOST_DIGITS
        and amount.adjusted() < MOST_DIGITS
    )


def value_of(
    asset: str, amount: Decimal, currency: str, prices: Prices, max_age: int, now: int
) -> tuple[Decimal | None, int | None]:
    """The amount in the accounting currency, rounded up to a cent; (None, None) without a fresh price."""
    if asset == currency:
        return amount.quantize(CENT, context=EXACT), now
    price = prices.price(asset)
    if price is None or now - price.at > max_age or price.value <= 0:
        return None, None
    return EXACT.multiply(amount, price.value).quantize(CENT, context=EXACT), price.at


class Valuer(msgspec.Struct, frozen=True):
    """Values payments again when they are decided again. `max_age`: of a price, ms."""

    prices: Prices
    max_age: int

    def worth(self, policy: Policy, action: Action | None, now: int) -> Worth | None:
        """What the payment of an action is worth now; None where it has none."""
        payment = None if action is None else action.request.payment
        if payment is None:
            return None
        most = leaving(payment.asset, payment.amount, payment.fee_cap, payment.chain)
        return Worth(*value_of(payment.asset, most, policy.currency, self.prices, self.max_age, now))


_KINDS: dict[tuple[str, str], frozenset[str | None]] = {}  # derived from policies, which never change


def _kinds(policy: Policy, rule: Rule) -> frozenset[str | None]:
    """The kinds of objects that a rule speaks of."""
    key = (policy.digest, rule.name)
    if key not in _KINDS:
        facts, atoms = policy.vocabulary.facts, rule.require.atoms
        _KINDS[key] = frozenset(facts.get(getattr(atom, "name", getattr(atom, "fact", ""))) for atom in atoms)
    return _KINDS[key]


def _bind_destination(policy: Policy, rule: Rule, payment: Payment, objects: dict[str, str]) -> None:
    """The address that a rule speaks of is the destination of the payment: nothing else can be named."""
    named = address_id(payment.chain, payment.destination, payment.memo) if payment.destination else None
    if "address" in objects and objects["address"] != named:
        raise InputError("the address is not the destination of the payment", code="destination_mismatch")
    uses = _kinds(policy, rule)
    if "address" in uses:
        if named is None:
            raise InputError(f"`{rule.name}` needs a destination", code="destination_missing")
        objects["address"] = named
    if "payout" in uses and objects.get("payout") != payment.destination:
        raise InputError("the payout method is not the destination", code="destination_mismatch")


def _enrol(
    policy: Policy,
    account: str,
    item: EnrolGiven,
    enroller: Enroller,
    random: Random,
    shown: dict[str, tuple[str, ...]],
    now: int,
) -> Enrol:
    spec = policy.vocabulary.factors.get(item.factor)
    if spec is None:
        raise InputError(f"`{item.factor[:64]}` is not a factor", code="unknown_factor_class")
    instance = f"{item.factor}_{random(8).hex()}"
    contact = None
    if spec.contact:
        contact = clean_contact(item.factor, item.contact)
    elif item.contact is not None:
        raise InputError(f"`{item.factor}` has no contact", code="contact_unexpected")
    secret = enroller.confirm(item.factor, enroller.secret(item.factor, item.secret, account), item.confirm, now)
    if secret.instance:
        instance = f"{item.factor}_{secret.instance}"
    if secret.shown:
        shown[instance] = secret.shown
    return Enrol(item.factor, instance, contact, secret.stored, item.label[:64], secret.step)


PHONE = re.compile(r"\+[1-9][0-9]{6,14}\Z")  # E.164
MAIL = re.compile(r"[^@\s\x00-\x1f<>(),;:\\\"\[\]]{1,64}@[A-Za-z0-9.-]{1,189}\.[A-Za-z0-9-]{2,63}\Z")
MOST_CONTACT = 256


def clean_contact(factor: str, contact: str | None) -> str:
    """A contact that can be written to. Phone numbers are E.164, mail addresses plain; anything else is opaque."""
    text = contact or ""
    if not text or len(text) > MOST_CONTACT or not text.isprintable():
        raise InputError(f"`{factor}` needs a contact", code="contact_missing")
    if factor == "sms" and not PHONE.match(text):
        raise InputError("a phone number is written as in E.164", code="contact_invalid", hint="+4915112345678")
    if factor == "email" and not MAIL.match(text):
        raise InputError("this is not an e-mail address", code="contact_invalid")
    return text
