# SPDX-License-Identifier: Apache-2.0
"""Our side of the portal: invite after a call, list, call again, end; and the worker that sends the link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import (
    Change,
    Commit,
    Committed,
    Entry,
    Idempotency,
    Loaded,
    Message,
    StoredMessage,
)
from counterseal.judicial.letters.ports import Outgoing, Post, PostRefused, PostUnavailable
from counterseal.judicial.portal import model as m
from counterseal.judicial.portal import rules
from counterseal.judicial.portal.errors import PortalAccountError, PortalInvitationError
from counterseal.judicial.portal.ports import Parts, Staff, entry
from counterseal.judicial.portal.text import letter as written
from counterseal.judicial.ports import InOrder
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.registry.model import subject_of as authority_of

ID_BYTES: Final = 6
BATCH: Final = 4
LEASE: Final = 600_000
RETRY: Final = 60_000
MOST_TRIES: Final = 30


class Invite(msgspec.Struct, frozen=True):
    """Who gets an account. `mail`: a contact of the registry, "" = the first that counts."""

    authority: str
    officer: str
    call: m.Call
    mail: str = ""
    language: str = "en"


class Seen(msgspec.Struct, frozen=True):
    """An account and why it counts for nothing, "" = it counts."""

    account: m.Account
    authority_name: str
    fault: str
    ends: int


class PortalOffice:
    """`officers`: the two who signed; `by`: token id or `staff:<id>` of one. `post`: the way out by mail."""

    def __init__(self, parts: Parts, post: Post | None, in_order: InOrder, staff: Staff) -> None:
        self._parts, self._post, self._in_order, self._staff = parts, post, in_order, staff

    async def invite(
        self, given: Invite, *, officers: tuple[str, ...], by: str, idempotency: Idempotency | None = None
    ) -> Committed[m.Named]:
        """An invitation; its link goes out by mail. Raises NotFoundError, InputError, PortalInvitationError,
        PortalAccountError."""
        now, officer = self._parts.now(), rules.check_officer(given.officer)
        await self._check_caller(given.call)
        if self._post is None:
            raise PortalAccountError("this server sends no mail", code="post_missing", hint="set `smtp`")
        name = f"pi{self._parts.random(ID_BYTES).hex()}"
        place, subject = authority_of(given.authority), m.invitation_of(name)

        def function(loaded: Loaded) -> Commit[m.Named]:
            authority = _known(loaded, given.authority)
            rules.check_call(authority, given.call, officers, now)
            mail = rules.mail_of(authority, given.mail, now)
            made = m.Invitation(
                *(name, authority.id, officer, given.language, given.call, mail.id, mail.value, now, officers),
                epoch=loaded.epoch,
            )
            index = loaded.states.get(m.ACCOUNTS) or m.Accounts()
            if len(index.accounts) + len(index.invitations) >= m.MOST_ACCOUNTS:
                raise PortalAccountError("there are too many accounts", code="portal_limit")
            listed = msgspec.structs.replace(index, invitations=(*index.invitations, name))
            facts = {"authority": authority.id, "call": given.call.contact, "caller": given.call.by}
            noted = entry("invited", now, by, invitation=name, mail=mail.id, officers=officers, **facts)
            row = Message(f"{name}/link", m.TOPIC, subject, b"")
            return Commit(
                m.Named(name), (Change(subject, made, noted, messages=(row,)), Change(m.ACCOUNTS, listed))
            )

        return await self._parts.store.transact(
            [subject, place, m.ACCOUNTS], function, now=now, idempotency=idempotency
        )

    def code(self, invitation: str) -> str:
        """What is read out on the call: two groups of four. Shown once, to whoever invites."""
        return rules.spoken(rules.code_of(self._parts.secret, invitation))

    async def invitation(self, invitation: str) -> m.Invitation:
        """One, whatever became of it. Raises NotFoundError."""
        held = await self._parts.store.read(m.invitation_of(invitation))
        if not isinstance(held, m.Invitation):
            raise _unknown()
        return held

    async def accounts(self) -> tuple[Seen, ...]:
        """All, the newest first."""
        held = await self._parts.store.read(m.ACCOUNTS)
        names = held.accounts if isinstance(held, m.Accounts) else ()
        return tuple([await self.read(name) for name in reversed(names)])

    async def invitations(self) -> tuple[m.Invitation, ...]:
        """Those that can still be used, the newest first."""
        held, now = await self._parts.store.read(m.ACCOUNTS), self._parts.now()
        names = held.invitations if isinstance(held, m.Accounts) else ()
        read = [await self._parts.store.read(m.invitation_of(name)) for name in reversed(names)]
        epoch = self._parts.epoch()
        return tuple(each for each in read if isinstance(each, m.Invitation) and rules.live(each, now, epoch))

    async def read(self, account: str) -> Seen:
        """One. Raises NotFoundError."""
        held = await self._parts.store.read(m.account_of(account))
        if not isinstance(held, m.Account):
            raise _unknown()
        authority = await self._parts.store.read(authority_of(held.authority))
        known = authority if isinstance(authority, Authority) else None
        name = held.authority if known is None else known.name
        return Seen(held, name, rules.fault(held, known, self._parts.now()), rules.ends_at(held))

    async def end(
        self, account: str, reason: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[m.Named]:
        """One officer ends it at once: its sessions end, and it counts for nothing. Again changes nothing. Raises
        NotFoundError."""
        now = self._parts.now()

        def step(held: m.Account, _authority: Authority) -> tuple[m.Account, Entry | None]:
            if held.ended is not None:
                return held, None
            after = msgspec.structs.replace(held, ended=now, ended_by=by, ended_reason=reason, sessions=())
            return after, entry("ended", now, by, account=held.id, reason=reason)

        return await self._changed(account, step, now, idempotency)

    async def renew(
        self,
        account: str,
        call: m.Call,
        *,
        officers: tuple[str, ...],
        by: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[m.Named]:
        """The office was called again: a year more. What it counts for stays as the first call made it. Raises
        NotFoundError, PortalInvitationError, PortalAccountError for one that has ended."""
        now = self._parts.now()
        await self._check_caller(call)

        def step(held: m.Account, authority: Authority) -> tuple[m.Account, Entry | None]:
            if (fault := rules.fault(held, authority, now)) not in {"", "year_over"}:
                raise PortalAccountError(f"the account does not stand: {fault}", code="portal_ended")
            rules.check_call(authority, call, officers, now)
            after = msgspec.structs.replace(held, call=call)
            return after, entry("renewed", now, by, account=held.id, call=call.contact, officers=officers)

        return await self._changed(account, step, now, idempotency)

    async def turn(self) -> int:
        """Send links; how many were looked at."""
        now = self._parts.now()
        rows = await self._parts.store.claim(now, lease=LEASE, limit=BATCH, topics=(m.TOPIC,))
        return await self._in_order(self._parts.store, rows, self._deliver, self._parts.clock.now)

    async def _check_caller(self, call: m.Call) -> None:
        if not await self._staff.active(call.by):
            raise PortalInvitationError("whoever called is no member of staff", code="portal_call_caller")

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

    async def _changed(
        self,
        account: str,
        step: Callable[[m.Account, Authority], tuple[m.Account, Entry | None]],
        now: int,
        idempotency: Idempotency | None,
    ) -> Committed[m.Named]:
        before, subject = await self.read(account), m.account_of(account)
        place = authority_of(before.account.authority)

        def function(loaded: Loaded) -> Commit[m.Named]:
            held = loaded.states.get(subject)
            if not isinstance(held, m.Account):
                raise _unknown()
            after, noted = step(held, _known(loaded, held.authority))
            return Commit(m.Named(account), () if noted is None else (Change(subject, after, noted),))

        return await self._parts.store.transact([subject, place], function, now=now, idempotency=idempotency)


def _known(loaded: Loaded, authority: str) -> Authority:
    held = loaded.states.get(authority_of(authority))
    if not isinstance(held, Authority):
        raise NotFoundError("there is no such authority", code="authority_unknown")
    return held


def _stands(authority: Authority, held: m.Invitation, now: int) -> bool:
    found = next((each for each in authority.contacts if each.id == held.mail), None)
    return found is not None and found.value == held.to and (found.ended is None or found.ended > now)


def _unknown() -> NotFoundError:
    return NotFoundError("there is no such account at the portal", code="portal_account_unknown")
