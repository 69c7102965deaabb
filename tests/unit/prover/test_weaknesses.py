# SPDX-License-Identifier: Apache-2.0
"""Each weakness seen in the field: the way through it, action by action; `hardened` is closed to it."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import pytest
from msgspec import Struct
from msgspec.structs import replace

from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack, shipped_vocabulary
from counterseal.prover.exact import search
from counterseal.prover.findings import Attack, start_of
from counterseal.prover.game import compile_game

HOUR = 3_600_000
DAY = 24 * HOUR
VOCABULARY = shipped_vocabulary()
HARDENED = load_pack("hardened")
STATED = {"offmarket_trade"}
"""Outflows that `hardened` excepts from its day to react: a trade of at most 500."""

OUT = ("add_address", "verify_address", "withdraw_verified")


class Case(Struct, frozen=True):
    """`window` in hours, None = silent; `path`: the actions of the shortest way, in order."""

    pack: str
    profile: str
    capabilities: str
    window: int | None
    path: tuple[str, ...]

    @property
    def held(self) -> frozenset[str]:
        """The attacker's capabilities."""
        return frozenset(self.capabilities.split())


CASES = (
    # The mailbox binds an authenticator; what `hardened` asks for besides (a day of age) is all that is left.
    Case("idp-recovery-by-email", "totp_user", "email_takeover", 24, ("forgot_password", "login_new_device", *OUT)),
    Case(
        "idp-recovery-by-email",
        "totp_user",
        "email_takeover sim_swap",
        None,
        ("forgot_password", "login_new_device", *OUT),
    ),
    # An owner without an authenticator is asked for the password, and again for the password.
    Case("optional-otp", "sms_only", "pw_leak email_takeover", 24, ("login_new_device", *OUT)),
    Case("optional-otp", "sms_only", "pw_leak email_takeover sim_swap", None, ("login_new_device", *OUT)),
    # The session of the malware stores a new secret; push and SMS are muted by it, mail by the mailbox.
    Case(
        "secret-replace-without-proof", "totp_user", "device_malware email_takeover", None, ("replace_totp", *OUT)
    ),
    Case(
        "secret-replace-without-proof",
        "totp_user_push",
        "device_malware email_takeover",
        None,
        ("replace_totp", *OUT),
    ),
    Case(
        "secret-replace-without-proof",
        "totp_user_guardian",
        "device_malware email_takeover",
        24,
        ("replace_totp", *OUT),
    ),
    # Not even a passkey helps its owner: the other provider's word is taken for it.
    Case("federated-login-skips-otp", "passkey_user", "email_takeover", 24, ("login_new_device", *OUT)),
    Case("federated-login-skips-otp", "passkey_user", "email_takeover sim_swap", None, ("login_new_device", *OUT)),
    # The new address is as old as its label: six hours (a factor was added) or nothing stand in the way.
    Case("label-bound-address-age", "totp_user", "platform_web email_takeover", 6, ("bind_passkey", *OUT)),
    Case("label-bound-address-age", "totp_user_guardian", "device_malware totp_seed email_takeover", 0, OUT),
)


def search_in(policy: Policy, profile: str, held: frozenset[str]) -> dict[str, Attack]:
    return search(compile_game(policy, start_of(VOCABULARY.profiles[profile])), held)


@cache
def attacks(pack: str, profile: str, held: frozenset[str], goal: str | None = None) -> dict[str, Attack]:
    game = compile_game(load_pack(pack), start_of(VOCABULARY.profiles[profile]))
    goals = game.goals if goal is None else (goal,)
    # One goal at a time: what the goal does not need is cut off first, which is far faster than all at once.
    return {name: attack for each in goals for name, attack in search(game, held, [each]).items()}


def only(policy: Policy, names: tuple[str, ...]) -> Policy:
    """The policy with these rules and no others."""
    return replace(policy, rules={name: rule for name, rule in policy.rules.items() if name in names})


def hours(attack: Attack) -> float | None:
    return None if attack.window is None else attack.window / HOUR


def label(case: Case) -> str:
    return f"{case.pack}-{case.profile}-{case.capabilities.replace(' ', '+')}"


@pytest.mark.parametrize("case", CASES, ids=label)
class TestWeakness:
    def test_value_leaves_with_this_window(self, case: Case) -> None:
        """By verified address, as soon as the weakness allows."""
        found = attacks(case.pack, case.profile, case.held, case.path[-1])
        assert hours(found[case.path[-1]]) == case.window

    def test_these_actions_in_this_order_are_a_way(self, case: Case) -> None:
        """With no other rule in the policy the same window is reached, and by exactly this path."""
        policy = only(load_pack(case.pack), case.path)
        found = search_in(policy, case.profile, case.held)[case.path[-1]]
        assert tuple(step.action for step in found.path) == case.path
        assert hours(found) == case.window

    def test_each_of_them_is_needed(self, case: Case) -> None:
        """Without any one of them the others lead nowhere."""
        for name in case.path:
            left = tuple(other for other in case.path if other != name)
            found = search_in(only(load_pack(case.pack), left), case.profile, case.held)
            assert (name, case.path[-1] in found) == (name, False)

    def test_the_path_goes_over_the_weak_line(self, case: Case) -> None:
        """With the rules of `hardened` the same actions do not lead there, or a day later at the earliest."""
        found = search_in(only(HARDENED, case.path), case.profile, case.held)
        window = found[case.path[-1]].window if case.path[-1] in found else DAY
        assert window is not None
        assert window >= DAY

    def test_hardened_closes_it(self, case: Case) -> None:
        """Never, or a day after the owner was told; nothing silent."""
        for name, attack in attacks("hardened", case.profile, case.held).items():
            assert attack.window is not None, name
            assert attack.window >= DAY or name in STATED, name

    def test_fewer_capabilities_do_not_get_as_far(self, case: Case) -> None:
        """The set is minimal for this window: each subset has a longer one, or none."""
        for count in range(len(case.held)):
            for held in combinations(sorted(case.held), count):
                found = attacks(case.pack, case.profile, frozenset(held), case.path[-1])
                window = hours(found[case.path[-1]]) if case.path[-1] in found else DAY
                assert window is not None
                assert case.window is None or window > case.window


def test_every_weakness_has_a_case_that_hardened_refuses_outright() -> None:
    """For all but the age of addresses, where `hardened` gives the day that the weakness takes away."""
    never = {case.pack for case in CASES if not attacks("hardened", case.profile, case.held)}
    assert {case.pack for case in CASES} - never == {"label-bound-address-age"}
