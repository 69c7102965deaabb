# SPDX-License-Identifier: Apache-2.0
"""A wall clock that jumps is not trusted; one that is corrected slowly is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.gateways.clock import (
    TOLERANCE,
    Base,
    SimulatedClock,
    SystemClock,
    Watch,
    drift,
    observe,
)

MINUTE = 60_000
BASE = Base(wall=1_000_000, monotonic=5_000)


@pytest.mark.parametrize(
    ("wall", "monotonic", "expected"),
    [(1_000_000, 5_000, 0), (1_010_000, 15_000, 0), (1_010_000, 5_000, 10_000), (1_000_000, 15_000, -10_000)],
)
def test_drift_is_the_difference_of_progress(wall: int, monotonic: int, expected: int) -> None:
    assert drift(BASE, wall, monotonic) == expected


@pytest.mark.parametrize(("ahead", "trusted"), [(60_000, True), (60_001, False), (-60_000, True), (-60_001, False)])
def test_sixty_seconds_either_way_is_the_limit(ahead: int, trusted: bool) -> None:
    assert observe(Watch(BASE), BASE.wall + 1_000 + ahead, BASE.monotonic + 1_000).trusted is trusted


@given(
    st.integers(TOLERANCE + 1, 10**12), st.sampled_from([-1, 1]), st.lists(st.integers(0, 10 * MINUTE), max_size=20)
)
def test_no_time_that_passes_heals_a_jump(size: int, direction: int, waits: list[int]) -> None:
    wall, monotonic = BASE.wall + direction * size, BASE.monotonic
    watch = observe(Watch(BASE), wall, monotonic)
    for wait in waits:
        wall, monotonic = wall + wait, monotonic + wait
        watch = observe(watch, wall, monotonic)
    assert not watch.trusted
    assert watch.base == BASE


@given(st.lists(st.tuples(st.integers(0, 10 * MINUTE), st.integers(-2 * MINUTE, 2 * MINUTE)), max_size=30))
def test_trust_always_means_agreement_with_the_base(steps: list[tuple[int, int]]) -> None:
    wall, monotonic, watch = BASE.wall, BASE.monotonic, Watch(BASE)
    for wait, jump in steps:
        wall, monotonic = wall + wait + jump, monotonic + wait
        before = watch.base
        watch = observe(watch, wall, monotonic)
        assert watch.trusted == (abs(drift(before, wall, monotonic)) <= TOLERANCE)


def test_a_clock_that_comes_back_is_trusted_again() -> None:
    away = observe(Watch(BASE), BASE.wall + 3_600_000, BASE.monotonic)
    back = observe(away, BASE.wall + 90_000, BASE.monotonic + 90_000)
    assert (away.trusted, back.trusted) == (False, True)


def test_slow_corrections_add_up_without_an_alarm() -> None:
    wall, monotonic, watch = BASE.wall, BASE.monotonic, Watch(BASE)
    for _ in range(1_000):  # 30 ms in each minute: 30 s in all, then as much again
        wall, monotonic = wall + MINUTE + 300, monotonic + MINUTE
        watch = observe(watch, wall, monotonic)
        assert watch.trusted
    assert wall - monotonic > BASE.wall - BASE.monotonic + 4 * TOLERANCE


class Hands:
    """Two clocks that a test moves; not a stand-in for ours but for the machine's."""

    def __init__(self) -> None:
        self.wall = 1_700_000_000_000
        self.monotonic = 10

    def clock(self) -> SystemClock:
        return SystemClock(wall=lambda: self.wall, monotonic=lambda: self.monotonic)

    def move(self, wall: int, monotonic: int) -> None:
        self.wall += wall
        self.monotonic += monotonic


def test_the_system_clock_watches_and_an_operator_confirms() -> None:
    hands = Hands()
    clock = hands.clock()
    assert clock.trusted()
    hands.move(86_400_000, 1_000)
    assert not clock.trusted()
    assert clock.drift() == 86_399_000
    assert clock.now() == 1_700_000_001_000  # what was believed, and the second that passed since
    clock.confirm()
    assert clock.trusted()
    assert clock.now() == hands.wall
    assert clock.drift() == 0


def test_the_machine_has_a_sane_clock() -> None:
    clock = SystemClock()
    before = time.time_ns() // 1_000_000
    assert before <= clock.now() <= time.time_ns() // 1_000_000
    assert clock.trusted()
    assert not clock.simulated


def test_a_simulated_clock_moves_only_forward_and_only_when_told() -> None:
    clock = SimulatedClock(1_000)
    assert (clock.now(), clock.now(), clock.simulated, clock.trusted()) == (1_000, 1_000, True, True)
    assert clock.advance(500) == 1_500
    clock.set(1_500)
    clock.set(2_000)
    assert clock.now() == 2_000
    with pytest.raises(ValueError, match="does not go back"):
        clock.set(1_999)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
    assert clock.now() == 2_000
    clock.set_unsafely(1, trusted=False)
    assert (clock.now(), clock.trusted()) == (1, False)
