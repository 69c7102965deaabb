# SPDX-License-Identifier: Apache-2.0
"""Seals at the signer: redeem (a second decision), report, and what left without one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from counterseal.core import inputs as i
from counterseal.core.account import Payment, State
from counterseal.core.destinations import DestinationError, canonical_destination
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Commit, Committed, Idempotency, Loaded
from counterseal.guard.commands import subject_of
from counterseal.guard.history import redeemed_payment
from counterseal.guard.model import Answer
from counterseal.guard.service import act
from counterseal.guard.tools import Moment, Tools, account_state, moment_of, read_clock

_Make = Callable[[str, State, str, Moment], i.Input]
_Check = Callable[[State, str, Moment], None]


class Outflow(msgspec.Struct, frozen=True):
    """A payment that really left, by the platform's own books."""

    reference: str
    account: str
    asset: str
    amount: Decimal
    at: int
    seal: str = ""
    chain: str = ""
    destination: str = ""
    memo: str = ""


class Uncovered(msgspec.Struct, frozen=True):
    """A payment without a redeemed seal that fits it: an incident."""

    reference: str
    account: str
    reason: str


class Coverage(msgspec.Struct, frozen=True):
    """What left against what was redeemed."""

    examined: int
    covered: int
    uncovered: tuple[Uncovered, ...]


class Settlement:
    """Commands of signers."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def redeem(self, seal: str, idempotency: Idempotency | None = None) -> Committed[Answer]:
        """Redeem a seal once. The account is decided again in the same transaction; a refusal voids the seal."""

        def given(identity: str, state: State, action: str, moment: Moment) -> i.Input:
            brake = moment.brake(state, action)
            return i.Redeem(identity, action, seal, moment.epoch, moment.trusted, brake)

        return await self._about(seal, given, idempotency, _check_key)

    async def report(
        self, seal: str, outcome: str, txid: str, idempotency: Idempotency | None = None
    ) -> Committed[Answer]:
        """What became of a redeemed seal: `broadcast` with its txid, or `abandoned`."""
        if outcome not in ("broadcast", "abandoned"):
            raise InputError("a report is `broadcast` or `abandoned`", code="report_outcome")
        if outcome == "broadcast" and not txid:
            raise InputError("a broadcast has a txid", code="txid_missing")

        def given(identity: str, _state: State, action: str, _moment: Moment) -> i.Input:
            return i.Report(identity, action, seal, outcome, txid)

        return await self._about(seal, given, idempotency)

    async def coverage(self, outflows: list[Outflow]) -> Coverage:
        """Compare what left with what was redeemed. What is unsealed, or sealed otherwise, is an incident."""
        uncovered = []
        seen: set[str] = set()
        for outflow in outflows:
            reason = await self._uncovered(outflow, seen)
            if reason:
                uncovered.append(Uncovered(outflow.reference, outflow.account, reason))
        return Coverage(len(outflows), len(outflows) - len(uncovered), tuple(uncovered))

    async def _uncovered(self, outflow: Outflow, seen: set[str]) -> str:
        if not outflow.seal:
            return "no_seal"
        if outflow.seal in seen:
            return "seal_twice"
        seen.add(outflow.seal)
        subject = await self._tools.store.resolve(f"seal:{outflow.seal}")
        if subject != subject_of(outflow.account):
            return "unknown_seal"
        state = await self._tools.store.read(subject)
        actions = state.actions.values() if isinstance(state, State) else ()
        action = next((x for x in actions if x.seal is not None and x.seal.id == outflow.seal), None)
        if action is None:
            return await self._uncovered_by_log(outflow)
        payment = action.request.payment
        if action.seal is None or action.seal.state not in ("redeemed", "broadcast"):
            return "not_redeemed"
        return "other_amount" if payment is None else _differs(payment, outflow)

    async def _uncovered_by_log(self, outflow: Outflow) -> str:
        """The action is no longer in the state: its log entries tell."""
        found = await redeemed_payment(self._tools.store, outflow.account, outflow.seal)
        if found is None:
            return "not_redeemed"
        return _differs(found, outflow)

    async def _about(
        self, seal: str, make: _Make, idempotency: Idempotency | None, check: _Check = lambda *_: None
    ) -> Committed[Answer]:
        tools = self._tools
        subject = await tools.store.resolve(f"seal:{seal}")
        if subject is None:
            raise NotFoundError("there is no such seal", code="unknown_seal")
        account = subject.partition(":")[2]
        now, trusted = read_clock(tools)
        identity = tools.new_id("in")

        def function(policy: Policy, loaded: Loaded) -> Commit[Answer]:
            moment = moment_of(tools, policy, now, loaded, trusted=trusted)
            state = account_state(loaded, account)
            action = _action_of(state, seal)
            check(state, action, moment)
            answer, change = act(moment, account, state, make(identity, state, action, moment), action, ())
            return Commit(answer, (change,))

        return await tools.transact([subject], function, now=now, idempotency=idempotency)


def _differs(payment: Payment, outflow: Outflow) -> str:
    """What differs between the seal and what left; "" = nothing. Destinations are compared where one is stated."""
    if (payment.asset, payment.amount) != (outflow.asset, outflow.amount):
        return "other_amount"
    if not outflow.destination:
        return ""
    try:
        left = canonical_destination(outflow.chain, outflow.destination, outflow.memo)
    except DestinationError:
        return "other_destination"
    return "" if left == (payment.chain, payment.destination, payment.memo) else "other_destination"


def _check_key(state: State, action: str, moment: Moment) -> None:
    """Raise ConflictError for a seal of a key that was found to be in wrong hands."""
    held = state.actions[action].seal
    if held is not None and held.state == "issued" and held.issued < moment.platform.seals_void_before:
        raise ConflictError("the key that signed this seal was withdrawn", code="seal_void", hint="Ask again.")


def _action_of(state: State, seal: str) -> str:
    for action in state.actions.values():
        if action.seal is not None and action.seal.id == seal:
            return action.id
    raise NotFoundError("there is no such seal", code="unknown_seal")
