# SPDX-License-Identifier: Apache-2.0
"""What surrounds a requirement while it is parsed: the names that it may use, and where its atoms stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from counterseal.core.errors import Span
from counterseal.core.policy.expression import And, Expression, Or


class Mention(msgspec.Struct, frozen=True):
    """Where an atom of the expression stands (or the `let` name that stands for it)."""

    atom: Expression
    span: Span


class Parsed(msgspec.Struct, frozen=True):
    """A requirement and the places of its atoms."""

    expression: Expression
    mentions: tuple[Mention, ...]


class Scope(msgspec.Struct, frozen=True):
    """The names that an expression may use. `let` gives the expansion of a name, or None when that is faulty."""

    factors: frozenset[str]
    facts: frozenset[str]
    clocks: frozenset[str]
    context: frozenset[str]
    channels: Mapping[str, str]  # factor -> channel
    lets: frozenset[str]
    let: Callable[[str, Span], Parsed | None]


def joined(kind: type[And | Or], items: list[Expression]) -> Expression:
    """`and` / `or` of the items: nested ones of the same kind are flattened, repeated ones dropped."""
    flat: dict[Expression, None] = {}
    for item in items:
        for part in item.items if isinstance(item, kind) else (item,):
            flat[part] = None
    parts = tuple(flat)
    return parts[0] if len(parts) == 1 else kind(parts)
