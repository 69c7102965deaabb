# SPDX-License-Identifier: Apache-2.0
"""What staff's routes take and answer. Times are ms since the epoch."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from counterseal.access.model import Scope
from counterseal.http.body import Body, Reply
from counterseal.http.routing import IDENTIFIER
from counterseal.staff.model import Invitation, Member, Session, Staff
from counterseal.staff.roles import Role
from counterseal.staff.sessions import Bounds, id_of

Identifier = Annotated[str, msgspec.Meta(pattern=IDENTIFIER, max_length=128)]
Challenge = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class SignInView(Reply, frozen=True):
    """Ways to sign in. `single_sign_on`: the button's text, or null; `name`: the platform's."""

    name: str
    passkeys: bool
    single_sign_on: str | None


class OptionsView(Reply, frozen=True):
    """Hand `public_key` to `navigator.credentials` (PublicKeyCredential*OptionsJSON, WebAuthn L3)."""

    public_key: dict[str, Any]


class EnrolOptionsView(Reply, frozen=True):
    """Who the link is for, and what `navigator.credentials.create` takes."""

    name: str
    email: str
    roles: list[Role]
    public_key: dict[str, Any]


class AnswerBody(Body, frozen=True):
    """`challenge`: that of the options; `response`: `credential.toJSON()`."""

    challenge: Challenge
    response: dict[str, Any]


class EnrolBody(Body, frozen=True):
    """`name`: what its owner calls this passkey."""

    challenge: Challenge
    response: dict[str, Any]
    name: Label = "passkey"


class StaffView(Reply, frozen=True):
    """A member of staff."""

    id: str
    name: str
    email: str
    roles: list[Role]
    account: str
    disabled: bool


class SessionView(Reply, frozen=True):
    """Who is signed in, with what they may do. `expires` unless a request comes; `ends` in any case."""

    id: str
    staff: StaffView
    scopes: list[Scope]
    assurance: str
    created: int
    expires: int
    ends: int


class SessionLine(Reply, frozen=True):
    """A live session. `agent`: the browser's own word; `here`: this very one."""

    id: str
    staff: str
    created: int
    last: int
    expires: int
    assurance: str
    agent: str
    here: bool


class SessionList(Reply, frozen=True):
    """Newest first."""

    items: list[SessionLine]


class EndedView(Reply, frozen=True):
    """How many sessions ended."""

    ended: int


class InvitationView(Reply, frozen=True):
    """An open invitation. `renews`: it gives somebody who is here a new passkey."""

    id: str
    staff: str
    name: str
    email: str
    roles: list[Role]
    created: int
    created_by: str
    expires: int
    renews: bool


class InvitedView(Reply, frozen=True):
    """`link` is shown this once; null when the request is repeated."""

    link: str | None
    invitation: InvitationView


class StaffList(Reply, frozen=True):
    """Everybody in the order of their coming, and open invitations (to administrators only)."""

    items: list[StaffView]
    invitations: list[InvitationView]


class InviteBody(Body, frozen=True):
    """A new person. `account`: their own customer account; `first`: only while nobody is there."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    roles: Annotated[list[Role], msgspec.Meta(min_length=1, max_length=8)]
    account: Identifier | None = None
    first: bool = False


class RolesBody(Body, frozen=True):
    """All roles from now on."""

    roles: Annotated[list[Role], msgspec.Meta(min_length=1, max_length=8)]


class SessionsQuery(Body, frozen=True):
    """Whose sessions; yours if nobody is named."""

    staff: Identifier | msgspec.UnsetType = msgspec.UNSET


class CallbackQuery(Body, frozen=True, forbid_unknown_fields=False):
    """What an identity provider sends back (OpenID Connect Core, section 3.1.2.5; RFC 9207)."""

    code: Annotated[str, msgspec.Meta(max_length=1024)] = ""
    state: Annotated[str, msgspec.Meta(max_length=256)] = ""
    error: Annotated[str, msgspec.Meta(max_length=256)] = ""
    iss: Annotated[str, msgspec.Meta(max_length=512)] = ""


NOON: Final = 1_717_934_400_000  # 9 June 2024, 12:00 UTC
STAFF: Final = StaffView(
    id="st_0a1b2c3d4e5f607182",
    name="Ines",
    email="ines@example.test",
    roles=[Role.FRAUD],
    account="",
    disabled=False,
)
SESSION: Final = SessionView(
    id="st_0a1b2c3d4e5f607182.9f86d081884c7d65",
    staff=STAFF,
    scopes=[Scope.ACCOUNTS_READ, Scope.APPROVALS, Scope.STAFF_OFFICER, Scope.STAFF_READ],
    assurance="passkey",
    created=NOON,
    expires=NOON + 900_000,
    ends=NOON + 28_800_000,
)
INVITATION: Final = InvitationView(
    id="5f2b8c3d9e1a7f6042",
    staff="st_1b2c3d4e5f60718293",
    name="Omar",
    email="omar@example.test",
    roles=[Role.LEGAL],
    created=NOON,
    created_by="staff:st_0a1b2c3d4e5f607182",
    expires=NOON + 86_400_000,
    renews=False,
)
REQUEST_OPTIONS: Final = {
    "challenge": "AVZcuvC1fZ6xXyC0wGq3mw",
    "timeout": 300_000,
    "rpId": "counterseal.example.test",
    "allowCredentials": [],
    "userVerification": "required",
}
CREATE_OPTIONS: Final = {
    "rp": {"id": "counterseal.example.test", "name": "Example Exchange"},
    "user": {"id": "c3RfMQ", "name": "omar@example.test", "displayName": "Omar"},
    "challenge": "AVZcuvC1fZ6xXyC0wGq3mw",
    "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
}
ASSERTION: Final = {
    "id": "q83v",
    "rawId": "q83v",
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "MEUC"},
    "clientExtensionResults": {},
}
ANSWER: Final = AnswerBody(challenge="AVZcuvC1fZ6xXyC0wGq3mw", response=ASSERTION)


def member_view(member: Member) -> StaffView:
    """A line of the roster."""
    return StaffView(
        id=member.id,
        name=member.name,
        email=member.email,
        roles=list(member.roles),
        account=member.account,
        disabled=member.disabled,
    )


def staff_view(staff: Staff) -> StaffView:
    """A person, without passkeys and sessions."""
    return member_view(
        Member(staff.id, staff.name, staff.email, staff.roles, staff.account, staff.disabled is not None)
    )


def session_view(staff: Staff, session: Session, bounds: Bounds) -> SessionView:
    """Who is signed in."""
    return SessionView(
        id=id_of(staff.id, session),
        staff=staff_view(staff),
        scopes=sorted(Scope(name) for name in staff.scopes(session.assurance)),
        assurance=session.assurance,
        created=session.created,
        expires=bounds.expires(session),
        ends=session.created + bounds.longest,
    )


def session_line(staff: str, session: Session, bounds: Bounds, here: str) -> SessionLine:
    """A line of the list of sessions; `here`: the caller's own."""
    identity = id_of(staff, session)
    return SessionLine(
        id=identity,
        staff=staff,
        created=session.created,
        last=session.last,
        expires=bounds.expires(session),
        assurance=session.assurance,
        agent=session.agent,
        here=identity == here,
    )


def invitation_view(invitation: Invitation, expires: int) -> InvitationView:
    """An invitation without its secret."""
    return InvitationView(
        id=invitation.id,
        staff=invitation.staff,
        name=invitation.name,
        email=invitation.email,
        roles=list(invitation.roles),
        created=invitation.created,
        created_by=invitation.created_by,
        expires=expires,
        renews=invitation.renews,
    )
