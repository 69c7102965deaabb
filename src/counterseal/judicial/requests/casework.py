# SPDX-License-Identifier: Apache-2.0
"""Work on a request: triage, documents, evidence, the call-back, questions to the authority."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.errors import InputError, NotFoundError
from counterseal.core.transaction import Change, Committed, Idempotency, Loaded
from counterseal.judicial.packs.clocks import clocks_for, silence_limit
from counterseal.judicial.packs.model import Pack
from counterseal.judicial.registry.model import Authority, Use
from counterseal.judicial.registry.near import change_of, near_of
from counterseal.judicial.requests import call_back, evidence, triage
from counterseal.judicial.requests import stored as s
from counterseal.judicial.requests.amend import check_triage
from counterseal.judicial.requests.automatic import automatic
from counterseal.judicial.requests.machine import moved, noted, refused
from counterseal.judicial.requests.model import Evidence, EvidenceKind, JudicialRequest, Result, State
from counterseal.judicial.requests.triage import Triage, changed_back
from counterseal.judicial.requests.writing import Writing

BY_OFFICER: Final = frozenset(
    {
        *(EvidenceKind.DOCKET, EvidenceKind.CHANNEL, EvidenceKind.OFFICER_IDENTITY),
        *(EvidenceKind.CONTENT, EvidenceKind.SUBJECT),
    }
)
"""What an officer enters by hand; a call-back has its own sheet, the rest the desk finds itself."""
NEVER_SUPPORT: Final = frozenset({EvidenceKind.CONTENT, EvidenceKind.SUBJECT})


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece as an officer enters it. `contact`: of the registry, of whoever confirmed it; `source`: URL,
    reference or description of the print, `sha256` of the kept copy."""

    kind: EvidenceKind
    result: Result
    contact: str = ""
    source: str = ""
    sha256: str = ""
    note: str = ""


