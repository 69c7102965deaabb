# SPDX-License-Identifier: Apache-2.0
"""The vocabulary document: what it refuses, and what the shipped one says."""

from __future__ import annotations

import pytest

from counterseal.core.policy.faults import PolicyFaults
from counterseal.core.policy.model import FactorSpec
from counterseal.gateways.packs import shipped_vocabulary, vocabulary_from
from tests.support.policies import marked

SMALL = """\
counterseal: 1
vocabulary: small
channels: [sms, email]
factors:
  password: {text: a password, attested: true}
  fundpw: {text: another, channel: password}
  sms: {text: a code, contact: true, bound: true}
facts: {session: session}
clocks: {weakened: since it was weaker}
verbs: {use: use it}
context: {ip_listed: it is listed}
outflows: {withdraw: it leaves}
conditions: {exposed: [leak]}
capabilities:
  leak: {text: it leaked, proves: [password]}
profiles:
  plain: {factors: [password, sms], channels: [sms]}
"""

ERRORS = {
    "key_unknown": ("vocabulary: small", "vocabulary: small\n¤factor: {}"),
    "key_missing": ("factors:\n", "factors:\n  extra: ¤{bound: true}\n"),
    "version_unknown": ("counterseal: 1", "counterseal: ¤1.0"),
    "name_invalid": ("  password:", "  ¤Password:"),
    "name_taken": ("facts: {session", "facts: {¤sms: sms, session"),
    "name_taken by a keyword": ("facts: {session", "facts: {¤since: session, session"),
    "channel_unknown": ("channel: password", "channel: ¤pasword"),
    "contact_channel": ("  fundpw: {text: another,", "  ¤fundpw: {text: another, contact: true,"),
    "factor_unknown": ("proves: [password]", "proves: [¤pasword]"),
    "fact_unknown": ("proves: [password]", "gives: [¤sesion]"),
    "channel_unknown in mutes": ("proves: [password]", "mutes: [¤push]"),
    "capability_idle": ("  leak: {text: it leaked, proves: [password]}", "  ¤leak: {text: it leaked}"),
    "choice_invalid": ("proves: [password]", "proves: [password], tell: ¤everybody"),
    "capability_unknown": ("exposed: [leak]", "exposed: [¤leek]"),
    "profile_channel": (
        "factors: [password, sms], channels: [sms]",
        "factors: [password, ¤sms], channels: [email]",
    ),
    "choice_invalid of webauthn": ("text: another,", "text: another, webauthn: ¤synced,"),
    "webauthn_alone": ("  password: {text: a password,", "  ¤password: {text: a password, webauthn: any,"),
    "webauthn_alone with a contact": ("  sms: {text: a code,", "  ¤sms: {text: a code, webauthn: device_bound,"),
    "value_type": ("facts: {session: session}", "facts: ¤[session]"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_has_its_code_and_place(name):
    """Exactly one fault each."""
    old, new = ERRORS[name]
    assert SMALL.count(old) == 1
    text, line, column = marked(SMALL.replace(old, new))
    if name.startswith("name_invalid"):
        text = text.replace(
            "Password: {text: a password, attested: true}", "Password: {text: x}\n  password: {text: x}"
        )
    with pytest.raises(PolicyFaults) as caught:
        vocabulary_from(text)
    found = [(fault.code, fault.span.line, fault.span.column) for fault in caught.value.faults]
    assert found == [(name.split()[0], line, column)]


def test_small_vocabulary_is_read_as_it_says():
    """A factor without a channel is a channel of its own."""
    words = vocabulary_from(SMALL)
    assert words.factors["password"] == FactorSpec("password", "password", attested=True)
    assert words.factors["fundpw"].channel == "password"
    assert words.factors["sms"] == FactorSpec("sms", "sms", bound=True, contact=True)
    assert words.conditions == {"exposed": frozenset({"leak"})}
    assert words.clocks == ("weakened",)
    assert words.text == SMALL


class TestShipped:
    WORDS = shipped_vocabulary()

    def test_clocks_are_those_of_the_design(self):
        """Five, in this order."""
        assert self.WORDS.clocks == ("weakened", "strengthened", "recovered", "contact_changed", "new_device")

    def test_closed_list_of_outflows(self):
        """Ten ways for value to leave."""
        assert tuple(self.WORDS.outflow_kinds) == (
            "withdraw",
            "withdraw_verified",
            "withdraw_api",
            "internal_transfer",
            "gift",
            "p2p_release",
            "card",
            "fiat_payout",
            "fiat_payout_new",
            "offmarket_trade",
        )

    def test_bound_and_attested_factors(self):
        """A message that shows amount and destination is bound; what only the platform saw is attested."""
        factors = self.WORDS.factors.values()
        assert {spec.name for spec in factors if spec.bound} == {"sms", "email", "passkey"}
        assert {spec.name for spec in factors if spec.attested} == {
            "password",
            "fundpw",
            "voice",
            "face",
            "iddoc",
            "kba",
            "support",
            "guardian",
        }
        assert {spec.name for spec in factors if spec.contact} == {"sms", "email", "guardian"}

    def test_every_factor_can_be_forged_by_something(self):
        """A factor that no capability produces would make every proof about it empty."""
        produced = {name for spec in self.WORDS.capabilities.values() for name in spec.produces}
        assert set(self.WORDS.factors) == produced

    def test_every_capability_is_one_sentence(self):
        """One full stop, at its end."""
        for spec in self.WORDS.capabilities.values():
            assert (spec.name, spec.text.count("."), spec.text[-1]) == (spec.name, 1, ".")

    def test_capabilities_of_the_issue(self):
        """Those that the issue names."""
        assert {
            "platform_web",
            "owner_deceived",
            "guardian_takeover",
            "staff_collusion",
            "passkey_cloud_takeover",
            "api_key_leak",
            "deepfake_injection",
            "forged_order",
            "hacked_gov_mailbox",
            "portal_login_theft",
            "judicial_pii",
        } <= set(self.WORDS.capabilities)
        assert self.WORDS.capabilities["disclosed_data"].tell == "sealed"

    def test_profiles_cover_three_owners_with_every_choice_of_channels(self):
        """SMS only, authenticator, passkey; each with and without push and guardian."""
        channels = {(p.name.split("_")[0], p.channels) for p in self.WORDS.profiles.values()}
        assert len(channels) == len(self.WORDS.profiles) == 12


@pytest.mark.parametrize("kind", ["any", "device_bound"])
def test_a_class_of_passkeys(kind):
    """Which keys it takes stands in the vocabulary; any other class takes none."""
    words = vocabulary_from(SMALL.replace("text: another,", f"text: another, webauthn: {kind},"))
    assert {name: spec.webauthn for name, spec in words.factors.items()} == {
        "password": "",
        "fundpw": kind,
        "sms": "",
    }
