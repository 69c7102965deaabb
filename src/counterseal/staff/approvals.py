# SPDX-License-Identifier: Apache-2.0
"""Approvals: what two people sign, and the pure rules about it. Times are ms since the epoch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import rfc8785

from counterseal.core.errors import ConflictError, ForbiddenError, InputError
from counterseal.staff.model import HOUR, Member, Roster, name_of
from counterseal.staff.roles import APPROVE, scopes_of

LIFETIME: Final = 24 * HOUR
SIGNERS: Final = 2
MOST_OPEN: Final = 500
MOST_HELD: Final = 2_000  # draws and marks of one day
MOST_OF_ONE: Final = 50  # open proposals of one person: a queue that nobody can read protects nobody
QUEUE: Final = "queue:approvals"
_NEWEST_FIRST: Final = 2**44  # ids fall with time, so that the store's id order is newest first


class ApprovalError(ForbiddenError):
    """An approval does not cover this, or this person may not sign it."""

    code = "approval_refused"


class Signature(msgspec.Struct, frozen=True):
    """One person's assertion over the digest."""

    staff: str
    credential: bytes
    at: int


class Approval(msgspec.Struct, frozen=True, omit_defaults=True):
    """One operation, as two people approve it. `body`: canonical JSON; `status`: open | approved | used | rejected
    as stored (`status_of` knows of the others); `scopes`: what each signer must have."""

    id: str
    method: str
    path: str
    body: bytes
    digest: bytes
    reason: str
    proposed_by: str
    created: int
    scopes: tuple[str, ...]
    account: str = ""  # whom it is about: no signer may be its owner
    staff: str = ""  # the same, for operations about a member of staff
    sensitive: bool = False
    assigned: str = ""  # the only one who may sign second
    signatures: tuple[Signature, ...] = ()
    status: str = "open"
    ended: int | None = None  # when it was used or rejected
    ended_by: str = ""
    ended_reason: str = ""
    key: bytes = b""  # the one write that used it
    epoch: int = 0

    @property
    def expires(self) -> int:
        """From when on it cannot be signed or used (ms)."""
        return self.created + LIFETIME

    @property
    def signers(self) -> tuple[str, ...]:
        """Who signed, in order."""
        return tuple(each.staff for each in self.signatures)


class Assignment(msgspec.Struct, frozen=True):
    """Who was drawn for an operation ("" = nobody yet). `target`: see `target_of`. Proposing it anew, in other
    words or without `sensitive`, draws nobody else."""

    target: bytes = msgspec.field(name="digest")
    staff: str
    until: int


class Queue(msgspec.Struct, frozen=True, omit_defaults=True):
    """Approvals that are neither used nor rejected, and the draws that still hold."""

    waiting: tuple[tuple[str, str, int], ...] = ()  # id, proposed by, expires
    assignments: tuple[Assignment, ...] = ()


def subject_of(approval: str) -> str:
    """The store's name for an approval."""
    return f"approval:{approval}"


def id_at(now: int, random: bytes) -> str:
    """An id of which newer ones come first."""
    return f"ap_{_NEWEST_FIRST - now:011x}{random.hex()}"


def canonical(body: Any) -> bytes:
    """A body in its one spelling (RFC 8785); raises InputError for numbers that have none."""
    try:
        return bytes(rfc8785.dumps(body))
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeEncodeError) as error:
        raise InputError("the body has no canonical form (RFC 8785)", code="approval_body_invalid") from error


def digest_of(method: str, path: str, body: bytes) -> bytes:
    """SHA-256 of the RFC 8785 form of [method, path, body]; `body` is canonical already."""
    head = rfc8785.dumps([method, path])[:-1]
    return hashlib.sha256(head + b"," + body + b"]").digest()


def target_of(approval: Approval) -> bytes:
    """What a draw is for: method and path. A body in other words is the same case."""
    return hashlib.sha256(rfc8785.dumps([approval.method, approval.path])).digest()


def status_of(approval: Approval, roster: Roster, now: int, epoch: int) -> str:
    """Open | approved | used | rejected | expired | void (a signer may not sign any more,
    or has the passkey no more, or a restore)."""
    if approval.status in {"used", "rejected"}:
        return approval.status
    if approval.epoch != epoch or any(not _stands(approval, roster, each) for each in approval.signatures):
        return "void"
    return approval.status if approval.created <= now < approval.expires else "expired"


