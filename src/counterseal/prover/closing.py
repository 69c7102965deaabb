# SPDX-License-Identifier: Apache-2.0
"""The single edits that would close an attack and leave the owner what he does."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.core.policy.expression import And, Expression, Or, Proof, Since
from counterseal.core.policy.model import Policy, Profile, Rule
from counterseal.prover.case import Case
from counterseal.prover.duals import unreachable
from counterseal.prover.findings import Attack, start_of
from counterseal.prover.mutations import Mutation, compiled, edited, simple, words
from counterseal.prover.report.times import HOUR


def closing(policy: Policy, profile: Profile, attack: Attack, window: int) -> tuple[Mutation, ...]:
    """The strengthening edits, each alone, after which this set has at least `window` ms at this outflow or never
    gets there, while the owner still does. Raises TooMuchWorkError.
    """
    start = start_of(profile)
    before = unreachable(policy, profile)
    found: list[Mutation] = []
    for edit in strengthening(policy, profile, attack, window):
        after = Case(edit.policy, start).window(attack.capabilities, attack.outflow)
        late = after is None or (after.window is not None and after.window >= window)
        if late and set(unreachable(edit.policy, profile)) <= set(before):
            found.append(edit)
    return tuple(found)


def strengthening(policy: Policy, profile: Profile, attack: Attack, window: int) -> Iterator[Mutation]:
    """Every single edit of a rule on the path that gives the attacker less."""
    for name in dict.fromkeys(step.action for step in attack.path):
        rule = policy.rules[name]
        yield from _requirements(policy, profile, rule, attack, window)
        if rule.grants or rule.removes or rule.silences:
            for clock in _waited(policy, rule):
                yield edited(policy, rule, "hold", f"add a hold of {clock}", "to", holds=(*rule.holds, clock))
        if rule.delay < window and rule.notify:
            told = f"add a delay of {window // HOUR}h"
            yield edited(policy, rule, "delay", told, "to", delay=window)
        for channel in profile.channels:
            if channel not in (rule.notify or ()):
                channels = (*(rule.notify or ()), channel)
                yield edited(policy, rule, "notice", f"add a notice by {channel}", "to", notify=channels)


def _waited(policy: Policy, rule: Rule) -> list[str]:
    """Clocks that some rule waits for and this one does not restart."""
    return [clock for clock, wait in policy.longest_wait.items() if wait and clock not in rule.holds]


def _requirements(policy: Policy, profile: Profile, rule: Rule, attack: Attack, window: int) -> Iterator[Mutation]:
    expression = rule.require.expression
    produced = {f for name in attack.capabilities for f in policy.vocabulary.capabilities[name].produces}
    if rule.subject == "account":
        held = [clock for clock, members in policy.clock_members.items() if members]
        asked: list[Expression] = [Since(clock, window) for clock in held]
        asked += [Proof(factor) for factor in profile.factors if factor not in produced]
        for atom in asked:
            require = compiled(policy, rule.require, simple(And((expression, atom))))
            if require.cubes != rule.require.cubes or require.atoms != rule.require.atoms:
                yield edited(policy, rule, "conjunct", f"add {words(atom)}", "to", require=require)
    for told, stricter in _fewer(expression):
        require = compiled(policy, rule.require, simple(stricter))
        yield edited(policy, rule, "alternative", told, "from", require=require)


def _fewer(expression: Expression) -> Iterator[tuple[str, Expression]]:
    """(words, requirement) with one alternative less."""
    if not isinstance(expression, And | Or):
        return
    for at, item in enumerate(expression.items):
        if isinstance(expression, Or):
            rest = (*expression.items[:at], *expression.items[at + 1 :])
            yield f"remove the alternative {words(item)}", Or(rest)
        for told, stricter in _fewer(item):
            yield told, type(expression)((*expression.items[:at], stricter, *expression.items[at + 1 :]))
