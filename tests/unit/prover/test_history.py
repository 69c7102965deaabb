# SPDX-License-Identifier: Apache-2.0
"""Replay of recorded inputs: the same policy gives the same; another one parts where it must, and no further."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core import inputs as i
from counterseal.core.account import Enrol, Lock, Suspicion
from counterseal.core.errors import InputError
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack, policy_from
from counterseal.prover.history import (
    ALLOWED,
    CHALLENGED,
    CLASSES,
    DENIED,
    HARDER,
    HELD,
    NOT_DETERMINED,
    NOT_REPLAYED,
    SAME,
    AccountHistory,
    Fate,
    Past,
)
from counterseal.prover.history_incidents import Incident, Named, incidents_of
from counterseal.prover.history_report import part_of, report_of
from counterseal.prover.history_run import replay_account
from tests.support.lab import DAY, HOUR, MINUTE, START, Lab, owner
from tests.support.lab_policy import lab_policy, lab_policy_with, lab_vocabulary
from tests.support.moves import Moves


class Recorder(Lab):
    """A laboratory that keeps what the log would keep."""

    def __init__(self, policy: Policy | None = None, register: i.Register | None = None) -> None:
        given = register or owner()
        super().__init__(policy, given)
        self.pasts = [Past(0, START, given, None, self.last.events)]

    def do(self, given: i.Input) -> Any:
        """One input; a refused one leaves no trace."""
        decision = super().do(given)
        self.pasts.append(Past(len(self.pasts), self.now, given, decision, self.last.events))
        return decision

    def replay(self, policy: Policy, **more: Any) -> AccountHistory:
        """The record under another policy."""
        return replay_account(policy, "account", self.pasts, horizon=self.now, **more)


def fate(history: AccountHistory, action: str) -> Fate:
    return next(one for one in history.fates if one.action == action)


def random_history(policy: Policy, chance: random.Random, steps: int) -> Recorder:
    lab = Recorder(policy)
    moves = Moves(lab, chance)
    for _ in range(steps):
        moves.pause()
        try:
            lab.do(moves.next())
        except InputError:
            continue
    return lab


PACKS: dict[str, Callable[[], Policy]] = {
    "lab": lab_policy,
    "stricter lab": lambda: lab_policy_with("strongest(passkey, totp, sms)", "strongest(passkey, totp)"),
    "okx-2024": lambda: load_pack("okx-2024"),
    "hardened": lambda: load_pack("hardened"),
}


class TestTheSamePolicy:
    @pytest.mark.parametrize("pack", ["lab", "okx-2024", "hardened"])
    @given(chance=st.randoms(use_true_random=False))
    @settings(max_examples=25)
    def test_every_decision_and_event_is_the_same(self, pack: str, chance: random.Random) -> None:
        policy = PACKS[pack]()
        lab = random_history(policy, chance, 60)
        found = lab.replay(policy)
        assert found.identical == found.inputs == len(lab.pasts)
        assert {one.now for one in found.fates} <= {"same"}
        assert found.skipped == {}
        asked = [past.input.id for past in lab.pasts if isinstance(past.input, i.Ask)]
        assert [one.action for one in found.fates] == asked

    @given(chance=st.randoms(use_true_random=False), part=st.floats(0.1, 0.9))
    @settings(max_examples=15)
    def test_from_the_middle_on_too(self, chance: random.Random, part: float) -> None:
        policy = lab_policy()
        lab = random_history(policy, chance, 60)
        since = lab.pasts[int(len(lab.pasts) * part)].at
        found = lab.replay(policy, since=since)
        assert found.identical == found.inputs == sum(past.at >= since for past in lab.pasts)
        assert {one.now for one in found.fates} <= {"same"}


class TestAnotherPolicy:
    @pytest.mark.parametrize(
        ("old", "new"), [("okx-2024", "hardened"), ("hardened", "okx-2024"), ("lab", "okx-2024")]
    )
    @given(chance=st.randoms(use_true_random=False))
    @settings(max_examples=25)
    def test_any_record_can_be_replayed(self, old: str, new: str, chance: random.Random) -> None:
        """Each action gets one class; what is not determined names what it rests on; it is repeatable."""
        lab = random_history(PACKS[old](), chance, 60)
        found = lab.replay(PACKS[new]())
        asked = [past.input.id for past in lab.pasts if isinstance(past.input, i.Ask)]
        assert [one.action for one in found.fates] == asked
        names = {one.action for one in found.fates}
        for one in found.fates:
            assert one.now in CLASSES
            assert bool(one.because) == (one.now == NOT_DETERMINED)
            assert one.action not in one.because
            assert one.more is None or one.more >= 0
            if one.now != NOT_DETERMINED:
                assert one.now == SAME or one.code or one.lacks or one.now == ALLOWED or one.until
            parted = {x.action for x in found.fates if x.now != SAME}
            assert set(one.because) & names <= parted
        assert lab.replay(PACKS[new]()) == found

    @pytest.mark.parametrize(("old", "new"), [("okx-2024", "hardened"), ("lab", "stricter lab")])
    @given(seed=st.integers(0, 10_000))
    @settings(max_examples=12)
    def test_what_is_determined_does_not_rest_on_what_the_person_would_have_done(
        self, old: str, new: str, seed: int
    ) -> None:
        """Take refused actions out of the record altogether: every other one that was determined stays."""
        policy = PACKS[new]()
        lab = random_history(PACKS[old](), random.Random(seed), 120)
        found = lab.replay(policy)
        refused = [x.action for x in found.fates if x.now in (CHALLENGED, DENIED) and x.was in ("done", "redeemed")]
        for gone in refused[:2]:
            kept = [past for past in lab.pasts if gone not in (past.input.id, getattr(past.input, "action", ""))]
            again = {x.action: x for x in replay_account(policy, "account", kept, horizon=lab.now).fates}
            for one in found.fates:
                if one.action != gone and one.now in HARDER | {SAME}:
                    other = again[one.action]
                    assert (other.now, other.lacks) == (one.now, one.lacks) or other.now == NOT_DETERMINED


P2P = 'p2p:       {require: "session and totp and since(recovered) >= 72h", limit: 500/24h, delay: 6h, notify: all}'
WITHDRAW = 'since(weakened) >= 24h", limit: 1000/24h, notify: all}'


def edited(policy: Policy, old: str, new: str) -> Policy:
    """A policy of the laboratory with one text for another."""
    assert old in policy.text
    return policy_from(policy.text.replace(old, new), lab_vocabulary())


HOLDING = lab_policy_with("grants: verified_address", "grants: verified_address, holds: weakened, notify: all")


def paid(lab: Recorder, *factors: str, rule: str = "withdraw", value: int = 100, session: str = "s1") -> str:
    """An outflow from ask to broadcast; the channel takes its notice."""
    action = lab.done(rule, *factors, value=value, session=session, address="a1")
    lab.accept(action)
    lab.redeem(action)
    lab.report(action)
    return action


class TestEachClass:
    def test_now_challenged_says_which_factor_nobody_gave(self) -> None:
        lab = Recorder()
        first = paid(lab, "passkey")
        other = lab.done("verify_address", "email", session="s1", address="a1")
        new = lab_policy_with("strong and address and age", "strong and face and address and age")
        found = lab.replay(new)
        one = fate(found, first)
        assert (one.now, one.lacks, one.was, one.left) == (CHALLENGED, (("face",),), "done", True)
        assert fate(found, other).now == SAME

    def test_now_held_by_a_delay_waits_from_the_notice_that_was_taken(self) -> None:
        lab = Recorder()
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        lab.wait(5_000)
        lab.accept(action)
        taken = lab.now
        lab.redeem(action)
        lab.wait(3 * DAY)
        lab.ask("tighten", session="s1", lock=Lock("p2p", delay=HOUR))
        one = fate(lab.replay(lab_policy_with(WITHDRAW, WITHDRAW[:-1] + ", delay: 24h}")), action)
        assert (one.now, one.code, one.until) == (HELD, "delay", taken + DAY)
        assert one.more == taken + DAY - START

    def test_now_held_without_an_end_where_no_channel_took_a_notice(self) -> None:
        lab = Recorder()
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        lab.redeem(action)
        one = fate(lab.replay(lab_policy_with(WITHDRAW, WITHDRAW[:-1] + ", delay: 24h}")), action)
        assert (one.now, one.until, one.more) == (HELD, None, None)

    def test_now_held_by_a_clock(self) -> None:
        lab = Recorder()
        change = lab.done("disable_totp", "passkey", "sms", session="s1")
        lab.accept(change)
        begun = lab.now
        lab.wait(30 * HOUR)
        action = paid(lab, "passkey")
        one = fate(lab.replay(lab_policy_with("since(weakened) >= 24h", "since(weakened) >= 48h")), action)
        assert (one.now, one.until, one.more) == (HELD, begun + 2 * DAY, 18 * HOUR)

    def test_now_denied_says_why(self) -> None:
        lab = Recorder()
        action = paid(lab, "passkey", value=600)
        one = fate(lab.replay(lab_policy_with("limit: 1000/24h", "limit: 500/24h")), action)
        assert (one.now, one.code) == (DENIED, "over_limit")

    def test_now_allowed_where_less_is_asked_for(self) -> None:
        lab = Recorder()
        action = lab.done("create_api_key", "totp", session="s1", api_key="k9")
        one = fate(lab.replay(lab_policy_with("2 of (passkey, totp, email)", "totp")), action)
        assert (one.was, one.now) == ("challenge", ALLOWED)

    def test_a_proof_that_is_not_asked_for_any_more_is_spared(self) -> None:
        lab = Recorder()
        action = lab.done("create_api_key", "totp", "email", session="s1", api_key="k9")
        one = fate(lab.replay(lab_policy_with("2 of (passkey, totp, email)", "totp")), action)
        assert (one.now, one.spared) == (SAME, ("email",))

    def test_a_seal_that_comes_earlier_is_redeemed_when_it_was(self) -> None:
        lab = Recorder()
        action = lab.ask("withdraw", session="s1", address="a1")
        lab.wait(9 * MINUTE)
        lab.prove(action, "passkey")
        lab.redeem(action)
        lab.report(action)
        new = lab_policy_with(
            "session and strong and address and age(address)", "session and address and age(address)"
        )
        with_seals = [replace_seal(past) for past in lab.pasts]
        found = replay_account(new, "account", with_seals, horizon=lab.now)
        assert (fate(found, action).now, fate(found, action).spared) == (SAME, ("passkey",))

    def test_what_the_new_policy_does_not_have_cannot_be_replayed(self) -> None:
        lab = Recorder()
        action = lab.ask("p2p", session="s1")
        one = fate(lab.replay(lab_policy_with(P2P, "p2p: not_offered")), action)
        assert (one.now, one.code, one.outflow) == (NOT_REPLAYED, "not_offered", True)

    def test_a_thing_that_nobody_was_asked_to_name_cannot_be_replayed(self) -> None:
        lab = Recorder(register=owner(objects={"session:s1": ("session",), "device:d1": ("device",)}))
        action = lab.done("add_address", "passkey", session="s1", address="a9")
        named = lab.done("add_address", "passkey", session="s1", address="a8", device="d1")
        without = Recorder(register=owner(objects={"session:s1": ("session",)}))
        hopeless = without.done("add_address", "passkey", session="s1", address="a9")
        new = lab_policy_with(
            '{require: "session and strong", grants: address',
            '{require: "session and device and strong", grants: address',
        )
        found = lab.replay(new)
        assert (fate(found, action).now, fate(found, action).code) == (NOT_REPLAYED, "fact_missing")
        assert fate(found, named).now == SAME
        assert fate(without.replay(new), hopeless).now == DENIED

    def test_values_in_another_currency_cannot_be_compared(self) -> None:
        lab = Recorder()
        action = paid(lab, "passkey")
        change = lab.done("verify_address", "email", session="s1", address="a1")
        found = lab.replay(lab_policy(), other_currency=True)
        assert (fate(found, action).now, fate(found, action).code) == (NOT_REPLAYED, "other_currency")
        assert fate(found, change).now == SAME


def replace_seal(past: Past) -> Past:
    """As the guard records it: an ask carries the id of a seal, should it lead to one."""
    if isinstance(past.input, i.Ask):
        return msgspec.structs.replace(past, input=msgspec.structs.replace(past.input, seal="early"))
    return past


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
