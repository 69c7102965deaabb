# SPDX-License-Identifier: Apache-2.0
"""`assess`: whether an action may happen now; if not, what is missing, until when, and why."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from counterseal.core.account import Action, State
from counterseal.core.decision import Decision, Outcome, Reason
from counterseal.core.engine.doubt import Active
from counterseal.core.engine.gates import Gate, gates
from counterseal.core.engine.view import STALE, Holds, hold_end, named, outranked
from counterseal.core.policy.expression import Age, Fact, Proof, Rank, Since
from counterseal.core.policy.model import Policy, Rule
from counterseal.core.stops import Stop


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


def assess(
    policy: Policy,
    state: State,
    action: Action,
    now: int,
    *,
    trusted_time: bool,
    brake: Stop | None = None,
    checked: bool = False,
) -> Decision:
    """Decide one action of an account. `trusted_time`: False stops outflows (the clock has jumped); `brake`: what
    stands against the request on the whole platform; `checked`: `check_request` has just passed it."""
    decision = _assess(policy, state, action, now, trusted_time=trusted_time, brake=brake, checked=checked)
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
    without = replace(state, suspicions=told)
    shown = _assess(policy, without, action, now, trusted_time=trusted_time, brake=brake, checked=checked)
    if shown.outcome is Outcome.ALLOW:
        reason = Reason("refused", "this cannot be done now", about=shown.rule)
        shown = replace(shown, outcome=Outcome.DENY, reasons=(reason,))
    return decision if shown == decision else replace(decision, shown=shown)


def _assess(
    policy: Policy,
    state: State,
    action: Action,
    now: int,
    *,
    trusted_time: bool,
    brake: Stop | None,
    checked: bool,
) -> Decision:
    request = action.request
    rule = rule_for(policy, state, request.rule, now)
    if rule is None:
        reason = Reason("unknown_action", f"the policy has no action `{request.rule}`", about=request.rule)
        return Decision(Outcome.DENY, request.rule, 0, policy.digest, now, (reason,))
    holds = Holds(policy, rule, state, action, now)
    gate = gates(policy, rule, state, action, now, trusted_time=trusted_time, brake=brake, checked=checked)
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
    hopeless, waiting = 0, 0
    for bit, item in missing.items():
        if item.waits:
            waiting |= 1 << bit
        elif item.factor is None:
            hopeless |= 1 << bit
    open_cubes = [cube for cube in rule.require.cubes if not cube & hopeless]
    now_cubes = [cube for cube in open_cubes if not cube & waiting]
    if now_cubes:
        return Outcome.CHALLENGE, None, _minimal(now_cubes, missing)
    if not open_cubes:
        return Outcome.DENY, None, ()
    ends: list[int] = []
    for cube in open_cubes:
        untils = [item.until for bit, item in missing.items() if item.waits and cube >> bit & 1]
        if None not in untils:
            ends.append(max(until for until in untils if until is not None))
    return Outcome.HOLD, min(ends, default=None), _minimal(open_cubes, missing)


def _minimal(cubes: list[int], missing: dict[int, _Missing]) -> tuple[tuple[str, ...], ...]:
    """The minimal sets of factors that the cubes still lack; none where one of them lacks no factor."""
    factors = [(1 << bit, item.factor) for bit, item in missing.items() if item.factor is not None]
    sets = {frozenset(name for bit, name in factors if cube & bit) for cube in cubes}
    if len(sets) == 1:
        only = tuple(sorted(*sets))
        return (only,) if only else ()
    least = [one for one in sets if one and not any(other < one for other in sets)]
    return tuple(sorted((tuple(sorted(one)) for one in least), key=lambda names: (len(names), names)))


def _missing(  # noqa: C901 - one branch for each kind of atom
    policy: Policy, rule: Rule, state: State, action: Action, holds: Holds, now: int
) -> dict[int, _Missing]:
    """Why atoms do not hold, by their bit. This loop is where the engine's time goes."""
    found: dict[int, _Missing] = {}
    for bit, atom in enumerate(rule.require.atoms):
        if isinstance(atom, Proof):
            if atom.factor not in holds.proofs:
                found[bit] = _explain_proof(state, holds, atom.factor)
        elif isinstance(atom, Fact):
            if atom.name not in holds.facts:
                found[bit] = _explain_fact(policy, state, action, holds, atom.name)
        elif isinstance(atom, Since):
            if holds.since.get(atom.clock, atom.wait) < atom.wait:
                found[bit] = _wait(
                    "hold", atom.clock, hold_end(policy, state, atom.clock, atom.wait, holds.against)
                )
        elif isinstance(atom, Age):
            if holds.age.get(atom.fact, STALE) < atom.wait or atom.fact not in holds.age:
                found[bit] = _explain_age(policy, state, action, holds, atom, now)
        elif isinstance(atom, Rank):
            if strongest(atom.factors, holds) != atom.factors[atom.index]:
                found[bit] = _explain_rank(state, holds, atom, now)
        elif atom.name not in holds.context:
            text = f"the platform does not state `{atom.name}`"
            found[bit] = _Missing(Reason("context_missing", text, about=atom.name))
    return found


def _explain_age(policy: Policy, state: State, action: Action, holds: Holds, atom: Age, now: int) -> _Missing:
    age = holds.age.get(atom.fact)
    if age is None:
        return _explain_fact(policy, state, action, holds, atom.fact)
    return _wait("too_new", atom.fact, None if age == STALE else now - age + atom.wait)


def _explain_rank(state: State, holds: Holds, atom: Rank, now: int) -> _Missing:
    factor = atom.factors[atom.index]
    waits, until = outranked(state, atom.factors, atom.index, now, holds.against)
    reason = Reason("not_strongest", f"`{factor}` is not the strongest enrolled factor", about=factor, until=until)
    return _Missing(reason, waits=waits, until=until)


def strongest(factors: tuple[str, ...], holds: Holds) -> str | None:
    """The highest enrolled of `factors`."""
    for factor in factors:
        if factor in holds.enrolled:
            return factor
    return None


def _wait(code: str, about: str, until: int | None) -> _Missing:
    text = f"waits for `{about}`" if until is not None else f"waits for `{about}`: nobody has been told yet"
    return _Missing(Reason(code, text, about=about, until=until), waits=True, until=until)


def _explain_proof(state: State, holds: Holds, factor: str) -> _Missing:
    doubt: Active | None = None
    for item in state.enrolled.values():
        if item.factor == factor and item.removed_at is None:
            doubt = holds.usable(state, item) if holds.standing else None
            if doubt is None:
                text = f"a proof of `{factor}` is missing"
                return _Missing(Reason("proof_missing", text, about=factor), factor=factor)
    if doubt is None:
        return _Missing(Reason("not_enrolled", f"`{factor}` is not enrolled", about=factor))
    capability = doubt.capability
    text = f"`{factor}` does not count while `{capability.name}` is suspected: {doubt.suspicion.evidence}"
    until = doubt.suspicion.until
    return _Missing(Reason("suspected", text, about=factor, until=until, tell=capability.tell))


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
