# SPDX-License-Identifier: Apache-2.0
"""Members of staff: invite, enrol, change roles, disable. Every change is an entry in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from counterseal.core.errors import ConflictError, NotFoundError
from counterseal.core.transaction import Change, Commit, Committed, DuplicateAliasError, Idempotency, Loaded
from counterseal.staff import people
from counterseal.staff.model import (
    ROSTER,
    Invitation,
    Member,
    Passkey,
    Roster,
    SignInRefusedError,
    Staff,
    check_person,
    digest_of,
    entry,
    listed,
    passkey_alias,
    subject_of,
)
from counterseal.staff.ports import Json, Parts, PasskeyFailed
from counterseal.staff.roles import Role, check_duties
from counterseal.staff.sessions import SECRET_BYTES, secret_of

ENROL = "staff_enrol"
ID_BYTES = 9
COMMAND = "command"


class Invited(msgspec.Struct, frozen=True):
    """A new invitation. `secret`: the end of its link, shown once; None when the same request comes again."""

    invitation: Invitation
    secret: str | None
    replayed: bool = False


class StaffService:
    """People over a store. `by` is a token id, `staff:<id>` or `command`; `officers` two who approved it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def roster(self) -> Roster:
        """Everybody, and the invitations that are still open."""
        found = await self._parts.store.read(ROSTER)
        return people.open_only(found or Roster(), self._parts.time(), self._parts.epoch())

    async def staff(self, staff: str) -> Staff:
        """One person; raises NotFoundError."""
        found = await self._parts.store.read(subject_of(staff))
        if not isinstance(found, Staff):
            raise NotFoundError("there is no such member of staff", code="staff_not_found")
        return found

    async def invite(
        self,
        *,
        name: str,
        email: str,
        roles: Iterable[Role],
        by: str,
        account: str = "",
        first: bool = False,
        officers: tuple[str, ...] = (),
        idempotency: Idempotency | None = None,
    ) -> Invited:
        """A link for a new person. `first`: only while nobody is there. Raises InputError, ConflictError, and
        ForbiddenError where two must approve."""
        now, parts = self._parts.time(), self._parts
        check_person(name, email)
        secret = secret_of(parts.random(SECRET_BYTES))
        made = Invitation(
            id=parts.random(ID_BYTES).hex(),
            digest=digest_of(secret),
            staff=f"st_{parts.random(ID_BYTES).hex()}",
            name=name,
            email=email,
            roles=check_duties(roles),
            created=now,
            created_by=by,
            account=account,
            epoch=parts.epoch(),
        )
        return await self._invite(made, secret, idempotency, officers, first=first)

    async def renew(
        self,
        staff: str,
        *,
        by: str,
        officers: tuple[str, ...] = (),
        since: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Invited:
        """A link with which somebody who lost their passkeys gets a new one. Raises NotFoundError."""
        now, parts, found = self._parts.time(), self._parts, await self.staff(staff)
        people.check_fresh(found, since)
        secret = secret_of(parts.random(SECRET_BYTES))
        made = Invitation(
            id=parts.random(ID_BYTES).hex(),
            digest=digest_of(secret),
            staff=found.id,
            name=found.name,
            email=found.email,
            roles=found.roles,
            created=now,
            created_by=by,
            account=found.account,
            renews=True,
            epoch=parts.epoch(),
        )
        return await self._invite(made, secret, idempotency, officers, first=False)

    async def _invite(
        self,
        made: Invitation,
        secret: str,
        idempotency: Idempotency | None,
        officers: tuple[str, ...],
        *,
        first: bool,
    ) -> Invited:
        def function(loaded: Loaded) -> Commit[Invitation]:
            roster = people.open_only(loaded.states[ROSTER] or Roster(), made.created, made.epoch)
            roster = people.invited(roster, made, officers, first=first, command=made.created_by == COMMAND)
            facts = {"invitation": made.id, "staff": made.staff, "roles": made.roles, "renews": made.renews}
            noted = entry("staff_invited", made.created, made.created_by, officers=officers, **facts)
            return Commit(made, (Change(ROSTER, roster, noted),))

        done = await self._parts.store.transact([ROSTER], function, now=made.created, idempotency=idempotency)
        return Invited(done.result, None if done.replayed else secret, done.replayed)

    async def withdraw(
        self, invitation: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[Invitation]:
        """End an open invitation. Raises NotFoundError."""
        now = self._parts.time()

        def function(loaded: Loaded) -> Commit[Invitation]:
            roster: Roster = loaded.states[ROSTER] or Roster()
            found = next((each for each in roster.invitations if each.id == invitation), None)
            if found is None:
                raise NotFoundError("there is no such invitation", code="invitation_not_found")
            noted = entry("staff_invitation_withdrawn", now, by, invitation=invitation)
            return Commit(found, (Change(ROSTER, people.without(roster, invitation), noted),))

        return await self._parts.store.transact([ROSTER], function, now=now, idempotency=idempotency)

    async def enrol_options(self, secret: str) -> tuple[Invitation, dict[str, Any]]:
        """The invitation of a link, and what the browser needs. Raises SignInRefusedError."""
        found, now = await self._invitation(secret), self._parts.time()
        known = ()
        options = self._parts.passkeys.registration(
            found.staff, found.email, found.name, ENROL, _bound(found), known, now
        )
        return found, options

    async def enrol(self, secret: str, challenge: str, response: Json, name: str) -> Staff:
        """Take the passkey that this link asked for; the link is used up. Raises SignInRefusedError."""
        found, now = await self._invitation(secret), self._parts.time()
        try:
            made = self._parts.passkeys.register(found.staff, response, challenge, ENROL, _bound(found), name, now)
        except PasskeyFailed as error:
            raise people.unusable(error.code) from error
        subject = subject_of(found.staff)
        passkey = Passkey(made.id, made.secret, name, created=now)

        def function(loaded: Loaded) -> Commit[Staff]:
            roster: Roster = loaded.states[ROSTER] or Roster()
            people.find(roster, secret, now, loaded.epoch)  # once more: it may have been used a moment ago
            after = people.enrolled(found, loaded.states[subject], passkey, now)
            noted = entry("staff_enrolled", now, found.created_by, staff=after.id, roles=after.roles)
            return Commit(
                after,
                (
                    Change(subject, after, noted, aliases=(passkey_alias(passkey.id),)),
                    Change(ROSTER, listed(people.without(roster, found.id), after)),
                ),
            )

        try:
            return (await self._parts.store.transact([ROSTER, subject], function, now=now)).result
        except DuplicateAliasError:
            raise people.unusable("passkey_known") from None

    async def change_roles(
        self,
        staff: str,
        roles: Iterable[Role],
        *,
        by: str,
        officers: tuple[str, ...],
        since: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Committed[Member]:
        """Other roles, approved by two; every session of theirs ends. Raises ConflictError, DutiesError."""
        wanted = check_duties(roles)

        def changed(before: Staff, now: int) -> Staff:
            people.check_fresh(before, since)
            return msgspec.structs.replace(before, roles=wanted, sessions=(), changed=now)

        return await self._change(staff, changed, "staff_roles_changed", by, officers, idempotency)

    async def disable(self, staff: str, *, by: str, idempotency: Idempotency | None = None) -> Committed[Member]:
        """End everything that they may do, at once. The last administrator stays. Again changes nothing."""

        def changed(before: Staff, now: int) -> Staff:
            if before.disabled is not None:
                return before
            return msgspec.structs.replace(before, disabled=now, disabled_by=by, sessions=(), changed=now)

        return await self._change(staff, changed, "staff_disabled", by, (), idempotency)

    async def enable(
        self,
        staff: str,
        *,
        by: str,
        officers: tuple[str, ...],
        since: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Committed[Member]:
        """Let somebody back, approved by two. Raises ConflictError."""

        def changed(before: Staff, now: int) -> Staff:
            people.check_fresh(before, since)
            if before.disabled is None:
                return before
            return msgspec.structs.replace(before, disabled=None, disabled_by="", sessions=(), changed=now)

        return await self._change(staff, changed, "staff_enabled", by, officers, idempotency)

    async def _change(
        self,
        staff: str,
        change: Callable[[Staff, int], Staff],
        kind: str,
        by: str,
        officers: tuple[str, ...],
        idempotency: Idempotency | None,
    ) -> Committed[Member]:
        now, subject = self._parts.time(), subject_of(staff)

        def function(loaded: Loaded) -> Commit[Member]:
            before = loaded.states[subject]
            if not isinstance(before, Staff):
                raise NotFoundError("there is no such member of staff", code="staff_not_found")
            after = change(before, now)
            roster = listed(loaded.states[ROSTER] or Roster(), after)
            if after.disabled is not None:
                roster = people.shut_out(roster, staff)
            line = roster.member(staff)
            if line is None:  # `listed` put it there
                raise ConflictError("the roster does not know this person")
            if after == before:
                return Commit(line)
            people.check_administrator_left(roster)
            noted = entry(kind, now, by, staff=staff, roles=after.roles, officers=officers)
            return Commit(line, (Change(subject, after, noted), Change(ROSTER, roster)))

        return await self._parts.store.transact([ROSTER, subject], function, now=now, idempotency=idempotency)

    async def _invitation(self, secret: str) -> Invitation:
        roster = await self._parts.store.read(ROSTER)
        if not isinstance(roster, Roster):
            raise SignInRefusedError("this link does not work", code="link_refused")
        return people.find(roster, secret, self._parts.time(), self._parts.epoch())


def _bound(invitation: Invitation) -> dict[str, Any]:
    return {"invitation": invitation.id, "epoch": invitation.epoch}
