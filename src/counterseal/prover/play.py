# SPDX-License-Identifier: Apache-2.0
"""One state of the game and what can be done in it. Pure and small: the exact search spends its time here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from counterseal.prover.cone import Plan
from counterseal.prover.game import Cube, Move, bits

ENDLESS = 1 << 62

Timers = tuple[tuple[int, int], ...]


class State(NamedTuple):
    """Masks over facts, factors, channels, and (`spent`) one-shot capabilities of the plan.

    `ages`: per fact of `plan.aged`, -1 = not held; `since`: per clock of `plan.clocks`; both stop counting at the
    longest wait. `fading`: (factor, ms left); `old`: (channel, ms left). `pending`: (move, ms left, proofs given).
    """

    told: bool
    held: int
    bound: int
    known: int
    enrolled: int
    silenced: int
    spent: int
    ages: tuple[int, ...]
    since: tuple[int, ...]
    fading: Timers
    old: Timers
    pending: tuple[tuple[int, int, int], ...]


class Deed(NamedTuple):
    """A move that can be made now: the cube that holds, the one-shot capabilities it spends, who hears of it."""

    at: int
    move: Move
    cube: Cube
    spends: int
    given: int
    heard: int


def first(plan: Plan) -> State:
    """The state at the start."""
    game = plan.game
    start = game.start
    ages: list[int] = []
    for fact, waits in zip(plan.aged, plan.fact_waits, strict=True):
        name, longest = game.facts[fact], waits[-1]
        lasting = plan.lasting >> fact & 1 or name not in start.facts
        held = plan.held >> fact & 1
        ages.append(-1 if not held else longest if lasting else min(start.facts[name], longest))
    since = [
        min(start.since.get(game.clocks[clock], ENDLESS), waits[-1])
        for clock, waits in zip(plan.clocks, plan.clock_waits, strict=True)
    ]
    fading = tuple(
        (index, start.fading[name])
        for index, name in enumerate(game.factors)
        if not game.gift.no_waits and start.fading.get(name, 0) > 0 and not game.enrolled >> index & 1
    )
    return State(
        plan.told, plan.held, game.bound, 0, game.enrolled, 0, 0, tuple(ages), tuple(since), fading, (), ()
    )


def deeds(plan: Plan, state: State) -> Iterator[Deed]:
    """The moves that can be made now and are of use. Value leaves elsewhere (see `goals`), unless other things
    are pending: then a delayed one is asked for like anything else."""
    for index, move in enumerate(plan.moves):
        beside = move.name == plan.goal and state.pending and move.delay
        if beside or (move.name != plan.goal and useful(plan, state, move)):
            yield from ways(plan, state, index, move, free=False)


def goals(plan: Plan, state: State) -> Iterator[Deed]:
    """The goals that can be done now and are not pending."""
    for index, move in enumerate(plan.moves):
        if move.name == plan.goal:
            yield from ways(plan, state, index, move, free=False)


def ways(plan: Plan, state: State, index: int, move: Move, *, free: bool) -> Iterator[Deed]:
    """The ways in which a move that is not pending can be made now. `free`: only those that spend nothing."""
    if any(index == other for other, _, _ in state.pending):
        return
    can = plan.proves | state.known
    usable = can | state.bound if move.request else state.enrolled & (can | state.bound)
    heard = move.notify & ~plan.muted & ~state.silenced
    yield from _ways(plan, state, index, move, usable, heard, free=free)


def _ways(
    plan: Plan, state: State, index: int, move: Move, usable: int, heard: int, *, free: bool
) -> Iterator[Deed]:
    found: set[int] = set()
    for cube in move.cubes:
        missing = cube.proofs & ~usable
        if free and missing:
            continue
        if not holds(plan, state, cube, cube.proofs):
            continue
        for spends, more in _covers(plan, state, missing, request=move.request):
            if not any(other & spends == other for other in found):
                found.add(spends)
                yield Deed(index, move, cube, spends, usable | more, heard)


def _covers(plan: Plan, state: State, missing: int, *, request: bool) -> list[tuple[int, int]]:
    """Minimal sets of unspent one-shot capabilities that prove what is missing: (capabilities, factors)."""
    if not missing:
        return [(0, 0)]
    there = -1 if request else state.enrolled
    unspent = [(at, factors & there) for at, (_, factors) in enumerate(plan.once) if not state.spent >> at & 1]
    helping = [(at, factors) for at, factors in unspent if factors & missing]
    found: list[tuple[int, int]] = []
    for size in range(1, len(helping) + 1):
        for chosen in combinations(helping, size):
            spends = sum(1 << at for at, _ in chosen)
            factors = 0
            for _, mask in chosen:
                factors |= mask
            if not missing & ~factors and not any(other & spends == other for other, _ in found):
                found.append((spends, factors))
    return found


def holds(plan: Plan, state: State, cube: Cube, given: int) -> bool:
    """Whether a cube holds now with these proofs."""
    if cube.proofs & ~given or cube.facts & ~state.held or cube.absent & state.enrolled:
        return False
    if cube.absent and any(cube.absent >> factor & 1 for factor, _ in state.fading):
        return False
    if any(state.ages[plan.aged.index(fact)] < wait for fact, wait in cube.ages):
        return False
    return all(state.since[plan.clocks.index(clock)] >= wait for clock, wait in cube.since)


def useful(plan: Plan, state: State, move: Move) -> bool:
    """Whether the move gives anything that is not there yet."""
    binds = move.binds & ~(move.adds & state.enrolled & ~move.removes)
    if binds & ~state.bound or move.gains & ~state.held or move.removes & state.enrolled:
        return True
    if move.reveals & ~(state.known | plan.proves):
        return True
    quiet = state.silenced | plan.muted
    if state.told or not (move.silences | move.replaces) & ~quiet:
        return False
    running = sum(1 << channel for channel, _ in state.old)
    return bool(move.silences & ~quiet or move.replaces & ~quiet & ~running)


def perform(plan: Plan, state: State, deed: Deed) -> State:
    """The state after a deed: its notice first, then its effect, or it is pending."""
    told = state.told or bool(deed.heard)
    state = state._replace(told=told, spent=state.spent | deed.spends)
    if told and (state.silenced or state.old):
        state = state._replace(silenced=0, old=())
    if deed.move.delay:
        pending = (*state.pending, (deed.at, deed.move.delay, deed.given))
        return state._replace(pending=tuple(sorted(pending)))
    return effect(plan, state, deed.move)


def effect(plan: Plan, state: State, move: Move) -> State:
    """What a move changes when it takes effect."""
    lost = move.loses & ~plan.lasting
    held = state.held & ~lost
    removed = move.removes & state.enrolled
    bound, enrolled = state.bound & ~removed, state.enrolled & ~removed
    binds = move.binds & ~(move.adds & enrolled)
    fading = state.fading
    if removed and move.fade:
        fading = tuple(sorted({**dict(fading), **dict.fromkeys(bits(removed), move.fade)}.items()))
    if binds and fading:
        fading = tuple(pair for pair in fading if not binds >> pair[0] & 1)
    ages = state.ages
    if (lost | move.gains) and ages:
        ages = tuple(
            _age(age, lost=lost >> fact & 1, gained=move.gains >> fact & 1)
            for age, fact in zip(ages, plan.aged, strict=True)
        )
    since = state.since
    if move.restarts & plan.clock_mask:
        since = tuple(
            0 if move.restarts >> clock & 1 else time for time, clock in zip(since, plan.clocks, strict=True)
        )
    silenced, old = state.silenced, state.old
    if not state.told:
        silenced, old = _hush(plan, state, move)
    return State(
        state.told,
        held | move.gains,
        bound | binds,
        state.known | move.reveals,
        enrolled | binds,
        silenced,
        state.spent,
        ages,
        since,
        fading,
        old,
        state.pending,
    )


def _age(age: int, *, lost: int, gained: int) -> int:
    age = -1 if lost else age
    return 0 if gained and age < 0 else age


def _hush(plan: Plan, state: State, move: Move) -> tuple[int, Timers]:
    """Channels silenced at once, and those whose replaced contact is told for a while yet."""
    silenced = state.silenced | (move.silences & ~plan.muted)
    late = move.replaces & ~plan.muted & ~silenced
    old = dict(state.old)
    if plan.game.old == 0:
        return silenced | late, ()
    for channel in bits(late):
        old.setdefault(channel, plan.game.old)
    return silenced, tuple(sorted(pair for pair in old.items() if not silenced >> pair[0] & 1))


def ready(plan: Plan, state: State) -> list[int]:
    """Positions in `pending` of what takes effect now."""
    return [at for at, (_, left, _) in enumerate(state.pending) if left == 0 and firing(plan, state, at)]


def firing(plan: Plan, state: State, at: int) -> Cube | None:
    """The cube by which a pending move holds now, with the proofs it was given."""
    index, _, given = state.pending[at]
    move = plan.moves[index]
    given = given if move.request else given & state.enrolled
    return next((cube for cube in move.cubes if holds(plan, state, cube, given)), None)


def fire(plan: Plan, state: State, at: int) -> tuple[Move, State]:
    """What was pending takes effect."""
    move = plan.moves[state.pending[at][0]]
    left = state.pending[:at] + state.pending[at + 1 :]
    return move, effect(plan, state._replace(pending=left), move)


def elapse(plan: Plan, state: State, most: int = ENDLESS) -> tuple[int, State]:
    """Let time pass to the next threshold or by `most`: (ms, state); 0 = nothing is left to wait for."""
    times = [left for _, left in state.fading] + [left for _, left in state.old]
    times += [left for _, left, _ in state.pending if left]
    for age, waits in zip(state.ages, plan.fact_waits, strict=True):
        if age >= 0:
            times += [limit - age for limit in waits if limit > age][:1]
    for time, waits in zip(state.since, plan.clock_waits, strict=True):
        times += [limit - time for limit in waits if limit > time][:1]
    if not times or not most:
        return most if most < ENDLESS else 0, state
    passed = min(*times, most)
    silenced = state.silenced
    for channel, left in state.old:
        if left == passed:
            silenced |= 1 << channel
    return passed, state._replace(
        ages=tuple(
            age if age < 0 else min(age + passed, waits[-1])
            for age, waits in zip(state.ages, plan.fact_waits, strict=True)
        ),
        since=tuple(
            min(time + passed, waits[-1]) for time, waits in zip(state.since, plan.clock_waits, strict=True)
        ),
        fading=tuple((factor, left - passed) for factor, left in state.fading if left > passed),
        old=tuple((channel, left - passed) for channel, left in state.old if left > passed),
        silenced=silenced,
        pending=tuple((index, max(0, left - passed), given) for index, left, given in state.pending),
    )
