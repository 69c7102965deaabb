# SPDX-License-Identifier: Apache-2.0
"""Letters go out: a worker's part. What two signed is looked at again; it goes out at least once, under one id."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import Loaded, Store, StoredMessage
from counterseal.judicial.letters import model as m
from counterseal.judicial.letters import rules
from counterseal.judicial.letters.keeping import Kept, row_of
from counterseal.judicial.letters.model import Letter, LetterKind, LetterState
from counterseal.judicial.letters.ports import Clock, Outgoing, Packages, Post, PostRefused, PostUnavailable
from counterseal.judicial.ports import InOrder
from counterseal.judicial.registry.model import subject_of as authority_of
from counterseal.judicial.requests.model import JudicialRequest

BATCH: Final = 4  # a mail server that hangs takes up to a minute each
LEASE: Final = 600_000  # ms
FIRST_RETRY: Final = 60_000
LONGEST_RETRY: Final = 3_600_000
MOST_TRIES: Final = 30


class Sender:
    """Over the store, the way out by mail, and the packages whose links delivery letters carry."""

    def __init__(
        self, store: Store, clock: Clock, post: Post | None, packages: Packages | None, in_order: InOrder
    ) -> None:
        self._kept, self._clock, self._post, self._packages = Kept(store), clock, post, packages
        self._in_order = in_order

    async def turn(self) -> int:
        """Send what was signed; how many letters were looked at."""
        rows = await self._kept.store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=(m.TOPIC,))
        return await self._in_order(self._kept.store, rows, self._deliver, self._clock.now)

    async def _deliver(self, row: StoredMessage) -> None:
        """At least once under one id; a letter that stands no more is only taken off the list."""
        try:
            letter = await self._kept.letter(row.subject.partition(":")[2])
            request = await self._kept.request(letter.request)
        except NotFoundError:
            return await self._kept.store.delivered(row.id, self._clock.now(), error="gone")
        if letter.state is not LetterState.APPROVED or row.id != row_of(letter):
            return await self._kept.store.delivered(row.id, self._clock.now())
        authority = await self._kept.store.read(authority_of(letter.authority))
        error = rules.obstacle(letter, request, authority, self._clock.now())
        receipt = ""
        if not error:
            try:
                receipt = await self._handed_over(letter)
            except PostRefused as refused:
                error = refused.code
            except m.LetterRuleError as refused:
                error = refused.code
            except PostUnavailable as away:
                if row.attempts < MOST_TRIES:
                    wait = min(FIRST_RETRY << min(row.attempts, 10), LONGEST_RETRY)
                    return await self._kept.store.deferred(
                        row.id, error=away.code, retry_at=self._clock.now() + wait
                    )
                error = away.code
        await self._ended(letter, receipt, error)
        await self._kept.store.delivered(row.id, self._clock.now())
        return None

    async def _handed_over(self, letter: Letter) -> str:
        if self._post is None:
            raise PostUnavailable("this server sends no mail")
        text = letter.text
        if letter.kind is LetterKind.DELIVERY:
            link = None if self._packages is None else await self._packages.package_link(letter.request)
            if link is None:
                raise m.LetterRuleError("there is no package to fetch", code="letter_no_package")
            text = letter.with_link(link)
        outgoing = Outgoing(letter.to, letter.subject, text, letter.language)
        return await self._post.send(outgoing, row_of(letter))

    async def _ended(self, letter: Letter, receipt: str, error: str) -> None:
        now, what = self._clock.now(), "failed" if error else "sent"

        def function(_loaded: Loaded, held: Letter, _request: JudicialRequest) -> Letter:
            if held.state is not LetterState.APPROVED:
                return held
            if error:
                return msgspec.structs.replace(held, state=LetterState.FAILED, error=error)
            return msgspec.structs.replace(held, state=LetterState.SENT, sent=now, receipt=receipt)

        await self._kept.changed(letter.id, what, "desk", now, function)
