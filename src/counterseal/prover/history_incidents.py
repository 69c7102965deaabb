# SPDX-License-Identifier: Apache-2.0
"""Incidents in a replayed account: what of it would have been stopped, where, and what the owner would have had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from counterseal.prover.history import ALLOWED, HARDER, HELD, NOT_DETERMINED, SAME, AccountHistory, Fate, Sign

STOPPED = "stopped"
DELAYED = "delayed"
NOT_STOPPED = "not_stopped"
UNDECIDED = "not_determined"
NOTHING_LEFT = "nothing_left"


class Named(msgspec.Struct, frozen=True):
    """An incident as stated from outside: an account and a time (ms), or ids of actions, or both."""

    name: str
    account: str = ""
    since: int | None = None
    until: int | None = None
    actions: tuple[str, ...] = ()


class Incident(msgspec.Struct, frozen=True, omit_defaults=True):
    """One incident of one account. `verdict`: stopped | delayed | not_stopped | not_determined | nothing_left.

    `step`: the first action that would not have gone as recorded, with its fate; `left`: actions by which value
    left as recorded; `still`: those of them by which it still leaves. `reacted`: when the owner froze or
    cancelled. `more`: ms that the owner would have had beyond the record, if the hold has a known end.
    """

    name: str
    account: str
    verdict: str
    signs: tuple[str, ...]
    actions: tuple[str, ...]
    left: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    step: Fate | None = None
    reacted: int | None = None
    more: int | None = None
    why: str = ""


def incidents_of(history: AccountHistory, named: Sequence[Named]) -> tuple[Incident, ...]:
    """The incidents stated from outside, and those that the record itself tells of."""
    fates = {fate.action: fate for fate in history.fates}
    found: list[Incident] = []
    taken: set[str] = set()
    for one in named:
        mine = _stated(one, history, fates)
        if mine:
            taken |= mine.keys()
            signs = [sign for sign in history.signs if mine.keys() & _of(sign, fates)]
            found.append(_judge(one.name, history.account, mine, signs, fates))
    for signs in _clusters(history.signs, fates):
        mine = {name: fates[name] for sign in signs for name in sorted(_of(sign, fates) - taken)}
        if mine:
            name = f"{history.account}, {signs[0].kind.replace('_', ' ')}"
            found.append(_judge(name, history.account, mine, signs, fates))
    return tuple(found)


def _stated(one: Named, history: AccountHistory, fates: Mapping[str, Fate]) -> dict[str, Fate]:
    if one.account and one.account != history.account:
        return {}
    if one.actions:
        return {name: fates[name] for name in one.actions if name in fates}
    if not one.account:
        return {}
    first, last = one.since or 0, one.until
    return {k: v for k, v in fates.items() if first <= v.asked and (last is None or v.asked <= last)}


def _of(sign: Sign, fates: Mapping[str, Fate]) -> set[str]:
    """The actions that a sign is about."""
    if sign.actions:
        return {name for name in sign.actions if name in fates}
    return {name for name, fate in fates.items() if sign.since <= fate.asked <= sign.until}


def _clusters(signs: Sequence[Sign], fates: Mapping[str, Fate]) -> list[list[Sign]]:
    """Signs about the same actions, or times that overlap, are one incident."""
    groups: list[tuple[set[str], list[Sign]]] = []
    for sign in sorted(signs, key=lambda one: one.at):
        about = _of(sign, fates)
        joined = [group for group in groups if group[0] & about]
        for group in joined:
            groups.remove(group)
            about |= group[0]
        groups.append((about, [*(one for group in joined for one in group[1]), sign]))
    return [group for _, group in groups]


def _judge(
    name: str, account: str, mine: Mapping[str, Fate], signs: Sequence[Sign], fates: Mapping[str, Fate]
) -> Incident:
    ordered = sorted(mine.values(), key=lambda fate: (fate.asked, fate.action))
    left = [fate for fate in ordered if fate.left]
    step = next((fate for fate in ordered if fate.now in HARDER), None)
    begun = ordered[0].asked
    reacted = min((sign.at for sign in signs if sign.by_owner and sign.at >= begun), default=None)
    base = Incident(
        name,
        account,
        NOTHING_LEFT,
        tuple(dict.fromkeys(sign.kind for sign in signs)),
        tuple(fate.action for fate in ordered),
        left=tuple(fate.action for fate in left),
        step=step,
        reacted=reacted,
    )
    if not left:
        return base
    ways = {fate.action: _way(fate, mine, fates, reacted) for fate in left}
    still = tuple(action for action, (verdict, _, _) in ways.items() if verdict == NOT_STOPPED)
    order = (NOT_STOPPED, UNDECIDED, DELAYED, STOPPED)
    verdict, by, why = min(ways.values(), key=lambda way: order.index(way[0]))
    return msgspec.structs.replace(
        base, verdict=verdict, still=still, step=by or step, more=None if by is None else by.more, why=why
    )


def _way(
    fate: Fate, mine: Mapping[str, Fate], fates: Mapping[str, Fate], reacted: int | None
) -> tuple[str, Fate | None, str]:
    """(verdict, the action that stops it, why) for one action by which value left."""
    if fate.now in (SAME, ALLOWED):
        return NOT_STOPPED, None, f"`{fate.rule}` goes through as recorded"
    if fate.now == NOT_DETERMINED and fate.code == "rests_on":
        roots = _roots(fate, fates)
        own = [root for root in roots if root.now in HARDER and root.action in mine]
        if not own:
            return UNDECIDED, None, f"`{fate.rule}` rests on what would differ outside the incident"
        by = min(own, key=lambda root: (root.asked, root.action))
    elif fate.now in HARDER:
        by = fate
    else:
        return UNDECIDED, None, fate.text
    if by.now != HELD or by.lacks:
        return STOPPED, by, "nobody gave what it asks for" if by.lacks else by.text
    if by.until is None:
        return STOPPED, by, "the hold has no end that is known"
    if reacted is not None and reacted < by.until:
        return STOPPED, by, "the owner reacted before the hold was over"
    return DELAYED, by, "the hold ends before the owner is known to have reacted"


def _roots(fate: Fate, fates: Mapping[str, Fate]) -> list[Fate]:
    """The actions at the bottom of what one rests on."""
    found: dict[str, Fate] = {}
    open_names, seen = list(fate.because), set()
    while open_names:
        name = open_names.pop()
        if name in seen or name not in fates:
            continue
        seen.add(name)
        if fates[name].now == NOT_DETERMINED:
            open_names += fates[name].because
        else:
            found[name] = fates[name]
    return list(found.values())
