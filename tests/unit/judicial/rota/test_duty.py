# SPDX-License-Identifier: Apache-2.0
"""Who is on duty and who stands in: nights, changes of the clocks, circles, holidays, gaps."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.errors import InputError
from counterseal.judicial.rota.duty import gaps, hours, on_duty, stands_for
from counterseal.judicial.rota.model import Away, Duty, Holiday, Rota, Shift
from counterseal.judicial.rota.service import check_away, check_shift

HOUR, DAY = 3_600_000, 86_400_000
MONDAY = dt.date(2026, 11, 23)
EVERY_DAY = tuple(range(7))


def ms(text: str) -> int:
    """An ISO time with its offset as ms."""
    return round(dt.datetime.fromisoformat(text).timestamp() * 1000)


def shift(staff: str, start: int = 9, end: int = 17, **more: Any) -> Shift:
    """Hours of the day in Brussels, on working days unless it is said otherwise."""
    given = {"days": (0, 1, 2, 3, 4), "zone": "Europe/Brussels", "first": dt.date(2026, 1, 1)} | more
    duty = given.pop("duty", Duty.DESK)
    return Shift(f"sh_{staff}", staff, duty, given.pop("days"), start * 60, end * 60, **given)


def away(staff: str, to: str = "", start: int = 0, end: int = 10**15) -> Away:
    """An absence."""
    return Away(f"aw_{staff}", staff, start, end, to)


@pytest.mark.parametrize(
    ("at", "there"),
    [
        ("2026-11-23T08:59:59.999+01:00", ()),
        ("2026-11-23T09:00:00+01:00", ("ines",)),
        ("2026-11-23T16:59:59.999+01:00", ("ines",)),
        ("2026-11-23T17:00:00+01:00", ()),
        ("2026-11-22T12:00:00+01:00", ()),  # a Sunday
        ("2026-07-01T16:30:00+02:00", ("ines",)),  # local time, in summer too
    ],
)
def test_a_shift_is_local_time_from_its_first_to_before_its_last_minute(at: str, there: tuple[str, ...]) -> None:
    """To the millisecond."""
    assert on_duty(Rota((shift("ines"),)), ms(at)) == there


def test_a_night_shift_belongs_to_the_day_on_which_it_began() -> None:
    """Friday 22:00 to Saturday 06:00, and none on Sunday."""
    rota = Rota((shift("omar", 22, 6),))
    assert on_duty(rota, ms("2026-11-21T05:59:00+01:00")) == ("omar",)
    assert on_duty(rota, ms("2026-11-21T06:00:00+01:00")) == ()
    assert on_duty(rota, ms("2026-11-23T05:00:00+01:00")) == ()  # Monday morning: Sunday had none


def test_a_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer() -> None:
    """Seven and nine hours from 22:00 to 06:00."""
    night = shift("omar", 22, 6, days=EVERY_DAY)
    found = {}
    for day in ("2026-03-28", "2026-10-24", "2026-11-23"):
        start = ms(f"{day}T21:30:00+01:00")
        ((begins, ends),) = [each for each in hours(Rota(), night, start, start + DAY // 4) if each[1] > start]
        found[day] = (ends - begins) / HOUR
    assert found == {"2026-03-28": 7.0, "2026-10-24": 9.0, "2026-11-23": 8.0}


def test_first_and_last_day_are_in_and_holidays_only_where_it_is_said() -> None:
    """Local days."""
    held = shift("ines", first=MONDAY, last=MONDAY + dt.timedelta(days=1))
    rota = Rota((held, shift("omar", holidays=True)), holidays=(Holiday(MONDAY, "a holiday"),))
    noons = [ms(f"2026-11-{day}T12:00:00+01:00") for day in (20, 23, 24, 25)]
    assert [on_duty(rota, noon) for noon in noons] == [("omar",), ("omar",), ("ines", "omar"), ("omar",)]


def test_whoever_stands_in_is_there_once() -> None:
    """Omar stands in for Ines and has a shift of his own."""
    rota = Rota((shift("ines"), shift("omar")), away=(away("ines", "omar"),))
    assert on_duty(rota, ms("2026-11-23T12:00:00+01:00")) == ("omar",)


def test_stand_ins_are_followed_and_a_circle_is_nobody() -> None:
    """Ines -> Omar -> Vera; then Vera is away for Ines."""
    line = (away("ines", "omar"), away("omar", "vera"))
    assert stands_for(Rota(away=line), "ines", 5) == "vera"
    assert stands_for(Rota(away=(*line, away("vera", "ines"))), "ines", 5) == ""
    assert stands_for(Rota(away=(away("ines"),)), "ines", 5) == ""
    assert stands_for(Rota(away=(away("ines", "omar", 0, 5),)), "ines", 5) == "ines"
    assert stands_for(Rota(away=(away("ines"), away("ines", "omar"))), "ines", 5) == "omar"


def test_legal_and_desk_are_two_duties() -> None:
    """A legal shift leaves the desk empty."""
    rota = Rota((shift("vera", duty=Duty.LEGAL),))
    at = ms("2026-11-23T12:00:00+01:00")
    assert (on_duty(rota, at), on_duty(rota, at, Duty.LEGAL)) == ((), ("vera",))


def test_gaps_are_the_times_in_which_nobody_is_there() -> None:
    """Two shifts and an absence without a stand-in on a Monday."""
    start = ms("2026-11-23T00:00:00+01:00")
    rota = Rota(
        (shift("ines", 8, 16), shift("omar", 15, 24)),
        away=(away("omar", "", start + 20 * HOUR, start + 22 * HOUR),),
    )
    assert [(a - start, b - start) for a, b in gaps(rota, start, start + DAY)] == [
        (0, 8 * HOUR),
        (20 * HOUR, 22 * HOUR),
    ]
    assert gaps(Rota(), start, start + DAY) == ((start, start + DAY),)
    whole = Rota((shift("ines", 0, 24, days=EVERY_DAY),))
    assert gaps(whole, ms("2026-10-20T00:00:00+02:00"), ms("2026-11-20T00:00:00+01:00")) == ()


shifts = st.builds(
    shift,
    staff=st.sampled_from(["ines", "omar", "vera"]),
    start=st.integers(0, 23),
    end=st.integers(1, 24),
    days=st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple),
    zone=st.sampled_from(["Europe/Brussels", "America/Havana", "Pacific/Apia", "UTC"]),
)
absences = st.builds(
    lambda staff, to, start, length: away(staff, to, start * HOUR, (start + length) * HOUR),
    staff=st.sampled_from(["ines", "omar"]),
    to=st.sampled_from(["", "omar", "vera", "ines"]),
    start=st.integers(493_000, 493_300),
    length=st.integers(1, 60),
)


@given(st.lists(shifts, max_size=3), st.lists(absences, max_size=3), st.integers(493_000, 493_200))
def test_gaps_and_duty_never_disagree(rota_shifts: list[Shift], rota_away: list[Away], hour: int) -> None:
    """At every half hour of three days: in a gap exactly if nobody is on duty."""
    rota = Rota(tuple(rota_shifts), tuple(rota_away))
    start = hour * HOUR
    found = gaps(rota, start, start + 3 * DAY)
    for at in range(start, start + 3 * DAY, HOUR // 2):
        assert any(a <= at < b for a, b in found) is (on_duty(rota, at) == ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": ()},
        {"days": (1, 1)},
        {"days": (7,)},
        {"zone": "../etc/passwd"},
        {"zone": "CET+1"},
        {"last": dt.date(2025, 1, 1)},
        {"start": 24},
        {"end": 0},
        {"end": 25},
    ],
)
def test_shifts_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    """Each by itself."""
    check_shift(shift("ines"))
    with pytest.raises(InputError):
        check_shift(shift("ines", **wrong))


@pytest.mark.parametrize(
    "wrong", [away("a", "a"), away("a", "b", 5, 5), away("a", "b", 0, 367 * DAY), Away("x", "a", 0, 1, "", "a\nb")]
)
def test_absences_that_cannot_be_are_refused(wrong: Away) -> None:
    """Each by itself."""
    check_away(away("a", "b", 0, DAY))
    with pytest.raises(InputError):
        check_away(wrong)
