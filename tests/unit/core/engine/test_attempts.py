# SPDX-License-Identifier: Apache-2.0
"""Attempts that got a proof right and went no further: the owner hears of them."""

from __future__ import annotations

import pytest

from counterseal.core import inputs as i
from counterseal.core.account import Enrol
from counterseal.core.decision import Outcome
from counterseal.core.errors import ConflictError
from tests.support.lab import HOUR, MINUTE, Lab


class TestAttempts:
    def test_an_attempt_that_got_a_proof_right_is_told_when_it_lapses(self) -> None:
        lab = Lab()
        action = lab.done("reset_password", "email")
        assert lab.do(i.Due("early", action)) is None
        lab.wait(30 * MINUTE + 1)
        lab.do(i.Due("late", action))
        notice = lab.state.notices[f"{action}.attempt"]
        assert lab.state.actions[action].status == "refused"
        assert notice.template == "reset_password.refused"
        assert set(notice.contacts) == {
            c.id for c in lab.state.contacts.values() if c.channel in (lab.policy.attempts or ())
        }

    def test_an_attempt_without_a_right_proof_or_one_that_went_on_tells_nobody(self) -> None:
        lab = Lab()
        asked = lab.ask("reset_password")
        finished = lab.done("reset_password", "email", "passkey")
        lab.wait(HOUR)
        for action in (asked, finished):
            with pytest.raises(ConflictError):
                lab.do(i.Due(f"{action}-due", action))
        assert not [name for name in lab.state.notices if name.endswith(".attempt")]

    def test_an_untrusted_clock_calls_no_attempt_lapsed(self) -> None:
        lab = Lab()
        action = lab.done("reset_password", "email")
        lab.wait(HOUR)
        lab.do(i.Due("jump", action, trusted_time=False))
        assert lab.state.actions[action].status == "open"


def test_a_pending_action_that_is_asked_about_says_until_when_it_waits() -> None:
    """The answer and what is kept of it agree: hold until the delay is over."""
    lab = Lab()
    action = lab.done(
        "change_phone", "passkey", "email", session="s1", enrol=(Enrol("sms", "sms-2", "+85290000000"),)
    )
    notice = lab.state.actions[action].notice
    assert notice is not None
    lab.do(i.NoticeAccepted("taken", notice, lab.state.notices[notice].contacts[0], lab.now))
    decision = lab.decide(action)
    kept = lab.state.actions[action].decision
    assert (decision.outcome, decision.until) == (Outcome.HOLD, lab.now + 72 * HOUR)
    assert kept == decision
