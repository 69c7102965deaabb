# SPDX-License-Identifier: Apache-2.0
"""The worker that sends the links of invitations: at least once, to a contact that still stands."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.transaction import Change, Commit, Loaded, StoredMessage
from counterseal.judicial.letters.ports import Outgoing, Post, PostRefused, PostUnavailable
from counterseal.judicial.portal import model as m
from counterseal.judicial.portal import rules
from counterseal.judicial.portal.ports import Parts, entry
from counterseal.judicial.portal.text import letter as written
from counterseal.judicial.ports import InOrder
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.registry.model import subject_of as authority_of

BATCH: Final = 4
LEASE: Final = 600_000
RETRY: Final = 60_000
MOST_TRIES: Final = 30


class Links:
    """`post`: the way out by mail."""

    def __init__(self, parts: Parts, post: Post | None, in_order: InOrder) -> None:
        self._parts, self._post, self._in_order = parts, post, in_order

    async def turn(self) -> int:
        """Send links; how many were looked at."""
        now = self._parts.now()
        rows = await self._parts.store.claim(now, lease=LEASE, limit=BATCH, topics=(m.TOPIC,))
        return await self._in_order(self._parts.store, rows, self._deliver, self._parts.clock.now)

    async def _deliver(self, row: StoredMessage) -> None:
        """At least once under one id, to a contact that still stands as it was when two signed."""
        held, store, now = await self._parts.store.read(row.subject), self._parts.store, self._parts.now()
        if not isinstance(held, m.Invitation) or not rules.live(held, now, self._parts.epoch()):
            return await store.delivered(row.id, now, error="gone")
        authority = await store.read(authority_of(held.authority))
        if not isinstance(authority, Authority) or not _stands(authority, held, now):
            await self._sent(held, "contact_ended")
            return await store.delivered(row.id, now, error="contact_ended")
        subject, text = written(held, authority.name, self._parts.platform, self._link(held))
        try:
            await self._send(Outgoing(held.to, subject, text, held.language), row.id)
        except PostUnavailable as away:
            if row.attempts < MOST_TRIES:
                wait = min(RETRY << min(row.attempts, 6), m.HOUR)
                return await store.deferred(row.id, error=away.code, retry_at=now + wait)
            await self._sent(held, away.code)
        except PostRefused as refused:
            await self._sent(held, refused.code)
        else:
            await self._sent(held, "")
        await store.delivered(row.id, self._parts.now())
        return None

    async def _send(self, letter: Outgoing, name: str) -> None:
        if self._post is None:
            raise PostUnavailable("this server sends no mail")
        await self._post.send(letter, name)

    def _link(self, held: m.Invitation) -> str:
        return f"{self._parts.url.rstrip('/')}/portal/enrol/{rules.token_of(self._parts.secret, held.id)}"

    async def _sent(self, held: m.Invitation, error: str) -> None:
        now, subject = self._parts.now(), m.invitation_of(held.id)

        def function(loaded: Loaded) -> Commit[m.Named]:
            before = loaded.states.get(subject)
            if not isinstance(before, m.Invitation):
                return Commit(m.Named(held.id))
            after = msgspec.structs.replace(before, sent=None if error else now, error=error)
            if error and not before.ended:
                after = msgspec.structs.replace(after, ended="failed")
            noted = entry("link_failed" if error else "link_sent", now, "desk", invitation=held.id, error=error)
            return Commit(m.Named(held.id), (Change(subject, after, noted),))

        await self._parts.store.transact([subject], function, now=now)


def _stands(authority: Authority, held: m.Invitation, now: int) -> bool:
    found = next((each for each in authority.contacts if each.id == held.mail), None)
    return found is not None and found.value == held.to and (found.ended is None or found.ended > now)
