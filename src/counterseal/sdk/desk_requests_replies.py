# SPDX-License-Identifier: Apache-2.0
"""What the routes about requests of authorities answer. Times are ms since the epoch."""

from __future__ import annotations

import msgspec


class Identifier(msgspec.Struct, frozen=True):
    """`kind`: account, email, phone, name, document, address, txid, ip."""

    kind: str
    value: str


class Window(msgspec.Struct, frozen=True):
    """`start` <= t < `end`."""

    start: int
    end: int


class Silence(msgspec.Struct, frozen=True):
    """On which basis the owner is not told, and until when."""

    basis: str
    until: int


class Review(msgspec.Struct, frozen=True):
    """The legal check. `by`: one or more people, parted by spaces."""

    at: int
    by: str
    passed: bool
    basis: str
    reason: str


class RequestEvidence(msgspec.Struct, frozen=True):
    """One piece. `counts`: it supports and is not void; `resolved`: two officers say why it is no contradiction."""

    id: str
    kind: str
    result: str
    collected_by: str
    collected_at: int
    proves: str
    forgeable_by: tuple[str, ...]
    source: str
    source_sha256: str
    details: dict[str, str]
    findings: tuple[str, ...]
    resolved: Resolution | None
    void: str


class Resolution(msgspec.Struct, frozen=True):
    """Who, when (ms), why."""

    at: int
    officers: tuple[str, ...]
    reason: str


class RequestApproval(msgspec.Struct, frozen=True):
    """`stands`: it is of this very state of the request; `void`: why not; `second_by` (ms): an emergency's."""

    at: int
    digest: str
    officers: tuple[str, ...]
    void: str
    second_by: int | None
    stands: bool


class RequestClock(msgspec.Struct, frozen=True):
    """A deadline (ms). It never releases anything."""

    name: str
    due: int
    then: str
    source: str
    met: int | None


class Happened(msgspec.Struct, frozen=True):
    """One line of the history."""

    at: int
    what: str
    by: str
    note: str
    state: str | None


class Claim(msgspec.Struct, frozen=True):
    """What the requester says of themselves."""

    authority: str
    office: str
    officer: str
    phone: str
    email: str
    country: str
    delivery_key: str


class JudicialRequest(msgspec.Struct, frozen=True):
    """A request with all that is known of it. `claim`: the requester's word."""

    id: str
    reference: str
    type: str
    state: str
    received: int
    by: str
    claim: Claim
    authority: str
    documents: tuple[str, ...]
    about: str
    case_number: str
    pack: str
    legal_basis: str
    language: str
    identifiers: tuple[Identifier, ...]
    categories: tuple[str, ...]
    window: Window | None
    silence: Silence | None
    accounts: tuple[str, ...]
    clocks: tuple[RequestClock, ...]
    evidence: tuple[RequestEvidence, ...]
    fields: tuple[RequestField, ...]
    review: Review | None
    approvals: tuple[RequestApproval, ...]
    key: str
    key_evidence: str
    disclosures: tuple[str, ...]
    letters: tuple[str, ...]
    assigned: str
    history: tuple[Happened, ...]


class RequestField(msgspec.Struct, frozen=True):
    """One field of one account. `reason`: the entry of the rule pack's matrix."""

    account: str
    name: str
    tier: str
    reason: str
    window: Window | None


class Missing(msgspec.Struct, frozen=True):
    """What has to come before it is allowed."""

    code: str
    english: str
    chinese: str


class Counted(msgspec.Struct, frozen=True):
    """A piece of evidence that counts as a factor of the policy."""

    factor: str
    kind: str
    evidence: str
    by: str


class OfficerConflict(msgspec.Struct, frozen=True):
    """Who may not approve it, and why."""

    staff: str
    code: str
    english: str
    chinese: str


class ScopeFault(msgspec.Struct, frozen=True):
    """What is not within the rule pack."""

    code: str
    sentence: str
    chinese: str
    field: str
    account: str


class Cut(msgspec.Struct, frozen=True):
    """Minimal sets of capabilities that forge the rule's evidence, and the evidence that stands. A size of null:
    there is no such set."""

    rule: tuple[tuple[str, ...], ...]
    standing: tuple[tuple[str, ...], ...]
    size_rule: int | None
    size_standing: int | None


class RequestDecision(msgspec.Struct, frozen=True):
    """`allowed`: the policy's rule holds; `ready`: it does but for the officers; `digest`: what they approve."""

    rule: str
    line: int
    policy: str
    allowed: bool
    ready: bool
    factors: tuple[Counted, ...]
    context: tuple[str, ...]
    missing: tuple[Missing, ...]
    alternatives: tuple[tuple[str, ...], ...]
    digest: str
    faults: tuple[ScopeFault, ...]
    conflicts: tuple[OfficerConflict, ...]
    cut: Cut


class RequestReport(msgspec.Struct, frozen=True):
    """A request and what may be done with it; null where the policy does not serve its type. `people`: names of the
    members of staff whose ids stand in it."""

    request: JudicialRequest
    decision: RequestDecision | None
    people: dict[str, str]


class RequestLine(msgspec.Struct, frozen=True):
    """One line of the inbox. `users`: how many accounts it names."""

    id: str
    reference: str
    type: str
    state: str
    received: int
    authority: str
    claimed_authority: str
    case_number: str
    assigned: str
    users: int
    next_clock: RequestClock | None
    overdue: bool
    missing: tuple[str, ...]
    contradictions: int
    second_by: int | None


class RequestPage(msgspec.Struct, frozen=True):
    """`next`: ask for the rest behind this id, null at the end; `total`: how many open ones fit."""

    items: tuple[RequestLine, ...]
    next: str | None
    total: int | None


class FieldsProposal(msgspec.Struct, frozen=True):
    """What the rule pack allows for this request, and what it does not."""

    fields: tuple[RequestField, ...]
    faults: tuple[ScopeFault, ...]
