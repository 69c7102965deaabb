# SPDX-License-Identifier: Apache-2.0
"""Calls of the desk's letters, rule packs and rota. Times are ms since the epoch."""

from __future__ import annotations

from typing import Any

import msgspec

from counterseal.sdk.transport import Call, segment, write

Json = dict[str, Any]


class LetterEdit(msgspec.Struct, frozen=True):
    """Who wrote which words, and when."""

    at: int
    by: str
    digest: str


class DeskLetter(msgspec.Struct, frozen=True):
    """`state`: draft | approved | sent | failed | discarded; `way`: mail | post | portal; `digest`: signed."""

    id: str
    request: str
    reference: str
    kind: str
    state: str
    language: str
    subject: str
    text: str
    authority: str
    way: str
    contact: str | None
    to: str | None
    digest: str
    edits: tuple[LetterEdit, ...]
    approved: int | None
    officers: tuple[str, ...]
    sent: int | None
    error: str | None


class LetterRecipient(msgspec.Struct, frozen=True):
    """A contact of the registry that counts for the request."""

    contact: str
    kind: str
    value: str
    office: str
    person: str


class LetterWord(msgspec.Struct, frozen=True):
    """A code of the templates, in both languages."""

    code: str
    english: str
    chinese: str


class LetterOptions(msgspec.Struct, frozen=True):
    """Whom a letter may go to, and what it can say."""

    recipients: tuple[LetterRecipient, ...]
    clarification: tuple[LetterWord, ...]
    refusal: tuple[LetterWord, ...]
    categories: tuple[LetterWord, ...]


class RulePack(msgspec.Struct, frozen=True):
    """A rule pack in the list. It is not legal advice; `caveat` says what whoever uses it must know."""

    name: str
    title: str
    chinese: str
    zone: str
    caveat: str
    caveat_chinese: str
    bases: tuple[str, ...]


class Shift(msgspec.Struct, frozen=True):
    """Weekly hours in local time of `zone`. `days`: Monday is 0; `first`, `last`: local days, both included."""

    id: str
    staff: str
    duty: str
    days: tuple[int, ...]
    start: str
    end: str
    zone: str
    first: str
    last: str | None
    holidays: bool


class Away(msgspec.Struct, frozen=True):
    """An absence. `to`: who stands in, None = nobody."""

    id: str
    staff: str
    start: int
    end: int
    to: str | None
    reason: str
    by: str


class Holiday(msgspec.Struct, frozen=True):
    """A day on which the house is closed."""

    day: str
    name: str


class Gap(msgspec.Struct, frozen=True):
    """A time in which nobody is on duty, `start` <= t < `end`."""

    start: int
    end: int


class Rota(msgspec.Struct, frozen=True):
    """`on_duty`, `legal`: ids of staff, now; `gaps`: of the next 14 days."""

    revision: int
    on_duty: tuple[str, ...]
    legal: tuple[str, ...]
    gaps: tuple[Gap, ...]
    shifts: tuple[Shift, ...]
    away: tuple[Away, ...]
    holidays: tuple[Holiday, ...]


def list_letters(request: str) -> Call[tuple[DeskLetter, ...]]:
    """The letters of a request, the oldest first (desk:read)."""
    return Call("GET", _of(request, "letters"), tuple[DeskLetter, ...], member="items")


def letter_options(request: str) -> Call[LetterOptions]:
    """Whom a letter about a request may go to and what it can say (desk:read)."""
    return Call("GET", _of(request, "letter-options"), LetterOptions)


def read_letter(letter: str) -> Call[DeskLetter]:
    """One (desk:read)."""
    return Call("GET", _letter(letter), DeskLetter)


def write_letter(
    request: str,
    kind: str,
    *,
    language: str = "",
    contact: str = "",
    reasons: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
    key: str | None = None,
) -> Call[DeskLetter]:
    """A draft from the template of its kind (desk:write). `contact`: an id of the registry, "" = the first that
    counts, `portal` = the officer portal alone."""
    body = {
        "kind": kind,
        "language": language,
        "contact": contact,
        "reasons": list(reasons),
        "categories": list(categories),
    }
    return write(DeskLetter, _of(request, "letters"), body, key=key)


def edit_letter(
    letter: str, subject: str, text: str, *, contact: str | None = None, key: str | None = None
) -> Call[DeskLetter]:
    """Other words, or another contact of the registry (desk:write)."""
    body = {"subject": subject, "text": text, "contact": contact}
    return write(DeskLetter, f"{_letter(letter)}/edits", body, key=key)


def send_letter(letter: str, digest: str, *, approval: str, key: str | None = None) -> Call[DeskLetter]:
    """Send the words of this digest (desk:write, two passkeys). ConflictError: it was changed since."""
    return write(DeskLetter, f"{_letter(letter)}/send", {"digest": digest}, key=key, approval=approval)


def discard_letter(letter: str, *, key: str | None = None) -> Call[DeskLetter]:
    """It is not needed (desk:write)."""
    return write(DeskLetter, f"{_letter(letter)}/discard", None, key=key)


def list_rule_packs() -> Call[tuple[RulePack, ...]]:
    """The rule packs of the server (desk:read)."""
    return Call("GET", "/v1/desk/packs", tuple[RulePack, ...], member="items")


def read_rule_pack(pack: str) -> Call[Json]:
    """Legal bases, deadlines and rows of the matrix, with their sources (desk:read)."""
    return Call("GET", f"/v1/desk/packs/{segment(pack)}", Json)


def read_rota() -> Call[Rota]:
    """Who is on duty, who stands in, and when nobody is there (desk:read)."""
    return Call("GET", "/v1/desk/rota", Rota)


def enter_shift(shift: Json, *, key: str | None = None) -> Call[Rota]:
    """Weekly hours (desk:write): staff, duty, days, start, end, zone, first, last, holidays."""
    return write(Rota, "/v1/desk/rota/shifts", shift, key=key)


def enter_absence(absence: Json, *, key: str | None = None) -> Call[Rota]:
    """Somebody is away (desk:write): staff, start, end, to, reason."""
    return write(Rota, "/v1/desk/rota/absences", absence, key=key)


def enter_holiday(day: str, name: str, *, key: str | None = None) -> Call[Rota]:
    """The house is closed on that day, as 2026-12-25 (desk:write)."""
    return write(Rota, "/v1/desk/rota/holidays", {"day": day, "name": name}, key=key)


def remove_rota_entry(entry: str, *, key: str | None = None) -> Call[Rota]:
    """Take out a shift, an absence or a holiday (desk:write)."""
    return write(Rota, "/v1/desk/rota/removals", {"entry": entry}, key=key)


def _of(request: str, what: str) -> str:
    return f"/v1/desk/requests/{segment(request)}/{what}"


def _letter(letter: str) -> str:
    return f"/v1/desk/letters/{segment(letter)}"
