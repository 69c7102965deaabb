# SPDX-License-Identifier: Apache-2.0
"""What an authority reads of its request: never whether somebody doubts it."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.http import portal_texts_en, portal_texts_zh
from counterseal.judicial.portal import seen
from counterseal.judicial.requests.acts import confirmed, suspected
from counterseal.judicial.requests.model import Clock, Happened, JudicialRequest, State, Type
from counterseal.judicial.requests.triage import ANSWER

NOON = 1_790_000_000_000
DAY = 86_400_000


def request(*states: State, **more: object) -> JudicialRequest:
    """A request that went through these states."""
    history = tuple(Happened(NOON + at, each.value, "desk", "", each) for at, each in enumerate(states))
    made = JudicialRequest(
        "jr_1", "CS-2026-000001", Type.DISCLOSURE, states[-1], NOON, "portal:pa_1", history=history
    )
    return msgspec.structs.replace(made, **more)


@pytest.mark.parametrize("state", sorted(set(State) - {State.SUSPECTED_FORGED, State.CONFIRMED_FORGED}))
def test_a_suspicion_changes_what_can_be_used_and_nothing_else(state: State) -> None:
    """The words stay; a question or a package, which nobody may use any more, reads as work that goes on."""
    held = request(State.RECEIVED, state)
    doubted = suspected(held, NOON + DAY, "st_ines", "the court rang")
    before = seen.standing(held)
    assert seen.standing(doubted) == ("working" if before in {"question", "package"} else before)
    assert seen.takes_more(doubted) == seen.takes_more(held)
    assert seen.changes(doubted) == seen.changes(held)
    assert seen.due(doubted) == seen.due(held)


def test_a_confirmed_forgery_reads_like_one_that_nobody_answered() -> None:
    """Both ended, and no more."""
    doubted = suspected(request(State.RECEIVED, State.EVIDENCE), NOON, "st_ines", "the court rang")
    forged = confirmed(doubted, ("st_ines", "st_omar"), NOON, "it is")
    lapsed = request(State.RECEIVED, State.EXPIRED)
    assert seen.standing(forged) == seen.standing(lapsed) == "ended"
    assert (seen.takes_more(forged), seen.changes(forged), seen.due(forged)) == (False, (), None)


def test_every_standing_has_words_in_both_languages() -> None:
    states = [request(State.RECEIVED, each) for each in set(State) - {State.SUSPECTED_FORGED}]
    told = {seen.standing(each) for each in states}
    assert told <= set(portal_texts_en.STATES)
    assert set(portal_texts_en.STATES) == set(portal_texts_zh.STATES)
    for name in ("TEXTS", "TYPES", "IDENTIFIERS"):
        assert getattr(portal_texts_en, name).keys() == getattr(portal_texts_zh, name).keys()


def test_when_owners_are_told_is_not_shown() -> None:
    told = {
        seen.standing(request(State.DELIVERED, each)) for each in (State.NOTICE_DUE, State.NOTIFIED, State.CLOSED)
    }
    assert told == {"answered"}


def test_a_carried_out_order_is_lifted_by_a_request_of_its_own() -> None:
    """What gives back is checked like the order; work under way can be changed or withdrawn."""
    freeze = request(State.RECEIVED, State.EXECUTED, type=Type.FREEZE)
    assert (seen.changes(freeze), seen.takes_more(freeze)) == ((Type.WITHDRAWAL,), False)
    assert seen.changes(request(State.EVIDENCE)) == (Type.AMENDMENT,)
    assert seen.changes(request(State.EVIDENCE, type=Type.AMENDMENT)) == ()


def test_our_own_clocks_are_ours() -> None:
    """The second officer and the look afterwards are not shown; the earliest that runs is what is due."""
    clocks = (
        Clock("second_officer", NOON + 1, "nothing more is delivered"),
        Clock("answer", NOON + 3 * DAY, "say so"),
        Clock("acknowledge", NOON + DAY, "acknowledge", met=NOON),
        Clock(ANSWER, NOON + 2 * DAY, "it expires"),
        Clock("preserved_until", NOON + 9, "kept"),
    )
    held = request(State.CLARIFICATION, clocks=clocks)
    assert [name for name, _ in seen.deadlines(held)] == ["preserved", "acknowledge", "your_answer", "answer"]
    assert seen.due(held) == NOON + 2 * DAY
