# SPDX-License-Identifier: Apache-2.0
"""The engines of the prover against the reference attacker, on random games: equal answers, never later bounds,
confirmed paths, the same minimal sets."""

from __future__ import annotations

from itertools import combinations

import pytest

from counterseal.prover.bound import bound
from counterseal.prover.case import Case
from counterseal.prover.classes import Classes
from counterseal.prover.exact import Memo, search
from counterseal.prover.findings import Attack
from counterseal.prover.game import Game, compile_game
from counterseal.prover.minimal import EVER, SILENT, minimal_attacks
from counterseal.prover.reached import BEFORE
from counterseal.prover.replay import replay
from counterseal.prover.space import these
from counterseal.prover.table import table
from tests.reference.attack import TooManyStatesError, explore
from tests.support.random_duels import RandomDuel, random_duel

DAY = 86_400_000
STATES = 8_000  # larger games are left out of what is compared with the reference
Window = int | str | None

SEEDS = (*range(400, 408), 409, *range(411, 415))


def subsets(names: tuple[str, ...], most: int) -> list[tuple[str, ...]]:
    """All subsets of up to so many, small ones first."""
    return [chosen for size in range(most + 1) for chosen in combinations(names, size)]


def window_of(attack: Attack | None) -> Window:
    """An answer in the reference's form."""
    return None if attack is None else "silent" if attack.window is None else attack.window


def told(window: int | None) -> Window:
    """A window of a table in the reference's form."""
    return "silent" if window is None else window


def rank(window: Window) -> float:
    """Earlier is smaller: silent, then by window, never last."""
    return float("inf") if window is None else -1 if window == "silent" else float(window)


def game_of(duel: RandomDuel) -> Game:
    """The compiled game."""
    return compile_game(duel.policy, duel.start)


def reference(duel: RandomDuel, names: tuple[str, ...]) -> dict[str, Window] | None:
    """What the reference attacker finds; None = the game is too large for it."""
    try:
        return dict(explore(duel.policy, duel.start, names, most=STATES))
    except TooManyStatesError:
        return None


@pytest.mark.parametrize("seed", SEEDS)
def test_the_exact_answer_is_the_reference_s_and_every_path_is_confirmed(seed: int) -> None:
    duel = random_duel(seed, actions=3 + seed % 3)
    game = game_of(duel)
    memo, compared = Memo(game), 0
    for names in (duel.capabilities, *subsets(duel.capabilities, 1), duel.capabilities[:3], duel.capabilities[3:]):
        found = search(game, names, memo=memo)
        for attack in found.values():
            assert replay(duel.policy, duel.start, attack).confirmed, attack
        expected = reference(duel, names)
        if expected is not None:
            compared += 1
            assert {goal: window_of(found.get(goal)) for goal in expected} == expected, names
    assert compared


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bound_is_never_later_and_the_table_is_the_search_of_each_set(seed: int) -> None:
    duel = random_duel(seed, actions=3 + seed % 3)
    game = game_of(duel)
    sets = subsets(duel.capabilities, 3)
    reached = bound(game, these(Classes(game), sets))
    answers = table(game, sets)
    desk = Classes(game).desk
    for position, names in enumerate(sets):
        row = answers[frozenset(names)]
        alone = search(game, names)
        assert {goal: told(window) for goal, window in row.items()} == {g: window_of(a) for g, a in alone.items()}
        for goal, attack in alone.items():
            assert replay(duel.policy, duel.start, attack).confirmed, attack
            if goal not in desk:
                earliest = reached[goal].window(position)
                assert earliest is not None
                assert rank("silent" if earliest == BEFORE else earliest) <= rank(window_of(attack))
        for less in (frozenset(names) - {name} for name in names):
            assert all(g in row and rank(told(row[g])) <= rank(told(w)) for g, w in answers[less].items())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("window", [SILENT, DAY, EVER])
def test_minimal_sets_are_those_of_brute_force(seed: int, window: int) -> None:
    duel = random_duel(seed, actions=3)
    case = Case(duel.policy, duel.start)
    rows = {frozenset(names): reference(duel, names) for names in subsets(duel.capabilities, 2)}
    goals = case.game.goals
    under = {
        (names, goal)
        for names, row in rows.items()
        for goal in goals
        if row is not None and rank(row[goal]) < (0 if window == SILENT else window)
    }
    unknown = {names for names, row in rows.items() if row is None}
    least = {(n, g) for n, g in under if not any((m, g) in under or m in unknown for m in rows if m < n)}
    mine = {
        (frozenset(attack.capabilities), attack.outflow)
        for attack in minimal_attacks(case.full, window, goals)
        if set(attack.capabilities) <= set(duel.capabilities)
    }
    decided = {(n, g) for n, g in mine if n in rows and not any(m in unknown for m in rows if m <= n)}
    assert decided == {(n, g) for n, g in least if n not in unknown}
