# SPDX-License-Identifier: Apache-2.0
"""Calls about incidents. Times are ms since the epoch. A case and its answers come as JSON, as the API documents
them; what a caller goes on with is typed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from counterseal.sdk.transport import Call, segment, write

Json = dict[str, Any]
Sets = Sequence[Sequence[str]]


class IncidentOpened(msgspec.Struct, frozen=True):
    """`known`: the same source had opened it before."""

    incident: str
    number: str
    known: bool


class IncidentChanged(msgspec.Struct, frozen=True):
    """`made`: the id of what came into being."""

    incident: str
    at: int
    made: str


class ProtectionPlanned(msgspec.Struct, frozen=True):
    """`act`: what is carried out now, for how many accounts."""

    act: str
    accounts: int


def open_incident(
    kind: str, title: str, *, severity: int = 2, source: str = "", more: Json | None = None, key: str | None = None
) -> Call[IncidentOpened]:
    """Open a case (incident:write). `kind`: account_takeover, forged_request, insider_read, api_key_leak, other;
    `source`: one cause opens one case; `more`: begun, aware, request, accounts."""
    body = {"kind": kind, "title": title, "severity": severity, "source": source, **(more or {})}
    return write(IncidentOpened, "/v1/incidents", body, key=key)


def list_incidents(*, after: str = "", limit: int = 100) -> Call[Json]:
    """Cases in the order of their ids (incident:read)."""
    return Call("GET", "/v1/incidents", Json, query=(("after", str(after)), ("limit", str(limit))))


def read_incident(incident: str) -> Call[Json]:
    """A case without its members (incident:read)."""
    return Call("GET", _path(incident, ""), Json)


def write_incident_note(
    incident: str, text: str, *, corrects: str = "", key: str | None = None
) -> Call[IncidentChanged]:
    """A note, which nobody can change (incident:write)."""
    return _change(incident, "/notes", {"text": text, "corrects": corrects}, key)


def rate_incident(incident: str, severity: int, why: str, *, key: str | None = None) -> Call[IncidentChanged]:
    """Set the severity, 1 the worst (incident:write)."""
    return _change(incident, "/severity", {"severity": severity, "why": why}, key)


def assign_incident_role(incident: str, role: str, staff: str, *, key: str | None = None) -> Call[IncidentChanged]:
    """Give the role lead, deputy, liaison or scribe; "" frees it (incident:write)."""
    return _change(incident, "/roles", {"role": role, "staff": staff}, key)


def hand_incident_over(incident: str, to: str, text: str, *, key: str | None = None) -> Call[IncidentChanged]:
    """Somebody else leads from now on (incident:write)."""
    return _change(incident, "/handover", {"to": to, "text": text}, key)


def classify_incident(incident: str, why: str, *, key: str | None = None) -> Call[IncidentChanged]:
    """It is a major incident (incident:write)."""
    return _change(incident, "/classify", {"why": why}, key)


def contain_incident(incident: str, why: str, *, key: str | None = None) -> Call[IncidentChanged]:
    """Nobody else can be hit the same way (incident:write)."""
    return _change(incident, "/contain", {"why": why}, key)


def hold_incident(incident: str, why: str, *, key: str | None = None) -> Call[IncidentChanged]:
    """Set a legal hold (incident:write)."""
    return _change(incident, "/hold", {"why": why}, key)


def close_incident(incident: str, why: str, *, key: str | None = None) -> Call[IncidentChanged]:
    """Close a case whose tasks have ended (incident:write); severity 1 takes two passkeys in the console."""
    return _change(incident, "/close", {"why": why}, key)


def add_incident_task(incident: str, task: Json, *, key: str | None = None) -> Call[IncidentChanged]:
    """Add a task (incident:write). `task`: title, due, why, owner."""
    return _change(incident, "/tasks", task, key)


def take_incident_task(incident: str, task: str, owner: str, *, key: str | None = None) -> Call[IncidentChanged]:
    """Take a task; "" gives it back (incident:write)."""
    return _change(incident, f"/tasks/{segment(task)}/owner", {"owner": owner}, key)


def end_incident_task(
    incident: str, task: str, outcome: str, said: str = "", *, key: str | None = None
) -> Call[IncidentChanged]:
    """End a task: done, or not_needed and why (incident:write)."""
    return _change(incident, f"/tasks/{segment(task)}/end", {"outcome": outcome, "said": said}, key)


def meet_incident_clock(incident: str, rule: str, why: str, *, key: str | None = None) -> Call[IncidentChanged]:
    """What a clock asks for was done (incident:write)."""
    return _change(incident, f"/clocks/{segment(rule)}/met", {"why": why}, key)


def keep_incident_evidence(
    incident: str, name: str, data: bytes, *, source: str, why: str, key: str | None = None
) -> Call[IncidentChanged]:
    """Keep a file as evidence (incident:write)."""
    query = (("name", name), ("source", source), ("why", why))
    return Call("POST", _path(incident, "/evidence"), IncidentChanged, data, query, key or str(uuid.uuid4()))


def note_incident_custody(
    incident: str, artefact: str, what: str, why: str, *, key: str | None = None
) -> Call[IncidentChanged]:
    """Who had a piece of evidence: viewed, downloaded, handed_over, copied (incident:write)."""
    return _change(incident, f"/evidence/{segment(artefact)}/custody", {"what": what, "why": why}, key)


def list_incident_members(incident: str, *, state: str = "", after: str = "", limit: int = 100) -> Call[Json]:
    """Its accounts, in their order; of one state, if given (incident:read)."""
    query = (("after", str(after)), ("limit", str(limit)), *((("state", state),) if state else ()))
    return Call("GET", _path(incident, "/members"), Json, query=query)


def add_incident_members(
    incident: str, accounts: Sequence[Json], *, key: str | None = None
) -> Call[IncidentChanged]:
    """Add accounts (incident:write). Each: account, state, why, actions, theirs."""
    return _change(incident, "/members", {"accounts": list(accounts)}, key)


def judge_incident_member(
    incident: str, account: str, state: str, why: str, *, key: str | None = None
) -> Call[IncidentChanged]:
    """An officer's own word on an account (incident:write)."""
    return _change(incident, f"/members/{segment(account)}/state", {"state": state, "why": why}, key)


def read_incident_timeline(
    incident: str, *, account: str = "", after: int = -1, limit: int = 100, language: str = "en"
) -> Call[Json]:
    """The events of those who were harmed, or of one account of the case (incident:read)."""
    query = (("account", account), ("after", str(after)), ("limit", str(limit)), ("language", language))
    return Call("GET", _path(incident, "/timeline"), Json, query=query)


def read_incident_cause(incident: str) -> Call[Json]:
    """What suffices for the attacker's steps, what was seen before, what would decide (incident:read)."""
    return Call("GET", _path(incident, "/cause"), Json)


def find_incident_impact(
    incident: str, sets: Sets = (), *, window: int = 86_400_000, key: str | None = None
) -> Call[Json]:
    """Look for everyone else who was reachable the same way (incident:write)."""
    body = {"sets": [list(each) for each in sets], "window": window}
    return write(Json, _path(incident, "/impact"), body, key=key)


def read_incident_protection(incident: str, act: str) -> Call[Json]:
    """How far an action that protects is (incident:read)."""
    return Call("GET", _path(incident, f"/protections/{segment(act)}"), Json)


def _change(incident: str, rest: str, body: Json, key: str | None) -> Call[IncidentChanged]:
    return write(IncidentChanged, _path(incident, rest), body, key=key)


def _path(incident: str, rest: str) -> str:
    return f"/v1/incidents/{segment(incident)}{rest}"
