# SPDX-License-Identifier: Apache-2.0
"""What people do in a case. Pure: a case before, a case after, or an error; nothing is removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.incidents.model import (
    Artefact,
    Custody,
    Deadline,
    Handover,
    Happened,
    Hold,
    Incident,
    Note,
    Role,
    Stage,
    Task,
)

TWO: Final = 2
WORST, LEAST = 1, 4
MOST_TASKS: Final = 500
MOST_NOTES: Final = 5_000
MOST_EVIDENCE: Final = 1_000
MOST_CUSTODY: Final = 1_000
LONGEST: Final = 20_000
OUTCOMES: Final = ("done", "not_needed")
HANDLED: Final = ("viewed", "downloaded", "handed_over", "copied")
SEVEREST: Final = 1


class CaseClosedError(ConflictError):
    """The case is closed; what is left to say goes into a note."""

    code = "incident_closed"


def text_of(text: str, what: str, most: int = LONGEST) -> str:
    """A text that says something. Raises InputError."""
    found = text.strip()
    if not found or len(found) > most or any(ord(each) < 32 and each not in "\n\t" for each in found):  # noqa: PLR2004 - control characters
        raise InputError(f"{what} has 1 to {most:,} characters", code="text_invalid")
    return found


def severe(value: int) -> int:
    """A severity, 1 the worst. Raises InputError."""
    if not WORST <= value <= LEAST:
        raise InputError("a severity is 1 (worst) to 4", code="severity_invalid")
    return value


def happened(case: Incident, at: int, by: str, what: str, about: str = "") -> Incident:
    """The case with a line more in its history."""
    return replace(case, history=(*case.history, Happened(at, by, what, about)))


def working(case: Incident) -> Incident:
    """The case, if it is not closed. Raises CaseClosedError."""
    if case.stage is Stage.CLOSED:
        raise CaseClosedError("the case is closed", hint="Write a note, or open a case of its own.")
    return case


# ------------------------------------------------------------ people and notes


def rated(case: Incident, severity: int, why: str, at: int, by: str) -> Incident:
    """Another severity, with its reason."""
    said = text_of(why, "the reason", 500)
    after = replace(working(case), severity=severe(severity))
    return happened(after, at, by, "severity", f"{case.severity} -> {severity}: {said}")


def assigned(case: Incident, role: Role, staff: str, at: int, by: str) -> Incident:
    """Somebody takes a role; "" frees it."""
    roles = {name: each for name, each in case.roles.items() if name != role.value}
    if staff:
        roles[role.value] = staff
    return happened(replace(working(case), roles=roles), at, by, f"role_{role.value}", staff)


def noted(case: Incident, note: str, text: str, at: int, by: str, corrects: str = "") -> Incident:
    """A note more; of a closed case, too. Raises NotFoundError for a correction of nothing."""
    if corrects and all(each.id != corrects for each in case.notes):
        raise NotFoundError("there is no such note in this case", code="unknown_note")
    if len(case.notes) >= MOST_NOTES:
        raise InputError(f"a case has up to {MOST_NOTES:,} notes", code="too_many_notes")
    made = Note(note, at, by, text_of(text, "a note"), corrects)
    return happened(replace(case, notes=(*case.notes, made)), at, by, "note", note)


def handed(case: Incident, to: str, text: str, at: int, by: str) -> Incident:
    """The lead goes to somebody else, with what they have to know."""
    said = Handover(at, by, to, text_of(text, "what is handed over"))
    after = replace(working(case), handovers=(*case.handovers, said), roles={**case.roles, Role.LEAD.value: to})
    return happened(after, at, by, "handover", to)


# ------------------------------------------------------------ tasks and clocks


def tasked(case: Incident, tasks: Iterable[Task], at: int, by: str) -> Incident:
    """Tasks more. One of a playbook's rule that is there already is not made twice."""
    known = {each.rule for each in case.tasks if each.rule}
    fresh = tuple(each for each in tasks if each.rule not in known)
    if len(case.tasks) + len(fresh) > MOST_TASKS:
        raise InputError(f"a case has up to {MOST_TASKS} tasks", code="too_many_tasks")
    after = replace(working(case), tasks=(*case.tasks, *fresh))
    for each in fresh:
        after = happened(after, at, by, "task", each.id)
    return after


def taken(case: Incident, task: str, owner: str, at: int, by: str) -> Incident:
    """Somebody takes a task; "" gives it back."""
    return happened(_with_task(case, replace(_open(case, task), owner=owner)), at, by, "task_owner", task)


def ended(case: Incident, task: str, outcome: str, said: str, at: int, by: str) -> Incident:
    """A task is done, or not needed, and why."""
    if outcome not in OUTCOMES:
        raise InputError("a task ends as `done` or `not_needed`", code="outcome_unknown")
    why = said.strip()
    if outcome != "done":
        why = text_of(said, "the reason", 2_000)
    done = replace(_open(case, task), done=at, done_by=by, outcome=outcome, said=why[:2_000])
    return happened(_with_task(case, done), at, by, f"task_{outcome}", task)


def _open(case: Incident, task: str) -> Task:
    found = next((each for each in working(case).tasks if each.id == task), None)
    if found is None:
        raise NotFoundError("there is no such task in this case", code="unknown_task")
    if found.done is not None:
        raise ConflictError("this task has ended", code="task_ended")
    return found


