# SPDX-License-Identifier: Apache-2.0
"""Proofs: taken once, for one action; wrong answers counted; codes sent."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import Action, Challenge, Failure, State, UsedProof
from counterseal.core.decision import Decision, Outcome
from counterseal.core.effects import Effect, SendCode
from counterseal.core.engine import limits
from counterseal.core.engine.actions import carry_out, open_action, unwatch, watch
from counterseal.core.engine.assess import assess, rule_for
from counterseal.core.engine.fold import fold_all
from counterseal.core.engine.outflows import repriced
from counterseal.core.engine.telling import facts_of
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.events import ChallengeSent, Decided, Event, Failed, Proved
from counterseal.core.policy.model import Policy

Result = tuple[Decision | None, list[Event], list[Effect]]


def prove(policy: Policy, state: State, given: i.Prove, now: int) -> Result:
    """A verified proof is spent on this action, which is then decided again."""
    action = answerable(state, given.action, now)
    admit_proof(policy, state, action, given.proof, now)
    _check_memory(state, given, now)
    event = Proved(
        now,
        action.id,
        replace(given.proof, at=min(given.proof.at, now)),
        challenge=given.challenge,
        step=given.step,
        used=given.used,
        forget=now + limits.TOKEN_KEPT,
    )
    events: list[Event] = [event, *repriced(action, given.worth, now)]
    state = fold_all(state, events)
    fresh = state.actions[action.id]
    decision = assess(policy, state, fresh, now, trusted_time=given.trusted_time, brake=given.brake)
    decided = Decided(now, action.id, decision)
    if decision.outcome is not Outcome.ALLOW:
        return decision, [*events, decided], [] if action.proofs else watch(policy, action)
    more, effects = carry_out(policy, fold_all(state, [decided]), action.id, now, given)
    return decision, [*events, decided, *more], [*unwatch(policy, action), *effects]


def _check_memory(state: State, given: i.Prove, now: int) -> None:
    instance = state.enrolled[given.proof.instance]
    if given.step is not None and given.step <= instance.step:
        raise ConflictError("the proof was used before", code="proof_spent")
    if given.used is not None and given.used in instance.used:
        raise ConflictError("the proof was used before", code="proof_spent")
    if given.challenge is not None:
        _check_challenge(state.actions[given.action].challenges.get(given.challenge), given.proof, now)


def _check_challenge(challenge: Challenge | None, proof: UsedProof, now: int) -> None:
    if challenge is None or challenge.instance != proof.instance:
        raise NotFoundError("there is no such challenge", code="unknown_challenge")
    if challenge.used:
        raise ConflictError("the proof was used before", code="proof_spent")
    if now >= challenge.expires:
        raise ConflictError("the code has expired", code="challenge_expired", hint="Ask for another code.")
    if challenge.failures >= limits.CODE_FAILURES:
        raise ConflictError("too many wrong answers", code="challenge_blocked", hint="Ask again.")


def answerable(state: State, identity: str, now: int) -> Action:
    """The action, if it can still take a proof."""
    action = open_action(state, identity)
    if action.status != "open":
        raise ConflictError(f"the action is {action.status}", code="action_over")
    if now - action.asked > limits.ACTION_LIFETIME:
        raise ConflictError("the action has lapsed", code="action_lapsed", hint="Ask again.")
    return action


def admit_proof(policy: Policy, state: State, action: Action, proof: UsedProof, now: int) -> None:
    """Refuse a proof that was used, or whose factor the rule does not name, or that is not enrolled."""
    if proof.token in state.tokens:
        raise ConflictError("the proof was used before", code="proof_spent")
    admit_factor(policy, state, action, proof.factor, now)
    instance = state.enrolled.get(proof.instance)
    if instance is None or instance.factor != proof.factor or instance.removed_at is not None:
        raise NotFoundError("there is no such factor", code="unknown_factor")


def admit_factor(policy: Policy, state: State, action: Action, factor: str, now: int) -> None:
    """Refuse a factor that the rule does not name, or that had too many wrong answers for this action."""
    rule = rule_for(policy, state, action.request.rule, now)
    if rule is None or factor not in rule.require.factors:
        raise InputError(f"`{factor}` is not asked for here", code="factor_not_asked")
    if action.failures.get(factor, 0) >= limits.CODE_FAILURES:
        raise ConflictError("too many wrong answers", code="challenge_blocked", hint="Ask again.")


def proof_failed(policy: Policy, state: State, given: i.ProofFailed, now: int) -> Result:
    """A wrong answer is counted. Nothing says which part was wrong."""
    action = answerable(state, given.action, now)
    failure = Failure(now, given.instance, given.source, given.known)
    return action.decision, [Failed(now, action.id, given.factor, failure, given.challenge)], []


def challenged(policy: Policy, state: State, given: i.Challenged, now: int) -> Result:
    """A code goes to the contact of an instance. The state keeps its digest only."""
    action = answerable(state, given.action, now)
    admit_factor(policy, state, action, given.factor, now)
    instance = state.enrolled.get(given.instance)
    contact = None if instance is None else state.contacts.get(instance.contact or "")
    if instance is None or instance.factor != given.factor or instance.removed_at is not None:
        raise NotFoundError("there is no such factor", code="unknown_factor")
    if contact is None:
        raise InputError(f"`{given.factor}` has no contact", code="contact_missing")
    challenge = Challenge(given.id, given.factor, given.instance, given.digest, now, given.expires)
    rule = rule_for(policy, state, action.request.rule, now)
    send = SendCode(
        id=given.id,
        channel=contact.channel,
        to=contact.value,
        language=state.language,
        code=given.code,
        facts=facts_of(action, rule, now),
        expires=given.expires,
    )
    return action.decision, [ChallengeSent(now, action.id, challenge)], [send]
