# SPDX-License-Identifier: Apache-2.0
"""Ask, decide again, and what a timer does: from a request to its consequences."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import Action, Notice, State
from counterseal.core.decision import Decision, Outcome, Reason
from counterseal.core.effects import ClearTimer, Effect, SetTimer
from counterseal.core.engine import limits, outflows
from counterseal.core.engine.assess import assess, rule_for
from counterseal.core.engine.consequences import consequences, link_freeze_channels, new_notice, reachable
from counterseal.core.engine.fold import fold_all
from counterseal.core.engine.forget import OVER
from counterseal.core.engine.requests import check_request
from counterseal.core.engine.telling import tell
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.events import Accepted, Asked, BecameReady, Cancelled, Decided, Event, Lapsed
from counterseal.core.policy.model import Policy, Rule

Result = tuple[Decision | None, list[Event], list[Effect]]

RETRY_DUE = limits.HOUR
"""A due action that still has to wait for an unknown end is looked at again after this."""


def ask(policy: Policy, state: State, given: i.Ask, now: int) -> Result:
    """A new action. It is decided at once; without proofs most end in a challenge."""
    if given.id in state.actions:
        raise ConflictError("the action exists", code="action_exists")
    rule = rule_for(policy, state, given.request.rule, now)
    if rule is None:
        if given.request.rule in policy.not_offered:
            raise InputError(f"`{given.request.rule}` is not offered", code="not_offered")
        raise InputError(f"the policy has no action `{given.request.rule}`", code="unknown_action")
    if rule.subject != "account":
        raise InputError(f"`{rule.name}` is not an action of an account", code="wrong_subject")
    for name in given.request.context:
        if name not in policy.vocabulary.context:
            raise InputError(f"`{name}` is not a context of the vocabulary", code="unknown_context")
    asked = Asked(now, given.id, given.request)
    state = fold_all(state, [asked])
    action = state.actions[given.id]
    check_request(policy, state, rule, action)
    decision = assess(policy, state, action, now, trusted_time=given.trusted_time, brake=given.brake, checked=True)
    events: list[Event] = [asked, Decided(now, action.id, decision)]
    if decision.outcome is not Outcome.ALLOW:
        return decision, events, []
    more, effects = carry_out(policy, fold_all(state, events[1:]), action.id, now, given)
    return decision, events + more, effects


def decide(policy: Policy, state: State, given: i.Decide, now: int) -> Result:
    """Decide again now. For an outflow that is ready or allowed this is where its seal comes from."""
    action = open_action(state, given.action)
    if action.status == "sealed" and not outflows.replaceable(action, now, given.epoch):
        raise ConflictError("the action has a seal", code="action_sealed", hint="Redeem it or let it expire.")
    if action.status not in ("open", "ready", "pending", "sealed"):
        raise ConflictError(f"the action is {action.status}", code="action_over")
    met = action.due or action.accepted_at
    if action.status != "pending" and met is not None and now - met > limits.COLLECT:
        raise ConflictError("the action has lapsed", code="action_lapsed", hint="Ask again.")
    if action.status == "pending":
        return due(policy, state, i.Due(given.id, given.action, given.trusted_time, given.brake), now)
    if action.status == "open" and now - action.asked > limits.ACTION_LIFETIME:
        raise ConflictError("the action has lapsed", code="action_lapsed", hint="Ask again.")
    events = outflows.repriced(action, given.worth, now)
    state = fold_all(state, events)
    fresh = state.actions[action.id]
    decision = assess(policy, state, fresh, now, trusted_time=given.trusted_time, brake=given.brake)
    decided = Decided(now, action.id, decision)
    if decision.outcome is not Outcome.ALLOW:
        return decision, [*events, decided], []
    more, effects = carry_out(policy, fold_all(state, [decided]), action.id, now, given)
    return decision, [*events, decided, *more], [*unwatch(policy, action), *effects]


def due(policy: Policy, state: State, given: i.Due, now: int) -> Result:
    """The delay of an action is over: it is decided again, and only then takes effect."""
    action = open_action(state, given.action)
    if _unfinished(policy, action):
        return _lapse(policy, state, action, given, now)
    if action.status != "pending":
        raise ConflictError(f"the action is {action.status}", code="action_over")
    if rule_for(policy, state, action.request.rule, now) is None:
        return _gone(policy, state, action, given, now)
    timer = f"{action.id}.due"
    if action.due is None or now < action.due:
        reason = Reason("delay", "waits out its delay", about=action.id, until=action.due)
        wake: list[Effect] = [] if action.due is None else [SetTimer(timer, action.id, action.due)]
        decision = _waits(policy, state, action, now, reason)
        return decision, [Decided(now, action.id, decision)], wake
    if not given.trusted_time:  # a jump of the clock must not bring forward what waits
        reason = Reason("clock_untrusted", "the clock has jumped: what waits goes on waiting", about="clock")
        decision = _waits(policy, state, action, now, reason)
        again = SetTimer(timer, action.id, now + RETRY_DUE)
        return decision, [Decided(now, action.id, decision)], [again]
    decision = assess(policy, state, action, now, trusted_time=given.trusted_time, brake=given.brake)
    events: list[Event] = [Decided(now, action.id, decision)]
    if decision.outcome is Outcome.ALLOW:
        rule = _rule(policy, state, action, now)
        if rule.outflow:
            return decision, [*events, BecameReady(now, action.id)], [ClearTimer(timer)]
        more, effects = _apply(policy, rule, fold_all(state, events), action.id, now)
        return decision, events + more, [ClearTimer(timer), *effects]
    if decision.outcome is Outcome.HOLD:
        return decision, events, [SetTimer(timer, action.id, decision.until or now + RETRY_DUE)]
    ended = Cancelled(now, action.id, by="policy", status="refused")
    return decision, [*events, ended], [ClearTimer(timer)]


def _gone(policy: Policy, state: State, action: Action, given: i.Due, now: int) -> Result:
    """Its rule has left the policy, so it cannot take effect: denied at each look, over when its delay is. Not
    sooner, since a roll back may bring the rule back. Whoever was told that it waits is told that it ended."""
    decision = assess(policy, state, action, now, trusted_time=given.trusted_time, brake=given.brake)
    decided, timer = Decided(now, action.id, decision), f"{action.id}.due"
    if action.due is None:
        return decision, [decided], []
    if now < action.due or not given.trusted_time:
        return (
            decision,
            [decided],
            [SetTimer(timer, action.id, action.due if now < action.due else now + RETRY_DUE)],
        )
    contacts = reachable(state, link_freeze_channels(state, now), now)
    notice = Notice(f"{action.id}.lapsed", now, action.id, f"{action.request.rule}.lapsed", contacts)
    ended = Cancelled(now, action.id, by="policy", status="refused", notice=notice)
    return decision, [decided, ended], [ClearTimer(timer), *tell(policy, state, notice, now, action=action)]


def watch(policy: Policy, action: Action) -> list[Effect]:
    """Look again when an action that got a proof right has lapsed: somebody may hold one of the owner's factors."""
    if policy.attempts is None:
        return []
    return [SetTimer(f"{action.id}.due", action.id, action.asked + limits.ACTION_LIFETIME + 1)]