def _with_task(case: Incident, task: Task) -> Incident:
    return replace(case, tasks=tuple(task if each.id == task.id else each for each in case.tasks))


def clocked(case: Incident, deadlines: Iterable[Deadline], at: int) -> Incident:
    """Deadlines more; one whose rule runs already is not set twice."""
    known = {each.rule for each in case.deadlines}
    fresh = tuple(each for each in deadlines if each.rule not in known)
    after = replace(case, deadlines=(*case.deadlines, *fresh))
    for each in fresh:
        after = happened(after, at, "clock", "deadline", each.rule)
    return after


def met(case: Incident, rule: str, said: str, at: int, by: str) -> Incident:
    """A deadline was met: somebody did what it asks for."""
    found = next((each for each in case.deadlines if each.rule == rule), None)
    if found is None:
        raise NotFoundError("this clock does not run in this case", code="unknown_clock")
    if found.met is not None:
        raise ConflictError("this clock was met", code="clock_met")
    done = replace(found, met=at, met_by=by, said=text_of(said, "what was done", 2_000))
    after = replace(case, deadlines=tuple(done if each.rule == rule else each for each in case.deadlines))
    return happened(after, at, by, "deadline_met", rule)


def classified(case: Incident, why: str, at: int, by: str) -> Incident:
    """It is a major incident; some clocks run from here. Once."""
    if case.classified is not None:
        raise ConflictError("the case is classified already", code="incident_classified")
    said = text_of(why, "the reason", 2_000)
    return happened(replace(working(case), classified=at), at, by, "classified", said)


# ------------------------------------------------------------ stages and holds


def contained(case: Incident, why: str, at: int, by: str) -> Incident:
    """Nobody else can be hit the same way, and why."""
    if case.stage is not Stage.OPEN:
        raise ConflictError("only an open case is contained", code="incident_stage")
    said = text_of(why, "the reason", 2_000)
    return happened(replace(case, stage=Stage.CONTAINED, contained=at), at, by, "contained", said)


def closed(case: Incident, why: str, at: int, officers: Sequence[str]) -> Incident:
    """The case is over. The worst takes two officers, and none closes with tasks that nobody ended."""
    if working(case).severity == SEVEREST and len(set(officers)) < TWO:
        raise InputError("two officers close a case of severity 1", code="two_officers")
    left = sum(each.done is None for each in case.tasks)
    if left:
        raise ConflictError(f"{left} tasks have not ended", code="tasks_open", hint="Say why they are not needed.")
    said = text_of(why, "the reason", 2_000)
    return happened(replace(case, stage=Stage.CLOSED, closed=at), at, "+".join(officers), "closed", said)


def held(case: Incident) -> bool:
    """Whether a legal hold stands."""
    return any(each.lifted is None for each in case.holds)


def on_hold(case: Incident, why: str, at: int, by: str) -> Incident:
    """A legal hold; of a closed case, too."""
    if held(case):
        raise ConflictError("a legal hold stands", code="hold_stands")
    after = replace(case, holds=(*case.holds, Hold(at, by, text_of(why, "the reason", 2_000))))
    return happened(after, at, by, "hold")


def released(case: Incident, why: str, at: int, officers: Sequence[str]) -> Incident:
    """Two officers lift the legal hold."""
    if len(set(officers)) < TWO:
        raise InputError("two officers lift a legal hold", code="two_officers")
    if not held(case):
        raise ConflictError("no legal hold stands", code="hold_missing")
    by = "+".join(officers)
    lifted = tuple(replace(each, lifted=at, lifted_by=by) if each.lifted is None else each for each in case.holds)
    return happened(replace(case, holds=lifted), at, by, "hold_lifted", text_of(why, "the reason", 2_000))


# ------------------------------------------------------------ evidence


def collected(case: Incident, artefact: Artefact, at: int, by: str) -> Incident:
    """A piece of evidence more. The same bytes are one piece."""
    if any(each.sha256 == artefact.sha256 for each in case.evidence):
        raise ConflictError("these bytes are in the case already", code="evidence_known")
    if len(case.evidence) >= MOST_EVIDENCE:
        raise InputError(f"a case has up to {MOST_EVIDENCE:,} pieces of evidence", code="too_much_evidence")
    return happened(replace(case, evidence=(*case.evidence, artefact)), at, by, "evidence", artefact.id)


def handled(case: Incident, artefact: str, what: str, why: str, at: int, by: str) -> Incident:
    """Somebody had a piece of evidence in hand."""
    found = piece(case, artefact)
    if what not in HANDLED:
        raise InputError(f"evidence is {', '.join(HANDLED)}", code="custody_unknown")
    if len(found.custody) >= MOST_CUSTODY:
        raise InputError("this piece was in too many hands", code="too_much_custody")
    after = replace(found, custody=(*found.custody, Custody(at, by, what, text_of(why, "the reason", 500))))
    kept = tuple(after if each.id == artefact else each for each in case.evidence)
    return happened(replace(case, evidence=kept), at, by, f"evidence_{what}", artefact)


def piece(case: Incident, artefact: str) -> Artefact:
    """A piece of evidence. Raises NotFoundError."""
    found = next((each for each in case.evidence if each.id == artefact), None)
    if found is None:
        raise NotFoundError("there is no such piece of evidence in this case", code="unknown_evidence")
    return found
