# SPDX-License-Identifier: Apache-2.0
"""What a switch may not do: bring forward a `due`, or end a hold.

The exact rule of the engine with what a version carries:

1. A switch changes no state, so no `due` moves: an accepted delay runs to its end, and is decided again then.
2. `since(c)` is not true for a clock that another policy stamped before the longest wait that that policy put on
   it; and a rule goes on looking at each clock that its forerunner waited for (publishing/carried.py). So what the
   old policy refuses because of a hold, whatever proofs there are, the new one refuses until the hold's end under
   the old one, and until its own. An age is no hold: it is measured by the policy of the moment.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.core.account import Action, Mark, Request, State
from counterseal.core.decision import Outcome
from counterseal.core.engine.assess import assess
from counterseal.core.engine.view import clocks
from counterseal.core.policy.expression import Age, Atom, Since
from counterseal.core.policy.model import Policy, Rule
from counterseal.gateways.packs import load_pack, policy_from, shipped_packs
from counterseal.publishing.carried import clocks_to_carry, with_carried

HOUR = 3_600_000
NOW = 1_717_891_200_000
PACKS = {name: load_pack(name) for name in shipped_packs()}
OKX = PACKS["okx-2024"]
LOOSER = policy_from(OKX.text.replace(" and since(weakened) >= 24h", ""))
packs = st.sampled_from([*PACKS.values(), LOOSER])


@st.composite
def stamped(draw: st.DrawFn, policy: Policy) -> State:
    """An account whose clocks this policy stamped at some time, some with nobody told."""
    times: dict[str, Mark] = {}
    for clock in policy.vocabulary.clocks:
        if draw(st.booleans()):
            at = NOW - draw(st.integers(0, 100)) * HOUR
            told = draw(st.integers(0, 4))
            started = at if told else None
            times[f"clock:{clock}"] = Mark(
                at, None if told else "n-1", started, policy.digest, policy.longest_wait.get(clock, 0)
            )
    return State("u-1", registered=NOW - 1000 * HOUR, times=times)


def bare(atom: Atom) -> Atom:
    """An atom without how long it waits: an age counts as reached or not."""
    return replace(atom, wait=0) if isinstance(atom, Since | Age) else atom


def given_to(rule: Rule) -> list[frozenset[Atom]]:
    """For each way of a rule: all that it asks for but clocks."""
    atoms = rule.require.atoms
    return [
        frozenset(bare(atom) for bit, atom in enumerate(atoms) if cube >> bit & 1 and not isinstance(atom, Since))
        for cube in rule.require.cubes
    ]


def waits(policy: Policy, rule: Rule, state: State, now: int, has: frozenset[Atom] | None = None) -> bool:
    """Whether no way of this rule is open to somebody who has these proofs, facts and ages (None = all of them)."""
    since = clocks(policy, state, now)
    unmet = sum(
        1 << bit
        for bit, atom in enumerate(rule.require.atoms)
        if (
            since.get(atom.clock, atom.wait) < atom.wait
            if isinstance(atom, Since)
            else has is not None and bare(atom) not in has
        )
    )
    return all(cube & unmet for cube in rule.require.cubes)


@given(st.data(), packs, packs, st.integers(0, 120))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_hold_of_the_old_policy_ends_by_a_switch(
    data: st.DataObject, old: Policy, new: Policy, hours: int
) -> None:
    """Whatever the old policy held for all ways of a rule, its successor holds at that moment too."""
    state, now = data.draw(stamped(old)), NOW + hours * HOUR
    decides = with_carried(new, clocks_to_carry(old, new))
    for name, rule in old.rules.items():
        after = decides.rules.get(name)
        if after is None:
            continue
        for has in given_to(rule)[:64]:  # somebody whom the old policy kept waiting, and no more
            wider = has | data.draw(st.sampled_from(given_to(after)[:64]))
            if waits(old, rule, state, now, wider):
                assert waits(decides, after, state, now, wider), (name, wider)


@given(st.data(), packs, packs, packs, st.integers(0, 120))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nor_by_a_second_switch(
    data: st.DataObject, first: Policy, second: Policy, third: Policy, hours: int
) -> None:
    """What is carried goes on being carried: two switches are no way around one."""
    state, now = data.draw(stamped(first)), NOW + hours * HOUR
    between = with_carried(second, clocks_to_carry(first, second))
    decides = with_carried(third, clocks_to_carry(between, third))
    for name, rule in first.rules.items():
        if name in between.rules and name in decides.rules and waits(first, rule, state, now):
            assert waits(decides, decides.rules[name], state, now), name


def test_without_what_is_carried_the_hold_would_end() -> None:
    """The control: the looser text alone asks for no clock, and lets go at once."""
    mark = Mark(NOW, None, NOW, OKX.digest, OKX.longest_wait["weakened"])
    state = State("u-1", times={"clock:weakened": mark})
    rule = OKX.rules["withdraw"]
    assert waits(OKX, rule, state, NOW + HOUR)
    assert not waits(LOOSER, LOOSER.rules["withdraw"], state, NOW + HOUR)
    decides = with_carried(LOOSER, clocks_to_carry(OKX, LOOSER))
    assert waits(decides, decides.rules["withdraw"], state, NOW + HOUR)
    assert waits(decides, decides.rules["withdraw"], state, NOW + 24 * HOUR - 1)
    assert not waits(decides, decides.rules["withdraw"], state, NOW + 24 * HOUR)
    own = State("u-1", times={"clock:weakened": replace(mark, policy=LOOSER.digest)})
    assert not waits(decides, decides.rules["withdraw"], own, NOW), "no hold of its own"


def test_the_same_policy_carries_nothing() -> None:
    """A rule that says the same has nothing to carry; digest and stamped waits stay those of the text."""
    for policy in PACKS.values():
        assert clocks_to_carry(policy, policy) == {}
    decides = with_carried(LOOSER, clocks_to_carry(OKX, LOOSER))
    assert (decides.digest, decides.longest_wait) == (LOOSER.digest, LOOSER.longest_wait)


def test_an_action_whose_rule_is_gone_is_refused_and_says_so() -> None:
    """A pending action of the old policy without a rule in the new one: denied, with the reason."""
    gone = replace(LOOSER, rules={name: rule for name, rule in LOOSER.rules.items() if name != "withdraw"})
    action = Action("act-1", Request("withdraw"), NOW)
    decision = assess(gone, State("u-1"), action, NOW, trusted_time=True)
    assert (decision.outcome, decision.reasons[0].code) == (Outcome.DENY, "unknown_action")
