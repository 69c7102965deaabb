# SPDX-License-Identifier: Apache-2.0
"""What the API shows: replies about actions and decisions, in the requester's or the staff's view."""

from __future__ import annotations

from counterseal.core.account import Action
from counterseal.core.decision import Decision, Reason, for_requester, for_staff
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
