# SPDX-License-Identifier: Apache-2.0
"""Members of staff, their passkeys, sessions and invitations as stored. Times are ms since the epoch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from counterseal.core.errors import CountersealError, ForbiddenError, InputError
from counterseal.core.transaction import Entry
from counterseal.staff.roles import PASSKEY_ONLY, Role, scopes_of
from counterseal.staff.text import is_plain

HOUR: Final = 3_600_000
INVITATION_LIFETIME: Final = 24 * HOUR
MOST_NAME: Final = 100
MOST_STAFF: Final = 1_000
MOST_SESSIONS: Final = 10  # of one person; the longest idle ends when one more begins
MOST_PASSKEYS: Final = 10
MOST_INVITATIONS: Final = 100
MOST_REMOVED: Final = 200  # passkeys; each is remembered for longer than an approval lives
NAME: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,100}")
EMAIL: Final = re.compile(r"[^\s@<>\"\x00-\x1f\x7f\ud800-\udfff]{1,64}@[A-Za-z0-9.-]{1,189}")
ROSTER: Final = "roster:staff"


class SignInRefusedError(CountersealError):
    """A sign-in, an enrolment or a session was refused; the sentence does not say why (HTTP 401)."""

    code = "sign_in_refused"


class StaffRuleError(ForbiddenError):
    """A rule about staff forbids this."""

    code = "staff_rule"


class Passkey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A passkey of a member of staff. `secret`: the credential in the form of the factors area."""

    id: bytes
    secret: bytes
    name: str
    created: int
    last: int = 0


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sign-in: the SHA-256 of the cookie's secret, never the secret. `assurance`: passkey | oidc."""

    digest: bytes
    created: int
    last: int
    assurance: str
    agent: str = ""  # the browser's own word, for the list of sessions
    epoch: int = 0  # a restored store knows no older session


class Staff(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of staff. `account`: their own customer account, about which they decide nothing."""

    id: str
    name: str
    email: str
    roles: tuple[Role, ...]
    created: int
    created_by: str
    account: str = ""
    disabled: int | None = None
    disabled_by: str = ""
    passkeys: tuple[Passkey, ...] = ()
    sessions: tuple[Session, ...] = ()
    spent: tuple[tuple[str, int], ...] = ()  # challenges that were used, and until when they are remembered
    removed: tuple[bytes, ...] = ()  # names of passkeys that are gone, newest last
    changed: int = 0  # when roles or standing changed last

    def scopes(self, assurance: str = "passkey") -> frozenset[str]:
        """What this person may do in a session of this assurance; nothing once disabled."""
        if self.disabled is not None:
            return frozenset()
        found = scopes_of(self.roles)
        return found if assurance == "passkey" else found - PASSKEY_ONLY


class Invitation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A link for one enrolment. `digest`: SHA-256 of its secret; `staff`: who they are or will be; `renews`: they
    are there already and get a new passkey in place of all that they had."""

    id: str
    digest: bytes
    staff: str
    name: str
    email: str
    roles: tuple[Role, ...]
    created: int
    created_by: str
    account: str = ""
    renews: bool = False
    epoch: int = 0  # a restored store knows no older link

    def live(self, now: int, epoch: int) -> bool:
        """Whether the link may be used at `now`."""
        return self.epoch == epoch and self.created <= now < self.created + INVITATION_LIFETIME


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the roster."""

    id: str
    name: str
    email: str
    roles: tuple[Role, ...]
    account: str = ""
    disabled: bool = False
    removed: tuple[bytes, ...] = ()  # as in Staff: what they signed counts no more


class Roster(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everybody, in the order of their coming, and the invitations that are open."""

    members: tuple[Member, ...] = ()
    invitations: tuple[Invitation, ...] = ()

    def member(self, staff: str) -> Member | None:
        """The line of this person."""
        return next((each for each in self.members if each.id == staff), None)

    def administrators(self, *, also_disabled: bool = False) -> list[str]:
        """Ids of administrators."""
        return [
            each.id
            for each in self.members
            if Role.ADMINISTRATOR in each.roles and (also_disabled or not each.disabled)
        ]

    def by_email(self, email: str) -> Member | None:
        """Whoever has this address."""
        return next((each for each in self.members if folded(each.email) == folded(email)), None)


def subject_of(staff: str) -> str:
    """The store's name for a member of staff."""
    return f"staff:{staff}"


def passkey_alias(credential: bytes) -> str:
    """The alias that leads from a passkey to its owner."""
    return f"staff_passkey:{hashlib.sha256(credential).hexdigest()}"


def name_of(credential: bytes) -> bytes:
    """What is remembered of a passkey that is gone: 16 bytes of its id's SHA-256."""
    return hashlib.sha256(credential).digest()[:16]


def without_passkeys(staff: Staff, gone: Iterable[Passkey]) -> Staff:
    """The person without these passkeys, whose signatures count no more."""
    names = tuple(name_of(each.id) for each in gone)
    left = tuple(each for each in staff.passkeys if name_of(each.id) not in names)
    return msgspec.structs.replace(staff, passkeys=left, removed=(*staff.removed, *names)[-MOST_REMOVED:])


def digest_of(secret: str) -> bytes:
    """What is stored instead of a secret of 32 random bytes: its SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def entry(kind: str, at: int, by: str, **facts: Any) -> Entry:
    """A log entry about staff: who did it and what, never a secret."""
    return Entry(kind, at, "", msgspec.json.encode({"by": by, **facts}, order="sorted"))


def folded(email: str) -> str:
    """An address as it is compared: ASCII letters in one case, all else as it is. Unicode's folding would make one
    person of two mailboxes (strasse, straße)."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in email)


def check_person(name: str, email: str) -> None:
    """Raise InputError unless name and e-mail address are ones that we keep."""
    if not NAME.fullmatch(name) or name != name.strip() or not is_plain(name, MOST_NAME):
        raise InputError(
            "a name has 1 to 100 characters on one line, none of which turns its direction",
            code="staff_name_invalid",
        )
    if not EMAIL.fullmatch(email):
        raise InputError("this is no e-mail address", code="staff_email_invalid")


def listed(roster: Roster, staff: Staff) -> Roster:
    """The roster with this person's line renewed."""
    line = Member(
        *(staff.id, staff.name, staff.email, staff.roles, staff.account),
        disabled=staff.disabled is not None,
        removed=staff.removed,
    )
    others = tuple(line if each.id == staff.id else each for each in roster.members)
    if roster.member(staff.id) is None:
        others = (*others, line)
    return msgspec.structs.replace(roster, members=others)
