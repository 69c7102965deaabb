# SPDX-License-Identifier: Apache-2.0
"""Which fields go out, and what of the platform's answer belongs to them: default deny at both ends.

The matrix of the rule pack was asked when the fields were approved. Here stands what no pack, order or officer can
open: fields that are never handed out, fields that nobody knows, and whatever the platform sends unasked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import rfc8785

from counterseal.judicial.disclosure.model import NEVER, Shown
from counterseal.judicial.disclosure.ports import Got, Wanted
from counterseal.judicial.disclosure.stored import FieldRefusedError, PlatformError
from counterseal.judicial.packs.model import FIELD_TIERS
from counterseal.judicial.requests.model import Field, JudicialRequest, Window

MOST_FIELDS: Final = 2_000  # 200 users with ten each
MOST_ROWS: Final = 100_000
AT: Final = "at"  # the column of a row's time (ms)


def fault_of(field: Field, accounts: Iterable[str]) -> str:
    """Why this field does not go out, as a code; empty = it does."""
    if field.name in NEVER:
        return "field_never"
    if FIELD_TIERS.get(field.name) != field.tier:
        return "field_unknown"
    return "" if field.account in accounts else "field_of_another"


def checked(request: JudicialRequest) -> tuple[Wanted, ...]:
    """What the platform is asked for. Raises FieldRefusedError for a list with one field that does not go out."""
    if not request.fields or len(request.fields) > MOST_FIELDS:
        raise FieldRefusedError("no fields were approved", code="fields_none")
    for field in request.fields:
        if fault := fault_of(field, request.accounts):
            raise FieldRefusedError(f"`{field.name}` is not handed out", code=fault)
    pairs = {(field.account, field.name) for field in request.fields}
    if len(pairs) != len(request.fields):
        raise FieldRefusedError("a field of an account stands twice", code="field_twice")
    return tuple(Wanted(field.account, field.name, field.window) for field in request.fields)


def kept(wanted: tuple[Wanted, ...], got: tuple[Got, ...]) -> tuple[tuple[Got, ...], Mapping[tuple[str, str], int]]:
    """The answer as it goes out, in the order of `wanted`, and how many rows of each field lie outside its window.

    Raises PlatformError for what was not asked for, and FieldRefusedError for a column that never leaves.
    """
    found = {(each.account, each.name): each for each in got}
    asked = {(each.account, each.name) for each in wanted}
    if len(found) != len(got) or not found.keys() <= asked:
        raise PlatformError("the platform sent what it was not asked for", code="platform_unasked")
    result, outside = [], {}
    for each in wanted:
        answer = found.get((each.account, each.name), Got(each.account, each.name))
        rows = tuple(row for row in answer.rows if _inside(row, each.window))
        _check_columns(each.name, answer)
        outside[each.account, each.name] = len(answer.rows) - len(rows)
        result.append(msgspec.structs.replace(answer, rows=rows))
    return tuple(result), outside


def shown(field: Field, got: Got, outside: int, refused: str) -> Shown:
    """A field for the preview."""
    if refused:
        return Shown(field.account, field.name, field.tier, field.reason, refused=refused)
    return Shown(
        *(field.account, field.name, field.tier, field.reason),
        present=not got.empty,
        rows=len(got.rows),
        outside=outside,
        masked=masked(got),
    )


def masked(got: Got) -> str:
    """Enough to see that it is the right kind of value, too little to use it."""
    if got.files:
        return ", ".join(f"{file.media_type}, {len(file.data)} bytes" for file in got.files)
    if got.rows:
        return ", ".join(sorted({name for row in got.rows for name in row}))
    return f"{got.text[:1]}… ({len(got.text)} characters)" if got.text else ""


def canonical(got: Got, digests: tuple[str, ...]) -> bytes:
    """One spelling of a value (RFC 8785), for its digest: [text, rows, files as name, type and SHA-256]."""
    files = [[file.name, file.media_type, digest] for file, digest in zip(got.files, digests, strict=True)]
    return bytes(rfc8785.dumps([got.text, [dict(row) for row in got.rows], files]))


def _inside(row: Mapping[str, str], window: Window | None) -> bool:
    if window is None:
        return True
    at = row.get(AT, "")
    if not (at.isascii() and at.isdigit() and len(at) <= 15):  # noqa: PLR2004 - ms until the year 33658
        raise PlatformError("a row of a window has no time", code="platform_timeless")
    return window.start <= int(at) < window.end


def _check_columns(name: str, got: Got) -> None:
    columns = {column for row in got.rows for column in row}
    if bad := sorted(columns & NEVER):
        raise FieldRefusedError(f"the platform's `{name}` holds `{bad[0]}`, which never leaves", code="field_never")
    if len(got.rows) > MOST_ROWS:
        raise PlatformError(f"`{name}` has more than {MOST_ROWS} rows", code="platform_too_much")
