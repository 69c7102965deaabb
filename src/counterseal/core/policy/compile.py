# SPDX-License-Identifier: Apache-2.0
"""A requirement compiled once: a Python function for the guard, minimal cubes for reasons and the prover.

The function is built from the syntax tree with the `ast` module. Text of a policy never becomes code:
names occur only as string constants, so a hostile name could at most be a string that matches nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from counterseal.core.policy.cubes import by_channel, cubes_of
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
from counterseal.core.policy.model import Requirement, Test


def compile_requirement(
    expression: Expression, text: str, line: int, column: int, *, channels: Mapping[str, str]
) -> Requirement:
    """Compile. `channels`: factor -> channel (for `k of`). Raises PolicyError `requirement_too_large`."""
    atoms, cubes = cubes_of(expression, channels, line=line, column=column)
    return Requirement(
        text=text,
        expression=expression,
        atoms=atoms,
        cubes=cubes,
        test=compile_test(expression, channels),
        line=line,
        column=column,
        factors=frozenset(factors_of(expression)),
        facts=_once(x.name if isinstance(x, Fact) else x.fact for x in atoms if isinstance(x, Fact | Age)),
        clocks=_once(atom.clock for atom in atoms if isinstance(atom, Since)),
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order of its first atom."""
    return tuple(dict.fromkeys(names))


def stretch_requirement(requirement: Requirement, factor: int, *, channels: Mapping[str, str]) -> Requirement:
    """The same requirement with every wait multiplied by `factor` (>= 1)."""
    slower = stretched(requirement.expression, factor)
    if slower == requirement.expression:
        return requirement
    return compile_requirement(slower, requirement.text, requirement.line, requirement.column, channels=channels)


def stretched(expression: Expression, factor: int) -> Expression:
    """The expression with every `since` and `age` wait multiplied."""
    if isinstance(expression, Since | Age):
        return msgspec.structs.replace(expression, wait=expression.wait * factor)
    if isinstance(expression, And | Or):
        return type(expression)(tuple(stretched(item, factor) for item in expression.items))
    return expression


def atoms_in(expression: Expression) -> Iterable[Expression]:
    """Every leaf of the tree, `strongest` and `k of` included, in order."""
    if isinstance(expression, And | Or):
        for item in expression.items:
            yield from atoms_in(item)
    else:
        yield expression


def factors_of(expression: Expression) -> Iterable[str]:
    """Every factor class that occurs."""
    for atom in atoms_in(expression):
        if isinstance(atom, Proof):
            yield atom.factor
        elif isinstance(atom, Strongest | AtLeast):
            yield from atom.factors


def compile_test(expression: Expression, channels: Mapping[str, str]) -> Test:
    """The fast evaluator: a function of one View that returns a bool."""
    body = _code(expression, channels)
    function = ast.FunctionDef(
        name="requirement",
        args=ast.arguments(posonlyargs=[ast.arg("view")], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
        body=[ast.Return(body)],
        decorator_list=[],
    )
    module = ast.fix_missing_locations(ast.Module(body=[function], type_ignores=[]))
    scope: dict[str, Any] = {"__builtins__": {}}
    exec(compile(module, "<requirement>", "exec"), scope)  # noqa: S102 - built from the tree above, never from text
    return cast("Test", scope["requirement"])


def _code(expression: Expression, channels: Mapping[str, str]) -> ast.expr:  # noqa: PLR0911 - one per node
    """The expression that answers for one node; every case ends in a bool."""
    match expression:
        case Proof(factor):
            return _has(factor, "proofs")
        case Fact(name):
            return _has(name, "facts")
        case Context(name):
            return _has(name, "context")
        case Since(clock, wait):  # a clock that never ran is absent: true
            return _at_least_wait("since", clock, wait, absent=wait)
        case Age(fact, wait):  # an object that is not there has no age: false
            return _at_least_wait("age", fact, wait, absent=-1)
        case Strongest(factors):
            return _strongest(factors)
        case AtLeast(number, factors):
            return _k_of(number, factors, channels)
        case And(items):
            return ast.BoolOp(ast.And(), [_code(item, channels) for item in items])
        case Or(items):
            return ast.BoolOp(ast.Or(), [_code(item, channels) for item in items])


def _field(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("view", ast.Load()), name, ast.Load())


def _has(name: str, field: str) -> ast.expr:
    return ast.Compare(ast.Constant(name), [ast.In()], [_field(field)])


def _at_least_wait(field: str, name: str, wait: int, *, absent: int) -> ast.expr:
    get = ast.Attribute(_field(field), "get", ast.Load())
    value = ast.Call(get, [ast.Constant(name), ast.Constant(absent)], [])
    return ast.Compare(value, [ast.GtE()], [ast.Constant(wait)])


def _strongest(factors: tuple[str, ...]) -> ast.expr:
    """`a proved if a enrolled else (b proved if b enrolled else ... False)`."""
    code: ast.expr = ast.Constant(value=False)
    for factor in reversed(factors):
        code = ast.IfExp(_has(factor, "enrolled"), _has(factor, "proofs"), code)
    return code


def _k_of(number: int, factors: tuple[str, ...], channels: Mapping[str, str]) -> ast.expr:
    """The count of channels with a proof, compared with `number`."""
    groups = list(by_channel(factors, channels).values())
    answers: list[ast.expr] = [
        _has(group[0], "proofs") if len(group) == 1 else ast.BoolOp(ast.Or(), [_has(f, "proofs") for f in group])
        for group in groups
    ]
    total = answers[0]
    for answer in answers[1:]:
        total = ast.BinOp(total, ast.Add(), answer)
    return ast.Compare(total, [ast.GtE()], [ast.Constant(number)])
