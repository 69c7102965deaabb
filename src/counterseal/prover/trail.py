# SPDX-License-Identifier: Apache-2.0
"""From the last node of a search back to a path: only the steps that the goal rests on."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from counterseal.prover.cone import Plan
from counterseal.prover.findings import Attack, Step, Use
from counterseal.prover.game import Cube, bits
from counterseal.prover.play import Deed, State, holds
from counterseal.prover.timing import Made, draw_together


class Node:
    """A state and how it was reached. `window`: ms since the first notice (0 before); `time`: ms since the start.

    `deed`: done to get here. `fires`: position in the parent's `pending` of what took effect to get here.
    """

    __slots__ = ("deed", "fires", "parent", "state", "steps", "time", "window")

    def __init__(
        self,
        state: State,
        window: int = 0,
        time: int = 0,
        steps: int = 0,
        parent: Node | None = None,
        deed: Deed | None = None,
        fires: int | None = None,
    ) -> None:
        self.state, self.window, self.time, self.steps = state, window, time, steps
        self.parent, self.deed, self.fires = parent, deed, fires

    def then(self, state: State, deed: Deed) -> Node:
        """After a deed, which takes no time."""
        return Node(state, self.window, self.time, self.steps + 1, self, deed)

    def fired(self, state: State, at: int) -> Node:
        """After a pending action took effect."""
        return Node(state, self.window, self.time, self.steps, self, None, at)

    def passed(self, state: State, time: int) -> Node:
        """After a wait."""
        window = self.window + time if self.state.told else 0
        return Node(state, window, self.time + time, self.steps, self)


class Arrival:
    """A goal reached: by a deed from `node` (and its delay), or by what took effect to get to `node`."""

    def __init__(self, node: Node, deed: Deed | None) -> None:
        self.node, self.deed = node, deed
        delay = deed.move.delay if deed else 0
        told = node.state.told
        self.silent = not told and (deed is None or not deed.heard)
        self.window = None if self.silent else node.window + delay
        self.time = node.time + delay
        self.steps = node.steps + (1 if deed else 0)

    def shorter(self, horizon: int) -> bool:
        """Whether it is silent or its window is shorter than this."""
        return self.window is None or self.window < horizon

    @cached_property
    def rank(self) -> tuple[int, int, int, int]:
        """Better ones are smaller: silent, then window, time, steps."""
        return (0 if self.window is None else 1, self.window or 0, self.time, self.steps)


class _Done(NamedTuple):
    """A deed of the path. `needs`: positions of the deeds that it rests on, directly or through others."""

    made: Made
    needs: frozenset[int]


class _Sources:
    """Which deed of the path gave each thing that is there now: position in the path."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.bound: dict[int, int] = {}
        self.known: dict[int, int] = {}
        self.facts: dict[int, int] = {}
        self.gone: dict[int, int] = {}
        self.silenced: dict[int, int] = {}

    def of(self, state: State, deed: Deed, cube: Cube) -> set[int]:
        """The deeds on which a deed in this state rests."""
        plan, found = self.plan, set[int]()
        for fact in bits(cube.facts):
            found |= _at(self.facts, fact)
        for factor in bits(cube.proofs):
            if not deed.move.request:
                found |= self.enrolling(factor)
            if not plan.proves >> factor & 1:
                found |= _at(self.known, factor) if state.known >> factor & 1 else _at(self.bound, factor)
        for factor in bits(cube.absent | deed.move.adds):
            found |= _at(self.gone, factor)
        if not state.told:
            for channel in bits(deed.move.notify & ~plan.muted):
                found |= _at(self.silenced, channel)
        return found

    def enrolling(self, factor: int) -> set[int]:
        enrolled = self.plan.game.enrolled >> factor & 1
        return _at(self.bound, factor) if not enrolled or factor in self.gone else set()

    def take(self, before: State, after: State, deed: Deed, position: int) -> None:
        """A deed took effect: what is new since is from it."""
        move = deed.move
        for factor in bits(move.binds & after.bound & ~before.bound):
            self.bound[factor] = position
        for factor in bits(move.reveals & ~before.known):
            self.known[factor] = position
        for fact in bits(move.gains & ~(before.held & ~(move.loses & ~self.plan.lasting))):
            self.facts[fact] = position
        for factor in bits(move.removes & before.enrolled & ~after.enrolled):
            self.gone[factor] = position
        for channel in bits((move.silences | move.replaces) & ~before.silenced):
            self.silenced.setdefault(channel, position)


def _at(table: dict[int, int], index: int) -> set[int]:
    return {table[index]} if index in table else set()


def attack_of(plan: Plan, arrival: Arrival) -> Attack:
    """The attack: the steps that the goal rests on, in order. The arrival may be of a plan with an equal key."""
    trail = _Trail(plan)
    trail.follow(arrival)
    done = trail.done
    needed = sorted(done[trail.goal].needs - {trail.goal})
    kept = draw_together(plan, [done[position].made for position in (*needed, trail.goal)])
    heard = _heard(plan, kept)
    *steps, last = [_step(plan, *each) for each in zip(kept, heard, strict=True)]
    steps.sort(key=lambda step: step.at)
    return renamed(Attack(plan.names, last.action, arrival.window, last.effect, (*steps, last)), plan)


