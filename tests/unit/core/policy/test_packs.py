# SPDX-License-Identifier: Apache-2.0
"""The shipped packs: they load, say what they must, let June 2024 through (okx-2024) or not (hardened)."""

from __future__ import annotations

import json
from itertools import combinations
from math import inf

import jsonschema_rs
import msgspec
import pytest

from counterseal.core.errors import NotFoundError
from counterseal.core.policy.clocks import clock_members
from counterseal.core.policy.model import Policy
from counterseal.core.policy.schema import policy_schema
from counterseal.core.policy.source import plain
from counterseal.gateways.packs import load_pack, packs_directory, policy_from, shipped_packs, shipped_vocabulary
from counterseal.gateways.yaml_source import read_yaml
from tests.support.reach import attack, disclosures, owner, repeatable, single

HOUR = 3_600_000
DAY = 24 * HOUR

VOCABULARY = shipped_vocabulary()
PROFILES = sorted(VOCABULARY.profiles)
CAPABILITIES = sorted(VOCABULARY.capabilities)
HARDENED = load_pack("hardened")
OKX = load_pack("okx-2024")


WEAKNESSES = {
    "idp-recovery-by-email",
    "optional-otp",
    "secret-replace-without-proof",
    "federated-login-skips-otp",
    "label-bound-address-age",
}


class View(msgspec.Struct):
    """What a requirement reads."""

    proofs: frozenset[str]
    facts: frozenset[str]
    context: frozenset[str]
    since: dict[str, int]
    age: dict[str, int]
    enrolled: frozenset[str]


def run(policy: Policy, profile: str, proofs: set[str], steps: list[tuple[int, str]]) -> list[bool]:
    """Whether each (time in ms, rule) is allowed, one after another; effects of the allowed ones are kept."""
    held: dict[str, int] = {}
    clocks: dict[str, int] = {}
    answers = []
    for now, name in steps:
        rule = policy.rules[name]
        view = View(
            proofs=frozenset(proofs),
            facts=frozenset(held),
            context=frozenset(VOCABULARY.context),
            since={clock: now - at for clock, at in clocks.items()},
            age={fact: now - at for fact, at in held.items()},
            enrolled=frozenset(VOCABULARY.profiles[profile].factors),
        )
        answers.append(rule.require.test(view))
        if answers[-1]:
            held.update({fact: now for fact in rule.grants if fact in VOCABULARY.facts})
            proofs |= {factor for factor in rule.grants if factor in VOCABULARY.factors}
            clocks.update(dict.fromkeys((*rule.holds, *rule.starts), now))
    return answers


class TestLoading:
    def test_packs_are_shipped(self):
        """By name and by path; the vocabulary is no pack."""
        published = {"okx-2024", "okx-2026", "binance", "coinbase", "kraken", "kraken-gsl", "bybit"}
        assert set(shipped_packs()) == {"hardened"} | published | WEAKNESSES
        assert load_pack(packs_directory() / "hardened.yaml").digest == HARDENED.digest

    @pytest.mark.parametrize(
        "name", ["nothing", "../hardened", "vocabulary", "/nowhere/x.yaml", "", "a\0.yaml", "\ud800.yaml", "/.yaml"]
    )
    def test_missing_pack_is_not_found(self, name):
        """Neither a name nor a file."""
        with pytest.raises(NotFoundError) as caught:
            load_pack(name)
        assert caught.value.code == "policy_missing"

    def test_hardened_has_no_warnings(self):
        """The default is clean."""
        assert HARDENED.warnings == ()

    def test_okx_has_the_warnings_that_it_deserves(self):
        """Each names a hole that was used or could have been."""
        assert [(item.code, item.sentence.split("`")[1]) for item in OKX.warnings] == [
            ("silence_untold", "mute_push"),
            ("hold_missing", "verify_address"),
            ("hold_missing", "create_api_trade"),
            ("hold_missing", "create_api_withdraw"),
        ]

    def test_every_rule_of_okx_says_where_it_comes_from(self):
        """source, as_of and confidence everywhere; what is not published is assumed."""
        for rule in OKX.rules.values():
            assert (rule.name, bool(rule.source), rule.as_of, bool(rule.confidence)) == (
                rule.name,
                True,
                "2024-06-09",
                True,
            )
            assert rule.assumed or not rule.source.startswith(("not published", "no published")), rule.name
        assert "ILLUSTRATIVE" in OKX.text.splitlines()[0]

    @pytest.mark.parametrize("policy", [HARDENED, OKX], ids=lambda policy: policy.name)
    def test_every_outflow_is_ruled_or_not_offered(self, policy):
        """The closed list, without gaps."""
        ruled = {rule.kind for rule in policy.rules.values() if rule.outflow}
        assert ruled | set(policy.not_offered) == set(VOCABULARY.outflow_kinds)
        assert not ruled & set(policy.not_offered)

    @pytest.mark.parametrize("policy", [HARDENED, OKX], ids=lambda policy: policy.name)
    @pytest.mark.parametrize("vocabulary", [None, VOCABULARY], ids=["plain", "with words"])
    def test_schema_accepts_the_packs(self, policy, vocabulary):
        """The editors' schema is valid itself and agrees with the loader on what is shipped."""
        schema = policy_schema(vocabulary)
        jsonschema_rs.meta.validate(schema)
        document = plain(read_yaml(policy.text))
        document["counterseal"] = 1
        text = json.dumps(document).replace('"true"', "true")
        for condition, factor in document.get("stretch", {}).items():
            text = text.replace(f'"{condition}": "{factor}"', f'"{condition}": {factor}')
        errors = list(jsonschema_rs.Draft202012Validator(schema).iter_errors(json.loads(text)))
        assert errors == []

    def test_line_and_column_of_a_rule(self):
        """Rules know where they stand, in the text that is kept."""
        for rule in HARDENED.rules.values():
            line = HARDENED.text.splitlines()[rule.line - 1]
            assert line[rule.column - 1 :].startswith(f"{rule.name}:")

    def test_stretched_rules_wait_twice_as_long(self):
        """Delay and every wait; nothing else."""
        assert HARDENED.stretch == ("exposed", 2)
        assert HARDENED.stretched["ask_recovery"].delay == 2 * HARDENED.rules["ask_recovery"].delay == 144 * HOUR
        assert HARDENED.longest_wait == {
            "weakened": 2 * DAY,
            "contact_changed": 2 * DAY,
            "strengthened": 12 * HOUR,
            "recovered": 6 * DAY,
        }

    def test_clock_members_follow_verb_and_target(self):
        """Turning the authenticator off restarts no clock in okx-2024; replacing it does."""
        members = clock_members(OKX.rules, VOCABULARY)["weakened"]
        assert OKX.clock_members["weakened"] == members
        assert ("replace", "totp") in members
        assert ("disable", "totp") not in members
        assert ("disable", "totp") in HARDENED.clock_members["weakened"]


