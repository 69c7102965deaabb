# SPDX-License-Identifier: Apache-2.0
"""Carries out the steps of an act, each once, from where it was left."""

from __future__ import annotations

from typing import Final

from counterseal.core.errors import CountersealError, InputError
from counterseal.core.transaction import Commit, Loaded, Store
from counterseal.judicial.followup.model import Act, Do, FollowUp, Head, Progress, Step, progress_of, subject_of
from counterseal.judicial.followup.planning import DONE, StepOverError, finished, head_of, marking
from counterseal.judicial.followup.ports import Clock, Once, Owners, Shields
from counterseal.judicial.followup.rules import suspicion_of

THERE: Final = frozenset({"suspicion_exists"})
GONE: Final = frozenset({"unknown_account", "unknown_suspicion", "disclosure_unknown", "unknown_capability"})
"""Why nothing can be done; `unknown_capability`: the policy in force knows no such suspicion. Staff see it."""
REASON: Final = "the judicial request {reference} was confirmed to be forged"
FORGED: Final = "confirmed_forged"


class Carrier:
    """Does what steps say, through the ports."""

    def __init__(self, store: Store, clock: Clock, shields: Shields, owners: Owners) -> None:
        self._store, self._clock = store, clock
        self._shields, self._owners = shields, owners

    async def carry_out(self, act: Act, reference: str) -> None:
        """Every step that is not done. What an outside fault keeps from being done is raised after the others were
        tried: one account that cannot be reached leaves no other unprotected."""
        fault: CountersealError | None = None
        progress = await self._store.read(progress_of(act.id))
        results = progress.results if isinstance(progress, Progress) else ()
        for number, step in enumerate(act.steps):
            if results[number : number + 1] != ("",):
                continue
            try:
                await self._step(act, number, step, reference)
            except StepOverError:
                if await self._void(act):
                    return
            except CountersealError as error:
                fault = fault or error
        if fault is not None:
            raise fault
        await self._write(act)

    async def _step(self, act: Act, number: int, step: Step, reference: str) -> None:
        try:
            await self._done(act, number, step, reference)
        except StepOverError:
            raise
        except InputError as error:
            if error.code in THERE:
                await self._mark(act, number, DONE)
            elif error.code in GONE:
                await self._mark(act, number, error.code)
            else:
                raise

    async def _done(self, act: Act, number: int, step: Step, reference: str) -> None:
        once = Once(f"{act.id}/{number}", marking(act, number))
        if step.do in {Do.SHIELD, Do.EXPOSE}:
            await self._shields.suspect(step.account, suspicion_of(step, reference), once)
        elif step.do is Do.CLEAR:
            await self._shields.clear(step.account, step.about, step.officers, once)
        elif step.do is Do.END_SESSIONS:
            reason = REASON.format(reference=reference)
            await self._shields.end_sessions(step.account, step.officers, reason, step.about, once)
        else:  # this can be repeated itself, so it is marked afterwards
            await self._owners.tell(step.about, reason=FORGED)
            await self._mark(act, number, DONE)

    async def _mark(self, act: Act, number: int, result: str) -> None:
        joined = marking(act, number, result)

        def function(loaded: Loaded) -> Commit[Head]:
            return Commit(Head(act.id, act.event, act.at), joined.function(loaded))

        await self._store.transact(joined.keys, function, now=self._clock.now())

    async def _write(self, act: Act) -> None:
        """The act is over."""
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[Head]:
            return Commit(Head(act.id, act.event, act.at), finished(loaded, act, max(now, loaded.latest)))

        await self._store.transact((subject_of(act.request), progress_of(act.id)), function, now=now)

    async def _void(self, act: Act) -> bool:
        held = await self._store.read(subject_of(act.request))
        head = head_of(held, act.id) if isinstance(held, FollowUp) else None
        return head is not None and bool(head.void)
