# SPDX-License-Identifier: Apache-2.0
"""How the impact of an incident, its timeline and its protection are shown. Times are ms."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from counterseal.incidents import impact as p
from counterseal.incidents.impact_search import Impact
from counterseal.incidents.protecting import Planned
from counterseal.incidents.protection import Part, ProtectionAct
from counterseal.prover.reach import Reach

MOST_SHOWN: Final = 500


class LeadView(msgspec.Struct, frozen=True):
    """What ties accounts to the attack. `strong` false: it is common or a single look, and brings nobody in."""

    kind: str
    ref: str
    said: str
    account: str
    action: str
    since: int
    strong: bool
    bearers: int


class TieView(msgspec.Struct, frozen=True):
    """How an account bears a lead."""

    kind: str
    ref: str
    at: int
    strong: bool
    left: bool


class ReachView(msgspec.Struct, frozen=True):
    """The worst that a sufficient set can do: `window` null = silently; `outflow` "" = value never leaves."""

    capabilities: list[str]
    outflow: str
    window: int | None
    enough: bool


class ImpactVerdictView(msgspec.Struct, frozen=True):
    """What is said of an account, and why."""

    account: str
    state: str
    why: str
    ties: list[TieView]
    reach: ReachView | None


class ImpactView(msgspec.Struct, frozen=True):
    """`shown`: how many of the verdicts are in this answer; all are members now. `partial`: what keeps this from
    being all: `behind`, `most`, `missed`."""

    leads: list[LeadView]
    common: list[LeadView]
    verdicts: list[ImpactVerdictView]
    shown: int
    counts: dict[str, int]
    sets: list[list[str]]
    policy: str
    window: int
    indexed: int
    partial: list[str]


class CaseEventView(msgspec.Struct, frozen=True):
    """One event. `who`: owner, platform, staff, unknown: who did it as far as the entry itself says."""

    position: int
    at: int
    account: str
    kind: str
    action: str
    rule: str
    who: str
    text: str


class CaseTimelineView(msgspec.Struct, frozen=True):
    """In the order of the log; `next`: go on behind this position."""

    events: list[CaseEventView]
    next: int | None


class CauseView(msgspec.Struct, frozen=True):
    """`report`: steps, sufficient sets, precursors, what would decide, the control that failed, counterfactuals,
    edits, classes and integrity, as docs/cause.md says; `text`: the same in words; `accounts` of the `harmed` were
    read."""

    report: dict[str, Any]
    text: str
    accounts: int
    harmed: int


class PlannedView(msgspec.Struct, frozen=True):
    """`act`: what is carried out now; `accounts`: how many."""

    act: str
    accounts: int


class ProtectedRow(msgspec.Struct, frozen=True):
    """One account of an action; `result` "" = not yet."""

    account: str
    capabilities: list[str]
    end_sessions: bool
    freeze: bool
    result: str


class ProtectionView(msgspec.Struct, frozen=True):
    """An action that protects. `done` of `parts`; `ended` null = it is being carried out."""

    id: str
    at: int
    officers: list[str]
    why: str
    until: int
    accounts: int
    counts: dict[str, int]
    parts: int
    done: int
    ended: int | None
    rows: list[ProtectedRow]


def impact_view(found: Impact) -> ImpactView:
    """With the first verdicts: those that matter most."""
    made: ImpactView = msgspec.convert(
        {
            **msgspec.to_builtins(found),
            "verdicts": msgspec.to_builtins(found.verdicts[:MOST_SHOWN]),
            "shown": min(len(found.verdicts), MOST_SHOWN),
        },
        ImpactView,
    )
    return made


def planned_view(planned: Planned) -> PlannedView:
    """The answer to two officers."""
    return PlannedView(act=planned.act, accounts=planned.accounts)


def protection_view(act: ProtectionAct, parts: tuple[Part, ...]) -> ProtectionView:
    """An action with what came of each account."""
    rows = [
        ProtectedRow(
            account=one.account,
            capabilities=list(one.capabilities),
            end_sessions=one.end_sessions,
            freeze=one.freeze,
            result=part.results[number] if part.results else "",
        )
        for part in parts
        for number, one in enumerate(part.accounts)
    ]
    return ProtectionView(
        *(act.id, act.at, list(act.officers), act.why, act.until, act.accounts, dict(act.counts)),
        parts=act.parts,
        done=act.done,
        ended=act.ended,
        rows=rows,
    )


_AT: Final = 1_717_891_200_000
_LEAD: Final = p.Lead("destination", "9f86d081", "tron|TThief|", "u-1001", "act_0190a1b2c3", _AT, bearers=3)
_TIE: Final = p.Tie("destination", "9f86d081", _AT, strong=True)
_REACH: Final = Reach(("sms_intercept",), "withdraw", None, enough=False)
IMPACT: Final = impact_view(
    Impact(
        *((_LEAD,), ()),
        verdicts=(p.Verdict("u-1002", p.State.EXPOSED, "too_little_time", (_TIE,), _REACH),),
        counts={"hit": 2, "exposed": 1, "safe": 0, "unknown": 0},
        sets=(("sms_intercept",),),
        policy="sha256:9f86d081",
        window=86_400_000,
        indexed=4711,
    )
)
TIMELINE: Final = CaseTimelineView(
    events=[
        CaseEventView(
            position=4711,
            at=_AT,
            account="u-1001",
            kind="ask",
            action="act_0190a1b2c3",
            rule="create_api_withdraw",
            who="unknown",
            text="Asked to make an API key that can withdraw.",
        )
    ],
    next=None,
)
CAUSE: Final = CauseView(
    report={"sufficient": [{"capabilities": ["email_takeover", "sms_intercept"], "instead": {}}]},
    text="Two sets of capabilities suffice for the 14 steps.",
    accounts=2,
    harmed=2,
)
PLANNED: Final = PlannedView(act="pa_5f0c1d2e3a4b5c6d7e", accounts=5)
PROTECTION: Final = ProtectionView(
    *("pa_5f0c1d2e3a4b5c6d7e", _AT, ["st_a", "st_b"], "one attack", _AT + 2_592_000_000, 1),
    counts={"shield": 1, "end_sessions": 0, "freeze": 0},
    parts=1,
    done=1,
    ended=_AT,
    rows=[ProtectedRow("u-1002", ["sms_intercept"], end_sessions=False, freeze=False, result="done")],
)
