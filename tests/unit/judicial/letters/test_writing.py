# SPDX-License-Identifier: Apache-2.0
"""What letters say: in both languages, from hostile requests too, and never anything of a client."""

from __future__ import annotations

import string
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.errors import InputError
from counterseal.judicial.letters.catalogue_en import ENGLISH
from counterseal.judicial.letters.catalogue_zh import CHINESE
from counterseal.judicial.letters.model import SLOT, LetterKind
from counterseal.judicial.letters.text import is_plain
from counterseal.judicial.letters.writing import checked, naming, words_for, written
from counterseal.judicial.packs.model import CATEGORIES
from counterseal.judicial.requests.model import Identifier, JudicialRequest, State, Type

MORE: dict[LetterKind, dict[str, Any]] = {
    LetterKind.CLARIFICATION: {"reasons": ["window", "case_number"]},
    LetterKind.REFUSAL: {"reasons": ["scope"]},
    LetterKind.PARTIAL: {"reasons": ["scope"], "categories": ["subscriber"]},
}


def request(**changes: Any) -> JudicialRequest:
    """A request about one client."""
    made = JudicialRequest(
        *("jr_1", "CS-2026-000001", Type.DISCLOSURE, State.EVIDENCE, 1_795_404_000_000, "desk"),
        case_number="4 Js 17/26",
        identifiers=(Identifier("email", "mara.lind@mail.example"), Identifier("name", "Mara Lind")),
        accounts=("u-1001",),
    )
    return msgspec.structs.replace(made, **changes)


def letter(kind: LetterKind, held: JudicialRequest, language: str = "en") -> tuple[str, str]:
    """A letter of this kind."""
    more = MORE.get(kind, {})
    return written(kind, held, authority="District Court", language=language, platform="Example Exchange", **more)


def test_both_catalogues_say_the_same_things() -> None:
    """The same kinds, types, reasons and slots, and every category of the packs."""
    for name in ("subjects", "bodies", "head", "types", "clarify", "refuse", "categories"):
        assert list(getattr(ENGLISH, name)) == list(getattr(CHINESE, name))
    for kind in LetterKind:
        assert slots(*ENGLISH.bodies[kind]) == slots(*CHINESE.bodies[kind])
        assert slots(ENGLISH.subjects[kind]) == slots(CHINESE.subjects[kind]) == {"reference"}
    assert set(ENGLISH.categories) == CATEGORIES
    assert set(ENGLISH.types) == set(Type)


def slots(*texts: str) -> set[str]:
    """What is filled in."""
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", list(LetterKind))
def test_every_letter_of_every_type_may_go_out_as_it_is(kind: LetterKind, language: str) -> None:
    """Whatever was asked for: nothing is left to fill in but the link, and the checks of edited words pass."""
    for asked in Type:
        held = request(type=asked)
        subject, text = letter(kind, held, language)
        checked(kind, held, subject, text)
        assert subject.startswith("[CS-2026-000001] ")
        assert text.count("{") == (kind is LetterKind.DELIVERY)
        assert ("4 Js 17/26" in text, "Mara" in text) == (True, False)


def test_a_letter_says_exactly_this() -> None:
    """One whole letter, to be read."""
    subject, text = letter(LetterKind.CLARIFICATION, request())
    assert subject == "[CS-2026-000001] We need more before we can go on"
    assert text == (
        "To: District Court\n"
        "Our reference: CS-2026-000001\n"
        "Your case number, as stated: 4 Js 17/26\n"
        "Received: 2026-11-23 03:20 UTC\n\n"
        "We received a request for data in the name of your authority. Before we can go on we need:\n\n"
        "- the case number;\n"
        "- the time for which data are asked for, from when to when.\n\n"
        "Until we have it we go on keeping what the request names, and release nothing.\n\n"
        "Please quote our reference in every reply. This letter holds no data of any client.\n"
        "Example Exchange\n"
    )