def unwatch(policy: Policy, action: Action) -> list[Effect]:
    """What goes on is watched no more."""
    watched = policy.attempts is not None and action.status == "open" and action.proofs
    return [ClearTimer(f"{action.id}.due")] if watched else []


def _unfinished(policy: Policy, action: Action) -> bool:
    """An attempt that got a proof right and lacked another. Who was only told to wait has been told enough."""
    waits = action.decision is not None and action.decision.outcome is Outcome.HOLD
    return policy.attempts is not None and action.status == "open" and bool(action.proofs) and not waits


def _lapse(policy: Policy, state: State, action: Action, given: i.Due, now: int) -> Result:
    """Nobody finished it: the owner hears of the attempt, on the channels that the policy names."""
    if now <= action.asked + limits.ACTION_LIFETIME:
        return None, [], watch(policy, action)
    if not given.trusted_time:
        return None, [], [SetTimer(f"{action.id}.due", action.id, now + RETRY_DUE)]
    rule = rule_for(policy, state, action.request.rule, now)  # None: it left the policy meanwhile
    contacts = reachable(state, policy.attempts or (), now)
    notice = Notice(f"{action.id}.attempt", now, action.id, f"{action.request.rule}.refused", contacts)
    effects = tell(policy, state, notice, now, action=action, rule=rule)
    return None, [Lapsed(now, action.id, notice)], [ClearTimer(f"{action.id}.due"), *effects]


