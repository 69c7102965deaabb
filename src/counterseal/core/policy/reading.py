# SPDX-License-Identifier: Apache-2.0
"""Strict reading of node trees: each helper notes what is wrong and returns what could be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

import msgspec

from counterseal.core.errors import Span
from counterseal.core.policy.faults import Faults, did_you_mean
from counterseal.core.policy.quantities import MAX_WAIT, NAME, amount, duration
from counterseal.core.policy.source import Entry, MappingNode, Node, ScalarNode, SequenceNode

MAX_TEXT = 2_000


class Named(msgspec.Struct, frozen=True):
    """A name and where it stands."""

    text: str
    span: Span


class Reader:
    """Reads one document; faults go to `faults`, every method returns a usable default beside them."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def keys(
        self, node: Node, what: str, *, allowed: Collection[str], required: Collection[str] = ()
    ) -> dict[str, Entry]:
        """The entries of a mapping with a closed set of keys."""
        found: dict[str, Entry] = {}
        for entry in self.entries(node, what):
            key = entry.key.text
            if key in allowed:
                found[key] = entry
                continue
            hint = did_you_mean(key, allowed)
            if any(sign in key for sign in "(),"):
                hint = "Inside {...} a requirement that contains a comma needs quotes."
            self.faults.add("key_unknown", entry.key.span, f"{what} has no key `{key[:64]}`", hint)
        for key in required:
            if key not in found and isinstance(node, MappingNode):
                self.faults.add("key_missing", node.span, f"{what} needs the key `{key}`")
        return found

    def entries(self, node: Node | None, what: str) -> tuple[Entry, ...]:
        """The entries of a mapping with free keys; none where the node is missing or something else."""
        if node is None:
            return ()
        if isinstance(node, MappingNode):
            return node.entries
        self.faults.add("value_type", node.span, f"{what} must be a mapping (`key: value`)")
        return ()

    def named(self, node: Node | None, what: str) -> Iterator[Entry]:
        """Entries whose keys are new names."""
        for entry in self.entries(node, what):
            if self.is_name(entry.key):
                yield entry

    def is_name(self, key: ScalarNode) -> bool:
        """A new name: lower-case letters, digits and `_`."""
        if NAME.match(key.text):
            return True
        self.faults.add(
            "name_invalid",
            key.span,
            f"`{key.text[:64]}` is not a name",
            "Lower-case letters, digits and `_`, starting with a letter, at most 64.",
        )
        return False

    def scalar(self, node: Node, what: str) -> ScalarNode | None:
        """A single value that is not empty."""
        if not isinstance(node, ScalarNode):
            self.faults.add("value_type", node.span, f"{what} must be a single value")
            return None
        if not node.text.strip():
            self.faults.add("value_missing", node.span, f"{what} has no value")
            return None
        return node

    def text(self, entry: Entry | None, what: str) -> str:
        """Free text of at most 2,000 characters; empty when absent."""
        node = self.scalar(entry.value, what) if entry else None
        if node is None:
            return ""
        if len(node.text) > MAX_TEXT:
            self.faults.add("text_too_long", node.span, f"{what} is longer than {MAX_TEXT:,} characters")
        return node.text.strip()

    def items(self, node: Node, what: str) -> list[ScalarNode]:
        """One value or a list of values."""
        nodes = node.items if isinstance(node, SequenceNode) else (node,)
        return [scalar for item in nodes if (scalar := self.scalar(item, what)) is not None]

    def names(
        self, entry: Entry | None, what: str, known: Collection[str] | None = None, *, code: str = "name_unknown"
    ) -> tuple[Named, ...]:
        """One name or a list of names, each once; with `known`, each one of these."""
        found: dict[str, Named] = {}
        for scalar in self.items(entry.value, what) if entry else ():
            if known is not None and scalar.text not in known:
                hint = did_you_mean(scalar.text, known)
                self.faults.add(code, scalar.span, f"`{scalar.text[:64]}` cannot stand in {what}", hint)
            elif known is None and not self.is_name(scalar):
                continue
            elif scalar.text in found:
                self.faults.add("name_repeated", scalar.span, f"`{scalar.text}` is named twice")
            else:
                found[scalar.text] = Named(scalar.text, scalar.span)
        return tuple(found.values())

    def choice(self, entry: Entry | None, what: str, known: Collection[str], *, default: str) -> str:
        """One of a closed list."""
        node = self.scalar(entry.value, what) if entry else None
        if node is None:
            return default
        if node.text not in known:
            hint = did_you_mean(node.text, known)
            self.faults.add("choice_invalid", node.span, f"`{node.text[:64]}` is no {what}", hint)
            return default
        return node.text

    def truth(self, entry: Entry | None, what: str) -> bool:
        """`true` or `false`; absent is false."""
        return self.choice(entry, what + " (true or false)", ("true", "false"), default="false") == "true"

    def duration(self, node: Node, what: str) -> int:
        """A duration in ms, at most 365 d."""
        scalar = self.scalar(node, what)
        if scalar is None:
            return 0
        wait = duration(scalar.text)
        if wait is None:
            self.faults.add(
                "duration_invalid",
                scalar.span,
                f"`{scalar.text[:32]}` is not a duration",
                "A whole number and s, m, h or d: `90s`, `15m`, `24h`, `30d`.",
            )
            return 0
        if wait > MAX_WAIT:
            self.faults.add("wait_too_long", scalar.span, f"`{scalar.text}` is longer than 365d")
        return wait

    def amount(self, node: Node, what: str) -> Decimal:
        """An amount in the accounting currency."""
        scalar = self.scalar(node, what)
        value = amount(scalar.text) if scalar else Decimal(0)
        if value is None and scalar:
            self.faults.add(
                "amount_invalid", scalar.span, f"`{scalar.text[:32]}` is not an amount", "Digits and one point."
            )
        return value or Decimal(0)

    def version(self, entry: Entry | None) -> None:
        """The first key of every document: `counterseal: 1`."""
        node = self.scalar(entry.value, "`counterseal`") if entry else None
        if node is not None and node.text != "1":
            self.faults.add(
                "version_unknown",
                node.span,
                f"version `{node.text[:32]}` of the policy language is unknown",
                "Write `counterseal: 1`.",
            )


def texts(names: tuple[Named, ...]) -> tuple[str, ...]:
    """Only the words."""
    return tuple(name.text for name in names)