def check_usable(approval: Approval, roster: Roster, now: int, epoch: int) -> None:
    """Raise ApprovalError unless two able people signed and nothing ended it."""
    status = status_of(approval, roster, now, epoch)
    if status == "open":
        raise ApprovalError("two different people must sign first", code="approval_incomplete")
    if status != "approved" or len(set(approval.signers)) < SIGNERS:
        raise ApprovalError(f"this approval is {status}", code=f"approval_{status}", hint="propose it again")


def check_signer(approval: Approval, member: Member | None) -> None:
    """Raise ApprovalError unless this person may sign now."""
    if member is None or not _able(approval, member, about_self=True):
        raise ApprovalError("your roles do not reach this operation", code="approval_scope")
    if not _able(approval, member):
        raise ApprovalError("nobody approves what is about themselves", code="approval_own_account")
    if member.id in approval.signers:
        raise ApprovalError("two different people sign; you have signed", code="approval_same_person")
    if approval.assigned and approval.assigned != member.id:
        raise ApprovalError("somebody else was drawn to sign second", code="approval_assigned")


def check_open(status: str) -> None:
    """Raise ConflictError unless signatures are still taken."""
    if status != "open":
        raise ConflictError(f"this approval is {status}", code="approval_over")


def signed(approval: Approval, signature: Signature) -> Approval:
    """With one signature more; the second approves it."""
    signatures = (*approval.signatures, signature)
    status = "approved" if len(signatures) >= SIGNERS else "open"
    return msgspec.structs.replace(approval, signatures=signatures, status=status)


def draw(
    approval: Approval, roster: Roster, queue: Queue, chance: bytes, now: int
) -> tuple[Approval, tuple[Assignment, ...]]:
    """Who signs a sensitive approval second: drawn after the first signature, never its proposer."""
    held = tuple(each for each in queue.assignments if each.until > now)
    if not approval.sensitive or approval.status != "open":
        return approval, held
    proposer = approval.proposed_by.removeprefix("staff:")
    able = [
        each.id
        for each in roster.members
        if _able(approval, each) and each.id not in approval.signers and each.id != proposer
    ]
    if not able:
        raise ConflictError("nobody else may sign this", code="approval_unassignable")
    target = target_of(approval)
    earlier = next((each.staff for each in held if each.target == target and each.staff in able), None)
    drawn = earlier or able[int.from_bytes(chance) % len(able)]
    if earlier is None:
        held = (*held, Assignment(target, drawn, now + LIFETIME))
    return msgspec.structs.replace(approval, assigned=drawn), held


def waiting(queue: Queue, now: int) -> tuple[tuple[str, str, int], ...]:
    """The lines of the queue that have not expired."""
    return tuple(line for line in queue.waiting if line[2] > now)


def put(queue: Queue, approval: Approval, now: int) -> tuple[Queue, Approval]:
    """The queue with one approval more, sensitive if it was so within a day; raises ConflictError when there are
    too many."""
    lines, target = waiting(queue, now), target_of(approval)
    held = tuple(each for each in queue.assignments if each.until > now)
    known = any(each.target == target for each in held)
    own = sum(by == approval.proposed_by for _, by, _ in lines)
    if len(lines) >= MOST_OPEN or own >= MOST_OF_ONE or len(held) >= MOST_HELD:
        raise ConflictError(
            "too many approvals wait", code="approval_limit", hint="sign or reject some of them first"
        )
    line = (approval.id, approval.proposed_by, approval.expires)
    if approval.sensitive and not known:
        held = (*held, Assignment(target, "", now + LIFETIME))
    approval = msgspec.structs.replace(approval, sensitive=approval.sensitive or known)
    return msgspec.structs.replace(queue, waiting=(line, *lines), assignments=held), approval


def taken(queue: Queue, approval: str, now: int) -> Queue:
    """The queue without one approval."""
    return msgspec.structs.replace(
        queue, waiting=tuple(line for line in waiting(queue, now) if line[0] != approval)
    )


def reaches(scopes: Iterable[str], approval: Approval) -> bool:
    """Whether these scopes reach the operation, and approving."""
    return {APPROVE, *approval.scopes} <= set(scopes)


def _stands(approval: Approval, roster: Roster, signature: Signature) -> bool:
    """Whether a signature still counts: its signer may sign, and has its passkey (one that was stolen is gone)."""
    member = roster.member(signature.staff)
    return _able(approval, member) and member is not None and name_of(signature.credential) not in member.removed


def _able(approval: Approval, member: Member | None, *, about_self: bool = False) -> bool:
    """Whether this person may sign at all; `about_self`: leaving aside whom it is about."""
    if member is None or member.disabled or not reaches(scopes_of(member.roles), approval):
        return False
    if about_self:
        return True
    own = bool(approval.account) and member.account == approval.account
    return not own and member.id != approval.staff
