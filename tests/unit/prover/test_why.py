# SPDX-License-Identifier: Apache-2.0
"""Controls taken away one at a time: what is said to carry weight does, what is said to be redundant does not."""

from __future__ import annotations

from random import Random

import pytest

from counterseal.gateways.packs import load_pack
from counterseal.prover.beside import Beside
from counterseal.prover.bound import bound
from counterseal.prover.case import Case
from counterseal.prover.closing import closing
from counterseal.prover.duals import unreachable
from counterseal.prover.findings import start_of
from counterseal.prover.mutations import mutations, words
from counterseal.prover.replay import replay
from counterseal.prover.why import Control, why
from tests.support.prover_policies import random_policy

HOUR = 3_600_000
NEVER = 1 << 62


def order(attack) -> int:
    if attack is None:
        return NEVER
    return -1 if attack.window is None else attack.window


@pytest.fixture(scope="module")
def okx() -> tuple[Control, ...]:
    pack = load_pack("okx-2024")
    return why(pack, pack.vocabulary.profiles["totp_user_push"])


class TestMutations:
    def test_each_control_of_a_rule_is_taken_away_alone(self) -> None:
        pack = load_pack("hardened")
        told = {one.what: one for one in mutations(pack) if one.rule == "withdraw_small"}
        line = pack.rules["withdraw_small"].line
        for part in ("session", "device", "email", "age(device) >= 24h", "since(recovered) >= 72h"):
            edit = told[f"drop {part} from withdraw_small (line {line})"]
            assert part not in edit.policy.rules["withdraw_small"].require.text.split(" and ")
            assert edit.policy.rules.keys() == pack.rules.keys()
        assert (
            told[f"lift the limit of 1,000 from withdraw_small (line {line})"].policy.rules["withdraw_small"].limit
            is None
        )
        assert f"let any of passkey, totp, sms do for the strongest in withdraw_small (line {line})" in told

    def test_waits_and_stretched_rules_follow(self) -> None:
        pack = load_pack("hardened")
        (edit,) = [one for one in mutations(pack) if one.what.startswith("drop the delay of 24h from withdraw (")]
        assert edit.policy.rules["withdraw"].delay == edit.policy.stretched["withdraw"].delay == 0
        assert pack.stretched["withdraw"].delay == 48 * HOUR

    def test_no_edit_changes_the_policy_it_is_made_from(self) -> None:
        pack = load_pack("okx-2024")
        before = {name: words(rule.require.expression) for name, rule in pack.rules.items()}
        assert len(list(mutations(pack))) > 100
        assert {name: words(rule.require.expression) for name, rule in pack.rules.items()} == before


@pytest.mark.parametrize("seed", range(6))
def test_many_games_in_one_run_are_what_each_is_alone(seed: int) -> None:
    policy = random_policy(300 + seed, capabilities=5)
    start = start_of(policy.vocabulary.profiles["rich"])
    games = [Case(policy, start).game, *(Case(one.policy, start).game for one in list(mutations(policy))[:40])]
    if any(move.request for game in games for move in game.moves):
        games = [
            game
            for game in games
            if [m for m in game.moves if m.request] == [m for m in games[0].moves if m.request]
        ]
    run = Beside(games[0], games[1:])
    for block, game in enumerate(games):
        alone = bound(game, run.space)
        together = run.reached(block)
        for goal, one in alone.items():
            for position in range(run.space.size):
                assert together[goal].window(position) == one.window(position), (seed, block, goal, position)


def test_what_carries_weight_does(okx: tuple[Control, ...]) -> None:
    """Each has an attack that the replay semantics plays under the edited policy and that is not there before."""
    pack = load_pack("okx-2024")
    start = start_of(pack.vocabulary.profiles["totp_user_push"])
    edits = {one.what: one.policy for one in mutations(pack)}
    carrying = [one for one in okx if one.verdict == "load-bearing" and one.kind != "limit"]
    assert len(carrying) > 20
    for one in carrying:
        assert one.witness is not None
        assert one.witness.new is not None
        assert replay(edits[one.what], start, one.witness.new).confirmed
        goal = one.witness.new.outflow
        assert order(one.witness.new) < order(Case(pack, start).window(one.witness.capabilities, goal)), one.what


def test_each_outcome_of_hardened_is_what_a_search_says() -> None:
    """Load-bearing ones on their witness, with the replay; redundant ones on sampled sets."""
    pack, chance = load_pack("hardened"), Random(11)
    start = start_of(pack.vocabulary.profiles["sms_only"])
    edits = {one.what: one.policy for one in mutations(pack)}
    base, names = Case(pack, start), sorted(pack.vocabulary.capabilities)
    found = [one for one in why(pack, pack.vocabulary.profiles["sms_only"]) if one.kind != "limit"]
    carrying = [one for one in found if one.verdict == "load-bearing" and one.witness]
    redundant = [one for one in found if one.verdict == "redundant" and not one.idle]
    assert len(carrying) > 20
    assert len(redundant) > 100
    for one in carrying:
        assert one.witness is not None
        assert one.witness.new is not None
        assert replay(edits[one.what], start, one.witness.new).confirmed, one.what
        before = base.window(one.witness.capabilities, one.witness.new.outflow)
        assert order(one.witness.new) < order(before), one.what
    for one in chance.sample(redundant, 10):
        case = Case(edits[one.what], start)
        for chosen in (chance.sample(names, 2), chance.sample(names, 3)):
            for goal in ("withdraw_small", "offmarket_trade", "p2p_release"):
                assert order(case.window(chosen, goal)) == order(base.window(chosen, goal)), (one.what, chosen)


def test_what_is_redundant_changes_no_window(okx: tuple[Control, ...]) -> None:
    pack = load_pack("okx-2024")
    start, chance = start_of(pack.vocabulary.profiles["totp_user_push"]), Random(7)
    edits = {one.what: one.policy for one in mutations(pack)}
    names = sorted(pack.vocabulary.capabilities)
    base = Case(pack, start)
    redundant = [one for one in okx if one.verdict == "redundant" and one.kind != "limit"]
    assert len(redundant) > 20
    for one in chance.sample(redundant, 15):
        case = Case(edits[one.what], start)
        for size in (1, 1, 2, 2, 3):
            chosen = tuple(sorted(chance.sample(names, size)))
            for goal in base.outflows:
                assert order(case.window(chosen, goal)) == order(base.window(chosen, goal)), (
                    one.what,
                    chosen,
                    goal,
                )


def test_edits_that_close_an_attack() -> None:
    """Each leaves the attacker at least the time that was asked for, and the owner his outflow."""
    pack = load_pack("okx-2024")
    profile = pack.vocabulary.profiles["totp_user_push"]
    attack = Case(pack, start_of(profile)).window(("sms_intercept",), "withdraw_api")
    assert attack is not None
    assert attack.window == 0
    found = closing(pack, profile, attack, 24 * HOUR)
    assert {one.kind for one in found} >= {"delay", "conjunct"}
    for edit in found:
        after = Case(edit.policy, start_of(profile)).window(attack.capabilities, attack.outflow)
        assert order(after) >= 24 * HOUR, edit.what
        assert attack.outflow not in unreachable(edit.policy, profile), edit.what
