# SPDX-License-Identifier: Apache-2.0
"""Which properties that hold break in an edited game, told from the bound and confirmed by the search."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from counterseal.core.policy import properties as p
from counterseal.core.policy.model import Property
from counterseal.prover.case import Case
from counterseal.prover.game import bits
from counterseal.prover.minimal import shorter
from counterseal.prover.pair import sooner
from counterseal.prover.reached import Reached
from counterseal.prover.space import Space
from counterseal.prover.verdicts import goals_of, leaving_one, threshold

TRIES = 2  # sets that are searched for one property and outflow


class Promises:
    """The properties about attackers and windows; losses and the owner's side are not looked at here."""

    def __init__(self, base: Case, held: Sequence[Property], space: Space, before: Mapping[str, Reached]) -> None:
        self.base, self.space, self.before = base, space, before
        self.stated = [(prop, window) for prop in held if (window := threshold(prop)) is not None]

    def broken(self, case: Case, after: Mapping[str, Reached]) -> tuple[str, ...]:
        """Names of those that break. `after`: the bound of the edited game over the same space."""
        moved = {goal for goal, one in after.items() if sooner(one, self.before.get(goal, Reached(0, ())))}
        return tuple(
            prop.name
            for prop, window in self.stated
            if any(
                self.breaks(case, prop, window, goal, after[goal])
                for goal in goals_of(prop, self.base)
                if goal in moved
            )
        )

    def breaks(self, case: Case, prop: Property, window: int, goal: str, after: Reached) -> bool:
        """Whether a set that a property speaks of now reaches the goal too soon, exactly."""
        before = self.before.get(goal, Reached(0, ()))
        fresh = after.within(window) & ~before.within(window)
        for among in self.given(prop.given_form):
            for position in self.space.minimal(fresh & among)[:TRIES]:
                names = self.space.classes.first(bits(self.space.chosen(position)))
                if isinstance(prop.given_form, p.AtMost) and len(names) > prop.given_form.count:
                    continue
                attack = case.window(names, goal)
                if attack is not None and shorter(attack, window):
                    return True
        return False

    def given(self, form: p.Given) -> Iterable[int]:
        """Masks of the sets that a property speaks of."""
        match form:
            case p.TheseCapabilities(names):
                return [self.inside(names)]
            case p.AnyLeavingOneChannel():
                return [self.inside(names) for names in leaving_one(self.base)]
            case _:
                return [self.space.all]

    def inside(self, names: Collection[str]) -> int:
        """The sets of classes whose first members are among these."""
        groups = self.space.classes.members
        return self.space.below(sum(1 << i for i, group in enumerate(groups) if set(group[0]) <= set(names)))
