# SPDX-License-Identifier: Apache-2.0
"""Documents as stored. Times are ms since the epoch.

The bytes lie in subjects of their own, so that reading a report does not load them; they are written once, before
anything opens them, and never change. A report is added, never replaced.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.transaction import Codec, Entry, StructCodec
from counterseal.judicial.model import Report

TOPIC: Final = "document"
MOST_REPORTS: Final = 50
NAME: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,200}")
_LATEST: Final = 1 << 48  # ms; ids count down, so that the newest document comes first in id order
_MOST_AT_ONCE: Final = (1 << 16) - 1  # documents in one millisecond
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Examination(msgspec.Struct, frozen=True):
    """One report, when it was made, and the digest of the anchors, CRLs and registry that it was made with."""

    at: int
    by: str
    trust: str
    report: Report


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file as it came in. `name` is what the sender calls it; `first`: an earlier document with the same bytes.
    `source`: upload or mail; `parent`: the mail or PDF that it came with."""

    id: str
    name: str
    source: str
    received: int
    by: str
    sha256: str
    size: int
    kind: str
    first: str = ""
    parent: str = ""
    sender: str = ""  # the envelope's, of a mail: nothing proves it
    examinations: tuple[Examination, ...] = ()

    @property
    def report(self) -> Report | None:
        """The newest report; None while it is quarantined."""
        return self.examinations[-1].report if self.examinations else None


class Held(msgspec.Struct, frozen=True):
    """The bytes received."""

    data: bytes


class Known(msgspec.Struct, frozen=True):
    """The first document with these bytes."""

    id: str
    at: int


class Use(msgspec.Struct, frozen=True):
    """A document with a template's mark. `details`: digest of its words; `authority`: the registered signer's."""

    id: str
    details: str
    authority: str


class Template(msgspec.Struct, frozen=True):
    """The first documents with this mark, in the order of their examinations."""

    uses: tuple[Use, ...]


class Received(msgspec.Struct, frozen=True):
    """What is kept of an intake under its Idempotency-Key."""

    id: str


CODECS: Final[dict[str, Codec]] = {
    "document": StructCodec(Document),
    "document_bytes": StructCodec(Held),
    "document_hash": StructCodec(Known),
    "document_mark": StructCodec(Known),
    "document_template": StructCodec(Template),
}


class DocumentRuleError(ConflictError):
    """The document is not in a state for this."""

    code = "document_conflict"


def new_id(now: int, number: int, chance: bytes) -> str:
    """An id; in id order the newest document stands first. `number`: of those of this millisecond, from 0."""
    return f"doc_{_LATEST - now:012x}{_MOST_AT_ONCE - min(number, _MOST_AT_ONCE):04x}{chance.hex()}"


def subject_of(name: str) -> str:
    """Where a document's facts and reports are."""
    return f"document:{name}"


def bytes_of(name: str) -> str:
    """Where its bytes are."""
    return f"document_bytes:{name}"


def hash_of(sha256: str) -> str:
    """Where it stands which document had these bytes first."""
    return f"document_hash:{sha256}"


def mark_of(mark: str) -> str:
    """Where it stands which mail had this Message-ID first."""
    return f"document_mark:{mark}"


def template_of(mark: str) -> str:
    """Where it stands which documents have this mark of a template."""
    return f"document_template:{mark}"


def marks_in(report: Report) -> tuple[str, ...]:
    """By what a repeat of this mail is recognised, whatever its bytes."""
    marks = [finding.where for finding in report.findings if finding.code == "mail_mark"]
    return tuple(mark for mark in marks if _HASH.fullmatch(mark))  # else no check of ours made it


def checked_name(name: str) -> str:
    """The sender's name for the file, without folders. Raises InputError."""
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    if not NAME.fullmatch(last):
        raise InputError("a file's name has 1 to 200 characters and no control characters", code="name_invalid")
    return last


def clean_name(name: str, other: str) -> str:
    """A stranger's name for a file made fit, or `other` where nothing is left of it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(each for each in last if each.isprintable()).strip()[:200]
    return kept or other


def unknown() -> NotFoundError:
    """No document under this id."""
    return NotFoundError("there is no such document", code="document_unknown")


def entry(kind: str, at: int, by: str, document: Document) -> Entry:
    """The log entry of an intake or a report: which bytes, who, what came of it."""
    report = document.report
    facts = {
        "by": by,
        "id": document.id,
        "sha256": document.sha256,
        "size": document.size,
        "source": document.source,
        "verdict": "" if report is None else report.verdict,
        "findings": [] if report is None else sorted({finding.code for finding in report.findings}),
        "trust": document.examinations[-1].trust if document.examinations else "",
    }
    return Entry(kind, at, "", msgspec.json.encode(facts, order="sorted"))
