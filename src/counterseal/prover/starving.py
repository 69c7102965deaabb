# SPDX-License-Identifier: Apache-2.0
"""Attackers who keep the owner waiting for ever, by restarting a clock again and again.

Such an attacker repeats an action with what he has for good: what his capabilities prove and give, and what that
gets him in turn. Codes that work once and a stolen session run out or are revoked. A wait of `since(c) >= w` is
never over if he can restart c at least every w; an action that itself waits for a clock that it restarts, or has a
delay, comes no more often than that. The owner is starved of an outflow if he gets to it without the attacker and
has no way left without such waits.

Not covered: several clocks restarted in turn that none of them alone would block; the brakes outside the policy,
which help the owner: the cancel and freeze links in each notice; and lock-outs by removal (the attacker takes away
what the owner cannot get back), which are attacks and no starvation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from itertools import combinations
from typing import NamedTuple

from counterseal.core.policy.model import Policy, Profile
from counterseal.prover.findings import Gift, start_of
from counterseal.prover.game import Cube, Game, Move, Power, bits, compile_game
from counterseal.prover.lapses import cut, lasting
from counterseal.prover.proof import Starvation


class _Restart(NamedTuple):
    """An action that restarts a clock, and how often he can do it: every `period` ms (0 = as he likes)."""

    move: Move
    clock: int
    period: int


def starving(policy: Policy, profile: Profile, size: int) -> tuple[Starvation, ...]:
    """Every minimal set of at most `size` capabilities that starves the owner of an outflow, with one action."""
    game = lasting(compile_game(policy, start_of(profile), Gift(proves=frozenset(profile.factors))))
    waited = {clock for move in game.moves for cube in move.cubes for clock, _ in cube.since}
    outflows = [move.name for move in game.moves if move.goal and policy.rules[move.name].outflow]
    reached = _reached(game, game.moves)
    outflows = [name for name in outflows if name in reached]
    found: list[Starvation] = []
    for names, power in _sets(game, size) if waited and outflows else ():
        done = {each.outflow for each in found if set(each.capabilities) <= set(names)}
        restarts = [each for each in _restarts(game, power) if each.clock in waited]
        found += _starved(game, names, restarts, [name for name in outflows if name not in done])
    return tuple(found)


def _sets(game: Game, size: int) -> Iterator[tuple[tuple[str, ...], Power]]:
    """Sets of capabilities that can do something for ever, small ones first."""
    able = [name for name, power in game.powers.items() if power.proves & game.enrolled or power.gives]
    for count in range(1, size + 1):
        for names in combinations(able, count):
            proves = gives = 0
            for name in names:
                proves |= game.powers[name].proves
                gives |= game.powers[name].gives
            yield names, Power(proves, 0, gives, 0, 0)


def _starved(
    game: Game, names: tuple[str, ...], restarts: Collection[_Restart], outflows: Collection[str]
) -> list[Starvation]:
    if not restarts or not outflows:
        return []
    left = _reached(game, cut(game.moves, partial(_never, _quickest(restarts))))
    found: list[Starvation] = []
    for outflow in outflows:
        if outflow not in left:
            by = _one(game, restarts, outflow)
            found.append(Starvation(names, by.move.name, game.clocks[by.clock], outflow, by.move.line))
    return found


def _one(game: Game, restarts: Collection[_Restart], outflow: str) -> _Restart:
    """The restart that is enough alone, or else the first that blocks a way."""
    blocking: list[_Restart] = []
    for each in restarts:
        moves = cut(game.moves, partial(_never, {each.clock: each.period}))
        if outflow not in _reached(game, moves):
            return each
        if moves != game.moves:
            blocking.append(each)
    return (blocking or list(restarts))[0]


def _quickest(restarts: Collection[_Restart]) -> dict[int, int]:
    """Clock -> how often he can restart it."""
    found: dict[int, int] = {}
    for each in restarts:
        found[each.clock] = min(each.period, found.get(each.clock, each.period))
    return found


def _never(often: Mapping[int, int], _: Move, cube: Cube) -> bool:
    """Whether a wait of the cube is never over."""
    return any(clock in often and often[clock] <= wait for clock, wait in cube.since)


class _Had(NamedTuple):
    """What can be had when nothing is ever lost: factors provable, facts, factors removed."""

    proofs: int
    facts: int
    gone: int


def _close(game: Game, moves: Collection[Move], power: Power) -> tuple[_Had, list[Move]]:
    """All that somebody with this power can come to have, and the moves that he can make."""
    every = (1 << len(game.factors)) - 1
    had = _Had((power.proves & game.enrolled) | game.bound, power.gives, every & ~game.enrolled)
    left = [move for move in moves if not move.request]
    made: list[Move] = []
    while True:
        made += [move for move in left if any(_meets(had, cube) for cube in move.cubes)]
        left = [move for move in left if move not in made]
        more = had
        for move in made:
            binds = move.binds & ~(move.adds & ~more.gone)  # of most classes `bind` adds no second one
            more = _Had(more.proofs | binds, more.facts | move.gains, more.gone | move.removes)
        if more == had:
            return had, made
        had = more


def _meets(had: _Had, cube: Cube) -> bool:
    return not (cube.proofs & ~had.proofs or cube.facts & ~had.facts or cube.absent & ~had.gone)


def _reached(game: Game, moves: Collection[Move]) -> set[str]:
    """The outflows that the owner gets to in the end."""
    _, made = _close(game, moves, Power(game.free.proves, 0, 0, 0, 0))
    return {move.name for move in made if move.goal}


def _restarts(game: Game, power: Power) -> list[_Restart]:
    """The clocks that somebody with this power can restart again and again."""
    had, made = _close(game, game.moves, power)
    bound = 0
    for move in made:
        bound |= move.binds
    found: list[_Restart] = []
    for move in made:
        if move.removes & ~bound and not (move.binds | move.gains | move.silences):
            continue  # what is removed is gone: there is nothing to repeat
        periods = [_period(move, cube) for cube in move.cubes if _meets(had, cube)]
        found += [_Restart(move, clock, min(periods)) for clock in bits(move.restarts)]
    return found


def _period(move: Move, cube: Cube) -> int:
    """How often an action can be done by this cube: it may wait for a clock that it restarts, and for itself."""
    return max([move.delay, *(wait for clock, wait in cube.since if move.restarts >> clock & 1)])
