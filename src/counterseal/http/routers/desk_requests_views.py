# SPDX-License-Identifier: Apache-2.0
"""What routes about requests of authorities answer."""

from __future__ import annotations

from counterseal.http.body import Reply
from counterseal.judicial.requests.model import Identifier, Review, Silence, Window


class EvidenceView(Reply, frozen=True):
    """One piece. `counts`: it supports and is not void; `resolved`: two officers say why it is no contradiction."""

    id: str
    kind: str
    result: str
    collected_by: str
    collected_at: int
    proves: str
    forgeable_by: list[str]
    source: str
    source_sha256: str
    details: dict[str, str]
    findings: list[str]
    resolved: ResolutionView | None
    void: str


class ResolutionView(Reply, frozen=True):
    """Who, when (ms), why."""

    at: int
    officers: list[str]
    reason: str


class ApprovedView(Reply, frozen=True):
    """`stands`: it is of this very state of the request; `void`: why not; `second_by` (ms): an emergency's."""

    at: int
    digest: str
    officers: list[str]
    void: str
    second_by: int | None
    stands: bool


class ClockView(Reply, frozen=True):
    """A deadline (ms). It never releases anything."""

    name: str
    due: int
    then: str
    source: str
    met: int | None


class HappenedView(Reply, frozen=True):
    """One line of the history."""

    at: int
    what: str
    by: str
    note: str
    state: str | None


class ClaimView(Reply, frozen=True):
    """What the requester says of themselves."""

    authority: str
    office: str
    officer: str
    phone: str
    email: str
    country: str
    delivery_key: str


class RequestView(Reply, frozen=True):
    """A request with all that is known of it. `claim`: the requester's word."""

    id: str
    reference: str
    type: str
    state: str
    received: int
    by: str
    claim: ClaimView
    authority: str
    documents: list[str]
    about: str
    case_number: str
    pack: str
    legal_basis: str
    language: str
    identifiers: list[Identifier]
    categories: list[str]
    window: Window | None
    silence: Silence | None
    accounts: list[str]
    clocks: list[ClockView]
    evidence: list[EvidenceView]
    fields: list[FieldView]
    review: Review | None
    approvals: list[ApprovedView]
    key: str
    key_evidence: str
    disclosures: list[str]
    letters: list[str]
    assigned: str
    history: list[HappenedView]


class FieldView(Reply, frozen=True):
    """One field of one account. `reason`: the entry of the rule pack's matrix."""

    account: str
    name: str
    tier: str
    reason: str
    window: Window | None


class MissingView(Reply, frozen=True):
    """What has to come before it is allowed."""

    code: str
    english: str
    chinese: str


class CountedView(Reply, frozen=True):
    """A piece of evidence that counts as a factor of the policy."""

    factor: str
    kind: str
    evidence: str
    by: str


class ConflictView(Reply, frozen=True):
    """Who may not approve it, and why."""

    staff: str
    code: str
    english: str
    chinese: str


class FaultView(Reply, frozen=True):
    """What is not within the rule pack."""

    code: str
    sentence: str
    chinese: str
    field: str
    account: str


class CutView(Reply, frozen=True):
    """Minimal sets of capabilities that forge the rule's evidence, and the evidence that stands. A size of null:
    there is no such set."""

    rule: list[list[str]]
    standing: list[list[str]]
    size_rule: int | None
    size_standing: int | None


class DecisionView(Reply, frozen=True):
    """`allowed`: the policy's rule holds; `ready`: it does but for the officers; `digest`: what they approve."""

    rule: str
    line: int
    policy: str
    allowed: bool
    ready: bool
    factors: list[CountedView]
    context: list[str]
    missing: list[MissingView]
    alternatives: list[list[str]]
    digest: str
    faults: list[FaultView]
    conflicts: list[ConflictView]
    cut: CutView


class RequestReport(Reply, frozen=True):
    """A request and what may be done with it; null where the policy does not serve its type. `people`: names of the
    members of staff whose ids stand in it."""

    request: RequestView
    decision: DecisionView | None
    people: dict[str, str]


class RequestLine(Reply, frozen=True):
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
    next_clock: ClockView | None
    overdue: bool
    missing: list[str]
    contradictions: int
    second_by: int | None


class RequestList(Reply, frozen=True):
    """`next`: ask for the rest behind this id, null at the end; `total`: how many open ones fit."""

    items: list[RequestLine]
    next: str | None
    total: int | None


class ContactLine(Reply, frozen=True):
    """A number of the registry. `counts`: it may be called for this request; else `when` it will (ms)."""

    id: str
    value: str
    office: str
    person: str
    uses: list[str]
    counts: bool
    reason: str
    sentence: str
    when: int | None


class AlarmView(Reply, frozen=True):
    """What a number or domain of the request resembles."""

    code: str
    sentence: str
    value: str
    other: str
    contact: str


class ScriptLine(Reply, frozen=True):
    """One thing to say or to heed."""

    code: str
    english: str
    chinese: str


class HashLine(Reply, frozen=True):
    """The first digits of a document's SHA-256, to be read out by the office."""

    document: str
    prefix: str


class CallSheet(Reply, frozen=True):
    """`claimed_phone` stands in the request: never call it."""

    contacts: list[ContactLine]
    claimed_phone: str
    alarms: list[AlarmView]
    script: list[ScriptLine]
    confirm: list[str]
    hashes: list[HashLine]


class FieldsProposal(Reply, frozen=True):
    """What the rule pack allows for this request, and what it does not."""

    fields: list[FieldView]
    faults: list[FaultView]
