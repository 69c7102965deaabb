# SPDX-License-Identifier: Apache-2.0
"""Single edits of a loaded policy: every control taken away once, and the edits that would close an attack.

An edit is made on the expression and the fields of a rule, never on text; the rule is compiled again by the same
functions that the loader uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from counterseal.core.policy.clocks import clock_members, longest_wait
from counterseal.core.policy.compile import compile_requirement, stretch_requirement
from counterseal.core.policy.expression import (
    Age,
    And,
    AtLeast,
    Context,
    Expression,
    Fact,
    Or,
    Proof,
    Since,
    Strongest,
)
from counterseal.core.policy.model import Policy, Requirement, Rule
from counterseal.prover.report.times import HOUR, span

TRUE = And(())
"""The requirement that everybody meets."""


class Mutation(msgspec.Struct, frozen=True):
    """One edit. `kind`: conjunct, weaker_form, hold, notice, delay, limit; for strengthening ones the same words.

    `what`: `drop since(weakened) >= 24h from withdraw (line 12)`. `policy`: the policy after it.
    """

    rule: str
    line: int
    kind: str
    what: str
    policy: Policy


def mutations(policy: Policy) -> Iterator[Mutation]:
    """Every control of the policy, weakened alone, in the order of the rules."""
    for rule in policy.rules.values():
        yield from _weaker_requirements(policy, rule)
        for clock in rule.holds:
            left = tuple(name for name in rule.holds if name != clock)
            yield edited(policy, rule, "hold", f"drop the hold of {clock}", "from", holds=left)
        if rule.notify:
            yield edited(policy, rule, "notice", "drop the notice", "from", notify=None)
            for channel in rule.notify if len(rule.notify) > 1 else ():
                left = tuple(name for name in rule.notify if name != channel)
                yield edited(policy, rule, "notice", f"drop the notice by {channel}", "from", notify=left)
        if rule.delay:
            yield edited(policy, rule, "delay", f"drop the delay of {_short(rule.delay)}", "from", delay=0)
        if rule.limit is not None:
            yield edited(policy, rule, "limit", f"lift the limit of {rule.limit.amount:,f}", "from", limit=None)


def _weaker_requirements(policy: Policy, rule: Rule) -> Iterator[Mutation]:
    seen: set[Expression] = {rule.require.expression}
    for kind, told, weaker in _weakened(rule.require.expression):
        expression = simple(weaker)
        if expression not in seen:
            seen.add(expression)
            require = compiled(policy, rule.require, expression)
            yield edited(policy, rule, kind, told, "in" if kind == "weaker_form" else "from", require=require)


def _weakened(expression: Expression) -> Iterator[tuple[str, str, Expression]]:
    """(kind, words, requirement) for every single weaker form of a requirement."""
    match expression:
        case And(items) | Or(items):
            for at, item in enumerate(items):
                for kind, told, weaker in _weakened(item):
                    if isinstance(expression, And) or simple(weaker) != TRUE:  # else all alternatives go: below
                        yield kind, told, type(expression)((*items[:at], weaker, *items[at + 1 :]))
            if isinstance(expression, Or):
                yield "conjunct", f"drop {_nested(expression)}", TRUE
        case Strongest(factors) if len(factors) > 1:
            any_of = Or(tuple(Proof(name) for name in factors))
            yield "weaker_form", f"let any of {', '.join(factors)} do for the strongest", any_of
            yield "conjunct", f"drop {words(expression)}", TRUE
        case AtLeast(count, factors) if count > 1:
            less = AtLeast(count - 1, factors)
            yield "weaker_form", f"ask for {count - 1} instead of {count} of {', '.join(factors)}", less
            yield "conjunct", f"drop {words(expression)}", TRUE
        case _:
            yield "conjunct", f"drop {words(expression)}", TRUE


def simple(expression: Expression) -> Expression:
    """The same requirement without parts that everybody meets, and without lists of one."""
    if not isinstance(expression, And | Or):
        return expression
    items = tuple(simple(item) for item in expression.items)
    if isinstance(expression, Or) and TRUE in items:
        return TRUE
    items = tuple(dict.fromkeys(item for item in items if item != TRUE))
    return items[0] if len(items) == 1 else type(expression)(items)


def compiled(policy: Policy, require: Requirement, expression: Expression) -> Requirement:
    """The requirement with another expression. Raises PolicyError `requirement_too_large`."""
    if expression == TRUE:
        return replace(
            require,
            text=words(TRUE),
            expression=TRUE,
            atoms=(),
            cubes=(0,),
            test=lambda _: True,
            factors=frozenset(),
        )
    channels = {name: spec.channel for name, spec in policy.vocabulary.factors.items()}
    return compile_requirement(expression, words(expression), require.line, require.column, channels=channels)


def edited(policy: Policy, rule: Rule, kind: str, told: str, where: str, **fields: Any) -> Mutation:
    """The policy with one rule changed, and all that follows from its rules (stretched ones, clocks) with it."""
    after = replace(rule, **fields)
    rules = {name: after if name == rule.name else other for name, other in policy.rules.items()}
    slower = dict(policy.stretched)
    if rule.name in slower:
        factor = policy.stretch[1] if policy.stretch else 1
        channels = {name: spec.channel for name, spec in policy.vocabulary.factors.items()}
        require = stretch_requirement(after.require, factor, channels=channels)
        slower[rule.name] = replace(after, require=require, delay=after.delay * factor)
    changed = replace(
        policy,
        rules=rules,
        stretched=slower,
        clock_members=clock_members(rules, policy.vocabulary),
        longest_wait=longest_wait([*rules.values(), *slower.values()]),
    )
    return Mutation(rule.name, rule.line, kind, f"{told} {where} {rule.name} (line {rule.line})", changed)


def words(expression: Expression) -> str:
    """A requirement as a policy would write it, without names of `let`."""
    match expression:
        case Proof(name) | Fact(name):
            return name
        case Context(name):
            return f"context:{name}"
        case Since(clock, wait):
            return f"since({clock}) >= {_short(wait)}"
        case Age(fact, wait):
            return f"age({fact}) >= {_short(wait)}"
        case Strongest(factors):
            return f"strongest({', '.join(factors)})"
        case AtLeast(count, factors):
            return f"{count} of ({', '.join(factors)})"
        case And(items):
            return " and ".join(_nested(item) for item in items) or "nothing"
        case Or(items):
            return " or ".join(_nested(item) for item in items)


def _nested(expression: Expression) -> str:
    several = isinstance(expression, And | Or) and len(expression.items) > 1
    return f"({words(expression)})" if several else words(expression)


def _short(wait: int) -> str:
    return f"{wait // HOUR}h" if wait % HOUR == 0 else span(wait)
