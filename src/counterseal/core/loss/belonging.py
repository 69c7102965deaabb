# SPDX-License-Identifier: Apache-2.0
"""Which movements belong to the loss, each with the reason. What nobody can tell is asked, never counted.

In this order: a person's word on the row, its action or its session; the owner's own action; an attacker's step; a
session of the attacker's; a session of somebody else; the reference to something that belongs; the time in which
the attacker acted (then it is a question); else it does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from counterseal.core.loss.model import DEPOSIT, Attribution, Movement, Outflow, Statement, Window
from counterseal.core.loss.report import Basis


class Belongs(StrEnum):
    """The three answers."""

    YES = "yes"
    NO = "no"
    OPEN = "open"


class Placed(msgspec.Struct, frozen=True):
    """An outflow or a row, and whether it belongs. `action`: which it is of, by itself or by its seal;
    `hash`: of a row."""

    item: Outflow | Movement
    belongs: Belongs
    basis: Basis
    action: str = ""
    hash: str = ""


class Sorter:
    """Places what one account's outflows and rows are."""

    def __init__(self, attribution: Attribution | None, statements: Iterable[Statement]) -> None:
        self._known = attribution is not None
        self._seals: dict[str, str] = {}
        found = attribution or Attribution("")
        self._theirs, self._own = frozenset(found.actions), frozenset(found.owner_actions)
        self._sessions: dict[str, list[Window]] = defaultdict(list)
        for window in found.sessions:
            self._sessions[window.session].append(window)
        self._since, self._until = _span(found)
        ordered = sorted(statements, key=lambda each: (each.at, each.by, each.belongs, each.why))
        self._said = {each.about: each for each in ordered}

    def place(self, items: Mapping[str, Outflow | Movement]) -> tuple[Placed, ...]:
        """Each of them; rows stand by their hash. References are followed to what belongs by itself."""
        held = tuple(items.values())
        self._seals = {each.seal: each.action for each in held if isinstance(each, Outflow) and each.seal}
        first = {id(item): self._alone(item, name) for name, item in items.items()}
        sure = [item for item in held if first[id(item)][0] is Belongs.YES]
        refs = {item.ref for item in sure if isinstance(item, Movement) and item.ref}
        refs |= {action for item in sure if (action := self._action(item))}
        return tuple(self._placed(item, name, *first[id(item)], refs) for name, item in items.items())

    def _placed(
        self, item: Outflow | Movement, name: str, belongs: Belongs, basis: Basis, refs: set[str]
    ) -> Placed:
        weak = basis.code in {"window", "outside", "unattributed", "came_in"}
        if weak and isinstance(item, Movement) and item.ref in refs:
            basis = Basis("reference", f"it refers to `{item.ref}`, which belongs to the loss")
            return Placed(item, Belongs.YES, basis, self._action(item), name)
        return Placed(item, belongs, basis, self._action(item), name)

    def _action(self, item: Outflow | Movement) -> str:
        return item.action or self._seals.get(item.seal, "")

    def _alone(self, item: Outflow | Movement, name: str) -> tuple[Belongs, Basis]:
        if (said := self._word_on(item, name)) is not None:
            code = said.about.partition(":")[0]
            belongs = Belongs.YES if said.belongs else Belongs.NO
            return belongs, Basis(code, f"{said.by} states it: {said.why}")
        if (
            isinstance(item, Movement) and item.kind == DEPOSIT
        ):  # an attacker's own money is no return of the owner's
            return Belongs.NO, Basis("came_in", "it came in, and nothing says that it is what was lost")
        action = self._action(item)
        if action and action in self._own:
            return Belongs.NO, Basis("owner", f"the action `{action}` is the owner's own")
        if action and action in self._theirs:
            return Belongs.YES, Basis("step", f"the action `{action}` is a step of the attacker's")
        if item.session:
            return self._by_session(item)
        return self._by_time(item)

    def _word_on(self, item: Outflow | Movement, name: str) -> Statement | None:
        if not self._said:
            return None
        names = [f"row:{name}"] if isinstance(item, Movement) else []
        names += [f"action:{action}"] if (action := self._action(item)) else []
        names += [f"session:{item.session}"] if item.session else []
        return next((self._said[name] for name in names if name in self._said), None)

    def _by_session(self, item: Outflow | Movement) -> tuple[Belongs, Basis]:
        windows = self._sessions.get(item.session, ())
        if any(each.since <= item.at and (each.until is None or item.at <= each.until) for each in windows):
            return Belongs.YES, Basis("session_seen", f"it was made in the attacker's session `{item.session}`")
        if windows:
            sentence = f"the session `{item.session}` was not in the attacker's hands then"
            return Belongs.NO, Basis("other_session", sentence)
        if not self._sessions:  # nobody said which sessions were the attacker's
            return self._by_time(item)
        return Belongs.NO, Basis("other_session", f"the session `{item.session}` is not the attacker's")

    def _by_time(self, item: Outflow | Movement) -> tuple[Belongs, Basis]:
        if not self._known or self._since is None:
            return Belongs.NO, Basis("unattributed", "no step of this account is known to be the attacker's")
        if self._since <= item.at and (self._until is None or item.at <= self._until):
            return Belongs.OPEN, Basis("window", "it was made while the attacker acted; whose it is nothing tells")
        return Belongs.NO, Basis("outside", "it was made when the attacker did not act")


def _span(found: Attribution) -> tuple[int | None, int | None]:
    """From the first moment to the last; the end None = it is open."""
    starts = [each.since for each in found.sessions] + ([] if found.since is None else [found.since])
    if not starts:
        return None, None
    ends = [each.until for each in found.sessions]
    if found.since is not None or found.until is not None:
        ends.append(found.until)
    known = [each for each in ends if each is not None]
    return min(starts), None if len(known) < len(ends) or not known else max(known)
