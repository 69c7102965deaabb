# SPDX-License-Identifier: Apache-2.0
"""Calls about what followed a request, and the transparency report. Times are ms since the epoch."""

from __future__ import annotations

import msgspec

from counterseal.sdk.transport import Call, segment


class FollowUpStep(msgspec.Struct, frozen=True):
    """`what`: expose | shield | clear | end_sessions | tell; `result`: empty = not yet, `done`, or why not."""

    account: str
    what: str
    until: int | None
    origin: str
    result: str


class FollowUpAct(msgspec.Struct, frozen=True):
    """What follows one move. `faults`: what people have to do themselves; `ended` None: it is being carried out."""

    id: str
    event: str
    at: int
    by: tuple[str, ...]
    ended: int | None
    void: str
    faults: tuple[str, ...]
    steps: tuple[FollowUpStep, ...]


class SiblingRequest(msgspec.Struct, frozen=True):
    """A request that shares `traits`. `forged`: suspected or confirmed."""

    request: str
    reference: str
    state: str
    received: int
    traits: tuple[str, ...]
    forged: bool


class FollowUp(msgspec.Struct, frozen=True):
    """`named`: every account that the request ever named."""

    request: str
    named: tuple[str, ...]
    acts: tuple[FollowUpAct, ...]
    siblings: tuple[SiblingRequest, ...]


class Figure(msgspec.Struct, frozen=True):
    """`value` None: nothing to reckon it from, or `hidden`. `unit`: count | percent | minutes | days."""

    code: str
    label: str
    chinese: str
    value: int | None
    unit: str
    hidden: bool


class ReportSection(msgspec.Struct, frozen=True):
    """Figures about one thing."""

    code: str
    label: str
    chinese: str
    rows: tuple[Figure, ...]


class TransparencyReport(msgspec.Struct, frozen=True):
    """The period `start` <= t < `end`, as known at `made`."""

    start: int
    end: int
    made: int
    public: bool
    sections: tuple[ReportSection, ...]


def read_follow_up(request: str) -> Call[FollowUp]:
    """What followed a request for the accounts that it names, and its siblings (desk:read)."""
    return Call("GET", f"/v1/desk/requests/{segment(request)}/follow-up", FollowUp)


def desk_report(start: int, end: int, *, public: bool = False) -> Call[TransparencyReport]:
    """The report of a period of at most 366 days (desk:read). `public`: without small figures of breakdowns."""
    asked = (("start", str(start)), ("end", str(end)), *((("public", "true"),) if public else ()))
    return Call("GET", "/v1/desk/report", TransparencyReport, query=asked)
