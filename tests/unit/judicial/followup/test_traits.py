# SPDX-License-Identifier: Apache-2.0
"""Which requests are of one hand."""

from __future__ import annotations

from typing import Any

import pytest

from counterseal.judicial.findings import found
from counterseal.judicial.followup.traits import NEAR, siblings_of, traits_of
from counterseal.judicial.model import Report, Verdict
from counterseal.judicial.requests.model import Claim, JudicialRequest, State, Type

NOW = 1_800_000_000_000
CLAIM = Claim(
    authority="District Court of Northmark",
    officer="Dr. Jane Doe",
    phone="+49 30 1234567",
    email="j.doe@court.northmark.example",
    delivery_key="age1 abc\n def",
)


def request(name: str, claim: Claim, *, received: int = NOW, **more: Any) -> JudicialRequest:
    state = more.pop("state", State.EVIDENCE)
    return JudicialRequest(name, f"CS-{name}", Type.DISCLOSURE, state, received, "upload", claim, **more)


def kinds(one: JudicialRequest, other: JudicialRequest, reports: tuple[Report, ...] = ()) -> tuple[str, ...]:
    """The traits by which `other` is a sibling of `one`; () = it is none."""
    mine, theirs = traits_of(one, reports), traits_of(other, reports)
    bearers = {trait.digest: [other] for trait in theirs}
    found_ones = siblings_of(one, mine, bearers)
    return found_ones[0].traits if found_ones else ()


def only(**given: str) -> Claim:
    return Claim(**given)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (CLAIM, CLAIM, ("domain", "key", "mailbox", "officer", "phone")),
        (only(phone="+49 30 1234567"), only(phone="+49301234567"), ("phone",)),
        (only(phone="+49 30 1234567"), only(phone="+49 30 1234568"), ()),
        (only(phone="030 123 45 67"), only(phone="(030) 1234567"), ("phone",)),
        (only(phone="110"), only(phone="110"), ()),
        (only(email="A@Court.example.org"), only(email="a@court.example.org"), ("domain", "mailbox")),
        (only(email="a@court.example.org"), only(email="b@court.example.org"), ("domain",)),
        (only(email="a@gmail.com"), only(email="b@gmail.com"), ()),
        (only(email="a@gmail.com"), only(email="a@gmail.com"), ("mailbox",)),
        (only(email="not an address"), only(email="not an address"), ()),
        (only(officer="Doe, Jane", authority="C"), only(officer="jane doe", authority="c."), ("officer",)),
        (only(officer="Jane Doe", authority="C"), only(officer="Jane Doe", authority="D"), ()),
        (only(delivery_key="age1abcdef"), only(delivery_key=" age1abc\ndef "), ("key",)),
        (only(), only(), ()),
        (only(authority="C"), only(authority="C"), ()),
    ],
)
def test_what_two_requests_share(one: Claim, other: Claim, shared: tuple[str, ...]) -> None:
    assert kinds(request("a", one), request("b", other)) == shared


def test_a_domain_alone_counts_for_ninety_days() -> None:
    one = request("a", only(email="a@court.example.org"))
    for gap, shared in ((NEAR, ("domain",)), (NEAR + 1, ())):
        for sign in (1, -1):
            other = request("b", only(email="b@court.example.org"), received=NOW + sign * gap)
            assert kinds(one, other) == shared


def report(*marks: str) -> Report:
    where = " ".join(f"{mark}-{'0123456789abcdef' * 2}" for mark in marks)
    finding = found("template_mark", where)
    return Report("pdf", "0" * 64, 1, Verdict.NEUTRAL, (finding,))


@pytest.mark.parametrize(
    ("marks", "shared"),
    [
        (("file", "letter"), ("template",)),
        (("metadata", "font"), ("template",)),
        (("letter", "font"), ()),  # the same house
        (("file",), ()),  # some programs give every file the same identifier
        ((), ()),
    ],
)
def test_a_template_is_a_copied_file_and_not_a_house_style(marks: tuple[str, ...], shared: tuple[str, ...]) -> None:
    assert kinds(request("a", Claim()), request("b", Claim()), (report(*marks),)) == shared


def test_the_confirmed_key_and_the_envelope_count_too() -> None:
    one = request("a", Claim(), key="age1xyz")
    other = request("b", only(delivery_key="age1xyz"))
    assert kinds(one, other) == ("key",)
    mine = {trait.kind for trait in traits_of(one, (), ["x@court.example.org"])}
    assert mine == {"key", "mailbox", "domain"}


def test_it_is_no_sibling_of_itself_and_says_what_is_forged() -> None:
    one = request("a", CLAIM)
    traits = traits_of(one)
    states = {"b": State.CONFIRMED_FORGED, "c": State.SUSPECTED_FORGED, "d": State.CLOSED}
    others = [one, *(request(name, CLAIM, state=state) for name, state in states.items())]
    found_ones = siblings_of(one, traits, {trait.digest: others for trait in traits})
    assert [(each.request, each.forged, each.confirmed) for each in found_ones] == [
        ("b", True, True),
        ("c", True, False),
        ("d", False, False),
    ]


def test_the_index_opens_nothing() -> None:
    text = repr(traits_of(request("a", CLAIM))).casefold()
    assert not any(each in text for each in ("doe", "northmark", "1234567", "abc def"))
