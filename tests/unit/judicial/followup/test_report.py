# SPDX-License-Identifier: Apache-2.0
"""The figures of a period, each reckoned by hand."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from counterseal.judicial.disclosure.model import Disclosure, Handed
from counterseal.judicial.report import measures as m
from counterseal.judicial.report.figures import reported
from counterseal.judicial.report.model import Facts, Report
from counterseal.judicial.report.words import SECTIONS, STATES, TIERS_WORDS, TYPES, WORDS
from counterseal.judicial.report.written import COLUMNS, csv_of
from counterseal.judicial.requests.model import (
    Approved,
    Claim,
    Clock,
    Evidence,
    EvidenceKind,
    Happened,
    JudicialRequest,
    Resolution,
    Result,
    State,
    Type,
)

DAY, HOUR, MINUTE = 86_400_000, 3_600_000, 60_000
START = 1_767_225_600_000  # 2026-01-01
END = START + 90 * DAY
NOW = END + 30 * DAY
S = State


def request(
    name: str, *way: tuple[State, int], cleared: tuple[State, int] | None = None, **more: Any
) -> JudicialRequest:
    """Through these states, at ms after its receipt; `cleared`: back to one after a suspicion."""
    received = more.pop("received", START + DAY)
    history = tuple(Happened(received + after, "moved", "st_a", "", state) for state, after in way)
    if cleared is not None:
        history += (Happened(received + cleared[1], "cleared", "st_a+st_b", "", cleared[0]),)
    defaults: dict[str, Any] = {"claim": Claim(country="de"), "accounts": (f"a-{name}",)}
    return JudicialRequest(
        id=name,
        reference=name,
        type=more.pop("type", Type.DISCLOSURE),
        state=way[-1][0],
        received=received,
        by="upload",
        history=history,
        **(defaults | more),
    )


def piece(kind: EvidenceKind, result: Result = Result.SUPPORTS, **more: Any) -> Evidence:
    return Evidence(f"ev-{kind}-{result}", kind, result, "st_a", START, **more)


def disclosure(name: str, of: str, *fields: tuple[str, str, str], **more: Any) -> Disclosure:
    defaults: dict[str, Any] = {"fetched": START + 2 * DAY}
    return Disclosure(
        id=name,
        request=of,
        authority="court",
        built=START,
        key="",
        key_kind="age",
        package_sha256="",
        size=1,
        token="",
        expires=END,
        fields=tuple(Handed(*field, "") for field in fields),
        canaries=(),
        basis="b",
        approvers=("st_a", "st_b"),
        **(defaults | more),
    )


def values(report: Report) -> dict[str, int | None]:
    return {row.code: row.value for section in report.sections for row in section.rows}


def figures(*requests: JudicialRequest, disclosures: tuple[Disclosure, ...] = (), **facts: Any) -> dict[str, Any]:
    return values(reported(Facts(requests, disclosures, **facts), START, END, NOW))


BACKED = (
    piece(EvidenceKind.CALL_BACK),
    piece(EvidenceKind.MAIL_AUTH),
    piece(EvidenceKind.DOC_SIGNATURE),
    piece(EvidenceKind.DOC_INTEGRITY),
    piece(EvidenceKind.DOCKET, void="its contact ended"),
)


def test_requests_are_counted_where_they_came_in() -> None:
    found = figures(
        request("a", (S.RECEIVED, 0)),
        request("b", (S.EVIDENCE, 0), type=Type.FREEZE, accounts=("x", "y"), claim=Claim(country="FR")),
        request("c", (S.RECEIVED, 0), authority="court", claim=Claim(country="ru")),
        request("d", (S.RECEIVED, 0), claim=Claim(country="=1+1")),
        request("early", (S.RECEIVED, 0), received=START - 1),
        request("late", (S.RECEIVED, 0), received=END),
        countries={"court": "at"},
    )
    assert (found["received"], found["users_named"]) == (4, 5)
    assert (found["type.disclosure"], found["type.freeze"], found["type.seizure"]) == (3, 1, 0)
    assert {code: value for code, value in found.items() if code.startswith("country.")} == {
        "country.at": 1,
        "country.de": 1,
        "country.fr": 1,
        "country.unknown": 1,
    }
    assert (found["state.received"], found["state.evidence"]) == (3, 1)


def test_forgeries_count_in_the_period_in_which_they_were_found() -> None:
    found = figures(
        request("caught", (S.SUSPECTED_FORGED, HOUR), (S.CONFIRMED_FORGED, 2 * HOUR)),
        request(
            "too late",
            (S.DELIVERED, DAY),
            (S.SUSPECTED_FORGED, 60 * DAY),
            (S.CONFIRMED_FORGED, 61 * DAY),
            received=START - 30 * DAY,
        ),
        request("wrong", (S.SUSPECTED_FORGED, HOUR), cleared=(S.EVIDENCE, DAY)),
        request("next", (S.SUSPECTED_FORGED, HOUR), (S.CONFIRMED_FORGED, 95 * DAY)),
    )
    assert (found["forged_caught"], found["forged_released"]) == (1, 1)
    assert (found["suspected"], found["cleared"], found["false_suspicion"]) == (4, 1, 33)
    assert found["shielded"] == 4
    assert found["released"] == 0


def test_channels_call_backs_and_the_time_to_a_verdict() -> None:
    clock = (Clock("answer", START + 11 * DAY, "answer", "Reg. 2023/1543"), Clock("own", START, "look"))
    found = figures(
        request("a", (S.APPROVED, 2 * HOUR), (S.DELIVERED, DAY), evidence=BACKED, clocks=clock),
        request("b", (S.EXECUTED, 30 * DAY), evidence=BACKED[1:], type=Type.FREEZE, clocks=clock),
        request("c", (S.REJECTED, MINUTE + 1)),
        request("open", (S.EVIDENCE, HOUR)),
    )
    assert (found["released"], found["refused"]) == (2, 1)
    assert (found["channels_median"], found["channels_least"], found["called_back"]) == (2, 2, 50)
    assert (found["verdict_p50"], found["verdict_p95"]) == (120, 30 * 24 * 60)
    assert found["verdict_in_time"] == 50


def test_a_bare_letter_is_no_channel() -> None:
    assert m.channels(request("a", (S.RECEIVED, 0), evidence=(piece(EvidenceKind.DOC_INTEGRITY),))) == 0
    assert m.channels(request("a", (S.RECEIVED, 0), evidence=BACKED)) == 3
    denied = piece(EvidenceKind.CALL_BACK, Result.CONTRADICTS)
    assert not m.called_back(request("a", (S.RECEIVED, 0), evidence=(denied,)))


def test_deadlines() -> None:
    found = figures(
        request("met", (S.CLOSED, 0), clocks=(Clock("a", START + DAY, "", met=START + DAY),)),
        request("late", (S.CLOSED, 0), clocks=(Clock("a", START + DAY, "", met=START + DAY + 1),)),
        request("open", (S.EVIDENCE, 0), clocks=(Clock("a", END - 1, ""), Clock("b", END, ""))),
    )
    assert (found["clocks_due"], found["clocks_overdue"]) == (3, 2)


def test_disclosures_by_tier_and_what_was_cut() -> None:
    name, mail, birth = ("a", "name", "T1"), ("a", "email", "T1"), ("b", "birth_date", "T4")
    one = request("r1", (S.DELIVERED, DAY), categories=("existence",), accounts=("a",))
    two = request("r2", (S.DELIVERED, DAY), categories=("subscriber",), accounts=("a", "b"))
    found = figures(
        one,
        two,
        disclosures=(
            disclosure("d1", "r1", ("a", "exists", "T0"), told=("a",), told_at=START + 2 * DAY),
            disclosure("d2", "r2", name, mail, birth, silence_until=END - DAY, silence_rounds=2),
            disclosure("waits", "r2", name, fetched=None),
            disclosure("late", "r2", name, fetched=END),
        ),
        attacked=frozenset({"b", "somebody else"}),
        canaries=(START, END),
    )
    assert (found["disclosures"], found["users_disclosed"]) == (2, 2)
    assert (found["fields_median"], found["fields_most"], found["users_median"], found["users_most"]) == (
        1,
        3,
        1,
        2,
    )
    assert [found[f"tier.T{number}"] for number in range(6)] == [1, 2, 0, 0, 1, 0]
    assert (found["narrowed"], found["silent"], found["silence_renewed"]) == (50, 1, 2)
    assert (found["owners_told"], found["notices_overdue"]) == (1, 1)
    assert (found["exposed"], found["attacked"], found["canaries"]) == (2, 1, 1)


def test_exceptions() -> None:
    resolved = piece(EvidenceKind.CONTENT, Result.CONTRADICTS, resolved=Resolution(START, ("a", "b"), "why"))
    approvals = (
        Approved(START, "d", ("st_a",), second_by=START + 4 * HOUR),
        Approved(START, "d", ("st_a", "st_b"), void="changed"),
        Approved(END, "d", ("st_a",)),
    )
    found = figures(request("a", (S.EVIDENCE, 0), type=Type.EMERGENCY, approvals=approvals, evidence=(resolved,)))
    assert [
        found[code] for code in ("emergencies", "one_officer", "approvals_void", "contradictions_resolved")
    ] == [
        1,
        1,
        1,
        1,
    ]


def test_the_registry() -> None:
    found = figures(seen=(NOW - 365 * DAY, NOW - 10 * DAY, NOW - 400 * DAY))
    assert (found["contacts"], found["contacts_age"], found["contacts_overdue"]) == (3, 365, 2)


def test_an_empty_period_has_no_shares_and_no_medians() -> None:
    found = figures()
    empty = {code for code, value in found.items() if value is None}
    assert empty == {
        *("false_suspicion", "channels_median", "channels_least", "called_back"),
        *("verdict_p50", "verdict_p95", "verdict_in_time"),
        *("fields_median", "fields_most", "users_median", "users_most", "narrowed", "contacts_age"),
    }
    assert all(value in {0, None} for value in found.values())


def test_a_public_report_hides_what_could_name_somebody() -> None:
    """Small figures of breakdowns, and one more where their sum would tell the only hidden one."""
    made = [request(f"d{n}", (S.RECEIVED, 0)) for n in range(7)]
    made += [request(f"f{n}", (S.RECEIVED, 0), claim=Claim(country="fr")) for n in range(6)]
    made += [request("x", (S.RECEIVED, 0), claim=Claim(country="mt"))]
    report = reported(Facts(tuple(made), ()), START, END, NOW, public=True)
    rows = {row.code: row for section in report.sections for row in section.rows}
    shown = {code: (row.value, row.hidden) for code, row in rows.items() if code.startswith("country.")}
    assert shown == {"country.de": (7, False), "country.fr": (None, True), "country.mt": (None, True)}
    assert rows["received"].value == 14
    assert rows["type.freeze"].value == 0
    assert "hidden" in csv_of(report)


def test_csv_has_a_line_for_each_figure_and_no_formula() -> None:
    report = reported(Facts((request("a", (S.RECEIVED, 0)),), ()), START, END, NOW)
    lines = list(csv.DictReader(io.StringIO(csv_of(report), newline="")))
    assert tuple(lines[0]) == COLUMNS
    assert {line["code"]: line["value"] for line in lines} == {
        code: "" if value is None else str(value) for code, value in values(report).items()
    }
    assert {(line["start"], line["end"]) for line in lines} == {
        ("2026-01-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z")
    }
    assert not any(cell[:1] in "=+@" for line in lines for cell in line.values() if cell)


def test_every_word_is_there_in_both_languages() -> None:
    for words in (SECTIONS, WORDS, STATES, TYPES, TIERS_WORDS):
        for english, chinese in words.values():
            assert english
            assert any("一" <= each <= "鿿" for each in chinese)
    assert (set(STATES), set(TYPES)) == (set(State), set(Type))


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(0, 0, None), (1, 3, 33), (2, 3, 67), (1, 200, 1), (1, 201, 0)]
)
def test_shares(part: int, whole: int, percent: int | None) -> None:
    assert m.share(part, whole) == percent


@pytest.mark.parametrize(
    ("values_of", "median", "ninety_five"), [([], None, None), ([3], 3, 3), (list(range(100)), 49, 94)]
)
def test_ranks(values_of: list[int], median: int | None, ninety_five: int | None) -> None:
    assert (m.middle(values_of), m.high(values_of)) == (median, ninety_five)
