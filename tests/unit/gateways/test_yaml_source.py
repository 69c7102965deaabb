# SPDX-License-Identifier: Apache-2.0
"""The strict YAML reader: what it refuses, where, how fast, and exact columns of what it accepts."""

from __future__ import annotations

import pytest

from counterseal.core.errors import PolicyError
from counterseal.core.policy.source import MappingNode, ScalarNode, plain
from counterseal.gateways.yaml_source import read_yaml
from tests.support.policies import marked

MIB = 1 << 20

REFUSED = {
    "yaml_syntax": "a: b¤: c\n",
    "yaml_syntax for a tab": "a:\n¤\t- b\n",
    "yaml_syntax for an open brace": "a: {b: c\n¤",
    "yaml_syntax for a huge escape": '¤a: "\\UFFFFFFFF"\n',
    "yaml_anchor": "a: ¤&x b\n",
    "yaml_anchor on a mapping": "a: ¤&x {b: c}\n",
    "yaml_alias": "a: b\nc: ¤*x\n",
    "yaml_tag": "a: ¤!!str b\n",
    "yaml_tag of one's own": "a: ¤!python/object b\n",
    "yaml_merge": "a:\n  ¤<<: b\n",
    "yaml_directive": "%YAML 1.2\n¤---\na: b\n",
    "yaml_documents": "a: b\n¤---\nc: d\n",
    "yaml_duplicate_key": "a: b\nc: d\n¤a: e\n",
    "yaml_duplicate_key with quotes": 'a: b\n¤"a": e\n',
    "yaml_key": "? ¤[a]\n: b\n",
    "yaml_key without text": "¤: b\n",
    "yaml_empty": "¤# nothing\n",
    "yaml_character": "a: b\nc: d¤\x00\n",
    "yaml_character of direction": "a: ¤\u202eb\n",
    "yaml_character through an escape": 'a: ¤"\\0"\n',
    "yaml_character of half a pair": "a: ¤\ud800\n",
    "yaml_character for a lone return": "a: b¤\rc: d\n",
    "yaml_too_deep": "a: " + "[" * 31 + "¤[" + "]" * 32 + "\n",
}

HOSTILE = {
    "plain": "a: " + "x" * MIB,
    "escapes": 'a: "' + "\\x41" * (MIB // 4 - 10) + '"',
    "long lines": "a: " + ("x " * 2000 + "\n ") * 250,
    "comments": "#\n" * (MIB // 2 - 10),
    "words": "a: " + "x " * (MIB // 2 - 10),
    "block": "a: |\n" + " x\n" * (MIB // 3 - 10),
    "many keys": "".join(f"a{number}: b\n" for number in range(90_000)),
    "flow depth": "[" * (MIB - 10),
    "block depth": "- " * (MIB // 2 - 10),
    "complex keys": "? " * (MIB // 2 - 10),
    "braces": "{" * 4000,
    "colons": "{" + ":" * 4000,
    "tag": "a: !" + "x" * 4000,
    "encoded tag": "a: !<" + "%41" * 1300 + ">",
    "directives": "%A b\n" * 15_000,
    "laughs": "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    "items": "[" + ("a," * 1000 + "\n") * 19,
    "rows": ("[" + "a," * 1000 + "\n") * 200,
    "spaces": (" " * 4000 + "\n") * 250 + "a: &x b",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_code_and_place(name):
    """Each thing that the language leaves out is an error at its place."""
    text, line, column = marked(REFUSED[name])
    with pytest.raises(PolicyError) as caught:
        read_yaml(text)
    assert (caught.value.code, caught.value.span.line, caught.value.span.column) == (name.split()[0], line, column)


@pytest.mark.timeout(20)  # without its limits the reader would take minutes
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_document_ends_in_an_error(name):
    """Whatever its size or shape: PolicyError."""
    with pytest.raises(PolicyError):
        read_yaml(HOSTILE[name])


def test_over_one_mebibyte_is_refused():
    """Text and bytes are measured alike: in bytes."""
    for source in ("é" * (MIB // 2 + 1), b"a" * (MIB + 1)):
        with pytest.raises(PolicyError) as caught:
            read_yaml(source)
        assert caught.value.code == "yaml_too_large"


def test_bytes_that_are_not_utf8_are_refused_with_place():
    """The first bad byte is on line 2, column 4."""
    with pytest.raises(PolicyError) as caught:
        read_yaml(b"a: b\nc: \xff\n")
    assert (caught.value.code, caught.value.span.line, caught.value.span.column) == ("yaml_encoding", 2, 4)


def test_scalars_stay_text():
    """Numbers, booleans and nulls of YAML are words here; quotes change nothing."""
    node = read_yaml('a: 24h\nb: [yes, 010, 1e3, null, ~, 0x1F]\nc: "24h"\n')
    assert plain(node) == {"a": "24h", "b": ["yes", "010", "1e3", "null", "~", "0x1F"], "c": "24h"}


@pytest.mark.parametrize(
    "text",
    [
        "a: one and ¤two\n",
        'a: "one and ¤two"\n',
        "a: 'it''s and ¤two'\n",
        'a: "\\x41 and ¤two"\n',
        "a: one and\n   ¤two\n",
        "a: >\n  one and\n  ¤two\n",
        "a: |-\n    one and\n    ¤two\n",
        'a: "one \\\n    and ¤two"\n',
        "x: {b: c, a: one and ¤two}\n",
        "a: 中文 and ¤two\n",
        "a: one\n\n\n  and ¤two # comment\n",
        "a: one and\r\n   ¤two\r\n",
    ],
)
def test_every_character_knows_its_place(text):
    """The offset of a word in the value leads back to its line and column in the text."""
    text, line, column = marked(text)
    root = read_yaml(text)
    assert isinstance(root, MappingNode)
    node = root.entries[-1].value if root.entries[0].key.text != "x" else root.entries[0].value.entries[-1].value
    assert isinstance(node, ScalarNode)
    span = node.at(node.text.index("two"), 3)
    assert (span.line, span.column, span.length) == (line, column, 3)


def test_byte_order_mark_at_the_start_is_ignored():
    """Editors on Windows write it."""
    assert plain(read_yaml("\ufeffa: b\n")) == {"a": "b"}
