# SPDX-License-Identifier: Apache-2.0
"""Contacts in one form, numbers that resemble each other, case grammars that cannot run away."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from counterseal.core.errors import InputError
from counterseal.judicial.registry.grammar import Fits, case_number_fits, check_grammar
from counterseal.judicial.registry.model import ContactKind
from counterseal.judicial.registry.near import MOST, Near, noted, seen_of
from counterseal.judicial.registry.normal import country_code, normal
from counterseal.judicial.registry.similar import Likeness, Numbers, likeness

NUMBER = "+12025550179"
numbers = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)


@pytest.mark.parametrize(
    ("kind", "given_", "kept"),
    [
        ("phone", "+1 (202) 555-0179", NUMBER),
        ("phone", "+1\u00a0202\u2011555\u20110179", NUMBER),
        ("email", "Clerk@Court.Example", "clerk@court.example"),
        ("domain", "Court.Northmark.Example.", "court.northmark.example"),
        ("domain", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("certificate", ":".join(["AB"] * 32), "ab" * 32),
        ("openpgp", "0x" + "ABCD " * 10, "abcd" * 10),
        ("subject", "CN=Court,O=Judiciary,C=NM", "CN=Court,O=Judiciary,C=NM"),
    ],
)
def test_a_contact_has_one_form(kind: str, given_: str, kept: str) -> None:
    assert normal(ContactKind(kind), given_) == kept


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("phone", "0012025550179", "phone_country_code"),
        ("phone", "202 555 0179", "phone_country_code"),
        ("phone", "+0 202 555 0179", "phone_invalid"),
        ("phone", "+12025550179 ext 3", "phone_invalid"),
        ("phone", "+1202555017955555", "phone_invalid"),
        ("phone", "\uff0b12025550179", "phone_invalid"),
        ("phone", "+\uff11\uff12025550179", "phone_script"),
        ("domain", "court", "domain_invalid"),
        ("domain", "https://court.example", "domain_invalid"),
        ("domain", "192.0.2.1", "domain_invalid"),
        ("domain", "court..example", "domain_invalid"),
        ("domain", "co.jp", "domain_is_zone"),
        ("domain", "xn--\u00e9.example", "domain_not_ascii"),
        ("domain", "xn--99999999.example", "domain_invalid"),
        ("email", "a@b@court.example", "email_invalid"),
        ("email", "clerk@court", "domain_invalid"),
        ("email", "clerk@c\u043eurt.example", "domain_not_ascii"),
        ("certificate", "ab" * 20, "certificate_invalid"),
        ("subject", "CN=Court", "subject_short"),
        ("subject", "District Court", "subject_invalid"),
        ("address", "Main Street\x00 1", "contact_invalid"),
    ],
)
def test_what_is_no_contact_is_refused_by_its_mistake(kind: str, value: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        normal(ContactKind(kind), value)
    assert refused.value.code == code


@given(st.sampled_from(ContactKind), st.text(max_size=60))
def test_no_text_makes_anything_else_than_a_value_or_a_refusal(kind: ContactKind, text: str) -> None:
    try:
        kept = normal(kind, text)
    except InputError:
        return
    assert normal(kind, kept) == kept, "a kept form is kept as it is"


@pytest.mark.parametrize(
    ("other", "how"),
    [
        (NUMBER, Likeness.SAME),
        ("+442025550179", Likeness.OTHER_COUNTRY),
        ("+12025550197", Likeness.TRANSPOSED),
        ("+12025550178", Likeness.ONE_DIGIT),
        ("+12025550", None),
        ("+1202555017", Likeness.ONE_MORE),
        ("+120255501799", Likeness.ONE_MORE),
        ("+493015550179", Likeness.SAME_END),
        ("+12025551079", Likeness.TRANSPOSED),
        ("+12029990179", None),
    ],
)
def test_numbers_that_can_be_taken_for_another(other: str, how: Likeness | None) -> None:
    assert likeness(NUMBER, other) is how
    assert likeness(other, NUMBER) is how


def test_country_codes_have_the_length_that_their_beginning_says() -> None:
    found = {number: country_code(number) for number in (NUMBER, "+74951234567", "+493012345", "+35312345678")}
    assert list(found.values()) == ["1", "7", "49", "353"]


@given(numbers, st.data())
def test_the_index_finds_whatever_resembles(number: str, data: st.DataObject) -> None:
    """Every number that is like another by comparison is found by keys, and nothing else."""
    digits = list(number[1:])
    at = data.draw(st.integers(0, len(digits) - 2))
    what = data.draw(st.sampled_from(["change", "swap", "drop", "add", "country", "other"]))
    match what:
        case "change":
            digits[at] = data.draw(st.sampled_from("0123456789"))
        case "swap":
            digits[at], digits[at + 1] = digits[at + 1], digits[at]
        case "drop":
            del digits[at]
        case "add":
            digits.insert(at, data.draw(st.sampled_from("0123456789")))
        case "country":
            digits[: len(country_code(number))] = "49"
        case _:
            digits = list(data.draw(numbers)[1:])
    other = "+" + "".join(digits)
    assume(other[1] != "0" and 7 <= len(other[1:]) <= 15)
    index: Numbers[str] = Numbers()
    index.add(other, "it")
    how = likeness(number, other)
    assert index.like(number) == ([] if how is None else [(how, "it")])


def test_case_numbers_are_followed_by_their_grammar() -> None:
    grammar = r"\d{4}-CR-\d{1,5}[A-C]?"
    check_grammar(grammar)
    assert case_number_fits(grammar, " 2026-CR-417B ") is Fits.FITS
    assert case_number_fits(grammar, "2026-CR-") is Fits.DIFFERS
    assert case_number_fits(grammar, "2026-CR-417D") is Fits.DIFFERS
    assert case_number_fits(grammar, "2026-CR-417Bx") is Fits.DIFFERS
    assert case_number_fits("", "anything") is Fits.NOT_KNOWN
    assert case_number_fits("\u6c11\u521d\\d{1,6}\u53f7", "\u6c11\u521d1234\u53f7") is Fits.FITS


@pytest.mark.parametrize(
    "grammar", ["(a+)+b", "a*", "a+", ".", "a|b", r"\d{99}", r"\d{3,2}", r"\1", "(?=a)", "[^a]", "[Z-A]", "a" * 201]
)
def test_a_grammar_that_could_run_away_is_refused(grammar: str) -> None:
    with pytest.raises(InputError):
        check_grammar(grammar)


def test_the_worst_grammar_is_followed_in_no_time() -> None:
    grammar = r"\d{0,20}" * 24
    check_grammar(grammar)
    start = time.process_time()
    assert case_number_fits(grammar, "1" * 199 + "x") is Fits.DIFFERS
    assert time.process_time() - start < 0.5


def test_what_a_request_brought_along_is_read_as_well_as_it_can_be() -> None:
    """A number without country code is kept by its digits; what is none is left out; nothing raises."""
    seen = seen_of("r", 1, phones=("030 9014 7000", "fax", "+1 202 555 0179"), emails=("Clerk@Court.Example", "x"))
    assert seen.phones == ("+3090147000", NUMBER)
    assert (seen.emails, seen.domains) == (("clerk@court.example",), ("court.example",))
    first = noted(None, seen)
    again = noted(first, seen_of("r", 1, phones=("+49 30 1234567",)))
    assert again.seen[0].phones == ("+3090147000", NUMBER, "+49301234567")
    many = Near()
    for number in range(MOST + 5):
        many = noted(many, seen_of(f"r{number:04d}", number))
    assert (len(many.seen), many.seen[0].request) == (MOST, "r0005")
