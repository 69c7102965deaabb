# SPDX-License-Identifier: Apache-2.0
"""Random brakes over random runs: nothing braked happens, nothing is shortened, and lifting gives all back.

Beside the account that is braked runs a twin that takes the same inputs without brakes until the first one that a
brake stops. Break-glass opens and closes in the same runs: it never lets an outflow pass that would not.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import Action, Request, State
from counterseal.core.decision import Outcome
from counterseal.core.engine import assess, fold_all, step
from counterseal.core.errors import InputError
from counterseal.core.events import Accepted, Applied, BecameReady, Redeemed, Sealed
from counterseal.core.platform import Brake, Platform, braked
from counterseal.core.stops import Stop
from counterseal.gateways.packs import load_pack
from tests.support.lab import DAY, HOUR, OFFICERS, Lab
from tests.support.lab_policy import lab_policy
from tests.support.moves import Moves
from tests.support.random_policies import register_for

ASSETS = ("BTC", "btc", "ETH")
HAPPENS = (Applied, Sealed, Redeemed, Accepted, BecameReady)
DECIDES = (i.Ask, i.Decide, i.Prove, i.Due, i.Redeem)


class Braked(RuleBasedStateMachine):
    """One account under a platform whose brakes officers set and lift at random."""

    @initialize(seed=st.integers(0, 2**32), pack=st.sampled_from(("lab", "okx-2024", "hardened")))
    def begin(self, seed: int, pack: str) -> None:
        self.policy = lab_policy() if pack == "lab" else load_pack(pack)
        self.chance = Random(seed)
        self.lab = Lab(self.policy, register_for(self.policy))
        self.moves = Moves(self.lab, self.chance)
        self.platform = Platform()

    @rule()
    def officers_set_or_lift(self) -> None:
        chance, now = self.chance, self.lab.now
        if self.platform.brakes and chance.random() < 0.4:
            left = list(self.platform.brakes)
            left.pop(chance.randrange(len(left)))
            self.platform = Platform(brakes=tuple(left))
            return
        kind = chance.choice(("asset", "destination", "action"))
        about = {
            "asset": chance.choice(ASSETS),
            "destination": chance.choice(("bc1q", "btc|bc1q", "btc|bc1q|", "btc|bc1q|7", "bc1p")),
            "action": chance.choice(sorted(self.policy.rules)),
        }[kind]
        until = chance.choice((None, now + 1, now + HOUR, now + 3 * DAY))
        brake = Brake(self.lab.name("brk"), kind, about, now, OFFICERS, until)  # type: ignore[arg-type]
        self.platform = Platform(brakes=(*self.platform.brakes, brake)[-4:])

    @rule()
    def several_inputs(self) -> None:
        for _ in range(8):
            self.moves.pause()
            given, before, now = self.moves.next(), self.lab.state, self.lab.now
            request = self.request_of(before, given)
            stop = None if request is None else braked(self.platform, request, now)
            if isinstance(given, DECIDES):
                given = replace(given, brake=stop)
            try:
                result = step(self.policy, before, given, now)
            except InputError:
                continue
            self.lab.state = fold_all(before, result.events)
            if stop is not None:
                assert not any(isinstance(event, HAPPENS) for event in result.events), (stop, result.events)
                assert result.decision is None or result.decision.outcome is not Outcome.ALLOW
                self.nothing_is_lost(before, given)

    @staticmethod
    def request_of(state: State, given: i.Input) -> Request | None:
        if isinstance(given, i.Ask):
            return given.request
        found = state.actions.get(getattr(given, "action", ""))
        return found.request if found is not None and isinstance(given, DECIDES) else None

    def nothing_is_lost(self, before: State, given: i.Input) -> None:
        """What a brake stopped has changed no clock, age or wait; a proof was taken, or a seal died."""
        after = self.lab.state
        if not isinstance(given, i.Ask):  # an ask may drop what nobody can ask for any more
            assert (after.times, after.objects, after.notices) == (before.times, before.objects, before.notices)
        assert {k: x.removed_at for k, x in after.enrolled.items()} == {
            k: x.removed_at for k, x in before.enrolled.items()
        }
        for action in before.actions.values():
            now = after.actions.get(action.id)
            if now is None:
                continue
            assert (now.due, now.delay, now.accepted_at) == (action.due, action.delay, action.accepted_at)
            if now.status != action.status:  # nothing but a redemption, or a denial that no brake brought about
                assert now.status == "refused"
                assert isinstance(given, i.Redeem) or now.decision is None or now.decision.outcome is Outcome.DENY

    @rule()
    def a_brake_only_holds_what_would_go_on_without_it(self) -> None:
        """Against each action: with a brake never allowed, never milder, and as before once it is lifted."""
        state, now = self.lab.state, self.lab.now
        for action in state.actions.values():
            if action.request.rule not in self.policy.rules or action.status in ("done", "cancelled", "refused"):
                continue
            plain = assess(self.policy, state, action, now, trusted_time=True)
            for until in (None, now + HOUR):
                stop = Stop("probe", "action", action.request.rule, until)
                other = assess(self.policy, state, action, now, trusted_time=True, brake=stop)
                assert other.outcome in (Outcome.HOLD, Outcome.DENY)
                assert (other.outcome is Outcome.DENY) == (plain.outcome is Outcome.DENY)
                if other.outcome is Outcome.HOLD and other.until is not None:
                    assert until is not None
                    assert other.until >= max(until, plain.until or 0)
                assert other.alternatives == plain.alternatives

    @rule()
    def break_glass_moves_no_outflow_and_no_wait(self) -> None:
        """In the same state with and without it: outflows are decided alike, changes are never refused more."""
        state, now = self.lab.state, self.lab.now
        opened = fold_all(
            replace(state, glass=()),
            step(self.policy, replace(state, glass=()), i.OpenGlass("probe", OFFICERS, "why", HOUR), now).events,
        )
        for action in state.actions.values():
            if action.request.rule in self.policy.rules and action.status not in ("done", "cancelled", "refused"):
                self.alike(action, replace(state, glass=()), opened)

    def alike(self, action: Action, closed: State, opened: State) -> None:
        now = self.lab.now
        plain = assess(self.policy, closed, action, now, trusted_time=True)
        other = assess(self.policy, opened, action, now, trusted_time=True)
        if self.policy.rules[action.request.rule].outflow or not closed.suspicions:
            assert plain == other
            return
        clean = assess(self.policy, replace(closed, suspicions={}), action, now, trusted_time=True)
        assert plain.outcome is not Outcome.ALLOW or other.outcome is Outcome.ALLOW
        if other.outcome is Outcome.ALLOW and self.policy.stretch is None:
            assert clean.outcome is Outcome.ALLOW  # and never more than if nothing were suspected


TestBraked = Braked.TestCase
TestBraked.settings = settings(stateful_step_count=10)


def test_a_value_that_no_limit_knew_of_is_not_let_through_by_a_brake() -> None:
    """A brake and a limit together: lifted, the limit is asked again."""
    lab = Lab()
    first = lab.done("withdraw", "passkey", session="s1", address="a1", value=Decimal(900))
    assert lab.status(first) == "sealed"
    stop = Stop("brk", "asset", "BTC")
    second = lab.ask("withdraw", Decimal(200), session="s1", address="a1")
    assert lab.prove(second, "passkey", brake=stop).outcome is Outcome.HOLD
    assert [reason.code for reason in lab.decide(second).reasons] == ["limit_used"]
