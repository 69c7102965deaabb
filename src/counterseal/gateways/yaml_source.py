# SPDX-License-Identifier: Apache-2.0
"""YAML 1.2 text into the node tree of core/policy/source.py, strictly.

Refused: anchors, aliases, tags, merge keys, directives, more than one document, duplicate or non-text
keys, characters that a reviewer cannot see (controls, bidirectional marks), and anything large enough
to be an attack on the reader. Every fault is a PolicyError with line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from counterseal.core.errors import PolicyError, Span
from counterseal.core.policy.source import Entry, MappingNode, Node, ScalarNode, SequenceNode

MAX_BYTES = 1 << 20
MAX_LINES = 20_000
MAX_LINE = 4_096  # the scanner is quadratic in the length of some tokens
MAX_WORDS = 150_000  # the scanner's time goes by words, not by bytes
MAX_DEPTH = 32
MAX_NODES = 20_000

# Besides controls: NEL, LS, PS (line breaks in YAML 1.1 only: lines would be counted differently), and
# the marks that make a text read differently from what it says.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]|\r(?!\n)"
)
_ESCAPE_DIGITS = {"x": 2, "u": 4, "U": 8}


def read_yaml(source: str | bytes) -> Node:
    """Parse one YAML document. Raises PolicyError (code `yaml_...`) with a span; nothing else."""
    text = _decoded(source)
    _check_size(text)
    try:
        return _Reader(text).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = Span(mark.line + 1, mark.column + 1) if mark else Span(1, 1)
        problem = " ".join(str(error.problem or error.context or "malformed").split())[:200]
        raise PolicyError(
            f"this is not YAML: {problem}",
            span=span,
            code="yaml_syntax",
            hint="Indent with spaces; quote a text that contains `: `, ` #` or, inside {...}, a comma.",
        ) from None
    except PolicyError:
        raise
    except Exception as error:  # noqa: BLE001 - the library leaks OverflowError and others on hostile text
        raise PolicyError(
            f"this is not YAML: {type(error).__name__}", span=Span(1, 1), code="yaml_syntax"
        ) from None


def _fail(code: str, span: Span, sentence: str, hint: str = "") -> NoReturn:
    raise PolicyError(sentence, span=span, code=code, hint=hint)


def _decoded(source: str | bytes) -> str:
    if isinstance(source, bytes):
        if len(source) > MAX_BYTES:
            _fail("yaml_too_large", Span(1, 1), "the document is larger than 1 MiB")
        try:
            text = source.decode()
        except UnicodeDecodeError as error:
            before = source[: error.start].decode()
            span = Span(before.count("\n") + 1, len(before) - before.rfind("\n"))
            _fail("yaml_encoding", span, "the document is not UTF-8")
    else:
        text = source
    text = text.removeprefix("\ufeff")
    match = _UNSEEN.search(text)
    if match:
        before = text[: match.start()]
        span = Span(before.count("\n") + 1, len(before) - before.rfind("\n"))
        name = f"U+{ord(match[0][0]):04X}"
        _fail("yaml_character", span, f"the character {name} is not allowed", "A reader could not see it.")
    return text


def _check_size(text: str) -> None:
    if len(text) > MAX_BYTES or len(text.encode()) > MAX_BYTES:
        _fail("yaml_too_large", Span(1, 1), "the document is larger than 1 MiB")
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        _fail("yaml_too_many", Span(MAX_LINES + 1, 1), f"the document has more than {MAX_LINES:,} lines")
    if len(text.split()) > MAX_WORDS:
        _fail("yaml_too_many", Span(1, 1), f"the document has more than {MAX_WORDS:,} words")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            _fail("yaml_too_large", Span(number, MAX_LINE), f"the line is longer than {MAX_LINE:,} characters")


class _Reader:
    """One document, from events; recursion is bounded by MAX_DEPTH."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nodes = 0
        self.events: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)

    def document(self) -> Node:
        next(self.events)  # start of stream
        event = next(self.events)
        if not isinstance(event, DocumentStartEvent):
            _fail("yaml_empty", Span(1, 1), "the document is empty")
        if event.version is not None or event.tags:
            _fail("yaml_directive", _span(event), "directives (`%`) are not allowed")
        root = self.node(next(self.events), 1)
        next(self.events)  # end of document
        event = next(self.events)
        if isinstance(event, DocumentStartEvent):
            _fail("yaml_documents", _span(event), "only one document is allowed in a file")
        return root

    def node(self, event: Any, depth: int) -> Node:
        self.nodes += 1
        self._check(event, depth)
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(item := next(self.events), SequenceEndEvent):
                items.append(self.node(item, depth + 1))
            return SequenceNode(tuple(items), _span(event))
        return self._mapping(event, depth)

    def _check(self, event: Any, depth: int) -> None:
        span = _span(event)
        if isinstance(event, AliasEvent):
            _fail("yaml_alias", span, "aliases (`*`) are not allowed", "Write the value out, or use `let`.")
        if event.anchor is not None:
            _fail("yaml_anchor", span, "anchors (`&`) are not allowed", "Write the value out, or use `let`.")
        if event.ctag is not None:
            _fail("yaml_tag", span, "tags (`!`) are not allowed")
        if depth > MAX_DEPTH:
            _fail("yaml_too_deep", span, f"the document is nested deeper than {MAX_DEPTH} levels")
        if self.nodes > MAX_NODES:
            _fail("yaml_too_many", span, f"the document has more than {MAX_NODES:,} values")

    def _mapping(self, event: Any, depth: int) -> MappingNode:
        entries: list[Entry] = []
        seen: dict[str, Span] = {}
        while not isinstance(key_event := next(self.events), MappingEndEvent):
            key = self._key(key_event)
            if key.text in seen:
                _fail(
                    "yaml_duplicate_key",
                    key.span,
                    f"the key `{key.text[:64]}` is here twice",
                    f"The first is on line {seen[key.text].line}.",
                )
            seen[key.text] = key.span
            entries.append(Entry(key, self.node(next(self.events), depth + 1)))
        return MappingNode(tuple(entries), _span(event))

    def _key(self, event: Any) -> ScalarNode:
        self.nodes += 1
        self._check(event, 0)
        if not isinstance(event, ScalarEvent):
            _fail("yaml_key", _span(event), "a key must be text")
        if event.value == "<<" and event.style is None:
            _fail("yaml_merge", _span(event), "merge keys (`<<`) are not allowed", "Write the keys out.")
        if event.value == "":
            _fail("yaml_key", _span(event), "a key must not be empty")
        return self._scalar(event)

    def _scalar(self, event: Any) -> ScalarNode:
        start, end = event.start_mark, event.end_mark
        raw = self.text[start.index : end.index]
        value: str = event.value
        if _UNSEEN.search(value):  # through an escape in double quotes
            _fail("yaml_character", _span(event), "an escape makes a character that is not allowed")
        quote = 0 if event.style is None else 1
        line, column = start.line + 1, start.column + 1
        length = len(raw) if start.line == end.line else 1
        span = Span(line, column, max(1, length))
        body = raw[1:-1] if event.style in {"'", '"'} else raw
        if body == value or (event.style is None and start.line == end.line):
            return ScalarNode(value, span, column + quote)
        return ScalarNode(value, span, column + quote, _positions(value, raw, event.style, line, column))


def _span(event: Any) -> Span:
    mark = event.start_mark
    return Span(mark.line + 1, mark.column + 1)


def _positions(value: str, raw: str, style: str | None, line: int, column: int) -> tuple[tuple[int, int], ...]:
    """Where each character of a folded or escaped scalar stands, by walking both texts side by side."""
    places: list[tuple[int, int]] = []
    for character in raw:
        places.append((line, column))
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    places.append((line, column))
    found: list[tuple[int, int]] = []
    index = raw.find("\n") + 1 if style in {"|", ">"} else (0 if style is None else 1)
    for character in value:
        if not character.isspace():
            while index < len(raw) and (raw[index].isspace() or raw[index : index + 2] == "\\\n"):
                index += 2 if raw[index] == "\\" else 1
        found.append(places[min(index, len(raw))])
        index += _width(raw, index, style)
    return tuple(found)


def _width(raw: str, index: int, style: str | None) -> int:
    """How many characters of the source make the one at `index`."""
    if style == "'" and raw[index : index + 2] == "''":
        return 2
    if style == '"' and raw[index : index + 1] == "\\":
        return 2 + _ESCAPE_DIGITS.get(raw[index + 1 : index + 2], 0)
    return 1
