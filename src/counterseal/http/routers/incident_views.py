# SPDX-License-Identifier: Apache-2.0
"""How cases are shown. Times are ms since the epoch."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from counterseal.incidents import model as m

T = TypeVar("T")


class TaskView(msgspec.Struct, frozen=True):
    """A task; `outcome` "" = not ended."""

    id: str
    title: str
    due: int | None
    made: int
    by: str
    rule: str = ""
    why: str = ""
    owner: str = ""
    done: int | None = None
    done_by: str = ""
    outcome: str = ""
    said: str = ""


class NoteView(msgspec.Struct, frozen=True):
    """A note; `corrects`: the one that it takes the place of."""

    id: str
    at: int
    by: str
    text: str
    corrects: str = ""


class CustodyView(msgspec.Struct, frozen=True):
    """Who had it, when, what for."""

    at: int
    by: str
    what: str
    why: str


class ArtefactView(msgspec.Struct, frozen=True):
    """A piece of evidence and its chain of custody."""

    id: str
    name: str
    sha256: str
    size: int
    source: str
    custody: list[CustodyView]
    account: str = ""


class HoldView(msgspec.Struct, frozen=True):
    """A legal hold; `lifted` null = it stands."""

    at: int
    by: str
    why: str
    lifted: int | None = None
    lifted_by: str = ""


class CaseDeadlineView(msgspec.Struct, frozen=True):
    """A clock; `met` null = it runs."""

    rule: str
    title: str
    since: int
    due: int
    met: int | None = None
    met_by: str = ""
    said: str = ""


class HandoverView(msgspec.Struct, frozen=True):
    """Who gave the case to whom, with what to know."""

    at: int
    by: str
    to: str
    text: str


class CaseHappenedView(msgspec.Struct, frozen=True):
    """A line of the case's history."""

    at: int
    by: str
    what: str
    about: str = ""


class CountsView(msgspec.Struct, frozen=True):
    """Members by state, and how many are protected and informed."""

    states: dict[str, int]
    protected: int
    informed: int


class CaseRow(msgspec.Struct, frozen=True):
    """A case in the list. `next_due`: of its tasks and clocks; `open_tasks`: how many."""

    id: str
    number: str
    kind: str
    title: str
    severity: int
    stage: str
    opened: int
    source: str
    lead: str
    counts: CountsView
    open_tasks: int
    next_due: int | None
    held: bool


class CaseList(msgspec.Struct, frozen=True):
    """`next`: go on behind this id."""

    items: list[CaseRow]
    next: str | None


class CaseView(msgspec.Struct, frozen=True):
    """A case whole, without its members."""

    id: str
    number: str
    kind: str
    title: str
    severity: int
    stage: str
    opened: int
    source: str
    aware: int
    counts: CountsView
    begun: int | None = None
    request: str = ""
    roles: dict[str, str] = {}
    tasks: list[TaskView] = []
    notes: list[NoteView] = []
    evidence: list[ArtefactView] = []
    holds: list[HoldView] = []
    deadlines: list[CaseDeadlineView] = []
    handovers: list[HandoverView] = []
    classified: int | None = None
    contained: int | None = None
    closed: int | None = None
    protections: list[str] = []
    packages: list[str] = []
    history: list[CaseHappenedView] = []


class OpenedView(msgspec.Struct, frozen=True):
    """`known`: this source had opened it before; the accounts were added."""

    incident: str
    number: str
    known: bool


class ChangedView(msgspec.Struct, frozen=True):
    """`made`: the id of what came into being, or the account."""

    incident: str
    at: int
    made: str


class MemberReasonView(msgspec.Struct, frozen=True):
    """Why an account stands where it stands; `left`: value left with it."""

    kind: str
    at: int
    ref: str = ""
    said: str = ""
    left: bool = False


class MemberView(msgspec.Struct, frozen=True):
    """An account of a case."""

    account: str
    state: str
    added: int
    by: str
    because: list[MemberReasonView] = []
    actions: list[str] = []
    theirs: list[str] = []
    said: str = ""
    protected: int | None = None
    informed: int | None = None
    changed: int | None = None


class MemberList(msgspec.Struct, frozen=True):
    """In the order of accounts; `next`: go on behind this one."""

    items: list[MemberView]
    next: str | None


def as_view(found: msgspec.Struct, kind: type[T], **more: object) -> T:
    """A stored struct as its view: fields of the same name, and `more`."""
    return msgspec.convert({**msgspec.to_builtins(found), **more}, kind)


def counts_view(counts: m.Counts) -> CountsView:
    """Every state is named."""
    states = {state.value: counts.states.get(state.value, 0) for state in m.MemberState}
    return CountsView(states=states, protected=counts.protected, informed=counts.informed)


def case_view(case: m.Incident, counts: m.Counts) -> CaseView:
    """A case with the counts of its members."""
    return as_view(case, CaseView, counts=msgspec.to_builtins(counts_view(counts)))


def case_row(case: m.Incident, counts: m.Counts) -> CaseRow:
    """A case in the list."""
    tasks = [each for each in case.tasks if each.done is None]
    dues = [each.due for each in tasks if each.due is not None]
    dues += [each.due for each in case.deadlines if each.met is None]
    return CaseRow(
        id=case.id,
        number=case.number,
        kind=case.kind.value,
        title=case.title,
        severity=case.severity,
        stage=case.stage.value,
        opened=case.opened,
        source=case.source,
        lead=case.roles.get(m.Role.LEAD.value, ""),
        counts=counts_view(counts),
        open_tasks=len(tasks),
        next_due=min(dues, default=None),
        held=any(each.lifted is None for each in case.holds),
    )


_AT: Final = 1_717_891_200_000
_CASE: Final = m.Incident(
    *(
        "inc_5f0c1d2e3a4b5c6d7e",
        "INC-2024-0007",
        m.Kind.ACCOUNT_TAKEOVER,
        "Two accounts drained after a forged order",
    ),
    severity=1,
    stage=m.Stage.OPEN,
    opened=_AT,
    source="desk:jr_fe6ff2c3b3800a1b2c3d4e5f",
    aware=_AT,
    roles={"lead": "st_0a1b2c3d4e5f607182"},
    tasks=(m.Task("tk_1", "Ask the carrier for its records", _AT + 86_400_000, _AT, "playbook", "ask_carrier"),),
    history=(m.Happened(_AT, "desk", "opened", "desk:jr_fe6ff2c3b3800a1b2c3d4e5f"),),
)
_COUNTS: Final = m.Counts({"exposed": 4, "hit": 2, "safe": 1}, 5, 2)
CASE: Final = case_view(_CASE, _COUNTS)
LIST: Final = CaseList(items=[case_row(_CASE, _COUNTS)], next=None)
OPENED: Final = OpenedView(incident=_CASE.id, number=_CASE.number, known=False)
CHANGED: Final = ChangedView(incident=_CASE.id, at=_AT, made="nt_7e6d5c4b3a2f1e0d9c")
MEMBER: Final = MemberView(
    account="u-1001",
    state="hit",
    added=_AT,
    by="st_0a1b2c3d4e5f607182",
    because=[MemberReasonView(kind="destination", at=_AT, ref="9f86d081884c7d65", left=True)],
)
MEMBERS: Final = MemberList(items=[MEMBER], next=None)
