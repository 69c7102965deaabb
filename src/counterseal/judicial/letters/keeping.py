# SPDX-License-Identifier: Apache-2.0
"""How a letter is read and changed: with its request, in one commit, each change with its line in the log."""

from __future__ import annotations

from collections.abc import Callable

from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded, Message, Store
from counterseal.judicial.letters import model as m
from counterseal.judicial.letters import rules
from counterseal.judicial.letters.model import Letter, LetterKind, LetterState
from counterseal.judicial.registry.model import subject_of as authority_of
from counterseal.judicial.requests import record
from counterseal.judicial.requests.machine import noted
from counterseal.judicial.requests.model import JudicialRequest
from counterseal.judicial.requests.model import subject_of as request_of
from counterseal.judicial.requests.stored import unknown

Step = Callable[[Loaded, Letter, JudicialRequest], Letter]


class Kept:
    """Letters in a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def letter(self, letter: str) -> Letter:
        """One. Raises NotFoundError."""
        held = await self.store.read(m.subject_of(letter))
        if not isinstance(held, Letter):
            raise m.unknown()
        return held

    async def request(self, request: str) -> JudicialRequest:
        """The request of a letter. Raises NotFoundError."""
        held = await self.store.read(request_of(request))
        if not isinstance(held, JudicialRequest):
            raise unknown()
        return held

    async def changed(
        self, letter: str, what: str, by: str, now: int, step: Step, idempotency: Idempotency | None = None
    ) -> Committed[m.Written]:
        """Apply `step`; a letter that two signed has its outbox row from that commit on. Raises what it raises."""
        about = await self.letter(letter)
        request = await self.request(about.request)

        def function(loaded: Loaded) -> Commit[m.Written]:
            held = loaded.states.get(m.subject_of(letter))
            if not isinstance(held, Letter):
                raise m.unknown()
            before = record.loaded_request(loaded, about.request)
            after = step(loaded, held, before)
            if after == held:
                return Commit(m.Written(letter))
            signed = after.state is LetterState.APPROVED and held.state is not LetterState.APPROVED
            messages = (Message(row_of(after), m.TOPIC, m.subject_of(letter), b""),) if signed else ()
            kept = Change(m.subject_of(letter), after, m.entry(what, now, by, after), messages=messages)
            return Commit(m.Written(letter), (kept, *_told(loaded, before, held, after, by, now)))

        people = {authority_of(each) for each in (about.authority, request.authority) if each}
        keys = [m.subject_of(letter), *record.keys_of(about.request), *sorted(people)]
        return await self.store.transact(keys, function, now=now, idempotency=idempotency)


def row_of(letter: Letter) -> str:
    """The outbox row of these words as they were signed then: signing anew after a failure is another row."""
    return f"{letter.id}/{letter.approved}/letter"


def _told(
    loaded: Loaded, before: JudicialRequest, held: Letter, after: Letter, by: str, now: int
) -> tuple[Change, ...]:
    """What the request's history says of a letter: that it went out, or could not."""
    if after.state is held.state or after.state not in {LetterState.SENT, LetterState.FAILED}:
        return ()
    if len(before.history) >= record.MOST_HISTORY:
        return ()  # what went out has to be noted: in the letter and the log it is
    what = f"letter_{after.state}"
    request = noted(before, now, by, what, f"{after.kind} {after.id} {after.error}".strip())
    if after.state is LetterState.SENT and after.kind is LetterKind.ACKNOWLEDGEMENT:
        request = rules.acknowledged(request, now)
    return record.saved(loaded, before, request, what, now)
