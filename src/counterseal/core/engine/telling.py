# SPDX-License-Identifier: Apache-2.0
"""From a notice to its messages: one effect per contact, with the facts that a template shows."""

from __future__ import annotations

from collections.abc import Mapping

from counterseal.core.account import Action, Notice, State
from counterseal.core.effects import Effect, SendNotice
from counterseal.core.policy.model import Policy, Rule


def facts_of(action: Action | None, rule: Rule | None, now: int) -> dict[str, str]:
    """What a message may show of an action, as text. Times are ms."""
    facts = {"when": str(now)}
    if rule is not None:
        facts["action"] = rule.name
        facts["verb"] = rule.verb
    if action is None:
        return facts
    request = action.request
    facts.setdefault("action", request.rule)  # a rule that has left the policy keeps its name
    for kind in ("device", "address", "api_key", "payout"):
        if kind in request.objects:
            facts[kind] = request.objects[kind]
    payment = request.payment
    if payment is not None:
        facts["asset"], facts["amount"] = payment.asset, f"{payment.amount:f}"
        facts["destination"], facts["chain"], facts["memo"] = payment.destination, payment.chain, payment.memo
    return {name: value for name, value in facts.items() if value}


def tell(
    policy: Policy,
    state: State,
    notice: Notice | None,
    now: int,
    *,
    action: Action | None = None,
    rule: Rule | None = None,
    delay: int = 0,
    more: Mapping[str, str] | None = None,
) -> list[Effect]:
    """One message per contact of the notice. Amounts never go to a replaced contact (the template sees `old`).
    `more`: facts of this notice alone."""
    if notice is None:
        return []
    facts = facts_of(action, rule, now) | dict(more or {})
    if delay:
        facts["delay"] = str(delay)
    effects: list[Effect] = []
    for identity in notice.contacts:
        contact = state.contacts.get(identity)
        if contact is None:
            continue
        old = contact.replaced_at is not None and contact.replaced_at <= now
        effects.append(
            SendNotice(
                id=f"{notice.id}.{identity}",
                notice=notice.id,
                contact=identity,
                channel=contact.channel,
                to=contact.value,
                template=notice.template,
                language=state.language,
                phrase=state.phrase,
                action=notice.action,
                facts=facts,
                old=old,
            )
        )
    return effects
