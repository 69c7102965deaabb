# SPDX-License-Identifier: Apache-2.0
"""Invitations and accounts of the officers' portal as stored. Times are ms since the epoch.

Neither the link's token nor the code is stored: both follow from the invitation's id and a secret of the desk.
"""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.transaction import Codec, StructCodec
from counterseal.judicial.requests.model import Identifier, Type, Window

HOUR: Final = 60 * 60 * 1000
DAY: Final = 24 * HOUR
LINK_LIFE: Final = 72 * HOUR
YEAR: Final = 365 * DAY  # from the last call to the office
CALL_WITHIN: Final = 24 * HOUR  # of the call, to invite on it
TRIES: Final = 5
IDLE: Final = 15 * 60 * 1000
LONGEST: Final = 8 * HOUR
MOST_ACCOUNTS: Final = 1_000  # that nobody ended
MOST_INVITATIONS: Final = 200  # open at the same time
MOST_ENDED: Final = 1_000  # accounts that were ended, the newest are listed
MOST_REQUESTS: Final = 5_000  # of one authority, the newest are listed
MOST_SESSIONS: Final = 5
MOST_SIGNINS: Final = 10
MOST_DOCUMENTS: Final = 10  # of one request
FILES_AN_HOUR: Final = 30
BYTES_AN_HOUR: Final = 200 * 1024 * 1024
REQUESTS_AN_HOUR: Final = 10
TOPIC: Final = "desk_portal"
ACCOUNTS: Final = "portal_accounts:all"
BY: Final = "portal:"


class Call(msgspec.Struct, frozen=True):
    """The call to the office: `contact` of the registry, when (ms), which of ours called, whom they spoke to."""

    contact: str
    at: int
    by: str
    spoke_to: str


class Invitation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A link for one enrolment. `mail`: the contact of the registry that it goes to, `to` its value then;
    `tries`: wrong codes; `sent`: when the letter went out; `ended`: used, code (wrong ones), failed
    (the letter) or revoked."""

    id: str
    authority: str
    officer: str
    language: str
    call: Call
    mail: str
    to: str
    made: int
    officers: tuple[str, ...]
    epoch: int
    tries: int = 0
    sent: int | None = None
    error: str = ""
    account: str = ""
    ended: str = ""


class Passkey(msgspec.Struct, frozen=True, omit_defaults=True):
    """A passkey of an account. `secret`: the credential in the form of the factors area."""

    id: bytes
    secret: bytes
    name: str
    created: int
    last: int = 0


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sign-in: the SHA-256 of the cookie's secret, never the secret."""

    digest: bytes
    created: int
    last: int
    agent: str = ""
    epoch: int = 0

    @property
    def id(self) -> str:
        """Its name in lists: it opens nothing."""
        return self.digest.hex()[:16]


class SignedAt(msgspec.Struct, frozen=True):
    """A sign-in that was."""

    at: int
    agent: str = ""


class Taken(msgspec.Struct, frozen=True):
    """A file or a request that counts towards the limit of an hour; `size`: bytes, 0 = a request."""

    at: int
    size: int


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account of an authority's person. `confirmed`: the first call; `call`: the last one, from which the year
    runs; `mail`: the contact that the link went to; `officers`: who invited."""

    id: str
    authority: str
    officer: str
    created: int
    confirmed: int
    call: Call
    mail: str
    officers: tuple[str, ...]
    invitation: str
    passkeys: tuple[Passkey, ...] = ()
    sessions: tuple[Session, ...] = ()
    signins: tuple[SignedAt, ...] = ()
    spent: tuple[tuple[str, int], ...] = ()  # challenges that were used, and until when they are remembered
    taken: tuple[Taken, ...] = ()
    ended: int | None = None
    ended_by: str = ""
    ended_reason: str = ""


class Accounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Accounts that nobody ended, invitations that may be open, and accounts that were ended; the oldest first."""

    accounts: tuple[str, ...] = ()
    invitations: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()

    def enrolled(self, account: str, invitation: str) -> Accounts:
        """With the account that came of an invitation."""
        left = tuple(each for each in self.invitations if each != invitation)
        return Accounts((*self.accounts, account), left, self.ended)

    def without(self, account: str) -> Accounts:
        """With an account among those that were ended."""
        left = tuple(each for each in self.accounts if each != account)
        return Accounts(left, self.invitations, (*self.ended, account)[-MOST_ENDED:])


class Handed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came with a request of the portal besides the request: whose it is, and its words as they were given.
    `documents`: of the portal's accounts, as handed in."""

    request: str
    authority: str
    account: str
    at: int
    legal_basis: str = ""
    note: str = ""
    documents: tuple[str, ...] = ()


class HandedBy(msgspec.Struct, frozen=True):
    """The requests that an authority's accounts handed in, the oldest first."""

    requests: tuple[str, ...] = ()


class Submission(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request as its form was filled in. `legal_basis`: in the officer's words; `about`: the request that it
    changes or lifts; `documents`: handed in before, by this very account."""

    type: Type
    case_number: str
    legal_basis: str
    identifiers: tuple[Identifier, ...] = ()
    categories: tuple[str, ...] = ()
    window: Window | None = None
    documents: tuple[str, ...] = ()
    about: str = ""
    delivery_key: str = ""
    note: str = ""
    language: str = "en"


class Named(msgspec.Struct, frozen=True):
    """What is kept of a write under its Idempotency-Key."""

    id: str


CODECS: Final[dict[str, Codec]] = {
    "portal_invitation": StructCodec(Invitation),
    "portal_account": StructCodec(Account),
    "portal_accounts": StructCodec(Accounts),
    "portal_request": StructCodec(Handed),
    "portal_requests": StructCodec(HandedBy),
}


def invitation_of(invitation: str) -> str:
    """Where an invitation is kept."""
    return f"portal_invitation:{invitation}"


def account_of(account: str) -> str:
    """Where an account is kept."""
    return f"portal_account:{account}"


def handed_of(request: str) -> str:
    """Where it stands that a request came by the portal."""
    return f"portal_request:{request}"


def handed_by(authority: str) -> str:
    """Where the requests of an authority's accounts stand in order."""
    return f"portal_requests:{authority}"
