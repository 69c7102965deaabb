# SPDX-License-Identifier: Apache-2.0
"""`step(policy, state, input, now)`: the one transition function. Pure and total over well-formed inputs.

It raises InputError or ConflictError for inputs that can never be right (nothing changes then); every other
answer is a decision, events and effects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from counterseal.core import inputs as i
from counterseal.core.account import State
from counterseal.core.decision import Decision
from counterseal.core.effects import Effect
from counterseal.core.engine import actions, brakes, evidence, glass, outflows, proofs, sessions
from counterseal.core.engine.fold import fold_all
from counterseal.core.errors import ConflictError, NotFoundError
from counterseal.core.events import Event, Registered
from counterseal.core.policy.model import Policy


class Step(msgspec.Struct, frozen=True, gc=False):
    """What an input leads to. `decision` is None where nothing was decided (a notice was accepted, ...)."""

    decision: Decision | None
    events: tuple[Event, ...]
    effects: tuple[Effect, ...]


def step(policy: Policy, state: State | None, given: i.Input, now: int) -> Step:
    """Decide one input. `state` is None only for `Register`."""
    if isinstance(given, i.Register):
        return _register(state, given, now)
    if state is None:
        raise NotFoundError("there is no such account", code="unknown_account")
    decision, events, effects = _STEPS[type(given)](policy, state, given, now)
    return Step(decision, tuple(events), tuple(effects))


def advance(policy: Policy, state: State | None, given: i.Input, now: int) -> tuple[State, Step]:
    """`step`, and the state that its events make."""
    result = step(policy, state, given, now)
    base = State(id=given.id) if state is None else state
    return fold_all(base, result.events), result


def _register(state: State | None, given: i.Register, now: int) -> Step:
    if state is not None:
        raise ConflictError("the account exists", code="account_exists")
    event = Registered(now, given.contacts, given.instances, given.objects, given.language, given.phrase)
    return Step(None, (event,), ())


_Handler = Callable[[Policy, State, Any, int], tuple[Decision | None, list[Event], list[Effect]]]

_STEPS: dict[type, _Handler] = {
    i.Ask: actions.ask,
    i.Decide: actions.decide,
    i.Due: actions.due,
    i.Prove: proofs.prove,
    i.ProofFailed: proofs.proof_failed,
    i.Challenged: proofs.challenged,
    i.Cancel: brakes.cancel,
    i.FreezeNow: brakes.freeze,
    i.LiftFreeze: brakes.lift_freeze,
    i.ResolveDispute: brakes.resolve_dispute,
    i.Suspect: evidence.suspect,
    i.ClearSuspicion: evidence.clear_suspicion,
    i.NoticeAccepted: evidence.notice_accepted,
    i.ConfirmNotice: evidence.confirm_notice,
    i.OpenGlass: glass.open_glass,
    i.CloseGlass: glass.close_glass,
    i.EndSessions: sessions.end_sessions,
    i.Redeem: outflows.redeem,
    i.Report: outflows.report,
}
