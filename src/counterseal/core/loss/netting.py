# SPDX-License-Identifier: Apache-2.0
"""Sets what came back and what is held against what was lost, by asset. Nobody's surplus lowers another's loss.

First what came back into the account itself, then what came back for all; then what is held, in the same order.
Within an account and asset each line bears its share by amount, so that the order of nothing matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from counterseal.core.loss.lines import Back
from counterseal.core.loss.model import FROZEN, RECOVERED, Recovery
from counterseal.core.loss.money import EXACT, NOTHING, shares, total
from counterseal.core.loss.report import Line, Surplus

Pair = tuple[str, str]
"""Account and asset."""


def standing(recoveries: Sequence[Recovery]) -> tuple[Recovery, ...]:
    """Those that nothing put right, in one order."""
    gone = {each.replaces for each in recoveries if each.replaces}
    held = {each.id: each for each in recoveries if each.id not in gone}
    return tuple(held[identity] for identity in sorted(held))


def netted(
    lines: Sequence[Line],
    backs: Sequence[tuple[str, Back]],
    recoveries: Sequence[Recovery],
    places: Callable[[str], int],
) -> tuple[tuple[Line, ...], tuple[Surplus, ...]]:
    """The lines with what came back and what is held of each, and what is above all losses. `places`:
    decimals of an asset."""
    lost: dict[Pair, Decimal] = defaultdict(Decimal)
    for line in lines:
        lost[line.account, line.asset] = EXACT.add(lost[line.account, line.asset], line.counted)
    held, surplus = standing(recoveries), list[Surplus]()
    parts: dict[str, dict[Pair, Decimal]] = {}
    for state in (RECOVERED, FROZEN):
        own: dict[Pair, Decimal] = defaultdict(Decimal)
        pool: dict[str, Decimal] = defaultdict(Decimal)
        for account, back in backs if state == RECOVERED else ():
            own[account, back.asset] = EXACT.add(own[account, back.asset], back.amount)
        for each in held:
            if each.state == state and each.account:
                own[each.account, each.asset] = EXACT.add(own[each.account, each.asset], each.amount)
            elif each.state == state:
                pool[each.asset] = EXACT.add(pool[each.asset], each.amount)
        parts[state], more = _taken(lost, own, pool, state, places)
        surplus += more
        for pair, amount in parts[state].items():
            lost[pair] = EXACT.subtract(lost[pair], amount)
    return _on_lines(lines, parts, places), tuple(surplus)


def _taken(
    lost: dict[Pair, Decimal],
    own: dict[Pair, Decimal],
    pool: dict[str, Decimal],
    state: str,
    places: Callable[[str], int],
) -> tuple[dict[Pair, Decimal], list[Surplus]]:
    """How much of each account's loss it covers, and what is above it."""
    found: dict[Pair, Decimal] = defaultdict(Decimal)
    surplus: list[Surplus] = []
    for pair in sorted(own):
        found[pair] = min(own[pair], lost.get(pair, NOTHING))
        if own[pair] > found[pair]:
            surplus.append(Surplus(*pair, state, EXACT.subtract(own[pair], found[pair])))
    for asset in sorted(pool):
        pairs = sorted(pair for pair in lost if pair[1] == asset)
        open_ = [EXACT.subtract(lost[pair], found.get(pair, NOTHING)) for pair in pairs]
        shared = min(pool[asset], total(open_))
        for pair, part in zip(pairs, shares(shared, open_, places(asset)), strict=True):
            found[pair] = EXACT.add(found[pair], part)
        if pool[asset] > shared:
            surplus.append(Surplus("", asset, state, EXACT.subtract(pool[asset], shared)))
    return found, surplus


def _on_lines(
    lines: Sequence[Line], parts: dict[str, dict[Pair, Decimal]], places: Callable[[str], int]
) -> tuple[Line, ...]:
    groups: dict[Pair, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        groups[line.account, line.asset].append(index)
    made = list(lines)
    for pair, indexes in groups.items():
        weights = [lines[index].counted for index in indexes]
        back = shares(parts[RECOVERED].get(pair, NOTHING), weights, places(pair[1]))
        rest = [EXACT.subtract(weight, part) for weight, part in zip(weights, back, strict=True)]
        fast = shares(parts[FROZEN].get(pair, NOTHING), rest, places(pair[1]))
        for index, recovered, frozen in zip(indexes, back, fast, strict=True):
            made[index] = msgspec.structs.replace(lines[index], recovered=recovered, frozen=frozen)
    return tuple(made)
