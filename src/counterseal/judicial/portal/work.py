# SPDX-License-Identifier: Apache-2.0
"""An authority's own steps on its request. What is doubted takes them without a word: a refusal would tell."""

from __future__ import annotations

import msgspec

from counterseal.core.errors import InputError
from counterseal.core.transaction import Change, Committed, Idempotency, Loaded
from counterseal.judicial.portal.model import MOST_DOCUMENTS, Handed, handed_of
from counterseal.judicial.portal.seen import WITHDRAW_ASKED
from counterseal.judicial.requests import stored as s
from counterseal.judicial.requests import triage
from counterseal.judicial.requests.acts import ended
from counterseal.judicial.requests.casework import Casework
from counterseal.judicial.requests.machine import noted, refused
from counterseal.judicial.requests.model import JudicialRequest, State


class PortalWork(Casework):
    """Answers, more documents and withdrawals."""

    async def attach(
        self,
        request: str,
        names: tuple[str, ...],
        *,
        by: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[s.Opened]:
        """More documents, noted in the same commit as handed in; the desk looks at them when it collects. Raises
        NotFoundError, InputError, RequestStateError."""
        if (done := await self._again(idempotency)) is not None:
            return done
        documents = await self.lookup.documents(names)
        marks = [s.bytes_of(each) for each in dict.fromkeys(document.sha256 for document in documents)]

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            together = tuple(dict.fromkeys((*before.documents, *(each.id for each in documents))))
            after = msgspec.structs.replace(before, documents=together)
            if before.state in {State.RECEIVED, State.SUSPECTED_FORGED}:
                return noted(after, now, by, "documents_added")
            return triage.changed_back(before, after, now, by, "documents_added")

        def also(loaded: Loaded, after: JudicialRequest, _now: int) -> tuple[Change, ...]:
            held = [(mark, loaded.states.get(mark)) for mark in marks]
            known = [(mark, each if isinstance(each, s.Bearers) else None) for mark, each in held]
            return (
                _handed(loaded, after.id, names),
                *(Change(mark, s.with_bearer(each, after.id)) for mark, each in known),
            )

        keys = (handed_of(request), *marks)
        done = await self._write(request, step, "documents_added", idempotency, keys=keys, also=also)
        held = await self.lookup.request(request)
        if held.state not in {State.RECEIVED, State.SUSPECTED_FORGED} and held.pack:
            await self.collect(request, by="desk")
        return done

    async def withdraw(
        self, request: str, reason: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Stop a request that is worked on. Raises RequestStateError where it is too late."""

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            if before.state is State.SUSPECTED_FORGED:
                return noted(before, now, by, WITHDRAW_ASKED, reason)
            if before.state not in triage.WORKED_ON:
                raise refused(before.state, "withdrawn")
            return ended(before, State.WITHDRAWN, now, by, reason)

        return await self._write(request, step, "withdrawn", idempotency)


def _handed(loaded: Loaded, request: str, names: tuple[str, ...]) -> Change:
    """What the portal knows of the request, with these documents; two at once both count."""
    subject = handed_of(request)
    held = loaded.states.get(subject)
    if not isinstance(held, Handed):
        raise s.unknown()
    together = tuple(dict.fromkeys((*held.documents, *names)))
    if len(together) > MOST_DOCUMENTS:
        raise InputError("a request takes ten documents at most", code="request_too_long")
    return Change(subject, msgspec.structs.replace(held, documents=together))