def test_every_kind_of_chinese_is_chinese_and_all_else_is_english() -> None:
    """As a request declares its language."""
    assert {words_for(tag).language for tag in ("zh", "zh-Hans", "ZH-tw")} == {"zh"}
    assert {words_for(tag).language for tag in ("en", "de", "", "xzh")} == {"en"}


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        (LetterKind.CLARIFICATION, {}, "letter_reason_missing"),
        (LetterKind.CLARIFICATION, {"reasons": ["scope"]}, "letter_reason_unknown"),
        (LetterKind.REFUSAL, {"reasons": ["unknown_client"]}, "letter_reason_unknown"),
        (LetterKind.PARTIAL, {"reasons": ["scope"]}, "letter_category_missing"),
        (LetterKind.PARTIAL, {"reasons": ["scope"], "categories": ["all"]}, "letter_category_unknown"),
        (LetterKind.ACKNOWLEDGEMENT, {"reasons": ["scope"]}, "letter_reasons_invalid"),
        (LetterKind.REFUSAL, {"reasons": ["scope"], "categories": ["balances"]}, "letter_categories_invalid"),
    ],
)
def test_reasons_and_categories_belong_to_their_kind(kind: LetterKind, more: dict[str, Any], code: str) -> None:
    """And there is no reason that tells whether somebody is a client."""
    with pytest.raises(InputError) as raised:
        written(kind, request(), authority="Court", language="en", platform="", **more)
    assert raised.value.code == code


hostile = st.text(alphabet=st.characters(codec="utf-8"), max_size=200)


@given(case=hostile, authority=hostile, platform=hostile)
def test_what_strangers_write_cannot_shape_a_letter(case: str, authority: str, platform: str) -> None:
    """Case number and names: no line of their own, no invisible sign, no slot that is filled in."""
    held = request(case_number=case)
    for language in ("en", "zh"):
        subject, text = written(
            LetterKind.ACKNOWLEDGEMENT, held, authority=authority, language=language, platform=platform
        )
        assert is_plain(subject, 150)
        assert is_plain(text, 8_000, lines=True)
        head = text.split("\n\n")[0].split("\n")
        assert len(head) == 3 + bool(case)


@given(
    st.text(alphabet="abcdefgh0123456789 .@-", min_size=4, max_size=30).filter(lambda text: len(text.strip()) > 8)
)
def test_an_identifier_is_found_however_it_is_spaced_or_written(value: str) -> None:
    """Upper case, wide letters, spaces and points between."""
    held = request(identifiers=(Identifier("email", value),), case_number="")
    kept = [sign for sign in value if not sign.isspace() and sign not in "-."]
    found = naming(held, "It is about " + " ".join(kept).upper() + " and nobody else")
    assert found == ("the email" if len(kept) >= 4 else "")


def test_words_that_may_not_go_out() -> None:
    """A delivery letter without its slot, another one with it, two of them, too long, without the reference."""
    held = request()
    subject, text = letter(LetterKind.DELIVERY, held)
    wrong = [
        (LetterKind.DELIVERY, subject, text.replace(SLOT, "here"), "letter_slot_invalid"),
        (LetterKind.DELIVERY, subject, text + SLOT, "letter_slot_invalid"),
        (LetterKind.DELIVERY, subject + SLOT, text, "letter_slot_invalid"),
        (LetterKind.REFUSAL, subject, text, "letter_slot_invalid"),
        (LetterKind.DELIVERY, "ready", text, "letter_reference_missing"),
        (LetterKind.DELIVERY, subject, text + "x" * 8_000, "letter_text_invalid"),
        (LetterKind.DELIVERY, subject + "\nBcc: x@y.example", text, "letter_text_invalid"),
        (LetterKind.DELIVERY, subject, text + "mara lind", "letter_names_client"),
    ]
    for kind, head, body, code in wrong:
        with pytest.raises(InputError) as raised:
            checked(kind, held, head, body)
        assert raised.value.code == code
