# SPDX-License-Identifier: Apache-2.0
"""The table of what follows which event, line by line."""

from __future__ import annotations

import pytest

from counterseal.gateways.packs import shipped_vocabulary
from counterseal.judicial.disclosure.model import Disclosure, Handed
from counterseal.judicial.followup import rules
from counterseal.judicial.followup.model import Act, Do, Event, Step
from counterseal.judicial.requests.model import Field, Happened, JudicialRequest, State, Type

DAY = rules.DAY
NOW = 1_800_000_000_000
TWO = ("st_a", "st_b")


def request(*states: State, type: Type = Type.DISCLOSURE) -> JudicialRequest:  # noqa: A002 - the field's name
    history = tuple(Happened(NOW, each.value, "st_a", "", each) for each in states)
    return JudicialRequest(
        id="jr_1",
        reference="CS-2027-000001",
        type=type,
        state=states[-1],
        received=NOW - 5 * DAY,
        by="upload",
        accounts=("ana", "bea"),
        fields=(Field("ana", "name", "T1", "x"), Field("cyd", "name", "T1", "x")),
        history=history,
        disclosures=("dsc_1",),
    )


def dos(steps: tuple[Step, ...]) -> list[tuple[str, Do]]:
    return [(step.account, step.do) for step in steps]


@pytest.mark.parametrize(
    ("before", "after", "states", "event"),
    [
        (None, State.RECEIVED, (State.RECEIVED,), Event.NAMED),
        (State.EVIDENCE, State.REJECTED, (State.REJECTED,), Event.NAMED),
        (State.PACKAGE_BUILT, State.DELIVERED, (State.DELIVERED,), Event.NAMED),
        (State.EVIDENCE, State.SUSPECTED_FORGED, (State.EVIDENCE, State.SUSPECTED_FORGED), Event.SUSPECTED),
        (State.CLOSED, State.SUSPECTED_FORGED, (State.DELIVERED, State.SUSPECTED_FORGED), Event.SUSPECTED),
        (
            State.SUSPECTED_FORGED,
            State.CONFIRMED_FORGED,
            (State.EVIDENCE, State.CONFIRMED_FORGED),
            Event.CONFIRMED,
        ),
        (
            State.SUSPECTED_FORGED,
            State.CONFIRMED_FORGED,
            (State.DELIVERED, State.CLOSED, State.CONFIRMED_FORGED),
            Event.CONFIRMED_LATE,
        ),
        (
            State.SUSPECTED_FORGED,
            State.CONFIRMED_FORGED,
            (State.EXECUTED, State.CONFIRMED_FORGED),
            Event.CONFIRMED_LATE,
        ),
        (State.SUSPECTED_FORGED, State.EVIDENCE, (State.EVIDENCE,), Event.CLEARED),
        (State.SUSPECTED_FORGED, State.CLOSED, (State.CLOSED,), Event.CLEARED),
    ],
)
def test_a_move_means(before: State | None, after: State, states: tuple[State, ...], event: Event) -> None:
    assert rules.event_of(before, after, request(*states)) is event


def test_everybody_named_is_named_once() -> None:
    assert rules.named_by(request(State.RECEIVED), ("dan", "ana")) == ("ana", "bea", "cyd", "dan")


@pytest.mark.parametrize(
    ("by", "officers"),
    [
        ("st_a+st_b", ("st_a", "st_b")),
        ("st_a+st_a", ("st_a",)),
        ("desk", ()),
        ("smtp:10.0.0.1", ()),
        ("portal:x", ()),
        ("", ()),
    ],
)
def test_officers_are_people(by: str, officers: tuple[str, ...]) -> None:
    assert rules.officers_of(by) == officers


def test_to_be_named_changes_nothing() -> None:
    assert rules.steps_for(Event.NAMED, request(State.RECEIVED), ("ana",), NOW) == ((), ())


def test_a_suspicion_shields_for_thirty_days_since_the_request_came_in() -> None:
    steps, faults = rules.steps_for(Event.SUSPECTED, request(State.SUSPECTED_FORGED), ("ana", "bea"), NOW)
    assert (dos(steps), faults) == ([("ana", Do.SHIELD), ("bea", Do.SHIELD)], ())
    assert {(step.since, step.until, step.strength) for step in steps} == {
        (NOW - 5 * DAY, NOW + 30 * DAY, "strong")
    }
    suspicion = rules.suspicion_of(steps[0], "CS-2027-000001")
    assert (suspicion.capability, suspicion.instance) == ("judicial_pii", None)


