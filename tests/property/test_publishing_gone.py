# SPDX-License-Identifier: Apache-2.0
"""A switch to any other policy, rules and all: no timer is lost, no input breaks, and the owner hears of what ends.

The semantics (docs/engine.md, "An action whose rule is gone"): it cannot take effect. It is denied whenever it is
looked at, ends as refused when its delay is over, and every channel of the account is told. Until then nothing is
brought forward: a roll back before its end finds it as it was.
"""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.decision import Outcome
from counterseal.core.effects import ClearTimer, SendNotice, SetTimer
from counterseal.core.engine import Step, advance
from counterseal.core.errors import ConflictError, CountersealError, ForbiddenError, InputError, NotFoundError
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack, policy_from, shipped_packs, vocabulary_from
from counterseal.publishing.carried import clocks_to_carry, with_carried
from tests.support.lab import DAY, HOUR, Lab
from tests.support.moves import Moves
from tests.support.publishing import one_profile, without_guardian
from tests.support.random_policies import policies, register_for

PACKS = {name: load_pack(name) for name in shipped_packs()}
OKX = PACKS["okx-2024"]
WRONG = (InputError, ConflictError, NotFoundError, ForbiddenError)
LIVE = {"pending", "disputed"}
ENOUGH = 400  # timers in a row: each one ends its action or moves to a later moment


class Clocked(Lab):
    """An account with its timers, as the store keeps them."""

    def __init__(self, policy: Policy) -> None:
        self.timers: dict[str, tuple[str, int]] = {}
        self.told: list[SendNotice] = []
        super().__init__(policy, register_for(policy))

    def do(self, given: i.Input) -> None:  # type: ignore[override]
        """One input; what it says of timers is kept."""
        self.state, self.last = advance(self.policy, self.state, given, self.now)
        self.keep(self.last, fired=None)

    def keep(self, step: Step, fired: str | None) -> None:
        """The store's rule: the timer that fired goes, then those of the step are cleared and set."""
        if fired is not None:
            del self.timers[fired]
        for effect in step.effects:
            if isinstance(effect, ClearTimer):
                self.timers.pop(effect.id, None)
            elif isinstance(effect, SetTimer):
                self.timers[effect.id] = (effect.action, effect.due)
            elif isinstance(effect, SendNotice):
                self.told.append(effect)

    def fire(self, *, trusted: bool = True) -> None:
        """The next timer, at its moment. Nothing that it meets is an error, but an action that is over."""
        timer, (action, due) = min(self.timers.items(), key=lambda item: item[1][1])
        self.now = max(self.now, due)
        given = i.Due(self.name("due"), action, trusted)
        try:
            self.state, self.last = advance(self.policy, self.state, given, self.now)
        except CountersealError as error:
            assert error.code in {"action_over", "unknown_action_id"}, error.code  # noqa: PT017 - the only ones
            del self.timers[timer]
            return
        self.keep(self.last, timer)

    def play(self, chance: Random, steps: int) -> None:
        """Random inputs; those that can never be right change nothing."""
        moves = Moves(self, chance)
        for _ in range(steps):
            moves.pause()
            try:
                self.do(moves.next())
            except WRONG as error:
                assert error.code != "unknown_action", "an input breaks on a rule that is gone"  # noqa: PT017


def without(policy: Policy, gone: set[str]) -> Policy:
    """The policy less these rules, under a digest of its own."""
    kept = {name: rule for name, rule in policy.rules.items() if name not in gone}
    slow = {name: rule for name, rule in policy.stretched.items() if name not in gone}
    return replace(policy, rules=kept, stretched=slow, digest=f"{policy.digest}-{'-'.join(sorted(gone))}")


def check_timers(lab: Clocked) -> None:
    """Whoever waits for a moment has a timer at or before it."""
    for action in lab.state.actions.values():
        if action.status == "pending" and action.due is not None:
            assert f"{action.id}.due" in lab.timers, f"{action.id} waits and nobody will look"


