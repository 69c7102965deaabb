# SPDX-License-Identifier: Apache-2.0
"""Random requirements: the compiled function, the cubes and a plain reading of the definition agree."""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core.errors import PolicyError, Span
from counterseal.core.policy.compile import compile_requirement, stretched
from counterseal.core.policy.cubes import cubes_of
from counterseal.core.policy.expression import (
    Age,
    And,
    AtLeast,
    Atom,
    Context,
    Expression,
    Fact,
    Or,
    Proof,
    Rank,
    Since,
    Strongest,
)
from counterseal.core.policy.faults import Faults
from counterseal.core.policy.grammar import parse_requirement
from counterseal.core.policy.quantities import UNITS, spell
from counterseal.core.policy.scope import Parsed, Scope, joined
from counterseal.core.policy.source import ScalarNode

FACTORS = ("password", "sms", "email", "totp", "passkey")
CHANNELS = {"password": "password", "sms": "phone", "email": "email", "totp": "phone", "passkey": "passkey"}
FACTS = ("session", "address")
CLOCKS = ("weakened", "recovered")
CONTEXT = ("ip_listed",)
HOUR = UNITS["h"]
WAITS = st.sampled_from([HOUR, 24 * HOUR, 48 * HOUR])


class View(msgspec.Struct, frozen=True):
    """What a requirement reads."""

    proofs: frozenset[str]
    facts: frozenset[str]
    context: frozenset[str]
    since: Mapping[str, int]
    age: Mapping[str, int]
    enrolled: frozenset[str]


def subsets(names):
    return st.frozensets(st.sampled_from(names))


def some(names):
    return st.lists(st.sampled_from(names), min_size=1, unique=True).map(tuple)


LEAVES = st.one_of(
    st.builds(Proof, st.sampled_from(FACTORS)),
    st.builds(Fact, st.sampled_from(FACTS)),
    st.builds(Context, st.sampled_from(CONTEXT)),
    st.builds(Since, st.sampled_from(CLOCKS), WAITS),
    st.builds(Age, st.sampled_from(FACTS), WAITS),
    st.builds(Strongest, some(FACTORS)),
    some(FACTORS).flatmap(
        lambda names: st.integers(1, len({CHANNELS[name] for name in names})).map(
            lambda number: AtLeast(number, names)
        )
    ),
)


def combined(children):
    return st.tuples(st.sampled_from([And, Or]), st.lists(children, min_size=2, max_size=3)).map(
        lambda pair: joined(pair[0], pair[1])
    )


EXPRESSIONS = st.recursive(LEAVES, combined, max_leaves=7)
TIMES = st.sampled_from([0, HOUR - 1, HOUR, 24 * HOUR, 48 * HOUR])
VIEWS = st.builds(
    View,
    subsets(FACTORS),
    subsets(FACTS),
    subsets(CONTEXT),
    st.dictionaries(st.sampled_from(CLOCKS), TIMES),
    st.dictionaries(st.sampled_from(FACTS), TIMES),
    subsets(FACTORS),
)


def holds(expression: Expression, view: View) -> bool:  # noqa: PLR0911 - one per node
    """The definition of expression.py, read out."""
    match expression:
        case Proof(factor):
            return factor in view.proofs
        case Fact(name):
            return name in view.facts
        case Context(name):
            return name in view.context
        case Since(clock, wait):
            return clock not in view.since or view.since[clock] >= wait
        case Age(fact, wait):
            return fact in view.age and view.age[fact] >= wait
        case Strongest(factors):
            enrolled = [factor for factor in factors if factor in view.enrolled]
            return bool(enrolled) and enrolled[0] in view.proofs
        case AtLeast(number, factors):
            return len({CHANNELS[factor] for factor in factors if factor in view.proofs}) >= number
        case And(items):
            return all(holds(item, view) for item in items)
        case Or(items):
            return any(holds(item, view) for item in items)


def atom_holds(atom: Atom, view: View) -> bool:
    """Rank besides the atoms that are expressions."""
    if isinstance(atom, Rank):
        enrolled = [factor for factor in atom.factors if factor in view.enrolled]
        return bool(enrolled) and enrolled[0] == atom.factors[atom.index]
    return holds(atom, view)


