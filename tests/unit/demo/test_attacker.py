# SPDX-License-Identifier: Apache-2.0
"""The attacker never uses what nothing gives: each way to a proof, an object or a message, and its absence."""

import pyotp
import pytest

from counterseal.core.errors import CountersealError
from counterseal.demo.attacker import Attacker
from counterseal.demo.attacks import attack_from
from counterseal.demo.model import BeyondCapabilitiesError, Enrolment, Move
from counterseal.gateways.packs import load_pack, shipped_vocabulary
from tests.unit.demo.test_attacks import GOOD

OKX = load_pack("okx-2024")


def attacker(*capabilities):
    text = GOOD.replace("[sms_intercept]", f"[{', '.join(capabilities)}]")
    attack = attack_from(text)
    return Attacker(attack, attack.victim, shipped_vocabulary())


class TestProofs:
    def test_a_capability_gives_its_proofs_and_no_other(self):
        thief = attacker("sms_intercept")
        assert thief.use("sms", "act_1") == "sms_intercept"
        for factor in ("email", "totp", "password", "face", "passkey"):
            assert thief.source_of(factor, "act_1") is None
            with pytest.raises(BeyondCapabilitiesError):
                thief.use(factor, "act_1")

    def test_a_relayed_code_counts_in_one_action_only(self):
        thief = attacker("otp_relay")
        assert thief.use("totp", "act_1") == "otp_relay"
        assert thief.source_of("totp", "act_1") == "otp_relay"
        assert thief.source_of("totp", "act_2") is None
        assert thief.source_of("password", "act_2") == "otp_relay"  # known for good

    def test_what_the_attacker_bound_is_theirs(self):
        thief = attacker("face_deepfake")
        move = Move("face_recovery", enrol=(Enrolment("password"), Enrolment("sms", "+447700900123")))
        thief.gained(move, OKX.rules["face_recovery"], {})
        assert thief.source_of("password", "a") == "bound in face_recovery"
        thief.require_readable("sms", "+447700900123", "a")
        assert thief.mutes("sms", "+447700900123")

    def test_what_a_rule_does_not_grant_is_not_gained(self):
        thief = attacker("sms_intercept")
        thief.gained(Move("forgot_password", enrol=(Enrolment("totp"),)), OKX.rules["forgot_password"], {})
        assert thief.source_of("totp", "a") is None


class TestMessages:
    def test_codes_are_read_only_where_the_channel_is_seen(self):
        thief = attacker("sms_intercept")
        thief.require_readable("sms", "+85251234599", "a")
        for factor, to in (("email", "x@example.test"), ("sms", "+85200000000")):
            with pytest.raises(BeyondCapabilitiesError):
                thief.require_readable(factor, to, "a")

    def test_reading_is_not_muting(self):
        assert not attacker("sms_intercept").mutes("sms", "+85251234599")
        assert attacker("sim_swap").mutes("sms", "+85251234599")
        assert attacker("email_takeover").mutes("email", "x@example.test")


class TestObjects:
    def test_a_stolen_session_may_be_named_and_an_invented_one_not(self):
        move = Move("add_address", objects=(("session", "s1"),))
        assert attacker("session_theft").objects_for(move, OKX.rules["add_address"]) == {"session": "s1"}
        with pytest.raises(BeyondCapabilitiesError):
            attacker("sms_intercept").objects_for(move, OKX.rules["add_address"])

    def test_a_rule_that_grants_a_session_may_name_a_new_one(self):
        move = Move("login_new_device", objects=(("session", "new"), ("device", "d")))
        thief = attacker("sms_intercept")
        assert thief.objects_for(move, OKX.rules["login_new_device"]) == {"session": "new", "device": "d"}
        assert thief.held(move.objects) == {}
        thief.gained(move, OKX.rules["login_new_device"], {})
        assert thief.held(move.objects) == {"session": "new", "device": "d"}


class TestAuthenticator:
    def test_there_is_no_code_without_a_seed(self):
        with pytest.raises(BeyondCapabilitiesError):
            attacker("totp_seed").totp(0)

    def test_a_step_is_used_once(self):
        thief = attacker("sms_intercept")
        secret = pyotp.random_base32()
        shown = {"totp_1": (f"otpauth://totp/X:y?secret={secret}&issuer=X",)}
        thief.gained(Move("bind_totp", enrol=(Enrolment("totp"),)), OKX.rules["bind_totp"], shown)
        now = 1_717_879_440_000
        assert thief.code_wait(now) == 0
        assert thief.totp(now) == pyotp.TOTP(secret).at(now // 1000)
        assert thief.code_wait(now + 1_000) == 29_000
        assert thief.code_wait(now + 30_000) == 0


def test_the_error_is_one_of_ours():
    assert issubclass(BeyondCapabilitiesError, CountersealError)
