# SPDX-License-Identifier: Apache-2.0
"""What the routes of approvals take and answer. Times are ms since the epoch."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from counterseal.http.body import Body, Reply
from counterseal.http.routers.staff_bodies import NOON, Challenge, Identifier
from counterseal.http.staff_names import STAFF
from counterseal.staff.desk import Shown

Status = Literal["open", "approved", "used", "rejected", "expired", "void"]


class ProposeBody(Body, frozen=True):
    """`operation`: "METHOD /path"; `body`: exactly what will be sent, null for none. `sensitive`: who signs second
    is drawn by lot after the first signature."""

    operation: Annotated[str, msgspec.Meta(pattern="^(POST|PUT|PATCH|DELETE) /v1/[A-Za-z0-9._~/-]{1,400}$")]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    body: dict[str, Any] | None = None
    sensitive: bool = False


class SignBody(Body, frozen=True):
    """`challenge`: that of the options; `response`: `credential.toJSON()`."""

    challenge: Challenge
    response: dict[str, Any]


class RejectBody(Body, frozen=True):
    """Why it is not done."""

    reason: Annotated[str, msgspec.Meta(max_length=100)] = ""


class ApprovalsQuery(Body, frozen=True):
    """Which part of the list."""

    status: Status | msgspec.UnsetType = msgspec.UNSET
    after: Identifier | msgspec.UnsetType = msgspec.UNSET
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class SignatureView(Reply, frozen=True):
    """Who signed and when. `name`: of the person, as staff know it."""

    staff: str
    name: str
    at: int


class ApprovalView(Reply, frozen=True):
    """What two people sign. `digest`: hex of SHA-256 over the RFC 8785 form of [method, path, body].

    `scopes`: what each signer needs; `assigned`: the only one who may sign second, or null; `can_sign`: whether you
    may now, else `obstacle` is the code of why not. `people`: names of the staff that it speaks of, by id.
    """

    id: str
    operation: str
    body: dict[str, Any] | None
    digest: str
    reason: str
    account: str | None
    status: Status
    sensitive: bool
    assigned: str | None
    proposed_by: str
    created: int
    expires: int
    scopes: list[str]
    signatures: list[SignatureView]
    ended: int | None
    ended_by: str
    ended_reason: str
    can_sign: bool
    obstacle: str
    people: dict[str, str]


class ApprovalList(Reply, frozen=True):
    """Newest first. `next`: the `after` of the next page, or null."""

    items: list[ApprovalView]
    next: str | None


APPROVAL: Final = ApprovalView(
    id="ap_0e6f0c2b3ff9f86d081884c",
    operation="POST /v1/accounts/u-1001/unfreeze",
    body=None,
    digest="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    reason="reached the owner on the old number",
    account="u-1001",
    status="open",
    sensitive=False,
    assigned=None,
    proposed_by="staff:st_0a1b2c3d4e5f607182",
    created=NOON,
    expires=NOON + 86_400_000,
    scopes=["staff:officer"],
    signatures=[SignatureView(staff="st_0a1b2c3d4e5f607182", name="Ines", at=NOON + 1000)],
    ended=None,
    ended_by="",
    ended_reason="",
    can_sign=False,
    obstacle="approval_same_person",
    people={"st_0a1b2c3d4e5f607182": "Ines"},
)


def approval_view(shown: Shown, names: dict[str, str]) -> ApprovalView:
    """An approval as one member of staff sees it; `names`: staff id -> name."""
    found = shown.approval
    spoken = (found.proposed_by, found.ended_by, found.assigned, found.staff, *(x.staff for x in found.signatures))
    ids = {caller.removeprefix(STAFF) for caller in spoken}
    return ApprovalView(
        id=found.id,
        operation=f"{found.method} {found.path}",
        body=msgspec.json.decode(found.body),
        digest=found.digest.hex(),
        reason=found.reason,
        account=found.account or None,
        status=msgspec.convert(shown.status, Status),
        sensitive=found.sensitive,
        assigned=found.assigned or None,
        proposed_by=found.proposed_by,
        created=found.created,
        expires=found.expires,
        scopes=list(found.scopes),
        signatures=[
            SignatureView(staff=each.staff, name=names.get(each.staff, ""), at=each.at) for each in found.signatures
        ],
        ended=found.ended,
        ended_by=found.ended_by,
        ended_reason=found.ended_reason,
        can_sign=not shown.obstacle,
        obstacle=shown.obstacle,
        people={identity: name for identity, name in names.items() if identity in ids},
    )
