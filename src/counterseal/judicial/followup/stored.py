# SPDX-License-Identifier: Apache-2.0
"""Codecs of the follow-up, and the one place where its indexes grow."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.transaction import Codec, Entry, StructCodec
from counterseal.judicial.followup.model import Act, Do, FollowUp, Named, Progress
from counterseal.judicial.requests.stored import Bearers

MOST_NAMED: Final = 500

CODECS: Final[dict[str, Codec]] = {
    "desk_followup": StructCodec(FollowUp),
    "desk_act": StructCodec(Act),
    "desk_act_progress": StructCodec(Progress),
    "desk_named": StructCodec(Named),
    "desk_trait": StructCodec(Bearers),
}


def with_request(held: Named | None, request: str) -> Named:
    """The list with one request more, once; of too many the oldest and the newest are kept."""
    before = () if held is None else held.requests
    if request in before:
        return Named(before)
    return Named((*before[: MOST_NAMED - 1], request))


def incident(act: Act, at: int) -> Entry:
    """The log's line that opens an incident: which accounts a forged order reached, since when it could have, and
    which requests of the same hand named others. `at`: ms."""
    own = [step for step in act.steps if not step.origin]
    facts = {
        "accounts": sorted({step.account for step in own if step.account}),
        "by": list(act.by),
        "cause": act.event,
        "disclosures": [step.about for step in own if step.do is Do.TELL],
        "request": act.request,
        "siblings": sorted({step.origin for step in act.steps if step.origin}),
        "since": min((step.since for step in act.steps if step.since), default=act.at),
    }
    return Entry("desk_incident_opened", at, "", msgspec.json.encode(facts, order="sorted"))


def entry(act: Act, at: int, what: str = "planned") -> Entry:
    """The log's line about an act: what is done to how many accounts, by whose decision. `at`: ms."""
    counts: dict[str, int] = {}
    for step in act.steps:
        counts[step.do] = counts.get(step.do, 0) + 1
    facts = {
        "act": act.id,
        "accounts": sorted({step.account for step in act.steps if step.account}),
        "by": list(act.by),
        "event": act.event,
        "faults": list(act.faults),
        "request": act.request,
        "steps": counts,
    }
    return Entry(f"desk_follow_up_{what}", at, "", msgspec.json.encode(facts, order="sorted"))
