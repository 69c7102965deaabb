# SPDX-License-Identifier: Apache-2.0
"""The engine against the reference semantics: random inputs, random times, shipped packs and random policies."""

from __future__ import annotations

import copy
from random import Random

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import State
from counterseal.core.decision import Decision, Outcome
from counterseal.core.engine import fold_all, step
from counterseal.core.engine.doubt import active, fact_doubt, instance_doubt
from counterseal.core.engine.gates import counting
from counterseal.core.engine.view import live
from counterseal.core.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from tests.reference.account import Reference, RefusedError
from tests.reference.semantics import Answer
from tests.reference.semantics import counted as reference_counted
from tests.support.lab import Lab
from tests.support.lab_policy import lab_policy
from tests.support.moves import Moves
from tests.support.random_policies import policies, register_for

STEPS = 45


def answer_of(decision: Decision) -> Answer:
    return Answer(
        decision.outcome.value, frozenset(frozenset(one) for one in decision.alternatives), decision.until
    )


def exchange(lab: Lab, reference: Reference, given: i.Input) -> None:
    """One input to both, and everything that they say compared."""
    before = copy.deepcopy(lab.state)
    try:
        expected: Answer | None = reference.take(given, lab.now)
        refused = ""
    except RefusedError as error:
        expected, refused = None, str(error)
    try:
        result = step(lab.policy, lab.state, given, lab.now)
    except (InputError, ConflictError, NotFoundError, ForbiddenError) as error:
        assert refused, f"the engine refuses {given}: {error.code}"  # noqa: PT017 - compared, not expected
        assert lab.state == before
        return
    assert not refused, f"the reference refuses {given}: {refused}"
    again = step(lab.policy, lab.state, given, lab.now)
    assert again == result
    assert lab.state == before, "step changed its argument"
    lab.state = fold_all(lab.state, result.events)
    assert (result.decision is None) == (expected is None) or isinstance(given, i.ProofFailed | i.Challenged)
    if expected is not None:
        assert result.decision is not None
        assert expected == answer_of(result.decision), f"{given}\n{expected}\n{result.decision}"
        compare_told(reference, given, result.decision, lab.now)
    compare(lab, reference)


def compare_told(reference: Reference, given: i.Input, decision: Decision, now: int) -> None:
    """What those are shown who may not know of sealed suspicions: the decision as if there were none."""
    if decision.outcome is Outcome.ALLOW or (decision.reasons[:1] and decision.reasons[0].code == "delay"):
        assert decision.shown is None
        return
    if isinstance(given, i.Due | i.Decide) and not given.trusted_time:
        return
    reference.sealed = False
    entry = reference.entries[-1]
    told = reference.decide(entry.action, now, trusted=given.trusted_time, brake=given.brake)  # type: ignore[union-attr]
    reference.sealed = True
    shown = decision.shown or decision
    if told.outcome == "allow":
        assert (shown.outcome, [r.code for r in shown.reasons]) == (Outcome.DENY, ["refused"])
    else:
        assert told == answer_of(shown)
    assert not any(reason.tell == "sealed" for reason in shown.reasons)


def compare(lab: Lab, reference: Reference) -> None:
    """Statuses, dues, waits, doubt, limits, contacts."""
    state, now = lab.state, lab.now
    for action in state.actions.values():
        assert reference.status(action.id) == action.status, action.id
        if action.status in ("pending", "ready", "disputed"):
            assert reference.due(action.id) == action.due, action.id
    for kind, identity, name in reference.objects():
        fact = state.objects[f"{kind}:{identity}"].facts[name]
        other = reference.fact(kind, identity, name)
        assert (other.live(now), reference.begins(other.start)) == (live(fact, now), fact.started)
        assert other.expires == fact.expires
    compare_doubt(lab, reference)
    contacts = {key: (c.replaced_at, c.silenced_at) for key, c in state.contacts.items()}
    assert {k: (c.replaced, c.silenced) for k, c in reference.contacts().items() if k in contacts} == contacts
    for rule in lab.policy.rules.values():
        if rule.outflow and rule.limit is not None:
            spent = sum(one.value for one in counting(state.spends, rule.name, "", rule.limit.period, now))
            assert spent == reference_counted(reference.spends(rule.name), rule.limit.period, now)
            assert spent <= rule.limit.amount


