# SPDX-License-Identifier: Apache-2.0
"""What is approved, in the owner's words: money and where it goes, or what would change."""

from __future__ import annotations

from urllib.parse import unquote

from counterseal.core.account import Action, Lock, State, object_key
from counterseal.core.engine.actions import delay_of
from counterseal.core.engine.requests import FACTOR
from counterseal.core.engine.telling import facts_of
from counterseal.core.policy.model import Policy, Rule
from counterseal.notices.formats import written_amount
from counterseal.notices.wording import wording
from counterseal.pages.model import Row, ViewOfRequest
from counterseal.pages.words import Words

ADDRESS = "address"
NAMED = ("api_key", "payout", "device")


def heading(words: Words, action: Action, rule: Rule | None, now: int) -> str:
    """The question."""
    payment = action.request.payment
    if payment is not None and payment.chain:
        return words.say("send_h1")
    wish = wording(action.request.rule, facts_of(action, rule, now), words.catalogue).wish
    return words.say("wish_h1", wish=wish[:1].upper() + wish[1:])


def view_of(words: Words, policy: Policy, state: State, action: Action, rule: Rule | None) -> ViewOfRequest:
    """What the action would do."""
    payment, request = action.request.payment, action.request
    rows: list[Row] = []
    if payment is None:
        rows += _changes(words, policy, state, action, rule)
        chain, destination, memo = _address(request.objects.get(ADDRESS, ""))
    else:
        chain, destination, memo = payment.chain, payment.destination, payment.memo
    if memo:
        rows.append(Row(words.say("memo"), memo, mono=True))
    if payment is not None and payment.fee_cap:
        fee = written_amount(f"{payment.fee_cap:f}", payment.asset)
        rows.append(Row(words.say("fee"), words.say("fee_at_most", amount=fee)))
    delay = 0 if rule is None else delay_of(rule, state)
    if payment is not None or delay:
        when = words.say("after", duration=words.duration(delay)) if delay else words.say("at_once")
        rows.append(Row(words.say("leaves" if payment is not None else "takes_effect"), when))
    amount, asset = ("", "") if payment is None else _money(f"{payment.amount:f}", payment.asset)
    known = "" if not chain else words.network(chain)
    if payment is not None and chain:
        known = _known(words, state, chain, request.objects.get(ADDRESS, ""))
    return ViewOfRequest(amount=amount, asset=asset, destination=destination, known=known, rows=tuple(rows))


def _money(amount: str, asset: str) -> tuple[str, str]:
    number, _, unit = written_amount(amount, asset).rpartition(" ")
    return (number, unit) if number else (unit, "")


def _known(words: Words, state: State, chain: str, address: str) -> str:
    """The network, and since when the account has this address."""
    network = words.network(chain)
    item = state.objects.get(object_key(ADDRESS, address)) if address else None
    since = [fact.grant.at for fact in item.facts.values()] if item is not None else []
    if not since:
        return words.say("known_not", network=network)
    return words.say("known_since", network=network, date=words.date(min(since)))


def _address(identity: str) -> tuple[str, str, str]:
    """Chain, address and memo of an address object's id (see core.destinations.address_id)."""
    parts = identity.split("|", 2)
    return (
        (parts[0], unquote(parts[1]), parts[2]) if len(parts) == len(("chain", "address", "memo")) else ("", "", "")
    )


def _changes(words: Words, policy: Policy, state: State, action: Action, rule: Rule | None) -> list[Row]:
    """What would be added, removed or locked. What an attacker could have chosen is shown whole."""
    objects = action.request.objects
    rows = [_added(words, item.factor, item.contact, item.label) for item in action.request.enrol]
    rows = [row for row in rows if row.value]
    facts = () if rule is None else (*rule.grants, *rule.revokes, *rule.confirms)
    kinds = {policy.vocabulary.facts.get(fact) for fact in facts}
    for kind in NAMED:
        if kind in objects and kind in kinds:
            item = state.objects.get(object_key(kind, objects[kind]))
            label = item.label if item is not None else ""
            rows.append(Row(words.say(kind), label or objects[kind], mono=not label))
    instance = state.enrolled.get(objects.get(FACTOR, ""))
    if instance is not None:
        rows.append(Row(words.say("factor"), instance.label or words.names((instance.factor,))))
    if action.request.lock is not None:
        rows += _lock(words, action.request.lock)
    return rows


def _added(words: Words, factor: str, contact: str | None, label: str) -> Row:
    known = words.texts.PAGE
    name = factor if factor in ("passkey", "sms", "email", "guardian") and factor in known else "other"
    return Row(words.say(name), contact or label or (words.names((factor,)) if name == "other" else ""))


def _lock(words: Words, lock: Lock) -> list[Row]:
    named = words.catalogue.outflows.get(lock.outflow)
    rows = [Row(words.say("lock"), named.noun if named else lock.outflow)]
    if lock.off:
        rows.append(Row("", words.say("lock_off")))
    if lock.limit is not None:
        rows.append(Row("", words.say("lock_limit", amount=f"{lock.limit:,f}")))
    if lock.delay:
        rows.append(Row("", words.say("lock_delay", duration=words.duration(lock.delay))))
    return rows