class Casework(Writing):
    """The area's service for whoever works on a request."""

    async def triage(
        self, request: str, given: Triage, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Say what it is; then the desk looks for evidence itself. Raises InputError, NotFoundError and what the
        request does not allow."""
        if (done := await self._again(idempotency)) is not None:
            return done
        held = await self.lookup.request(request)
        pack = self._pack(given)
        await self._tools.book.authority(given.authority)
        accounts = await self._accounts(held, given)
        clocks = clocks_for(pack, given.type, held.received, basis=given.legal_basis)
        self._check_silence(pack, given)
        documents = await self.lookup.documents(held.documents)

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            after = triage.triaged(before, given, accounts, clocks, now, by)
            return check_triage(before, given, after)

        def also(loaded: Loaded, after: JudicialRequest, _now: int) -> tuple[Change, ...]:
            seen = change_of(loaded, after.authority, self.lookup.seen(after, documents))
            return (seen, *self._case(loaded, after, case))

        number = given.case_number.strip() or held.case_number
        case = s.case_of(given.authority, number) if number else ""
        keys = (near_of(given.authority), *([case] if case else []))
        done = await self._write(request, step, "triaged", idempotency, keys=keys, also=also)
        await self.collect(request, by=by)
        return done

    def _pack(self, given: Triage) -> Pack:
        pack = self._tools.packs.pack(given.pack)
        if pack is None:
            raise InputError(
                f"there is no rule pack `{given.pack[:64]}`",
                code="pack_unknown",
                hint=f"there are: {', '.join(self._tools.packs.names())}",
            )
        if given.legal_basis and given.legal_basis not in pack.bases:
            raise InputError(f"{pack.name} has no legal basis `{given.legal_basis[:64]}`", code="basis_unknown")
        return pack

    def _check_silence(self, pack: Pack, given: Triage) -> None:
        """A gag has a basis and an end; without both there is none."""
        if given.silence is None:
            return
        limit = silence_limit(pack, given.legal_basis, self._clock.now())
        if not given.silence.basis.strip() or limit is None or given.silence.until > limit:
            raise InputError(
                "this silence has no basis in the rule pack, or lasts too long",
                code="silence_invalid",
                hint="leave it out: the owner is then told on delivery",
            )

    async def _accounts(self, held: JudicialRequest, given: Triage) -> tuple[str, ...]:
        """Whom it means: as an officer says, else where each identifier means exactly one account."""
        if given.accounts is not None:
            for account in given.accounts:
                if not await self._tools.accounts.exists(account):
                    raise NotFoundError(f"there is no account `{account[:64]}`", code="account_unknown")
            return given.accounts
        matches = await self.lookup.matches(given.identifiers or held.identifiers)
        return tuple(dict.fromkeys(each.accounts[0] for each in matches if len(each.accounts) == 1))

    @staticmethod
    def _case(loaded: Loaded, after: JudicialRequest, case: str) -> tuple[Change, ...]:
        if not case:
            return ()
        held = loaded.states.get(case)
        return (Change(case, s.with_bearer(held if isinstance(held, s.Bearers) else None, after.id)),)

    async def collect(
        self, request: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Let the desk look at everything again; what is new is added. Raises RequestStateError."""
        if (done := await self._again(idempotency)) is not None:
            return done
        held = await self.lookup.request(request)
        facts = await self.lookup.facts(held, self._clock.now())
        vocabulary = self.lookup.policy().vocabulary

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            if before.digest_parts != held.digest_parts:  # somebody was faster: what was looked up is not of this
                return before
            after = evidence.added(before, automatic(before, facts), vocabulary, now, evidence.DESK)
            after = changed_back(before, after, now, by, "collected")
            if after.state is State.TRIAGED:
                after = moved(after, State.EVIDENCE, now, by, "collected")
            return after

        return await self._write(request, step, "collected", idempotency)

    async def warned(self, request: str) -> None:
        """A forgery of the same hand was confirmed: the desk looks again where that can still change something."""
        held = await self.lookup.request(request)
        if held.state in (triage.WORKED_ON | triage.AFTERWARDS) - {State.RECEIVED}:
            await self.collect(request, by=evidence.DESK)

    async def add_documents(
        self, request: str, names: tuple[str, ...], *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """More documents, and what the desk finds in them. Raises NotFoundError, RequestStateError."""
        if (done := await self._again(idempotency)) is not None:
            return done
        documents = await self.lookup.documents(names)
        marks = [s.bytes_of(each) for each in dict.fromkeys(document.sha256 for document in documents)]

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            together = tuple(dict.fromkeys((*before.documents, *(each.id for each in documents))))
            if len(together) > triage.MOST_DOCUMENTS:
                raise InputError("this request has too many documents", code="request_too_long")
            after = msgspec.structs.replace(before, documents=together)
            if before.state is State.RECEIVED:
                return noted(after, now, by, "documents_added")
            return changed_back(before, after, now, by, "documents_added")

        def also(loaded: Loaded, after: JudicialRequest, _now: int) -> tuple[Change, ...]:
            held = [(mark, loaded.states.get(mark)) for mark in marks]
            return tuple(
                Change(mark, s.with_bearer(each if isinstance(each, s.Bearers) else None, after.id))
                for mark, each in held
            )

        done = await self._write(request, step, "documents_added", idempotency, keys=marks, also=also)
        if (await self.lookup.request(request)).state is not State.RECEIVED:
            await self.collect(request, by=by)
        return done

    async def sheet(self, request: str) -> call_back.Sheet:
        """What to call, and what to say. Raises NotFoundError where its authority is not in the registry."""
        held = await self.lookup.request(request)
        authority, documents = await self._known(held), await self.lookup.documents(held.documents)
        alarms = await self._tools.book.alarms(self.lookup.seen(held, documents), held.authority)
        hashes = tuple((each.id, each.sha256) for each in documents)
        return call_back.sheet(held, authority, hashes, alarms, self._clock.now())

    async def call(
        self, request: str, call: call_back.Call, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Record a call-back. Raises RequestRuleError for a number that does not count, InputError, also for a key
        that is none."""
        if (done := await self._again(idempotency)) is not None:
            return done
        if call.key:
            call = msgspec.structs.replace(call, key=self._tools.keys.key(call.key).value)
        held = await self.lookup.request(request)
        authority, uses = await self._known(held), (Use.CALL_BACK, Use.DUTY)
        contact = call_back.contact_for(held, authority, call.contact, self._clock.now(), uses)
        made = call_back.evidence_of(call, contact)
        vocabulary = self.lookup.policy().vocabulary

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            _check_at_work(before)
            _check_same_authority(before, authority)
            after = evidence.added(before, (made,), vocabulary, now, by)
            after = call_back.with_key(after, call)
            return changed_back(before, after, now, by, f"call_back_{call.outcome}")

        return await self._write(request, step, "call_back", idempotency)

    async def enter(
        self, request: str, entry: Entry, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Record what an officer found. Raises RequestRuleError, InputError."""
        if (done := await self._again(idempotency)) is not None:
            return done
        held = await self.lookup.request(request)
        made = await self._entered(held, entry)
        vocabulary = self.lookup.policy().vocabulary

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            _check_at_work(before)
            after = evidence.added(before, (made,), vocabulary, now, by)
            return changed_back(before, after, now, by, f"evidence_{entry.kind}")

        return await self._write(request, step, "evidence", idempotency)

    async def _entered(self, held: JudicialRequest, entry: Entry) -> Evidence:
        if entry.kind not in BY_OFFICER:
            raise InputError(f"`{entry.kind}` is not entered by hand", code="evidence_kind")
        if entry.kind in NEVER_SUPPORT and entry.result is Result.SUPPORTS:
            raise InputError("what fits can be copied: this kind never supports", code="evidence_kind")
        if not (entry.contact or entry.source.strip()):
            raise InputError("say where it was found", code="source_missing")
        told = {"note": entry.note, "source": entry.source}
        if entry.contact:
            authority = await self._known(held)
            contact = call_back.contact_for(
                held, authority, entry.contact, self._clock.now(), (Use.CLERK, Use.DUTY)
            )
            told |= {"contact": contact.id, "number": contact.value}
        elif entry.kind is EvidenceKind.CHANNEL and entry.result is Result.SUPPORTS:
            authority = await self._known(held)
            if not authority.channel:
                raise InputError(f"{authority.name} has no official channel registered", code="channel_unknown")
            told["channel"] = authority.channel
        kept = {name: value for name, value in told.items() if value}
        where = entry.contact or entry.source[:200]
        return evidence.piece(entry.kind, entry.result, source=where, sha256=entry.sha256, details=kept)

    async def ask(
        self, request: str, note: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """The authority is asked. Raises RequestStateError."""
        return await self._write(
            request, lambda before, now: triage.asked(before, now, by, note), "clarification", idempotency
        )

    async def answer(
        self, request: str, note: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """The authority answered. Raises RequestStateError."""
        return await self._write(
            request, lambda before, now: triage.answered(before, now, by, note), "answered", idempotency
        )

    async def _known(self, request: JudicialRequest) -> Authority:
        held = await self.lookup.authority(request)
        if held is None:
            raise s.RequestRuleError(
                "its authority is not in the registry", code="authority_missing", hint="triage it first"
            )
        return held


def _check_at_work(request: JudicialRequest) -> None:
    """Evidence is added from triage on, and after delivery too: a contradiction then is a suspicion."""
    if request.state not in (triage.WORKED_ON | triage.AFTERWARDS) - {State.RECEIVED}:
        raise refused(request.state, "given evidence")


def _check_same_authority(request: JudicialRequest, authority: Authority) -> None:
    if request.authority != authority.id:
        raise s.RequestRuleError("it is of another authority by now", code="request_changed")