def renamed(attack: Attack, plan: Plan) -> Attack:
    """The attack on the goal of this plan by the same way: they differ in the goal's name alone."""
    if attack.outflow == plan.goal and attack.path[-1].action == plan.goal:
        return attack
    line = next(move.line for move in plan.game.moves if move.name == plan.goal)
    last = replace(attack.path[-1], action=plan.goal, line=line)
    return replace(attack, outflow=plan.goal, path=(*attack.path[:-1], last))


class _Trail:
    """Every deed of a way with what it rests on; of several cubes that held, the one that rests on least."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.sources = plan, _Sources(plan)
        self.done: list[_Done] = []
        self.asked: dict[int, int] = {}  # pending move -> position of its deed
        self.goal = -1

    def follow(self, arrival: Arrival) -> None:
        chain = _chain(arrival.node)
        for before, node in pairwise(chain):
            if node.deed is not None:
                self.do(before.state, node.deed, node.time, node.time)
                if node.deed.move.delay:
                    self.asked[node.deed.at] = len(self.done) - 1
                else:
                    self.sources.take(before.state, node.state, node.deed, len(self.done) - 1)
            elif node.fires is not None:
                self.goal = self.take_effect(before.state, node, node.fires)
        if arrival.deed is not None:
            self.do(arrival.node.state, arrival.deed, arrival.node.time, arrival.time)
            self.goal = len(self.done) - 1

    def do(self, state: State, deed: Deed, at: int, effect: int) -> None:
        cube, needs = self.least(state, deed, deed.given)
        made = Made(deed, at, effect, (cube,), state.known, deed.spends, deed.heard)
        self.done.append(_Done(made, needs))

    def least(self, state: State, deed: Deed, given: int) -> tuple[Cube, frozenset[int]]:
        """The cube that holds and rests on the fewest deeds, and those deeds."""
        found: tuple[Cube, frozenset[int]] | None = None
        for cube in deed.move.cubes:
            if holds(state, cube, given):
                direct = self.sources.of(state, deed, cube)
                needs = frozenset(direct).union(*(self.done[position].needs for position in direct))
                if found is None or len(needs) < len(found[1]):
                    found = cube, needs
        return found or (deed.cube, frozenset())

    def take_effect(self, before: State, node: Node, at: int) -> int:
        """Note that what was pending took effect; the position of its deed."""
        index, _, given = before.pending[at]
        position = self.asked.pop(index)
        item = self.done[position]
        made = item.made
        given = given if made.deed.move.request else given & before.enrolled
        told = before._replace(told=True)  # its notice went out when it was asked for
        cube, needs = self.least(told, made.deed, given)
        cubes = made.cubes if cube in made.cubes else (*made.cubes, cube)
        needs = (item.needs | needs) - {position}
        self.done[position] = _Done(made._replace(effect=node.time, cubes=cubes), needs)
        self.sources.take(before, node.state, made.deed, position)
        return position


def _chain(node: Node) -> list[Node]:
    found = [node]
    while found[-1].parent is not None:
        found.append(found[-1].parent)
    return found[::-1]


def _heard(plan: Plan, path: list[Made]) -> list[int]:
    """The channels that each notice reaches. Once the owner is told the search no longer counts them."""
    found: list[int] = []
    for position, made in enumerate(path):
        quiet = plan.muted
        for other, before in enumerate(path):
            over = before.effect < made.at or (before.effect == made.at and other < position)
            if over:
                quiet |= before.deed.move.silences
            if over and before.effect + plan.game.old <= made.at:
                quiet |= before.deed.move.replaces
        found.append(made.deed.move.notify & ~quiet)
    return found


def _step(plan: Plan, made: Made, heard: int) -> Step:
    game, move = plan.game, made.deed.move
    proofs, facts = 0, made.cubes[0].facts  # another cube may hold when what was pending takes effect
    for cube in made.cubes:
        proofs |= cube.proofs
    return Step(
        action=move.name,
        at=made.at,
        effect=made.effect,
        uses=tuple(Use(game.factors[factor], _source(plan, made, factor)) for factor in bits(proofs)),
        facts=tuple(game.facts[fact] for fact in bits(facts)),
        notice="none" if not move.sent else "reached" if heard else "muted",
        reached=tuple(game.channels[channel] for channel in bits(heard)),
        line=move.line,
    )


def _source(plan: Plan, made: Made, factor: int) -> str:
    """What a proof came from: a capability, the assumption dropped, a one-shot code, what was disclosed, an
    instance of his own."""
    game = plan.game
    for name in plan.names:
        if game.powers[name].proves >> factor & 1:
            return name
    if game.free.proves >> factor & 1:
        return "given"
    for at, (name, factors) in enumerate(plan.once):
        if made.spends >> at & 1 and factors >> factor & 1:
            return name
    return "disclosed" if made.known >> factor & 1 else "bound"
