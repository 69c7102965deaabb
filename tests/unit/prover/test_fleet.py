# SPDX-License-Identifier: Apache-2.0
"""A fleet is the sum of its accounts, and a shape is never better for the owner than an account of that shape."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core.policy.expression import Age, Since
from counterseal.core.policy.quantities import MAX_WAIT
from counterseal.gateways.packs import load_pack
from counterseal.prover.exact import search
from counterseal.prover.exposure import Exposure, severity
from counterseal.prover.findings import Start
from counterseal.prover.fleet import fleet
from counterseal.prover.game import compile_game
from counterseal.prover.minimal import SILENT
from counterseal.prover.shapes import STEP, Shaper
from counterseal.wiring.fleet import fleet_posture, shapes_of
from tests.support.fleet_seed import fleet_of_starts
from tests.support.prover_policies import random_policy

HOUR = 3_600_000
DAY = 24 * HOUR
FACTORS = ("password", "fundpw", "sms", "voice", "email", "totp", "passkey", "rcode", "face", "iddoc", "guardian")
TIMES = st.one_of(st.integers(0, 100 * HOUR), st.sampled_from([0, 6 * HOUR, 24 * HOUR, 48 * HOUR]))


def starts(clocks, facts):
    """Random accounts."""
    return st.builds(
        Start,
        enrolled=st.frozensets(st.sampled_from(FACTORS), min_size=2),
        channels=st.frozensets(st.sampled_from(["sms", "email", "push", "guardian"])),
        facts=st.dictionaries(st.sampled_from(facts), TIMES, max_size=2),
        bound=st.frozensets(st.sampled_from(["sms", "totp"]), max_size=1),
        since=st.dictionaries(st.sampled_from(clocks), TIMES, max_size=2),
        fading=st.dictionaries(st.sampled_from(["totp", "passkey"]), TIMES, max_size=1),
    )


POLICIES = {name: load_pack(name) for name in ("hardened", "okx-2024", "kraken")}
HARDENED, OKX = POLICIES["hardened"], POLICIES["okx-2024"]
PACKS = st.sampled_from(sorted(POLICIES))
ACCOUNTS = starts(tuple(OKX.vocabulary.clocks), ("session", "device", "address", "api_withdraw"))


@settings(max_examples=60, deadline=None)
@given(ACCOUNTS, PACKS, st.integers(0, 2**32))
def test_a_shape_is_never_better_for_the_owner(start: Start, pack: str, seed: int) -> None:
    """Exact windows of the shape and of its skeleton are those of the account; its earliest loss is no later."""
    policy = POLICIES[pack]
    shape = Shaper(policy).shape(start)
    games = [compile_game(policy, one) for one in (start, shape.start, shape.skeleton.start)]
    chance = Random(seed)
    names = chance.sample(sorted(policy.vocabulary.capabilities), chance.randint(1, 2))
    outflows = [name for name in games[0].goals if policy.rules[name].outflow]
    exact, coarse, bare = ({k: v.window for k, v in search(game, names, outflows).items()} for game in games)
    assert exact == coarse == bare
    soonest, rough = (search(game, names, outflows, told=True) for game in games[:2])
    assert soonest.keys() == rough.keys()
    for name, attack in soonest.items():
        assert (rough[name].window or 0) <= (attack.window or 0)


@settings(max_examples=200)
@given(ACCOUNTS, PACKS)
def test_times_are_rounded_to_the_attackers_side(start: Start, pack: str) -> None:
    """Clocks and ages up, to a threshold of the pack or a multiple of six hours; fadings down; twice is once."""
    policy = POLICIES[pack]
    shape = Shaper(policy).shape(start)
    atoms = [atom for rule in policy.rules.values() for atom in rule.require.atoms]
    waits: dict[str, set[int]] = {}
    for atom in atoms:
        if isinstance(atom, Since | Age):
            waits.setdefault(atom.clock if isinstance(atom, Since) else atom.fact, set()).add(atom.wait)
    for name, time in (*shape.since, *((fact, age) for fact, age in shape.facts if age < MAX_WAIT)):
        assert time >= {**start.since, **start.facts}[name]
        assert time in waits[name] or time % STEP == 0
        assert time <= max(waits[name])
    for clock in start.since.keys() - dict(shape.since).keys():
        longest = max(waits.get(clock, {0}))
        below = [*(waits.get(clock, {0}) - {longest}), *range(STEP, longest, STEP)]
        assert start.since[clock] > max(below, default=-1)  # else a hold that still stands would be lost
    assert all(0 < left <= start.fading[factor] for factor, left in shape.fading)
    assert Shaper(policy).shape(shape.start) == shape


def test_a_fleet_is_the_sum_of_its_accounts() -> None:
    """Counts per capability and pair, and the worst of each group, are those of the single postures."""
    for policy in (OKX, HARDENED):
        accounts = fleet_of_starts(policy, 16, seed=11)
        found = fleet_posture(policy, shapes_of(policy, accounts), DAY)
        expected: Counter[tuple[tuple[str, ...], int | None]] = Counter()
        for start in accounts:
            one = Exposure(policy, start, DAY, tuple(policy.vocabulary.capabilities))
            singles = one.singles()
            for outcome in (*singles, *one.pairs(singles, one.outcome(()))):
                if outcome.severity < DAY:
                    expected[outcome.capabilities, outcome.ways[0].window] += 1
        told = {
            (total.capabilities, window): count
            for total in (*found.totals, *found.pairs)
            for window, count in total.windows
        }
        assert told == dict(expected)
        assert expected
        assert found.accounts == len(accounts) == sum(group.accounts for group in found.groups)


def test_the_worst_of_a_group_is_that_of_its_accounts() -> None:
    """Capability, silence and window, where a clock runs too."""
    names = tuple(OKX.vocabulary.capabilities)
    shaper = Shaper(OKX)
    accounts = fleet_of_starts(OKX, 400, seed=5)
    found = {group.shape: group for group in fleet(OKX, shapes_of(OKX, accounts), DAY).groups}
    running = 0
    for start in [one for one in accounts if one.since or one.facts][:12]:
        group = found[shaper.shape(start)]
        outcomes = Exposure(OKX, start, DAY, names).singles(times=True)
        worst = min(outcome.severity for outcome in outcomes)
        assert (SILENT if group.silent else severity(group.window)) == worst
        running += group.earliest is not None
        mine = next(outcome for outcome in outcomes if outcome.capabilities == group.worst)
        way = next(way for way in mine.ways if way.outflow == group.outflow)
        assert group.earliest is None or group.earliest <= way.earliest
    assert running or all(group.earliest is None for group in found.values())


def test_random_policies_agree_too() -> None:
    """The memo over games never mixes up two questions."""
    compared = 0
    for seed in range(12):
        policy = random_policy(seed)
        chance = Random(seed)
        factors = sorted(policy.vocabulary.factors)
        accounts = [
            Start(frozenset(chance.sample(factors, 5)), frozenset(chance.sample(["sms", "email", "push"], 2)))
            for _ in range(8)
        ]
        found = fleet(policy, shapes_of(policy, accounts), DAY)
        for group in found.groups:
            one = Exposure(policy, group.shape.start, DAY, tuple(policy.vocabulary.capabilities))
            singles = one.singles()
            pairs = one.pairs(singles, one.outcome(()))
            mine = {o.capabilities: o.severity for o in (*singles, *pairs) if o.severity < DAY}
            assert {names: level for names, level, _ in group.rows} == mine
            compared += len(mine)
    assert compared > 20


def test_processes_find_what_one_finds() -> None:
    """Spawned workers split the games; the answer is the same."""
    shapes = shapes_of(OKX, fleet_of_starts(OKX, 500, seed=2))
    alone, together = fleet_posture(OKX, shapes, DAY), fleet_posture(OKX, shapes, DAY, workers=2)
    assert alone.games >= 48
    assert (together.totals, together.pairs) == (alone.totals, alone.pairs)
    assert {g.shape: g for g in together.groups} == {g.shape: g for g in alone.groups}
