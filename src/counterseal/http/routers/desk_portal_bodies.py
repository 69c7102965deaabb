# SPDX-License-Identifier: Apache-2.0
"""What routes about accounts of the officers' portal take and answer."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from counterseal.http.body import Body, Reply
from counterseal.http.routers.desk_requests_bodies import Named, Reason, Short, Time
from counterseal.http.routers.staff_bodies import NOON
from counterseal.judicial.portal import model as m
from counterseal.judicial.portal.office import Invite, Seen
from counterseal.judicial.registry.model import WAIT


class PortalCallBody(Body, frozen=True):
    """The call to the office: a number of the registry, when (ms), which of ours called (staff id), and whom they
    spoke to."""

    contact: Named
    at: Time
    by: Named
    spoke_to: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class PortalInviteBody(Body, frozen=True):
    """Who gets an account. `mail`: a contact of the registry where the link goes, empty = the first that counts."""

    authority: Named
    officer: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    call: PortalCallBody
    mail: Short = ""
    language: Annotated[str, msgspec.Meta(pattern="^(en|zh)$")] = "en"


class PortalRenewBody(Body, frozen=True):
    """The call by which the account gets another year."""

    call: PortalCallBody


class PortalEndBody(Body, frozen=True):
    """Why the account or the invitation ends."""

    reason: Reason


class PortalInvitedView(Reply, frozen=True):
    """`code`: to read out on the call; it is told this once, null when the write is repeated. `to`: where the link
    goes; `expires` (ms): when it ends."""

    id: str
    authority: str
    officer: str
    to: str
    code: str | None
    expires: int


class PortalCallView(Reply, frozen=True):
    """A call to the office."""

    contact: str
    at: int
    by: str
    spoke_to: str


class PortalInvitationView(Reply, frozen=True):
    """An invitation. `tries`: wrong codes so far; `sent` (ms): when the letter went out; `ended`: how it ended
    (used, code, failed, revoked), null = it can be used until `expires` (ms)."""

    id: str
    authority: str
    officer: str
    to: str
    made: int
    expires: int
    officers: list[str]
    tries: int
    sent: int | None
    ended: str | None


class PortalAccountView(Reply, frozen=True):
    """An account. `confirmed` (ms): the first call; `counts_from` (ms): from when on a log-in is evidence; `fault`:
    why it counts for nothing (ended, year_over, authority_ended, contact_ended), null = it counts; `ends` (ms)."""

    id: str
    authority: str
    authority_name: str
    officer: str
    created: int
    confirmed: int
    counts_from: int
    ends: int
    fault: str | None
    call: PortalCallView
    mail: str
    officers: list[str]
    passkeys: int
    last_sign_in: int | None
    ended: int | None
    ended_by: str | None
    ended_reason: str | None


class PortalAccountList(Reply, frozen=True):
    """Accounts, the newest first, and the invitations that are open."""

    items: list[PortalAccountView]
    invitations: list[PortalInvitationView]


def call_of(given: PortalCallBody) -> m.Call:
    """The call as it is kept."""
    return m.Call(given.contact, given.at, given.by, " ".join(given.spoke_to.split()))


def invite_of(given: PortalInviteBody) -> Invite:
    """The invitation as it is asked for."""
    return Invite(given.authority, given.officer, call_of(given.call), given.mail, given.language)


def account_view(seen: Seen) -> PortalAccountView:
    """An account for staff."""
    held = seen.account
    return PortalAccountView(
        id=held.id,
        authority=held.authority,
        authority_name=seen.authority_name,
        officer=held.officer,
        created=held.created,
        confirmed=held.confirmed,
        counts_from=held.confirmed + WAIT,
        ends=seen.ends,
        fault=seen.fault or None,
        call=PortalCallView(**msgspec.structs.asdict(held.call)),
        mail=held.mail,
        officers=list(held.officers),
        passkeys=len(held.passkeys),
        last_sign_in=held.signins[-1].at if held.signins else None,
        ended=held.ended,
        ended_by=held.ended_by or None,
        ended_reason=held.ended_reason or None,
    )


def invitation_view(held: m.Invitation) -> PortalInvitationView:
    """An invitation for staff: neither its link nor its code."""
    return PortalInvitationView(
        id=held.id,
        authority=held.authority,
        officer=held.officer,
        to=held.to,
        made=held.made,
        expires=held.made + m.LINK_LIFE,
        officers=list(held.officers),
        tries=held.tries,
        sent=held.sent,
        ended=held.ended or None,
    )


CALL: Final = PortalCallBody(contact="ct_1", at=NOON, by="st_1", spoke_to="the clerk on duty")
INVITED: Final = PortalInvitedView(
    id="pi0a1b2c3d4e5f",
    authority="nm-district-court",
    officer="J. Doe",
    to="registry@court.example",
    code="K7QM-2XWD",
    expires=NOON + m.LINK_LIFE,
)
INVITATION: Final = PortalInvitationView(
    id=INVITED.id,
    authority=INVITED.authority,
    officer=INVITED.officer,
    to=INVITED.to,
    made=NOON,
    expires=INVITED.expires,
    officers=["st_1", "st_2"],
    tries=0,
    sent=NOON + 2_000,
    ended=None,
)
ACCOUNT: Final = PortalAccountView(
    id="pa_0a1b2c3d4e5f607182",
    authority=INVITED.authority,
    authority_name="District Court of Northmark",
    officer=INVITED.officer,
    created=NOON,
    confirmed=NOON,
    counts_from=NOON + WAIT,
    ends=NOON + m.YEAR,
    fault=None,
    call=PortalCallView(contact="ct_1", at=NOON, by="st_1", spoke_to="the clerk on duty"),
    mail="ct_2",
    officers=["st_1", "st_2"],
    passkeys=1,
    last_sign_in=None,
    ended=None,
    ended_by=None,
    ended_reason=None,
)
