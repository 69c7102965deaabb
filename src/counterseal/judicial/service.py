# SPDX-License-Identifier: Apache-2.0
"""The desk's intake: a document is kept and hashed before anything opens it, then examined, and both are logged.

The examination is an effect: an outbox row stands for it from the intake's commit on, so that a desk that dies
in between examines the document when it is back.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable

import msgspec

from counterseal.core.transaction import (
    Change,
    Commit,
    Committed,
    Idempotency,
    Loaded,
    Message,
    Store,
    StoredMessage,
)
from counterseal.judicial import stored as s
from counterseal.judicial import templates
from counterseal.judicial.examination import Examiner
from counterseal.judicial.findings import found
from counterseal.judicial.model import MOST_BYTES, MOST_PAGES, Context, Report, verdict_of
from counterseal.judicial.ports import Clock, Drawer, InOrder, SandboxError, Trusted, Unpacker

ID_BYTES = 6
AT_ONCE = 2  # documents opened at the same time
PATIENCE = 60_000  # ms; then the worker examines what whoever received it did not
RETRY = 30_000
BATCH = 8
LEASE = 300_000


class Desk:
    """The area's service. `kind_of` and `examiner` see bytes; nothing here parses them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random: Callable[[int], bytes],
        examiner: Examiner,
        drawer: Drawer,
        unpacker: Unpacker,
        trusted: Trusted,
        in_order: InOrder,
    ) -> None:
        self._store, self._clock, self._random = store, clock, random
        self._in_order = in_order
        self._numbered = (0, -1)  # a millisecond, and the number of the last document in it
        self._examiner, self._drawer, self._unpacker, self._trusted = examiner, drawer, unpacker, trusted
        self._room = asyncio.Semaphore(AT_ONCE)
        self.arrived: Callable[[s.Document], Awaitable[None]] = _nothing

    async def receive(
        self,
        data: bytes,
        *,
        name: str,
        by: str,
        source: str = "upload",
        sender: str = "",
        parent: str = "",
        idempotency: Idempotency | None = None,
    ) -> Committed[s.Received]:
        """Keep the bytes as they came: a document of its own, whatever came before. Raises InputError."""
        called, now, sha256 = s.checked_name(name), self._clock.now(), hashlib.sha256(data).hexdigest()
        id_ = self._new_id(now)
        kept = data if len(data) <= MOST_BYTES else b""
        made = s.Document(
            *(id_, called, source, now, by, sha256, len(data), self._examiner.kind_of(data)),
            sender=sender[:320],
            parent=parent,
        )

        def function(loaded: Loaded) -> Commit[s.Received]:
            known = loaded.states.get(s.hash_of(sha256))
            document = msgspec.structs.replace(made, first=known.id if isinstance(known, s.Known) else "")
            soon = now + PATIENCE if source == "upload" and not parent else now  # who hands it in has it examined
            message = Message(f"{id_}/examine", s.TOPIC, s.subject_of(id_), b"", soon)
            changes = (
                Change(
                    s.subject_of(id_),
                    document,
                    s.entry("document_received", now, by, document),
                    messages=(message,),
                ),
                Change(s.bytes_of(id_), s.Held(kept)),
            )
            first = () if isinstance(known, s.Known) else (Change(s.hash_of(sha256), s.Known(id_, now)),)
            return Commit(s.Received(id_), (*changes, *first))

        keys = [s.subject_of(id_), s.bytes_of(id_), s.hash_of(sha256)]
        return await self._store.transact(keys, function, now=now, idempotency=idempotency)

    def _new_id(self, now: int) -> str:
        number = self._numbered[1] + 1 if self._numbered[0] == now else 0
        self._numbered = (now, number)
        return s.new_id(now, number, self._random(ID_BYTES))

    async def document(self, name: str) -> s.Document:
        """One. Raises NotFoundError."""
        held = await self._store.read(s.subject_of(name))
        if not isinstance(held, s.Document):
            raise s.unknown()
        return held

    async def documents(self, *, after: str = "", limit: int = 50) -> list[s.Document]:
        """The newest first, behind the one with the id `after`."""
        start = s.subject_of(after) if after else ""
        subjects = await self._store.subjects("document", after=start, limit=limit)
        read = [await self._store.read(subject) for subject in subjects]
        return [each for each in read if isinstance(each, s.Document)]

    async def examine(self, name: str, *, by: str) -> s.Document:
        """The document with its first report, made now unless it is there. Raises NotFoundError."""
        document = await self.document(name)
        if not document.examinations:
            await self._keep(document, await self._report(document), by)
            document = await self.document(name)
        await self._unpacked(document)
        return document

    async def examine_again(
        self, name: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Received]:
        """One more report, by what is trusted now. Raises NotFoundError, DocumentRuleError."""
        if idempotency is not None and (done := await self._store.replayed(idempotency)) is not None:
            return done
        document = await self.document(name)
        if len(document.examinations) >= s.MOST_REPORTS:
            raise s.DocumentRuleError("the document was examined often enough", code="examined_often")
        return await self._keep(document, await self._report(document), by, again=True, idempotency=idempotency)

    async def page(self, name: str, number: int, width: int) -> bytes | None:
        """A page of a PDF as PNG; None where it cannot be drawn. Raises NotFoundError."""
        document = await self.document(name)
        if document.kind != "pdf" or not 1 <= number <= MOST_PAGES:
            return None
        data = await self._bytes(name)
        async with self._room:
            try:
                return await asyncio.to_thread(self._drawer.page, data, number, width)
            except SandboxError:
                return None

    async def turn(self) -> int:
        """Examine what was received and not examined, and hand it to `arrived` (at least once); how many. Told to
        stop, it gives the rest back."""
        rows = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=(s.TOPIC,))
        return await self._in_order(self._store, rows, self._turned, self._clock.now)

    async def _turned(self, row: StoredMessage) -> None:
        if isinstance(await self._store.read(row.subject), s.Document):
            await self.arrived(await self.examine(row.subject.partition(":")[2], by="desk"))
        await self._store.delivered(row.id, self._clock.now())

    async def _unpacked(self, document: s.Document) -> None:
        """The documents in a mail or PDF become documents of their own, once each, however often this is called."""
        if document.kind == "pdf" and not _holds_documents(document.report):
            return
        if not await self._opened_up(document):
            return
        data = await self._bytes(document.id)
        async with self._room:
            try:
                files = await asyncio.to_thread(self._unpacker.unpack, document.kind, data)
            except SandboxError:
                return  # its own report says so
        for number, (name, content) in enumerate(files, 1):
            digest = hashlib.sha256(content).digest()
            once = Idempotency("desk", f"{document.id}/{number}", digest, s.Received)
            called = s.clean_name(name, f"attachment-{number}")
            source = "mail" if document.kind == "mail" else document.source
            await self.receive(content, name=called, by="desk", source=source, parent=document.id, idempotency=once)

    async def _opened_up(self, document: s.Document) -> bool:
        """A mail or PDF that was handed in, and a PDF that came with a mail: what lies deeper grows without end."""
        if document.kind not in {"mail", "pdf"}:
            return False
        if not document.parent:
            return True
        return document.kind == "pdf" and (await self.document(document.parent)).kind == "mail"

    async def _bytes(self, name: str) -> bytes:
        held = await self._store.read(s.bytes_of(name))
        if not isinstance(held, s.Held):
            raise s.unknown()
        return held.data

    async def _report(self, document: s.Document) -> tuple[str, Report]:
        digest, context = await self._trusted(document.received)
        if document.size > MOST_BYTES:
            findings = (found("too_large", size=document.size, most=MOST_BYTES),)
            return digest, Report(document.kind, document.sha256, document.size, verdict_of(findings), findings)
        data = await self._bytes(document.id)
        report = await self._examined(data, context)
        seen = frozenset([mark for mark in s.marks_in(report) if await self._came_before(mark, document.id)])
        if seen:
            report = await self._examined(data, msgspec.structs.replace(context, seen=seen))
        return digest, await self._noted(document, report)

    async def _examined(self, data: bytes, context: Context) -> Report:
        async with self._room:
            return await asyncio.to_thread(self._examiner.examine, data, context)

    async def _came_before(self, mark: str, document: str) -> bool:
        known = await self._store.read(s.mark_of(mark))
        return isinstance(known, s.Known) and known.id != document

    async def _noted(self, document: s.Document, report: Report) -> Report:
        """With what the desk itself knows of these bytes."""
        if _holds_documents(report) and not await self._opened_up(document):
            findings = (*report.findings, found("embedded_deep"))
            report = msgspec.structs.replace(report, findings=findings, verdict=verdict_of(findings))
        if not document.first:
            return report
        first = await self.document(document.first)
        when = f"{dt.datetime.fromtimestamp(first.received / 1000, dt.UTC):%Y-%m-%d %H:%M} UTC"
        note = found("seen_before", first.id, when=when)
        return msgspec.structs.replace(report, findings=(*report.findings, note))

    async def _keep(
        self,
        document: s.Document,
        made: tuple[str, Report],
        by: str,
        *,
        again: bool = False,
        idempotency: Idempotency | None = None,
    ) -> Committed[s.Received]:
        now, done = self._clock.now(), s.Received(document.id)
        digest, report = made

        def function(loaded: Loaded) -> Commit[s.Received]:
            held = loaded.states.get(s.subject_of(document.id))
            if not isinstance(held, s.Document):
                raise s.unknown()
            if held.examinations and not again:
                return Commit(done)  # somebody was faster
            shown, uses = templates.compared(report, document.id, loaded.states)
            added = s.Examination(max(now, loaded.latest), by, digest, shown)
            kept = msgspec.structs.replace(held, examinations=(*held.examinations, added))
            change = Change(s.subject_of(kept.id), kept, s.entry("document_examined", added.at, by, kept))
            first = s.Known(kept.id, kept.received)
            new = [mark for mark in marks if loaded.states.get(mark) is None]
            return Commit(done, (change, *(Change(mark, first) for mark in new), *uses))

        marks = [s.mark_of(mark) for mark in s.marks_in(report)]
        keys = [s.subject_of(document.id), *marks, *templates.keys(report)]
        return await self._store.transact(keys, function, now=now, idempotency=idempotency)


def _holds_documents(report: Report | None) -> bool:
    return report is not None and any(each.code == "embedded_documents" for each in report.findings)


async def _nothing(_document: s.Document) -> None:
    """Nobody waits for documents."""
