# SPDX-License-Identifier: Apache-2.0
"""What the API shows: replies about actions and accounts, in the requester's or the staff's view."""

from __future__ import annotations

from decimal import Decimal

from counterseal.core.account import Action, Contact, Instance, State
from counterseal.core.decision import Decision, Reason, for_requester, for_staff
from counterseal.core.engine.doubt import Active, active, covering, fact_doubt, instance_doubt
from counterseal.core.policy.model import Policy
from counterseal.http.body import Reply


class ReasonView(Reply, frozen=True):
    """One reason. `until`: ms, or null where no time ends it."""

    code: str
    text: str
    about: str
    until: int | None


class DecisionView(Reply, frozen=True):
    """A decision as the caller may see it. `alternatives`: minimal sets of proofs that would do."""

    outcome: str
    rule: str
    line: int
    policy: str
    at: int
    until: int | None
    reasons: list[ReasonView]
    alternatives: list[list[str]]
    candidates: list[str]


class ProofView(Reply, frozen=True):
    """A proof that was taken."""

    factor: str
    at: int


class ChallengeView(Reply, frozen=True):
    """A code that was sent."""

    id: str
    factor: str
    expires: int


class SealView(Reply, frozen=True):
    """A seal. `token` is there only in the reply that issued it (or repeats that reply)."""

    id: str
    token: str | None
    expires: int
    state: str
    txid: str


class ActionView(Reply, frozen=True):
    """An action."""

    id: str
    account: str
    action: str
    status: str
    asked: int
    due: int | None
    delay: int
    decision: DecisionView | None
    proofs: list[ProofView]
    challenge: ChallengeView | None
    seal: SealView | None
    shown: dict[str, list[str]]
    log_position: int | None


def decision_view(decision: Decision, *, staff: bool) -> DecisionView:
    """The requester's view, or the staff's."""
    seen = for_staff(decision) if staff else for_requester(decision)
    return DecisionView(
        outcome=seen.outcome.value,
        rule=seen.rule,
        line=seen.line,
        policy=seen.policy,
        at=seen.at,
        until=seen.until,
        reasons=[_reason(reason) for reason in seen.reasons],
        alternatives=[list(names) for names in seen.alternatives],
        candidates=list(seen.candidates),
    )


def _reason(reason: Reason) -> ReasonView:
    return ReasonView(code=reason.code, text=reason.text, about=reason.about, until=reason.until)


def action_view(
    account: str,
    action: Action,
    *,
    staff: bool,
    token: str | None = None,
    challenge: ChallengeView | None = None,
    shown: dict[str, list[str]] | None = None,
    position: int | None = None,
) -> ActionView:
    """An action as the caller may see it."""
    seal = action.seal
    return ActionView(
        id=action.id,
        account=account,
        action=action.request.rule,
        status=action.status,
        asked=action.asked,
        due=action.due,
        delay=action.delay,
        decision=None if action.decision is None else decision_view(action.decision, staff=staff),
        proofs=[ProofView(factor=proof.factor, at=proof.at) for proof in action.proofs],
        challenge=challenge,
        seal=None
        if seal is None
        else SealView(id=seal.id, token=token, expires=seal.expires, state=seal.state, txid=seal.txid),
        shown=shown or {},
        log_position=position,
    )


class FactorView(Reply, frozen=True):
    """An enrolled factor. `used`: its last proof. `doubtful`: a suspected capability could have bound it.

    `counts_from` (ms): until then a suspicion keeps its proofs from counting; null = none does.
    """

    id: str
    factor: str
    label: str
    since: int
    used: int | None
    removed: int | None
    imported: bool
    doubtful: bool
    counts_from: int | None


class ContactView(Reply, frozen=True):
    """A contact, masked."""

    id: str
    channel: str
    hint: str
    since: int
    replaced_at: int | None


class FactView(Reply, frozen=True):
    """A fact of an object. `started`: where its age runs from; null = nobody has been told yet."""

    name: str
    since: int
    started: int | None
    expires: int | None
    imported: bool
    doubtful: bool


class ObjectView(Reply, frozen=True):
    """An object and what it carries."""

    kind: str
    id: str
    facts: list[FactView]


