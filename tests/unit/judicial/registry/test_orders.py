# SPDX-License-Identifier: Apache-2.0
"""Whatever officers sign, in whatever order: nothing of the registry is overwritten, and an end stays an end."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.errors import ConflictError, InputError
from counterseal.gateways.documents.look_alike import imitated
from counterseal.judicial.registry import orders as o
from counterseal.judicial.registry.changes import Details, NewContact
from counterseal.judicial.registry.checks import Signed
from counterseal.judicial.registry.index import Index
from counterseal.judicial.registry.model import DAY, Authority, ContactKind, Source, Use
from counterseal.judicial.registry.rules import usable

T0 = 1_717_891_200_000
PEOPLE = ("ana", "ben", "cleo")
numbers = st.sampled_from(["+12025550179", "+12025550197", "+442079460000", "+493012345678"])
places = st.sampled_from(["directory", "calendar", "https://a.example/x", "https://www.a.example/y"])
ids = st.sampled_from([f"ct_{number}" for number in range(6)])
roles = st.sampled_from(["court", "police"])


def contact(value: str, where: str, at: int, replaces: str = "") -> NewContact:
    """A number."""
    return NewContact(ContactKind.PHONE, value, (Use.CALL_BACK,), Source(where, at), replaces=replaces)


def order(draw: Callable[..., object], at: int) -> o.Order:
    """Any order that is given to an officer to sign at `at`."""
    made: o.Order = draw(
        st.one_of(
            st.builds(lambda role: o.EnterAuthority(Details("Court", "nm", role)), roles),
            st.builds(
                lambda role, sub: o.ChangeDetails(Details("Court", "nm", role, subdomains=sub)),
                roles,
                st.booleans(),
            ),
            st.builds(
                lambda value, where, old: o.EnterContact(contact(value, where, at, old)),
                numbers,
                places,
                st.just("") | ids,
            ),
            st.builds(lambda one, where: o.ConfirmContact(one, Source(where, at)), ids, places),
            st.builds(lambda one, where: o.CheckContact(one, Source(where, at)), ids, places),
            st.builds(lambda one: o.EndContact(one, "gone"), ids),
            st.builds(lambda: o.EndAuthority("merged")),
        )
    )
    return made


@given(st.data())
def test_nothing_is_overwritten_and_an_end_stays_an_end(data: st.DataObject) -> None:
    """After every order that was taken: earlier contacts are as they were, only ended, confirmed, checked."""
    held: dict[str, Authority] = {}
    count = itertools.count()
    at = T0
    for _ in range(data.draw(st.integers(1, 12))):
        at += data.draw(st.integers(1, 60)) * DAY
        by = tuple(data.draw(st.permutations(PEOPLE))[:2])
        asked = order(data.draw, at)
        world = o.World(held, Index(held.values()), {}, imitated)
        try:
            outcome = o.carried_out(
                [("nm-court", asked)], world, Signed(at, by), lambda kind: f"{kind}_{next(count)}"
            )
        except InputError:
            assert world.changed == {}, "a refused order leaves nothing behind"
            continue
        after = outcome.authorities["nm-court"]
        before = held.get("nm-court")
        if before is not None:
            check_kept(before, after, at)
        for one in after.contacts:
            assert len(set(one.entered_by)) == 2
            if one.second_at is not None:
                assert set(one.second_by) - set(one.entered_by), "somebody else looked"
                assert one.second is not None
                assert one.second.where != one.source.where
        held = {"nm-court": after}


def check_kept(before: Authority, after: Authority, at: int) -> None:
    """What was entered is still there."""
    now = {one.id: one for one in after.contacts}
    for old in before.contacts:
        new = now[old.id]
        for name in ("kind", "value", "uses", "source", "entered", "entered_by", "replaces", "accepted"):
            assert getattr(new, name) == getattr(old, name), name
        assert old.ended is None or new.ended == old.ended
        if usable(after, new, at).counts and not usable(before, old, at).counts:
            assert at in (new.second_at, new.checked), "only a look makes a contact count sooner"
    assert after.former[: len(before.former)] == before.former
    assert before.ended is None or after.ended == before.ended
    standing = [one.value for one in after.contacts if one.ended is None]
    assert len(standing) == len(set(standing))


def test_a_series_sees_its_own_alarms_and_is_refused_whole() -> None:
    """The second number of one series resembles the first; unnamed, nothing is taken."""
    orders = [
        ("nm-court", o.EnterAuthority(Details("Court", "nm", "court"))),
        ("nm-court", o.EnterContact(contact("+12025550179", "directory", T0))),
        ("nm-court", o.EnterContact(contact("+12025550197", "directory", T0))),
    ]
    count = itertools.count()
    world = o.World({}, Index(), {}, imitated)
    outcome = o.carried_out(orders, world, Signed(T0, ("ana", "ben")), lambda kind: f"{kind}_{next(count)}")
    (alarm,) = outcome.alarms
    assert (alarm.mark, outcome.made) == ("similar_number:ct_0", ("", "ct_0", "ct_1"))
    with pytest.raises(ConflictError, match="two digits the other way round"):
        o.check_named(outcome.alarms, ())
    o.check_named(outcome.alarms, [alarm.mark])
    replaced = o.EnterContact(msgspec.structs.replace(contact("+12025550178", "directory", T0), replaces="ct_1"))
    again = o.carried_out([("nm-court", replaced)], world, Signed(T0, ("ana", "ben")), lambda kind: f"{kind}_9")
    assert [each.contact for each in again.alarms] == ["ct_0"], "what it replaces is no alarm"
