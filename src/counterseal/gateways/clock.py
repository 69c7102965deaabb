# SPDX-License-Identifier: Apache-2.0
"""What time it is, and whether to believe it. All times are int milliseconds.

The wall clock can be set by an operator, by NTP or by an attacker; the monotonic clock cannot. If the two
disagree by more than 60 s about how much time has passed, the wall clock is not trusted: outflows stop
until they agree again with what was agreed before, or an operator confirms the new time. Meanwhile the time
is what the monotonic clock says has passed since they last agreed.

Where several processes share a database, its clock is looked at too: a machine whose clock was wrong from the start
sees no jump. One that is more than 60 s apart from the database is not trusted and goes by the database's time, so
that what it commits makes no wait of anybody shorter.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

TOLERANCE: Final = 60_000
AGREEMENT_EVERY: Final = 60_000  # small, honest corrections (NTP slewing) are taken over this often


class Clock(Protocol):
    """The port: everything that needs the time gets one of these."""

    @property
    def simulated(self) -> bool:
        """Whether a person sets this clock; every seal made under it says `test`."""
        ...

    def now(self) -> int:
        """Milliseconds since the Unix epoch."""
        ...

    def trusted(self) -> bool:
        """Whether outflows may rest on `now()`."""
        ...


class Base(msgspec.Struct, frozen=True):
    """A moment at which wall and monotonic clock were believed together."""

    wall: int
    monotonic: int


class Watch(msgspec.Struct, frozen=True):
    """What the watch over the wall clock remembers: the base agreed on, and whether the clock is trusted."""

    base: Base
    trusted: bool = True


def drift(base: Base, wall: int, monotonic: int) -> int:
    """How far (ms) the wall clock ran ahead of (> 0) or behind (< 0) the monotonic one since `base`."""
    return (wall - base.wall) - (monotonic - base.monotonic)


def observe(watch: Watch, wall: int, monotonic: int) -> Watch:
    """One look at both clocks: beyond 60 s of drift untrusted; within, trusted again.

    The base moves on only while trusted and only once a minute, so that slow corrections pass, and a jump is
    always measured against a time before it.
    """
    if abs(drift(watch.base, wall, monotonic)) > TOLERANCE:
        return watch if not watch.trusted else Watch(watch.base, trusted=False)
    if not watch.trusted:
        return Watch(watch.base)
    if monotonic - watch.base.monotonic >= AGREEMENT_EVERY:
        return Watch(Base(wall, monotonic))
    return watch


def _wall() -> int:
    return time.time_ns() // 1_000_000


def _monotonic() -> int:
    # CLOCK_BOOTTIME goes on while the machine is suspended; CLOCK_MONOTONIC does not, and each wake-up would
    # look like a jump.
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    return time.monotonic_ns() // 1_000_000


class SystemClock:
    """The machine's clock under watch. Thread-safe; `trusted()` must be asked at least every few minutes."""

    def __init__(self, *, wall: Callable[[], int] = _wall, monotonic: Callable[[], int] = _monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._watch = Watch(Base(wall(), monotonic()))
        self._shared: Base | None = None  # the database's time, while ours is apart from it

    @property
    def simulated(self) -> bool:
        """False: nobody sets this clock through us."""
        return False

    def now(self) -> int:
        """The wall clock while it is trusted; after a jump (seen by `trusted`) what the monotonic clock adds to the
        last moment at which both were believed, so that time goes on and no jump shortens anything."""
        watch, shared = self._watch, self._shared
        if shared is not None:
            return shared.wall + self._monotonic() - shared.monotonic
        return self._wall() if watch.trusted else watch.base.wall + self._monotonic() - watch.base.monotonic

    def trusted(self) -> bool:
        """Look at both clocks now."""
        with self._lock:
            self._watch = observe(self._watch, self._wall(), self._monotonic())
            return self._watch.trusted and self._shared is None

    def compare(self, shared: int) -> None:
        """What the clock that all processes share says now (ms): beyond 60 s it counts, and ours does not."""
        with self._lock:
            self._shared = None
            ours = self.now()
            if abs(ours - shared) > TOLERANCE:
                self._shared = Base(shared, self._monotonic())

    def drift(self) -> int:
        """The drift (ms) since the last agreement, for readiness and metrics."""
        return drift(self._watch.base, self._wall(), self._monotonic())

    def confirm(self) -> None:
        """An operator states that the wall clock is right: it is the new base."""
        with self._lock:
            self._watch = Watch(Base(self._wall(), self._monotonic()))


class SimulatedClock:
    """A clock that stands still until somebody moves it; never backwards, except by `set_unsafely` in tests."""

    def __init__(self, start: int) -> None:
        self._lock = threading.Lock()
        self._now = start
        self._trusted = True

    @property
    def simulated(self) -> bool:
        """True: seals made under it say `test`."""
        return True

    def now(self) -> int:
        """The time it was last set to."""
        return self._now

    def trusted(self) -> bool:
        """True, unless a test said otherwise."""
        return self._trusted

    def set(self, now: int) -> None:
        """Move to `now` (ms since the epoch); ValueError if that is in the past."""
        with self._lock:
            if now < self._now:
                raise ValueError(f"a simulated clock does not go back: {now} < {self._now}")
            self._now = now

    def advance(self, duration: int) -> int:
        """Move on by `duration` ms and return the new time; ValueError if it is negative."""
        with self._lock:
            if duration < 0:
                raise ValueError(f"a simulated clock does not go back: {duration} ms")
            self._now += duration
            return self._now

    def set_unsafely(self, now: int, *, trusted: bool) -> None:
        """For tests of clocks that jump: any time, and whether a watch would still trust it."""
        with self._lock:
            self._now = now
            self._trusted = trusted
