# SPDX-License-Identifier: Apache-2.0
"""When something can be had, for many capability sets at once: Pareto-minimal labels, each with a mask of sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import le

from counterseal.prover.game import TooMuchWorkError

Label = tuple[int, ...]
"""(ms since the first notice, ms at which each wait for clocks is over, 1 for each one-shot capability spent). Less
is better in every place."""


class Front:
    """No label is kept for a set that has a better one. `version` changes with every news."""

    __slots__ = ("labels", "version")

    def __init__(self, labels: Mapping[Label, int]) -> None:
        self.labels = {label: mask for label, mask in labels.items() if mask}
        self.version = 0

    def add(self, label: Label, mask: int) -> int:
        """Add; returns the sets for which this label is news."""
        labels = self.labels
        worse: list[Label] = []
        for other, sets in labels.items():
            if sets & mask:
                if all(map(le, other, label)):
                    mask &= ~sets
                    if not mask:
                        return 0
                elif all(map(le, label, other)):
                    worse.append(other)
        for other in worse:
            left = labels[other] & ~mask
            if left:
                labels[other] = left
            else:
                del labels[other]
        labels[label] = labels.get(label, 0) | mask
        self.version += 1
        return mask


class Work:
    """What a fixpoint may still do: `left` steps over labels, each of which counts `cost`."""

    def __init__(self, left: int, cost: int) -> None:
        self.left, self.cost = left, cost

    def spend(self, steps: int) -> None:
        """Raises TooMuchWorkError when nothing is left."""
        self.left -= steps * self.cost
        if self.left < 0:
            raise TooMuchWorkError(
                "the policy is too large for the bound: too many ways that differ in time",
                code="policy_too_large",
                hint="Use fewer different waits, clocks and alternatives, or ask about fewer capabilities.",
            )


class Join:
    """When several things are had together: what `before` joins, and this front. Ways that begin with the same
    things share their joins. `uses`: places in the label that must not be spent yet."""

    __slots__ = ("before", "front", "labels", "seen", "stamp", "uses", "wait")

    def __init__(self, before: Join | None, front: Front, wait: int, uses: Sequence[int]) -> None:
        self.before, self.front, self.wait, self.uses = before, front, wait, tuple(uses)
        self.labels: Mapping[Label, int] = front.labels if before is None else {}
        self.seen = (-1, -1)
        self.stamp = 0

    def fronts(self) -> Iterator[Front]:
        """All that is joined."""
        if self.before is not None:
            yield from self.before.fronts()
            yield self.front

    def update(self, origin: Label, work: Work) -> int:
        """Look again where something is news; the stamp changes with the labels."""
        if self.before is None:
            return 0
        seen = (self.before.update(origin, work), self.front.version)
        if seen != self.seen:
            self.seen = seen
            labels = self._joined(self.before.labels, origin, work)
            if labels != self.labels:
                self.labels = labels
                self.stamp += 1
        return self.stamp

    def _joined(self, partial: Mapping[Label, int], origin: Label, work: Work) -> Mapping[Label, int]:
        labels, wait = self.front.labels, self.wait
        work.spend(len(partial) * len(labels))
        always = labels.get(origin, 0)
        found = Front({one: sets & always for one, sets in partial.items()})
        for other, more in labels.items():
            if other == origin or any(other[place] for place in self.uses):
                continue
            later = (other[0] + wait, *other[1:]) if wait and other[0] != origin[0] else other
            for one, sets in partial.items():
                both = sets & more
                if both:
                    work.spend(len(found.labels))
                    found.add(tuple(map(max, one, later)), both)
        return found.labels


def union(masks: Iterable[int]) -> int:
    """All that is in one of these masks."""
    found = 0
    for mask in masks:
        found |= mask
    return found
