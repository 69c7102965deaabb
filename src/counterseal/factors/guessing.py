# SPDX-License-Identifier: Apache-2.0
"""How likely a guesser is to be right: computed from the very limits that the guard enforces.

A guess at a six-digit code that is drawn anew each time is right with one chance in 10^6, independent of those
before it; at a code that stays, guesses are made without repetition. Both give the union bound n * p, which is what
is stated: never less than the truth.
"""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.factors import codes, recovery_codes, throttle, totp

DAY: Final = 24 * 3_600_000  # ms
YEAR: Final = 365  # days


class Odds(msgspec.Struct, frozen=True):
    """`guesses` that are admitted in a time and the probability that one is right, at most."""

    what: str
    guesses: int
    each: float

    @property
    def at_most(self) -> float:
        """The union bound: guesses times the probability of each, never above 1."""
        return min(1.0, self.guesses * self.each)


def code_guess() -> float:
    """One guess at a code that was sent: uniform over its digits."""
    return 10.0**-codes.DEFAULT_DIGITS


def totp_guess(seeds: int = 1) -> float:
    """One guess at an authenticator app: each of the steps that count may be the one, for each seed enrolled."""
    return seeds * (2 * totp.WINDOW + 1) * 10.0**-totp.DEFAULT_DIGITS


def recovery_guess() -> float:
    """One guess at printed codes: any of those that are left."""
    return recovery_codes.COUNT * 2.0 ** -(8 * recovery_codes.CODE_SIZE)


def admitted_a_day(*, strangers: bool) -> int:
    """Wrong answers in any 24 hours at one factor instance, by strangers or by known devices together."""
    return throttle.STRANGERS_BUDGET if strangers else throttle.DEVICES_BUDGET


def fleet_a_day(duration: int = DAY) -> int:
    """Wrong answers in 24 hours (or `duration`, ms) at one factor class over all accounts, by strangers."""
    return throttle.FACTOR_BURST + duration // throttle.FACTOR_REFILL


def source_a_day(duration: int = DAY) -> int:
    """The same from one source."""
    return throttle.SOURCE_BURST + duration // throttle.SOURCE_REFILL


def per_account() -> tuple[Odds, ...]:
    """What one account risks in a day, factor by factor, and in a year of days in which the owner does nothing."""
    strangers = admitted_a_day(strangers=True)
    both = strangers + admitted_a_day(strangers=False)
    kinds = (("code by SMS or e-mail", code_guess()), ("TOTP", totp_guess()), ("recovery codes", recovery_guess()))
    found = [Odds(f"{name}: one challenge or action", codes.MAX_FAILURES, each) for name, each in kinds]
    found += [Odds(f"{name}: strangers, one day", strangers, each) for name, each in kinds]
    found += [Odds(f"{name}: compromised web server, one day", both, each) for name, each in kinds]
    found += [Odds(f"{name}: strangers, every day of a year", strangers * YEAR, each) for name, each in kinds]
    return tuple(found)


def fleet() -> tuple[Odds, ...]:
    """What a whole fleet risks in a day, by strangers: somebody's factor, not a chosen one's, and not two."""
    kinds = (("code by SMS or e-mail", code_guess()), ("TOTP", totp_guess()), ("recovery codes", recovery_guess()))
    found = [Odds(f"{name}: one source, one day", source_a_day(), each) for name, each in kinds]
    return tuple(found + [Odds(f"{name}: any sources, one day", fleet_a_day(), each) for name, each in kinds])
