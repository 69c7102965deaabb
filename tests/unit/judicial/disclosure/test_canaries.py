# SPDX-License-Identifier: Apache-2.0
"""Marks: unique, found again in pieces, and never in a value."""

from __future__ import annotations

import json
import re

import pytest

from counterseal.judicial.disclosure import canaries as c

KEY = bytes(range(32))
TEXT = json.dumps({"rows": [{"at": str(number), "ip": "203.0.113.7"} for number in range(20)]}, indent=1)


def test_tags_are_twelve_letters_of_base32_and_differ() -> None:
    made = [mark.tag for number in range(20_000) for mark in c.canaries_of(KEY, f"dsc_{number}")]
    assert len(set(made)) == len(made) == 60_000
    assert all(re.fullmatch("[a-z2-7]{12}", tag) for tag in made[:300])


def test_tags_follow_from_the_key_alone() -> None:
    assert c.tag_of(KEY, "dsc_1", "alias") == c.tag_of(KEY, "dsc_1", "alias")
    assert c.tag_of(KEY, "dsc_1", "alias") != c.tag_of(KEY[::-1], "dsc_1", "alias")
    assert c.tag_of(KEY, "dsc_1", "alias") != c.tag_of(KEY, "dsc_1", "reference")


def test_blanks_change_nothing_that_json_says() -> None:
    marked = c.with_format(TEXT, c.tag_of(KEY, "dsc_1", "format"))
    assert json.loads(marked) == json.loads(TEXT)
    assert [line.rstrip(" \t") for line in marked.splitlines()] == TEXT.splitlines()
    assert marked != TEXT


@pytest.mark.parametrize("begin", range(25))
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_any_twelve_lines_are_enough(begin: int, newline: str) -> None:
    tag = c.tag_of(KEY, "dsc_1", "format")
    lines = c.with_format(TEXT, tag).splitlines()
    piece = newline.join(lines[begin : begin + 12])
    assert tag in c.tags_in(piece.encode())
    assert tag not in c.tags_in(newline.join(lines[begin : begin + 11]).encode())


@pytest.mark.parametrize(
    "text",
    [
        "CSD-{TAG}",
        "csd-{tag}",
        "mail to desk+{tag}@exchange.example, please",
        '"{tag}"',
        "see\n{TAG}\nthere",
    ],
)
def test_words_are_found_in_any_case(text: str) -> None:
    tag = c.tag_of(KEY, "dsc_1", "reference")
    assert tag in c.tags_in(text.format(tag=tag, TAG=tag.upper()).encode())


def test_a_longer_word_is_no_tag() -> None:
    tag = c.tag_of(KEY, "dsc_1", "reference")
    assert c.tags_in(f"x{tag} {tag}0".encode()) == ()


@pytest.mark.parametrize("data", [b"", b"\x00" * 5_000, b"\xff\xfe" * 4_000, b" " * 60 + b"\n", b"\t\n" * 500])
def test_anything_can_be_looked_at(data: bytes) -> None:
    assert c.tags_in(data) is not None


def test_a_search_is_bounded() -> None:
    many = " ".join(c.tag_of(KEY, f"dsc_{number}", "alias") for number in range(5_000))
    assert len(c.tags_in(many.encode())) == c.MOST_TAGS


def test_an_alias_is_the_desks_address_with_a_tag() -> None:
    assert c.alias_of("desk@exchange.example", "abc") == "desk+abc@exchange.example"
    assert c.alias_of("", "abc") == c.alias_of("nobody", "abc") == ""
