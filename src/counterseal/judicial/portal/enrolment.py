# SPDX-License-Identifier: Apache-2.0
"""From a link and a code to an account: the one came by mail, the other was read out on the call."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from counterseal.core.transaction import Change, Commit, DuplicateAliasError, Loaded
from counterseal.judicial.portal import model as m
from counterseal.judicial.portal import rules
from counterseal.judicial.portal.errors import PortalCodeError, PortalRefusedError
from counterseal.judicial.portal.ports import Json, Parts, PasskeyFailed, entry
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.registry.model import subject_of as authority_of

ENROL: Final = "portal_enrol"
MOST_LABEL: Final = 64


class Enrolling(msgspec.Struct, frozen=True):
    """Whose account it will be, and what the browser's passkeys are asked."""

    officer: str
    authority_name: str
    options: dict[str, Any]


class Tried(msgspec.Struct, frozen=True):
    """What came of a code. `left`: tries that are left."""

    right: bool
    left: int


class PortalEnrolment:
    """Invitations, as whoever holds their link uses them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def link(self, token: str) -> None:
        """Raise PortalLinkError unless the link opens something. It takes nothing and tells nothing."""
        await self._invitation(token)

    async def options(self, token: str, code: str) -> Enrolling:
        """What the browser needs for the passkey. A wrong code counts. Raises PortalCodeError, PortalLinkError."""
        invitation = await self._invitation(token)
        await self._check(invitation, code)
        authority = await self._parts.store.read(authority_of(invitation.authority))
        if not isinstance(authority, Authority):
            raise rules.over()
        account = _account_of(self._parts.secret, invitation)
        options = self._parts.passkeys.registration(
            *(account, invitation.officer, authority.name, ENROL, self._bound(invitation), self._parts.now())
        )
        return Enrolling(invitation.officer, authority.name, dict(options))

    async def enrol(self, token: str, code: str, challenge: str, response: Json, label: str) -> str:
        """The account, once; its id. Raises PortalCodeError, PortalLinkError, PortalRefusedError."""
        invitation = await self._invitation(token)
        await self._check(invitation, code)
        now, name = self._parts.now(), _account_of(self._parts.secret, invitation)
        called = " ".join(each for each in label.split() if each.isprintable())[:MOST_LABEL] or "passkey"
        try:
            found = self._parts.passkeys.register(
                *(name, response, challenge, ENROL, self._bound(invitation), called, now)
            )
        except PasskeyFailed as error:
            raise PortalRefusedError("this passkey cannot be used") from error
        passkey = m.Passkey(found.id, found.secret, called, now)

        def function(loaded: Loaded) -> Commit[m.Named]:
            held = loaded.states.get(m.invitation_of(invitation.id))
            if not isinstance(held, m.Invitation) or not rules.live(held, now, loaded.epoch):
                raise rules.over()
            account = _made(held, name, passkey, now)
            authority = loaded.states.get(authority_of(held.authority))
            if rules.fault(account, authority if isinstance(authority, Authority) else None, now):
                raise rules.over()
            index = loaded.states.get(m.ACCOUNTS) or m.Accounts()
            used = msgspec.structs.replace(held, ended="used", account=name)
            noted = entry("enrolled", now, f"{m.BY}{name}", authority=held.authority, invitation=held.id)
            changes = (
                Change(m.account_of(name), account, noted, aliases=(rules.alias_of(passkey.id),)),
                Change(m.invitation_of(held.id), used),
                Change(m.ACCOUNTS, index.enrolled(name, held.id)),
            )
            return Commit(m.Named(name), changes)

        place = authority_of(invitation.authority)
        keys = [m.invitation_of(invitation.id), m.account_of(name), m.ACCOUNTS, place]
        try:
            return (await self._parts.store.transact(keys, function, now=now)).result.id
        except DuplicateAliasError as error:
            raise PortalRefusedError("this passkey cannot be used") from error

    async def _invitation(self, token: str) -> m.Invitation:
        name = rules.invitation_in(self._parts.secret, token)
        held = await self._parts.store.read(m.invitation_of(name))
        if not isinstance(held, m.Invitation) or not rules.live(held, self._parts.now(), self._parts.epoch()):
            raise rules.over()
        return held

    async def _check(self, invitation: m.Invitation, code: str) -> None:
        """Compare inside the commit that counts: tries at the same time are tries one after the other."""
        now, subject = self._parts.now(), m.invitation_of(invitation.id)
        right = rules.right_code(self._parts.secret, invitation.id, code)

        def function(loaded: Loaded) -> Commit[Tried]:
            held = loaded.states.get(subject)
            if not isinstance(held, m.Invitation) or not rules.live(held, now, loaded.epoch):
                raise rules.over()
            if right:
                return Commit(Tried(right=True, left=m.TRIES - held.tries))
            after = rules.tried(held)
            noted = entry("code_wrong", now, "link", invitation=held.id, tries=after.tries)
            return Commit(Tried(right=False, left=m.TRIES - after.tries), (Change(subject, after, noted),))

        found = (await self._parts.store.transact([subject], function, now=now)).result
        if not found.right and not found.left:
            raise rules.over()
        if not found.right:
            raise PortalCodeError(found.left)

    def _bound(self, invitation: m.Invitation) -> Json:
        return {"epoch": self._parts.epoch(), "invitation": invitation.id}


def _account_of(secret: bytes, invitation: m.Invitation) -> str:
    """The id of the account that comes of an invitation: the options and the answer mean one user."""
    return f"pa_{rules.name_of(secret, invitation.id)}"


def _made(held: m.Invitation, name: str, passkey: m.Passkey, now: int) -> m.Account:
    return m.Account(
        *(name, held.authority, held.officer, now, held.call.at, held.call, held.mail, held.officers, held.id),
        passkeys=(passkey,),
    )
