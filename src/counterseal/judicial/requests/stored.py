# SPDX-License-Identifier: Apache-2.0
"""Requests of authorities and their indexes as stored. Times are ms since the epoch."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from counterseal.core.errors import ConflictError, NotFoundError
from counterseal.core.transaction import Codec, StructCodec
from counterseal.judicial.requests.model import JudicialRequest, State

TICKS: Final = "desk_clock"  # messages of the desk to itself: a deadline has come
FOLLOW: Final = "desk_followup"  # a request moved: what follows for the accounts that it names
ORDERS: Final = "desk_order"  # an order to be carried out on an account
INBOX: Final = "judicial_inbox:open"
MOST_OPEN: Final = 5_000
MOST_INDEXED: Final = 200
_LATEST: Final = 1 << 48  # ms; ids count down, so that the newest request comes first in id order


class RequestRuleError(ConflictError):
    """The request does not allow this now."""

    code = "request_conflict"


class Inbox(msgspec.Struct, frozen=True, omit_defaults=True):
    """Requests that have not ended, the oldest first."""

    open: tuple[str, ...] = ()


class Numbers(msgspec.Struct, frozen=True):
    """The last reference number given out in a year."""

    last: int = 0


class Bearers(msgspec.Struct, frozen=True, omit_defaults=True):
    """Requests that bear one mark (a case number, the bytes of a document), the oldest first."""

    requests: tuple[str, ...] = ()


class Opened(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a write under its Idempotency-Key."""

    id: str


class Moved(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request went from one state to another (`before` None: it came in)."""

    request: str
    after: State
    at: int
    by: str
    before: State | None = None


class Order(msgspec.Struct, frozen=True):
    """An account to be frozen by a request that two officers approved."""

    request: str
    account: str
    officers: tuple[str, ...]


class Tick(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deadline of a request: `name` of its clock, or of the desk's own (`second_officer`, `emergency_review`)."""

    request: str
    name: str
    due: int


CODECS: Final[dict[str, Codec]] = {
    "judicial_request": StructCodec(JudicialRequest),
    "judicial_inbox": StructCodec(Inbox),
    "judicial_numbers": StructCodec(Numbers),
    "judicial_case": StructCodec(Bearers),
    "judicial_bytes": StructCodec(Bearers),
}


def new_id(now: int, chance: bytes) -> str:
    """An id; in id order the newest request stands first."""
    return f"jr_{_LATEST - now:012x}{chance.hex()}"


def numbers_of(year: int) -> str:
    """Where the reference numbers of a year are counted."""
    return f"judicial_numbers:{year}"


def folded_case(case_number: str) -> str:
    """A case number without what people write differently: case, spaces and separators."""
    return "".join(each for each in case_number.casefold() if each.isalnum())


def case_of(authority: str, case_number: str) -> str:
    """Where it stands which requests bear this case number of this authority (a name as claimed, or an id)."""
    told = f"{' '.join(authority.casefold().split())}\n{folded_case(case_number)}"
    return f"judicial_case:{hashlib.sha256(told.encode()).hexdigest()}"


def bytes_of(sha256: str) -> str:
    """Where it stands which requests came with these bytes."""
    return f"judicial_bytes:{sha256}"


def with_bearer(held: Bearers | None, request: str) -> Bearers:
    """The index with one request more, once; of too many the oldest and the newest are kept."""
    before = () if held is None else held.requests
    if request in before:
        return Bearers(before)
    return Bearers((*before[: MOST_INDEXED - 1], request))


def unknown() -> NotFoundError:
    """No request under this id."""
    return NotFoundError("there is no such request", code="request_unknown")
