# SPDX-License-Identifier: Apache-2.0
"""The words of a requirement, each with its place."""

from __future__ import annotations

import re

import msgspec

from counterseal.core.errors import PolicyError, Span
from counterseal.core.policy.source import ScalarNode

KEYWORDS = frozenset({"and", "or", "of", "not", "strongest", "since", "age", "context"})

_TOKEN = re.compile(r"\s+|(?P<number>[0-9]+[a-zA-Z]*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>>=|[(),:])")
_SIGN_HINT = {
    "!": "There is no negation: name what must hold instead.",
    ">": "Waits are written `>=`: `since(weakened) >= 24h`.",
    "<": "Only `>=` is allowed: a requirement never becomes false by waiting.",
    "=": "Waits are written `>=`: `since(weakened) >= 24h`.",
    "&": "Write `and`.",
    "|": "Write `or`.",
}


class Token(msgspec.Struct, frozen=True):
    """A word or sign. `kind`: number | name | sign | end."""

    kind: str
    text: str
    offset: int

    def span(self, node: ScalarNode) -> Span:
        """Where it stands in the document."""
        return node.at(self.offset, max(1, len(self.text)))


def scan(node: ScalarNode) -> list[Token]:
    """The words of a requirement and an `end`. Raises PolicyError at a sign that has no meaning."""
    tokens: list[Token] = []
    offset, text = 0, node.text
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            sign = text[offset]
            raise PolicyError(
                f"`{sign}` has no meaning here",
                span=node.at(offset),
                code="expression_not" if sign == "!" else "expression_syntax",
                hint=_SIGN_HINT.get(sign, ""),
            )
        if match.lastgroup is not None:
            tokens.append(Token(match.lastgroup, match[0], offset))
        offset = match.end()
    tokens.append(Token("end", "", len(text.rstrip())))
    return tokens
