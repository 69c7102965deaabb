# SPDX-License-Identifier: Apache-2.0
"""What the desk says in English only has a sentence in the console's Chinese, by its code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from counterseal.gateways.desk_packs import DeskPacks, shipped_desk_packs
from counterseal.judicial.followup.carrying import GONE
from counterseal.judicial.followup.model import Do, Event
from counterseal.judicial.registry.model import Use
from counterseal.judicial.registry.rules import SENTENCES
from counterseal.judicial.requests.call_back import CallOutcome
from counterseal.judicial.requests.casework import BY_OFFICER
from counterseal.judicial.requests.evidence import PROVES

ROOT = Path(__file__).resolve().parent.parent.parent
JUDICIAL = ROOT / "src" / "counterseal" / "judicial"
TEXTS = ROOT / "web" / "src" / "texts" / "zh"
SAID = set(
    re.findall(
        r'^  "([^"]+)":', "".join(each.read_text("utf-8") for each in TEXTS.glob("server*.ts")), re.MULTILINE
    )
)
SEEN_ELSEWHERE = {
    *("desk_pack", "desk_pack_missing", "no_business_day"),  # an operator's, at start
    *("package_gone", "package_stale"),  # the public page's
    "follow_up_over",  # no answer of a route
}


def source(*areas: str) -> str:
    """The Python of these areas."""
    return "".join(path.read_text("utf-8") for area in areas for path in sorted((JUDICIAL / area).glob("*.py")))


def unsaid(area: str, codes: Iterable[str]) -> list[str]:
    """Codes without a Chinese sentence."""
    return sorted(each for each in set(codes) if f"{area}.{each}" not in SAID)


@pytest.mark.parametrize(
    ("area", "codes"),
    [
        ("reason", SENTENCES),
        ("proves", PROVES),
        ("use", Use),
        ("event", Event),
        ("do", Do),
        ("done", GONE),
        ("what", [f"call_back_{each}" for each in CallOutcome]),
        ("what", [f"evidence_{each}" for each in BY_OFFICER]),
    ],
)
def test_each_word_of_a_list_is_said(area: str, codes: Iterable[str]) -> None:
    assert list(codes)
    assert unsaid(area, [str(each) for each in codes]) == []


def test_each_line_of_a_history_is_said() -> None:
    """Second last of `noted` and of `changed_back`, fifth of `moved`: the literal that says what happened."""
    text = source("requests", "disclosure", "letters", "portal")
    found = set(re.findall(r'\b(?:noted|changed_back)\([^()]*(?:\([^()]*\))?[^()]*, "([a-z_]+)"', text))
    found |= set(re.findall(r'\bmoved\([^"\n]*"([a-z_]+)"', text)) - {"desk"}
    assert len(found) > 20, found
    assert unsaid("what", found) == []


def test_each_refusal_on_a_request_s_page_is_said() -> None:
    text = source("requests", "disclosure", "letters")
    found = set(re.findall(r'code="([a-z_]+)"', text)) | set(
        re.findall(r'^    code = "([a-z_]+)"', text, re.MULTILINE)
    )
    assert len(found) > 60
    assert unsaid("problem", found - SEEN_ELSEWHERE) == []


def test_each_alarm_of_a_request_is_said() -> None:
    text = (JUDICIAL / "registry" / "alarms.py").read_text("utf-8").partition("def _beside")[0]
    found = set(re.findall(r'Alarm\(\s*"([a-z_]+)"', text))
    assert len(found) >= 6
    assert unsaid("alarm", found) == []


def test_each_deadline_of_a_shipped_rule_pack_has_a_name() -> None:
    held = DeskPacks()
    packs = [pack for pack in map(held.pack, shipped_desk_packs()) if pack is not None]
    assert len(packs) >= 4
    found = {clock.name for pack in packs for clock in pack.clocks}
    found |= {clock.name for pack in packs for basis in pack.bases.values() for clock in basis.clocks}
    assert unsaid("clock", found) == []
