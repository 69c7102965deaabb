# SPDX-License-Identifier: Apache-2.0
"""What the case work of an incident takes. Times are ms since the epoch."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.http.body import Body

Moment = Annotated[int, msgspec.Meta(ge=0, le=2**48)]
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Long = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Maybe = Annotated[str, msgspec.Meta(max_length=128)]
Severity = Annotated[int, msgspec.Meta(ge=1, le=4)]
Kind = Literal["account_takeover", "forged_request", "insider_read", "api_key_leak", "other"]
State = Literal["hit", "exposed", "safe", "unknown", "owner_says"]
Measured = Literal["hit", "exposed", "unknown"]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=500)]


class MemberGiven(Body, frozen=True):
    """An account. `actions`: those that its owner says were not theirs; `theirs`: those that were."""

    account: Name
    state: State = "unknown"
    why: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    actions: Names = ()
    theirs: Names = ()


class CaseOpenBody(Body, frozen=True):
    """A case opened by a person. `source`: a name of the cause, so that it opens one case only ("" = this is one of
    its own); `begun`: since when the attack runs; `aware`: when it was learnt of."""

    kind: Kind
    title: Title
    severity: Severity = 2
    source: Annotated[str, msgspec.Meta(max_length=200)] = ""
    request: Maybe = ""
    begun: Moment | None = None
    aware: Moment | None = None
    accounts: Annotated[tuple[MemberGiven, ...], msgspec.Meta(max_length=100)] = ()


class CasePage(Body, frozen=True):
    """Cases behind `after`, in the order of their ids."""

    after: Maybe = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class MemberPage(Body, frozen=True):
    """Members behind the account `after`; of one state alone, where it is given."""

    after: Maybe = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    state: State | None = None


class SeverityBody(Body, frozen=True):
    """1 is the worst."""

    severity: Severity
    why: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class RoleBody(Body, frozen=True):
    """Who takes a role; "" frees it."""

    role: Literal["lead", "deputy", "liaison", "scribe"]
    staff: Maybe


class CaseNoteBody(Body, frozen=True):
    """`corrects`: the note that this one takes the place of; that one stays."""

    text: Long
    corrects: Maybe = ""


class TaskBody(Body, frozen=True):
    """Something to do. `due`: ms."""

    title: Title
    due: Moment | None = None
    why: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    owner: Maybe = ""


class OwnerBody(Body, frozen=True):
    """Who takes a task; "" gives it back."""

    owner: Maybe


class CaseEndBody(Body, frozen=True):
    """How a task ended; why it is not needed has to be said."""

    outcome: Literal["done", "not_needed"]
    said: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class CaseReasonBody(Body, frozen=True):
    """Why."""

    why: Why


class HandoverBody(Body, frozen=True):
    """Who leads the case from now on, and what they have to know."""

    to: Name
    text: Long


class EvidenceQuery(Body, frozen=True):
    """The name of the file, where it came from, why it is kept, and whose account it is about."""

    name: Title
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    why: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    account: Maybe = ""


class CustodyBody(Body, frozen=True):
    """What somebody does with a piece of evidence."""

    what: Literal["viewed", "downloaded", "handed_over", "copied"]
    why: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class MembersBody(Body, frozen=True):
    """Accounts to add. What is known of one already stays."""

    accounts: Annotated[tuple[MemberGiven, ...], msgspec.Meta(min_length=1, max_length=500)]


class StateBody(Body, frozen=True):
    """An officer's own word on an account."""

    state: State
    why: Why


class TimelineQuery(Body, frozen=True):
    """Events behind position `after`, of one account or of all that were hit."""

    after: Annotated[int, msgspec.Meta(ge=-1, le=2**53 - 1)] = -1
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100
    account: Maybe = ""
    since: Moment = 0
    until: Moment | None = None
    language: Literal["en", "zh"] = "en"


class ImpactBody(Body, frozen=True):
    """Look for everyone else. `sets`: capability sets that suffice for the steps (empty: nothing is known of the
    cause, and nobody is called safe); `window`: ms that owners need to react."""

    sets: Annotated[
        tuple[Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=12)], ...],
        msgspec.Meta(max_length=64),
    ] = ()
    window: Annotated[int, msgspec.Meta(ge=0, le=2_592_000_000)] = 86_400_000


class ProtectBody(Body, frozen=True):
    """Which states get which measure. `lasts`: of the shields, ms; `sets` as in ImpactBody."""

    why: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    sets: Annotated[
        tuple[Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=12)], ...],
        msgspec.Meta(max_length=64),
    ] = ()
    shield: Annotated[tuple[Measured, ...], msgspec.Meta(max_length=3)] = ("hit", "exposed", "unknown")
    end_sessions: Annotated[tuple[Measured, ...], msgspec.Meta(max_length=3)] = ("hit",)
    freeze: Annotated[tuple[Measured, ...], msgspec.Meta(max_length=3)] = ("hit",)
    lasts: Annotated[int, msgspec.Meta(ge=1, le=7_776_000_000)] = 2_592_000_000
