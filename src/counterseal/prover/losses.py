# SPDX-License-Identifier: Apache-2.0
"""What leaves before the owner stops it, for every set of up to some size."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from counterseal.prover.case import Case
from counterseal.prover.findings import Attack
from counterseal.prover.game import bits
from counterseal.prover.loss import loss_of
from counterseal.prover.proof import Loss
from counterseal.prover.reached import windows_at

UNLIMITED = Decimal("Infinity")


def loss_of_set(case: Case, names: Collection[str], reacts: int, outflows: Collection[str]) -> Decimal:
    """The loss to one set of capabilities, exactly; Infinity = nothing limits it."""
    found = case.windows(names, reacts, [name for name in case.outflows if name in outflows])
    return _sum(case, found, reacts)


def _sum(case: Case, windows: Mapping[str, int | None], reacts: int) -> Decimal:
    total = loss_of(case.policy, windows, reacts, case.gift)
    return UNLIMITED if total is None else total


def worst_loss(case: Case, size: int, reacts: int, outflows: Collection[str]) -> Loss:
    """The worst loss to a set of up to `size` capabilities. The bound orders the sets, the search decides."""
    finder = case.up_to(size)
    proposals: list[tuple[Decimal, int]] = []
    for position in range(finder.space.size):
        windows = windows_at(finder.reached, position, outflows, reacts)
        if windows and len(finder.space.names(position)) <= size:
            proposals.append((_sum(case, windows, reacts), position))
    worst, who = Decimal(0), tuple[str, ...]()
    smallest_first = sorted(proposals, key=lambda item: (-item[0], finder.space.chosen(item[1]).bit_count()))
    for proposed, position in smallest_first:
        if proposed <= worst:
            break  # the bound is never below the search
        names = finder.space.classes.first(bits(finder.space.chosen(position)))
        lost = loss_of_set(case, names, reacts, outflows)
        if lost > worst:
            worst, who = lost, names
    return Loss(size, reacts, None if worst == UNLIMITED else worst, who)


def over(
    case: Case, names: Collection[str], reacts: int, limit: Decimal, outflows: Collection[str]
) -> list[Attack]:
    """A smallest set inside this one that loses more than `limit`, as its attacks; none = it does not."""
    chosen = list(names)
    if loss_of_set(case, chosen, reacts, outflows) <= limit:
        return []
    for name in sorted(chosen):
        less = [other for other in chosen if other != name]
        if loss_of_set(case, less, reacts, outflows) > limit:
            chosen = less
    found = case.worst(chosen, reacts, [name for name in case.outflows if name in outflows])
    return list(found.values())