def run(old: Policy, new: Policy, seed: int, waits: str = "") -> None:
    """Play under the old one (`waits`: a rule of which one action shall wait), switch, play on, fire all timers."""
    lab, chance = Clocked(old), Random(seed)
    if waits:
        waiting(lab, waits)
    lab.play(chance, 40)
    dues = {name: action.due for name, action in lab.state.actions.items() if action.status in LIVE}
    lab.policy = with_carried(new, clocks_to_carry(old, new))
    check_timers(lab)
    lab.play(chance, 15)
    check_timers(lab)
    for name, due in dues.items():
        action = lab.state.actions.get(name)
        if action is None:  # over, and long ago
            continue
        assert action.status not in {"done", "ready"} or due is None or lab.now >= due, "a delay was cut short"
    for _ in range(ENOUGH):
        if not lab.timers or lab.now > lab.state.registered + 10_000 * DAY:
            break
        lab.fire(trusted=chance.random() < 0.9)
        check_timers(lab)
    for action in lab.state.actions.values():
        if action.request.rule not in new.rules:
            assert action.status != "pending" or action.due is None, "what cannot take effect has ended"


SEEDS = st.integers(0, 2**32)
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a run has nothing to shrink


@settings(max_examples=25, deadline=None, phases=PHASES, suppress_health_check=SLOW)
@given(
    old=policies(), new=policies(), gone=st.sets(st.sampled_from(("bind", "change", "recover", "pay"))), seed=SEEDS
)
def test_a_switch_between_random_policies_loses_no_timer(
    old: Policy, new: Policy, gone: set[str], seed: int
) -> None:
    """Rules leave, rules change, at any moment."""
    run(old, without(new, gone), seed)


@settings(max_examples=15, deadline=None, phases=PHASES, suppress_health_check=SLOW)
@given(old=st.sampled_from([*PACKS.values()]), new=st.sampled_from([*PACKS.values()]), seed=SEEDS)
def test_a_switch_between_shipped_packs_loses_no_timer(old: Policy, new: Policy, seed: int) -> None:
    """The packs have different rules."""
    run(old, new, seed)


@settings(max_examples=15, deadline=None, phases=PHASES, suppress_health_check=SLOW)
@given(old=st.sampled_from([*PACKS.values()]), data=st.data(), seed=SEEDS)
def test_a_pack_that_loses_rules_loses_no_timer(old: Policy, data: st.DataObject, seed: int) -> None:
    """Any set of rules leaves."""
    gone = data.draw(st.sets(st.sampled_from(sorted(old.rules)), min_size=1))
    slow = sorted(name for name in gone if old.rules[name].delay and old.rules[name].subject == "account")
    run(old, without(old, gone), seed, data.draw(st.sampled_from(slow)) if slow else "")


@settings(max_examples=10, deadline=None, phases=PHASES, suppress_health_check=SLOW)
@given(seed=SEEDS)
def test_words_that_a_vocabulary_lost_break_nothing(seed: int, fewer: Policy) -> None:
    """Factors, channels, clocks, capabilities that accounts have and the new vocabulary does not know."""
    run(OKX, fewer, seed)


