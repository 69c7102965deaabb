# SPDX-License-Identifier: Apache-2.0
"""The two states of an account beside each other: as recorded, and under another policy, with its timers."""

from __future__ import annotations

from counterseal.core.account import State
from counterseal.core.effects import ClearTimer, SetTimer
from counterseal.core.engine import Step, fold_all
from counterseal.core.events import Event
from counterseal.prover.history import Past


class Worlds:
    """`was`: the state as recorded. `new`: under the policy. They are one object until something differs."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.was: State | None = None
        self.new: State | None = None
        self.timers: dict[str, tuple[int, str]] = {}  # timer id -> due, action
        self.identical = 0

    def alike(self, action: str) -> bool:
        """The action waits for the same thing, until the same time, in both."""
        recorded, mine = self._was.actions.get(action), self._new.actions.get(action)
        if recorded is None or mine is None:
            return False
        return recorded is mine or (recorded.status, recorded.due) == (mine.status, mine.due)

    @property
    def _was(self) -> State:
        return self.was or State(id=self.account)

    @property
    def _new(self) -> State:
        return self.new or State(id=self.account)

    def _fold(self, past: Past, after: State | None, result: Step | None) -> None:
        same = result is not None and result.events == past.events and result.decision == past.decision
        together = same and self.was is self.new
        self.identical += same
        self.was = after if together else fold_all(self._was, past.events)
        self.new = after
        self._arm(result)

    def _apply(self, after: State, result: Step) -> tuple[Event, ...]:
        self.new = after
        self._arm(result)
        return result.events

    def _arm(self, result: Step | None) -> None:
        for effect in () if result is None else result.effects:
            if isinstance(effect, SetTimer):
                self.timers[effect.id] = (effect.due, effect.action)
            elif isinstance(effect, ClearTimer):
                self.timers.pop(effect.id, None)
