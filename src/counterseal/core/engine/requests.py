# SPDX-License-Identifier: Apache-2.0
"""Whether a request can be carried out at all: at the ask, and again at each decision until it takes effect."""

from __future__ import annotations

from counterseal.core.account import Action, Lock, Payment, Request, State
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.policy.model import FactorSpec, Policy, Rule

_MANY = frozenset({"guardian", "passkey"})  # a vocabulary may have a `passkey` without saying `webauthn`

FACTOR = "factor"
"""The kind under which a request names one enrolled factor by its id."""


def many(spec: FactorSpec) -> bool:
    """Whether an account may have several of a class: passkeys of every class, and guardians. `bind` of any other
    is refused while one is enrolled, unless the platform attests it."""
    return bool(spec.webauthn) or spec.name in _MANY


def check_request(policy: Policy, state: State, rule: Rule, action: Action) -> None:
    """Refuse at the ask what could never be applied: objects that are not named, factors without data."""
    request = action.request
    for name in (*rule.grants, *rule.confirms):
        kind = policy.vocabulary.facts.get(name)
        if kind is not None and kind not in request.objects:
            raise InputError(f"`{rule.name}` needs an object of kind `{kind}`", code="object_missing")
    if any(name in policy.vocabulary.factors for name in rule.confirms) and FACTOR not in request.objects:
        raise InputError(f"`{rule.name}` needs the id of a `{FACTOR}`", code="object_missing")
    if request.enrol or rule.grants:
        _check_enrolment(policy, state, rule, request)
    _check_named_factor(state, rule, request)
    if rule.locks is not None:
        _check_lock(policy, state, rule, request.lock)
    if rule.outflow and request.payment is not None:
        _check_payment(request.payment)


def _check_enrolment(policy: Policy, state: State, rule: Rule, request: Request) -> None:
    specs = policy.vocabulary.factors
    enrol = {item.factor for item in request.enrol}
    if len({item.instance for item in request.enrol}) < len(request.enrol) or len(enrol) < len(request.enrol):
        raise InputError("each factor can be bound once in one action", code="enrol_duplicate")
    wanted = [name for name in rule.grants if name in specs]
    for factor in sorted(enrol - set(wanted)):
        raise InputError(f"`{rule.name}` does not bind `{factor}`", code="enrol_unexpected")
    for item in request.enrol:
        if specs[item.factor].contact and not item.contact:
            raise InputError(f"binding `{item.factor}` needs its contact", code="contact_missing")
        if item.instance in state.enrolled:
            raise ConflictError(f"factor `{item.instance}` exists", code="factor_exists")
    if wanted and not enrol and all(specs[name].contact for name in wanted):
        raise InputError(f"`{rule.name}` needs what it binds", code="enrol_missing")
    if rule.verb == "bind":
        there = {i.factor for i in state.enrolled.values() if i.removed_at is None}
        # Without data a rule that only binds would change nothing but its clocks: no reason to let it pass.
        meant = enrol if enrol or len(wanted) < len(rule.grants) else set(wanted)
        if any(specs[name].attested for name in meant - enrol):
            meant = enrol
        for factor in sorted(name for name in meant & there if not many(specs[name])):
            hint = "Ask for the action that replaces it."
            raise ConflictError(f"`{factor}` is enrolled already", code="factor_enrolled", hint=hint)
    only = len(wanted) == len(rule.grants) > 0 and not any(specs[name].attested for name in wanted)
    if rule.verb in {"bind", "replace"} and only and not enrol:
        # It would restart clocks, bind nothing, and say that it was done.
        raise InputError(f"`{rule.name}` needs what it binds", code="enrol_missing")


def _check_named_factor(state: State, rule: Rule, request: Request) -> None:
    """What is named to be turned off is there, and of a class of this rule; of several, one is named."""
    if rule.verb != "disable" or not rule.removes:
        return
    live = [item for item in state.enrolled.values() if item.removed_at is None and item.factor in rule.removes]
    if FACTOR in request.objects:
        if all(item.id != request.objects[FACTOR] for item in live):
            raise NotFoundError("there is no such factor", code="unknown_factor")
    elif len({item.factor for item in live}) < len(live):
        hint = "Name it as `factor` in `objects`."
        raise InputError(
            f"`{rule.name}` needs the id of a `{FACTOR}`: there are several", code="object_missing", hint=hint
        )


def _check_lock(policy: Policy, state: State, rule: Rule, lock: Lock | None) -> None:
    if lock is None or lock.outflow not in policy.rules or not policy.rules[lock.outflow].outflow:
        raise InputError("a lock needs an outflow of the policy", code="lock_missing")
    if lock.limit is not None and not lock.limit.is_finite():
        raise InputError("amounts are finite and not negative", code="amount_invalid")
    old = state.locks.get(lock.outflow, Lock(lock.outflow))
    looser = (
        (old.off and not lock.off)
        or (old.limit is not None and (lock.limit is None or lock.limit > old.limit))
        or lock.delay < old.delay
    )
    if rule.locks == "tighten" and looser:
        raise ConflictError("this would loosen the lock", code="lock_looser", hint="Ask to loosen it.")


def _check_payment(payment: Payment) -> None:
    """A value below zero would raise a limit; one that is not a number would compare with nothing."""
    for number in (payment.amount, payment.fee_cap, payment.value):
        if number is not None and (not number.is_finite() or number < 0):
            raise InputError("amounts are finite and not negative", code="amount_invalid")


def stands_against(policy: Policy, state: State, rule: Rule, action: Action) -> InputError | None:
    """What now makes a request impossible that was right when it was asked: the account or the policy changed."""
    try:
        check_request(policy, state, rule, action)
    except InputError as error:
        return error
    return None
