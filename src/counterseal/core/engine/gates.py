# SPDX-License-Identifier: Apache-2.0
"""What can stop an action whatever was proved: brakes, freezes, locks, limits, an unknown price, a clock that is
not trusted, a wait that the owner never heard of."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from counterseal.core.account import Action, Freeze, Spend, State
from counterseal.core.decision import Reason
from counterseal.core.engine.doubt import active
from counterseal.core.engine.heard import begun
from counterseal.core.engine.requests import stands_against
from counterseal.core.policy.model import Limit, Policy, Rule
from counterseal.core.stops import Stop

_PASSES = frozenset({"braked", "price_unknown", "clock_untrusted", "untold"})
"""What ends by itself, though nobody can say when: a hold and not a refusal."""


class Gate(Struct, frozen=True, gc=False):
    """What blocks. `passes`: waiting alone ends all of it, at `until` (ms) if that is known."""

    reasons: tuple[Reason, ...] = ()
    passes: bool = True
    until: int | None = None


_OPEN = Gate()


def gates(
    policy: Policy,
    rule: Rule,
    state: State,
    action: Action,
    now: int,
    *,
    trusted_time: bool,
    brake: Stop | None = None,
    checked: bool = False,
) -> Gate:
    """What stops this action whatever was proved; no reasons = nothing does. `checked`: see `assess`."""
    reasons = _freezes(rule, state, action, now) if state.freezes else []
    if brake is not None:  # not who or why: that is for staff, in the brake's own entries
        text = f"this {brake.kind} is stopped for everybody at the moment"
        reasons.append(Reason("braked", text, about=brake.kind, until=brake.until))
    if state.suspicions and action.delay:
        reasons.extend(_untold(policy, state, action, now))
    if rule.outflow:
        if not trusted_time:
            reasons.append(Reason("clock_untrusted", "the clock has jumped: outflows stop", about="clock"))
        reasons.extend(_value(policy, rule, state, action, now))
    if action.status == "disputed":
        reasons.append(Reason("disputed", "two officers have to decide a dispute", about=action.id))
    against = None if checked else stands_against(policy, state, rule, action)
    if against is not None:
        reasons.append(Reason(against.code, against.sentence, about=rule.name))
    if not reasons:
        return _OPEN
    ends = [reason.until for reason in reasons]
    until = None if None in ends else max(end for end in ends if end is not None)
    return Gate(tuple(reasons), all(r.until is not None or r.code in _PASSES for r in reasons), until)


def _freezes(rule: Rule, state: State, action: Action, now: int) -> list[Reason]:
    found = []
    for freeze in state.freezes.values():
        if rule.outflow and _stopped(freeze, action):
            found.append(Reason("frozen", "a freeze has stopped this: ask again", about=freeze.id))
            continue
        if freeze.until is not None and freeze.until <= now:
            continue
        everything = freeze.kind == "staff" and not freeze.outflows_only
        if rule.outflow or (everything and not rule.when_frozen and rule.lifts is None):
            text = f"the account is frozen ({freeze.kind})"
            found.append(Reason("frozen", text, about=freeze.id, until=freeze.until))
        elif rule.lifts == "freeze" and freeze.kind == "staff":
            found.append(Reason("frozen", "two officers have to lift this freeze", about=freeze.id))
    return found


def _stopped(freeze: Freeze, action: Action) -> bool:
    """Whether the owner froze while this outflow waited. He was told that it is stopped, so the end of a link
    freeze must not let it go on: what he did not ask for would leave on its own after 72 h."""
    return freeze.kind != "staff" and action.accepted_at is not None and freeze.at >= action.accepted_at


def _untold(policy: Policy, state: State, action: Action, now: int) -> list[Reason]:
    """Its delay ran from a notice that, by what is suspected now, may never have reached the owner."""
    notice = state.notices.get(action.notice or "")
    if notice is None or notice.started is None:
        return []
    started = begun(state, notice.id, notice.started, active(policy.vocabulary, state, now))
    end = None if started is None else started + action.delay
    if end is not None and end <= now:
        return []
    text = "the notice may not have reached the owner: its wait goes on"
    return [Reason("untold", text, about=action.id, until=end, tell="staff")]


def _value(policy: Policy, rule: Rule, state: State, action: Action, now: int) -> list[Reason]:
    payment = action.request.payment
    if payment is None or payment.value is None:
        return [Reason("price_unknown", "there is no usable price for this asset", about="price")]
    found = []
    lock = state.locks.get(rule.name)
    limits = [] if rule.limit is None else [rule.limit]
    if lock is not None:
        if lock.off:
            found.append(Reason("locked", f"the owner has turned `{rule.name}` off", about=rule.name))
        if lock.limit is not None:
            limits.append(Limit(lock.limit, rule.limit.period if rule.limit else 86_400_000))
    for limit in limits:
        reason = _limit(rule, limit, state, action, payment.value, now)
        if reason is not None:
            found.append(reason)
    return found


def counting(spends: tuple[Spend, ...], outflow: str, except_action: str, period: int, now: int) -> list[Spend]:
    """Spends of an outflow that count in the window of `period` ms that ends now, oldest first."""
    return sorted(
        (
            item
            for item in spends
            if item.outflow == outflow
            and item.action != except_action
            and item.at > now - period
            and (item.until is None or item.until > now)
        ),
        key=lambda item: item.at,
    )


def _limit(rule: Rule, limit: Limit, state: State, action: Action, value: Decimal, now: int) -> Reason | None:
    if value > limit.amount:
        text = f"{value} is over the limit of {limit.amount} for `{rule.name}`"
        return Reason("over_limit", text, about=rule.name)
    spent = counting(state.spends, rule.name, action.id, limit.period, now)
    over = sum((item.value for item in spent), value) - limit.amount
    if over <= 0:
        return None
    leaving = sorted(
        (min(item.at + limit.period, item.until or item.at + limit.period), item.value) for item in spent
    )
    until = now
    for leaves, freed in leaving:  # a seal that is never redeemed leaves with its life
        until, over = leaves, over - freed
        if over <= 0:
            break
    text = f"`{rule.name}` has used its limit of {limit.amount}"
    return Reason("limit_used", text, about=rule.name, until=until)
