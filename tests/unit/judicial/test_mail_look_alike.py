# SPDX-License-Identifier: Apache-2.0
"""Domains and names made to be taken for registered ones, and honest neighbours that are not."""

from __future__ import annotations

import pytest

from counterseal.gateways.documents.look_alike import distance, imitated, names, skeleton, unicode_name

REGISTERED = ("court.gov.example", "justice.example", "northfieldcourt.example", "police.uk", "moj.gov.cn")


def _puny(label: str) -> str:
    return f"xn--{label.encode('punycode').decode()}"


@pytest.mark.parametrize(
    "domain",
    [
        "court-gov.example",
        "courtgov.example",
        "court.gov-example.com",
        "court.gov.example.evil.test",
        "mail.court.gov.example.evil.test",
        "c0urt.gov.example",
        "coort.gov.example",
        "curt.gov.example",
        "courtt.gov.example",
        "cuort.gov.example",
        "justlce.example",
        "jus-tice.example",
        "justice.com",
        "justice-example.com",
        "northfieldcourt.com",
        "northfieldcourts.example",
        "northfield-court.example",
        "northfieldcourt-orders.test",
        "nortnfieldcourt.example",
        "rnoj.gov.cn.evil.test",
        f"{_puny('соurt')}.gov.example",  # noqa: RUF001 - Cyrillic letters, as in attacks
        f"{_puny('јustice')}.example",  # noqa: RUF001 - as above
        f"{_puny('jüstice')}.example",
        f"{_puny('poⅼice')}.uk",  # noqa: RUF001 - a Roman numeral
    ],
)
def test_an_imitation(domain: str) -> None:
    hit = imitated(domain, REGISTERED)
    assert hit is not None
    assert hit[1]


@pytest.mark.parametrize(
    "domain",
    [
        "gov.example",
        "mail.court.gov.example",
        "supremecourt.gov.example",
        "court2.gov.example",
        "finance.gov.example",
        "police.nz",
        "mof.gov.cn",
        "lawyers.example",
        "exchange.test",
        "example.org",
        "southfieldschool.example",
        "a.b",
        "xn--.example",
        "xn--99999999.example",
    ],
)
def test_an_honest_neighbour(domain: str) -> None:
    assert imitated(domain, REGISTERED) is None


@pytest.mark.parametrize(
    ("text", "authority", "right"),
    [
        ("District Court of Northfield", "District Court of Northfield", True),
        ("DISTRICT  COURT, of Northfield (registry)", "District Court of Northfield", True),
        ("Distriсt Сourt of Northfield", "District Court of Northfield", True),  # noqa: RUF001 - Cyrillic
        ("District Court of Southfield", "District Court of Northfield", False),
        ("北田地方法院 林法官", "北田地方法院", True),
        ("Judge Lin", "Lin", False),
        ("", "District Court", False),
    ],
)
def test_a_name_that_names_an_authority(text: str, authority: str, *, right: bool) -> None:
    assert names(text, authority) is right


def test_distance_counts_swaps_as_one() -> None:
    assert [distance("court", other, 2) for other in ("court", "cuort", "curt", "coort", "tourc", "police")] == [
        *(0, 1, 1, 1, 2, 3),
    ]


def test_what_does_not_decode_stays() -> None:
    assert unicode_name("xn--\xff.example") == "xn--\xff.example"
    assert skeleton("") == ""
