# SPDX-License-Identifier: Apache-2.0
"""A request of an authority as stored. Times are ms since the epoch; nothing here is changed in place.

What a request claims is kept apart from what is known: `claim` is the requester's word, `evidence` is ours.
Evidence and history are added to, never edited. States and evidence kinds: docs/desk-requests.md.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Type(StrEnum):
    """What is asked for. An amendment or a withdrawal names an earlier request (`about`)."""

    DISCLOSURE = "disclosure"
    EMERGENCY = "emergency"  # disclosure where life is in danger: fewer fields, the same checks
    PRESERVATION = "preservation"
    FREEZE = "freeze"
    SEIZURE = "seizure"
    AMENDMENT = "amendment"
    WITHDRAWAL = "withdrawal"


RULE_OF: Final = {
    Type.DISCLOSURE: "disclose_identity",
    Type.EMERGENCY: "disclose_emergency",
    Type.PRESERVATION: "preserve_data",
    Type.FREEZE: "freeze_on_order",
    Type.SEIZURE: "seize_on_order",
}
"""The rule of the policy (`subject: request`) that decides each type; without it the desk refuses the type. An
amendment, and a withdrawal of a freeze or seizure, are decided by the rule of the request that they are about."""


class State(StrEnum):
    """Where a request stands. See `requests.machine` for the ways between them."""

    RECEIVED = "received"  # documents are examined
    TRIAGED = "triaged"  # type, legal basis and clock are set
    EVIDENCE = "evidence"  # evidence is collected
    CLARIFICATION = "clarification"  # the authority was asked
    LEGAL_REVIEW = "legal_review"
    DECISION_PENDING = "decision_pending"  # two officers are to approve this very state of it
    APPROVED = "approved"
    PACKAGE_BUILT = "package_built"
    DELIVERED = "delivered"  # fetched by the authority, or the order was carried out
    NOTICE_DUE = "notice_due"  # the owner is told when the basis for silence ends
    NOTIFIED = "notified"
    CLOSED = "closed"
    EXECUTED = "executed"  # a preservation, freeze or seizure stands
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    EXPIRED = "expired"  # nobody answered us, or nobody fetched it
    SUSPECTED_FORGED = "suspected_forged"
    CONFIRMED_FORGED = "confirmed_forged"


ENDED: Final = frozenset(
    {State.CLOSED, State.REJECTED, State.WITHDRAWN, State.DUPLICATE, State.EXPIRED, State.CONFIRMED_FORGED}
)


class EvidenceKind(StrEnum):
    """E1 to E10."""

    DOC_SIGNATURE = "doc_signature"  # E1
    DOC_INTEGRITY = "doc_integrity"  # E2
    MAIL_AUTH = "mail_auth"  # E3
    PORTAL = "portal"  # E4
    CHANNEL = "channel"  # E5
    CALL_BACK = "call_back"  # E6
    DOCKET = "docket"  # E7
    OFFICER_IDENTITY = "officer_identity"  # E8
    CONTENT = "content"  # E9
    SUBJECT = "subject"  # E10


class Result(StrEnum):
    """What a piece of evidence says."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"