def _waits(policy: Policy, state: State, action: Action, now: int, reason: Reason) -> Decision:
    rule = _rule(policy, state, action, now)
    until = reason.until
    return Decision(Outcome.HOLD, rule.name, rule.line, policy.digest, now, (reason,), until=until, proved=True)


def carry_out(
    policy: Policy, state: State, identity: str, now: int, given: i.Ask | i.Decide | i.Prove
) -> tuple[list[Event], list[Effect]]:
    """What an allowed action does: wait out its delay, take effect, or get its seal."""
    action = state.actions[identity]
    rule = _rule(policy, state, action, now)
    delay = delay_of(rule, state)
    if delay and action.accepted_at is None:
        return _wait(policy, rule, state, action, delay, now)
    if not rule.outflow:
        return _apply(policy, rule, state, identity, now)
    if not given.seal:
        return [BecameReady(now, identity)], []
    return outflows.seal(policy, rule, state, action, now, given)


def open_action(state: State, identity: str) -> Action:
    """The action, unless it is over."""
    action = state.actions.get(identity)
    if action is None:
        raise NotFoundError("there is no such action", code="unknown_action_id")
    if action.status in OVER:
        raise ConflictError(f"the action is {action.status}", code="action_over")
    return action


def _rule(policy: Policy, state: State, action: Action, now: int) -> Rule:
    rule = rule_for(policy, state, action.request.rule, now)
    if rule is None:
        raise ConflictError("the policy no longer has this action", code="unknown_action")
    return rule


def delay_of(rule: Rule, state: State) -> int:
    """How long an accepted action waits (ms): the policy's delay or the owner's own, whichever is longer."""
    own = state.locks[rule.name].delay if rule.name in state.locks else 0
    if rule.locks == "loosen":  # loosening waits out the longest delay that the owner has set
        own = max((lock.delay for lock in state.locks.values()), default=0)
    return max(rule.delay, own)


def _wait(
    policy: Policy, rule: Rule, state: State, action: Action, delay: int, now: int
) -> tuple[list[Event], list[Effect]]:
    notice = new_notice(rule, state, action.id, now, "pending", f"{rule.name}.pending")
    due_at = now + delay if notice is None else None
    event = Accepted(now, action.id, delay, notice, due_at)
    after = fold_all(state, [event])
    effects = tell(policy, after, notice, now, action=after.actions[action.id], rule=rule, delay=delay)
    if due_at is not None:
        effects.append(SetTimer(f"{action.id}.due", action.id, due_at))
    return [event], effects


def _apply(policy: Policy, rule: Rule, state: State, identity: str, now: int) -> tuple[list[Event], list[Effect]]:
    action = state.actions[identity]
    notice = new_notice(rule, state, identity, now, "done", rule.name)
    event = consequences(policy, rule, state, action, now, notice)
    effects = tell(policy, state, notice, now, action=replace(action, status="done"), rule=rule)
    return [event], effects
