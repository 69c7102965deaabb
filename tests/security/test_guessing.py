# SPDX-License-Identifier: Apache-2.0
"""The stated odds of guessing come from the limits that are enforced, and the enforced limits are those."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from counterseal.core.account import Failure
from counterseal.core.engine import limits
from counterseal.factors import codes, guessing, throttle, totp

ROOT = Path(__file__).resolve().parent.parent.parent
START = 1_717_891_200_000


def admitted_in(duration: int, *, known: bool, devices: int) -> int:
    """How many wrong answers the account's throttle admits to somebody who never stops."""
    kept: list[Failure] = []
    for now in range(START, START + duration, 60_000):
        for number in range(devices):
            source = f"d{number}"
            if throttle.admit(kept, instance="totp", source=source, known=known, now=now):
                kept.append(Failure(now, "totp", source, known))
    return len(kept)


def test_the_live_budgets_are_those_that_are_computed_with() -> None:
    """Run to their end: the account's throttle, the fleet's buckets."""
    day = guessing.DAY
    assert admitted_in(day, known=False, devices=3) == guessing.admitted_a_day(strangers=True)
    assert admitted_in(day, known=True, devices=7) == guessing.admitted_a_day(strangers=False)
    fleet, source, step, hour = throttle.FleetBudget(), throttle.FleetBudget(), 60_000, day // 24
    over, alone = 0, 0
    for place, now in enumerate(range(START, START + hour + 1, step)):
        for number in range(throttle.FACTOR_BURST + 1):
            if not fleet.take("totp", f"s{place}-{number % 400}-{number}", known=False, now=now):
                break
            over += 1
        while source.take("totp", "one", known=False, now=now):
            alone += 1
    assert over == guessing.fleet_a_day(hour)
    assert alone == guessing.source_a_day(hour)


def test_one_constant_in_one_place() -> None:
    assert codes.MAX_FAILURES is limits.CODE_FAILURES
    assert throttle.WINDOW is limits.FAILURES_KEPT


@pytest.mark.parametrize(("seeds", "expected"), [(1, 3e-6), (2, 6e-6)])
def test_a_guess_at_an_authenticator_is_one_of_its_windows(seeds: int, expected: float) -> None:
    """Counted: of all codes, those that verify at one moment."""
    found = [totp.TotpSeed(bytes([number]) * 20) for number in range(seeds)]
    right = {totp.code_at(seed, 1000 + step) for seed in found for step in (-1, 0, 1)}
    accepted = [
        code
        for code in (*sorted(right), "000000", "123456")
        if any(totp.verify_totp(seed, code, 1000 * totp.STEP) for seed in found)
    ]
    assert set(accepted) == right
    assert guessing.totp_guess(seeds) == pytest.approx(len(right) / 10**6)
    assert guessing.totp_guess(seeds) == pytest.approx(expected)


def test_the_odds_of_one_account() -> None:
    odds = {each.what: each.at_most for each in guessing.per_account()}
    assert odds["TOTP: strangers, one day"] == pytest.approx(9e-5)
    assert odds["code by SMS or e-mail: one challenge or action"] == pytest.approx(5e-6)
    assert odds["recovery codes: strangers, every day of a year"] < 1e-18
    assert all(0 < each.at_most <= 1 for each in (*guessing.per_account(), *guessing.fleet()))


def test_the_page_is_what_the_limits_say() -> None:
    """Both pages are up to date: every requirement has one answer, every test that is named is there."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "asvs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_checklist_has_every_requirement_of_the_standard() -> None:
    """ASVS 5.0.0 has 345 requirements: 70, 183 and 92 of the levels 1 to 3."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import asvs  # type: ignore[import-not-found] # noqa: PLC0415 - a script
    finally:
        sys.path.pop(0)
    levels = list(asvs.read().identifiers().values())
    assert [levels.count(level) for level in (1, 2, 3)] == [70, 183, 92]
