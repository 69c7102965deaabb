# SPDX-License-Identifier: Apache-2.0
"""What the step-up page shows: finished facts, from the guard's own decision. There is no second rule here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from counterseal.core.account import Action, State
from counterseal.core.decision import Outcome, Reason, for_requester
from counterseal.core.engine.telling import facts_of
from counterseal.core.policy.model import Policy
from counterseal.http.views import mask
from counterseal.notices.formats import written_amount
from counterseal.notices.templates import headline

Kind = Literal["passkey", "app", "printed", "message", "platform"]
_ORDER: dict[str, int] = {"passkey": 0, "app": 1, "printed": 2, "message": 3, "platform": 4}
WAITING = frozenset({"pending", "disputed"})
DONE = frozenset({"done", "sealed", "redeemed", "ready"})
SENTENCES: dict[str, str] = {
    "not_strongest": "why_not_strongest",
    "suspected": "why_suspected",
    "doubtful": "why_doubtful",
    "too_new": "why_waits",
    "hold": "why_waits",
    "delay": "why_waits",
    "frozen": "why_frozen",
    "locked": "why_locked",
    "over_limit": "why_limit",
    "limit_used": "why_limit",
    "price_unknown": "why_price",
    "clock_untrusted": "why_clock",
    "expired": "why_expired",
    "fact_missing": "why_expired",
    "context_missing": "why_platform",
    "disputed": "why_disputed",
}


class Way(msgspec.Struct, frozen=True):
    """One way to prove. `hint`: the masked contact; `challenge`: the code that was sent and still counts."""

    factor: str
    kind: Kind
    hint: str = ""
    challenge: str = ""


class Told(msgspec.Struct, frozen=True):
    """One reason why something does not count: the sentence, about which factor; `until` (ms): waiting ends it."""

    sentence: str
    about: str
    until: int | None


class StepPage(msgspec.Struct, frozen=True, kw_only=True):
    """The page of one action. `status`: open | waiting | allowed | held | denied | cancelled."""

    language: str
    platform: str
    phrase: str
    status: str
    outflow: bool
    happens: str
    amount: str = ""
    destination: str = ""
    chain: str = ""
    memo: str = ""
    known_since: int | None = None
    due: int | None = None
    until: int | None = None
    proved: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    told: tuple[Told, ...] = ()
    options: str = ""  # JSON for navigator.credentials, "" = no passkey counts
    error: str = ""
    sent: str = ""
    back: str = ""
    frozen: bool = False


def status_of(action: Action) -> str:
    """How far an action is, as its owner sees it."""
    if action.status in WAITING:
        return "waiting"
    if action.status in DONE:
        return "allowed"
    if action.status in {"cancelled", "refused"}:
        return "cancelled" if action.status == "cancelled" else "denied"
    decision = None if action.decision is None else for_requester(action.decision)
    if decision is None or decision.outcome is Outcome.CHALLENGE:
        return "open"
    return {Outcome.ALLOW: "allowed", Outcome.HOLD: "held", Outcome.DENY: "denied"}[decision.outcome]


def ways_of(policy: Policy, state: State, action: Action, now: int) -> tuple[Way, ...]:
    """Every factor that still counts by the guard's alternatives, the strongest kind first."""
    decision = None if action.decision is None else for_requester(action.decision)
    wanted = {name for names in (decision.alternatives if decision else ()) for name in names}
    wanted -= {proof.factor for proof in action.proofs}
    found = [_way(policy, state, action, name, now) for name in wanted]
    return tuple(sorted(found, key=lambda way: (_ORDER[way.kind], way.factor)))


def _way(policy: Policy, state: State, action: Action, factor: str, now: int) -> Way:
    spec = policy.vocabulary.factors[factor]
    if spec.webauthn:
        return Way(factor, "passkey")
    if spec.attested:
        return Way(factor, "platform")
    if not spec.contact:
        return Way(factor, "app" if factor == "totp" else "printed")
    enrolled = [x for x in state.enrolled.values() if x.factor == factor and x.removed_at is None]
    contact = state.contacts.get(enrolled[0].contact or "") if enrolled else None
    live = [
        each.id
        for each in action.challenges.values()
        if each.factor == factor and not each.used and now < each.expires
    ]
    return Way(factor, "message", "" if contact is None else mask(contact), live[-1] if live else "")


def told_of(policy: Policy, reasons: Iterable[Reason]) -> tuple[Told, ...]:
    """The reasons that an owner can do something with, each sentence once. What is only missing stands among the
    ways; names of clocks and facts are the policy's language, not theirs."""
    found: dict[Told, None] = {}
    for reason in reasons:
        sentence = SENTENCES.get(reason.code)
        if sentence is not None:
            about = reason.about if reason.about in policy.vocabulary.factors else ""
            found[Told(sentence, about, reason.until)] = None
    return tuple(found)


def step_page(
    policy: Policy, state: State, action: Action, now: int, *, language: str, platform: str, **more: Any
) -> StepPage:
    """The page of an action as it stands."""
    rule = policy.rules.get(action.request.rule)
    payment = action.request.payment
    decision = None if action.decision is None else for_requester(action.decision)
    status = status_of(action)
    proved = bool(action.proofs)
    reasons = decision.reasons if decision is not None and (proved or status in {"held", "denied"}) else ()
    address = state.objects.get(f"address:{action.request.objects.get('address', '')}")
    known = min((fact.grant.at for fact in address.facts.values()), default=None) if address else None
    return StepPage(
        language=language,
        platform=platform,
        phrase=state.phrase,
        status=status,
        outflow=rule is not None and rule.outflow,
        happens=headline(f"{action.request.rule}.asked", facts_of(action, rule, now), language, private=False),
        amount="" if payment is None else written_amount(f"{payment.amount:f}", payment.asset),
        destination="" if payment is None else payment.destination,
        chain="" if payment is None else payment.chain,
        memo="" if payment is None else payment.memo,
        known_since=known,
        due=action.due,
        until=None if decision is None else decision.until,
        proved=tuple(dict.fromkeys(proof.factor for proof in action.proofs)),
        ways=ways_of(policy, state, action, now) if status in {"open", "held"} else (),
        told=told_of(policy, reasons),
        **more,
    )
