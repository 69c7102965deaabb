# SPDX-License-Identifier: Apache-2.0
"""The state of the game of docs/prover-model.md, as the replay keeps it, and what a change of it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from counterseal.core.policy import expression as x
from counterseal.core.policy.model import Rule

INFINITE = 1 << 62
"""The age of what a capability gives, ms."""


class Waiting(msgspec.Struct, frozen=True):
    """An action that was accepted: effect in `left` ms, with the proofs it was given. `step`: which one asked."""

    left: int
    proofs: frozenset[str]
    step: int


class Board(msgspec.Struct, frozen=True):
    """The state of the game at `now`, ms since the first step. The fields are those of the page's table.

    A clock absent from `since` never ran. `told`: when the first notice reached the owner.
    """

    now: int
    ages: Mapping[str, int]
    bound: frozenset[str]
    known: frozenset[str]
    enrolled: frozenset[str]
    fading: Mapping[str, int]
    since: Mapping[str, int]
    silenced: frozenset[str]
    old: Mapping[str, int]
    spent: frozenset[str]
    pending: Mapping[str, Waiting]
    told: int | None = None


class Change(msgspec.Struct, frozen=True):
    """What changed at `at`, ms since the first step. `step`: index of the step that did it; None: time alone.

    `granted` and `lost`: facts and factor classes of the attacker (`lost` also classes that left the account).
    `forgotten`: removed classes that no longer count for `strongest`. `restarted`: clocks.
    """

    at: int
    step: int | None
    granted: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    disclosed: tuple[str, ...] = ()
    silenced: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing changed."""
        return not (
            self.granted or self.lost or self.disclosed or self.silenced or self.forgotten or self.restarted
        )


def atoms_of(expression: x.Expression) -> Iterator[x.Expression]:
    """Every leaf of a requirement."""
    if isinstance(expression, x.And | x.Or):
        for item in expression.items:
            yield from atoms_of(item)
    else:
        yield expression


def facts_of(rule: Rule) -> frozenset[str]:
    """The facts that its requirement names, also for their age."""
    atoms = tuple(atoms_of(rule.require.expression))
    return frozenset(atom.name for atom in atoms if isinstance(atom, x.Fact)).union(
        atom.fact for atom in atoms if isinstance(atom, x.Age)
    )


def change_between(
    before: Board, after: Board, step: int, lost: Collection[str], clocks: tuple[str, ...]
) -> Change:
    """What `step` changed. `lost` may have been granted again by the same action: then it is both."""
    fresh = {name for name in after.ages if name not in before.ages or name in lost}
    fresh |= {name for name in after.bound if name not in before.bound or name in lost}
    return Change(
        at=before.now,
        step=step,
        granted=tuple(sorted(fresh)),
        lost=tuple(sorted(lost)),
        disclosed=tuple(sorted(after.known - before.known)),
        silenced=tuple(sorted(after.silenced - before.silenced)),
        restarted=tuple(dict.fromkeys(clocks)),
    )
