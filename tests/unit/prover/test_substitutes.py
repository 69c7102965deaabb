# SPDX-License-Identifier: Apache-2.0
"""Where a weaker factor serves in the place of a stronger one: tiny rules by hand, and the shipped packs."""

from __future__ import annotations

import pytest

from counterseal.core.policy.model import Profile
from counterseal.core.policy.properties import NotSubstitutes
from counterseal.gateways.packs import load_pack, policy_from, shipped_vocabulary
from counterseal.prover.substitutes import Substitution, above, substitutes
from tests.support.duel import duel

PERSON = Profile("person", ("password", "sms", "voice", "email", "totp"), ("sms", "email"))
GET = "get: {require: passkey, grants: [session, address]}\n"
PROFILES = tuple(shipped_vocabulary().profiles.values())


def texts(require: str, *, verb: str = "use", effect: str = "grants: key", profile: Profile = PERSON) -> list[str]:
    """What SMS does instead of the authenticator in one rule."""
    policy = duel(
        GET + f"rule: {{verb: {verb}, require: '{require}', {effect}, notify: push}}",
        "withdraw: {require: passkey}",
    )
    return [each.text for each in substitutes(policy, profile, "sms", "totp")]


class TestInItsPlace:
    @pytest.mark.parametrize(
        ("require", "found"),
        [
            ("totp or sms", ["sms"]),
            ("password and (totp or sms)", ["password and sms"]),
            ("password and (totp or (sms and email))", ["password and sms and email"]),
            ("2 of (totp, sms, email)", ["sms and email"]),
            ("strongest(totp, sms)", []),
            ("strongest(sms, totp)", []),
            ("totp", []),
            ("sms", []),
            ("sms and totp", []),
            ("(password and totp) or (email and sms)", []),
            ("password and (totp or voice)", []),
        ],
    )
    def test_proofs(self, require, found):
        assert texts(require) == found

    @pytest.mark.parametrize(
        ("require", "found"),
        [
            ("(totp and since(weakened) >= 24h) or sms", []),
            (
                "(totp and since(weakened) >= 24h) or (sms and since(weakened) >= 48h)",
                ["sms and since(weakened) >= 2d"],
            ),
            ("(totp and since(weakened) >= 24h) or (sms and since(entered) >= 48h)", []),
            (
                "(totp and session) or (sms and session and context:ip_listed)",
                ["session and sms and context:ip_listed"],
            ),
            ("(totp and context:ip_listed) or sms", []),
            (
                "(totp and address) or (sms and address and age(address) >= 24h)",
                ["address and sms and age(address) >= 1d"],
            ),
            ("address and ((totp and age(address) >= 36h) or (sms and age(address) >= 24h))", []),
        ],
    )
    def test_waits_and_facts(self, require, found):
        assert texts(require) == found

    def test_only_what_the_owner_can_meet(self):
        """He has no passkey, so nothing has to be proved with it, and nothing can be."""
        assert texts("totp or (passkey and sms)") == []
        assert texts("totp or strongest(passkey, sms)") == ["sms"]
        assert texts("totp or strongest(totp, sms)") == []

    def test_who_has_no_stronger_factor(self):
        assert texts("totp or sms", profile=Profile("p", ("sms", "password"), ())) == []

    def test_what_ranks_above_is_stronger_too(self):
        keyed = Profile("keyed", (*PERSON.factors, "passkey"), ())
        policy = duel(
            "rank: {require: 'strongest(passkey, totp, sms)', grants: session}\n"
            "rule: {require: passkey or sms, grants: key, notify: push}\n"
            "both: {require: totp or (passkey and sms), grants: ticket, notify: push}",
            "withdraw: {require: passkey}",
        )
        assert above(policy, "totp") == {"passkey"}
        assert [each.rule for each in substitutes(policy, keyed, "sms", "totp")] == ["rule"]


class TestTakenOff:
    @pytest.mark.parametrize(
        ("verb", "effect", "found"),
        [
            ("disable", "removes: totp", True),
            ("replace", "grants: totp", True),
            ("recover", "grants: [totp, password]", True),
            ("bind", "grants: totp", False),
            ("replace", "grants: password", False),
            ("disable", "removes: voice", False),
        ],
    )
    def test_by_the_weaker_factor(self, verb, effect, found):
        assert texts("password and sms", verb=verb, effect=effect) == (["password and sms"] if found else [])

    def test_by_others(self):
        assert texts("password and email", verb="disable", effect="removes: totp") == []
        assert texts("totp and sms", verb="disable", effect="removes: totp") == []


class TestWhichRules:
    def test_rules_that_only_end_things(self):
        assert texts("totp or sms", verb="revoke", effect="revokes: session") == []

    def test_judicial_requests(self):
        policy = duel(
            "give: {verb: disclose, subject: request, require: totp or sms, discloses: kba}",
            "withdraw: {require: passkey}",
        )
        assert substitutes(policy, PERSON, "sms", "totp") == ()

    def test_confirmations_and_outflows(self):
        policy = duel(
            GET + "rule: {require: totp or sms, confirms: [session], notify: push}",
            "withdraw: {require: 'session and (totp or sms)'}",
        )
        found = substitutes(policy, PERSON, "sms", "totp")
        assert found[0] == Substitution("rule", policy.rules["rule"].line, "sms")
        assert [(each.rule, each.text) for each in found] == [("rule", "sms"), ("withdraw", "session and sms")]


class TestShipped:
    @pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
    def test_hardened_keeps_its_promise(self, profile):
        hardened = load_pack("hardened")
        (promised,) = [prop for prop in hardened.properties if isinstance(prop.assert_form, NotSubstitutes)]
        form = promised.assert_form
        assert isinstance(form, NotSubstitutes)
        assert substitutes(hardened, profile, form.weaker, form.stronger) == ()

    def test_the_confirmation_that_broke_it(self):
        """An earlier draft let SMS stand by an authenticator that was in doubt."""
        text = load_pack("hardened").text
        kept = "    require: session and face and iddoc and top\n"
        assert text.count(kept) == 1
        draft = policy_from(text.replace(kept, kept.replace("top", "(strong or sms)")))
        for name in ("totp_user", "passkey_user"):
            found = substitutes(draft, shipped_vocabulary().profiles[name], "sms", "totp")
            assert [(each.rule, each.text) for each in found] == [
                ("confirm_factors", "session and face and iddoc and sms")
            ]

    def test_okx_2024_takes_sms_everywhere(self):
        """The user may switch to the weaker factor, and turn the stronger one off with it."""
        found = substitutes(load_pack("okx-2024"), shipped_vocabulary().profiles["totp_user"], "sms", "totp")
        rules = {each.rule for each in found}
        assert {"login", "login_new_device", "disable_totp", "replace_totp", "withdraw"} <= rules
        assert "offmarket_trade" not in rules
