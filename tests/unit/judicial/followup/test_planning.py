# SPDX-License-Identifier: Apache-2.0
"""An act as it is written: what outsiders hear, what a clearing voids, that each step counts once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from counterseal.core.effects import Publish
from counterseal.core.happenings import CATALOGUE, body_of
from counterseal.core.transaction import Loaded
from counterseal.judicial.followup.model import (
    Act,
    Do,
    Event,
    FollowUp,
    Head,
    Named,
    Progress,
    Step,
    Trait,
    act_of,
    named_of,
    progress_of,
    subject_of,
    trait_of,
)
from counterseal.judicial.followup.planning import (
    TOPICS,
    StepOverError,
    finished,
    indexed,
    marking,
    overtaken,
    planned,
)
from counterseal.judicial.requests.stored import Bearers

NOW = 1_800_000_000_000
STEPS = (
    Step("ana", Do.SHIELD, "s1", NOW, NOW + 1),
    Step("ana", Do.END_SESSIONS),
    Step("zoe", Do.SHIELD, "s2", NOW, NOW + 1, origin="jr_2"),
)


def act(event: Event = Event.SUSPECTED, steps: tuple[Step, ...] = STEPS) -> Act:
    return Act("jr_1.4", "jr_1", event, NOW, ("st_a", "st_b"), steps)


def loaded(**states: Any) -> Loaded:
    found = {name.replace("__", ":", 1): state for name, state in states.items()}
    return Loaded(found, 7, NOW, 1)


def with_states(*pairs: tuple[str, Any]) -> Loaded:
    return Loaded(dict(pairs), 7, NOW, 1)


@pytest.mark.parametrize("event", sorted(TOPICS))
def test_outsiders_hear_how_many_and_never_who(event: Event) -> None:
    changes = planned(loaded(), act(event), 4, "disclosure", NOW)
    (message,) = changes[0].messages
    told = msgspec.msgpack.decode(message.payload, type=Publish)
    assert (message.topic, told.topic) == (TOPICS[event], TOPICS[event])
    assert told.body == {"request": "jr_1", "kind": "disclosure", "accounts": "1"}
    assert (set(told.body), told.account) == (set(CATALOGUE[told.topic][1]), "")
    body = body_of(told)
    assert not any(name in body for name in (b"ana", b"zoe", b"st_a", b"jr_2"))
    assert planned(loaded(), act(event), 4, "disclosure", NOW)[0].messages[0].id == message.id


@pytest.mark.parametrize("event", [Event.SIBLING, Event.NAMED])
def test_some_things_are_told_to_nobody(event: Event) -> None:
    assert planned(loaded(), act(event), 4, "disclosure", NOW)[0].messages == ()


def test_an_act_is_written_once() -> None:
    changes = planned(loaded(), act(), 4, "disclosure", NOW)
    assert [change.subject for change in changes] == [
        subject_of("jr_1"),
        act_of("jr_1.4"),
        progress_of("jr_1.4"),
    ]
    assert changes[2].state == Progress(("", "", ""))
    assert planned(with_states((act_of("jr_1.4"), act())), act(), 4, "disclosure", NOW) == ()


def test_a_forgery_that_got_something_opens_an_incident() -> None:
    entries = [change.entry for change in planned(loaded(), act(Event.CONFIRMED_LATE), 4, "freeze", NOW)]
    opened = next(entry for entry in entries if entry is not None and entry.kind == "desk_incident_opened")
    assert msgspec.json.decode(opened.payload)["siblings"] == ["jr_2"]
    others = [change.entry for change in planned(loaded(), act(Event.CONFIRMED), 4, "freeze", NOW)]
    assert [entry.kind for entry in others if entry is not None] == ["desk_follow_up_planned"]


def test_a_clearing_voids_what_is_under_way_and_what_comes_late() -> None:
    heads = (Head("jr_1.2", Event.SUSPECTED, NOW, 2), Head("jr_1.1", Event.SUSPECTED, NOW, 1, ended=NOW))
    held = FollowUp("jr_1", acts=heads)
    after = planned(with_states((subject_of("jr_1"), held)), act(Event.CLEARED), 4, "disclosure", NOW)[0].state
    assert [(each.id, each.void) for each in after.acts] == [("jr_1.2", "jr_1.4"), ("jr_1.1", ""), ("jr_1.4", "")]
    assert overtaken(after, Event.SUSPECTED, 3)
    assert not overtaken(after, Event.SUSPECTED, 5)
    late = msgspec.structs.replace(act(), id="jr_1.3")
    assert planned(with_states((subject_of("jr_1"), after)), late, 3, "disclosure", NOW) == ()


def states(results: tuple[str, ...], *, void: str = "", ended: int | None = None) -> Loaded:
    head = Head("jr_1.4", Event.SUSPECTED, NOW, 4, ended, void)
    return with_states(
        (subject_of("jr_1"), FollowUp("jr_1", acts=(head,))), (progress_of("jr_1.4"), Progress(results))
    )


def test_a_step_counts_once() -> None:
    joined = marking(act(), 1)
    (change,) = joined.function(states(("done", "", "")))
    assert change.state == Progress(("done", "done", ""))
    for over in (states(("", "done", "")), states(("", "", ""), void="jr_1.5"), loaded()):
        with pytest.raises(StepOverError):
            joined.function(over)


def test_an_act_is_over_when_every_step_is() -> None:
    assert finished(states(("done", "", "done")), act(), NOW) == ()
    (change,) = finished(states(("done", "unknown_account", "done")), act(), NOW)
    assert change.state.acts[0].ended == NOW
    assert finished(states(("done",) * 3, ended=NOW), act(), NOW) == ()
    assert finished(states(("done",) * 3, void="jr_1.5"), act(), NOW) == ()


def test_the_indexes_grow_once() -> None:
    trait = Trait("phone", "ab")
    changes = indexed(loaded(), "jr_1", ("ana",), (trait,))
    made = {change.subject: change.state for change in changes}
    assert made == {
        named_of("ana"): Named(("jr_1",)),
        trait_of("ab"): Bearers(("jr_1",)),
        subject_of("jr_1"): FollowUp("jr_1", named=("ana",), traits=("ab",)),
    }
    assert indexed(with_states(*made.items()), "jr_1", ("ana",), (trait,)) == ()
    assert indexed(with_states(*made.items()), "jr_2", ("ana",), ())[0].state == Named(("jr_1", "jr_2"))
