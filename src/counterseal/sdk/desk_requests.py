# SPDX-License-Identifier: Apache-2.0
"""Calls of requests of authorities. Times are ms since the epoch.

What officers decide takes an approval that two members of staff signed over this very call (its path and body);
what stands on a person's word (a call-back, evidence, a review) takes a person's session, not a token.
"""

from __future__ import annotations

from typing import Any

from counterseal.sdk.desk_requests_replies import (
    FieldsProposal,
    RequestDecision,
    RequestPage,
    RequestReport,
)
from counterseal.sdk.desk_requests_sheet import CallSheet
from counterseal.sdk.transport import Call, segment, write

Json = dict[str, Any]
ROOT = "/v1/desk/requests"


def open_request(request: Json, *, key: str | None = None) -> Call[RequestReport]:
    """Take a request in (desk:write). `request`: type, documents, claim, case_number, about, identifiers (kind and
    value each), categories, window (start and end), received."""
    return write(RequestReport, ROOT, request, key=key)


def list_requests(
    *, state: str = "", kind: str = "", assigned: str = "", ended: bool = False, after: str = "", limit: int = 50
) -> Call[RequestPage]:
    """The inbox, the most urgent first; `ended`: everything, the newest first (desk:read)."""
    asked = (("state", state), ("type", kind), ("assigned", assigned), ("after", after), ("limit", str(limit)))
    query = (*(pair for pair in asked if pair[1]), ("open", "false" if ended else "true"))
    return Call("GET", ROOT, RequestPage, query=query)


def read_request(request: str) -> Call[RequestReport]:
    """A request, and what may be done with it (desk:read)."""
    return Call("GET", _path(request), RequestReport)


def triage_request(request: str, triage: Json, *, key: str | None = None) -> Call[RequestReport]:
    """Say what it is (desk:write). `triage`: type, pack, authority, legal_basis, accounts, silence, ..."""
    return write(RequestReport, f"{_path(request)}/triage", triage, key=key)


def add_request_documents(request: str, documents: list[str], *, key: str | None = None) -> Call[RequestReport]:
    """Documents that came later (desk:write)."""
    return write(RequestReport, f"{_path(request)}/documents", {"documents": documents}, key=key)


def collect_evidence(request: str, *, key: str | None = None) -> Call[RequestReport]:
    """Have the desk look at everything again (desk:write)."""
    return write(RequestReport, f"{_path(request)}/collect", key=key)


def read_call_sheet(request: str) -> Call[CallSheet]:
    """Which number to call, what to ask (desk:read)."""
    return Call("GET", f"{_path(request)}/call-back", CallSheet)


def record_call(request: str, call: Json, *, key: str | None = None) -> Call[RequestReport]:
    """What came of a call-back (a person). `call`: contact, outcome, confirmed, spoke_to, delivery_key, note."""
    return write(RequestReport, f"{_path(request)}/call-back", call, key=key)


def record_evidence(request: str, evidence: Json, *, key: str | None = None) -> Call[RequestReport]:
    """What an officer found (a person). `evidence`: kind, result, contact, source, sha256, note."""
    return write(RequestReport, f"{_path(request)}/evidence", evidence, key=key)


def resolve_contradiction(
    request: str, evidence: str, reason: str, *, approval: str, key: str | None = None
) -> Call[RequestReport]:
    """Say why a contradiction is none (two passkeys)."""
    path = f"{_path(request)}/evidence/{segment(evidence)}/resolve"
    return write(RequestReport, path, {"reason": reason}, key=key, approval=approval)


def review_request(
    request: str, *, passed: bool, basis: str, reason: str, key: str | None = None
) -> Call[RequestReport]:
    """The legal check (a person)."""
    body = {"passed": passed, "basis": basis, "reason": reason}
    return write(RequestReport, f"{_path(request)}/review", body, key=key)


def read_request_fields(request: str) -> Call[FieldsProposal]:
    """What the rule pack allows for it (desk:read)."""
    return Call("GET", f"{_path(request)}/fields", FieldsProposal)


