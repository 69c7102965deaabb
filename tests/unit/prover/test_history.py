# SPDX-License-Identifier: Apache-2.0
"""Replay of recorded inputs: the same policy gives the same; another one parts where it must, and no further."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core import inputs as i
from counterseal.core.account import Lock
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
)
from counterseal.prover.history_run import replay_account
from tests.support.lab import DAY, HOUR, MINUTE, START, owner
from tests.support.lab_policy import lab_policy, lab_policy_with
from tests.support.recorder import (
    P2P,
    PACKS,
    WITHDRAW,
    Recorder,
    fate,
    paid,
    random_history,
    replace_seal,
)


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
