# SPDX-License-Identifier: Apache-2.0
"""What must hold in every run of the engine, whatever the policy says."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import Freeze, Mark, State, Suspicion
from counterseal.core.decision import Outcome
from counterseal.core.engine import assess, fold_all, step
from counterseal.core.engine.view import hold_end, still_counts
from counterseal.core.errors import InputError
from counterseal.core.events import Applied, Redeemed, Sealed
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from tests.support.lab import DAY, OFFICERS, Lab
from tests.support.lab_policy import lab_policy
from tests.support.moves import Moves
from tests.support.random_policies import register_for


def worse(policy: Policy, state: State, now: int, chance: Random) -> State:
    """The state with one thing more against it: a suspicion, a freeze, an expiry, or a factor less."""
    kind = chance.choice(("suspicion", "freeze", "expiry", "factor"))
    if kind == "suspicion":
        name = chance.choice(sorted(policy.vocabulary.capabilities))
        new = Suspicion("worse", name, now - chance.choice((0, DAY, 90 * DAY)), now + DAY)
        return replace(state, suspicions={**state.suspicions, "worse": new})
    if kind == "freeze":
        freeze = Freeze("worse", chance.choice(("link", "owner", "staff")), now, None, "x")
        return replace(state, freezes={**state.freezes, "worse": freeze})
    if kind == "expiry" and state.objects:
        key = chance.choice(sorted(state.objects))
        facts = {name: replace(fact, expires=now) for name, fact in state.objects[key].facts.items()}
        return replace(state, objects={**state.objects, key: replace(state.objects[key], facts=facts)})
    there = sorted(item.id for item in state.enrolled.values() if item.removed_at is None)
    if not there:
        return state
    gone = replace(state.enrolled[chance.choice(there)], removed_at=now)
    gone = replace(
        gone, floor="clock:worse", floor_wait=DAY
    )  # its hold has begun: `strongest` still reckons with it
    times = {**state.times, "clock:worse": Mark(now, None, now)}
    return replace(state, enrolled={**state.enrolled, gone.id: gone}, times=times)


class Account(RuleBasedStateMachine):
    """One account; many inputs per rule, because a run needs many to get anywhere."""

    policy: Policy

    @initialize(seed=st.integers(0, 2**32), pack=st.sampled_from(("lab", "okx-2024", "hardened")))
    def begin(self, seed: int, pack: str) -> None:
        self.policy = lab_policy() if pack == "lab" else load_pack(pack)
        self.chance = Random(seed)
        self.lab = Lab(self.policy, register_for(self.policy))
        self.moves = Moves(self.lab, self.chance)
        self.tokens: dict[str, str] = {}  # token -> action
        self.steps: dict[str, int] = {}
        self.redeemed: set[str] = set()
        self.left: list[tuple[str, int, Decimal]] = []

    @rule()
    def several_inputs(self) -> None:
        for _ in range(8):
            self.moves.pause()
            given, before, now = self.moves.next(), self.lab.state, self.lab.now
            try:
                result = step(self.policy, before, given, now)
            except InputError:
                continue
            self.lab.state = fold_all(before, result.events)
            self.proofs_count_once(before, given)
            for event in result.events:
                if isinstance(event, Applied | Sealed):
                    self.delays_are_waited_out(before, event.action, now)
                if isinstance(event, Redeemed):
                    assert event.seal.id not in self.redeemed
                    self.redeemed.add(event.seal.id)
            self.holds_never_shorten(before, given, now)

    def proofs_count_once(self, before: State, given: i.Input) -> None:
        if not isinstance(given, i.Prove):
            return
        assert self.tokens.setdefault(given.proof.token, given.id) == given.id
        if given.step is not None:
            assert given.step > self.steps.get(given.proof.instance, -1)
            self.steps[given.proof.instance] = given.step

    def delays_are_waited_out(self, before: State, identity: str, now: int) -> None:
        action = before.actions.get(identity)
        if self.policy.rules[self.lab.state.actions[identity].request.rule].delay == 0:
            return
        assert action is not None
        assert action.accepted_at is not None
        if action.notice is not None:
            started = before.notices[action.notice].started
            assert started is not None
            assert now >= started + action.delay

    def holds_never_shorten(self, before: State, given: i.Input, now: int) -> None:
        """Only the passing of time ends a wait; a first notice (or officers) may begin one that nobody knew of."""
        for clock, wait in self.policy.longest_wait.items():
            old = hold_end(self.policy, before, clock, wait)
            new = hold_end(self.policy, self.lab.state, clock, wait)
            if old is None and not isinstance(given, i.NoticeAccepted | i.ConfirmNotice):
                if new is not None:  # told again: the same deed was done again, and this time somebody was told
                    assert new >= now + wait or isinstance(given, i.Prove | i.Decide | i.Due | i.Ask | i.LiftFreeze)
            elif old is not None:
                assert new is None or new >= old, (clock, given)
        for key, item in before.objects.items():
            for name, fact in item.facts.items():
                begun = self.lab.state.objects[key].facts[name].started if key in self.lab.state.objects else None
                assert fact.started is None or begun is None or begun >= fact.started

    @rule()
    def nothing_worse_turns_a_refusal_into_an_allow(self) -> None:
        state, now = self.lab.state, self.lab.now
        against = worse(self.policy, state, now, self.chance)
        for action in state.actions.values():
            if action.request.rule in self.policy.rules and action.status in ("open", "pending", "ready", "sealed"):
                plain = assess(self.policy, state, action, now, trusted_time=True)
                other = assess(self.policy, against, action, now, trusted_time=True)
                assert plain.outcome is Outcome.ALLOW or other.outcome is not Outcome.ALLOW, (plain, other)

    @rule()
    def an_untrusted_clock_stops_outflows(self) -> None:
        state = self.lab.state
        for action in state.actions.values():
            asked = self.policy.rules.get(action.request.rule)
            if asked is not None and asked.outflow:
                decision = assess(self.policy, state, action, self.lab.now, trusted_time=False)
                assert decision.outcome is not Outcome.ALLOW

    @rule()
    def a_link_freeze_stops_outflows_and_nothing_else(self) -> None:
        state, now = self.lab.state, self.lab.now
        given = i.FreezeNow("probe", Freeze("probe", "link", now, None, "owner"))
        frozen = fold_all(state, step(self.policy, state, given, now).events)
        assert frozen.freezes["probe"].until == now + 3 * DAY
        for action in state.actions.values():
            asked = self.policy.rules.get(action.request.rule)
            if asked is None:
                continue
            plain = assess(self.policy, state, action, now, trusted_time=True)
            stopped = assess(self.policy, frozen, action, now, trusted_time=True)
            assert stopped.outcome is not Outcome.ALLOW if asked.outflow else stopped == plain
            later = assess(self.policy, frozen, action, now + 3 * DAY, trusted_time=True)
            if asked.outflow and action.accepted_at is not None:  # it waited when the owner froze: it never goes on
                assert later.outcome is not Outcome.ALLOW
                continue
            assert later == assess(self.policy, state, action, now + 3 * DAY, trusted_time=True)

    @rule()
    def ending_sessions_only_refuses(self) -> None:
        """No refusal becomes an allow, now or later; every wait, freeze, limit and doubt is as before."""
        state, now = self.lab.state, self.lab.now
        ended = fold_all(state, step(self.policy, state, i.EndSessions("probe", OFFICERS, "why"), now).events)
        assert not any(
            fact.expires is None or fact.expires > now
            for item in ended.objects.values()
            for fact in item.facts.values()
            if item.kind == "session"
        )
        assert replace(ended, objects=state.objects, notices=state.notices) == state
        for action in state.actions.values():
            if action.request.rule not in self.policy.rules:
                continue
            for at in (now, now + 3 * DAY):
                plain = assess(self.policy, state, action, at, trusted_time=True)
                other = assess(self.policy, ended, action, at, trusted_time=True)
                assert plain.outcome is Outcome.ALLOW or other.outcome is not Outcome.ALLOW, (plain, other)

    @rule()
    def officers_clear_everything_now_and_then(self) -> None:
        """So that runs do not end in a frozen account full of suspicions."""
        for name in list(self.lab.state.suspicions):
            self.lab.do(i.ClearSuspicion(self.lab.name("clear"), name, OFFICERS))
        if self.lab.state.freezes:
            self.lab.lift()

    @invariant()
    def no_limit_is_exceeded_in_any_window(self) -> None:
        if not hasattr(self, "lab"):
            return
        for outflow in self.policy.rules.values():
            if outflow.limit is None:
                continue
            counting = [
                s
                for s in self.lab.state.spends
                if s.outflow == outflow.name and (s.until is None or s.until > self.lab.now)
            ]
            for end in counting:
                window = [s.value for s in counting if end.at - outflow.limit.period < s.at <= end.at]
                assert sum(window) <= outflow.limit.amount

    @invariant()
    def a_removed_factor_counts_until_its_hold_has_ended(self) -> None:
        if not hasattr(self, "lab"):
            return
        for item in self.lab.state.enrolled.values():
            if item.removed_at is not None and item.floor is not None:
                mark = self.lab.state.times[item.floor]
                over = mark.started is not None and self.lab.now >= mark.started + item.floor_wait
                assert still_counts(self.lab.state, item, self.lab.now) is not over


TestAccount = Account.TestCase
TestAccount.settings = settings(stateful_step_count=12)
