# SPDX-License-Identifier: Apache-2.0
"""Letters over the store: write from a template, edit, have signed by two, send once.

The outbox row of a letter stands from the commit of its signatures on. A desk that dies between the mail server's
answer and its own commit sends the same mail again under the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

import msgspec

from counterseal.core.transaction import (
    Change,
    Commit,
    Committed,
    Idempotency,
    Loaded,
    Store,
)
from counterseal.judicial.letters import model as m
from counterseal.judicial.letters import rules
from counterseal.judicial.letters.keeping import Kept
from counterseal.judicial.letters.model import Letter, LetterKind, LetterState, Way
from counterseal.judicial.letters.ports import Clock
from counterseal.judicial.letters.writing import checked, words_for, written
from counterseal.judicial.registry.model import Authority, Contact
from counterseal.judicial.registry.model import subject_of as authority_of
from counterseal.judicial.requests import record
from counterseal.judicial.requests.machine import noted
from counterseal.judicial.requests.model import JudicialRequest

ID_BYTES: Final = 8


class Wanted(msgspec.Struct, frozen=True):
    """What a new letter is to be."""

    kind: LetterKind
    language: str
    contact: str
    reasons: tuple[str, ...]
    categories: tuple[str, ...]


class Letters:
    """`by` is a token id or `staff:<id>`; `platform` signs. `mails`: whether this server sends mail."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random: Callable[[int], bytes],
        *,
        mails: bool,
        platform: str = "",
    ) -> None:
        self._kept, self._clock, self._random = Kept(store), clock, random
        self._mails, self._platform = mails, platform

    async def read(self, letter: str) -> Letter:
        """One. Raises NotFoundError."""
        return await self._kept.letter(letter)

    async def of_request(self, request: str, *, sent: bool = False) -> list[Letter]:
        """All letters of a request, the oldest first; `sent`: only what the authority may read. Raises
        NotFoundError."""
        await self._kept.request(request)
        held = await self._kept.store.read(m.index_of(request))
        names = held.letters if isinstance(held, m.LettersOf) else ()
        letters = [await self.read(name) for name in names]
        return [each for each in letters if not sent or each.state is LetterState.SENT]

    async def recipients(self, request: str) -> tuple[Contact, ...]:
        """Contacts of the registry that a letter about this request may go to now. Raises NotFoundError."""
        about = await self._kept.request(request)
        authority = await self._kept.store.read(authority_of(about.authority)) if about.authority else None
        if not isinstance(authority, Authority):
            return ()
        return rules.recipients(authority, self._clock.now(), about.received)

    async def draft(
        self,
        request: str,
        kind: LetterKind,
        *,
        by: str,
        language: str = "",
        contact: str = "",
        reasons: Collection[str] = (),
        categories: Collection[str] = (),
        idempotency: Idempotency | None = None,
    ) -> Committed[m.Written]:
        """A letter from its template. `contact`: see rules.addressed; `language`: "" = as the request. Raises
        NotFoundError, InputError, LetterRuleError."""
        if idempotency is not None and (done := await self._kept.store.replayed(idempotency)) is not None:
            return done
        now, id_ = self._clock.now(), f"le_{self._random(ID_BYTES).hex()}"
        about = await self._kept.request(request)
        rules.check_written(kind, about)

        def function(loaded: Loaded) -> Commit[m.Written]:
            before = record.loaded_request(loaded, request)
            wanted = Wanted(kind, language or before.language, contact, tuple(reasons), tuple(categories))
            letter = self._drafted(id_, before, _authority(loaded, before), wanted, now)
            letter = _signed_off(letter, now, by)
            index = loaded.states.get(m.index_of(request)) or m.LettersOf()
            rules.check_room(len(index.letters), m.MOST_LETTERS, "letters about this request")
            after = msgspec.structs.replace(before, letters=(*before.letters, id_))
            after = noted(after, now, by, "letter_drafted", f"{kind} {id_}")
            changes = (
                Change(m.subject_of(id_), letter, m.entry("drafted", now, by, letter)),
                Change(m.index_of(request), m.LettersOf((*index.letters, id_))),
                *record.saved(loaded, before, after, "letter_drafted", now),
            )
            return Commit(m.Written(id_), changes)

        keys = [m.subject_of(id_), m.index_of(request), *record.keys_of(request), authority_of(about.authority)]
        return await self._kept.store.transact(keys, function, now=now, idempotency=idempotency)

    def _drafted(
        self, name: str, request: JudicialRequest, authority: Authority, wanted: Wanted, now: int
    ) -> Letter:
        """The letter in the words of its template, to the contact that counts now."""
        rules.check_written(wanted.kind, request)
        way, found = rules.addressed(authority, request, wanted.contact, now)
        spoken = words_for(wanted.language).language
        subject, text = written(
            *(wanted.kind, request),
            authority=authority.name,
            language=spoken,
            platform=self._platform,
            reasons=wanted.reasons,
            categories=wanted.categories,
        )
        return Letter(
            *(name, request.id, request.reference, wanted.kind, LetterState.DRAFT, spoken, subject, text),
            *(authority.id, way),
            contact="" if found is None else found.id,
            to="" if found is None else found.value,
            reasons=wanted.reasons,
        )

    async def edit(
        self,
        letter: str,
        *,
        subject: str,
        text: str,
        by: str,
        contact: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Committed[m.Written]:
        """Other words, or another contact (None = the same): whatever was signed before does not cover it. Raises
        NotFoundError, InputError, LetterRuleError."""
        now = self._clock.now()

        def function(loaded: Loaded, held: Letter, request: JudicialRequest) -> Letter:
            rules.check_edited(held)
            rules.check_written(held.kind, request)
            rules.check_room(len(held.edits), m.MOST_EDITS, "versions of this letter")
            checked(held.kind, request, subject, text)
            way, to, name = held.way, held.to, held.contact
            if contact is not None:
                way, found = rules.addressed(_authority(loaded, request), request, contact, now)
                name, to = ("", "") if found is None else (found.id, found.value)
            changed = msgspec.structs.replace(
                *(held,),
                subject=subject,
                text=text,
                state=LetterState.DRAFT,
                error="",
                way=way,
                contact=name,
                to=to,
                authority=request.authority if contact is not None else held.authority,
            )
            return _signed_off(changed, now, by)

        return await self._kept.changed(letter, "edited", by, now, function, idempotency)

    async def send(
        self,
        letter: str,
        digest: str,
        *,
        officers: tuple[str, ...],
        by: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[m.Written]:
        """Two officers signed these words. By mail it goes out at once; by post and at the portal it is sent now.
        Raises NotFoundError, LetterRuleError (`letter_changed`, ...), LetterOfficersError."""
        now = self._clock.now()

        def function(loaded: Loaded, held: Letter, request: JudicialRequest) -> Letter:
            rules.check_signed(held, digest, officers)
            checked(held.kind, request, held.subject, held.text)
            if fault := rules.obstacle(held, request, loaded.states.get(authority_of(held.authority)), now):
                raise m.LetterRuleError("the letter may not go out now", code=fault)
            if held.way is Way.MAIL and not self._mails:
                raise m.LetterRuleError("this server sends no mail", code="post_missing", hint="set `smtp`")
            state, sent = (LetterState.APPROVED, None) if held.way is Way.MAIL else (LetterState.SENT, now)
            return msgspec.structs.replace(
                held, state=state, approved=now, officers=officers, sent=sent, error="", receipt=""
            )

        return await self._kept.changed(letter, "approved", by, now, function, idempotency)

    async def discard(
        self, letter: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[m.Written]:
        """A draft, or a letter that could not go out, is not needed any more."""
        now = self._clock.now()

        def function(_loaded: Loaded, held: Letter, _request: JudicialRequest) -> Letter:
            rules.check_edited(held)
            return msgspec.structs.replace(held, state=LetterState.DISCARDED)

        return await self._kept.changed(letter, "discarded", by, now, function, idempotency)


def _authority(loaded: Loaded, request: JudicialRequest) -> Authority:
    held = loaded.states.get(authority_of(request.authority))
    if not isinstance(held, Authority):
        raise m.LetterRuleError("nobody can be written to yet", code="letter_no_authority")
    return held


def _signed_off(letter: Letter, now: int, by: str) -> Letter:
    return msgspec.structs.replace(letter, edits=(*letter.edits, m.Edit(now, by, letter.digest)))
