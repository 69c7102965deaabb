# SPDX-License-Identifier: Apache-2.0
"""The words of the officers' portal: the same in both languages, all that the pages need, and nothing left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

import msgspec
import pytest

from counterseal.http import portal_texts_en, portal_texts_zh
from counterseal.http import portal_views as views
from counterseal.http.portal_texts import Words
from counterseal.judicial.disclosure.model import Disclosure
from counterseal.judicial.letters.model import SLOT, Letter, LetterKind, LetterState, Way
from counterseal.judicial.packs.model import FIELDS_OF, IDENTIFIERS
from counterseal.judicial.requests.model import Identifier, JudicialRequest, State, Type, Window

HTTP = Path(views.__file__).parent
TEMPLATES = [path.read_text("utf-8") for path in sorted((HTTP / "templates").glob("portal*.html"))]
PLACES = [*HTTP.glob("portal_[bsv]*.py"), *(HTTP / "routers").glob("portal_*.py")]  # not the texts themselves
SOURCES = [path.read_text("utf-8") for path in PLACES]
NOON = 1_790_000_000_000
DAY = 86_400_000
REQUEST = JudicialRequest(
    *("jr_1", "CS-2026-000001", Type.DISCLOSURE, State.RECEIVED, NOON, "portal:pa_1"),
    identifiers=(Identifier("email", "a@b.example"), Identifier("odd", "x")),
    categories=("subscriber",),
    window=Window(NOON - NOON % DAY, NOON - NOON % DAY + DAY),
)


@pytest.mark.parametrize("name", portal_texts_en.TEXTS)
def test_both_languages_say_it_with_the_same_values(name: str) -> None:
    fields = [
        {field for _, field, _, _ in string.Formatter().parse(held.TEXTS[name]) if field}
        for held in (portal_texts_en, portal_texts_zh)
    ]
    assert fields[0] == fields[1]


def test_the_pages_say_what_there_is_and_nothing_is_left_over() -> None:
    """Every sentence that a template names exists, and every sentence is on a page."""
    named = {name for text in TEMPLATES for name in re.findall(r"\bsay\.([a-z_]+)", text)}
    known = set(portal_texts_en.TEXTS)
    assert named <= known
    quoted = {name for text in SOURCES for name in re.findall(r'["\']([a-z_]+)["\']', text)}
    built = {name for name in known if name.startswith(("nav_", "deadline_", "done_"))}
    shared = {"skip", "language_name", "other_language", "other_code"}  # owner.html
    assert known - named - quoted - built - shared == set()


def test_every_type_kind_and_category_has_a_name() -> None:
    for language in ("en", "zh"):
        words = Words(language)
        assert {each.value for each in Type} == set(words.types)
        assert set(IDENTIFIERS) == set(words.identifiers)
        assert set(FIELDS_OF) <= set(words.categories)
        assert all(key in words.texts for key in views.ERRORS.values())


def test_a_request_is_shown_as_it_was_asked() -> None:
    """The last day of a period is one that is asked for; what nobody knows stays as it is; nothing empty stands."""
    shown = dict(views.facts(REQUEST, Words("en"), basis="s. 100", note="", about=""))
    assert shown["Period"] == ("2026-09-21 to 2026-09-21",)
    assert shown["Identifiers"] == ("Email: a@b.example", "odd: x")
    assert shown["Data asked for"] == ("subscriber data",)
    assert {"Remarks", "About", "Case number"}.isdisjoint(shown)
    assert (
        dict(views.facts(REQUEST, Words("zh"), basis="s. 100", note="", about=""))["标识"][0] == "邮箱：a@b.example"
    )


def test_a_letter_holds_no_link() -> None:
    """Where the link stood in the mail, the page says that the package is here."""
    held = Letter(
        *("le_1", "jr_1", "CS-2026-000001", LetterKind.DELIVERY, LetterState.SENT, "en", "[CS-2026-000001] Ready"),
        *(f"To: the court\nOur reference\n\nHere:\n\n{SLOT}\n", "nm-court", Way.PORTAL),
        sent=NOON,
    )
    shown = views.letter(held, Words("en"))
    assert shown.lines == (("To: the court", "Our reference"), ("Here:",), ("(fetch it on this page)",))


def test_a_package_shows_its_key_in_groups() -> None:
    held = Disclosure(
        *("dsc_1", "jr_1", "nm-court", NOON, "age1abcdefgh", "age", "0" * 64, 1_234, "0" * 64, NOON + DAY),
        *((), (), "court_order", ("st_1", "st_2")),
    )
    shown = views.package(held, Words("en"))
    assert (shown.key, shown.size) == ("age1 abcd efgh", "1,234 bytes")


def test_what_a_script_is_told_about_errors() -> None:
    """A sentence for each code, and one for all others; numbers are filled in."""
    told = msgspec.json.decode(views.errors(Words("en"), 10), type=dict[str, str])
    assert set(told) == {*views.ERRORS, "wrong"}
    assert told["request_too_long"] == "A request takes 10 documents at most."


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (1_572_864, "1.5 MB")])
def test_sizes(size: int, text: str) -> None:
    assert Words("en").size(size) == text
