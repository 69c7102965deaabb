# SPDX-License-Identifier: Apache-2.0
"""A member of staff's own passkeys: one more with the help of one that they have, or one less."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.transaction import Change, Commit, Committed, DuplicateAliasError, Idempotency, Loaded
from counterseal.staff import people, sessions
from counterseal.staff.model import (
    MOST_PASSKEYS,
    ROSTER,
    Passkey,
    Roster,
    Staff,
    entry,
    listed,
    passkey_alias,
    subject_of,
    without_passkeys,
)
from counterseal.staff.ports import Json, Parts, PasskeyFailed
from counterseal.staff.signin import not_signed_in, used

ADD, PROVE = "staff_passkey_add", "staff_passkey_prove"


class Answer(msgspec.Struct, frozen=True):
    """A challenge and the browser's answer to it."""

    challenge: str
    response: Json


def id_of(passkey: Passkey) -> str:
    """The name of a passkey in lists and paths."""
    return hashlib.sha256(passkey.id).hexdigest()[:16]


class Keys:
    """Passkeys of people who are signed in, over a store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def options(self, staff: Staff) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the browser needs to prove a passkey that is there, and to make a new one."""
        now, known = self._parts.time(), [each.secret for each in staff.passkeys]
        passkeys, content = self._parts.passkeys, self._content(staff)
        prove = passkeys.assertion(PROVE, content, known, now)
        return prove, passkeys.registration(staff.id, staff.email, staff.name, ADD, content, known, now)

    async def add(
        self, staff: Staff, proof: Answer, made: Answer, name: str, *, idempotency: Idempotency | None = None
    ) -> Committed[Staff]:
        """One passkey more. A session alone is not enough: `proof` is by an enrolled one. Raises InputError."""
        now, subject, passkeys = self._parts.time(), subject_of(staff.id), self._parts.passkeys
        earlier = None if idempotency is None else await self._parts.store.replayed(idempotency)
        if earlier is not None:
            return earlier
        content = self._content(staff)
        try:
            credential = passkeys.credential_of(proof.response)
            old = next((each for each in staff.passkeys if each.id == credential), None)
            if old is None:
                raise people.unusable("passkey_unknown")
            asserted = passkeys.check(old.secret, proof.response, proof.challenge, PROVE, content, now)
            found = passkeys.register(staff.id, made.response, made.challenge, ADD, content, name, now)
        except PasskeyFailed as error:
            raise people.unusable(error.code) from error
        new = Passkey(found.id, found.secret, name, created=now)

        def function(loaded: Loaded) -> Commit[Staff]:
            fresh = loaded.states[subject]
            if not isinstance(fresh, Staff) or fresh.disabled is not None:
                raise not_signed_in()
            if len(fresh.passkeys) >= MOST_PASSKEYS:
                raise ConflictError("there are too many passkeys; remove one first", code="passkey_limit")
            proved = used(fresh, old, asserted, now)
            after = msgspec.structs.replace(proved, passkeys=(*proved.passkeys, new))
            noted = entry("staff_passkey_added", now, f"staff:{staff.id}", passkey=name)
            return Commit(after, (Change(subject, after, noted, aliases=(passkey_alias(new.id),)),))

        try:
            return await self._parts.store.transact([subject], function, now=now, idempotency=idempotency)
        except DuplicateAliasError:
            raise people.unusable("passkey_known") from None

    async def remove(
        self, staff: str, passkey: str, session: str, *, idempotency: Idempotency | None = None
    ) -> Committed[Staff]:
        """One passkey less, never the last; every other session ends. Raises NotFoundError, ConflictError."""
        now, subject = self._parts.time(), subject_of(staff)

        def function(loaded: Loaded) -> Commit[Staff]:
            fresh = loaded.states[subject]
            if not isinstance(fresh, Staff):
                raise NotFoundError("there is no such member of staff", code="staff_not_found")
            gone = [each for each in fresh.passkeys if id_of(each) == passkey]
            if not gone:
                raise NotFoundError("there is no such passkey", code="passkey_not_found")
            if len(fresh.passkeys) == 1:
                raise ConflictError("the last passkey stays", code="last_passkey", hint="add another first")
            after = sessions.kept(
                without_passkeys(fresh, gone), lambda each: sessions.id_of(staff, each) == session
            )
            noted = entry("staff_passkey_removed", now, f"staff:{staff}", passkey=passkey)
            roster = listed(loaded.states[ROSTER] or Roster(), after)
            return Commit(after, (Change(subject, after, noted), Change(ROSTER, roster)))

        return await self._parts.store.transact([ROSTER, subject], function, now=now, idempotency=idempotency)

    def _content(self, staff: Staff) -> dict[str, Any]:
        if staff.disabled is not None:
            raise InputError("this person is disabled", code="staff_disabled")
        return {"staff": staff.id, "epoch": self._parts.epoch()}
