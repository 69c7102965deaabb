# SPDX-License-Identifier: Apache-2.0
"""Replay of recorded inputs: what rests on what, timers, and incidents."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.core import inputs as i
from counterseal.core.account import Enrol, Lock, Suspicion
from counterseal.core.errors import InputError
from counterseal.core.policy.model import Policy
from counterseal.prover.history import (
    CHALLENGED,
    HELD,
    NOT_DETERMINED,
    SAME,
)
from counterseal.prover.history_incidents import Incident, Named, incidents_of
from counterseal.prover.history_report import part_of, report_of
from counterseal.prover.history_run import replay_account
from tests.support.lab import DAY, HOUR, START, owner
from tests.support.lab_policy import lab_policy, lab_policy_with
from tests.support.recorder import (
    HOLDING,
    Recorder,
    edited,
    fate,
    paid,
)


class TestChains:
    def test_what_rests_on_a_session_is_not_determined_and_another_session_goes_on(self) -> None:
        lab = Recorder()
        login = lab.done("login", "password", "passkey", session="s2")
        inside = paid(lab, "passkey", session="s2")
        trusted = lab.done("trust_device", "totp", session="s2", device="d2")
        aside = paid(lab, "passkey", session="s1")
        found = lab.replay(lab_policy_with('"password and strong"', '"password and strong and face"'))
        assert fate(found, login).now == CHALLENGED
        for action in (inside, trusted):
            assert (fate(found, action).now, fate(found, action).because) == (NOT_DETERMINED, (login,))
        assert fate(found, aside).now == SAME

    def test_what_rests_on_a_factor_is_not_determined(self) -> None:
        lab = Recorder(register=owner(("password", "sms", "email")))
        enrol = Enrol("totp", "totp-2", secret=b"seed")
        bind = lab.done("bind_totp", "sms", session="s1", enrol=(enrol,))
        use = lab.ask("p2p", session="s1")
        lab.prove(use, "totp", "totp-2")
        found = lab.replay(lab_policy_with('"session and (sms or email)"', '"session and sms and email"'))
        assert fate(found, bind).now == CHALLENGED
        assert fate(found, use).because == (bind,)

    def test_a_removed_factor_leaves_open_what_ranks_it(self) -> None:
        lab = Recorder()
        change = lab.done("disable_totp", "passkey", "sms", session="s1")
        lab.accept(change)
        lab.wait(2 * DAY)
        ranked = paid(lab, "passkey")
        aside = lab.done("verify_address", "email", session="s1", address="a1")
        found = lab.replay(lab_policy_with("2 of (passkey, email, totp, sms)", "3 of (passkey, email, totp, sms)"))
        assert fate(found, change).now == CHALLENGED
        assert (fate(found, ranked).now, fate(found, ranked).because) == (NOT_DETERMINED, (change,))
        assert fate(found, aside).now == SAME

    def test_a_clock_that_may_have_been_restarted_leaves_open_what_reads_it(self) -> None:
        things = {"session:s1": ("session",), "address:a1": ("address",), "address:a2": ("address",)}
        lab = Recorder(HOLDING, owner(objects=things))
        change = lab.done("verify_address", "email", session="s1", address="a2")
        lab.accept(change)
        lab.wait(HOUR)
        read = lab.done("withdraw", "passkey", session="s1", address="a1")
        aside = lab.done("add_address", "passkey", session="s1", address="a3")
        lab.wait(2 * DAY)
        later = paid(lab, "passkey")
        found = lab.replay(
            edited(HOLDING, "session and address and email", "session and address and email and face")
        )
        assert fate(found, change).now == CHALLENGED
        assert (fate(found, read).now, fate(found, read).code) == (NOT_DETERMINED, "clock_or_limit")
        assert fate(found, read).because == (change,)
        assert fate(found, aside).now == SAME
        assert fate(found, later).now == SAME  # two days later that clock has run out in any case

    def test_a_limit_that_may_have_been_used_leaves_open_what_it_would_stop(self) -> None:
        lab = Recorder()
        login = lab.done("login", "password", "passkey", session="s2")
        first = paid(lab, "passkey", session="s2", value=900)
        small = lab.done("withdraw", "passkey", session="s1", address="a1", value=50)
        over = lab.done("withdraw", "passkey", session="s1", address="a1", value=500)
        found = lab.replay(lab_policy_with('"password and strong"', '"password and strong and face"'))
        assert fate(found, first).because == (login,)
        assert fate(found, small).now == SAME
        assert (fate(found, over).now, fate(found, over).because) == (NOT_DETERMINED, (first,))

    def test_a_longer_delay_is_simulated_and_the_new_timer_fires(self) -> None:
        lab = Recorder()
        action = lab.done("p2p", "totp", session="s1")
        lab.accept(action)
        lab.wait(6 * HOUR)
        lab.due(action)
        lab.decide(action)
        lab.redeem(action)
        lab.wait(60 * HOUR)
        lab.ask("tighten", session="s1", lock=Lock("withdraw", delay=HOUR))
        one = fate(lab.replay(lab_policy_with("delay: 6h", "delay: 48h")), action)
        assert (one.now, one.until, one.more) == (HELD, START + 48 * HOUR, 42 * HOUR)

    def test_a_shorter_delay_is_over_earlier_and_the_record_catches_up(self) -> None:
        lab = Recorder()
        action = lab.done("p2p", "totp", session="s1")
        lab.accept(action)
        lab.wait(6 * HOUR)
        lab.due(action)
        lab.decide(action)
        lab.redeem(action)
        lab.report(action)
        assert fate(lab.replay(lab_policy_with("delay: 6h", "delay: 1h")), action).now == SAME

    def test_a_hold_of_the_old_policy_goes_on_after_the_switch(self) -> None:
        lab = Recorder()
        change = lab.done("disable_totp", "passkey", "sms", session="s1")
        lab.accept(change)
        lab.wait(2 * HOUR)
        switch = lab.now
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        found = lab.replay(lab_policy_with("since(weakened) >= 24h", "since(weakened) >= 1h"), since=switch)
        assert [one.action for one in found.fates] == [action]
        assert (fate(found, action).was, fate(found, action).now) == ("hold", SAME)

    def test_a_record_without_its_beginning_is_an_error(self) -> None:
        lab = Recorder()
        paid(lab, "passkey")
        with pytest.raises(InputError, match="no registration"):
            replay_account(lab_policy(), "account", lab.pasts[1:])

    def test_a_clock_that_jumped_stops_outflows_in_both(self) -> None:
        lab = Recorder()
        action = lab.ask("withdraw", session="s1", address="a1")
        lab.prove(action, "passkey", trusted_time=False)
        found = lab.replay(lab_policy_with("notify: [push]", "notify: all"))
        assert (fate(found, action).was, fate(found, action).now) == ("hold", SAME)

    def test_a_signal_that_the_new_vocabulary_does_not_know_is_counted(self) -> None:
        lab = Recorder()
        lab.suspect("sim_swap")
        words = lab_policy().vocabulary
        few = {name: spec for name, spec in words.capabilities.items() if name != "sim_swap"}
        policy = msgspec.structs.replace(lab_policy(), vocabulary=msgspec.structs.replace(words, capabilities=few))
        assert lab.replay(policy).skipped == {"unknown_capability": 1}


class TestIncidents:
    def stolen(self) -> tuple[Recorder, str]:
        lab = Recorder()
        action = lab.done("p2p", "totp", session="s1", value=400)
        lab.accept(action)
        lab.wait(6 * HOUR)
        lab.due(action)
        lab.decide(action)
        lab.redeem(action)
        lab.report(action)
        return lab, action

    def judged(self, lab: Recorder, policy: Policy, *named: Named) -> Incident:
        (one,) = incidents_of(lab.replay(policy), named)
        return one

    def test_a_freeze_makes_an_incident_of_the_day_before_it(self) -> None:
        lab, action = self.stolen()
        lab.wait(HOUR)
        lab.freeze("owner")
        one = self.judged(lab, lab_policy())
        assert (one.verdict, one.actions, one.left, one.still) == ("not_stopped", (action,), (action,), (action,))

    def test_a_hold_that_ends_after_the_owner_reacted_stops_it(self) -> None:
        lab, action = self.stolen()
        lab.wait(30 * HOUR)
        lab.freeze("owner")
        lab.wait(DAY)
        stated = Named("theft", actions=(action,))
        late = self.judged(lab, lab_policy_with("delay: 6h", "delay: 48h"), stated)
        assert (late.name, late.verdict, late.more) == ("theft", "delayed", 42 * HOUR)

    def test_a_freeze_that_names_the_action_by_its_time_is_the_reaction(self) -> None:
        lab, action = self.stolen()
        lab.wait(10 * HOUR)
        lab.freeze("owner")
        lab.wait(2 * DAY)
        one = self.judged(lab, lab_policy_with("delay: 6h", "delay: 48h"))
        assert (one.verdict, one.reacted, one.more) == ("stopped", START + 16 * HOUR, 42 * HOUR)
        assert one.step is not None
        assert one.step.action == action

    def test_a_cancel_by_link_names_its_action(self) -> None:
        lab = Recorder()
        honest = paid(lab, "passkey")
        change = lab.done("change_phone", "passkey", "email", session="s1", enrol=(Enrol("sms", "sms-2", "+1"),))
        lab.accept(change)
        lab.wait(HOUR)
        lab.cancel(change, contact="c.push")
        one = self.judged(lab, lab_policy())
        assert (one.actions, one.verdict, one.signs) == ((change,), "nothing_left", ("cancelled_by_link",))
        assert honest not in one.actions

    def test_a_suspicion_that_was_withdrawn_is_no_sign(self) -> None:
        lab, _ = self.stolen()
        name = "sus"
        item = Suspicion(name, "session_theft", START, lab.now + DAY, None, "confirmed")
        lab.do(i.Suspect("signal", item))
        assert len(incidents_of(lab.replay(lab_policy()), ())) == 1
        lab.clear(name)
        assert incidents_of(lab.replay(lab_policy()), ()) == ()

    def test_what_rests_on_a_stopped_step_is_stopped_there(self) -> None:
        lab = Recorder()
        login = lab.done("login", "password", "passkey", session="s9")
        action = paid(lab, "passkey", session="s9")
        lab.freeze("owner")
        one = self.judged(lab, lab_policy_with('"password and strong"', '"password and strong and face"'))
        assert (one.verdict, one.left) == ("stopped", (action,))
        assert one.step is not None
        assert (one.step.action, one.step.lacks) == (login, (("face",),))

    def test_honest_actions_are_counted_apart(self) -> None:
        lab = Recorder()
        honest = paid(lab, "passkey")
        lab.wait(2 * DAY)
        paid(lab, "passkey")
        lab.freeze("owner")
        policy = lab_policy_with("strong and address and age", "strong and face and address and age")
        report = report_of([part_of([lab.replay(policy)], ())], policy="lab", digest="", since=0, until=lab.now)
        (row,) = report.actions
        assert (row.action, row.asked, row.challenged, row.share_challenged) == ("withdraw", 1, 1, 1.0)
        assert dict(row.lacking) == {"face": 1}
        assert [(x.fate.action == honest, bool(x.incident)) for x in report.changed] == [
            (True, False),
            (False, True),
        ]
        assert report.incidents[0].verdict == "stopped"
