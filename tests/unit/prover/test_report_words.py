# SPDX-License-Identifier: Apache-2.0
"""Sentences about findings."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from counterseal.core.policy.model import Limit
from counterseal.gateways.packs import load_pack, shipped_packs, shipped_vocabulary
from counterseal.prover.proof import Cell, Duals, Recovery
from counterseal.prover.report.glossary import (
    PHRASES,
    Scene,
    glossary_of,
    grounds,
    listed,
    muted,
    notice_words,
    proof_words,
    quote,
    rule_text,
    scene_of,
)
from counterseal.prover.report.times import hours, in_hours, when
from counterseal.prover.report.words import (
    carrier_line,
    duals_lines,
    finding,
    limit_words,
    loss_line,
    money,
    recovery_line,
    starvation_line,
    verdict_line,
    window_words,
    worst,
)
from tests.support import proof_samples as samples

HOUR = 3_600_000
PROOF = samples.okx()
PROFILE = PROOF.profiles[0]
SCENE = scene_of(PROOF, PROFILE)
WORDS = glossary_of(samples.OKX)


class TestTimes:
    @pytest.mark.parametrize(
        ("milliseconds", "number", "words"),
        [
            (0, 0, "0 h"),
            (24 * HOUR, 24, "24 h"),
            (26 * HOUR + HOUR // 2, 26.5, "26.5 h"),
            (1_000, 0.000278, "under 0.01 h"),
            (24 * HOUR - 1_000, 23.999722, "23.99 h"),
            (1_200 * HOUR, 1200, "1,200 h"),
        ],
    )
    def test_hours_are_numbers_and_words_and_never_longer_than_they_are(self, milliseconds, number, words):
        assert hours(milliseconds) == number
        assert type(hours(milliseconds)) is type(number)
        assert in_hours(milliseconds) == words

    def test_a_long_wait_is_in_days(self):
        assert when(72 * HOUR) == "72 h"
        assert when(31 * 24 * HOUR + 12 * HOUR) == "31 d 12 h"


class TestFinding:
    def test_who_how_much_by_what_and_how_long_after_the_notice(self):
        assert finding(samples.sms_alone(), SCENE, WORDS) == (
            "With SMS interception alone up to 500,000 USD per 24 h leave by withdraw_api "
            "0 h after the first notice that reaches the owner."
        )

    def test_silent_says_that_the_owner_is_never_told(self):
        assert finding(samples.mailbox(), SCENE, WORDS).endswith(
            "2,000,000 USD per 24 h leave by p2p_release, and the owner is never told."
        )

    def test_a_disclosure_names_the_data_and_no_money(self):
        assert finding(samples.disclosure(), SCENE, WORDS) == (
            "With a corrupt officer of an authority alone disclose_identity hands out kba and iddoc, "
            "and the owner is never told."
        )

    def test_nothing_is_guessed_without_the_policy(self):
        told = finding(samples.sms_alone(), Scene("p", "q", 0))
        assert "value leaves by withdraw_api 0 h after" in told
        assert "USD" not in told

    def test_an_outflow_without_a_limit_says_so(self):
        limits = {**WORDS.limits, "withdraw_api": None}
        told = finding(samples.sms_alone(), SCENE, replace(WORDS, limits=limits))
        assert "value without a limit leaves by withdraw_api" in told

    def test_sets_are_joined_and_none_is_named(self):
        assert finding(samples.forged(), SCENE, WORDS).startswith(
            "With a synthetic face, a forged order and a hacked official mailbox up to"
        )
        nobody = replace(samples.sms_alone(), capabilities=())
        assert finding(nobody, SCENE, WORDS).startswith("With no capability at all up to")

    def test_every_shipped_capability_has_a_phrase_and_an_unknown_one_its_name(self):
        assert set(PHRASES) == set(shipped_vocabulary().capabilities)
        odd = replace(samples.sms_alone(), capabilities=("tea_leaves",))
        assert finding(odd, SCENE, WORDS).startswith("With tea_leaves alone")

    def test_the_worst_is_silent_before_short_before_long(self):
        slow, fast, silent = samples.slow(), samples.sms_alone(), samples.mailbox()
        assert worst([slow, fast, silent]) is silent
        assert worst([slow, fast]) is fast
        assert worst([]) is None


class TestParts:
    def test_windows_have_three_words(self):
        assert window_words(Cell((), "withdraw", silent=True, window=None)) == "silent"
        assert window_words(Cell((), "withdraw", silent=False, window=None)) == "never"
        assert window_words(samples.slow()) == "50.5 h"

    def test_amounts_and_limits(self):
        assert money(Decimal("4460000.00"), "USD") == "4,460,000 USD"
        assert money(Decimal("0.50"), "USD") == "0.5 USD"
        assert limit_words(Limit(Decimal(500), 24 * HOUR), "USD") == "500 USD per 24 h"
        assert limit_words(None, "USD") == "no limit"
        assert [loss_line(each, "USD") for each in PROFILE.losses] == [
            "1 capability, owner reacts after 24 h: no bound (email_takeover)",
            "up to 2 capabilities, owner reacts after 0 h: at most 4,460,000 USD (sms_intercept + pw_leak)",
        ]

    def test_lists(self):
        assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
            "",
            "a",
            "a and b",
            "a, b and c",
        ]

    def test_a_muted_channel_is_named_where_the_policy_is_known(self):
        first = samples.mailbox().path[0]
        assert muted(first, SCENE, WORDS) == ("email",)
        assert notice_words(first, SCENE, WORDS) == "muted (email)"
        assert notice_words(first, Scene("p", "q", 0), WORDS) == "muted"

    def test_a_channel_that_the_account_does_not_have_is_not_named(self):
        told = samples.mailbox().path[-1]  # notify: app = email, push; this profile has no push
        assert "push" in WORDS.notify[told.action]
        assert notice_words(told, SCENE, WORDS) == "muted (email)"

    def test_a_notice_that_reached_says_what_did_not(self):
        step = samples.slow().path[0]
        proof = samples.hardened()
        scene = scene_of(proof, proof.profiles[0])
        assert notice_words(step, scene, glossary_of(samples.HARDENED)) == "reached (email, push; muted: sms)"

    def test_a_proof_says_what_it_came_from(self):
        assert proof_words(samples.sms_alone().path[1]) == "password by attacker's own, sms by sms_intercept"
        assert proof_words(samples.forged().path[1]) == "face by face_deepfake, kba by disclosed data"
        assert proof_words(samples.sms_alone().path[-1]) == "none"

    def test_a_step_without_a_proof_says_what_it_had(self):
        assert grounds(samples.sms_alone().path[-1]) == "has api_withdraw, verified_address"
        assert grounds(samples.sms_alone().path[2]) == "sms by sms_intercept; has session"
        assert grounds(replace(samples.sms_alone().path[0], uses=())) == "nothing"

    def test_a_line_is_quoted_without_its_comment_and_with_its_requirement(self):
        step = samples.sms_alone().path[0]
        assert quote(step.line, SCENE.lines) == "forgot_password:"
        assert rule_text(step, SCENE, WORDS) == "forgot_password: require: (sms or email) and second"
        assert quote(7, {7: "  login: {require: password, grants: session}   # short"}) == (
            "login: {require: password, grants: session}"
        )
        assert quote(9, {}) == ""

    def test_a_verdict_is_one_line(self):
        assert [verdict_line(each) for each in PROFILE.verdicts[2:5]] == [
            "fails: 1 set, worst silent",
            "fails: 1 set, worst 0 h",
            "undecided: sms and totp are alternatives of one rule: 2^20 sets were not searched",
        ]
        assert verdict_line(PROFILE.verdicts[6]) == "holds"


class TestTheOtherSide:
    def test_what_is_out_of_reach_is_told_and_starvation_too(self):
        lines = duals_lines(PROFILE.duals)
        assert "never withdraw" in lines[0]
        assert lines[-1] == f"starvation: {starvation_line(PROFILE.duals.starvation[0])}"
        assert "line 99" in lines[-1]

    def test_a_side_without_fault_says_so(self):
        lines = duals_lines(samples.hardened_profile().duals)
        assert lines[0].startswith("lock-out: none in 1 case")
        assert lines[-1] == "starvation: none"
        assert "the owner with all factors reaches: all but withdraw_api" in lines
        assert "offmarket_trade needs the platform to state: fair_price" in lines

    def test_what_he_never_has_is_no_lock_out(self):
        duals = Duals((Recovery(("totp",), (), {"session": 0, "withdraw": None}),), ("withdraw",), {}, ())
        assert duals_lines(duals)[0].startswith("lock-out: none")

    def test_times_of_recovery_are_in_hours_up_to_three_days(self):
        recovery = Recovery(("sms", "totp"), (), {"session": 72 * HOUR, "withdraw": 5 * 24 * HOUR})
        assert recovery_line(recovery) == "lost sms and totp: session after 72 h, withdraw after 5 d"

    def test_a_carrier_names_what_breaks(self):
        told = carrier_line(PROFILE.carriers[0])
        assert told.endswith('without it "owner is never locked out" no longer holds')


def test_a_glossary_is_read_from_every_shipped_pack():
    for name in shipped_packs():
        policy = load_pack(name)
        words = glossary_of(policy)
        assert set(words.limits) == {rule.name for rule in policy.rules.values() if rule.outflow}
        assert set(words.requires) == set(policy.rules)
