# SPDX-License-Identifier: Apache-2.0
"""Signing in at the portal, sessions, and whether an account counts. A refusal says nothing of who is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import Change, Commit, Loaded
from counterseal.judicial.portal import model as m
from counterseal.judicial.portal import rules, sessions
from counterseal.judicial.portal.errors import PortalRefusedError
from counterseal.judicial.portal.ports import Json, Parts, PasskeyFailed, entry
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.registry.model import subject_of as authority_of
from counterseal.judicial.requests.ports import PortalAccount

SIGN_IN: Final = "portal_sign_in"


class Opened(msgspec.Struct, frozen=True):
    """A live session, whose it is, and of which authority."""

    account: m.Account
    session: m.Session
    authority: Authority

    @property
    def by(self) -> str:
        """As it stands in requests and in the log."""
        return f"{m.BY}{self.account.id}"


class SignedIn(msgspec.Struct, frozen=True):
    """A new session. `cookie`: its secret, given once."""

    account: str
    cookie: str


class PortalSignIn:
    """Sessions of the portal's accounts; also `judicial.requests.ports.Portals`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def options(self) -> Json:
        """What the browser needs to sign in: the same for everybody."""
        return self._parts.passkeys.assertion(SIGN_IN, {"epoch": self._parts.epoch()}, self._parts.now())

    async def sign_in(self, challenge: str, response: Json, *, agent: str = "", before: str = "") -> SignedIn:
        """A new session for the owner of a passkey. `before`: the cookie that came along; its session ends. Raises
        PortalRefusedError, without a word why."""
        now, epoch = self._parts.now(), self._parts.epoch()
        try:
            account, passkey = await self._known(response)
            found = self._parts.passkeys.check(
                *(passkey.secret, response, challenge, SIGN_IN, {"epoch": epoch}, now)
            )
        except PasskeyFailed as error:
            raise _refused() from error
        secret = sessions.secret_of(self._parts.random(sessions.SECRET_BYTES))
        session = m.Session(rules.digest_of(secret), now, now, sessions.agent_of(agent), epoch)
        earlier = rules.digest_of(before.rpartition(".")[2])
        subject, authority = m.account_of(account.id), authority_of(account.authority)

        def function(loaded: Loaded) -> Commit[m.Named]:
            held = loaded.states.get(subject)
            if not isinstance(held, m.Account) or rules.fault(held, _authority(loaded, held), now):
                raise _refused()
            proved = sessions.used(held, passkey, found.secret, found.nonce, now)
            after = sessions.begun(proved, session, now, earlier)
            noted = entry("signed_in", now, f"{m.BY}{held.id}", authority=held.authority)
            return Commit(m.Named(held.id), (Change(subject, after, noted),))

        await self._parts.store.transact([subject, authority], function, now=now)
        return SignedIn(account.id, f"{account.id}.{secret}")

    async def opened(self, cookie: str) -> Opened:
        """The live session of a cookie, noted as seen. Raises PortalSignedOutError, also for an account that does
        not count any more."""
        name, secret = sessions.read(cookie)
        now = self._parts.now()
        account = await self._parts.store.read(m.account_of(name))
        if not isinstance(account, m.Account):
            raise sessions.out()
        session = sessions.find(account, secret, now, self._parts.epoch())
        authority = await self._parts.store.read(authority_of(account.authority))
        if not isinstance(authority, Authority) or rules.fault(account, authority, now):
            raise sessions.out()
        if now - session.last >= sessions.TOUCHED_EVERY:
            await self._changed(name, lambda held: sessions.touched(held, session, now))
        return Opened(account, session, authority)

    async def sign_out(self, opened: Opened, session: str = "") -> None:
        """End a session of one's own, "" = this one. Raises NotFoundError."""
        wanted = session or opened.session.id
        if wanted not in {each.id for each in opened.account.sessions}:
            raise NotFoundError("there is no such session", code="session_not_found")
        await self._changed(opened.account.id, lambda held: sessions.without(held, wanted), by=opened.by)

    async def live_sessions(self, opened: Opened) -> tuple[m.Session, ...]:
        """One's own live sessions, the newest first."""
        now, epoch = self._parts.now(), self._parts.epoch()
        found = [each for each in opened.account.sessions if sessions.is_live(each, now, epoch)]
        return tuple(sorted(found, key=lambda each: -each.created))

    async def account(self, account: str) -> PortalAccount | None:
        """See Portals: None for one that does not count now."""
        held = await self._parts.store.read(m.account_of(account))
        if not isinstance(held, m.Account):
            return None
        authority = await self._parts.store.read(authority_of(held.authority))
        known = authority if isinstance(authority, Authority) else None
        if rules.fault(held, known, self._parts.now()):
            return None
        return PortalAccount(held.id, held.authority, held.confirmed, held.officer, held.officers)

    async def _known(self, response: Json) -> tuple[m.Account, m.Passkey]:
        credential = self._parts.passkeys.credential_of(response)
        subject = await self._parts.store.resolve(rules.alias_of(credential))
        account = await self._parts.store.read(subject) if subject else None
        if isinstance(account, m.Account):
            for passkey in account.passkeys:
                if passkey.id == credential:
                    return account, passkey
        raise _refused()

    async def _changed(self, account: str, step: Callable[[m.Account], m.Account], *, by: str = "") -> None:
        """`by`: who signs out, for the log; "" = it is only noted as seen."""
        now, subject = self._parts.now(), m.account_of(account)

        def function(loaded: Loaded) -> Commit[m.Named]:
            held = loaded.states.get(subject)
            after = step(held) if isinstance(held, m.Account) else held
            if after == held:
                return Commit(m.Named(account))
            noted = entry("signed_out", now, by) if by else None
            return Commit(m.Named(account), (Change(subject, after, noted),))

        await self._parts.store.transact([subject], function, now=now)


def _authority(loaded: Loaded, account: m.Account) -> Authority | None:
    held = loaded.states.get(authority_of(account.authority))
    return held if isinstance(held, Authority) else None


def _refused() -> PortalRefusedError:
    return PortalRefusedError("this did not work", hint="try again, or ring the desk")