class TestJune2024UnderOkx:
    def test_keys_of_9_june_drain_the_same_night(self):
        """SMS and mail read: password, log-in, key, address, out, within the hour and inside the hold."""
        names = "forgot_password login_new_device create_api_withdraw add_address verify_address withdraw_api"
        steps = [(minute * 60_000, name) for minute, name in enumerate(names.split())]
        assert run(OKX, "totp_user", {"sms", "email"}, steps) == [True] * 6

    def test_hold_of_3_june_stops_withdrawal_but_not_p2p(self):
        """The new device starts 24 h; P2P release is outside."""
        steps = [
            (0, "forgot_password"),
            (1, "login_new_device"),
            (2, "reset_fundpw"),
            (3 * HOUR, "withdraw"),
            (3 * HOUR, "p2p_release"),
            (DAY + 1, "withdraw"),
        ]
        assert run(OKX, "sms_only", {"sms"}, steps) == [True, True, True, False, True, True]

    def test_face_and_mailbox_replace_every_factor(self):
        """The public report of 3 June: a synthetic face, bought data and the mailbox."""
        steps = [
            (0, "face_recovery"),
            (1, "login_new_device"),
            (2, "withdraw_verified"),
            (3, "create_api_withdraw"),
            (4, "add_address"),
            (5, "verify_address"),
            (6, "withdraw_verified"),
            (7, "withdraw_api"),
        ]
        answers = run(OKX, "totp_user", {"email", "face", "kba", "iddoc"}, steps)
        assert answers == [True, True, False, True, True, True, False, True]

    def test_mail_and_letter_disclose(self):
        """The rule of 2023 falls to one officer who abuses mailbox and letterhead, and to two forgeries."""
        both = {"disclose_emergency", "disclose_identity"}
        assert disclosures(OKX, ["authority_insider"]) == both
        assert disclosures(OKX, ["hacked_gov_mailbox", "forged_order"]) == both
        extra = OKX.rules["disclose_identity"].discloses
        reached = attack(OKX, VOCABULARY.profiles["totp_user"], ["face_deepfake"], extra=extra)
        assert reached.window["withdraw_api"] == 0


