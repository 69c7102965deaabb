# SPDX-License-Identifier: Apache-2.0
"""The states of a request: which ways there are, and that there are no others."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.judicial.requests.binding import digest_of
from counterseal.judicial.requests.machine import (
    WAYS,
    RequestStateError,
    before_suspicion,
    cleared,
    handed_out,
    may,
    moved,
    noted,
)
from counterseal.judicial.requests.model import ENDED, Happened, JudicialRequest, State, Type

S = State
RECEIVED = JudicialRequest(
    "jr_1",
    "CS-2026-000001",
    Type.DISCLOSURE,
    S.RECEIVED,
    1_000,
    "tok_1",
    history=(Happened(1, "in", "t", "", S.RECEIVED),),
)


def at(state: State) -> JudicialRequest:
    """A request in this state."""
    return msgspec.structs.replace(RECEIVED, state=state, history=(Happened(1, "x", "t", "", state),))


@pytest.mark.parametrize("state", list(State))
def test_every_way_is_taken_and_every_other_one_refused(state: State) -> None:
    """All 361 pairs: a step that the table lacks raises and changes nothing."""
    for to in State:
        held = at(state)
        out_of_suspicion = state is S.SUSPECTED_FORGED and to is not S.CONFIRMED_FORGED
        if may(state, to) and not out_of_suspicion:
            after = moved(held, to, 5, "st_1", "step", "why")
            assert (after.state, after.history[-1]) == (to, Happened(5, "step", "st_1", "why", to))
        else:
            with pytest.raises(RequestStateError):
                moved(held, to, 5, "st_1", "step")


def test_nothing_is_handed_out_that_was_not_approved_first() -> None:
    """Each way to delivery leads through APPROVED, and there through DECISION_PENDING (searched, not read)."""

    def reached(without: State) -> set[State]:
        seen, open_ = {S.RECEIVED}, [S.RECEIVED]
        while open_:
            for to in WAYS[open_.pop()] if open_ else ():
                if to is not without and to is not S.SUSPECTED_FORGED and to not in seen:
                    seen.add(to)
                    open_.append(to)
        return seen

    assert S.DELIVERED in reached(S.CLOSED)
    assert not {S.PACKAGE_BUILT, S.DELIVERED, S.NOTICE_DUE, S.NOTIFIED} & reached(S.APPROVED)
    assert S.APPROVED not in reached(S.DECISION_PENDING)


def test_what_ended_stays_ended_but_may_be_suspected() -> None:
    """A late contradiction reaches even a closed request; a confirmed forgery is final."""
    for state in ENDED - {S.CONFIRMED_FORGED, S.EXPIRED}:
        assert WAYS[state] == {S.SUSPECTED_FORGED}
    assert WAYS[S.EXPIRED] == {S.SUSPECTED_FORGED, S.EVIDENCE}
    assert WAYS[S.CONFIRMED_FORGED] == frozenset()
    assert all(may(state, S.SUSPECTED_FORGED) for state in set(State) - {S.SUSPECTED_FORGED, S.CONFIRMED_FORGED})


@pytest.mark.parametrize(
    ("state", "back"),
    [
        (S.EVIDENCE, S.EVIDENCE),
        (S.APPROVED, S.EVIDENCE),
        (S.PACKAGE_BUILT, S.EVIDENCE),
        (S.DECISION_PENDING, S.EVIDENCE),
        (S.DELIVERED, S.DELIVERED),
        (S.EXECUTED, S.EXECUTED),
        (S.CLOSED, S.CLOSED),
    ],
)
def test_a_cleared_suspicion_leads_back_but_never_to_an_approval(state: State, back: State) -> None:
    """Approvals were voided by the suspicion, so what rested on them is done again."""
    doubted = moved(at(state), S.SUSPECTED_FORGED, 5, "st_1", "suspected")
    assert before_suspicion(doubted) is state
    assert cleared(noted(doubted, 6, "st_2", "looked at"), 7, "a+b", "genuine").state is back
    with pytest.raises(RequestStateError):
        cleared(at(state), 7, "a+b", "nothing to clear")


def test_a_request_knows_that_something_left_by_it() -> None:
    """A suspicion after delivery is one about data that are out."""
    assert handed_out(moved(at(S.DELIVERED), S.SUSPECTED_FORGED, 5, "st_1", "suspected"))
    assert not handed_out(moved(at(S.APPROVED), S.SUSPECTED_FORGED, 5, "st_1", "suspected"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(list(State)), max_size=25))
def test_history_only_grows_and_tells_the_state(steps: list[State]) -> None:
    """Whatever is tried in whatever order."""
    held = RECEIVED
    for number, to in enumerate(steps):
        try:
            after = moved(held, to, number, "st_1", "step")
        except RequestStateError:
            continue
        assert after.history[:-1] == held.history
        assert after.history[-1].state is after.state
        held = after


def test_history_and_clocks_are_no_part_of_what_is_approved() -> None:
    """A look, a letter or a deadline voids nothing; everything that officers judge does."""
    digest = digest_of(RECEIVED)
    for free in (
        "history",
        "clocks",
        "letters",
        "disclosures",
        "assigned",
        "approvals",
        "state",
        "language",
        "received",
    ):
        value = {"state": S.CLOSED, "assigned": "st_1", "language": "zh", "received": 7}.get(free, ())
        assert digest_of(msgspec.structs.replace(RECEIVED, **{free: value})) == digest
    bound = {
        *("claim", "authority", "documents", "about", "case_number", "pack", "legal_basis", "identifiers"),
        *("categories", "window", "silence", "accounts", "evidence", "fields", "review", "key", "type"),
    }
    changed: dict[str, object] = {
        "window": None,
        "type": Type.EMERGENCY,
        "claim": msgspec.structs.replace(RECEIVED.claim, phone="1"),
    }
    for name in bound - {"window", "silence", "review", "evidence", "fields", "identifiers"}:
        value = changed.get(name, ("x",) if isinstance(getattr(RECEIVED, name), tuple) else "x")
        assert digest_of(msgspec.structs.replace(RECEIVED, **{name: value})) != digest, name
