# SPDX-License-Identifier: Apache-2.0
"""Seals: issue, redeem with a second decision, and what the signer reports."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import Action, Object, Seal, Spend, State, Worth, object_key
from counterseal.core.decision import Decision, Outcome
from counterseal.core.effects import Effect
from counterseal.core.engine import limits
from counterseal.core.engine.assess import assess, value_of
from counterseal.core.engine.consequences import marks, new_notice
from counterseal.core.engine.telling import tell
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.events import Decided, Event, Redeemed, Reported, Repriced, Sealed, SealVoided
from counterseal.core.policy.model import Policy, Rule

Result = tuple[Decision | None, list[Event], list[Effect]]


def seal(
    policy: Policy, rule: Rule, state: State, action: Action, now: int, given: i.Ask | i.Decide | i.Prove
) -> tuple[list[Event], list[Effect]]:
    """Issue the seal of an allowed outflow, reserve its value, renew sliding lifetimes, tell the owner."""
    life = limits.SEAL_LIFETIME
    issued = Seal(given.seal, now, now + life, given.epoch, given.test)
    spend = Spend(action.id, rule.name, now, value_of(action), now + life)
    first = action.seal is None
    notice = new_notice(rule, state, action.id, now, "sealed", rule.name) if first else None
    begun = now if notice is None else None
    restarted = marks(policy, rule, state, [], now, notice.id if notice else None, begun) if first else {}
    event = Sealed(
        now,
        action.id,
        issued,
        spend,
        objects=_renewed(policy, state, action, now),
        times=restarted if rule.holds or rule.starts else {},
        notice=notice,
    )
    return [event], tell(policy, state, notice, now, action=action, rule=rule)


def _renewed(policy: Policy, state: State, action: Action, now: int) -> tuple[Object, ...]:
    """Objects whose sliding lifetime this use restarts."""
    found = []
    for kind, identity in action.request.objects.items():
        item = state.objects.get(object_key(kind, identity))
        if item is None:
            continue
        facts = {
            name: replace(fact, expires=now + fact.lifetime)
            for name, fact in item.facts.items()
            if fact.lifetime is not None and fact.expires is not None and now < fact.expires
        }
        if facts:
            found.append(replace(item, facts={**item.facts, **facts}))
    return tuple(found)


def repriced(action: Action, worth: Worth | None, now: int) -> list[Event]:
    """What an outflow was worth at its ask says little after a wait: limits count what it is worth now."""
    payment = action.request.payment
    if worth is None or payment is None or worth.value == payment.value:
        return []
    return [Repriced(now, action.id, worth)]


def redeem(policy: Policy, state: State, given: i.Redeem, now: int) -> Result:
    """Decide again at the moment of payment: freeze, suspicions since, limits, object still good.

    A refusal, a brake too, voids the seal and gives the reserved value back.
    """
    action = _sealed(state, given.action, given.seal)
    held = action.seal
    if held is None or held.state != "issued" or action.status != "sealed":
        state_now = held.state if held is not None and held.state != "issued" else "void"
        raise ConflictError(f"the seal is {state_now}", code="seal_spent")
    if given.epoch != held.epoch:
        raise ConflictError("the seal is of an earlier epoch", code="seal_epoch")
    if now >= held.expires:
        raise ConflictError("the seal has expired", code="seal_expired", hint="Decide the action again.")
    decision = assess(policy, state, action, now, trusted_time=given.trusted_time, brake=given.brake)
    decided = Decided(now, action.id, decision)
    if decision.outcome is not Outcome.ALLOW:
        void = SealVoided(now, action.id, replace(held, state="void"))
        return decision, [decided, void], []
    spent = Spend(action.id, action.request.rule, now, value_of(action))
    redeemed = Redeemed(now, action.id, replace(held, state="redeemed", redeemed_at=now), spent)
    return decision, [decided, redeemed], []


def report(policy: Policy, state: State, given: i.Report, now: int) -> Result:
    """What became of a redeemed seal. Abandoned gives the value back to the limit."""
    action = _sealed(state, given.action, given.seal)
    held = action.seal
    if given.outcome not in ("broadcast", "abandoned"):
        raise InputError("an outcome is broadcast or abandoned", code="outcome_invalid")
    if held is None or held.state not in ("redeemed", "broadcast"):
        raise ConflictError("the seal is not redeemed", code="seal_not_redeemed")
    if held.state == "broadcast":
        if given.outcome == "broadcast" and given.txid == held.txid:
            return None, [], []
        raise ConflictError("the seal is reported already", code="seal_reported")
    done = replace(held, state=given.outcome, txid=given.txid)
    spend = None
    if given.outcome == "broadcast":
        spend = Spend(action.id, action.request.rule, held.redeemed_at or now, value_of(action))
    return None, [Reported(now, action.id, done, spend)], []


def _sealed(state: State, identity: str, seal_id: str) -> Action:
    action = state.actions.get(identity)
    if action is None or action.seal is None or action.seal.id != seal_id:
        raise NotFoundError("there is no such seal", code="unknown_seal")
    return action


def replaceable(action: Action, now: int, epoch: int) -> bool:
    """Whether a sealed action may be decided again: its seal ran out unredeemed, or is of an earlier epoch."""
    held = action.seal
    return held is not None and held.state == "issued" and (now >= held.expires or epoch != held.epoch)