def compare_doubt(lab: Lab, reference: Reference) -> None:
    state, now = lab.state, lab.now
    standing = active(lab.policy.vocabulary, state, now)
    for kind, identity, name in reference.objects():
        item = state.objects[f"{kind}:{identity}"]
        doubt = fact_doubt(state, item, name, standing)
        assert (doubt is not None) == reference.fact_doubtful(kind, identity, name, now), (kind, identity, name)
    factors = reference.factors()
    assert {k: v.removed for k, v in factors.items()} == {k: v.removed_at for k, v in state.enrolled.items()}
    for item in state.enrolled.values():
        doubtful = reference.doubtful(factors[item.id].why, now, frozenset({item.id}))
        assert (instance_doubt(state, item, standing) is not None) == doubtful, item.id


def run(policy: Policy, register: i.Register, chance: Random, steps: int = STEPS, *, switches: float = 0) -> Lab:
    """`switches`: how often (0 to 1) a few rules leave, and those that left before are back."""
    lab, reference = Lab(policy, register), Reference(policy)
    reference.take(register, lab.now)
    moves = Moves(lab, chance)
    for _ in range(steps):
        if chance.random() < switches:
            switch(lab, reference, chance)
        moves.pause()
        exchange(lab, reference, moves.next())
    return lab


def switch(lab: Lab, reference: Reference, chance: Random) -> None:
    """The whole policy less some rules. Its digest stays: what a switch does to stamps is tested elsewhere
    (test_publishing_switch), and the reference knows one policy's stamps only."""
    whole = reference.policy
    asked = sorted({action.request.rule for action in lab.state.actions.values()})
    waits = {action.request.rule for action in lab.state.actions.values() if action.status == "pending"}
    gone = frozenset(name for name in asked if chance.random() < (0.8 if name in waits else 0.3))
    kept, slow = ({n: r for n, r in rules.items() if n not in gone} for rules in (whole.rules, whole.stretched))
    lab.policy, reference.gone = replace(whole, rules=kept, stretched=slow), gone


SEEDS = st.integers(0, 2**32)  # of the run: one number is quicker to draw than every choice of it
FEWER = max(1, settings.default.max_examples // 2)
FEW = max(1, settings.default.max_examples // 4)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # and has nothing to shrink


@settings(max_examples=FEWER, phases=PHASES)
@given(seed=SEEDS)
def test_the_engine_and_the_reference_agree_on_the_laboratory_policy(seed: int) -> None:
    run(lab_policy(), register_for(lab_policy()), Random(seed))


@pytest.mark.parametrize("pack", ["okx-2024", "hardened"])
@settings(max_examples=FEW, phases=PHASES)
@given(seed=SEEDS, absent=st.sets(st.sampled_from(("passkey", "totp", "sms", "face"))))
def test_the_engine_and_the_reference_agree_on_the_shipped_packs(pack: str, seed: int, absent: set[str]) -> None:
    policy = load_pack(pack)
    run(policy, register_for(policy, absent=frozenset(absent)), Random(seed))


@settings(max_examples=FEWER, phases=PHASES)
@given(policy=policies(), seed=SEEDS)
def test_the_engine_and_the_reference_agree_on_random_policies(policy: Policy, seed: int) -> None:
    run(policy, register_for(policy), Random(seed))


@pytest.mark.parametrize("pack", ["okx-2024", "hardened"])
@settings(max_examples=FEW, phases=PHASES)
@given(seed=SEEDS)
def test_the_engine_and_the_reference_agree_while_rules_leave_and_come_back(pack: str, seed: int) -> None:
    policy = load_pack(pack)
    run(policy, register_for(policy), Random(seed), switches=0.2)


@settings(max_examples=FEW, phases=PHASES)
@given(policy=policies(), seed=SEEDS)
def test_so_they_do_on_random_policies(policy: Policy, seed: int) -> None:
    run(policy, register_for(policy), Random(seed), switches=0.25)


@settings(max_examples=FEW, phases=PHASES)
@given(seed=SEEDS)
def test_a_state_is_the_same_after_it_was_written_and_read(seed: int) -> None:
    lab = run(lab_policy(), register_for(lab_policy()), Random(seed))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(lab.state), type=State) == lab.state
