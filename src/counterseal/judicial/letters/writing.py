# SPDX-License-Identifier: Apache-2.0
"""From a request to the words of a letter, and what people may make of them. Pure.

A letter leaves by mail or post, unencrypted: whatever its kind, it holds nothing that tells who is a client. So the
values that a request gives stand in no letter, a person's edit included, and a refusal never says "unknown here".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

from counterseal.core.errors import InputError
from counterseal.judicial.letters.catalogue_en import ENGLISH
from counterseal.judicial.letters.catalogue_zh import CHINESE
from counterseal.judicial.letters.model import LONGEST_SUBJECT, LONGEST_TEXT, SLOT, LetterKind, Words
from counterseal.judicial.letters.text import folded, is_plain, one_line
from counterseal.judicial.packs.model import MOST_USERS
from counterseal.judicial.requests.model import JudicialRequest

LANGUAGES: Final = {"en": ENGLISH, "zh": CHINESE}
SHORTEST_VALUE: Final = 4  # shorter ones stand in any text by chance


def words_for(language: str) -> Words:
    """Chinese for every kind of it, English for all else."""
    return LANGUAGES["zh" if language.lower().startswith("zh") else "en"]


def written(
    kind: LetterKind,
    request: JudicialRequest,
    *,
    authority: str,
    language: str,
    platform: str,
    reasons: Collection[str] = (),
    categories: Collection[str] = (),
) -> tuple[str, str]:
    """Subject and text of a letter of this kind. `authority`: its name in the registry. Raises InputError."""
    say = words_for(language)
    listed = {"reasons": _reasons(kind, say, reasons), "categories": _categories(kind, say, categories)}
    body = [
        block.format(what=say.types[request.type], **listed) if block != SLOT else block
        for block in say.bodies[kind]
    ]
    foot = [line for each in say.foot if (line := each.format(platform=one_line(platform)))]
    head = "\n".join(_head(request, one_line(authority), say))
    subject = say.subjects[kind].format(reference=request.reference)
    return subject, "\n\n".join([head, *body, "\n".join(foot)]) + "\n"


def _head(request: JudicialRequest, authority: str, say: Words) -> list[str]:
    when = dt.datetime.fromtimestamp(request.received // 1000, dt.UTC).strftime(say.head["time"])
    lines = [say.head["to"].format(authority=authority), say.head["reference"].format(reference=request.reference)]
    if request.case_number:
        lines.append(say.head["case"].format(case=one_line(request.case_number, 80)))
    return [*lines, say.head["received"].format(received=when)]


def _reasons(kind: LetterKind, say: Words, reasons: Collection[str]) -> str:
    known = say.clarify if kind is LetterKind.CLARIFICATION else say.refuse
    if kind not in {LetterKind.CLARIFICATION, LetterKind.REFUSAL, LetterKind.PARTIAL}:
        if reasons:
            raise InputError(f"a letter of the kind {kind} has no reasons", code="letter_reasons_invalid")
        return ""
    return _list(say, known, reasons, "reason")


def _categories(kind: LetterKind, say: Words, categories: Collection[str]) -> str:
    if kind is not LetterKind.PARTIAL:
        if categories:
            raise InputError(f"a letter of the kind {kind} names no categories", code="letter_categories_invalid")
        return ""
    return _list(say, say.categories, categories, "category")


def _list(say: Words, known: dict[str, str], codes: Collection[str], what: str) -> str:
    """The items, each once, in the order of the catalogue."""
    for code in codes:
        if code not in known:
            hint = f"There are: {', '.join(known)}."
            raise InputError(f"`{code[:64]}` is no {what}", code=f"letter_{what}_unknown", hint=hint)
    chosen = [known[code].format(most=MOST_USERS) for code in known if code in codes]
    if not chosen:
        raise InputError(f"name at least one {what}", code=f"letter_{what}_missing")
    lines = [f"{say.bullet}{text}{say.end}" for text in chosen[:-1]]
    return "\n".join([*lines, f"{say.bullet}{chosen[-1]}{say.stop}"])


def checked(kind: LetterKind, request: JudicialRequest, subject: str, text: str) -> None:
    """Raise InputError for words that may not go out: unreadable, without the reference, or naming a client."""
    if not is_plain(subject, LONGEST_SUBJECT) or not is_plain(text, LONGEST_TEXT, lines=True):
        sentence = (
            f"a letter has a subject of one line (up to {LONGEST_SUBJECT}) and up to {LONGEST_TEXT} characters"
        )
        raise InputError(sentence, code="letter_text_invalid", hint="no control or invisible characters")
    if f"[{request.reference}]" not in subject:
        hint = f"keep [{request.reference}] in the subject"
        raise InputError("a reply could not be told apart", code="letter_reference_missing", hint=hint)
    if (text.count(SLOT) == 1) is not (kind is LetterKind.DELIVERY) or SLOT in subject:
        raise InputError(f"a delivery letter, and no other, has {SLOT} once", code="letter_slot_invalid")
    if named := naming(request, f"{subject}\n{text}"):
        hint = "write about the case by its number; data leave in the encrypted package alone"
        raise InputError(f"a letter holds no client's data, here {named}", code="letter_names_client", hint=hint)


def naming(request: JudicialRequest, text: str) -> str:
    """What of a client the text gives away: the kind of an identifier, or an account; "" where nothing is."""
    held = folded(text.replace(request.case_number, " ") if request.case_number else text)
    for identifier in request.identifiers:
        value = folded(identifier.value)
        if len(value) >= SHORTEST_VALUE and value in held:
            return f"the {identifier.kind}"
    return next(("the account" for each in request.accounts if folded(each) in held), "")
