# SPDX-License-Identifier: Apache-2.0
"""The `properties` section of a document into Property structs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from counterseal.core.errors import Span
from counterseal.core.policy.faults import did_you_mean
from counterseal.core.policy.model import Property, Vocabulary
from counterseal.core.policy.properties import (
    ASSERT_FORMS,
    GIVEN_FORMS,
    Assertion,
    Given,
    Names,
    TheseCapabilities,
    UnknownName,
    fits,
    parse_assertion,
    parse_given,
)
from counterseal.core.policy.reading import Reader, texts
from counterseal.core.policy.source import Entry, Node, ScalarNode, SequenceNode

Form = TypeVar("Form")
PROPERTY_KEYS = ("name", "given", "assert", "except", "profiles")


def read_properties(
    reader: Reader, section: Entry | None, vocabulary: Vocabulary, outflows: Collection[str]
) -> tuple[Property, ...]:
    """Every property of the document that could be read; `outflows` are the names for `except`."""
    if section is None:
        return ()
    if not isinstance(section.value, SequenceNode):
        reader.faults.add("value_type", section.value.span, "`properties` must be a list")
        return ()
    names = Names(vocabulary.capabilities, vocabulary.factors, vocabulary.facts)
    found: list[Property] = []
    taken: dict[str, Span] = {}
    for node in section.value.items:
        item = _read(reader, node, vocabulary, names, outflows)
        if item is None:
            continue
        if item.name in taken:
            reader.faults.add("name_taken", node.span, f"the property `{item.name}` is here twice")
        taken[item.name] = node.span
        found.append(item)
    return tuple(found)


def _read(
    reader: Reader, node: Node, vocabulary: Vocabulary, names: Names, outflows: Collection[str]
) -> Property | None:
    keys = reader.keys(node, "a property", allowed=PROPERTY_KEYS, required=("name", "given", "assert"))
    given = _given(reader, keys.get("given"), names)
    assertion = _assertion(reader, keys.get("assert"), names)
    name = reader.text(keys.get("name"), "`name`")
    excepted = texts(reader.names(keys.get("except"), "`except`", outflows, code="outflow_unknown"))
    profiles = texts(reader.names(keys.get("profiles"), "`profiles`", vocabulary.profiles, code="profile_unknown"))
    if given is None or assertion is None or not name:
        return None
    if not fits(given[1], assertion[1]):
        reader.faults.add(
            "property_mismatch",
            keys["assert"].value.span,
            f"`{assertion[0]}` cannot be asked with `given: {given[0]}`",
            "The owner's power goes with `lost`, `not substitutes` with `enrolled`, all else with capabilities.",
        )
    return Property(
        name=name,
        line=node.span.line,
        column=node.span.column,
        given=given[0],
        assertion=assertion[0],
        given_form=given[1],
        assert_form=assertion[1],
        outflows_excepted=excepted,
        profiles=profiles,
    )


def _given(reader: Reader, entry: Entry | None, names: Names) -> tuple[str, Given] | None:
    if entry is None:
        return None
    if isinstance(entry.value, SequenceNode):
        known = reader.names(entry, "`given`", names.capabilities, code="capability_unknown")
        return f"[{', '.join(texts(known))}]", TheseCapabilities(texts(known))
    node = reader.scalar(entry.value, "`given`")
    if node is None:
        return None
    return _parsed(reader, node, names, parse_given, "given", GIVEN_FORMS)


def _assertion(reader: Reader, entry: Entry | None, names: Names) -> tuple[str, Assertion] | None:
    node = reader.scalar(entry.value, "`assert`") if entry else None
    if node is None:
        return None
    return _parsed(reader, node, names, parse_assertion, "assert", ASSERT_FORMS)


def _parsed(
    reader: Reader,
    node: ScalarNode,
    names: Names,
    parse: Callable[[str, Names], Form | None],
    member: str,
    forms: Sequence[str],
) -> tuple[str, Form] | None:
    """The text in one spelling and what it means; None with a fault at its place where it means nothing."""
    text = " ".join(node.text.split())
    try:
        form = parse(text, names)
    except UnknownName as error:
        _unknown(reader, node, error, names)
        return None
    if form is None:
        sentence = f"`{text[:80]}` is no form of `{member}`"
        reader.faults.add(f"{member}_invalid", node.span, sentence, f"One of: {'; '.join(forms)}.")
        return None
    return text, form


def _unknown(reader: Reader, node: ScalarNode, error: UnknownName, names: Names) -> None:
    known = names.factors if error.kind == "factor" else names.facts
    offset = max(node.text.find(error.word, max(0, error.offset)), 0)
    reader.faults.add(
        f"{error.kind}_unknown",
        node.at(offset, len(error.word)),
        f"`{error.word[:64]}` is no {error.kind} of the vocabulary",
        did_you_mean(error.word, known),
    )
