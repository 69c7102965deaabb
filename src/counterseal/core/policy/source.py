# SPDX-License-Identifier: Apache-2.0
"""A document as a tree of nodes with spans: what the YAML gateway gives and the loader reads.

Every scalar stays text; the loader decides what is a number, a duration or a name. Because of that
`"24h"` and `24h` mean the same, and the digest of a document does not depend on quotes or comments.
"""

from __future__ import annotations

from typing import Any

import msgspec

from counterseal.core.errors import Span


class ScalarNode(msgspec.Struct, frozen=True):
    """A piece of text. `positions`: (line, column) of each character, where the text is not simply one line."""

    text: str
    span: Span
    column: int  # of the first character of `text` (behind the quote)
    positions: tuple[tuple[int, int], ...] | None = None

    def at(self, offset: int, length: int = 1) -> Span:
        """The span of `length` characters from `offset` (0-based, may be the end of the text)."""
        if self.positions is None:
            return Span(self.span.line, self.column + offset, length)
        if offset < len(self.positions):
            line, column = self.positions[offset]
            return Span(line, column, length)
        if self.positions:
            line, column = self.positions[-1]
            return Span(line, column + 1, length)
        return self.span


class SequenceNode(msgspec.Struct, frozen=True):
    """A list."""

    items: tuple[Node, ...]
    span: Span


class Entry(msgspec.Struct, frozen=True):
    """One key of a mapping and its value."""

    key: ScalarNode
    value: Node


class MappingNode(msgspec.Struct, frozen=True):
    """Keys in the order of the document; the gateway has refused duplicates."""

    entries: tuple[Entry, ...]
    span: Span


Node = ScalarNode | SequenceNode | MappingNode


def plain(node: Node) -> Any:
    """The tree as dict, list and str, without spans: what the digest covers."""
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return {entry.key.text: plain(entry.value) for entry in node.entries}
