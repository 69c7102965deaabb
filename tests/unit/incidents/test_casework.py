# SPDX-License-Identifier: Apache-2.0
"""What people do in a case: every change leaves a line, nothing is removed, and what takes two takes two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.errors import CountersealError
from counterseal.incidents import casework as w
from counterseal.incidents import membership
from counterseal.incidents import model as m

T0 = 1_717_891_200_000
TWO = ("st_a", "st_b")


def case(**more: Any) -> m.Incident:
    given: dict[str, Any] = {
        "severity": 2,
        "stage": m.Stage.OPEN,
        "opened": T0,
        "source": "staff:st_a",
        "aware": T0,
    } | more
    return m.Incident("inc_1", "INC-2024-0001", m.Kind.ACCOUNT_TAKEOVER, "two accounts", **given)


def task(name: str, rule: str = "") -> m.Task:
    return m.Task(name, name, None, T0, "st_a", rule)


ARTEFACT = m.Artefact("ev_1", "order.pdf", "00" * 32, 3, "upload", (m.Custody(T0, "st_a", "collected", "came in"),))
FULL = w.collected(
    w.tasked(w.noted(case(), "n1", "first look", T0, "st_a"), [task("t1")], T0, "st_a"), ARTEFACT, T0, "st_a"
)

STEPS: dict[str, Callable[[m.Incident], m.Incident]] = {
    "rated": lambda c: w.rated(c, 1, "two hit", T0, "st_a"),
    "assigned": lambda c: w.assigned(c, m.Role.LEAD, "st_b", T0, "st_a"),
    "noted": lambda c: w.noted(c, "n2", "more", T0, "st_a", corrects="n1"),
    "handed": lambda c: w.handed(c, "st_b", "the carrier is asked", T0, "st_a"),
    "tasked": lambda c: w.tasked(c, [task("t2")], T0, "st_a"),
    "taken": lambda c: w.taken(c, "t1", "st_b", T0, "st_b"),
    "ended": lambda c: w.ended(c, "t1", "not_needed", "no carrier", T0, "st_b"),
    "classified": lambda c: w.classified(c, "loss above the limit", T0, "st_a"),
    "contained": lambda c: w.contained(c, "all shielded", T0, "st_a"),
    "on hold": lambda c: w.on_hold(c, "the prosecutor asks", T0, "st_a"),
    "handled": lambda c: w.handled(c, "ev_1", "viewed", "to compare the seal", T0, "st_b"),
}


@pytest.mark.parametrize("name", STEPS)
def test_every_change_leaves_a_line_and_removes_nothing(name: str) -> None:
    after = STEPS[name](FULL)
    assert after != FULL
    assert after.history[: len(FULL.history)] == FULL.history
    assert len(after.history) > len(FULL.history)
    assert {each.id for each in FULL.notes} <= {each.id for each in after.notes}
    assert {each.id for each in FULL.tasks} <= {each.id for each in after.tasks}
    for each in FULL.evidence:
        kept = w.piece(after, each.id)
        assert kept.custody[: len(each.custody)] == each.custody
        assert (kept.sha256, kept.name) == (each.sha256, each.name)


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "a severity of 0": ("severity_invalid", lambda: w.rated(case(), 0, "x", T0, "st_a")),
    "a severity of 5": ("severity_invalid", lambda: w.rated(case(), 5, "x", T0, "st_a")),
    "no reason": ("text_invalid", lambda: w.rated(case(), 1, "  ", T0, "st_a")),
    "an empty note": ("text_invalid", lambda: w.noted(case(), "n", " \n", T0, "st_a")),
    "a control character": ("text_invalid", lambda: w.noted(case(), "n", "a\x07b", T0, "st_a")),
    "a correction of nothing": ("unknown_note", lambda: w.noted(case(), "n", "x", T0, "st_a", "n9")),
    "a task that is not there": ("unknown_task", lambda: w.taken(case(), "t9", "st_a", T0, "st_a")),
    "an end that is none": ("outcome_unknown", lambda: w.ended(FULL, "t1", "gone", "x", T0, "st_a")),
    "not needed, and no reason": ("text_invalid", lambda: w.ended(FULL, "t1", "not_needed", "", T0, "st_a")),
    "ended twice": (
        "task_ended",
        lambda: w.ended(w.ended(FULL, "t1", "done", "", T0, "st_a"), "t1", "done", "", T0, "st_a"),
    ),
    "a clock that does not run": ("unknown_clock", lambda: w.met(case(), "dora.initial", "sent", T0, "st_a")),
    "classified twice": (
        "incident_classified",
        lambda: w.classified(w.classified(case(), "x", T0, "st_a"), "x", T0, "st_a"),
    ),
    "contained twice": ("incident_stage", lambda: w.contained(w.contained(case(), "x", T0, "a"), "x", T0, "a")),
    "closed with tasks": ("tasks_open", lambda: w.closed(FULL, "over", T0, TWO)),
    "the worst closed by one": ("two_officers", lambda: w.closed(case(severity=1), "over", T0, ("a", "a"))),
    "two holds": ("hold_stands", lambda: w.on_hold(w.on_hold(case(), "x", T0, "a"), "x", T0, "a")),
    "a hold lifted by one": ("two_officers", lambda: w.released(w.on_hold(case(), "x", T0, "a"), "x", T0, ("a",))),
    "no hold to lift": ("hold_missing", lambda: w.released(case(), "x", T0, TWO)),
    "the same bytes twice": ("evidence_known", lambda: w.collected(FULL, ARTEFACT, T0, "a")),
    "evidence thrown away": ("custody_unknown", lambda: w.handled(FULL, "ev_1", "destroyed", "x", T0, "a")),
    "no such piece": ("unknown_evidence", lambda: w.handled(FULL, "ev_9", "viewed", "x", T0, "a")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    code, step = REFUSED[name]
    with pytest.raises(CountersealError) as raised:
        step()
    assert raised.value.code == code


@pytest.mark.parametrize("name", sorted(STEPS.keys() - {"noted", "on hold", "handled", "contained"}))
def test_a_closed_case_takes_notes_holds_and_evidence_in_hand_and_nothing_else(name: str) -> None:
    over = w.closed(w.ended(FULL, "t1", "done", "", T0, "a"), "over", T0, TWO)
    for each in ("noted", "on hold", "handled"):
        assert STEPS[each](over).stage is m.Stage.CLOSED
    with pytest.raises(CountersealError):
        STEPS[name](over)


def test_rules_of_a_playbook_and_clocks_are_set_once() -> None:
    once = w.tasked(case(), [task("t1", "tell"), task("t2", "freeze")], T0, "playbook")
    assert w.tasked(once, [task("t3", "tell"), task("t4", "ask")], T0, "playbook").tasks[2:] == (task("t4", "ask"),)
    clock = m.Deadline("dora.initial", "first notice", T0, T0 + 4)
    timed = w.clocked(w.clocked(case(), [clock], T0), [clock], T0 + 1)
    assert timed.deadlines == (clock,)
    assert w.met(timed, "dora.initial", "sent", T0 + 2, "st_a").deadlines[0].met == T0 + 2


def member(state: m.MemberState, *reasons: m.Reason, **more: Any) -> m.Member:
    return m.Member("inc_1", "u-1", state, T0, "st_a", reasons, **more)


STATES = st.sampled_from(list(m.MemberState))
REASONS = st.builds(m.Reason, st.sampled_from(["device", "network"]), st.just(T0), st.sampled_from(["a", "b"]))


@given(st.lists(st.tuples(STATES, st.lists(REASONS, max_size=2)), min_size=1, max_size=6))
def test_what_is_known_of_an_account_only_grows_and_counts_are_those_of_the_members(
    found: list[tuple[m.MemberState, list[m.Reason]]],
) -> None:
    held: m.Member | None = None
    counts = m.Counts()
    for state, reasons in found:
        after = membership.merged(held, member(state, *dict.fromkeys(reasons)), T0 + 1)
        counts = membership.recounted(counts, held, after)
        if held is not None:
            assert set(held.because) <= set(after.because)
            if held.state is m.MemberState.HIT:
                assert after.state is m.MemberState.HIT
        held = after
        assert counts.states == {after.state.value: 1}
    assert held is not None
    assert len(held.because) == len(set(held.because))


def test_an_officers_word_stands_above_what_was_found() -> None:
    held = member(m.MemberState.HIT, m.Reason("device", T0, "x", left=True))
    after = membership.corrected(held, m.MemberState.SAFE, "her own transfer, she says on the phone", T0, "st_a")
    assert after.state is m.MemberState.SAFE
    assert after.because[-1].kind == "officer"
    again = membership.merged(after, member(m.MemberState.HIT, m.Reason("network", T0, "y")), T0 + 2)
    assert (again.state, len(again.because)) == (m.MemberState.SAFE, 3)


def test_protected_and_informed_are_counted_once() -> None:
    first = member(m.MemberState.HIT)
    done = member(m.MemberState.HIT, protected=T0, informed=T0)
    counts = membership.recounted(membership.recounted(m.Counts(), None, first), first, done)
    assert counts == m.Counts({"hit": 1}, 1, 1)
    assert membership.recounted(counts, done, done) == counts
