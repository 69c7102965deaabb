# SPDX-License-Identifier: Apache-2.0
"""Signing in with a passkey, sessions, and ending them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded
from counterseal.staff import sessions
from counterseal.staff.model import (
    ROSTER,
    Passkey,
    Roster,
    Session,
    SignInRefusedError,
    Staff,
    digest_of,
    entry,
    passkey_alias,
    subject_of,
)
from counterseal.staff.ports import Asserted, Json, Parts, PasskeyFailed
from counterseal.staff.sessions import Bounds, Opened

SIGN_IN = "staff_sign_in"
CHALLENGE_LIFETIME = 360_000  # ms: longer than any challenge lives
LONGEST_AGENT = 200


class Ended(msgspec.Struct, frozen=True):
    """How many sessions ended."""

    ended: int


class SignedIn(msgspec.Struct, frozen=True):
    """A new session. `cookie`: its secret, given once."""

    opened: Opened
    cookie: str


def not_signed_in() -> SignInRefusedError:
    """One sentence for every cause: nothing says whether somebody is known."""
    return SignInRefusedError("this did not work", hint="try again, or ask an administrator for a new link")


class SignIn:
    """Sessions of staff over a store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def bounds(self) -> Bounds:
        """How long a session lasts."""
        return Bounds(self._parts.longest, self._parts.idle, self._parts.epoch())

    def options(self) -> dict[str, Any]:
        """What the browser needs to sign in: the same for everybody."""
        return self._parts.passkeys.assertion(SIGN_IN, self._bound(), (), self._parts.time())

    async def sign_in(self, challenge: str, response: Json, *, agent: str = "", before: str = "") -> SignedIn:
        """A new session for the owner of a passkey. `before`: the cookie that came along; its session ends.

        Raises SignInRefusedError, without a word why.
        """
        now = self._parts.time()
        staff, passkey = await self._known(response)
        try:
            found = self._parts.passkeys.check(
                *(passkey.secret, response, challenge, SIGN_IN, self._bound(), now), named=False
            )
        except PasskeyFailed as error:
            await self._note_clone(staff, passkey, error.code, now)
            raise not_signed_in() from error

        def proved(fresh: Staff) -> Staff:
            return used(fresh, passkey, found, now)

        return await self._begin(staff.id, proved, "passkey", agent, before, now)

    async def identified(self, email: str, *, agent: str = "", before: str = "") -> SignedIn:
        """A session for whoever the identity provider named: it reads, and decides nothing."""
        roster = await self._parts.store.read(ROSTER)
        member = roster.by_email(email) if isinstance(roster, Roster) and email else None
        if member is None:
            raise not_signed_in()
        return await self._begin(member.id, lambda fresh: fresh, "oidc", agent, before, self._parts.time())

    async def opened(self, cookie: str) -> Opened:
        """The live session of a cookie, noted as seen. Raises SignInRefusedError."""
        identity, secret = sessions.owner_of(cookie)
        now, bounds = self._parts.time(), self.bounds
        staff = await self._parts.store.read(subject_of(identity))
        found = sessions.find(staff if isinstance(staff, Staff) else None, secret, bounds, now)
        if now - found.session.last >= min(sessions.TOUCHED_EVERY, bounds.idle // 4):
            await self._touch(found, now)
        return found

    async def sign_out(
        self, staff: str, keep: Callable[[Session], bool], *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[Ended]:
        """End the sessions that `keep` does not keep."""
        now, subject = self._parts.time(), subject_of(staff)

        def function(loaded: Loaded) -> Commit[Ended]:
            before = loaded.states[subject]
            if not isinstance(before, Staff):
                raise NotFoundError("there is no such member of staff", code="staff_not_found")
            after = sessions.kept(before, keep)
            gone = len(before.sessions) - len(after.sessions)
            if not gone:
                return Commit(Ended(0))
            noted = entry("staff_signed_out", now, by, staff=staff, sessions=gone)
            return Commit(Ended(gone), (Change(subject, after, noted),))

        return await self._parts.store.transact([subject], function, now=now, idempotency=idempotency)

    async def end(self, session_id: str, *, by: str, idempotency: Idempotency | None = None) -> Committed[Ended]:
        """End one session by the name that lists give it. Raises NotFoundError."""
        staff = sessions.staff_of(session_id)
        if staff is None:
            raise NotFoundError("there is no such session", code="session_not_found")
        return await self.sign_out(
            staff, lambda each: sessions.id_of(staff, each) != session_id, by=by, idempotency=idempotency
        )

    async def live_sessions(self, staff: str) -> list[Session]:
        """The live sessions of one person, newest first."""
        found = await self._parts.store.read(subject_of(staff))
        if not isinstance(found, Staff):
            raise NotFoundError("there is no such member of staff", code="staff_not_found")
        now, bounds = self._parts.time(), self.bounds
        return sorted((each for each in found.sessions if bounds.live(each, now)), key=lambda each: -each.created)

    async def _begin(
        self, staff: str, prove: Callable[[Staff], Staff], assurance: str, agent: str, before: str, now: int
    ) -> SignedIn:
        secret, subject, bounds = sessions.secret_of(self._parts.random(32)), subject_of(staff), self.bounds
        session = Session(digest_of(secret), now, now, assurance, _agent(agent), bounds.epoch)
        earlier = digest_of(before.rpartition(".")[2])

        def function(loaded: Loaded) -> Commit[Staff]:
            fresh = loaded.states[subject]
            if not isinstance(fresh, Staff) or fresh.disabled is not None:
                raise not_signed_in()
            after = sessions.kept(prove(fresh), lambda each: each.digest != earlier)
            after = sessions.begun(after, session, bounds, now)
            noted = entry("staff_signed_in", now, f"staff:{staff}", assurance=assurance)
            return Commit(after, (Change(subject, after, noted),))

        done = await self._parts.store.transact([subject], function, now=now)
        return SignedIn(Opened(done.result, session), f"{staff}.{secret}")

    async def _known(self, response: Json) -> tuple[Staff, Passkey]:
        try:
            credential = self._parts.passkeys.credential_of(response)
        except PasskeyFailed as error:
            raise not_signed_in() from error
        subject = await self._parts.store.resolve(passkey_alias(credential))
        staff = await self._parts.store.read(subject) if subject else None
        if isinstance(staff, Staff):
            for passkey in staff.passkeys:
                if passkey.id == credential:
                    return staff, passkey
        raise not_signed_in()

    async def _touch(self, found: Opened, now: int) -> None:
        subject = subject_of(found.staff.id)

        def function(loaded: Loaded) -> Commit[Ended]:
            before = loaded.states[subject]
            if not isinstance(before, Staff):
                return Commit(Ended(0))
            after = sessions.touched(before, found.session.digest, now)
            return Commit(Ended(0), () if after == before else (Change(subject, after),))

        await self._parts.store.transact([subject], function, now=now)

    async def _note_clone(self, staff: Staff, passkey: Passkey, code: str, now: int) -> None:
        """A counter that did not rise is a fact for the log: the passkey may have been copied."""
        if code != "passkey_cloned":
            return
        subject = subject_of(staff.id)

        def function(loaded: Loaded) -> Commit[Ended]:
            noted = entry("staff_passkey_cloned", now, f"staff:{staff.id}", passkey=passkey.name)
            return Commit(Ended(0), (Change(subject, loaded.states[subject], noted),))

        await self._parts.store.transact([subject], function, now=now)

    def _bound(self) -> dict[str, Any]:
        return {"epoch": self._parts.epoch()}


def used(staff: Staff, passkey: Passkey, found: Asserted, now: int) -> Staff:
    """With this assertion used up: its challenge, and the passkey's counter. Raises SignInRefusedError if either
    moved since it was verified."""
    if passkey.secret not in [each.secret for each in staff.passkeys if each.id == passkey.id]:
        raise not_signed_in()
    renewed = msgspec.structs.replace(passkey, secret=found.secret, last=now)
    passkeys = tuple(renewed if each.id == passkey.id else each for each in staff.passkeys)
    return sessions.spend(msgspec.structs.replace(staff, passkeys=passkeys), found.nonce, now, CHALLENGE_LIFETIME)


def _agent(text: str) -> str:
    return "".join(each for each in text if each.isprintable())[:LONGEST_AGENT]