@pytest.fixture(scope="module")
def fewer(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The pack under a vocabulary without guardians, a clock, and a capability that is suspected at times."""
    words = without_guardian(one_profile(tmp_path_factory.mktemp("words")).read_text("utf-8"))
    words = re.sub(r"  (contact_changed): .*\n", "", words)
    words = re.sub(r"  (totp_seed|code_theft):\n(    .*\n)+", "", words)
    policy = policy_from(OKX.text, vocabulary_from(words))
    assert not {"totp_seed", "guardian_takeover"} & policy.vocabulary.capabilities.keys()
    return policy


def pending() -> tuple[Clocked, str]:
    """An account under the hardened pack with a recovery that waits, told and due in three days."""
    lab = Clocked(PACKS["hardened"])
    rule = next(name for name, one in lab.policy.rules.items() if one.delay >= DAY and not one.outflow)
    action = waiting(lab, rule)
    assert lab.status(action) == "pending"
    return lab, action


def waiting(lab: Clocked, rule: str) -> str:
    """Ask for a delayed rule and prove what it wants."""
    moves = Moves(lab, Random(7))
    for _ in range(4000):
        given = moves.ask()
        assert isinstance(given, i.Ask)
        if given.request.rule != rule:
            continue
        try:
            lab.do(given)
        except WRONG:
            continue
        decision = lab.decision(given.id)
        for factor in decision.alternatives[0] if decision.alternatives else ():
            lab.do(i.Prove(lab.name("in"), given.id, _proof(lab, factor)))
        if lab.status(given.id) == "pending":
            return given.id
    raise AssertionError(f"`{rule}` cannot be asked for")


def _proof(lab: Clocked, factor: str) -> i.UsedProof:
    instance = next(item.id for item in lab.state.enrolled.values() if item.factor == factor)
    return i.UsedProof(factor, instance, lab.now, lab.name("token"))


def test_what_waits_for_a_rule_that_is_gone_ends_when_due_and_the_owner_is_told() -> None:
    """Denied before its end, without any change; refused at its end, on every channel, once."""
    lab, action = pending()
    lab.accept(action, contact=next(iter(lab.state.contacts)))
    due = lab.action(action).due
    assert due is not None
    rule = lab.action(action).request.rule
    lab.policy = without(lab.policy, {rule})
    early = lab.state
    decision = advance(lab.policy, lab.state, i.Decide("look", action), lab.now)[1].decision
    assert decision is not None
    assert (decision.outcome, decision.reasons[0].code) == (Outcome.DENY, "unknown_action")
    lab.do(i.Decide("look", action))
    assert (lab.status(action), lab.action(action).due) == ("pending", due)
    assert lab.timers[f"{action}.due"] == (action, due)
    lab.told.clear()
    lab.fire(trusted=False)
    assert lab.status(action) == "pending", "a clock that jumped ends nothing"
    lab.fire()
    assert lab.status(action) == "refused"
    assert {one.contact for one in lab.told} == set(early.contacts)
    assert {one.template for one in lab.told} == {f"{rule}.lapsed"}
    assert f"{action}.due" not in lab.timers
    with pytest.raises(ConflictError):
        lab.do(i.Due("again", action))


def test_a_roll_back_before_the_end_finds_the_action_as_it_was() -> None:
    """The rule is back when the delay is over: it takes effect then, not later and not sooner."""
    lab, action = pending()
    lab.accept(action, contact=next(iter(lab.state.contacts)))
    whole, due = lab.policy, lab.action(action).due
    lab.policy = without(whole, {lab.action(action).request.rule})
    lab.wait(HOUR)
    lab.do(i.Decide("look", action))
    lab.policy = whole
    lab.fire()
    assert lab.now == due
    assert lab.status(action) == "done", lab.decision(action)


def test_an_attempt_under_a_rule_that_is_gone_is_still_told() -> None:
    """Somebody got a proof right and went away; meanwhile the rule left: the owner hears of it all the same."""
    lab = Clocked(PACKS["hardened"])
    action = begun(lab)
    rule = lab.action(action).request.rule
    lab.policy = without(lab.policy, {rule})
    lab.told.clear()
    lab.timers = {f"{action}.due": lab.timers[f"{action}.due"]}
    lab.fire()
    assert lab.status(action) == "refused"
    assert {one.template for one in lab.told} == {f"{rule}.refused"}


def begun(lab: Clocked) -> str:
    """An action with one right proof of two."""
    moves = Moves(lab, Random(11))
    for _ in range(4000):
        given = moves.ask()
        assert isinstance(given, i.Ask)
        try:
            lab.do(given)
        except WRONG:
            continue
        ways = lab.decision(given.id).alternatives
        if ways and len(ways[0]) > 1:
            lab.do(i.Prove(lab.name("in"), given.id, _proof(lab, ways[0][0])))
            if f"{given.id}.due" in lab.timers:
                return given.id
    raise AssertionError("nothing takes two proofs")