def choose_fields(request: str, fields: list[Json] | None = None, *, key: str | None = None) -> Call[RequestReport]:
    """What is to be handed out: account and name each; None = all that is allowed (a person)."""
    return write(RequestReport, f"{_path(request)}/fields", {"fields": fields}, key=key)


def read_request_decision(request: str) -> Call[RequestDecision]:
    """What the policy's rule says of it, and the digest that officers approve (desk:read)."""
    return Call("GET", f"{_path(request)}/decision", RequestDecision)


def submit_request(request: str, *, key: str | None = None) -> Call[RequestReport]:
    """Put it before two officers (a person)."""
    return write(RequestReport, f"{_path(request)}/submit", key=key)


def approve_request(request: str, digest: str, *, approval: str, key: str | None = None) -> Call[RequestReport]:
    """Approve exactly this state of it (two passkeys)."""
    return write(RequestReport, f"{_path(request)}/approve", {"digest": digest}, key=key, approval=approval)


def approve_emergency(request: str, digest: str, approval: str, *, key: str | None = None) -> Call[RequestReport]:
    """The duty officer's own approval of an emergency, signed by them alone so far (a person)."""
    body = {"digest": digest, "approval": approval}
    return write(RequestReport, f"{_path(request)}/approve-emergency", body, key=key)


def execute_request(request: str, *, key: str | None = None) -> Call[RequestReport]:
    """Carry out what is no disclosure (a person)."""
    return write(RequestReport, f"{_path(request)}/execute", key=key)


def extend_request(request: str, clock: str, reason: str, *, key: str | None = None) -> Call[RequestReport]:
    """Make a deadline longer, once (a person)."""
    return write(RequestReport, f"{_path(request)}/extend", {"clock": clock, "reason": reason}, key=key)


def clarify_request(request: str, note: str, *, key: str | None = None) -> Call[RequestReport]:
    """The authority is asked (desk:write)."""
    return write(RequestReport, f"{_path(request)}/clarify", {"note": note}, key=key)


def answer_request(
    request: str, note: str, *, documents: list[str] | None = None, key: str | None = None
) -> Call[RequestReport]:
    """The authority answered (desk:write)."""
    body = {"note": note, "documents": documents or []}
    return write(RequestReport, f"{_path(request)}/answer", body, key=key)


def suspect_request(request: str, reason: str, *, key: str | None = None) -> Call[RequestReport]:
    """It may be forged (desk:read is enough)."""
    return write(RequestReport, f"{_path(request)}/suspect", {"reason": reason}, key=key)


def confirm_forgery(request: str, reason: str, *, approval: str, key: str | None = None) -> Call[RequestReport]:
    """It is forged (two passkeys)."""
    return write(RequestReport, f"{_path(request)}/confirm-forged", {"reason": reason}, key=key, approval=approval)


def clear_request(request: str, reason: str, *, approval: str, key: str | None = None) -> Call[RequestReport]:
    """It is genuine after all (two passkeys)."""
    return write(RequestReport, f"{_path(request)}/clear", {"reason": reason}, key=key, approval=approval)


def end_request(request: str, how: str, reason: str, *, key: str | None = None) -> Call[RequestReport]:
    """`how`: reject, withdraw or close (a person)."""
    return write(RequestReport, f"{_path(request)}/{segment(how)}", {"reason": reason}, key=key)


def mark_duplicate(request: str, of: str, reason: str, *, key: str | None = None) -> Call[RequestReport]:
    """It repeats another one (a person)."""
    return write(RequestReport, f"{_path(request)}/duplicate", {"of": of, "reason": reason}, key=key)


def assign_request(request: str, staff: str, *, key: str | None = None) -> Call[RequestReport]:
    """Who works on it (desk:write)."""
    return write(RequestReport, f"{_path(request)}/assign", {"staff": staff}, key=key)


def _path(request: str) -> str:
    return f"{ROOT}/{segment(request)}"
