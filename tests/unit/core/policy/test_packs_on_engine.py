# SPDX-License-Identifier: Apache-2.0
"""The default pack on the real engine: an owner of each profile can do what the pack is for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterseal.core import inputs as i
from counterseal.core.account import (
    Contact,
    Enrol,
    FactState,
    Grant,
    Instance,
    Lock,
    Object,
    Payment,
    Request,
    State,
    UsedProof,
)
from counterseal.core.engine.step import advance
from counterseal.gateways.packs import load_pack, shipped_vocabulary

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_800_000_000_000

POLICY = load_pack("hardened")
VOCABULARY = shipped_vocabulary()
OBJECTS = {kind: f"{kind}-1" for kind in VOCABULARY.facts.values()} | {"factor": "password"}
NEW_CONTACTS = {"sms": "+85290000000", "email": "new@example.test", "guardian": "friend@example.test"}


class Owner:
    """An account with the factors of one profile and one known device; every notice is accepted at once."""

    def __init__(self, profile: str) -> None:
        self.profile = VOCABULARY.profiles[profile]
        self.now = START
        self.count = 0
        long_ago = Grant(START - 300 * DAY, "import", imported=True)
        instances, contacts = [], []
        for factor in self.profile.factors:
            contact = f"{factor}-contact" if VOCABULARY.factors[factor].contact else None
            instances.append(Instance(factor, factor, long_ago, contact=contact, started=START - 300 * DAY))
            if contact:
                contacts.append(Contact(contact, factor, f"{factor}@old", START - 300 * DAY, factor))
        if "push" in self.profile.channels:
            contacts.append(Contact("push", "push", "device-token", START - 300 * DAY))
        device = Object("device", "device-1", {"device": FactState(long_ago, started=START - 300 * DAY)})
        given = i.Register("owner", tuple(contacts), tuple(instances), (device,))
        self.state: State | None = None
        self.feed(given)

    def feed(self, given: i.Input) -> None:
        self.state, _ = advance(POLICY, self.state, given, self.now)
        assert self.state is not None
        for notice in list(self.state.notices.values()):
            for contact in set(notice.contacts) - set(notice.accepted):
                told = i.NoticeAccepted(self.name(), notice.id, contact, self.now)
                self.state, _ = advance(POLICY, self.state, told, self.now)

    def name(self) -> str:
        self.count += 1
        return f"input-{self.count}"

    def do(self, rule: str, *, without: frozenset[str] = frozenset()) -> str:
        """Ask, prove with everything there is, wait where the pack says so; the status at the end."""
        assert self.state is not None
        spec = POLICY.rules[rule]
        identity = self.name()
        enrol = tuple(
            Enrol(factor, f"{factor}-{identity}", NEW_CONTACTS.get(factor))
            for factor in spec.grants
            if factor in VOCABULARY.factors
        )
        objects = {kind: name for kind, name in OBJECTS.items() if kind != "factor" or spec.verb != "disable"}
        payment = Payment("USDT", Decimal(100), "tron", "T1", value=Decimal(100), priced_at=self.now)
        request = Request(
            rule,
            objects,
            enrol,
            payment if spec.outflow else None,
            frozenset(VOCABULARY.context),
            Lock("withdraw", limit=Decimal(1000)) if spec.locks == "tighten" else Lock("withdraw"),
        )
        if spec.locks is None:
            request = Request(rule, objects, enrol, request.payment, request.context)
        self.feed(i.Ask(identity, request, seal=f"seal-{identity}"))
        for instance in list(self.state.enrolled.values()):
            usable = instance.removed_at is None and instance.factor in spec.require.factors - without
            if usable and self.state.actions[identity].status == "open":
                token = f"{identity}.{instance.id}"
                proof = UsedProof(instance.factor, instance.id, self.now, token)
                self.feed(i.Prove(self.name(), identity, proof, seal=f"seal-{identity}"))
        if self.state.actions[identity].status == "pending":
            self.now = self.state.actions[identity].due or self.now + 7 * DAY
            self.feed(i.Due(self.name(), identity))
        if self.state.actions[identity].status == "ready":
            self.feed(i.Decide(self.name(), identity, seal=f"seal-{identity}"))
        return self.state.actions[identity].status

    def settle(self) -> None:
        """Log in, and let every hold run out."""
        self.now += 4 * DAY
        assert self.do("login") == "done"


STRONG = [name for name in sorted(VOCABULARY.profiles) if not name.startswith("sms_only")]
OUTFLOWS = [rule.name for rule in POLICY.rules.values() if rule.outflow]


@pytest.mark.parametrize("profile", sorted(VOCABULARY.profiles))
def test_small_withdrawal_is_open_to_everybody(profile):
    """Log in, add an address, come back a day later."""
    owner = Owner(profile)
    assert owner.do("login") == "done"
    assert owner.do("add_address") == "done"
    assert owner.do("withdraw_small") == "open"
    owner.now += DAY
    assert owner.do("login") == "done"
    assert owner.do("withdraw_small") == "sealed"


@pytest.mark.parametrize("profile", STRONG)
def test_every_outflow_is_open_to_an_owner_with_a_strong_factor(profile):
    """Everything that the pack offers ends in a seal."""
    owner = Owner(profile)
    assert [owner.do(name) for name in ("login", "add_address", "add_payout")] == ["done"] * 3
    owner.settle()
    names = ("verify_address", "create_api_withdraw", "create_api_trade")
    assert [owner.do(name) for name in names] == ["done"] * 3
    owner.settle()
    for name in OUTFLOWS:
        assert owner.do("login") == "done"
        assert (name, owner.do(name)) == (name, "sealed")


def test_sms_only_becomes_strong_by_adding_an_authenticator():
    """With a face check and six hours."""
    owner = Owner("sms_only")
    assert [owner.do(name) for name in ("login", "add_address", "bind_totp")] == ["done"] * 3
    assert owner.do("withdraw") == "open"
    owner.now += DAY
    assert owner.do("login") == "done"
    assert owner.do("withdraw") == "sealed"


@pytest.mark.parametrize("profile", sorted(VOCABULARY.profiles))
def test_owner_who_lost_one_factor_is_back_within_a_week(profile):
    """By the usual way, by recovery codes, or by recovery."""
    for lost in VOCABULARY.profiles[profile].factors:
        owner = Owner(profile)
        gone = frozenset({lost})
        for name in ("login", "forgot_password", "login", "use_recovery_code", "ask_recovery", "finish_recovery"):
            if owner.do(name, without=gone) == "done":
                if name == "login":
                    break
                if set(POLICY.rules[name].grants) & gone or lost in POLICY.rules[name].removes:
                    gone = frozenset()
                    if owner.do("login") == "done":
                        break
        else:
            owner.now += 2 * DAY  # `strongest` forgets a removed factor when its hold is over
            assert (lost, owner.do("login")) == (lost, "done")
        assert owner.now - START <= 7 * DAY


def test_freeze_is_lifted_by_a_strong_proof_after_a_day():
    """And not before."""
    owner = Owner("totp_user")
    owner.feed(i.FreezeNow("stop", i.Freeze("stop", "owner", owner.now, None, "owner")))
    before = owner.now
    assert owner.do("unfreeze") == "done"
    assert owner.now - before == DAY
    assert owner.state is not None
    assert not owner.state.freezes


def test_every_action_of_the_pack_can_be_carried_out():
    """Nothing in the default is dead text: each action ends in `done` for an owner with everything."""
    for rule in POLICY.rules.values():
        if rule.outflow or rule.subject != "account":
            continue
        owner = Owner("passkey_user_push_guardian")
        assert [owner.do(name) for name in ("login", "add_address", "add_payout")] == ["done"] * 3
        owner.settle()
        for name in ("verify_address", "create_api_withdraw", "create_api_trade"):
            assert owner.do(name) == "done"
        prepare = {
            "bind_totp": "disable_totp",
            "bind_phone": "disable_phone",
            "finish_recovery": "ask_recovery",
            "make_recovery_codes": None,
        }
        if rule.name in prepare:
            before = prepare[rule.name]
            if before is None:
                continue  # the profile has codes already; `replace_recovery_codes` is the action
            assert owner.do(before) == "done"
        assert (rule.name, owner.do(rule.name)) == (rule.name, "done")
