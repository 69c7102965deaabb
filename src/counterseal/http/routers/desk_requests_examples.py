# SPDX-License-Identifier: Apache-2.0
"""Examples of requests of authorities for the API reference."""

from __future__ import annotations

from typing import Final

from counterseal.http.routers import desk_requests_views as v
from counterseal.judicial.requests.call_back import CallOutcome, Point
from counterseal.judicial.requests.model import EvidenceKind, Identifier, Result, Review, Type, Window

__all__ = ["CallOutcome", "EvidenceKind", "Point", "Result", "Type"]

NOW: Final = 1_780_000_000_000
DIGEST: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
NAME: Final = "jr_fe6f1f2c1d9b5a5ec0ffee01"
CLOCK: Final = v.ClockView(
    name="answer_due", due=NOW + 864_000_000, then="tell the authority", source="eu-e-evidence, line 30", met=None
)
FIELD: Final = v.FieldView(
    account="u-1001", name="email", tier="T1", reason="generic/court_order/subscriber", window=None
)
EVIDENCE: Final = v.EvidenceView(
    id="e2",
    kind="call_back",
    result="supports",
    collected_by="st_0a1b2c3d4e5f607182",
    collected_at=NOW,
    proves="the office confirms case, officer and scope on a number that we knew before",
    forgeable_by=["desk_insider", "line_diversion", "registry_poisoning", "staff_collusion"],
    source="c_1",
    source_sha256="",
    details={"number": "+15550100", "outcome": "confirmed", "spoke_to": "the clerk on duty"},
    findings=[],
    resolved=None,
    void="",
)
REQUEST: Final = v.RequestView(
    id=NAME,
    reference="CS-2026-000123",
    type="disclosure",
    state="decision_pending",
    received=NOW - 3_600_000,
    by="staff:st_0a1b2c3d4e5f607182",
    claim=v.ClaimView(
        authority="District Court of Northmark",
        office="Registry 3",
        officer="J. Doe",
        phone="+15550199",
        email="registry3@court.example",
        country="nm",
        delivery_key="",
    ),
    authority="nm-district-court",
    documents=["doc_fe6f1f2c1d9b5a5ec0ffee01"],
    about="",
    case_number="17/2026",
    pack="generic",
    legal_basis="court_order",
    language="en",
    identifiers=[Identifier("email", "ana@example.com")],
    categories=["subscriber"],
    window=Window(NOW - 2_592_000_000, NOW),
    silence=None,
    accounts=["u-1001"],
    clocks=[CLOCK],
    evidence=[EVIDENCE],
    fields=[FIELD],
    review=Review(NOW, "st_9a8b7c6d5e4f302112", passed=True, basis="court_order", reason="it names the statute"),
    approvals=[],
    key="age1examplekey",
    key_evidence="e2",
    disclosures=[],
    letters=[],
    assigned="st_0a1b2c3d4e5f607182",
    history=[
        v.HappenedView(
            at=NOW - 3_600_000, what="received", by="staff:st_0a1b2c3d4e5f607182", note="", state="received"
        )
    ],
)
CUT: Final = v.CutView(
    rule=[["desk_insider", "hacked_gov_mailbox"]],
    standing=[["hacked_gov_mailbox", "line_diversion"]],
    size_rule=2,
    size_standing=2,
)
DECISION: Final = v.DecisionView(
    rule="disclose_identity",
    line=214,
    policy="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    allowed=False,
    ready=True,
    factors=[v.CountedView(factor="call_back", kind="call_back", evidence="e2", by="st_0a1b2c3d4e5f607182")],
    context=["key_confirmed", "legal_basis", "uncontradicted", "within_scope"],
    missing=[
        v.MissingView(
            code="two_officers",
            english="two officers have not approved this state of it",
            chinese="尚未由两名人员批准当前内容",
        )
    ],
    alternatives=[],
    digest=DIGEST,
    faults=[],
    conflicts=[
        v.ConflictView(
            staff="st_0a1b2c3d4e5f607182",
            code="own_evidence",
            english="whoever alone made the call or entry does not approve it",
            chinese="独自回拨或录入证据者不得批准",
        )
    ],
    cut=CUT,
)
REPORT: Final = v.RequestReport(
    request=REQUEST, decision=DECISION, people={"st_0a1b2c3d4e5f607182": "Ines", "st_9a8b7c6d5e4f302112": "Omar"}
)
LINE: Final = v.RequestLine(
    id=NAME,
    reference="CS-2026-000123",
    type="disclosure",
    state="decision_pending",
    received=NOW - 3_600_000,
    authority="District Court of Northmark",
    claimed_authority="District Court of Northmark",
    case_number="17/2026",
    assigned="st_0a1b2c3d4e5f607182",
    users=1,
    next_clock=CLOCK,
    overdue=False,
    missing=["two_officers"],
    contradictions=0,
    second_by=None,
)
LIST: Final = v.RequestList(items=[LINE], next=None, total=1)
SHEET: Final = v.CallSheet(
    contacts=[
        v.ContactLine(
            id="c_1",
            value="+15550100",
            office="Registry",
            person="",
            uses=["call_back"],
            counts=True,
            reason="usable",
            sentence="it was entered more than 30 days ago",
            when=None,
        )
    ],
    claimed_phone="+15550199",
    alarms=[
        v.AlarmView(
            code="similar_number",
            sentence="the request gives +15550199, which differs by one digit from +15550100",
            value="+15550199",
            other="+15550100",
            contact="c_1",
        )
    ],
    script=[v.ScriptLine(code="officer", english="Ask who signed it.", chinese="询问签发人是谁。")],
    confirm=["case_number", "officer", "scope", "document_hash", "delivery_key"],
    hashes=[v.HashLine(document="doc_fe6f1f2c1d9b5a5ec0ffee01", prefix="9f86d081884c")],
)
PROPOSAL: Final = v.FieldsProposal(
    fields=[FIELD],
    faults=[
        v.FaultView(
            code="basis_missing", sentence="no legal basis is named", chinese="未指明法律依据", field="", account=""
        )
    ],
)
