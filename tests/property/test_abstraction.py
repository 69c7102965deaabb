# SPDX-License-Identifier: Apache-2.0
"""Conformance: whatever the guard lets an attacker do is enabled in the abstraction of the state before, and the
abstraction of the state after is covered by the abstract step."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.abstraction import abstract, abstract_step, covers, enabled
from counterseal.core.account import Request, State, UsedProof
from counterseal.core.engine import fold_all, step
from counterseal.core.errors import InputError
from counterseal.core.events import Applied, Sealed
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from tests.support.lab import Lab
from tests.support.lab_policy import lab_policy
from tests.support.moves import Moves
from tests.support.random_policies import policies, register_for

STEPS = 80
SEEDS = st.integers(0, 2**32)
FEWER = max(1, settings.default.max_examples // 2)
FEW = max(1, settings.default.max_examples // 4)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a seed has nothing to shrink


class Attacker(Moves):
    """Asks with names of its own, or of what its capabilities give; proves what they produce, or it has bound."""

    def __init__(self, lab: Lab, chance: Random, capabilities: frozenset[str]) -> None:
        super().__init__(lab, chance)
        specs = [lab.policy.vocabulary.capabilities[name] for name in sorted(capabilities)]
        self.capabilities = capabilities
        self.produces = {factor for spec in specs for factor in spec.produces}
        self.given = {lab.policy.vocabulary.facts[fact] for spec in specs for fact in spec.holds}
        self.actions: set[str] = set()

    def next(self) -> i.Input:
        """No brakes: an attacker wants to get on."""
        while True:
            pick = self.chance.choices((self.ask, self.prove, self.decide, self.due, self.accept), (4, 10, 2, 2, 4))
            made = pick[0]()
            if made is not None:
                return made

    def ask(self) -> i.Input:
        lab = self.lab
        had = abstract(lab.policy, lab.state, lab.now, self.capabilities, self.actions)
        asked = super().ask()
        for _ in range(12):  # mostly what could succeed
            assert isinstance(asked, i.Ask)
            if enabled(lab.policy, had, asked.request.rule):
                break
            asked = super().ask()
        assert isinstance(asked, i.Ask)
        objects = {}
        for kind, identity in asked.request.objects.items():
            mine = f"attacker-{kind}-{1 + (self.chance.random() < 0.1)}"
            objects[kind] = identity if kind in self.given and not identity.startswith("new") else mine
        self.actions.add(asked.id)
        return replace(asked, request=replace(asked.request, objects=objects), seal=f"seal-{asked.id}")

    def prove(self) -> i.Input | None:
        lab, chance = self.lab, self.chance
        own = [a for a in lab.state.actions.values() if a.id in self.actions and a.status == "open"]
        if not own:
            return None
        action = own[-1] if chance.random() < 0.7 else chance.choice(own)
        named = lab.policy.rules[action.request.rule].require.factors
        instances = sorted(
            item.id
            for item in lab.state.enrolled.values()
            if item.factor in named and (item.factor in self.produces or item.grant.action in self.actions)
        )
        proved = {proof.instance for proof in action.proofs}
        instances = [one for one in instances if one not in proved] or instances
        if not instances:
            return None
        item = lab.state.enrolled[chance.choice(instances)]
        name = lab.name("forged")
        return i.Prove(name, action.id, UsedProof(item.factor, item.id, lab.now, name), seal=f"seal-{name}")


class Owner(Moves):
    """Acts at will, but does nothing for the attacker: proves nothing in his actions, names none of his objects."""

    def __init__(self, lab: Lab, chance: Random, attacker: Attacker) -> None:
        super().__init__(lab, chance)
        self.attacker = attacker

    def ask(self) -> i.Input:
        while True:
            asked = super().ask()
            assert isinstance(asked, i.Ask)
            if not any(identity.startswith("attacker") for identity in asked.request.objects.values()):
                return asked

    def prove(self) -> i.Input | None:
        made = super().prove()
        return None if made is None or getattr(made, "action", "") in self.attacker.actions else made


def _request(state: State, action: str, given: i.Input) -> Request:
    return given.request if isinstance(given, i.Ask) else state.actions[action].request


def conform(policy: Policy, capabilities: frozenset[str], chance: Random, register: i.Register) -> int:
    """One run; returns how many of the attacker's actions the guard let happen."""
    lab = Lab(policy, register)
    attacker = Attacker(lab, chance, capabilities)
    owner = Owner(lab, chance, attacker)
    happened = 0
    for _ in range(STEPS):
        attacker.pause()
        mover = attacker if chance.random() < 0.85 else owner
        given, before = mover.next(), lab.state
        try:
            result = step(policy, before, given, lab.now)
        except InputError:
            continue
        lab.state = fold_all(before, result.events)
        for event in result.events:
            if not isinstance(event, Applied | Sealed) or event.action not in attacker.actions:
                continue
            happened += 1
            rule = _request(before, event.action, given).rule
            had = abstract(policy, before, lab.now, capabilities, attacker.actions)
            verdict = enabled(policy, had, rule)
            assert verdict, f"{rule} happened, but {verdict}"
            asked = before.actions.get(event.action)
            again = isinstance(event, Sealed) and asked is not None and asked.seal is not None
            if not again:  # a seal issued again restarts nothing
                has = abstract(policy, lab.state, lab.now, capabilities, attacker.actions)
                covered = covers(abstract_step(policy, had, rule), has)
                assert covered, f"{rule}: {covered}"
    return happened


