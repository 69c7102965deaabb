# SPDX-License-Identifier: Apache-2.0
"""The forward fold: for each step of the attacker one integer with a bit for each set of capabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import msgspec

from counterseal.core.policy.model import CapabilitySpec, Vocabulary
from counterseal.prover.cause.model import Sufficient, Trace

MAX = 16
"""Capabilities that differ for the steps seen: 2^16 sets, 8 KiB for each mask."""
MAX_CHOICES = 20_000
"""Ways to spend one-shot capabilities that are tried; beyond it they are taken to last, and that is said."""

Slot = tuple[str, str]  # ("action", id) or ("object", kind:id): what a one-shot capability is spent on


class Folded(msgspec.Struct, frozen=True):
    """`whole`: the sets that suffice for all steps; `masks`: action -> those that suffice for it alone, given the
    steps before; `unexplained`: action -> what no capability gives; `lasting`: one-shot ones were taken to last."""

    whole: int
    masks: Mapping[str, int]
    unexplained: Mapping[str, tuple[str, ...]]
    lasting: bool = False

    def of(self, actions: Sequence[str]) -> Folded:
        """The same for steps of the same shape in another account."""
        named = dict(zip(self.masks, actions, strict=True))
        masks = {named[old]: mask for old, mask in self.masks.items()}
        missing = {named[old]: what for old, what in self.unexplained.items()}
        return Folded(self.whole, masks, missing, self.lasting)


class Capabilities:
    """Those of the vocabulary that matter for these steps, equal ones standing for each other."""

    def __init__(self, vocabulary: Vocabulary, traces: Iterable[Trace]) -> None:
        factors, facts = set[str](), set[str]()
        for trace in traces:
            factors |= {one.factor for one in trace.gave}
            facts |= {name for way in trace.ways for name in way}
        groups: dict[object, list[str]] = {}
        for name, spec in vocabulary.capabilities.items():
            key = (spec.proves & factors, (spec.once - spec.proves) & factors, spec.gives & facts)
            once = (spec.gives_once - spec.gives) & facts
            if any(key) or once:
                groups.setdefault((key, once), []).append(name)
        self.groups = tuple(tuple(group) for group in groups.values())
        self.names = tuple(group[0] for group in self.groups)
        self.specs: tuple[CapabilitySpec, ...] = tuple(vocabulary.capabilities[name] for name in self.names)
        self.size = 1 << len(self.names)
        self.all = (1 << self.size) - 1 if len(self.names) <= MAX else 0
        self.having = tuple(_pattern(at, len(self.names)) for at in range(len(self.names))) if self.all else ()

    @property
    def too_many(self) -> bool:
        """More than can be laid out."""
        return len(self.names) > MAX

    def minimal(self, mask: int) -> tuple[Sufficient, ...]:
        """The sets in `mask` that contain no other one in it, smaller ones first."""
        least = mask
        for at, having in enumerate(self.having):
            least &= ~((mask & ~having) << (1 << at))
        places = sorted(_bits(least), key=lambda place: (place.bit_count(), place))
        return tuple(self._sufficient(place) for place in places)

    def _sufficient(self, place: int) -> Sufficient:
        chosen = [group for at, group in enumerate(self.groups) if place >> at & 1]
        return Sufficient(tuple(group[0] for group in chosen), {g[0]: g[1:] for g in chosen if g[1:]})


def fold(capabilities: Capabilities, attackers: Sequence[Trace]) -> Folded:
    """The attacker's steps of one account, in order. A capability that works once is tried on each action (codes
    that were passed on) or object (a session that was stolen) in turn."""
    slots = [_slots(spec, attackers) for spec in capabilities.specs]
    choices = 1
    for each in slots:
        choices *= max(1, len(each))
    lasting = choices > MAX_CHOICES
    masks, unexplained = _one(capabilities, attackers, None)
    whole = 0
    for chosen in [None] if lasting else product(*(each or [("", "")] for each in slots)):
        found = capabilities.all
        for mask in _one(capabilities, attackers, chosen)[0].values():
            found &= mask
        whole |= found
    return Folded(whole, masks, unexplained, lasting)


def shape(attackers: Sequence[Trace]) -> object:
    """Equal for steps that are folded alike, whatever their ids are."""
    place = {trace.action: at for at, trace in enumerate(attackers)}
    items: dict[str, int] = {}
    return tuple(
        (
            trace.worked,
            trace.ways,
            trace.discloses,
            tuple((one.factor, place.get(one.granted_by)) for one in trace.gave),
            tuple(
                (fact.fact, items.setdefault(fact.item, len(items)), place.get(fact.granted_by))
                for fact in trace.facts
            ),
        )
        for trace in attackers
    )


def _slots(spec: CapabilitySpec, attackers: Sequence[Trace]) -> list[Slot]:
    found: dict[Slot, None] = {}
    for trace in attackers:
        if any(one.factor in spec.once - spec.proves for one in trace.gave):
            found["action", trace.action] = None
        needed = {name for way in trace.ways for name in way}
        for fact in trace.facts:
            if fact.fact in needed and fact.fact in spec.gives_once - spec.gives:
                found["object", fact.item] = None
    return list(found)


def _one(
    capabilities: Capabilities, attackers: Sequence[Trace], chosen: Sequence[Slot] | None
) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """The masks where each one-shot capability is spent on its slot; None = it lasts."""
    masks: dict[str, int] = {}
    missing: dict[str, tuple[str, ...]] = {}
    disclosed: dict[str, int] = {}
    for trace in attackers:
        lacking: list[str] = []
        mask = capabilities.all
        for one in trace.gave:
            produced = masks.get(one.granted_by, 0) | disclosed.get(one.factor, 0)
            produced |= _produce(capabilities, one.factor, trace, chosen)
            lacking += [] if produced else [one.factor]
            mask &= produced
        ways = 0
        for way in trace.ways:
            held = capabilities.all
            for name in way:
                given = _hold(capabilities, name, trace, masks, chosen)
                lacking += [] if given or len(trace.ways) > 1 else [name]
                held &= given
            ways |= held
        masks[trace.action] = mask & ways
        if lacking:
            missing[trace.action] = tuple(lacking)
        for factor in trace.discloses if trace.worked else ():
            disclosed[factor] = disclosed.get(factor, 0) | masks[trace.action]
    return masks, missing


def _produce(capabilities: Capabilities, factor: str, trace: Trace, chosen: Sequence[Slot] | None) -> int:
    found = 0
    for at, spec in enumerate(capabilities.specs):
        spent = chosen is None or chosen[at] == ("action", trace.action)
        if factor in spec.proves or (factor in spec.once and spent):
            found |= capabilities.having[at]
    return found


def _hold(
    capabilities: Capabilities, name: str, trace: Trace, masks: Mapping[str, int], chosen: Sequence[Slot] | None
) -> int:
    found = 0
    for fact in trace.facts:
        if fact.fact != name:
            continue
        found |= masks.get(fact.granted_by, 0)
        for at, spec in enumerate(capabilities.specs):
            spent = chosen is None or chosen[at] == ("object", fact.item)
            if name in spec.gives or (name in spec.gives_once and spent):
                found |= capabilities.having[at]
    return found


def _pattern(at: int, count: int) -> int:
    """The places of 2^count sets that have capability `at`."""
    block = ((1 << (1 << at)) - 1) << (1 << at)
    length = 2 << at
    while length < 1 << count:
        block |= block << length
        length *= 2
    return block


def _bits(mask: int) -> Iterable[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
