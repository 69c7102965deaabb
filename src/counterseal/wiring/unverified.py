# SPDX-License-Identifier: Apache-2.0
"""Proofs that nobody verified, for tests: only joined where the clock is simulated and `test_scopes` is set."""

from __future__ import annotations

from counterseal.core.account import Instance
from counterseal.core.errors import InputError, NotFoundError
from counterseal.guard.ports import Question, Random, Sent, Verified

TOKEN_BYTES = 16


class UnsafeBelievingVerifier:
    """Takes every answer for a proof, of the instance that the answer names or of the first one."""

    sends_codes = False

    def __init__(self, random: Random) -> None:
        self._random = random

    def verify(self, question: Question) -> Verified:
        """A proof of its own each time. Raises NotFoundError for an instance that is not enrolled."""
        named = [item for item in question.instances if question.answer in ("", item.id)]
        if not named:
            raise NotFoundError("there is no such factor", code="unknown_factor")
        return Verified(named[0].id, f"test:{self._random(TOKEN_BYTES).hex()}", "test")

    def issue(self, challenge: str, instance: Instance, now: int, epoch: int) -> Sent:  # noqa: ARG002
        """There is nothing to send."""
        raise InputError(f"`{instance.factor}` takes no code here", code="no_code")


class UnsafeBelievingVerifiers:
    """The same for every factor class."""

    def __init__(self, random: Random) -> None:
        self._verifier = UnsafeBelievingVerifier(random)

    def get(self, factor: str) -> UnsafeBelievingVerifier:  # noqa: ARG002
        """The one that believes."""
        return self._verifier
