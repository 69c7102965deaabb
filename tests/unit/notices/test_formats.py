# SPDX-License-Identifier: Apache-2.0
"""Times, amounts, codes and cleaning."""

from __future__ import annotations

import unicodedata

import hypothesis.strategies as st
import pytest
from hypothesis import given

from counterseal.notices.catalogue_en import ENGLISH
from counterseal.notices.catalogue_zh import CHINESE
from counterseal.notices.formats import (
    MAX_VALUE,
    clean,
    defang,
    first_fitting,
    grouped,
    in_one_sms,
    read_time,
    shortened,
    written_amount,
    written_time,
)

AT = 1_717_908_600_000


def test_times_in_both_languages() -> None:
    assert written_time(AT, ENGLISH) == "9 June 2024, 04:50 UTC"
    assert written_time(AT, CHINESE) == "2024年6月9日 04:50 UTC"
    assert written_time(AT, ENGLISH, year=False) == "9 June 04:50 UTC"
    assert written_time(AT, CHINESE, year=False) == "6月9日 04:50 UTC"
    assert written_time(0, ENGLISH) == "1 January 1970, 00:00 UTC"


@pytest.mark.parametrize("at", [None, -1, 253_402_300_800_000, 10**30])
def test_a_time_that_is_none_is_unknown(at: int | None) -> None:
    assert written_time(at, ENGLISH) == "unknown"
    assert written_time(at, CHINESE) == "未知"


@pytest.mark.parametrize(
    ("fact", "at"),
    [("1717908600000", AT), ("", None), ("-1", None), ("1e9", None), ("٣", None), ("9" * 16, None), (None, None)],
)  # fmt: skip
def test_reading_a_time(fact: str | None, at: int | None) -> None:
    assert read_time(fact) == at


@pytest.mark.parametrize(
    ("amount", "asset", "shown"),
    [
        ("186400.00", "USDT", "186,400.00 USDT"),
        ("0.00000001", "BTC", "0.00000001 BTC"),
        ("1E+3", "DOGE", "1,000 DOGE"),
        ("-5.5", "EUR", "\N{MINUS SIGN}5.5 EUR"),
        ("12", "", "12"),
        ("NaN", "X", "NaN X"),
        ("1e999999", "X", "1e999999 X"),
        ("many\n", "X\r\nBcc: a", "many X Bcc: a"),
    ],
)
def test_amounts(amount: str, asset: str, shown: str) -> None:
    assert written_amount(amount, asset) == shown


@given(st.text())
def test_clean_text_is_one_visible_line(text: str) -> None:
    line = clean(text)
    assert len(line) <= MAX_VALUE + 3
    assert not any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for sign in line)
    assert clean(line) == line or len(line) > MAX_VALUE
    line.encode()


def test_turned_and_hidden_text_is_straightened() -> None:
    assert clean("a\u202egpj.exe\u200b\x00\r\nb") == "a gpj.exe b"


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("call evil.com now", "call evil . com now"),
        ("https://evil.com/x", "https: //evil . com/x"),
        ("Chrome 126.0.1 on Windows", "Chrome 126.0.1 on Windows"),
        ("иваныч.рф", "иваныч . рф"),
    ],
)
def test_nothing_that_the_requester_wrote_becomes_a_link(given_: str, shown: str) -> None:
    assert defang(given_) == shown


def test_codes_are_read_in_groups() -> None:
    assert [grouped(code) for code in ("123456", "12345678", "123456789", "1234567")] == [
        "123 456", "1234 5678", "123 456 789", "123 456 7",
    ]  # fmt: skip


def test_long_addresses_keep_both_ends() -> None:
    assert shortened("TKx3f8QePz6Rm1Vt9HdWc4LbNy7SuJ2aGo") == "TKx3f8..uJ2aGo"
    assert shortened("alice@example") == "alice@example"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * 160, True), ("a" * 161, False), ("€" * 80, True), ("€" * 81, False),
        ("中" * 70, True), ("中" * 71, False), ("a" * 69 + "中", True), ("😀" * 35, True), ("😀" * 36, False),
    ],
)  # fmt: skip
def test_what_one_short_message_holds(text: str, fits: bool) -> None:
    """3GPP TS 23.038: 160 septets, two for the extension table; else 70 UTF-16 units."""
    assert in_one_sms(text) is fits


def test_the_longest_that_fits_is_taken_else_the_last() -> None:
    assert first_fitting(["a" * 161, "b" * 160, "c"]) == "b" * 160
    assert first_fitting(["a" * 200, "b" * 170]) == "b" * 170
