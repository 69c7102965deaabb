# SPDX-License-Identifier: Apache-2.0
"""A small vocabulary and a policy in which every part of the engine can be seen at work, as documents."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from counterseal.core.policy.clocks import clock_members, longest_wait
from counterseal.core.policy.compile import compile_requirement, stretch_requirement
from counterseal.core.policy.expression import Expression
from counterseal.core.policy.model import Policy, Requirement, Rule, Vocabulary
from counterseal.gateways.packs import policy_from, vocabulary_from

FOLDER = Path(__file__).resolve().parent / "lab"
POLICY = (FOLDER / "policy.yaml").read_text()


@cache
def lab_vocabulary() -> Vocabulary:
    """The vocabulary of the laboratory."""
    return vocabulary_from((FOLDER / "vocabulary.yaml").read_text())


@cache
def lab_policy() -> Policy:
    """The policy of the laboratory."""
    return policy_from(POLICY, lab_vocabulary())


@cache
def lab_policy_with(old: str, new: str) -> Policy:
    """The policy of the laboratory with one text of it replaced."""
    assert old in POLICY, f"the policy has no {old!r}"
    return policy_from(POLICY.replace(old, new), lab_vocabulary())


def requirement(vocabulary: Vocabulary, expression: Expression, line: int = 1) -> Requirement:
    """A requirement of an expression, compiled as the loader does."""
    channels = {name: spec.channel for name, spec in vocabulary.factors.items()}
    return compile_requirement(expression, str(expression), line, 1, channels=channels)


def policy_of(vocabulary: Vocabulary, rules: Iterable[Rule], *, digest: str = "sha256:random") -> Policy:
    """A policy of these rules: views of clocks and the stretched variant as the loader makes them."""
    plain = {rule.name: rule for rule in rules}
    channels = {name: spec.channel for name, spec in vocabulary.factors.items()}
    slow = {
        name: msgspec.structs.replace(
            rule, require=stretch_requirement(rule.require, 2, channels=channels), delay=2 * rule.delay
        )
        for name, rule in plain.items()
    }
    return msgspec.structs.replace(
        lab_policy(),
        name="random",
        digest=digest,
        rules=plain,
        stretch=("exposed", 2),
        stretched=slow,
        clock_members=clock_members(plain, vocabulary),
        longest_wait=longest_wait([*plain.values(), *slow.values()]),
        properties=(),
        text="",
    )
