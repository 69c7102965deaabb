# SPDX-License-Identifier: Apache-2.0
"""Calls of the judicial desk: hand in a document, read what can be relied on. Times are ms since the epoch."""

from __future__ import annotations

import uuid

import msgspec

from counterseal.sdk.transport import Call, segment, write


class Box(msgspec.Struct, frozen=True):
    """A place on a page (from 1): fractions of its width and height from the upper left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


class Finding(msgspec.Struct, frozen=True):
    """`effect`: note | supports | withholds | inconclusive | contradicts."""

    code: str
    sentence: str
    chinese: str
    where: str
    effect: str
    proves: str
    forgeable_by: tuple[str, ...]
    boxes: tuple[Box, ...]


class DocumentSigner(msgspec.Struct, frozen=True):
    """`authority`, `role`: from the registry, empty = not registered; `signed`: as a trusted time stamp says."""

    name: str
    issuer: str
    serial: str
    sha256: str
    authority: str
    role: str
    signed: int | None
    claimed: int | None


class Covered(msgspec.Struct, frozen=True):
    """How many of the bytes the signatures that count cover."""

    bytes: int
    of: int
    whole: bool


class Examination(msgspec.Struct, frozen=True):
    """One report. `verdict`: verified | neutral | contradicts | cannot_verify; `trust`: of what, as a digest."""

    at: int
    by: str
    trust: str
    verdict: str
    pages: int
    findings: tuple[Finding, ...]
    signer: DocumentSigner | None
    covered: Covered | None


class Document(msgspec.Struct, frozen=True):
    """As received. `verdict`: of the newest report, `quarantined` before there is one."""

    id: str
    name: str
    source: str
    received: int
    by: str
    sha256: str
    size: int
    kind: str
    verdict: str
    first: str | None
    parent: str | None
    sender: str | None


class DocumentReport(msgspec.Struct, frozen=True):
    """A document and every report on it, oldest first."""

    document: Document
    examinations: tuple[Examination, ...]


class DocumentPage(msgspec.Struct, frozen=True):
    """The newest first; `next`: give it as `after` for the rest, None at the end."""

    items: tuple[Document, ...]
    next: str | None


def hand_in_document(data: bytes, *, name: str, key: str | None = None) -> Call[DocumentReport]:
    """A file as it was received, up to 25 MB; each call makes a document of its own (desk:write)."""
    query = (("name", name),)
    return Call("POST", "/v1/desk/documents", DocumentReport, data, query, key or str(uuid.uuid4()))


def examine_document(document: str, *, key: str | None = None) -> Call[DocumentReport]:
    """One more report, by what the desk trusts now (desk:write)."""
    return write(DocumentReport, f"{_path(document)}/examinations", key=key)


def read_document(document: str) -> Call[DocumentReport]:
    """A document and its reports (desk:read)."""
    return Call("GET", _path(document), DocumentReport)


def list_documents(*, after: str = "", limit: int = 50) -> Call[DocumentPage]:
    """The newest documents (desk:read)."""
    query = (("after", after), ("limit", str(limit))) if after else (("limit", str(limit)),)
    return Call("GET", "/v1/desk/documents", DocumentPage, query=query)


def _path(document: str) -> str:
    return f"/v1/desk/documents/{segment(document)}"
