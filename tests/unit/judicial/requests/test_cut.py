# SPDX-License-Identifier: Apache-2.0
"""What forging a rule takes, held against the prover's own engine and against every set of capabilities."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from counterseal.core.engine.requested import decide_evidence
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from counterseal.judicial.packs.verdicts import Scope
from counterseal.judicial.requests.cut import Cut, cut_of_evidence, cut_of_rule, paths_of
from counterseal.judicial.requests.decision import Decided
from counterseal.judicial.requests.model import RULE_OF
from counterseal.judicial.requests.picture import picture
from counterseal.prover.classes import Classes
from counterseal.prover.findings import start_of
from counterseal.prover.game import compile_game

HARDENED, OF_2023 = load_pack("hardened"), load_pack("okx-2024")
RULES = [(policy, name) for policy in (HARDENED, OF_2023) for name in RULE_OF.values() if name in policy.rules]


def ids(value: object) -> str:
    return value.name if isinstance(value, Policy) else str(value)


@pytest.mark.parametrize(("policy", "name"), [each for each in RULES if each[0].rules[each[1]].discloses], ids=ids)
def test_the_cut_is_what_the_prover_finds(policy: Policy, name: str) -> None:
    """Two engines, one answer."""
    profile = next(iter(policy.vocabulary.profiles.values()))
    ways = Classes(compile_game(policy, start_of(profile))).desk[name]
    assert set(cut_of_rule(policy.rules[name], policy.vocabulary).sets) == {tuple(way) for way in ways}


@pytest.mark.parametrize(("policy", "name"), RULES, ids=ids)
def test_the_cut_is_what_the_guards_engine_lets_pass(policy: Policy, name: str) -> None:
    """Every set of up to two capabilities: what they can forge passes the rule exactly if the cut says so."""
    rule, vocabulary = policy.rules[name], policy.vocabulary
    sets = cut_of_rule(rule, vocabulary).sets
    able = [each for each, spec in vocabulary.capabilities.items() if spec.produces & rule.require.factors]
    for size in (0, 1, 2):
        for held in combinations(sorted(able), size):
            forged = set().union(*(vocabulary.capabilities[each].produces for each in held)) & rule.require.factors
            passes = (
                decide_evidence(policy, name, forged, 1_000, list(vocabulary.context))[1].outcome.value == "allow"
            )
            assert passes is any(set(each) <= set(held) for each in sets), held


def test_the_rule_of_2023_is_broken_by_one_and_the_hardened_one_is_not() -> None:
    """The whole point: a mailbox and a template were one hacked officer."""
    assert cut_of_rule(OF_2023.rules["disclose_identity"], OF_2023.vocabulary).size == 1
    assert ("authority_insider",) in cut_of_rule(OF_2023.rules["disclose_identity"], OF_2023.vocabulary).sets
    for name in set(RULE_OF.values()) - {"preserve_data"}:
        assert cut_of_rule(HARDENED.rules[name], HARDENED.vocabulary).size == 2, name
    assert cut_of_rule(HARDENED.rules["preserve_data"], HARDENED.vocabulary).size == 1  # nothing leaves by it


def test_standing_evidence_that_satisfies_no_path_is_forged_by_nobody_yet() -> None:
    """It is only looked at what would pass."""
    rule, words = HARDENED.rules["disclose_identity"], HARDENED.vocabulary
    assert cut_of_evidence(rule, words, ()).size is None
    assert cut_of_evidence(rule, words, {"call_back"}).size is None
    both = cut_of_evidence(rule, words, {"call_back", "signed_letter"})
    assert both.size == 2
    assert set(both.sets) < set(cut_of_rule(rule, words).sets)
    assert {frozenset(path) for path in paths_of(rule)} >= {frozenset({"call_back", "signed_letter"})}


@pytest.mark.parametrize(
    "sets", [(), ((),), (("a",),), (("a", "b"), ("c", "d", "e")), tuple((f"n{i}", "<&>") for i in range(30))]
)
def test_the_picture_is_a_document_and_says_the_number(sets: tuple[tuple[str, ...], ...]) -> None:
    """Well-formed for any names, with a text for those who see none."""
    cut = Cut(sets)
    scope = Scope(within=True)
    decided = Decided("disclose_identity", 1, "x", False, False, (), (), (), (), "d", scope, cut, cut)
    drawn = ET.fromstring(picture(decided))  # noqa: S314 - our own
    said = drawn.attrib["aria-label"]
    assert ("none" if cut.size is None else str(cut.size)) in said
    rects = drawn.findall("{http://www.w3.org/2000/svg}rect")
    assert len(rects) == 2 * sum(len(each) for each in sets[:12])
