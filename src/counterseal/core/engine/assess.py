# SPDX-License-Identifier: Apache-2.0
"""`assess`: whether an action may happen now; if not, what is missing, until when, and why."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from counterseal.core.account import Action, State
from counterseal.core.decision import Decision, Outcome, Reason
from counterseal.core.engine.gates import Gate, gates
from counterseal.core.engine.view import STALE, Holds, hold_end, named, outranked
from counterseal.core.policy.expression import Age, Atom, Context, Fact, Proof, Rank, Since
from counterseal.core.policy.model import Policy, Rule

_NEVER = None


class _Missing:
    """Why one atom does not hold. `factor`: a proof of it would do. `until`: waiting until then would do."""

    __slots__ = ("factor", "reason", "until", "waits")

    def __init__(
        self, reason: Reason, *, factor: str | None = None, waits: bool = False, until: int | None = None
    ) -> None:
        self.reason, self.factor, self.waits, self.until = reason, factor, waits, until


def rule_for(policy: Policy, state: State, name: str, now: int) -> Rule | None:
    """The rule that applies: the slower variant while the condition of `stretch` stands."""
    rule = policy.rules.get(name)
    if rule is None or policy.stretch is None or not state.suspicions:
        return rule
    turns_on = policy.vocabulary.conditions.get(policy.stretch[0], frozenset())
    for item in state.suspicions.values():
        if item.capability in turns_on and item.since <= now < item.until:
            capability = policy.vocabulary.capabilities.get(item.capability)
            if capability is not None and capability.tell != "sealed":  # a sealed fact changes no wait
                return policy.stretched.get(name, rule)
    return rule


def assess(policy: Policy, state: State, action: Action, now: int, *, trusted_time: bool) -> Decision:
    """Decide one action of an account. `trusted_time`: False stops outflows (the clock has jumped)."""
    decision = _assess(policy, state, action, now, trusted_time=trusted_time)
    if decision.outcome is Outcome.ALLOW or not state.suspicions:
        return decision
    capabilities = policy.vocabulary.capabilities
    told = {
        key: item
        for key, item in state.suspicions.items()
        if item.capability not in capabilities or capabilities[item.capability].tell != "sealed"
    }
    if len(told) == len(state.suspicions):
        return decision
    shown = _assess(policy, replace(state, suspicions=told), action, now, trusted_time=trusted_time)
    if shown.outcome is Outcome.ALLOW:
        reason = Reason("refused", "this cannot be done now", about=shown.rule)
        shown = replace(shown, outcome=Outcome.DENY, reasons=(reason,))
    return decision if shown == decision else replace(decision, shown=shown)


def _assess(policy: Policy, state: State, action: Action, now: int, *, trusted_time: bool) -> Decision:
    request = action.request
    rule = rule_for(policy, state, request.rule, now)
    if rule is None:
        reason = Reason("unknown_action", f"the policy has no action `{request.rule}`", about=request.rule)
        return Decision(Outcome.DENY, request.rule, 0, policy.digest, now, (reason,))
    holds = Holds(policy, state, action, now)
    gate = gates(policy, rule, state, action, now, trusted_time=trusted_time)
    outcome = Outcome.ALLOW
    end: int | None = None
    alternatives: tuple[tuple[str, ...], ...] = ()
    reasons = gate.reasons
    if not rule.require.test(holds):
        missing = _missing(policy, rule, state, action, holds, now)
        outcome, end, alternatives = _outcome(rule, missing)
        reasons = (*reasons, *(item.reason for item in missing.values()))
    if gate.reasons:
        outcome, end = _gated(gate, outcome, end)
    return Decision(
        outcome,
        rule.name,
        rule.line,
        policy.digest,
        now,
        reasons=reasons,
        alternatives=alternatives,
        candidates=_candidates(rule, state),
        until=end,
        proved=bool(action.proofs),
    )


def _candidates(rule: Rule, state: State) -> tuple[str, ...]:
    """Enrolled factors that the rule names: what a stranger may be told."""
    named = rule.require.factors
    return tuple(sorted({i.factor for i in state.enrolled.values() if i.factor in named and i.removed_at is None}))


def _gated(gate: Gate, outcome: Outcome, end: int | None) -> tuple[Outcome, int | None]:
    """The outcome behind a gate: a hold where waiting ends both, else a refusal."""
    if not gate.passes or outcome is Outcome.DENY:
        return Outcome.DENY, None
    unknown = gate.until is None or (outcome is Outcome.HOLD and end is None)
    return Outcome.HOLD, None if unknown else max(gate.until or 0, end or 0)


def _outcome(rule: Rule, missing: dict[int, _Missing]) -> tuple[Outcome, int | None, tuple[tuple[str, ...], ...]]:
    """From what is missing in each cube: the mildest outcome, the earliest end of waiting, the alternatives."""
    now_sets: set[frozenset[str]] = set()
    later_sets: set[frozenset[str]] = set()
    ends: list[int | None] = []
    for cube in rule.require.cubes:
        lacks = [item for bit, item in missing.items() if cube >> bit & 1]
        if not all(item.factor is not None or item.waits for item in lacks):
            continue
        factors = frozenset(item.factor for item in lacks if item.factor is not None)
        waits = [item.until for item in lacks if item.waits]
        if waits:
            later_sets.add(factors)
            ends.append(_NEVER if None in waits else max(until for until in waits if until is not None))
        else:
            now_sets.add(factors)
    if now_sets:
        if frozenset() in now_sets:  # only a gate stands in the way
            return Outcome.ALLOW, None, ()
        return Outcome.CHALLENGE, None, _minimal(now_sets)
    if ends:
        known = [end for end in ends if end is not None]
        return Outcome.HOLD, min(known) if known else None, _minimal(later_sets)
    return Outcome.DENY, None, ()


def _minimal(sets: set[frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    least = [one for one in sets if one and not any(other < one for other in sets)]
    return tuple(sorted((tuple(sorted(one)) for one in least), key=lambda names: (len(names), names)))


def _missing(
    policy: Policy, rule: Rule, state: State, action: Action, holds: Holds, now: int
) -> dict[int, _Missing]:
    found: dict[int, _Missing] = {}
    for bit, atom in enumerate(rule.require.atoms):
        item = _explain(policy, state, action, holds, atom, now)
        if item is not None:
            found[bit] = item
    return found


def _explain(policy: Policy, state: State, action: Action, holds: Holds, atom: Atom, now: int) -> _Missing | None:
    """Why an atom does not hold; None = it holds."""
    missing: _Missing | None = None
    match atom:
        case Proof(factor=factor) if factor not in holds.proofs:
            missing = _explain_proof(state, holds, factor)
        case Fact(name=name) if name not in holds.facts:
            missing = _explain_fact(policy, state, action, holds, name)
        case Since(clock=clock, wait=wait) if holds.since.get(clock, wait) < wait:
            missing = _wait("hold", clock, hold_end(policy, state, clock, wait))
        case Age(fact=fact) if fact not in holds.age:
            missing = _explain_fact(policy, state, action, holds, fact)
        case Age(fact=fact, wait=wait) if holds.age[fact] < wait:
            age = holds.age[fact]
            missing = _wait("too_new", fact, None if age == STALE else now - age + wait)
        case Context(name=name) if name not in holds.context:
            missing = _Missing(Reason("context_missing", f"the platform does not state `{name}`", about=name))
        case Rank(factors=factors, index=index) if strongest(factors, holds) != factors[index]:
            text = f"`{factors[index]}` is not the strongest enrolled factor"
            waits, until = outranked(state, factors, index, now)
            reason = Reason("not_strongest", text, about=factors[index], until=until)
            missing = _Missing(reason, waits=waits, until=until)
    return missing


def strongest(factors: tuple[str, ...], holds: Holds) -> str | None:
    """The highest enrolled of `factors`."""
    return next((factor for factor in factors if factor in holds.enrolled), None)


def _wait(code: str, about: str, until: int | None) -> _Missing:
    text = f"waits for `{about}`" if until is not None else f"waits for `{about}`: nobody has been told yet"
    return _Missing(Reason(code, text, about=about, until=until), waits=True, until=until)


def _explain_proof(state: State, holds: Holds, factor: str) -> _Missing:
    instances = [i for i in state.enrolled.values() if i.factor == factor and i.removed_at is None]
    if not instances:
        return _Missing(Reason("not_enrolled", f"`{factor}` is not enrolled", about=factor))
    doubts = [holds.usable(state, item) for item in instances]
    usable = [doubt for doubt in doubts if doubt is None]
    if not usable:
        doubt = next(doubt for doubt in doubts if doubt is not None)
        name = doubt.capability.name
        text = f"`{factor}` does not count while `{name}` is suspected: {doubt.suspicion.evidence}"
        until = doubt.suspicion.until
        return _Missing(Reason("suspected", text, about=factor, until=until, tell=doubt.capability.tell))
    return _Missing(Reason("proof_missing", f"a proof of `{factor}` is missing", about=factor), factor=factor)


def _explain_fact(policy: Policy, state: State, action: Action, holds: Holds, name: str) -> _Missing:
    doubt = holds.refused.get(name)
    if doubt is not None:
        capability = doubt.capability
        text = f"`{name}` is in doubt while `{capability.name}` is suspected: {doubt.suspicion.evidence}"
        reason = Reason("doubtful", text, about=name, until=doubt.suspicion.until, tell=capability.tell)
        return _Missing(reason)
    item = named(state, action, policy.vocabulary.facts.get(name, name))
    if item is None or name not in item.facts:
        return _Missing(Reason("fact_missing", f"no `{name}` is named by the request", about=name))
    return _Missing(Reason("expired", f"`{name}` has expired", about=name))


def value_of(action: Action) -> Decimal:
    """The value of an outflow in the accounting currency; 0 where it has none."""
    payment = action.request.payment
    return Decimal(0) if payment is None or payment.value is None else payment.value
