# SPDX-License-Identifier: Apache-2.0
"""What the judicial desk answers."""

from __future__ import annotations

from typing import Annotated

import msgspec

from counterseal.http.body import Body, Reply
from counterseal.judicial.model import Box, Finding, Report
from counterseal.judicial.stored import Document, Examination


class Sent(Body, frozen=True):
    """`name`: what the sender calls the file."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "document"


class Page(Body, frozen=True):
    """`after`: the id that the last page ended with."""

    after: Annotated[str, msgspec.Meta(max_length=128, pattern="^[A-Za-z0-9_]*$")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class Size(Body, frozen=True):
    """`width`: of the picture in pixels."""

    width: Annotated[int, msgspec.Meta(ge=100, le=2000)] = 1000


class BoxView(Reply, frozen=True):
    """A place on a page (from 1): fractions of its width and height from the upper left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


class FindingView(Reply, frozen=True):
    """`effect`: note | supports | withholds | inconclusive | contradicts. `chinese`: the sentence."""

    code: str
    sentence: str
    chinese: str
    where: str
    effect: str
    proves: str
    forgeable_by: list[str]
    boxes: list[BoxView]


class SignerView(Reply, frozen=True):
    """`authority` and `role` come from the registry, empty = not registered. Times in ms; `signed`: as a trusted
    time stamp says, `claimed`: as the signer's own clock says."""

    name: str
    issuer: str
    serial: str
    sha256: str
    authority: str
    role: str
    signed: int | None
    claimed: int | None


class CoveredView(Reply, frozen=True):
    """How many of the bytes the signatures that count cover."""

    bytes: int
    of: int
    whole: bool


class ExaminationView(Reply, frozen=True):
    """One report: when (ms), by whom, and the SHA-256 of what was trusted then. `verdict`: verified | neutral |
    contradicts | cannot_verify."""

    at: int
    by: str
    trust: str
    verdict: str
    pages: int
    findings: list[FindingView]
    signer: SignerView | None
    covered: CoveredView | None


class DocumentView(Reply, frozen=True):
    """A document as received. `verdict`: of the newest report, `quarantined` before there is one; `first`: an
    earlier document with the same bytes; `parent`: the mail that it came with; `sender`: the mail's
    envelope, unproved."""

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


class DocumentReport(Reply, frozen=True):
    """A document and every report on it, oldest first."""

    document: DocumentView
    examinations: list[ExaminationView]


class DocumentList(Reply, frozen=True):
    """The newest first; `next`: ask for the rest behind this id, null at the end."""

    items: list[DocumentView]
    next: str | None


def document_view(held: Document) -> DocumentView:
    """As the list shows it."""
    return DocumentView(
        id=held.id,
        name=held.name,
        source=held.source,
        received=held.received,
        by=held.by,
        sha256=held.sha256,
        size=held.size,
        kind=held.kind,
        verdict="quarantined" if held.report is None else held.report.verdict.value,
        first=held.first or None,
        parent=held.parent or None,
        sender=held.sender or None,
    )


def report_view(held: Document) -> DocumentReport:
    """With its reports."""
    return DocumentReport(
        document=document_view(held), examinations=[_examination(each) for each in held.examinations]
    )


def _examination(made: Examination) -> ExaminationView:
    report = made.report
    return ExaminationView(
        at=made.at,
        by=made.by,
        trust=made.trust,
        verdict=report.verdict.value,
        pages=report.pages,
        findings=[_finding(each) for each in report.findings],
        signer=_signer(report),
        covered=None
        if report.covered is None
        else CoveredView(bytes=report.covered.bytes, of=report.covered.of, whole=report.covered.whole),
    )


def _finding(held: Finding) -> FindingView:
    return FindingView(
        code=held.code,
        sentence=held.sentence,
        chinese=held.chinese,
        where=held.where,
        effect=held.effect.value,
        proves=held.proves,
        forgeable_by=list(held.forgeable_by),
        boxes=[_box(each) for each in held.boxes],
    )


def _box(held: Box) -> BoxView:
    return BoxView(page=held.page, left=held.left, top=held.top, right=held.right, bottom=held.bottom)


def _signer(report: Report) -> SignerView | None:
    held = report.signer
    if held is None:
        return None
    return SignerView(
        name=held.name,
        issuer=held.issuer,
        serial=held.serial,
        sha256=held.sha256,
        authority=held.authority,
        role=held.role,
        signed=held.signed,
        claimed=held.claimed,
    )


DOCUMENT = DocumentView(
    id="doc_fe6f1f2c1d9b5a5ec0ffee01",
    name="order-2026-0417.pdf",
    source="upload",
    received=1_780_000_000_000,
    by="tok_1",
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    size=48_213,
    kind="pdf",
    verdict="contradicts",
    first=None,
    parent=None,
    sender=None,
)
REPORT = DocumentReport(
    document=DOCUMENT,
    examinations=[
        ExaminationView(
            at=1_780_000_000_400,
            by="tok_1",
            trust="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
            verdict="contradicts",
            pages=2,
            findings=[
                FindingView(
                    code="changed_after_signing",
                    sentence="the document was changed after it was signed",
                    chinese="文档在签名后被修改",
                    where="revision 2",
                    effect="contradicts",
                    proves="somebody changed the signed document",
                    forgeable_by=["anyone"],
                    boxes=[BoxView(page=1, left=0.1, top=0.4, right=0.9, bottom=0.45)],
                )
            ],
            signer=None,
            covered=CoveredView(bytes=40_100, of=48_213, whole=False),
        )
    ],
)
