# SPDX-License-Identifier: Apache-2.0
"""Both languages say the same, in the tone of the guide, for every way, reason and capability there is."""

from __future__ import annotations

import re
from string import Formatter
from types import ModuleType
from typing import Any

import pytest

from counterseal.core.account import Contact
from counterseal.gateways.packs import load_pack
from counterseal.pages import texts_en, texts_zh
from counterseal.pages.words import Words, masked

TABLES = ("PAGE", "FACTORS", "WHY", "REASONS", "CHAINS", "DURATIONS")
HOUR, DAY = 3_600_000, 86_400_000
POLICY = load_pack("hardened")
SHUNNED = re.compile(r"[!！]|please|oops|unauthori[sz]ed|entropy|\bfactor\b", re.IGNORECASE)


def texts(value: Any) -> list[str]:
    return list(value) if isinstance(value, tuple) else [value]


def fields(value: Any) -> set[str]:
    return {name for text in texts(value) for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("table", TABLES)
def test_both_languages_have_the_same_entries_and_values(table: str) -> None:
    english, chinese = getattr(texts_en, table), getattr(texts_zh, table)
    assert english.keys() == chinese.keys()
    for key, value in english.items():
        assert fields(value) == fields(chinese[key]), key


@pytest.mark.parametrize("module", [texts_en, texts_zh])
def test_the_tone(module: ModuleType) -> None:
    """No exclamation, no "please", no names of ours; Chinese with full-width signs and a space beside Latin."""
    names = {name for name in POLICY.vocabulary.capabilities if "_" in name}
    for table in TABLES:
        for value in getattr(module, table).values():
            for text in texts(value):
                assert not re.search(
                    r"[!！]|please|oops|unauthori[sz]ed|entropy|\bfactor\b", text, re.IGNORECASE
                ), text
                assert not any(name in text for name in names), text
                if module is texts_zh:
                    assert not re.search(r"[一-鿿][,;:?]|[一-鿿][A-Za-z]|[A-Za-z][一-鿿]", text), text


def test_every_way_and_every_suspicion_that_an_owner_may_know_has_its_words() -> None:
    owners = {name for rule in POLICY.rules.values() if rule.subject == "account" for name in rule.require.factors}
    assert owners <= texts_en.FACTORS.keys()
    told = {
        name
        for name, each in POLICY.vocabulary.capabilities.items()
        if each.tell == "owner" and each.produces & owners
    }
    assert told <= texts_en.WHY.keys()


@pytest.mark.parametrize(
    ("length", "english", "chinese"),
    [
        (0, "1 minute", "1 分钟"),
        (59 * 60_000, "59 minutes", "59 分钟"),
        (HOUR, "1 hour", "1 小时"),
        (24 * HOUR, "24 hours", "24 小时"),
        (47 * HOUR, "47 hours", "47 小时"),
        (2 * DAY, "2 days", "2 天"),
        (30 * DAY, "30 days", "30 天"),
    ],
)
def test_durations(length: int, english: str, chinese: str) -> None:
    assert Words("en", "X").duration(length) == english
    assert Words("zh-Hans", "X").duration(length) == chinese


def test_moments_and_unknown_things() -> None:
    english, chinese = Words("en", "Ex\u202echange"), Words("zh", "交易所")
    assert english.platform == "Ex change"
    assert english.why("sim_swap", 0, 3 * HOUR) == "Your SIM card was changed 3 hours ago."
    assert chinese.why("sim_swap", 0, 3 * HOUR) == "您的 SIM 卡在 3 小时前更换过。"
    assert english.why("something_new", 0, 0) == texts_en.WHY[""]
    assert english.reason("something_new", None) == "This cannot be done now."
    assert english.reason("hold", None) == texts_en.UNTOLD
    assert english.date(1_717_908_600_000) == "9 June 2024"
    assert chinese.date(1_717_908_600_000) == "2024年6月9日"
    assert english.network("eip155:5") == "eip155:5"
    assert english.way("retina")[0] == texts_en.FACTORS[""][0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("ada@example.test", "a…@example.test"), ("+85251230067", "…67"), ("1234", "…"), ("@x", "…@x"), ("", "…")],
)
def test_a_contact_can_be_recognised_and_not_used(value: str, shown: str) -> None:
    assert masked(Contact("c", "sms", value, 0)) == shown
    assert masked(None) == "…"
