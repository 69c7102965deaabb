# SPDX-License-Identifier: Apache-2.0
"""One state of the game and what can be done in it. Pure and small: the exact search spends its time here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from counterseal.prover.acts import Act, Acts
from counterseal.prover.cone import Plan
from counterseal.prover.game import Cube, Move, bits

ENDLESS = 1 << 62

Timers = tuple[tuple[int, int], ...]


class State(NamedTuple):
    """Masks over facts, factors, channels, and (`spent`) one-shot capabilities of the plan.

    `ages`: per fact of `plan.aged`, -1 = not held; they stop counting at the longest wait. `shut`: per gate of
    `plan.gates`, ms until its waits are over. `fading`: (factor, ms left); `old`: (channel, ms left). `pending`:
    (move, ms left, proofs given).
    """

    told: bool
    held: int
    bound: int
    known: int
    enrolled: int
    silenced: int
    spent: int
    ages: tuple[int, ...]
    shut: tuple[int, ...]
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
    enrolment = plan.needed_factors | plan.absent
    ages: list[int] = []
    for fact, waits in zip(plan.aged, plan.fact_waits, strict=True):
        name, longest = game.facts[fact], waits[-1]
        lasting = plan.lasting >> fact & 1 or name not in start.facts
        held = plan.held >> fact & 1
        ages.append(-1 if not held else longest if lasting else min(start.facts[name], longest))
    shut = [
        max(0, *(wait - start.since.get(game.clocks[clock], ENDLESS) for clock, wait in gate))
        for gate in plan.gates
    ]
    fading = tuple(
        (index, start.fading[name])
        for index, name in enumerate(game.factors)
        if not game.gift.no_waits
        and start.fading.get(name, 0) > 0
        and not game.enrolled >> index & 1
        and plan.absent >> index & 1
    )
    bound, enrolled = game.bound & enrolment, game.enrolled & enrolment
    return State(plan.told, plan.held, bound, 0, enrolled, 0, 0, tuple(ages), tuple(shut), fading, (), ())


def deeds(acts: Acts, state: State) -> Iterator[Deed]:
    """The moves that can be made now and are of use. Value leaves elsewhere (see `goals`), unless other things
    are pending: then a delayed one is asked for like anything else."""
    missing = ~state.held
    for act in acts.others:
        if not act.must & missing and useful(acts, state, act):
            yield from ways(acts, state, act)
    if state.pending:
        for act in acts.goals:
            if act.move.delay:
                yield from ways(acts, state, act)


def goals(acts: Acts, state: State) -> Iterator[Deed]:
    """The goals that can be done now and are not pending."""
    for act in acts.goals:
        yield from ways(acts, state, act)


def ways(acts: Acts, state: State, act: Act, *, free: bool = False) -> Iterator[Deed]:
    """The ways in which a move that is not pending can be made now. `free`: only those that spend nothing."""
    for pending in state.pending:
        if pending[0] == act.at:
            return
    usable = acts.plan.proves | state.known | state.bound
    if not act.move.request:
        usable &= state.enrolled
    spending: list[tuple[Cube, int]] = []
    for cube in act.move.cubes:
        missing = cube.proofs & ~usable
        if missing and (free or not acts.once):
            continue
        if holds(state, cube, cube.proofs):
            if not missing:
                yield Deed(act.at, act.move, cube, 0, usable, act.heard & ~state.silenced)
                return
            spending.append((cube, missing))
    found: set[int] = set()
    for cube, missing in spending:
        for spends, more in _covers(acts, state, missing, request=act.move.request):
            if not any(other & spends == other for other in found):
                found.add(spends)
                yield Deed(act.at, act.move, cube, spends, usable | more, act.heard & ~state.silenced)


def _covers(acts: Acts, state: State, missing: int, *, request: bool) -> list[tuple[int, int]]:
    """Minimal sets of unspent one-shot capabilities that prove what is missing: (capabilities, factors)."""
    there = -1 if request else state.enrolled
    helping = [
        (bit, factors & there) for bit, factors in acts.once if not state.spent & bit and factors & there & missing
    ]
    found: list[tuple[int, int]] = []
    for size in range(1, len(helping) + 1):
        for chosen in combinations(helping, size):
            spends = factors = 0
            for bit, mask in chosen:
                spends, factors = spends | bit, factors | mask
            if not missing & ~factors and not any(other & spends == other for other, _ in found):
                found.append((spends, factors))
    return found


def holds(state: State, cube: Cube, given: int) -> bool:
    """Whether a cube holds now with these proofs."""
    if cube.proofs & ~given or cube.facts & ~state.held:
        return False
    if cube.absent:
        if cube.absent & state.enrolled:
            return False
        for factor, _ in state.fading:
            if cube.absent >> factor & 1:
                return False
    for place, wait in cube.ages:
        if state.ages[place] < wait:
            return False
    for place, _ in cube.since:  # noqa: SIM110 - a generator would cost as much as all of the above
        if state.shut[place]:
            return False
    return True


def useful(acts: Acts, state: State, act: Act) -> bool:
    """Whether the move gives anything that is not there yet."""
    move = act.move
    if move.gains & ~state.held or act.frees & state.enrolled:
        return True
    fresh = act.gives & ~state.bound
    if fresh:
        there = state.enrolled & ~(acts.plan.removable if move.delay else 0)  # it may be gone when it takes effect
        if fresh & ~(there & (acts.plan.proves | state.known | (move.adds & ~move.removes))):
            return True
    if move.reveals & ~(state.known | acts.plan.proves):
        return True
    if state.told or not act.hush & ~state.silenced:
        return False
    running = 0
    for channel, _ in state.old:
        running |= 1 << channel
    return bool(move.silences & ~state.silenced or move.replaces & ~state.silenced & ~running)


def perform(acts: Acts, state: State, deed: Deed) -> State:
    """The state after a deed: its notice first, then its effect, or it is pending."""
    told = state.told or bool(deed.heard)
    if told is not state.told or deed.spends:
        silenced, old = (0, ()) if told else (state.silenced, state.old)
        state = State(told, *state[1:5], silenced, state.spent | deed.spends, *state[7:10], old, state.pending)
    if deed.move.delay:
        pending = (*state.pending, (deed.at, deed.move.delay, deed.given & acts.plan.needed_factors))
        return State(*state[:11], tuple(sorted(pending)))
    return effect(acts, state, deed.at)


def effect(acts: Acts, state: State, at: int) -> State:
    """What a move changes when it takes effect."""
    act = acts.all[at]
    move = act.move
    removed = move.removes & state.enrolled
    enrolled = state.enrolled & ~removed
    binds = move.binds & ~(move.adds & enrolled)
    fading = state.fading
    if removed & acts.plan.absent and move.fade:
        faded = dict.fromkeys(bits(removed & acts.plan.absent), move.fade)
        fading = tuple(sorted({**dict(fading), **faded}.items()))
    if binds and fading:
        fading = tuple(pair for pair in fading if not binds >> pair[0] & 1)
    ages, shut = state.ages, state.shut
    if act.lost or act.gained:
        changed = list(ages)
        for place in act.lost:
            changed[place] = -1
        for place in act.gained:
            changed[place] = max(changed[place], 0)
        ages = tuple(changed)
    if act.shuts:
        changed = list(shut)
        for place, wait in act.shuts:
            changed[place] = max(changed[place], wait)
        shut = tuple(changed)
    silenced, old = state.silenced, state.old
    if act.hush and not state.told:
        silenced, old = _hush(acts.plan, state, move)
    return State(
        state.told,
        (state.held & ~move.loses) | move.gains,
        (state.bound & ~removed) | binds,
        state.known | move.reveals,
        enrolled | binds,
        silenced,
        state.spent,
        ages,
        shut,
        fading,
        old,
        state.pending,
    )


def _hush(plan: Plan, state: State, move: Move) -> tuple[int, Timers]:
    """Channels silenced at once, and those whose replaced contact is told for a while yet."""
    silenced = state.silenced | move.silences
    late = move.replaces & ~silenced
    old = dict(state.old)
    if plan.game.old == 0:
        return silenced | late, ()
    for channel in bits(late):
        old.setdefault(channel, plan.game.old)
    return silenced, tuple(sorted(pair for pair in old.items() if not silenced >> pair[0] & 1))


def ready(acts: Acts, state: State) -> list[int]:
    """Positions in `pending` of what takes effect now."""
    if not state.pending:
        return []
    return [at for at, (_, left, _) in enumerate(state.pending) if left == 0 and firing(acts, state, at)]


def firing(acts: Acts, state: State, at: int) -> Cube | None:
    """The cube by which a pending move holds now, with the proofs it was given."""
    index, _, given = state.pending[at]
    move = acts.all[index].move
    given = given if move.request else given & state.enrolled
    return next((cube for cube in move.cubes if holds(state, cube, given)), None)


def fire(acts: Acts, state: State, at: int) -> tuple[Move, State]:
    """What was pending takes effect."""
    index = state.pending[at][0]
    left = state.pending[:at] + state.pending[at + 1 :]
    return acts.all[index].move, effect(acts, State(*state[:11], left), index)