FACTOR_OF: Final = {
    EvidenceKind.DOC_SIGNATURE: "signed_letter",
    EvidenceKind.DOC_INTEGRITY: "letter",
    EvidenceKind.MAIL_AUTH: "gov_mail",
    EvidenceKind.PORTAL: "portal",
    EvidenceKind.CHANNEL: "official_channel",
    EvidenceKind.CALL_BACK: "call_back",
    EvidenceKind.DOCKET: "docket",
}
"""Evidence that supports is this factor of the vocabulary; the capabilities that produce the factor could have
forged it. The other kinds can only block. `letter` proves nothing: a policy that counts it is shown as broken."""


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the requester says of themselves. None of it is trusted, and none of it is ever called or written to."""

    authority: str = ""
    office: str = ""
    officer: str = ""
    phone: str = ""
    email: str = ""
    country: str = ""  # ISO 3166-1 alpha-2, lower case
    delivery_key: str = ""  # age recipient or OpenPGP key; used only once confirmed on a call-back


class Identifier(msgspec.Struct, frozen=True):
    """One identifier of a person or account. `kind`: account, email, phone, name, document, address, txid, ip."""

    kind: str
    value: str


class Window(msgspec.Struct, frozen=True):
    """The time that data are asked for, `start` <= t < `end` (ms)."""

    start: int
    end: int


class Silence(msgspec.Struct, frozen=True):
    """The basis on which the owner is not told, and until when. Without one the owner is told on delivery."""

    basis: str
    until: int


class Resolution(msgspec.Struct, frozen=True):
    """Two officers say why a contradiction is none."""

    at: int
    officers: tuple[str, ...]
    reason: str


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece. `source`: document, registry contact or portal account it rests on; `source_sha256`: of that
    source as it was. `details`: facts by name, for people. `findings`: codes of the document's report."""

    id: str
    kind: EvidenceKind
    result: Result
    collected_by: str  # staff id, or `desk` for what the desk finds itself
    collected_at: int
    proves: str = ""
    forgeable_by: tuple[str, ...] = ()
    source: str = ""
    source_sha256: str = ""
    details: dict[str, str] = {}
    findings: tuple[str, ...] = ()
    resolved: Resolution | None = None
    void: str = ""  # why it does not count any more (the contact was changed near the request, ...)


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of one account that is to be handed out. `tier`: T0 to T5; `reason`: which entry of the matrix."""

    account: str
    name: str
    tier: str
    reason: str
    window: Window | None = None


class Review(msgspec.Struct, frozen=True):
    """The legal check. `basis`: name in the rule pack."""

    at: int
    by: str
    passed: bool
    basis: str
    reason: str


class Approved(msgspec.Struct, frozen=True, omit_defaults=True):
    """Two officers approved this digest (`requests.binding`). `void`: why it does not count any more. One officer
    alone: an emergency whose second approval is due `second_by` (ms)."""

    at: int
    digest: str
    officers: tuple[str, ...]
    void: str = ""
    second_by: int | None = None


class Happened(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a request's history. `by`: staff id, `desk`, `smtp:PEER` or `portal:ACCOUNT`."""

    at: int
    what: str
    by: str
    note: str = ""
    state: State | None = None  # the state that it led to


class Clock(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deadline. It never releases anything. `name` and `then` (what happens) come from the rule pack."""

    name: str
    due: int
    then: str
    source: str = ""
    met: int | None = None


class JudicialRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request. `pack`: rule pack (legal bases, clocks, scope). `accounts`: those that its identifiers were
    found to mean. `key`: the delivery key as confirmed on a call-back (evidence id in `key_evidence`)."""

    id: str
    reference: str  # ours, for letters: CS-2026-000123
    type: Type
    state: State
    received: int
    by: str
    claim: Claim = Claim()
    authority: str = ""  # of the registry
    documents: tuple[str, ...] = ()
    about: str = ""  # the request that this one amends or withdraws
    case_number: str = ""
    pack: str = ""
    legal_basis: str = ""
    language: str = "en"
    identifiers: tuple[Identifier, ...] = ()
    categories: tuple[str, ...] = ()
    window: Window | None = None
    silence: Silence | None = None
    accounts: tuple[str, ...] = ()
    clocks: tuple[Clock, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    fields: tuple[Field, ...] = ()
    review: Review | None = None
    approvals: tuple[Approved, ...] = ()
    key: str = ""
    key_evidence: str = ""
    disclosures: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    assigned: str = ""  # staff id
    history: tuple[Happened, ...] = ()

    @property
    def digest_parts(self) -> tuple[object, ...]:
        """All that an approval is about: what changes any of it voids every approval."""
        return (
            *(self.id, self.type, self.claim, self.authority, self.documents, self.about, self.case_number),
            *(self.pack, self.legal_basis, self.identifiers, self.categories, self.window, self.silence),
            *(self.accounts, self.evidence, self.fields, self.review, self.key),
        )


def subject_of(request: str) -> str:
    """Where a request is kept."""
    return f"judicial_request:{request}"