def test_a_confirmed_forgery_that_got_nothing_shields_longer_and_speaks_to_nobody() -> None:
    steps, faults = rules.steps_for(
        Event.CONFIRMED, request(State.CONFIRMED_FORGED), ("ana",), NOW, by=TWO, siblings={"zoe": "jr_2"}
    )
    assert (dos(steps), faults) == ([("ana", Do.SHIELD), ("zoe", Do.SHIELD)], ())
    assert [(step.until - NOW, step.strength, step.origin) for step in steps] == [
        (90 * DAY, "confirmed", ""),
        (30 * DAY, "strong", "jr_2"),
    ]


def test_a_confirmed_forgery_that_got_data_also_ends_sessions_and_tells() -> None:
    late = request(State.DELIVERED, State.CONFIRMED_FORGED)
    steps, faults = rules.steps_for(Event.CONFIRMED_LATE, late, ("ana", "bea"), NOW, by=TWO)
    assert (dos(steps), faults) == (
        [
            *(("ana", Do.SHIELD), ("bea", Do.SHIELD)),
            *(("ana", Do.END_SESSIONS), ("bea", Do.END_SESSIONS)),
            ("", Do.TELL),
        ],
        (),
    )
    assert all(step.officers == TWO for step in steps if step.do is Do.END_SESSIONS)
    assert steps[-1].about == "dsc_1"


@pytest.mark.parametrize("by", [(), ("st_a",), ("st_a", "st_a")])
def test_one_person_alone_ends_no_session_and_takes_no_shield_back(by: tuple[str, ...]) -> None:
    late = request(State.DELIVERED, State.CONFIRMED_FORGED)
    steps, faults = rules.steps_for(Event.CONFIRMED_LATE, late, ("ana",), NOW, by=by)
    assert (dos(steps), faults) == ([("ana", Do.SHIELD), ("", Do.TELL)], ("two_officers",))
    assert rules.steps_for(Event.CLEARED, late, ("ana",), NOW, by=by) == ((), ("two_officers",))


@pytest.mark.parametrize(
    ("type", "faults"),
    [(Type.FREEZE, ("freeze_stands",)), (Type.SEIZURE, ("freeze_stands",)), (Type.PRESERVATION, ())],
)
def test_a_freeze_by_a_forged_order_is_for_people_to_lift(type: Type, faults: tuple[str, ...]) -> None:  # noqa: A002
    held = request(State.EXECUTED, State.CONFIRMED_FORGED, type=type)
    assert rules.steps_for(Event.CONFIRMED_LATE, held, ("ana",), NOW, by=TWO)[1] == faults


def test_clearing_takes_back_every_shield_and_no_exposure() -> None:
    made = request(State.SUSPECTED_FORGED)
    shields, _ = rules.steps_for(Event.SUSPECTED, made, ("ana",), NOW)
    exposed = rules.exposure_steps(disclosure(NOW))
    earlier = (
        Act("a1", "jr_1", Event.DISCLOSED, NOW, (), exposed),
        Act("a2", "jr_1", Event.SUSPECTED, NOW, (), shields),
    )
    steps, faults = rules.steps_for(Event.CLEARED, made, ("ana",), NOW, by=TWO, earlier=earlier)
    assert (dos(steps), faults) == ([("ana", Do.CLEAR)], ())
    assert (steps[0].about, steps[0].officers) == (shields[0].about, TWO)


def disclosure(fetched: int | None) -> Disclosure:
    return Disclosure(
        id="dsc_1",
        request="jr_1",
        authority="court",
        built=NOW,
        key="age1",
        key_kind="age",
        package_sha256="",
        size=1,
        token="",
        expires=NOW,
        fields=(
            Handed("ana", "name", "T1", ""),
            Handed("ana", "id_number", "T4", ""),
            Handed("bea", "exists", "T0", ""),
        ),
        canaries=(),
        basis="court_order",
        approvers=TWO,
        fetched=fetched,
    )


def test_what_was_fetched_is_exposed_and_that_an_account_exists_is_not() -> None:
    (step,) = rules.exposure_steps(disclosure(NOW))
    assert (step.account, step.do, step.since, step.until) == ("ana", Do.EXPOSE, NOW, NOW + rules.EXPOSED)
    assert rules.suspicion_of(step, "CS").capability == "disclosed_data"
    assert rules.exposure_steps(disclosure(None)) == ()


def test_the_words_of_the_policy_fit() -> None:
    """Shields slow things down and staff see them; an exposure shows to nobody."""
    words = shipped_vocabulary()
    assert words.capabilities[rules.DOUBT].tell == "staff"
    assert rules.DOUBT in words.conditions["exposed"]
    assert words.capabilities[rules.EXPOSURE].tell == "sealed"
    assert rules.EXPOSURE not in words.conditions["exposed"]
    assert {"kba", "iddoc"} <= set(words.capabilities[rules.DOUBT].produces)


def test_every_event_has_its_line() -> None:
    assert set(rules.TABLE) == set(Event)