@settings(max_examples=FEWER, phases=PHASES)
@given(seed=SEEDS, picked=st.data())
def test_the_laboratory_policy_conforms(seed: int, picked: st.DataObject) -> None:
    names = sorted(lab_policy().vocabulary.capabilities)
    capabilities = picked.draw(st.frozensets(st.sampled_from(names), max_size=6))
    conform(lab_policy(), capabilities, Random(seed), register_for(lab_policy()))


@pytest.mark.parametrize("pack", ["okx-2024", "hardened"])
@settings(max_examples=FEW, phases=PHASES)
@given(seed=SEEDS, picked=st.data())
def test_the_shipped_packs_conform(pack: str, seed: int, picked: st.DataObject) -> None:
    policy = load_pack(pack)
    names = sorted(policy.vocabulary.capabilities)
    capabilities = picked.draw(st.frozensets(st.sampled_from(names), max_size=10))
    absent = picked.draw(st.frozensets(st.sampled_from(("passkey", "totp", "sms", "face"))))
    conform(policy, capabilities, Random(seed), register_for(policy, absent=absent))


@settings(max_examples=FEWER, phases=PHASES)
@given(policy=policies(), seed=SEEDS, picked=st.data())
def test_random_policies_conform(policy: Policy, seed: int, picked: st.DataObject) -> None:
    names = sorted(policy.vocabulary.capabilities)
    capabilities = picked.draw(st.frozensets(st.sampled_from(names), max_size=6))
    conform(policy, capabilities, Random(seed), register_for(policy))


def test_the_runs_are_not_empty() -> None:
    """With every capability an attacker gets far in every pack: the properties above are about something."""
    for policy in (lab_policy(), load_pack("okx-2024"), load_pack("hardened")):
        everything = frozenset(policy.vocabulary.capabilities)
        counts = [conform(policy, everything, Random(seed), register_for(policy)) for seed in range(6)]
        assert sum(counts) >= 6, (policy.name, counts)


@settings(max_examples=FEWER, phases=PHASES)
@given(seed=SEEDS, elapsed=st.integers(0, 10**9))
def test_time_and_more_capabilities_only_help_the_attacker(seed: int, elapsed: int) -> None:
    policy, chance = lab_policy(), Random(seed)
    lab = Lab(policy, register_for(policy))
    moves = Moves(lab, chance)
    for _ in range(20):
        moves.pause()
        try:
            lab.do(moves.next())
        except InputError:
            continue
    some = frozenset(chance.sample(sorted(policy.vocabulary.capabilities), 2))
    more = some | frozenset(chance.sample(sorted(policy.vocabulary.capabilities), 2))
    for actions in (None, frozenset(lab.state.actions)):
        small, large = (abstract(policy, lab.state, lab.now, caps, actions) for caps in (some, more))
        assert covers(large, small)
        later = abstract(policy, lab.state, lab.now + elapsed, some, actions)
        assert covers(later, small)
        for name in policy.rules:
            assert not enabled(policy, small, name) or enabled(policy, large, name)
            stepped = abstract_step(policy, small, name, elapsed)
            assert stepped.facts.keys() >= small.facts.keys()
