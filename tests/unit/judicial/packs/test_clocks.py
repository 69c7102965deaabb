# SPDX-License-Identifier: Apache-2.0
"""Deadlines against dates worked out by hand: summer time, 29 February, midnights, weekends and holidays."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.gateways.desk_packs import desk_pack_from, load_desk_pack_file
from counterseal.judicial.packs.clocks import clocks_for, due, extended, is_business_day, moment, silence_limit
from counterseal.judicial.packs.model import Closed, Deadline, Ends, Length, Pack, PackError, Source, Unit
from counterseal.judicial.requests.model import Clock, Type

DAY = 86_400_000


def ms(text: str) -> int:
    """An ISO time with its offset as ms."""
    return round(dt.datetime.fromisoformat(text).timestamp() * 1000)


def pack(zone: str = "Europe/Brussels", holidays: str = "", weekend: str = "saturday, sunday") -> Pack:
    """A pack with nothing but a calendar."""
    return desk_pack_from(
        f"counterseal: 1\ndesk: t\nzone: {zone}\nweekend: [{weekend}]\nholidays: [{holidays}]\nbases: {{}}\n"
    )


def deadline(within: str, ends: Ends = Ends.MOMENT, closed: Closed = Closed.STAYS) -> Deadline:
    """A deadline of this length."""
    unit = Unit(within.lstrip("0123456789"))
    length = Length(int(within.removesuffix(unit)), unit)
    return Deadline("d", (Type.DISCLOSURE,), length, ends, closed, "then", "then", Source("", "", "low"), 1)


@pytest.mark.parametrize(
    ("within", "ends", "received", "expected"),
    [
        # Hours are elapsed time, through both changes of the clocks.
        ("8h", Ends.MOMENT, "2026-03-29T00:30:00+01:00", "2026-03-29T09:30:00+02:00"),
        ("8h", Ends.MOMENT, "2026-10-25T00:30:00+02:00", "2026-10-25T07:30:00+01:00"),
        # Days keep the time of day, whichever offset the last day has.
        ("10d", Ends.MOMENT, "2026-03-20T12:00:00+01:00", "2026-03-30T12:00:00+02:00"),
        ("10d", Ends.MOMENT, "2026-10-20T12:00:00+02:00", "2026-10-30T12:00:00+01:00"),
        # 02:30 is not there on 29 March: the moment of the change. It is there twice on 25 October: the earlier.
        ("10d", Ends.MOMENT, "2026-03-19T02:30:00+01:00", "2026-03-29T03:00:00+02:00"),
        ("10d", Ends.MOMENT, "2026-10-15T02:30:00+02:00", "2026-10-25T02:30:00+02:00"),
        # The midnight that ends the tenth day, counted from the local day of the receipt, not the UTC one.
        ("10d", Ends.DAY, "2026-11-01T23:59:59.999+01:00", "2026-11-12T00:00:00+01:00"),
        ("10d", Ends.DAY, "2026-11-02T00:00:00+01:00", "2026-11-13T00:00:00+01:00"),
        ("1d", Ends.DAY, "2026-10-24T10:00:00+02:00", "2026-10-26T00:00:00+01:00"),
        # 29 February, where there is one and where there is none.
        ("1d", Ends.DAY, "2028-02-28T10:00:00+01:00", "2028-03-01T00:00:00+01:00"),
        ("1d", Ends.DAY, "2027-02-28T10:00:00+01:00", "2027-03-02T00:00:00+01:00"),
        ("12mo", Ends.MOMENT, "2028-02-29T10:00:00+01:00", "2029-02-28T10:00:00+01:00"),
        ("1mo", Ends.MOMENT, "2028-01-31T10:00:00+01:00", "2028-02-29T10:00:00+01:00"),
        ("2mo", Ends.MOMENT, "2026-12-31T10:00:00+01:00", "2027-02-28T10:00:00+01:00"),
        # Business days: the day of the receipt does not count, nor do Saturday and Sunday.
        ("5bd", Ends.DAY, "2026-11-20T18:00:00+01:00", "2026-11-28T00:00:00+01:00"),
        ("1bd", Ends.DAY, "2026-11-21T18:00:00+01:00", "2026-11-24T00:00:00+01:00"),
    ],
)
def test_a_deadline_ends_at_the_local_time_worked_out_by_hand(
    within: str, ends: Ends, received: str, expected: str
) -> None:
    """Brussels, summer time in March and October."""
    assert ms(expected) == due(pack(), deadline(within, ends), ms(received))


def test_a_day_that_starts_at_one_ends_the_one_before_at_its_first_moment() -> None:
    """Clocks in Havana jump from midnight to one: the day before ends at the jump, not an hour later."""
    found = due(pack("America/Havana"), deadline("1d", Ends.DAY), ms("2026-03-06T12:00:00-05:00"))
    assert ms("2026-03-08T00:00:00-05:00") == found
    assert dt.datetime.fromtimestamp(found / 1000, ZoneInfo("America/Havana")).hour == 1


def test_a_day_that_was_never_there_is_the_moment_of_the_jump() -> None:
    """Samoa left out 30 December 2011."""
    assert ms("2011-12-30T10:00:00+00:00") == moment(
        dt.date(2011, 12, 30), dt.time(17, 30), ZoneInfo("Pacific/Apia")
    )


def test_holidays_of_the_pack_and_of_the_house_are_no_business_days() -> None:
    """24 December Thursday, 25 a holiday of the pack, 28 one of the house."""
    held = pack(holidays="2026-12-25")
    house = [dt.date(2026, 12, 28)]
    assert is_business_day(dt.date(2026, 12, 28), held)
    assert ms("2026-12-30T00:00:00+01:00") == due(
        held, deadline("1bd", Ends.DAY), ms("2026-12-24T09:00:00+01:00"), holidays=house
    )


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (Closed.STAYS, "2026-11-22T00:00:00+01:00"),
        (Closed.EARLIER, "2026-11-21T00:00:00+01:00"),
        (Closed.LATER, "2026-11-24T00:00:00+01:00"),
    ],
)
def test_a_deadline_on_a_saturday_goes_where_the_pack_says(closed: Closed, expected: str) -> None:
    """21 November 2026 is a Saturday."""
    assert ms(expected) == due(pack(), deadline("10d", Ends.DAY, closed), ms("2026-11-11T10:00:00+01:00"))


def test_a_deadline_never_ends_before_it_began() -> None:
    """Received on a Saturday, a day, earlier: Friday would be over, so it stays on Sunday."""
    received = ms("2026-11-21T10:00:00+01:00")
    assert ms("2026-11-23T00:00:00+01:00") == due(pack(), deadline("1d", closed=Closed.EARLIER), received)
    friday = ms("2026-11-20T10:00:00+01:00")  # a day that ends on the day of the receipt is none
    assert ms("2026-11-22T00:00:00+01:00") == due(pack(), deadline("1d", closed=Closed.EARLIER), friday)


def test_another_weekend_is_another_calendar() -> None:
    """Friday and Saturday."""
    held = pack("Asia/Riyadh", weekend="friday, saturday")
    assert ms("2026-11-23T00:00:00+03:00") == due(held, deadline("1bd", Ends.DAY), ms("2026-11-19T09:00:00+03:00"))


def test_a_calendar_without_business_is_an_error_and_no_endless_search() -> None:
    """Every day of ten years is a holiday of the house."""
    start = dt.date(2026, 1, 1)
    house = frozenset(start + dt.timedelta(days=n) for n in range(4_000))
    with pytest.raises(PackError, match="no day of business"):
        due(pack(), deadline("1bd"), ms("2026-01-02T00:00:00+01:00"), holidays=house)


def test_the_clocks_of_the_regulation_are_ten_days_eight_hours_and_sixty_days() -> None:
    """The shipped pack, received on a Monday at noon in Brussels."""
    held, received = load_desk_pack_file("eu-e-evidence"), ms("2026-11-23T12:00:00+01:00")
    assert [("answer", ms("2026-12-03T12:00:00+01:00"))] == [
        (each.name, each.due) for each in clocks_for(held, Type.DISCLOSURE, received, basis="epoc_court")
    ]
    assert [("emergency_answer", received + 8 * 3_600_000), ("validated", received + 48 * 3_600_000)] == [
        (each.name, each.due) for each in clocks_for(held, Type.EMERGENCY, received, basis="epoc_emergency")
    ]
    (kept,) = clocks_for(held, Type.PRESERVATION, received, basis="epoc_pr")
    assert ms("2027-01-23T00:00:00+01:00") == kept.due
    longer = extended(held, kept, basis="epoc_pr")
    assert ms("2027-02-22T00:00:00+01:00") == longer.due
    with pytest.raises(PackError) as raised:
        extended(held, longer, basis="epoc_pr")
    assert raised.value.code == "no_extension"


def test_a_basis_has_its_own_clock_in_place_of_the_packs() -> None:
    """Same name, other length."""
    text = (
        "counterseal: 1\ndesk: t\nzone: UTC\n"
        "clocks:\n  answer: {for: disclosure, within: 10d, then: a, chinese: a, source: s, as_of: 2026-11-23,"
        " confidence: low}\n"
        "bases:\n  fast: {title: t, chinese: t, types: disclosure, roles: court, compelling: true, most_tier: T0,"
        " source: s, as_of: 2026-11-23, confidence: low, clocks: {answer: {for: disclosure, within: 2h, then: b,"
        " chinese: b, source: s, as_of: 2026-11-23, confidence: low}}}\n"
    )
    held = desk_pack_from(text)
    assert [(each.name, each.due, each.then) for each in clocks_for(held, Type.DISCLOSURE, 0, basis="fast")] == [
        ("answer", 7_200_000, "b")
    ]
    assert [each.due for each in clocks_for(held, Type.DISCLOSURE, 0, basis="unknown")] == [10 * DAY]


def test_a_clock_that_no_pack_names_cannot_be_made_longer() -> None:
    """Nor one without `extend`."""
    held = load_desk_pack_file("us")
    for name in ("nothing", "answer"):
        with pytest.raises(PackError):
            extended(held, Clock(name, 0, "then"))


def test_silence_lasts_ninety_days_at_most_and_needs_a_basis() -> None:
    """Default deny: no basis of the pack, no silence."""
    held = load_desk_pack_file("us")
    assert silence_limit(held, "subpoena_2703c2", 0) == 90 * DAY
    assert silence_limit(held, "invented", 0) is None
    assert silence_limit(pack(), "invented", 0) is None


zones = st.sampled_from(["Europe/Brussels", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe", "UTC"])
received_at = st.integers(1_262_304_000_000, 1_893_456_000_000)  # 2010 to 2030
units = st.sampled_from(["h", "d", "bd", "mo"])
lengths = st.builds(lambda amount, unit: f"{amount}{unit}", st.integers(1, 40), units)


@given(zones, received_at, lengths, st.sampled_from(Ends), st.sampled_from(Closed))
def test_every_deadline_ends_after_it_began_and_later_receipts_are_not_due_earlier(
    zone: str, received: int, within: str, ends: Ends, closed: Closed
) -> None:
    """By more than the hour that is there twice in autumn, in every zone, whatever is counted."""
    held, rule = pack(zone), deadline(within, ends, closed)
    first, second = due(held, rule, received), due(held, rule, received + DAY // 3)
    assert first > received
    assert second >= first - DAY // 24


@given(zones, st.dates(dt.date(2010, 1, 1), dt.date(2030, 1, 1)), st.times())
def test_a_local_time_is_that_time_or_the_moment_at_which_the_clocks_passed_it(
    zone: str, day: dt.date, time: dt.time
) -> None:
    """A reference by search: the first ms at which the local clock shows that time or a later one."""
    info, found = ZoneInfo(zone), moment(day, time, ZoneInfo(zone))
    wanted = dt.datetime.combine(day, time)

    def shows(at: int) -> dt.datetime:
        return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=at)).astimezone(info)

    millisecond = dt.timedelta(milliseconds=1)
    assert shows(found).replace(tzinfo=None) >= wanted - millisecond
    assert shows(found - 1).replace(tzinfo=None) < wanted
