# SPDX-License-Identifier: Apache-2.0
"""The reference attacker against results worked out by hand; each of its ways is confirmed by the replay."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.prover.findings import Gift
from counterseal.prover.replay import Confirmed, Refuted, replay
from tests.reference.attack import TooManyStatesError, explore, witnesses
from tests.support.duel import HOUR, account, duel
from tests.support.duels import DUELS, Duel
from tests.support.random_duels import random_duel


@pytest.mark.parametrize("case", DUELS, ids=[case.name for case in DUELS])
def test_result_is_the_one_worked_out_by_hand(case: Duel) -> None:
    found = explore(case.policy, case.start, case.capabilities, case.gift)
    assert {name: found[name] for name in case.expected} == case.expected


@pytest.mark.parametrize("case", DUELS, ids=[case.name for case in DUELS])
def test_replay_confirms_every_way_and_refutes_it_without_any_of_its_steps(case: Duel) -> None:
    """The way has the least window, the least total time and the fewest steps: no step can be missed."""
    for attack in witnesses(case.policy, case.start, case.capabilities, case.gift).values():
        if attack is None:
            continue
        verdict = replay(case.policy, case.start, attack, case.gift)
        assert isinstance(verdict, Confirmed), verdict
        assert (verdict.window, verdict.leaves) == (attack.window, attack.leaves)
        for index in range(len(attack.path) - 1):
            fewer = replace(attack, path=attack.path[:index] + attack.path[index + 1 :])
            assert isinstance(replay(case.policy, case.start, fewer, case.gift), Refuted)


def test_every_capability_makes_the_attacker_as_strong_or_stronger() -> None:
    """Without a capability nothing is reached earlier."""

    def rank(result: int | str | None) -> int:
        return -1 if result == "silent" else 10**18 if result is None else int(result)

    for case in DUELS:
        whole = explore(case.policy, case.start, case.capabilities, case.gift)
        for one in case.capabilities:
            less = explore(case.policy, case.start, [c for c in case.capabilities if c != one], case.gift)
            assert all(rank(whole[name]) <= rank(less[name]) for name in whole)


def test_too_many_states_are_an_error_that_says_so() -> None:
    policy = duel(
        "enter: {require: password, grants: session, starts: entered, notify: email}",
        "withdraw: {require: session and totp and since(entered) >= 30d, notify: email}\n"
        "p2p: {require: session and totp and since(entered) >= 1h, notify: email}",
    )
    with pytest.raises(TooManyStatesError, match="more than 100 states"):
        explore(policy, account("password totp"), ["pw_leak"], most=100)


def test_no_waits_takes_every_delay_away() -> None:
    policy = duel(
        "enter: {require: password, grants: session, starts: entered, notify: email}",
        "withdraw: {require: session and age(session) >= 3h and since(entered) >= 5h, delay: 24h, notify: email}",
    )
    start = account("password")
    assert explore(policy, start, ["pw_leak"])["withdraw"] == 29 * HOUR
    assert explore(policy, start, ["pw_leak"], Gift(no_waits=True))["withdraw"] == 0


def test_an_account_with_a_past_is_waited_for_before_the_first_step() -> None:
    """The clock ran an hour ago; nobody is told of the wait, and times run from the first step."""
    policy = duel(
        "replace_totp: {verb: replace, require: password and totp, grants: totp, holds: weakened, notify: email}\n"
        "add_address: {verb: bind, require: password and totp, grants: address, notify: email}",
        "withdraw: {require: password and address and age(address) >= 6h and since(weakened) >= 24h}",
    )
    start = account("password totp", facts={"address": 2 * HOUR}, since={"weakened": HOUR})
    found = witnesses(policy, start, ["pw_leak"])["withdraw"]
    assert found is not None
    assert (found.window, found.leaves) == (None, 0)
    assert isinstance(replay(policy, start, found), Confirmed)


def test_replay_confirms_the_ways_of_random_games_and_refutes_them_without_any_step() -> None:
    confirmed = 0
    for seed in range(40):
        policy, start, capabilities = random_duel(seed, actions=3)
        try:
            ways = witnesses(policy, start, capabilities, most=1_500)
        except TooManyStatesError:
            continue
        for way in filter(None, ways.values()):
            verdict = replay(policy, start, way)
            assert isinstance(verdict, Confirmed), (seed, verdict)
            confirmed += 1
            for index in range(len(way.path) - 1):
                fewer = replace(way, path=way.path[:index] + way.path[index + 1 :])
                assert isinstance(replay(policy, start, fewer), Refuted), (seed, index)
    assert confirmed >= 40
