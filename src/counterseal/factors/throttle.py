# SPDX-License-Identifier: Apache-2.0
"""How many wrong answers are admitted, and how many codes are sent.

Two levels. Per factor instance, from the account's own state, durable and exact: `admit`. Over the whole
fleet, in memory, approximate: `FleetBudget`. Cancel and freeze pass through neither: they are an owner's
brakes, and a brake that can be used up is none.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Literal

import msgspec

from counterseal.core.account import Failure
from counterseal.core.engine.limits import FAILURES_KEPT

WINDOW = FAILURES_KEPT  # ms: what the account keeps of failures is what counts
STRANGERS_BUDGET = 30  # failures in WINDOW for one instance, all unknown sources together
DEVICE_BUDGET = 10  # failures in WINDOW for one instance from each known device
DEVICES_BUDGET = 30  # the same from all known devices together: a web server can make up sources without end

CODES_WINDOW = 3_600_000  # ms
STRANGERS_CODES = 10  # codes in CODES_WINDOW to one contact, asked for from devices that the account does not know
DEVICE_CODES = 30  # the same from known devices: strangers cannot use these up

FACTOR_BURST = 600  # failures at once, over the fleet, for one factor class
FACTOR_REFILL = 100  # ms for one more: 10 a second
SOURCE_BURST = 30  # failures at once from one source
SOURCE_REFILL = 10_000  # ms for one more: 6 a minute
MAX_SOURCES = 200_000  # sources remembered


class Admitted(msgspec.Struct, frozen=True):
    """Another attempt may be made."""

    def __bool__(self) -> Literal[True]:
        """True."""
        return True


class Throttled(msgspec.Struct, frozen=True):
    """No attempt before `until` (ms): HTTP 429 with Retry-After."""

    until: int

    def __bool__(self) -> Literal[False]:
        """False."""
        return False


ADMITTED = Admitted()


def admit(
    failures: Iterable[Failure], *, instance: str, source: str, known: bool, now: int
) -> Admitted | Throttled:
    """Whether this source may try this factor instance once more.

    Unknown sources share STRANGERS_BUDGET; each known device has DEVICE_BUDGET of its own, which strangers
    cannot use up. So a stranger who fails all day never locks the owner's own device out. Known devices share
    DEVICES_BUDGET: whoever names devices and sources, the platform's web server, guesses no more than that.
    """
    alike = [f for f in failures if f.instance == instance and f.known == known]
    if not known:
        return _within([f.at for f in alike], STRANGERS_BUDGET, now)
    own = _within([f.at for f in alike if f.source == source], DEVICE_BUDGET, now)
    return own and _within([f.at for f in alike], DEVICES_BUDGET, now)


def _within(times: list[int], budget: int, now: int) -> Admitted | Throttled:
    # A failure in the future (a clock that went back) still counts: forgetting it would widen the budget.
    counted = sorted(at for at in times if at > now - WINDOW)
    if len(counted) < budget:
        return ADMITTED
    return Throttled(counted[-budget] + WINDOW)


def admit_code(sent: Iterable[int], *, known: bool, now: int) -> Admitted | Throttled:
    """Whether one more code may go to a contact: nobody's phone is flooded, no SMS bill is run up.

    `sent`: when earlier codes went out (ms), those asked for by the same kind of device (known or not).
    """
    budget = DEVICE_CODES if known else STRANGERS_CODES
    counted = sorted(at for at in sent if at > now - CODES_WINDOW)
    return ADMITTED if len(counted) < budget else Throttled(counted[-budget] + CODES_WINDOW)


def prune(failures: Iterable[Failure], now: int) -> tuple[Failure, ...]:
    """The failures that still count; what is kept of them stays bounded by the budgets."""
    return tuple(failure for failure in failures if failure.at > now - WINDOW)


class _Bucket:
    """Tokens that come back one per `refill` ms, up to `burst`."""

    __slots__ = ("burst", "checked", "refill", "tokens")

    def __init__(self, burst: int, refill: int, now: int) -> None:
        self.burst = burst
        self.refill = refill
        self.tokens = burst
        self.checked = now

    def settle(self, now: int) -> None:
        """Add what came back; time that runs backwards adds nothing."""
        gained = max(0, now - self.checked) // self.refill
        self.checked += gained * self.refill
        self.tokens = min(self.burst, self.tokens + gained)
        if self.tokens == self.burst:
            self.checked = max(self.checked, now)


class FleetBudget:
    """Failures over the whole fleet, per factor class and per source, in memory of one process.

    MAY BE LOST: a restart fills every bucket again, and replicas do not share them; `admit` and the five
    failures of a challenge hold regardless. FAILS CLOSED: an empty bucket, and a full table of sources, answer
    Throttled. Take before verifying and give back after success, so that attempts in flight count as well.
    Known devices draw on a factor bucket of their own, so that strangers cannot lock the fleet's owners out.
    `source` should be an address prefix that costs something to change (IPv6: /64).
    """

    def __init__(
        self,
        *,
        factor_burst: int = FACTOR_BURST,
        factor_refill: int = FACTOR_REFILL,
        source_burst: int = SOURCE_BURST,
        source_refill: int = SOURCE_REFILL,
        max_sources: int = MAX_SOURCES,
    ) -> None:
        self._factor_bounds = (factor_burst, factor_refill)
        self._source_bounds = (source_burst, source_refill)
        self._max_sources = max_sources
        self._factors: dict[tuple[str, bool], _Bucket] = {}
        self._sources: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, factor: str, source: str, *, known: bool, now: int) -> Admitted | Throttled:
        """Reserve one failure on both buckets, or on none; Throttled says when a token is back."""
        by_factor = self._factors.get((factor, known)) or _Bucket(*self._factor_bounds, now)
        by_source = self._sources.get(source) or _Bucket(*self._source_bounds, now)
        buckets = (by_factor, by_source)
        for bucket in buckets:
            bucket.settle(now)
        empty = [bucket.checked + bucket.refill for bucket in buckets if bucket.tokens < 1]
        if not empty and source not in self._sources:
            empty = self._make_room(now)
        if empty:
            return Throttled(max(*empty, now + 1))
        for bucket in buckets:
            bucket.tokens -= 1
        self._factors[factor, known] = by_factor
        self._sources[source] = by_source
        self._sources.move_to_end(source)
        return ADMITTED

    def give_back(self, factor: str, source: str, *, known: bool) -> None:
        """The attempt succeeded: it was no failure."""
        for bucket in (self._factors.get((factor, known)), self._sources.get(source)):
            if bucket is not None:
                bucket.tokens = min(bucket.burst, bucket.tokens + 1)

    def _make_room(self, now: int) -> list[int]:
        """Forget sources that are full again; [when the oldest will be] if there is no room."""
        while len(self._sources) >= self._max_sources:
            source, bucket = next(iter(self._sources.items()))
            bucket.settle(now)
            if bucket.tokens < bucket.burst:
                return [bucket.checked + (bucket.burst - bucket.tokens) * bucket.refill]
            del self._sources[source]
        return []
