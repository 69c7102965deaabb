# SPDX-License-Identifier: Apache-2.0
"""One causal chain: an action from its ask to its end, in the record and under the new policy, side by side."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.core.account import Action, State
from counterseal.core.decision import Decision, Outcome
from counterseal.core.engine import assess
from counterseal.core.engine.view import live
from counterseal.core.policy.model import Policy, Rule
from counterseal.core.stops import Stop
from counterseal.prover.history import (
    ALLOWED,
    CHALLENGED,
    DENIED,
    HELD,
    NOT_REPLAYED,
    SAME,
    Fate,
)

WAITS, READY, EFFECT, LEFT = 1, 2, 3, 4
"""How far an action got: its delay runs; due and allowed; it took effect or has its seal; value left."""

_STAGES = {"pending": WAITS, "disputed": WAITS, "ready": READY, "sealed": EFFECT, "redeemed": LEFT}
_CLASS = {Outcome.CHALLENGE: CHALLENGED, Outcome.HOLD: HELD, Outcome.DENY: DENIED}
UNSAID = frozenset({"fact_missing", "context_missing"})
"""Reasons that may only mean that the platform was not asked to name a thing or to state something."""


def stage(action: Action | None) -> int:
    """How far an action got; 0 = it is open, or ended before anything came of it."""
    if action is None:
        return 0
    if action.status == "done":
        return EFFECT if action.seal is None else LEFT
    return _STAGES.get(action.status, 0)


class Chain:
    """What is known of one action so far. `verdict` is a class once it has parted from the record."""

    def __init__(self, action: str, rule: str, at: int, *, outflow: bool) -> None:
        self.action, self.rule, self.asked, self.outflow = action, rule, at, outflow
        self.was_stage = self.new_stage = 0
        self.was_end = ""
        self.decision: Decision | None = None  # the latest under the new policy
        self.was_decision: Decision | None = None
        self.spared: list[str] = []
        self.verdict = ""
        self.parted = at
        self.because: tuple[str, ...] = ()
        self.code = self.text = ""
        self.refused = ""  # why the new policy took an input of this action for wrong: code
        self.unsaid: tuple[str, str] | None = None  # the denial hangs on what the record does not say
        self._compared: tuple[Decision | None, Decision | None] = None, None
        self.pending = False  # it waits out a delay; `due` is read at the end
        self.due: int | None = None

    @property
    def broken(self) -> bool:
        """It has parted from the record: what is recorded of it from here on is not replayed."""
        return bool(self.verdict)

    @property
    def ahead(self) -> bool:
        """It got further than recorded so far."""
        return self.new_stage > self.was_stage

    def seen(self, was: State, new: State) -> None:
        """Take over how far both are after an input."""
        recorded, mine = was.actions.get(self.action), new.actions.get(self.action)
        self.was_stage = max(self.was_stage, stage(recorded))
        self.new_stage = max(self.new_stage, stage(mine))
        if recorded is not None:
            self.was_end, self.was_decision = recorded.status, recorded.decision
        if mine is not None and mine.decision is not None:
            self.decision = mine.decision

    def leave(
        self, verdict: str, at: int, *, because: tuple[str, ...] = (), code: str = "", text: str = ""
    ) -> None:
        """It parts from the record here."""
        self.verdict, self.parted, self.because, self.code, self.text = verdict, at, because, code, text

    def part(self, policy: Policy, new: State, at: int, *, trusted_time: bool, brake: Stop | None) -> None:
        """The record got further than the new policy lets it: say why not."""
        mine = new.actions.get(self.action)
        if mine is None or self.refused == "action_lapsed":
            text = "it was ready earlier than recorded, and nobody came for it in time"
            self.leave(NOT_REPLAYED, at, code=self.refused or "action_over", text=text)
            return
        if stage(mine) == WAITS:
            self.pending, self.due = True, mine.due
            self.leave(HELD, at, code="delay", text="waits out its delay")
            return
        decision = self.decision
        if mine.status == "open":
            decision = self.decision = assess(policy, new, mine, at, trusted_time=trusted_time, brake=brake)
        if decision is None or decision.outcome is Outcome.ALLOW:
            text = "an input of the record does not fit the state that the new policy led to"
            self.leave(NOT_REPLAYED, at, code=self.refused or "input_refused", text=text)
        elif (unsaid := _unsaid(policy, new, mine, decision, at)) is not None:
            self.leave(NOT_REPLAYED, at, code=unsaid[0], text=unsaid[1])
        else:
            self.leave(_CLASS[decision.outcome], at)

    def compare(self, policy: Policy, new: State, at: int) -> None:
        """Both are open: a denial may only mean that the recorded request says less than the new rule asks."""
        mine, decision, before = new.actions.get(self.action), self.decision, self.was_decision
        if decision is self._compared[0] and before is self._compared[1]:
            return
        self._compared = decision, before
        if mine is None or decision is None or before is None or before.outcome is decision.outcome:
            self.unsaid = None
        else:
            self.unsaid = _unsaid(policy, new, mine, decision, at)

    @property
    def is_compared(self) -> bool:
        """Whether the latest decisions were compared."""
        return self.decision is self._compared[0] and self.was_decision is self._compared[1]

    def mark_compared(self) -> None:
        """The latest decisions were compared, before the chain was put away."""
        self._compared = self.decision, self.was_decision

    def fate(self, new: State | None) -> Fate:
        """What became of it, at the end of the record."""
        verdict = self.verdict or self._class()
        reason = None if self.decision is None or not self.decision.reasons else self.decision.reasons[0]
        own = verdict in (CHALLENGED, HELD, DENIED) and not self.code
        until = self._until(new) if verdict == HELD else None
        base = Fate(self.action, self.rule, self.asked, self.parted, self._was(), verdict)
        return replace(
            base,
            outflow=self.outflow,
            left=self.was_stage == LEFT,
            lacks=self.decision.alternatives if self.decision and verdict in (CHALLENGED, HELD) else (),
            until=until,
            more=None if until is None else max(0, until - self.parted),
            because=self.because,
            code=reason.code if own and reason is not None else self.code,
            text=reason.text if own and reason is not None else self.text,
            line=0 if self.decision is None or verdict == SAME else self.decision.line,
            spared=tuple(self.spared) if verdict in (SAME, ALLOWED) else (),
        )

    def _until(self, new: State | None) -> int | None:
        if not self.pending:
            return None if self.decision is None else self.decision.until
        mine = None if new is None else new.actions.get(self.action)
        return self.due if mine is None else mine.due or self.due

    def _class(self) -> str:
        if self.ahead:
            return ALLOWED
        before, after = self.was_decision, self.decision
        if self.was_stage or before is None or after is None or before.outcome is after.outcome:
            return SAME
        if self.unsaid is not None:
            self.code, self.text = self.unsaid
            return NOT_REPLAYED
        return _CLASS.get(after.outcome, ALLOWED)

    def _was(self) -> str:
        if self.was_end not in ("open", "") or self.was_decision is None:
            return self.was_end or "refused"
        return str(self.was_decision.outcome)


def _unsaid(policy: Policy, state: State, action: Action, decision: Decision, at: int) -> tuple[str, str] | None:
    """(code, text) if the answer hangs on what the recorded request does not say: an object that the new rule asks
    for and the old one did not, a statement of the platform, a price. With it the answer would be another one."""
    for reason in decision.reasons:
        if reason.code == "price_unknown" and action.request.payment is None:
            return reason.code, "the recorded request states no payment"
    if decision.outcome is not Outcome.DENY:
        return None
    said = action.request
    named = dict(said.objects)
    for kind in set(policy.vocabulary.facts.values()) - named.keys():
        there = [x for x in state.objects.values() if x.kind == kind and any(live(f, at) for f in x.facts.values())]
        if there:  # the oldest: if that does not help, none does
            named[kind] = min(there, key=lambda x: min(fact.grant.at for fact in x.facts.values())).id
    full = replace(said, objects=named, context=frozenset(policy.vocabulary.context))
    if assess(policy, state, replace(action, request=full), at, trusted_time=True).outcome is Outcome.DENY:
        return None
    missing = next((reason for reason in decision.reasons if reason.code in UNSAID), None)
    if missing is None:
        return None
    return missing.code, f"the record does not say it: {missing.text}"


def outflow_of(policy: Policy, name: str, *, paid: bool) -> bool:
    """Whether an action moves value: by the new policy, else by what was asked."""
    rule: Rule | None = policy.rules.get(name)
    return paid if rule is None else rule.outflow
