# SPDX-License-Identifier: Apache-2.0
"""Carrying out what is no disclosure: preservation, freeze, seizure, amendment, withdrawal."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.transaction import Change, Committed, Idempotency, Loaded
from counterseal.judicial.packs.clocks import extended as longer
from counterseal.judicial.packs.model import Pack
from counterseal.judicial.requests import stored as s
from counterseal.judicial.requests.acts import LOOK_AGAIN, check_allowed, extended
from counterseal.judicial.requests.amend import LIFTED, amended, withdrawn
from counterseal.judicial.requests.decision import Decided, decide
from counterseal.judicial.requests.fresh import Refreshing
from counterseal.judicial.requests.machine import moved, refused
from counterseal.judicial.requests.model import JudicialRequest, State, Type
from counterseal.judicial.requests.record import keys_of, loaded_request, saved
from counterseal.judicial.requests.triage import ABOUT

ALONE: Final = frozenset({Type.PRESERVATION})
"""Types that are carried out without an approval where the rule asks for none: nothing leaves by them."""
READY: Final = frozenset({State.EVIDENCE, State.LEGAL_REVIEW, State.DECISION_PENDING, State.APPROVED})


def executed(request: JudicialRequest, decided: Decided, pack: Pack | None, at: int, by: str) -> JudicialRequest:
    """A preservation, freeze or seizure that stands from now on. Raises RequestStateError, NotReadyError."""
    allowed = READY if request.type in ALONE else frozenset({State.APPROVED})
    if request.type not in LIFTED | ALONE or request.state not in allowed:
        raise refused(request.state, "carried out")
    check_allowed(decided)
    return moved(_met(request, pack, at), State.EXECUTED, at, by, "executed")


def settled(request: JudicialRequest, decided: Decided | None, at: int, by: str) -> JudicialRequest:
    """An amendment or withdrawal that took effect. `decided`: None where it only takes something away. Raises
    RequestStateError, NotReadyError."""
    if request.type not in ABOUT or request.state not in READY:
        raise refused(request.state, "carried out")
    if decided is not None:
        check_allowed(decided)
    return moved(_met(request, None, at), State.CLOSED, at, by, "executed")


def _met(request: JudicialRequest, pack: Pack | None, at: int) -> JudicialRequest:
    """Deadlines to act are met; a time for which something is kept runs on."""
    kept = {LOOK_AGAIN}
    if pack is not None:
        own = pack.bases[request.legal_basis].clocks if request.legal_basis in pack.bases else ()
        kept |= {each.name for each in (*pack.clocks, *own) if each.keeps}
    clocks = tuple(
        each if each.met is not None or each.name in kept else msgspec.structs.replace(each, met=at)
        for each in request.clocks
    )
    return msgspec.structs.replace(request, clocks=clocks)


class Execution(Refreshing):
    """The area's service for orders."""

    async def execute(
        self, request: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Carry it out. Raises RequestRuleError for what is not allowed, or hands out data instead."""
        if (done := await self._again(idempotency)) is not None:
            return done
        held = await self._fresh(request)
        if held.type in ABOUT:
            return await self._about(held, by, idempotency)
        policy, pack = self.lookup.policy(), self.lookup.pack(held)

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            return executed(before, decide(policy, before, pack, now), pack, now, by)

        return await self._write(request, step, "executed", idempotency)

    async def extend(
        self, request: str, clock: str, reason: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Make a deadline longer, once, as the rule pack allows. Raises RequestRuleError, PackError."""
        if (done := await self._again(idempotency)) is not None:
            return done
        pack = self.lookup.pack(await self.lookup.request(request))

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            held = next((each for each in before.clocks if each.name == clock), None)
            if held is None or pack is None:
                raise s.RequestRuleError("this deadline does not run", code="clock_unknown")
            return extended(before, longer(pack, held, basis=before.legal_basis), now, by, reason)

        return await self._write(request, step, "extended", idempotency)

    async def _about(self, held: JudicialRequest, by: str, idempotency: Idempotency | None) -> Committed[s.Opened]:
        """The other request changes in the same commit, or neither does."""
        policy, pack = self.lookup.policy(), self.lookup.pack(held)
        earlier = await self.lookup.request(held.about)

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            free = before.type is Type.WITHDRAWAL and earlier.type not in LIFTED
            decided = None if free else decide(policy, before, pack, now, about=earlier)
            return settled(before, decided, now, by)

        def also(loaded: Loaded, after: JudicialRequest, now: int) -> tuple[Change, ...]:
            other = loaded_request(loaded, held.about)
            if after.authority != other.authority:
                raise s.RequestRuleError("it is of another authority than the request", code="authority_differs")
            changed = (
                withdrawn(other, now, by, after.reference)
                if after.type is Type.WITHDRAWAL
                else amended(other, after, now, by)
            )
            return saved(loaded, other, changed, "amended", now)

        return await self._write(held.id, step, "executed", idempotency, keys=keys_of(held.about), also=also)