class FreezeView(Reply, frozen=True):
    """A freeze that stands."""

    id: str
    kind: str
    at: int
    until: int | None


class LockView(Reply, frozen=True):
    """An owner's own stricter rule."""

    outflow: str
    off: bool
    limit: Decimal | None
    delay: int


class SuspicionView(Reply, frozen=True):
    """A suspicion (staff only, never a sealed one)."""

    id: str
    capability: str
    instance: str | None
    since: int
    until: int
    strength: str
    evidence: str


class WaitView(Reply, frozen=True):
    """A clock that runs: `at` when its verb was done, `started` when a notice of it was accepted."""

    clock: str
    at: int
    started: int | None


class AccountView(Reply, frozen=True):
    """An account."""

    account: str
    language: str
    registered: int
    factors: list[FactorView]
    contacts: list[ContactView]
    objects: list[ObjectView]
    freezes: list[FreezeView]
    locks: list[LockView]
    suspicions: list[SuspicionView]
    waits: list[WaitView]
    actions: list[ActionView]


def mask(contact: Contact) -> str:
    """Enough to recognise a contact, too little to use it."""
    return mask_text(contact.channel, contact.value)


def mask_text(channel: str, value: str) -> str:
    """An address of this channel, masked."""
    if channel == "email" and "@" in value:
        name, _, domain = value.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"…{value[-2:]}" if len(value) > 4 else "…"  # noqa: PLR2004 - short values show nothing


def _counts_from(item: Instance, standing: tuple[Active, ...]) -> int | None:
    """When the last suspicion ends that could have produced a proof of this instance; None = there is none."""
    ends = [one.suspicion.until for one in standing if covering(item.factor, item.id, (one,)) is not None]
    return max(ends, default=None)


def account_view(policy: Policy, state: State, now: int, *, staff: bool) -> AccountView:
    """An account as the caller may see it. Doubt and suspicions are the staff's; sealed ones are nobody's here."""
    words = policy.vocabulary
    standing = tuple(x for x in active(words, state, now) if staff and x.capability.tell != "sealed")
    factors = [
        FactorView(
            id=item.id,
            factor=item.factor,
            label=item.label,
            since=item.grant.at,
            used=item.last,
            removed=item.removed_at,
            imported=item.grant.imported,
            doubtful=instance_doubt(state, item, standing) is not None,
            counts_from=_counts_from(item, standing),
        )
        for item in state.enrolled.values()
    ]
    objects = []
    for item in state.objects.values():
        facts = [
            FactView(
                name=name,
                since=fact.grant.at,
                started=fact.started,
                expires=fact.expires,
                imported=fact.grant.imported,
                doubtful=bool(standing) and fact_doubt(state, item, name, standing) is not None,
            )
            for name, fact in item.facts.items()
        ]
        objects.append(ObjectView(kind=item.kind, id=item.id, facts=facts))
    suspicions = [
        SuspicionView(
            id=x.id,
            capability=x.capability,
            instance=x.instance,
            since=x.since,
            until=x.until,
            strength=x.strength,
            evidence=x.evidence,
        )
        for x in state.suspicions.values()
        if staff and x.capability in words.capabilities and words.capabilities[x.capability].tell != "sealed"
    ]
    clocks = ((key.partition(":")[2], mark) for key, mark in state.times.items() if key.startswith("clock:"))
    waits = [WaitView(clock=clock, at=mark.at, started=mark.started) for clock, mark in clocks]
    return AccountView(
        account=state.id,
        language=state.language,
        registered=state.registered,
        factors=factors,
        contacts=[
            ContactView(id=c.id, channel=c.channel, hint=mask(c), since=c.since, replaced_at=c.replaced_at)
            for c in state.contacts.values()
        ],
        objects=objects,
        freezes=[FreezeView(id=f.id, kind=f.kind, at=f.at, until=f.until) for f in state.freezes.values()],
        locks=[LockView(outflow=x.outflow, off=x.off, limit=x.limit, delay=x.delay) for x in state.locks.values()],
        suspicions=suspicions,
        waits=waits,
        actions=[action_view(state.id, action, staff=staff) for action in state.actions.values()],
    )
