# SPDX-License-Identifier: Apache-2.0
"""A circuit breaker: while the guard is away, calls fail at once instead of waiting for it one by one.

It only ever refuses sooner. What a platform does without an answer is the same: nothing leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from counterseal.sdk.problems import GuardAway


class BreakerOpenError(GuardAway):
    """The guard did not answer so often in a row that it was not asked. `retry_after`: ms until it is again."""

    code = "guard_away"
    hint = "nothing was sent; try again later"

    def __init__(self, sentence: str, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Breaker:
    """Opens after `failures` calls in a row without a decision, for `rest` ms; then one call tries again.

    One breaker may serve several clients of one guard. `clock`: monotonic seconds.
    """

    def __init__(
        self, failures: int = 5, rest: int = 10_000, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._rest, self._clock = failures, rest, clock
        self._failed = 0
        self._until = 0.0

    def admit(self) -> None:
        """Raise BreakerOpenError while it is open; after its rest the next caller alone tries."""
        now = self._clock()
        if self._failed < self._most:
            return
        if now < self._until:
            left = int((self._until - now) * 1000) + 1
            raise BreakerOpenError("the guard is away", retry_after=left)
        self._until = now + self._rest / 1000  # the others go on waiting for this one

    def answered(self) -> None:
        """The guard answered, be it with a refusal."""
        self._failed = 0

    def failed(self) -> None:
        """A call ended without a decision."""
        self._failed += 1
        if self._failed >= self._most:
            self._until = self._clock() + self._rest / 1000
