# SPDX-License-Identifier: Apache-2.0
"""Pure rules about members of staff and their invitations."""

from __future__ import annotations

import hmac

import msgspec

from counterseal.core.errors import ConflictError, ForbiddenError, InputError
from counterseal.staff.model import (
    MOST_INVITATIONS,
    MOST_STAFF,
    Invitation,
    Passkey,
    Roster,
    SignInRefusedError,
    Staff,
    digest_of,
    folded,
    without_passkeys,
)
from counterseal.staff.roles import GRANTED_BY_TWO

TWO = 2


def unusable(code: str) -> InputError:
    """An enrolment whose passkey did not pass. Whoever holds the link may know why."""
    return InputError("this passkey cannot be used", code=code, hint="use the link again, or ask for a new one")


def open_only(roster: Roster, now: int, epoch: int) -> Roster:
    """The roster with only those invitations that may still be used."""
    live = tuple(each for each in roster.invitations if each.live(now, epoch))
    return msgspec.structs.replace(roster, invitations=live)


def without(roster: Roster, invitation: str) -> Roster:
    """The roster without one invitation."""
    return msgspec.structs.replace(
        roster, invitations=tuple(each for each in roster.invitations if each.id != invitation)
    )


def shut_out(roster: Roster, staff: str) -> Roster:
    """The roster without the invitations that somebody made or that would renew them."""
    kept = tuple(x for x in roster.invitations if x.staff != staff and x.created_by != f"staff:{staff}")
    return msgspec.structs.replace(roster, invitations=kept)


def find(roster: Roster, secret: str, now: int, epoch: int) -> Invitation:
    """The open invitation of a link's secret; raises SignInRefusedError, without a word why."""
    digest = digest_of(secret)
    for each in roster.invitations:
        if hmac.compare_digest(each.digest, digest) and each.live(now, epoch):
            return each
    raise SignInRefusedError(
        "this link does not work",
        code="link_refused",
        hint="it works once and for 24 hours; ask an administrator for another",
    )


def needs_two(roster: Roster, made: Invitation) -> bool:
    """Whether two administrators must approve it: once there were two, nobody brings in approvers alone."""
    grants = made.renews or bool(GRANTED_BY_TWO.intersection(made.roles))
    return grants and len(roster.administrators(also_disabled=True)) >= TWO


def invited(roster: Roster, made: Invitation, officers: tuple[str, ...], *, first: bool, command: bool) -> Roster:
    """The roster with one invitation more. `command`: it comes from the machine that holds the master key."""
    if first and roster.members:
        raise ConflictError("there is staff already", code="staff_exists", hint="an administrator invites others")
    if first:
        roster = msgspec.structs.replace(roster, invitations=())  # an earlier first link that was lost
    if not command and len(officers) < TWO and needs_two(roster, made):
        raise ForbiddenError(
            "two administrators approve this invitation",
            code="approval_needed",
            hint="propose it at POST /v1/approvals, have two sign it, and send it with the header `Approval`",
        )
    known = roster.by_email(made.email)
    waiting = [each for each in roster.invitations if folded(each.email) == folded(made.email)]
    if (known is not None and known.id != made.staff) or (waiting and not made.renews):
        raise ConflictError("somebody with this e-mail address is here or invited", code="staff_email_taken")
    if len(roster.invitations) >= MOST_INVITATIONS or len(roster.members) >= MOST_STAFF:
        raise ConflictError("there are too many invitations or people", code="staff_limit")
    others = tuple(each for each in roster.invitations if each.staff != made.staff)
    return msgspec.structs.replace(roster, invitations=(*others, made))


def enrolled(invitation: Invitation, before: Staff | None, passkey: Passkey, now: int) -> Staff:
    """Who an invitation and a passkey make. A renewal ends all earlier passkeys and sessions."""
    if before is not None:
        if not invitation.renews or before.disabled is not None:
            raise SignInRefusedError("this link does not work", code="link_refused")
        bare = without_passkeys(before, before.passkeys)
        return msgspec.structs.replace(bare, passkeys=(passkey,), sessions=(), changed=now)
    return Staff(
        id=invitation.staff,
        name=invitation.name,
        email=invitation.email,
        roles=invitation.roles,
        created=now,
        created_by=invitation.created_by,
        account=invitation.account,
        passkeys=(passkey,),
    )


def check_fresh(staff: Staff, since: int | None) -> None:
    """Raise ConflictError if roles or standing changed after `since` (ms), when an approval was proposed."""
    if since is not None and staff.changed > since:
        raise ConflictError(
            "this person's standing changed after it was proposed", code="approval_stale", hint="propose it again"
        )


def check_administrator_left(roster: Roster) -> None:
    """Raise ConflictError if nobody could administer any more."""
    if not roster.administrators():
        raise ConflictError(
            "the last administrator stays one", code="last_administrator", hint="invite another administrator first"
        )
