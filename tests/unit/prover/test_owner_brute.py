# SPDX-License-Identifier: Apache-2.0
"""The owner's least time against brute force: the reference game, with the clock running from the start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from counterseal.core.policy.model import Policy, Profile
from counterseal.prover.duals import recover
from counterseal.prover.findings import Attack, Gift, Start, start_of
from tests.reference.attack import Cost, Explorer, TooManyStatesError
from tests.reference.game import State
from tests.support.prover_policies import random_policy

SEEDS = range(30)
MOST = 600
TRIED = 60
"""Questions that the reference can answer in a few seconds: less would compare too little."""


class OwnerExplorer(Explorer):
    """Told at the start: then the window is the whole time."""

    def first(self) -> State:
        """The account at the start."""
        return super().first()._replace(told=True)

    def attack(self, outflow: str, cost: Cost, came: object) -> Attack:
        """The time alone."""
        return Attack((), outflow, cost.since_told, cost.since_told, ())


def quiet(profile: Profile) -> Start:
    """Nobody is told anything: notices are nothing to an owner, and the reference would count their timers."""
    return Start(frozenset(profile.factors), frozenset())


def brute(policy: Policy, profile: Profile, lost: frozenset[str]) -> dict[str, int | None]:
    """Outflow -> ms, None = never."""
    gift = Gift(proves=frozenset(profile.factors) - lost)
    found = OwnerExplorer(policy, quiet(profile), (), gift, MOST).search()
    return {
        name: None if attack is None else attack.leaves
        for name, attack in found.items()
        if policy.rules[name].outflow
    }


def questions() -> Iterator[tuple[int, Policy, Profile, frozenset[str]]]:
    """Random policies without desks, all factors there and each one lost."""
    for seed in SEEDS:
        policy = random_policy(seed, actions=6, outflows=2, capabilities=2)
        rules = {name: rule for name, rule in policy.rules.items() if not rule.discloses}
        small = replace(policy, rules=rules)
        for profile in small.vocabulary.profiles.values():
            for lost in (frozenset[str](), *(frozenset({factor}) for factor in profile.factors[:2])):
                yield seed, small, profile, lost


def test_the_least_time_is_that_of_brute_force():
    """Whatever the owner has lost, on every random policy that brute force can play out."""
    tried = reached = waited = 0
    for seed, policy, profile, lost in questions():
        try:
            expected = brute(policy, profile, lost)
        except TooManyStatesError:
            continue
        found = recover(policy, quiet(profile), lost, None, tuple(expected)).regains
        assert (seed, profile.name, sorted(lost), found) == (seed, profile.name, sorted(lost), expected)
        tried += len(expected)
        reached += sum(time is not None for time in expected.values())
        waited += sum(bool(time) for time in expected.values())
    assert tried >= TRIED, tried
    assert reached >= TRIED // 4, reached
    assert waited >= TRIED // 8, waited


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_to_lose_more_never_helps(seed):
    """With every pair of factors lost each time is at least that with one of them lost."""
    policy = random_policy(seed, actions=8, outflows=2, capabilities=2)
    profile = policy.vocabulary.profiles["rich"]
    wishes = [rule.name for rule in policy.rules.values() if rule.outflow] + ["session"]

    def times(*lost: str) -> dict[str, float]:
        found = recover(policy, start_of(profile), frozenset(lost), None, wishes).regains
        return {wish: float("inf") if time is None else time for wish, time in found.items()}

    one, two = profile.factors[:2]
    both = times(one, two)
    for alone in (times(one), times(two)):
        assert all(both[wish] >= alone[wish] for wish in wishes)
