# SPDX-License-Identifier: Apache-2.0
"""Our side of the portal: invite after a call, list, call again, end."""

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
)
from counterseal.judicial.letters.ports import Post
from counterseal.judicial.portal import model as m
from counterseal.judicial.portal import rules
from counterseal.judicial.portal.errors import PortalAccountError, PortalInvitationError
from counterseal.judicial.portal.links import Links
from counterseal.judicial.portal.ports import Parts, Staff, entry
from counterseal.judicial.ports import InOrder
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.registry.model import subject_of as authority_of

ID_BYTES: Final = 6


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
        self._parts, self._post, self._staff = parts, post, staff
        self._links = Links(parts, post, in_order)

    async def invite(
        self, given: Invite, *, officers: tuple[str, ...], by: str, idempotency: Idempotency | None = None
    ) -> Committed[m.Named]:
        """An invitation; its link goes out by mail. Raises NotFoundError, InputError, PortalInvitationError,
        PortalAccountError."""
        now, officer = self._parts.now(), rules.check_officer(given.officer)
        await self._check_caller(given.call)
        if self._post is None:
            raise PortalAccountError("this server sends no mail", code="post_missing", hint="set `smtp`")
        name, over = f"pi{self._parts.random(ID_BYTES).hex()}", await self._over()
        place, subject = authority_of(given.authority), m.invitation_of(name)

        def function(loaded: Loaded) -> Commit[m.Named]:
            authority = _known(loaded, given.authority)
            rules.check_call(authority, given.call, officers, now)
            mail = rules.mail_of(authority, given.mail, now)
            made = m.Invitation(
                *(name, authority.id, officer, given.language, given.call, mail.id, mail.value, now, officers),
                epoch=loaded.epoch,
            )
            listed = _with(loaded.states.get(m.ACCOUNTS) or m.Accounts(), name, over)
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
        """All, the newest first; those that were ended behind the others."""
        index = await self._index()
        names = (*reversed(index.accounts), *reversed(index.ended))
        return tuple([await self.read(name) for name in names])

    async def invitations(self) -> tuple[m.Invitation, ...]:
        """Those that can still be used, the newest first."""
        return tuple([each for each in await self._invitations() if self._live(each)])

    async def end_invitation(
        self, invitation: str, reason: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[m.Named]:
        """One officer ends it at once: its link opens nothing. Again changes nothing. Raises NotFoundError,
        PortalAccountError for one that was used."""
        now, subject = self._parts.now(), m.invitation_of(invitation)

        def function(loaded: Loaded) -> Commit[m.Named]:
            held = loaded.states.get(subject)
            if not isinstance(held, m.Invitation):
                raise _unknown()
            if held.ended == "used":
                hint = f"end the account `{held.account}`"
                raise PortalAccountError("it was used", code="portal_invitation_used", hint=hint)
            if held.ended:
                return Commit(m.Named(invitation))
            after = msgspec.structs.replace(held, ended="revoked")
            noted = entry("revoked", now, by, invitation=invitation, reason=reason)
            return Commit(m.Named(invitation), (Change(subject, after, noted),))

        return await self._parts.store.transact([subject], function, now=now, idempotency=idempotency)

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
        return await self._links.turn()

    async def _index(self) -> m.Accounts:
        held = await self._parts.store.read(m.ACCOUNTS)
        return held if isinstance(held, m.Accounts) else m.Accounts()

    async def _invitations(self) -> list[m.Invitation]:
        """Those of the index, the newest first."""
        names = reversed((await self._index()).invitations)
        read = [await self._parts.store.read(m.invitation_of(name)) for name in names]
        return [each for each in read if isinstance(each, m.Invitation)]

    async def _over(self) -> frozenset[str]:
        """Those of the index that nobody can use any more; none of them comes back."""
        return frozenset(each.id for each in await self._invitations() if not self._live(each))

    def _live(self, held: m.Invitation) -> bool:
        return rules.live(held, self._parts.now(), self._parts.epoch())

    async def _check_caller(self, call: m.Call) -> None:
        if not await self._staff.active(call.by):
            raise PortalInvitationError("whoever called is no member of staff", code="portal_call_caller")

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
            if noted is None:
                return Commit(m.Named(account))
            changes: tuple[Change, ...] = (Change(subject, after, noted),)
            if after.ended is not None:
                index = loaded.states.get(m.ACCOUNTS) or m.Accounts()
                changes = (*changes, Change(m.ACCOUNTS, index.without(account)))
            return Commit(m.Named(account), changes)

        keys = [subject, place, m.ACCOUNTS]
        return await self._parts.store.transact(keys, function, now=now, idempotency=idempotency)


def _with(index: m.Accounts, invitation: str, over: frozenset[str]) -> m.Accounts:
    """With an invitation more, without those that are over. Raises PortalAccountError where there is no room."""
    open_ = [each for each in index.invitations if each not in over]
    if len(open_) >= m.MOST_INVITATIONS or len(index.accounts) >= m.MOST_ACCOUNTS:
        hint = "end accounts and invitations that nobody needs"
        raise PortalAccountError("there are too many accounts", code="portal_limit", hint=hint)
    return msgspec.structs.replace(index, invitations=(*open_, invitation))


def _known(loaded: Loaded, authority: str) -> Authority:
    held = loaded.states.get(authority_of(authority))
    if not isinstance(held, Authority):
        raise NotFoundError("there is no such authority", code="authority_unknown")
    return held


def _unknown() -> NotFoundError:
    return NotFoundError("there is no such account at the portal", code="portal_account_unknown")
