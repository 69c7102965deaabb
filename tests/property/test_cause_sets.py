# SPDX-License-Identifier: Apache-2.0
"""The sets that suffice for what was seen, against ways that the prover finds and random attackers."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core.policy.model import CapabilitySpec
from counterseal.gateways.packs import load_pack
from counterseal.prover.case import Case
from counterseal.prover.cause.masks import Capabilities, fold
from counterseal.prover.cause.model import Given, Rested, Trace
from counterseal.prover.findings import Attack, start_of
from tests.support.lab_policy import lab_vocabulary

LAB = lab_vocabulary()
FACTORS = ("password", "sms", "email", "totp", "face", "kba")


@st.composite
def attackers(draw: st.DrawFn) -> tuple[Trace, ...]:
    """Steps with proofs of the owner's or of the attacker's earlier instances, and sessions of either."""
    found: list[Trace] = []
    for n in range(draw(st.integers(1, 5))):
        earlier = ["", *(one.action for one in found)]
        factors = draw(st.lists(st.sampled_from(FACTORS), max_size=3, unique=True))
        gave = tuple(Given(name, f"{name}-{n}", draw(st.sampled_from(earlier))) for name in factors)
        by = draw(st.sampled_from(earlier))
        fact = Rested(
            "session", draw(st.sampled_from(["session:1", "session:2"])) if not by else f"session:{by}", by
        )
        ways = draw(st.sampled_from([((),), (("session",),)]))
        found.append(Trace("a", f"x{n}", n, "rule", worked=True, gave=gave, facts=(fact,), ways=ways))
    return tuple(found)


def plays(specs: list[CapabilitySpec], steps: tuple[Trace, ...]) -> bool:
    """Whether these capabilities make all steps: every way to spend what works once is tried, step by step."""
    once = [spec for spec in specs if spec.once or spec.gives_once]
    spots = [[one.action for one in steps] if spec.once else ["session:1", "session:2"] for spec in once]
    return any(
        _played(specs, dict(zip((s.name for s in once), spent, strict=True)), steps)
        for spent in itertools.product(*spots)
    )


def _played(specs: list[CapabilitySpec], spent: dict[str, str], steps: tuple[Trace, ...]) -> bool:
    for step in steps:
        for one in step.gave:
            own = any(
                one.factor in spec.proves or (one.factor in spec.once and spent[spec.name] == step.action)
                for spec in specs
            )
            if not own and not one.granted_by:
                return False
        for name in step.ways[0]:
            (fact,) = step.facts
            own = any(
                name in spec.gives or (name in spec.gives_once and spent[spec.name] == fact.item) for spec in specs
            )
            if not own and not fact.granted_by:
                return False
    return True


class TestRandomAttackers:
    @given(steps=attackers())
    @settings(max_examples=150, deadline=None)
    def test_each_minimal_set_plays_and_no_smaller_one_does(self, steps: tuple[Trace, ...]) -> None:
        """Against a player that knows nothing of masks: it goes through the steps with one set."""
        capabilities = Capabilities(LAB, steps)
        listed = {one.capabilities for one in capabilities.minimal(fold(capabilities, steps).whole)}
        playing = [
            names
            for size in range(len(capabilities.names) + 1)
            for names in itertools.combinations(capabilities.names, size)
            if plays([LAB.capabilities[name] for name in names], steps)
        ]
        least = {one for one in playing if not any(set(other) < set(one) for other in playing)}
        assert listed == least


def traced(attack: Attack) -> tuple[Trace, ...]:
    """A way of the prover as a record would have it: which proofs came from the attacker's own instances, and which
    facts the attacker's own steps granted."""
    policy = POLICY
    own: dict[str, str] = {}
    found = []
    for n, step in enumerate(attack.path):
        rule = policy.rules[step.action]
        name = f"x{n}"
        gave = tuple(
            Given(use.factor, f"{use.factor}-{n}", own.get(use.factor, "") if use.source == "bound" else "")
            for use in step.uses
        )
        facts = tuple(Rested(one, f"{policy.vocabulary.facts[one]}:1", own.get(one, "")) for one in step.facts)
        found.append(
            Trace(
                *("a", name, step.at, step.action),
                worked=True,
                gave=gave,
                facts=facts,
                ways=(tuple(sorted(step.facts)),),
                discloses=rule.discloses,
            )
        )
        own |= dict.fromkeys(rule.grants, name)
    return tuple(found)


POLICY = load_pack("okx-2024")


@pytest.mark.parametrize(
    "names",
    [
        ("judicial_pii", "sim_swap", "email_takeover"),
        ("pw_leak", "sms_intercept"),
        ("session_theft", "sim_swap"),
        ("otp_relay", "sms_intercept"),
        ("totp_seed", "pw_leak", "email_takeover"),
    ],
)
def test_the_set_that_played_a_way_of_the_prover_is_never_excluded(names: tuple[str, ...]) -> None:
    played = 0
    for profile in POLICY.vocabulary.profiles.values():
        case = Case(POLICY, start_of(profile))
        for attack in case.worst(
            names, 10**12, [name for name in case.outflows if name in case.game.goals]
        ).values():
            steps = traced(attack)
            capabilities = Capabilities(POLICY.vocabulary, steps)
            least = capabilities.minimal(fold(capabilities, steps).whole)
            chosen = set(names)
            ways = [[{one, *each.instead.get(one, ())} & chosen for one in each.capabilities] for each in least]
            assert any(all(way) for way in ways), (attack, least)
            for each in least:  # what is said to suffice gets there, by the prover's own search
                assert case.window(each.capabilities, attack.outflow) is not None, (attack, each)
            played += 1
    assert played
