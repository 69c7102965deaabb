# SPDX-License-Identifier: Apache-2.0
"""Disclosures in the store and in the log. Times are ms since the epoch.

The log entry is the disclosure: it is written in the commit that changes the state, so nothing is handed out that
the log does not know, and nothing stands there twice. It holds names and salted digests of fields, never a value.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from counterseal.core.errors import ConflictError, InputError, NotFoundError, UnavailableError
from counterseal.core.transaction import Change, Codec, Entry, Message, StructCodec
from counterseal.judicial.disclosure import model as m
from counterseal.judicial.requests.model import JudicialRequest
from counterseal.judicial.requests.model import subject_of as request_subject

TOPIC: Final = "disclosure"
_LATEST: Final = 1 << 48  # ms; ids count down, so that the newest comes first in id order

CODECS: Final[dict[str, Codec]] = {
    "disclosure": StructCodec(m.Disclosure),
    "disclosure_package": StructCodec(m.Package),
    "disclosure_mark": StructCodec(m.Marked),
}


class DisclosureError(ConflictError):
    """The request or the disclosure is not in a state for this."""

    code = "disclosure_conflict"


class FieldRefusedError(ConflictError):
    """A field that leaves under no order, or that the matrix does not know."""

    code = "field_refused"


class GoneError(ConflictError):
    """The package cannot be fetched any more (HTTP 410). The hint says what the authority can do."""

    code = "package_gone"


class PlatformError(UnavailableError):
    """The platform did not answer, or not as it should: nothing was built."""

    code = "platform_away"


class NoPlatformError(ConflictError):
    """The settings name no platform to ask for data."""

    code = "platform_missing"


class DeliveryKeyError(InputError):
    """This is no key that a package can be encrypted to."""

    code = "delivery_key_invalid"


AGAIN: Final = "Write to the desk under the reference of the request: after a call-back it can build another one."


def new_id(now: int, chance: bytes) -> str:
    """An id; in id order the newest disclosure stands first."""
    return f"dsc_{_LATEST - now:012x}{chance.hex()}"


def unknown() -> NotFoundError:
    """No disclosure under this id, or another token: the answer is the same."""
    return NotFoundError("there is no such package", code="disclosure_unknown")


def gone(held: m.Disclosure) -> GoneError:
    """Why a package cannot be fetched any more."""
    sentences = {
        "fetched": "the package was fetched: it is given out once",
        "expired": "the package was not fetched in time and is destroyed",
        "revoked": "the package was withdrawn and is destroyed",
    }
    return GoneError(sentences.get(held.ended, "the package is gone"), code=f"package_{held.ended}", hint=AGAIN)


def entry(kind: str, at: int, by: str, held: m.Disclosure, **more: Any) -> Entry:
    """A line of the disclosure log: who, what, for whom, on which ground; names and digests, never values."""
    facts = {
        "by": by,
        "id": held.id,
        "request": held.request,
        "authority": held.authority,
        "fields": [msgspec.to_builtins(field) for field in held.fields],
        "basis": held.basis,
        "approvers": list(held.approvers),
        "key": held.key,
        "key_kind": held.key_kind,
        "package_sha256": held.package_sha256,
        "canaries": [msgspec.to_builtins(mark) for mark in held.canaries],
        "silence_basis": held.silence_basis,
        "silence_until": held.silence_until,
        "ended": held.ended,
        **more,
    }
    return Entry(kind, at, "", msgspec.json.encode(facts, order="sorted"))


def viewed(request: JudicialRequest, by: str, purpose: str, at: int) -> Change:
    """Somebody of staff looked at what would go out: an event like a view of an account."""
    fields = [[field.account, field.name] for field in request.fields]
    facts = {"by": by, "id": request.id, "purpose": purpose, "fields": fields}
    payload = msgspec.json.encode(facts, order="sorted")
    return Change(request_subject(request.id), request, Entry("disclosure_previewed", at, "", payload))


def wake(disclosure: str, what: str, at: int, turn: str = "") -> Message:
    """An outbox row that wakes the desk: `what` is expire, tell, remind or expose. `turn` tells repeats apart."""
    name = f"{disclosure}/{what}" + (f"/{turn}" if turn else "")
    return Message(name, TOPIC, m.subject_of(disclosure), what.encode(), at)
