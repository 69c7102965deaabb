# SPDX-License-Identifier: Apache-2.0
"""A window settled by any way that is as soon as the bound is the window that the exact search finds."""

from __future__ import annotations

from itertools import combinations

import pytest

from counterseal.gateways.packs import load_pack
from counterseal.prover.case import Case, least_windows
from counterseal.prover.cone import Plan
from counterseal.prover.exact import Memo, search
from counterseal.prover.findings import start_of
from counterseal.prover.game import Game, compile_game
from counterseal.prover.play import ENDLESS
from counterseal.prover.reached import BEFORE
from counterseal.prover.witness import Dive, Windows
from tests.support.random_duels import random_duel

DAY = 24 * 3_600_000
HORIZONS = (ENDLESS, 0, 1, DAY, DAY + 1, 3 * DAY)


def exactly(game: Game, names: tuple[str, ...], goal: str) -> int | None:
    """The window by the exact search alone; BEFORE = silent."""
    attack = search(game, names, [goal]).get(goal)
    return None if attack is None else BEFORE if attack.window is None else attack.window


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_every_way_to_ask_gives_the_window_of_the_search(first: int) -> None:
    for seed in range(first, first + 20):
        policy, start, names = random_duel(seed)
        game = compile_game(policy, start)
        for goal in game.goals:
            told = exactly(game, names, goal)
            memo = Memo(game)
            made = Plan(memo.outline, game, names, goal)
            for horizon in HORIZONS:
                expected = told if told is not None and told < horizon else None
                assert Windows(memo).within(made, horizon) == (expected is not None), (seed, goal, horizon)
                for least in {BEFORE, told if told is not None else BEFORE}:
                    assert Windows(memo).window(made, least, horizon) == expected, (seed, goal, horizon, least)
            kept = Windows(memo)  # what one answer left behind must not spoil the next
            answers = [kept.within(made, horizon) for horizon in HORIZONS]
            assert answers == [told is not None and told < horizon for horizon in HORIZONS], (seed, goal)
            assert kept.window(made, BEFORE) == told


def test_a_dive_that_is_given_up_knows_nothing_and_the_search_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = load_pack("hardened")
    case = Case(policy, start_of(policy.vocabulary.profiles["sms_only"]))
    names, goal = ("otp_relay", "owner_deceived"), "withdraw"
    made = Plan(case.memo.outline, case.game, names, goal)
    told = exactly(case.game, names, goal)
    assert told is not None
    short = Dive(made, told + 1, budget=2)
    short.explore()
    assert short.answer is None
    whole = Dive(made, told + 1)
    whole.explore()
    assert whole.answer is True
    monkeypatch.setattr(Dive.__init__, "__defaults__", (0,))
    assert Windows(case.memo).window(made, told) == told
    assert not Windows(case.memo).within(made, told)


@pytest.mark.parametrize("profile", ["sms_only", "passkey_user_push"])
def test_windows_of_a_shipped_pack_are_those_of_the_search(profile: str) -> None:
    policy = load_pack("hardened")
    case = Case(policy, start_of(policy.vocabulary.profiles[profile]))
    known = case.attacks(tuple(policy.vocabulary.capabilities), DAY, case.outflows)
    held = ("otp_relay", "owner_deceived", "email_takeover", "deepfake_injection", "platform_web")
    for names in [pair for size in (1, 2) for pair in combinations(held, size)]:
        attacks = search(case.game, names, case.outflows, memo=Memo(case.game))
        expected = {goal: attack.window for goal, attack in attacks.items()}
        assert case.row(names) == expected, names
        assert case.row(names, known) == expected, names
        soon = {goal: window for goal, window in expected.items() if window is None or window < DAY}
        assert case.windows(names, DAY, case.outflows, known) == soon, names


def test_known_attacks_count_for_the_sets_that_hold_theirs() -> None:
    policy = load_pack("okx-2024")
    case = Case(policy, start_of(policy.vocabulary.profiles["sms_only"]))
    attack = case.window(("device_malware",), "withdraw") or case.window(
        tuple(policy.vocabulary.capabilities), "withdraw"
    )
    assert attack is not None
    window = BEFORE if attack.window is None else attack.window
    more = {*attack.capabilities, "pw_leak"}
    assert least_windows([attack], more) == {"withdraw": window}
    assert least_windows([attack], {"pw_leak"} - set(attack.capabilities)) == {}