def text_of(expression: Expression) -> str:
    """The expression as somebody would write it."""
    match expression:
        case Proof(name) | Fact(name):
            return name
        case Context(name):
            return f"context:{name}"
        case Since(name, wait):
            return f"since({name}) >= {spell(wait)}"
        case Age(name, wait):
            return f"age({name}) >= {spell(wait)}"
        case Strongest(names):
            return f"strongest({', '.join(names)})"
        case AtLeast(number, names):
            return f"{number} of ({', '.join(names)})"
        case And(items):
            return " and ".join(_wrapped(item) for item in items)
        case Or(items):
            return " or ".join(_wrapped(item) for item in items)


def _wrapped(expression: Expression) -> str:
    text = text_of(expression)
    return f"({text})" if isinstance(expression, And | Or) else text


def scope() -> Scope:
    lets: dict[str, Parsed] = {}
    return Scope(
        factors=frozenset(FACTORS),
        facts=frozenset(FACTS),
        clocks=frozenset(CLOCKS),
        context=frozenset(CONTEXT),
        channels=CHANNELS,
        lets=frozenset(lets),
        let=lambda _name, _span: None,
    )


def compiled(expression: Expression):
    return compile_requirement(expression, "", 1, 1, channels=CHANNELS)


@given(EXPRESSIONS, VIEWS)
@settings(max_examples=600, deadline=None)
def test_function_and_cubes_agree_with_the_definition(expression, view):
    """One truth, three ways to it."""
    requirement = compiled(expression)
    expected = holds(expression, view)
    mask = sum(1 << index for index, atom in enumerate(requirement.atoms) if atom_holds(atom, view))
    assert requirement.test(view) is expected
    assert any(cube & mask == cube for cube in requirement.cubes) is expected


@given(EXPRESSIONS)
@settings(max_examples=300, deadline=None)
def test_cubes_are_minimal_and_stable(expression):
    """No cube contains another, none is empty, and a second run gives the same."""
    atoms, cubes = cubes_of(expression, CHANNELS)
    assert all(cubes)
    assert not any(a != b and a & b == a for a in cubes for b in cubes)
    assert (atoms, cubes) == cubes_of(expression, CHANNELS)


@given(EXPRESSIONS, VIEWS, st.sampled_from(FACTORS), st.sampled_from(FACTS), st.integers(0, 100 * HOUR))
@settings(max_examples=300, deadline=None)
def test_requirement_never_becomes_false_by_gaining(expression, view, factor, fact, later):
    """One more proof, one more fact, more time: what held still holds."""
    requirement = compiled(expression)
    richer = View(
        view.proofs | {factor},
        view.facts | {fact},
        view.context | set(CONTEXT),
        {clock: wait + later for clock, wait in view.since.items()},
        {name: age + later for name, age in view.age.items()},
        view.enrolled,
    )
    assert requirement.test(richer) or not requirement.test(view)


@given(EXPRESSIONS, VIEWS, st.integers(1, 5))
@settings(max_examples=300, deadline=None)
def test_stretching_never_lets_more_through(expression, view, factor):
    """The slower variant holds only where the plain one does, and equals it when all times are multiplied."""
    slower = compiled(stretched(expression, factor))
    assert compiled(expression).test(view) or not slower.test(view)
    later = View(
        view.proofs,
        view.facts,
        view.context,
        {clock: wait * factor for clock, wait in view.since.items()},
        {name: age * factor for name, age in view.age.items()},
        view.enrolled,
    )
    assert slower.test(later) is compiled(expression).test(view)


@given(EXPRESSIONS)
@settings(max_examples=400, deadline=None)
def test_text_leads_back_to_the_expression(expression):
    """What is written is what is read."""
    faults = Faults()
    parsed = parse_requirement(ScalarNode(text_of(expression), Span(1, 1), 1), scope(), faults)
    assert faults.found == []
    assert parsed is not None
    assert parsed.expression == expression


def test_requirement_that_spreads_too_far_is_refused_soon():
    """Each of these would have millions of alternatives, or take minutes: an error within seconds."""
    facts = tuple(Or((Fact(f"fact{n}"), Proof(f"factor{n}"))) for n in range(40))
    waits = tuple(Or((Since(f"clock{n % 5}", n), Age(f"fact{n % 8}", n))) for n in range(100))
    many = tuple(f"factor{n}" for n in range(30))
    for expression in (And(facts), And(waits), AtLeast(15, many), And((AtLeast(2, many), AtLeast(3, many)))):
        started = time.process_time()
        with pytest.raises(PolicyError) as caught:
            cubes_of(expression, {}, line=3, column=7)
        assert (caught.value.code, caught.value.span) == ("requirement_too_large", Span(3, 7))
        assert time.process_time() - started < 5
