# SPDX-License-Identifier: Apache-2.0
"""What the recipient reads: a ZIP of `disclosure.json`, the same as `disclosure.txt`, and the files.

The values are what the platform said, letter for letter. What makes this copy one of a kind is around them: the
reference, the contact address, and blanks at the ends of lines (canaries.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from counterseal.judicial.disclosure.canaries import alias_of, digest_of, reference_of, salt_of, with_format
from counterseal.judicial.disclosure.fields import canonical
from counterseal.judicial.disclosure.model import Canary, Handed
from counterseal.judicial.disclosure.ports import File, Got
from counterseal.judicial.requests.model import Field, JudicialRequest, Window

_SAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # of a ZIP: when it was packed is nobody's business but the log's
NOTE: Final = (
    "This copy was made for one recipient and is marked as such. The values are as the platform holds them. "
    "Nobody needs a password, a code or a key to check them."
)


class Content(msgspec.Struct, frozen=True):
    """What goes into a package. `got`: in the order of `request.fields`."""

    disclosure: str
    request: JudicialRequest
    authority: str  # its name
    built: int
    contact: str  # the desk's address
    canaries: tuple[Canary, ...]
    got: tuple[Got, ...]
    key: bytes  # of salts


def packed(content: Content) -> tuple[bytes, tuple[Handed, ...]]:
    """The ZIP in plain, and what the log says of each field."""
    tags = {mark.kind: mark.tag for mark in content.canaries}
    pairs = list(zip(content.request.fields, content.got, strict=True))
    fields = [_field(content, field, got) for field, got in pairs]
    head = _head(content, tags)
    text = json.dumps({**head, "fields": fields}, indent=1, ensure_ascii=False)
    files = {
        "disclosure.json": with_format(text, tags["format"]).encode(),
        "disclosure.txt": with_format("\n".join(_lines(head, fields)), tags["format"]).encode(),
        **{_path(field, number, file): file.data for field, got in pairs for number, file in enumerate(got.files)},
    }
    handed = tuple(
        Handed(field.account, field.name, field.tier, entry["digest"])
        for (field, _), entry in zip(pairs, fields, strict=True)
    )
    return _zip(files), handed


def _head(content: Content, tags: dict[str, str]) -> dict[str, Any]:
    request = content.request
    return {
        "counterseal_disclosure": 1,
        "reference": reference_of(tags["reference"]),
        "request": request.reference,
        "authority": content.authority,
        "case_number": request.case_number,
        "legal_basis": request.legal_basis,
        "built": _time(content.built),
        "contact": alias_of(content.contact, tags["alias"]),
        "note": NOTE,
    }


def _field(content: Content, field: Field, got: Got) -> dict[str, Any]:
    digests = tuple(hashlib.sha256(file.data).hexdigest() for file in got.files)
    salt = salt_of(content.key, content.disclosure, field.account, field.name)
    entry: dict[str, Any] = {
        "account": field.account,
        "field": field.name,
        "tier": field.tier,
        "window": _window(field.window),
        "salt": salt.hex(),
        "digest": digest_of(salt, canonical(got, digests)),
    }
    if got.empty:
        return {**entry, "held": False}
    if got.text:
        entry["value"] = got.text
    if got.rows:
        entry["rows"] = [dict(row) for row in got.rows]
    if got.files:
        named = zip(got.files, digests, strict=True)
        entry["files"] = [
            {"path": _path(field, number, file), "name": file.name, "media_type": file.media_type, "sha256": digest}
            for number, (file, digest) in enumerate(named)
        ]
    return {**entry, "held": True}


def _lines(head: dict[str, Any], fields: list[dict[str, Any]]) -> Iterator[str]:
    for name, value in head.items():
        yield f"{name}: {_one_line(value)}"
    for entry in fields:
        yield ""
        yield f"{_one_line(entry['account'])}  {entry['field']}  ({entry['tier']}{_in_words(entry['window'])})"
        if not entry["held"]:
            yield "  the platform holds nothing"
        if "value" in entry:
            yield f"  {_one_line(entry['value'])}"
        for row in entry.get("rows", ()):
            yield "  " + "; ".join(f"{name}={_one_line(value)}" for name, value in row.items())
        for file in entry.get("files", ()):
            yield f"  {file['path']}  SHA-256 {file['sha256']}"


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


def _window(window: Window | None) -> list[str] | None:
    return None if window is None else [_time(window.start), _time(window.end)]


def _in_words(window: list[str] | None) -> str:
    return f", {window[0]} to {window[1]}" if window else ""


def _time(at: int) -> str:
    return dt.datetime.fromtimestamp(at / 1000, dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _path(field: Field, number: int, file: File) -> str:
    """A name of ours with the platform's behind it: no folder of it, and no two alike."""
    account = hashlib.sha256(field.account.encode()).hexdigest()[:12]
    name = _SAFE.sub("_", file.name)[-60:].lstrip("._") or "file"
    return f"files/{account}-{field.name}-{number}-{name}"


def _zip(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()
