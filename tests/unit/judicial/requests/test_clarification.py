# SPDX-License-Identifier: Apache-2.0
"""A question to the authority has a clock of its own; the clocks of the law run on beside it."""

from __future__ import annotations

from counterseal.judicial.requests.model import Clock, JudicialRequest, State, Type
from counterseal.judicial.requests.stored import Tick
from counterseal.judicial.requests.ticking import ticked
from counterseal.judicial.requests.triage import ANSWER, ANSWER_WITHIN, answered, asked

NOON = 1_790_000_000_000
DAY = 86_400_000
LAW = Clock("answer", NOON + 10 * DAY, "say that the check is open", "Reg. 2023/1543")
REQUEST = JudicialRequest(
    *("jr_1", "CS-2026-000001", Type.DISCLOSURE, State.EVIDENCE, NOON, "portal:pa_1"), clocks=(LAW,)
)


def test_the_answer_that_the_law_wants_of_us_stays_due() -> None:
    """Asking replaces no deadline of the rule pack, and their answer meets none."""
    held = asked(REQUEST, NOON, "st_vera", "which account?")
    assert held.clocks == (LAW, Clock(ANSWER, NOON + ANSWER_WITHIN, "nobody answered: it expires"))
    after = answered(held, NOON + DAY, "portal:pa_1", "this one")
    assert [(each.name, each.met) for each in after.clocks] == [("answer", None), (ANSWER, NOON + DAY)]


def test_a_deadline_of_the_law_expires_no_question() -> None:
    """Only their own time to answer does."""
    held = asked(REQUEST, NOON, "st_vera", "which account?")
    law = ticked(held, Tick("jr_1", LAW.name, LAW.due), LAW.due)
    assert (law.state, law.history[-1].what) == (State.CLARIFICATION, "clock_due")
    theirs = Tick("jr_1", ANSWER, NOON + ANSWER_WITHIN)
    assert ticked(held, theirs, theirs.due).state is State.EXPIRED
