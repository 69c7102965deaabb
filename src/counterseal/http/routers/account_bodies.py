# SPDX-License-Identifier: Apache-2.0
"""What the operations about accounts take and give."""

from __future__ import annotations

from typing import Annotated

import msgspec

from counterseal.http.body import Body, Reply
from counterseal.http.routers.action_bodies import AddressBody

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class ContactBody(Body, frozen=True):
    """A contact for notices only (push, guardian). Factors with a contact are told on it anyway."""

    channel: Name
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class FactorBody(Body, frozen=True):
    """An enrolled factor. `since` (ms) states an age; it needs the scope accounts:import."""

    factor: Name
    contact: Annotated[str, msgspec.Meta(max_length=256)] | None = None
    secret: Annotated[str, msgspec.Meta(max_length=32_768)] | None = None
    label: Annotated[str, msgspec.Meta(max_length=64)] = ""
    since: int | None = None


class ObjectBody(Body, frozen=True):
    """An object that exists: session, device, API key, payout (by id) or address (by `address`)."""

    kind: Name
    facts: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=8)]
    id: Name | None = None
    address: AddressBody | None = None
    since: int | None = None
    label: Annotated[str, msgspec.Meta(max_length=64)] = ""


class RegisterBody(Body, frozen=True):
    """A new account. Create-only."""

    account: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$")]
    language: Annotated[str, msgspec.Meta(pattern="^(en|zh)$")] = "en"
    phrase: Annotated[str, msgspec.Meta(max_length=64)] = ""
    contacts: Annotated[list[ContactBody], msgspec.Meta(max_length=16)] = []
    factors: Annotated[list[FactorBody], msgspec.Meta(max_length=16)] = []
    objects: Annotated[list[ObjectBody], msgspec.Meta(max_length=200)] = []


class FreezeBody(Body, frozen=True):
    """`owner` stops outflows; `staff` needs two officers and stops nearly everything."""

    kind: Annotated[str, msgspec.Meta(pattern="^(owner|staff)$")] = "owner"


class SuspicionBody(Body, frozen=True):
    """A signal. `until` in ms; `since` null = now; `instance`: one factor or object, null = all it could touch."""

    capability: Name
    until: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    since: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    instance: Name | None = None
    strength: Annotated[str, msgspec.Meta(pattern="^(weak|strong|confirmed)$")] = "strong"
    evidence: Annotated[str, msgspec.Meta(max_length=512)] = ""


class DoneView(Reply, frozen=True):
    """What was done. `id` names what was made (a suspicion); `until` is the end of a freeze."""

    account: str
    at: int
    until: int | None
    id: str
    shown: dict[str, list[str]]
    log_position: int


class StepView(Reply, frozen=True):
    """One entry of a timeline. Erased accounts keep kinds and times only. `refused`: why a proof did not pass
    (mismatch, step_used, cloned, ...)."""

    position: int
    at: int
    kind: str
    policy: str
    action: str | None
    outcome: str | None
    rule: str | None
    line: int | None
    refused: str | None
    events: list[str]


class TimelineView(Reply, frozen=True):
    """A page of a timeline; `next` is the `after` of the following page."""

    entries: list[StepView]
    next: int | None


class PageQuery(Body, frozen=True):
    """`after`: position behind which to go on; `limit`: at most 500."""

    after: Annotated[int, msgspec.Meta(ge=-1, le=2**53)] = -1
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


DONE_EXAMPLE = DoneView(account="u-1001", at=1717934400000, until=None, id="", shown={}, log_position=12)
TIMELINE_EXAMPLE = TimelineView(
    entries=[
        StepView(
            position=4711,
            at=1_717_934_400_000,
            kind="Ask",
            policy="sha256:0d5c2a7f",
            action="act_5f1c0f0a6b3e4d2c9a8b7c6d5e4f3a2b",
            outcome="challenge",
            rule="withdraw",
            line=61,
            refused=None,
            events=["Asked"],
        )
    ],
    next=None,
)
REGISTER_EXAMPLE = RegisterBody(
    account="u-1001",
    language="en",
    phrase="blue heron at noon",
    contacts=[ContactBody(channel="push", value="device-7f3a")],
    factors=[
        FactorBody(factor="password"),
        FactorBody(factor="email", contact="ada@example.test"),
        FactorBody(factor="sms", contact="+85251234567"),
    ],
)
