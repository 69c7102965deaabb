# SPDX-License-Identifier: Apache-2.0
"""Random and mutated documents: whatever comes in, a policy or a PolicyError with a place comes out."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core.errors import PolicyError, Span
from counterseal.core.policy.faults import PolicyFaults
from counterseal.core.policy.loader import load_policy, load_vocabulary
from counterseal.core.policy.model import Policy, Vocabulary
from counterseal.core.policy.source import Entry, MappingNode, Node, ScalarNode, SequenceNode
from counterseal.gateways.packs import packs_directory, policy_from, shipped_vocabulary, vocabulary_from
from tests.support.policies import document

SAMPLE = document(
    head="let: {top: 'strongest(passkey, totp, sms)'}\nnotices: {all: [email, sms]}\nstretch: {exposed: 2}\n",
    actions="  pay: {verb: bind, require: session and top, grants: payout, lasts: 30d, notify: all, delay: 24h}\n",
    outflows="  fiat_payout: {require: session and payout and age(payout) >= 24h and totp, limit: 10/24h}\n",
    tail="properties:\n  - {name: x, given: capabilities <= 1, assert: no outflow, except: fiat_payout}\n",
)
PIECES = (
    *"{}[](),:&*!|>'\"%@`#-?\n\t ",
    "  ",
    "\n  ",
    ": ",
    "<<",
    "not ",
    "and",
    ">= ",
    "24h",
    "999999999d",
    "2 of ",
    "strongest(",
    "since(",
    "context:",
    "not_offered",
    "¤",
    "\x00",
    "\ud800",
    "\U0001f512",
)


def outcome(source, read) -> Policy | Vocabulary | PolicyError:
    """What reading gives; any other exception fails the test."""
    try:
        return read(source)
    except PolicyError as error:
        fault = error
    for one in fault.faults if isinstance(fault, PolicyFaults) else (fault,):
        assert min(one.span.line, one.span.column) >= 1
        assert one.sentence
        assert one.code != "policy_invalid"
    assert str(fault)
    assert fault.diagnostics()
    return fault


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300), st.lists(st.sampled_from(PIECES)).map("".join)))
@settings(max_examples=500, deadline=None)
def test_random_text_ends_in_a_policy_error(source):
    """No random text is a policy or a vocabulary."""
    assert isinstance(outcome(source, policy_from), PolicyError)
    assert isinstance(outcome(source, vocabulary_from), PolicyError)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_mutated_policy_ends_in_a_policy_or_its_error(data):
    """Pieces put in, cut out and moved in a small policy."""
    text = SAMPLE
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.sampled_from((*PIECES, ""))) + text[at + gone :]
    outcome(text, policy_from)


@pytest.mark.parametrize("name", ["hardened", "okx-2024", "vocabulary"])
def test_mutated_pack_ends_in_a_policy_or_its_error(name):
    """Forty copies of each shipped file, each with one line spoilt."""
    text = (packs_directory() / f"{name}.yaml").read_text()
    read = vocabulary_from if name == "vocabulary" else policy_from
    chance = random.Random(name)
    for _ in range(40):
        at = chance.randrange(len(text))
        outcome(text[:at] + chance.choice(PIECES) + text[at + chance.randrange(4) :], read)


WORDS = st.sampled_from(
    [
        "counterseal",
        "policy",
        "let",
        "notices",
        "stretch",
        "actions",
        "outflows",
        "properties",
        "require",
        "grants",
        "lasts",
        "delay",
        "limit",
        "notify",
        "withdraw",
        "vocabulary",
        "factors",
        "channels",
        "facts",
        "clocks",
        "verbs",
        "capabilities",
        "profiles",
        "1",
        "24h",
        "session",
        "totp",
        "not_offered",
        "",
    ]
)
SPANS = Span(1, 1)


def scalar(text: str) -> ScalarNode:
    return ScalarNode(text, SPANS, 1)


def mapping(entries: dict[str, Node]) -> MappingNode:
    return MappingNode(tuple(Entry(scalar(key), value) for key, value in entries.items()), SPANS)


NODES = st.recursive(
    WORDS.map(scalar),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: SequenceNode(tuple(items), SPANS)),
        st.dictionaries(WORDS, inner, max_size=6).map(mapping),
    ),
    max_leaves=25,
)


@given(NODES)
@settings(max_examples=400, deadline=None)
def test_random_tree_ends_in_a_policy_error(node):
    """Well-formed YAML of the wrong shape at any depth."""
    assert isinstance(outcome(node, lambda tree: load_policy(tree, "", shipped_vocabulary())), PolicyError)
    assert isinstance(outcome(node, lambda tree: load_vocabulary(tree, "")), PolicyError)


@given(st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_digest_does_not_depend_on_the_order_of_keys_or_on_comments(chance):
    """Sections and rules shuffled, comments added: the same digest; one word changed: another."""
    lines = SAMPLE.splitlines()
    sections: list[list[str]] = []
    for line in lines:
        if line.startswith(" "):
            sections[-1].append(line)
        else:
            sections.append([line])
    chance.shuffle(sections)
    for section in sections:
        rest = section[1:]
        chance.shuffle(rest)
        section[1:] = rest
    text = "# a comment\n" + "\n".join(line for section in sections for line in section) + "\n"
    assert policy_from(text).digest == policy_from(SAMPLE).digest
    assert policy_from(text.replace("limit: 10/24h", "limit: 11/24h")).digest != policy_from(SAMPLE).digest
