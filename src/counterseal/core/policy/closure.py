# SPDX-License-Identifier: Apache-2.0
"""What can be reached at all: the monotone fixpoint over facts and factor grants, without time.

Waits count as over and contexts as stated, so the answer is an upper bound: what is not reached here is
reached by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

from counterseal.core.policy.expression import (
    Age,
    And,
    AtLeast,
    Expression,
    Fact,
    Or,
    Proof,
    Strongest,
)
from counterseal.core.policy.model import Rule, Vocabulary


def reachable(rules: Iterable[Rule], vocabulary: Vocabulary, start: frozenset[str]) -> frozenset[str]:
    """Factors and facts that somebody with the factors `start` can come to hold, through account rules."""
    have = set(start)
    waiting = [rule for rule in rules if rule.subject == "account"]
    while True:
        fired = [rule for rule in waiting if satisfiable(rule.require.expression, vocabulary, have)]
        if not fired:
            return frozenset(have)
        for rule in fired:
            have.update(rule.grants, rule.discloses)
        waiting = [rule for rule in waiting if rule not in fired]


def satisfiable(expression: Expression, vocabulary: Vocabulary, have: set[str] | frozenset[str]) -> bool:
    """Whether the requirement holds for somebody with `have`, enrolled as suits them, after every wait."""
    match expression:
        case Proof(name) | Fact(name):
            return name in have
        case Age(fact, _):
            return fact in have
        case Strongest(factors):
            return any(factor in have for factor in factors)
        case AtLeast(number, factors):
            return len({vocabulary.factors[factor].channel for factor in factors if factor in have}) >= number
        case And(items):
            return all(satisfiable(item, vocabulary, have) for item in items)
        case Or(items):
            return any(satisfiable(item, vocabulary, have) for item in items)
        case _:
            return True
