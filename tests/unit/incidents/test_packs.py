# SPDX-License-Identifier: Apache-2.0
"""Playbooks and clocks: strict documents, and deadlines that begin when their moment is known."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from counterseal.core.errors import PolicyError
from counterseal.gateways.incident_packs import clocks_from, playbooks_from, shipped_setting
from counterseal.incidents import casework as w
from counterseal.incidents import model as m
from tests.unit.incidents.test_casework import T0, case

HOUR = 3_600_000
CLOCKS = """counterseal: 1
clocks: mine
title: t
kinds: [other]
rules:
  first: {title: a, within: 4h, from: classified, latest: 24h, after: aware}
  second: {title: b, within: 72h, from: first}
source: s
as_of: 2026-11-23
confidence: low
caveat: c
"""


def dues(incident: m.Incident) -> dict[str, int]:
    return {each.rule: each.due for each in shipped_setting().deadlines(incident, T0)}


def test_each_kind_has_a_playbook_whose_tasks_are_due_from_the_opening() -> None:
    setting = shipped_setting()
    for kind in m.Kind:
        tasks = setting.tasks(replace(case(), kind=kind), T0)
        assert tasks
        assert len({each.id for each in tasks}) == len(tasks)
        assert all(each.due is None or each.due > T0 for each in tasks)
        assert all(each.rule and each.title for each in tasks)


def test_a_clock_begins_when_its_moment_is_known_and_the_earlier_due_counts() -> None:
    first = case()
    assert dues(first) == {"gdpr.authority": T0 + 72 * HOUR}
    soon = w.classified(first, "major", T0 + HOUR, "st_a")
    assert dues(soon)["dora.initial"] == T0 + 5 * HOUR
    late = w.classified(first, "major", T0 + 23 * HOUR, "st_a")
    assert dues(late)["dora.initial"] == T0 + 24 * HOUR
    assert "dora.intermediate" not in dues(late)
    timed = w.clocked(late, shipped_setting().deadlines(late, T0), T0)
    sent = w.met(timed, "dora.initial", "sent", T0 + 24 * HOUR, "st_a")
    assert dues(sent)["dora.intermediate"] == T0 + 96 * HOUR
    assert dues(replace(first, kind=m.Kind.API_KEY_LEAK)) == {}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("kinds: [other]", "kinds: [fire]", "unknown"),
        ("from: first}", "from: second}", "unknown"),
        ("from: classified", "from: tomorrow", "unknown"),
        ("within: 4h", "within: soon", "duration"),
        (", after: aware", "", "clock_half"),
        ("as_of: 2026-11-23", "as_of: yesterday", "date_invalid"),
        ("confidence: low", "confidence: sure", "unknown"),
        ("caveat: c\n", "", "missing"),
        ("source: s", "source: s\nmore: x", "unknown"),
        ("  first:", "  aware:", "name_invalid"),
    ],
)
def test_faults_of_a_pack_are_named_with_their_place(old: str, new: str, code: str) -> None:
    assert clocks_from(CLOCKS).rules[1].start == "first"
    with pytest.raises(PolicyError) as raised:
        clocks_from(CLOCKS.replace(old, new))
    assert raised.value.span is not None, code


def test_playbooks_without_a_kind_are_refused() -> None:
    with pytest.raises(PolicyError):
        playbooks_from("counterseal: 1\nplaybooks: mine\ntitle: t\nother: {look: {title: x}}\n")
