# SPDX-License-Identifier: Apache-2.0
"""A policy that is too large is refused with the reason; work is counted, so that it is refused everywhere."""

from __future__ import annotations

import pytest

from counterseal.gateways.packs import load_pack
from counterseal.prover.bound import bound
from counterseal.prover.case import Case
from counterseal.prover.classes import Classes
from counterseal.prover.exact import search
from counterseal.prover.findings import start_of
from counterseal.prover.game import TooMuchWorkError, compile_game
from counterseal.prover.prove import prove
from counterseal.prover.space import TooLargeError, every_set
from counterseal.prover.verdicts import verdict
from tests.support.large_policy import large_policy

DAY = 24 * 3_600_000


def test_two_hundred_actions_are_too_large_and_it_says_why() -> None:
    with pytest.raises(TooMuchWorkError) as refused:
        prove(large_policy(), DAY)
    assert refused.value.code == "policy_too_large"
    assert "too large" in refused.value.sentence
    assert refused.value.hint


def test_a_smaller_one_of_the_same_kind_is_answered() -> None:
    policy = large_policy(actions=20, factors=10, capabilities=6)
    proof = prove(policy, DAY)
    assert proof.profiles[0].verdicts[0].holds in ("yes", "no")


def test_more_than_twenty_capabilities_that_differ_are_refused_as_one_space() -> None:
    policy = large_policy(actions=12, factors=30, capabilities=26)
    classes = Classes(compile_game(policy, start_of(policy.vocabulary.profiles["all"])))
    if len(classes) <= 20:
        pytest.skip("capabilities that do the same were merged")
    with pytest.raises(TooLargeError):
        every_set(classes)


def test_a_property_is_undecided_and_never_passed_where_the_search_gives_up() -> None:
    policy = large_policy()
    profile = policy.vocabulary.profiles["all"]
    found = verdict(policy.properties[0], Case(policy, start_of(profile)), profile)
    assert found.holds in ("undecided", "no")
    assert found.note or found.attacks


def test_a_search_and_a_bound_keep_to_their_budget() -> None:
    policy = load_pack("okx-2024")
    game = compile_game(policy, start_of(policy.vocabulary.profiles["sms_only"]))
    with pytest.raises(TooMuchWorkError):
        search(game, ["sms_intercept"], ["withdraw"], budget=0)
    with pytest.raises(TooMuchWorkError):
        bound(game, every_set(Classes(game)), budget=10)
