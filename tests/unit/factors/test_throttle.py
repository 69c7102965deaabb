# SPDX-License-Identifier: Apache-2.0
"""Budgets of wrong answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from counterseal.core.account import Failure
from counterseal.factors.throttle import (
    DEVICE_BUDGET,
    STRANGERS_BUDGET,
    WINDOW,
    Admitted,
    FleetBudget,
    Throttled,
    admit,
    prune,
)

NOW = 1_717_900_000_000
HOUR = 3_600_000


def failures(count: int, *, source: str = "x", known: bool = False, instance: str = "totp_1") -> list[Failure]:
    return [Failure(NOW - HOUR + n, instance, source, known) for n in range(count)]


def ask(past: list[Failure], *, source: str = "x", known: bool = False, now: int = NOW) -> Admitted | Throttled:
    return admit(past, instance="totp_1", source=source, known=known, now=now)


@pytest.mark.parametrize(("known", "budget"), [(False, 30), (True, 10)])
def test_the_budget_is_the_last_failure_admitted(known: bool, budget: int) -> None:
    assert budget == (DEVICE_BUDGET if known else STRANGERS_BUDGET)
    assert ask(failures(budget - 1, known=known), known=known)
    past = failures(budget, known=known)
    assert ask(past, known=known) == Throttled(past[0].at + WINDOW)


def test_until_is_exact() -> None:
    past = failures(35)
    refused = ask(past)
    assert isinstance(refused, Throttled)
    assert not ask(past, now=refused.until - 1)
    assert ask(past, now=refused.until)


def test_strangers_share_one_budget_over_all_sources() -> None:
    past = [Failure(NOW - HOUR, "totp_1", f"source-{n}") for n in range(30)]
    assert not ask(past, source="never seen")


def test_a_stranger_cannot_block_a_known_device() -> None:
    past = failures(1000, source="stranger")
    assert ask(past, source="device-1", known=True)
    assert not ask([*past, *failures(10, source="device-1", known=True)], source="device-1", known=True)
    assert ask([*past, *failures(10, source="device-1", known=True)], source="device-2", known=True)


def test_claiming_a_known_device_s_source_does_not_borrow_its_budget() -> None:
    """Failures count as `known` only where the caller found the device known."""
    past = failures(30, source="device-1", known=False)
    assert ask(past, source="device-1", known=True)
    assert not ask(past, source="device-1", known=False)


def test_other_instances_do_not_count() -> None:
    assert ask(failures(30, instance="totp_2"))


def test_a_clock_that_went_back_widens_no_budget() -> None:
    assert not ask(failures(30), now=NOW - 10 * HOUR)


@given(st.lists(st.integers(NOW - 2 * WINDOW, NOW + HOUR), max_size=60))
def test_pruning_changes_no_answer_and_throttling_ends(times: list[int]) -> None:
    past = [Failure(at, "totp_1", "x") for at in times]
    answer = ask(past)
    assert ask(list(prune(past, NOW))) == answer
    if isinstance(answer, Throttled):
        assert answer.until > NOW
        assert ask(past, now=answer.until)


def test_the_fleet_s_budget_for_a_factor_is_shared_by_all_sources() -> None:
    budget = FleetBudget(factor_burst=5, factor_refill=1_000)
    assert all(budget.take("totp", f"s{n}", known=False, now=NOW) for n in range(5))
    assert budget.take("totp", "s9", known=False, now=NOW) == Throttled(NOW + 1_000)
    assert budget.take("sms", "s9", known=False, now=NOW)
    assert budget.take("totp", "s9", known=True, now=NOW), "known devices have a bucket of their own"
    assert not budget.take("totp", "s9", known=False, now=NOW + 999)
    assert budget.take("totp", "s9", known=False, now=NOW + 1_000)


def test_one_source_s_budget_is_shared_by_all_factors() -> None:
    budget = FleetBudget(source_burst=2, source_refill=10_000)
    assert budget.take("totp", "s", known=False, now=NOW)
    assert budget.take("sms", "s", known=True, now=NOW)
    assert budget.take("email", "s", known=False, now=NOW) == Throttled(NOW + 10_000)
    assert budget.take("email", "other", known=False, now=NOW)


def test_a_refusal_takes_nothing() -> None:
    budget = FleetBudget(factor_burst=3, source_burst=1)
    assert budget.take("totp", "a", known=False, now=NOW)
    for _ in range(10):
        assert not budget.take("totp", "a", known=False, now=NOW)
    assert budget.take("totp", "b", known=False, now=NOW)
    assert budget.take("totp", "c", known=False, now=NOW)


def test_success_is_given_back() -> None:
    budget = FleetBudget(factor_burst=1, source_burst=1)
    for _ in range(100):
        assert budget.take("totp", "a", known=False, now=NOW)
        budget.give_back("totp", "a", known=False)
    budget.give_back("totp", "a", known=False)
    budget.give_back("sms", "never seen", known=False)
    assert budget.take("totp", "a", known=False, now=NOW)
    assert not budget.take("totp", "a", known=False, now=NOW)


def test_a_full_table_of_sources_fails_closed_and_frees_itself() -> None:
    budget = FleetBudget(source_burst=2, source_refill=1_000, max_sources=3)
    for n in range(3):
        assert budget.take("totp", f"s{n}", known=False, now=NOW)
    assert budget.take("totp", "new", known=False, now=NOW) == Throttled(NOW + 1_000)
    assert budget.take("totp", "s0", known=False, now=NOW), "those remembered are not shut out"
    assert budget.take("totp", "new", known=False, now=NOW + 1_000)


def test_time_that_runs_backwards_fills_nothing() -> None:
    budget = FleetBudget(source_burst=1, source_refill=1_000)
    assert budget.take("totp", "a", known=False, now=NOW)
    assert not budget.take("totp", "a", known=False, now=NOW - WINDOW)
    assert not budget.take("totp", "a", known=False, now=NOW + 999)
    assert budget.take("totp", "a", known=False, now=NOW + 1_000)


class Bucket(RuleBasedStateMachine):
    """However calls fall in time, no window of the refill admits more than burst + what came back."""

    def __init__(self) -> None:
        super().__init__()
        self.budget = FleetBudget(source_burst=3, source_refill=1_000)
        self.now = NOW
        self.taken: list[int] = []

    @rule(wait=st.integers(0, 2_500))
    def take(self, wait: int) -> None:
        self.now += wait
        if self.budget.take("totp", "a", known=False, now=self.now):
            self.taken.append(self.now)

    @invariant()
    def never_more_than_burst_and_refill(self) -> None:
        for n, start in enumerate(self.taken):
            for m in range(n, len(self.taken)):
                assert m - n + 1 <= 3 + (self.taken[m] - start) // 1_000 + 1


TestBucket = Bucket.TestCase