class TestHardened:
    @pytest.mark.parametrize("profile", PROFILES)
    def test_two_capabilities_leave_a_day_and_are_never_silent(self, profile):
        """Every set of up to two of all capabilities; the capped trade is excepted."""
        for count in (0, 1, 2):
            for chosen in combinations(CAPABILITIES, count):
                reached = attack(HARDENED, VOCABULARY.profiles[profile], chosen)
                short = {n: w for n, w in reached.window.items() if w < DAY and n != "offmarket_trade"}
                assert (chosen, reached.silent, short) == (chosen, frozenset(), {})

    @pytest.mark.parametrize(
        ("old", "new", "capabilities", "outflow"),
        [
            (
                "email and (strong or (top and face))",
                "email and top",
                "device_malware email_takeover",
                "withdraw_small",
            ),
            (
                "strong and email and aged and settled\n    limit: 50",
                "email\n    limit: 50",
                "sim_swap email_takeover",
                "internal_transfer",
            ),
            ("face and iddoc and (email or sms)", "email", "sim_swap email_takeover", "withdraw"),
        ],
    )
    def test_weaker_text_is_found_to_be_silent(self, old, new, capabilities, outflow):
        """The bound is not blind: each of these edits opens the pack, and it says so."""
        assert old in HARDENED.text
        text = HARDENED.text.replace(old, new).replace("require: known and email\n", "require: email\n")
        text = text.replace("recovery and face and iddoc", "recovery and email")
        reached = attack(policy_from(text), VOCABULARY.profiles["sms_only"], capabilities.split())
        assert outflow in reached.silent

    @pytest.mark.parametrize("profile", PROFILES)
    def test_no_single_capability_drains(self, profile):
        """Except by talking the owner into one release or one trade."""
        found = {name: single(HARDENED, VOCABULARY.profiles[profile], name) for name in CAPABILITIES}
        assert {name: set(flows) for name, flows in found.items() if flows} == {
            "owner_deceived": {"p2p_release", "offmarket_trade"}
        }

    @pytest.mark.parametrize("profile", PROFILES)
    def test_no_single_capability_can_keep_the_owner_waiting(self, profile):
        """It can repeat nothing that restarts a clock or takes away an aged object."""
        for name in CAPABILITIES:
            rules = [HARDENED.rules[rule] for rule in repeatable(HARDENED, VOCABULARY.profiles[profile], name)]
            taken = {fact for rule in rules for fact in rule.revokes} - {"session"}
            clocks = {clock for rule in rules for clock in (*rule.holds, *rule.starts)}
            assert (name, taken, clocks & set(HARDENED.longest_wait)) == (name, set(), set())

    @pytest.mark.parametrize("profile", PROFILES)
    def test_owner_is_not_locked_out_by_one_lost_factor(self, profile):
        """A session within seven days."""
        for lost in VOCABULARY.profiles[profile].factors:
            assert (lost, owner(HARDENED, VOCABULARY.profiles[profile], [lost])["session"] <= 7 * DAY) == (
                lost,
                True,
            )

    @pytest.mark.parametrize("profile", PROFILES)
    def test_every_outflow_is_open_to_the_owner(self, profile):
        """With SMS only after a stronger factor was added, except for small withdrawals."""
        have = owner(HARDENED, VOCABULARY.profiles[profile])
        outflows = {name: at for name, at in have.items() if name.startswith("outflow:")}
        assert outflows
        assert max(outflows.values()) < inf

    def test_sms_alone_opens_only_small_withdrawals(self):
        """Everything in hand but a stronger factor."""
        profile = VOCABULARY.profiles["sms_only"]
        view = View(
            proofs=frozenset(profile.factors),
            facts=frozenset(VOCABULARY.facts),
            context=frozenset(VOCABULARY.context),
            since={},
            age=dict.fromkeys(VOCABULARY.facts, 90 * DAY),
            enrolled=frozenset(profile.factors),
        )
        outflows = {rule.name for rule in HARDENED.rules.values() if rule.outflow and rule.require.test(view)}
        # An API key could only have been made with a stronger factor.
        assert outflows == {"withdraw_small", "withdraw_api"}
        assert HARDENED.rules["create_api_withdraw"].require.test(view) is False

    def test_disclosure_needs_two_independent_forgeries(self):
        """No single capability; some pairs, since evidence can be forged."""
        assert [name for name in CAPABILITIES if disclosures(HARDENED, [name])] == []
        both = {"disclose_emergency", "disclose_identity"}
        assert disclosures(HARDENED, ["line_diversion", "stolen_agency_key"]) == both
        assert disclosures(HARDENED, ["line_diversion", "forged_order"]) == frozenset()
        assert disclosures(HARDENED, ["staff_collusion"]) == frozenset()
        assert disclosures(HARDENED, ["hacked_gov_mailbox", "forged_order"]) == frozenset()

    def test_june_2024_is_stopped_at_the_first_step(self):
        """With SMS and mail of an owner who has an authenticator: no password, no entry."""
        names = "forgot_password login_new_device create_api_withdraw add_address withdraw_api p2p_release"
        steps = [(minute * 60_000, name) for minute, name in enumerate(names.split())]
        assert run(HARDENED, "totp_user", {"sms", "email"}, steps) == [False] * 6

    def test_nothing_that_was_disclosed_counts(self):
        """No rule of an account asks for answers to questions; a face alone opens nothing."""
        for rule in HARDENED.rules.values():
            assert "kba" not in rule.require.factors
            view = View(frozenset({"face"}), frozenset(), frozenset(), {}, {}, frozenset({"face", "sms"}))
            assert rule.require.test(view) is False

    def test_mail_never_lets_anybody_in(self):
        """No alternative of an entry or an outflow rests on e-mail alone."""
        for profile in PROFILES:
            reached = attack(HARDENED, VOCABULARY.profiles[profile], ["email_takeover"])
            assert dict(reached.window) == {}
