# SPDX-License-Identifier: Apache-2.0
"""From requests, letters and packages to what the portal's pages show of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from counterseal.http.portal_texts import Words
from counterseal.judicial.disclosure.model import Disclosure
from counterseal.judicial.letters.model import SLOT, Letter
from counterseal.judicial.packs.model import FIELDS_OF, IDENTIFIERS
from counterseal.judicial.portal import seen
from counterseal.judicial.portal.model import Passkey, Session
from counterseal.judicial.requests.model import JudicialRequest, Type
from counterseal.judicial.stored import Document

FIRST: Final = (Type.DISCLOSURE, Type.EMERGENCY, Type.PRESERVATION, Type.FREEZE, Type.SEIZURE)
ERRORS: Final = {
    "throttled": "wrong_throttled",
    "body_too_large": "wrong_size",
    "document_empty": "wrong_empty",
    "request_too_long": "wrong_files",
    "document_unknown": "wrong_document",
    "window_invalid": "wrong_window",
    "validation_failed": "wrong_form",
    "request_state": "wrong_state",
    "identifiers_missing": "wrong_identifiers",
    "about_invalid": "wrong_state",
    "portal_signed_out": "wrong_session",
    "wrong_network": "wrong_network",
}
"""Sentences by the codes of errors that a page's script reads; every other code: `wrong`."""


class Row(msgspec.Struct, frozen=True):
    """A request in a line. `standing`: see judicial.portal.seen; `state`, `text`: its words."""

    id: str
    reference: str
    type: str
    case_number: str
    standing: str
    state: str
    text: str
    received: str
    due: str


class LetterView(msgspec.Struct, frozen=True):
    """A letter that was sent: paragraphs of lines."""

    subject: str
    sent: str
    lang: str
    lines: tuple[tuple[str, ...], ...]


class DocumentView(msgspec.Struct, frozen=True):
    """A document as it came."""

    name: str
    size: str
    received: str
    sha256: str


class PackageView(msgspec.Struct, frozen=True):
    """A package that can be fetched. `key`: its fingerprint in groups of four."""

    key: str
    size: str
    until: str


def row(request: JudicialRequest, words: Words) -> Row:
    """The line of a request."""
    standing = seen.standing(request)
    state, text = words.states[standing]
    due = seen.due(request)
    return Row(
        *(request.id, request.reference, words.types[request.type], request.case_number, standing, state, text),
        received=words.time(request.received),
        due="" if due is None else words.time(due),
    )


def facts(
    request: JudicialRequest, words: Words, *, basis: str, note: str, about: str
) -> list[tuple[str, tuple[str, ...]]]:
    """What was asked, as it was asked: names and their values."""
    people = tuple(f"{words.kind(each.kind)}{words.say('colon')}{each.value}" for each in request.identifiers)
    window = request.window
    period = (
        ()
        if window is None
        else (words.say("window_text", start=words.day(window.start), end=words.day(window.end - 1)),)
    )
    said: list[tuple[str, tuple[str, ...]]] = [
        ("type", (words.types[request.type],)),
        ("about", (about,)),
        ("case_number", (request.case_number,)),
        ("legal_basis", (basis,)),
        ("received", (words.time(request.received),)),
        ("identifiers", people),
        ("categories", tuple(words.category(each) for each in request.categories)),
        ("window", period),
        ("note", (note,)),
    ]
    return [(words.say(name), values) for name, values in said if any(values)]


def clocks(request: JudicialRequest, words: Words) -> list[tuple[str, str, str]]:
    """Deadlines: name, moment, when it was met ("" = not)."""
    return [
        (words.say(f"deadline_{name}"), words.time(clock.due), "" if clock.met is None else words.time(clock.met))
        for name, clock in seen.deadlines(request)
    ]


def letter(held: Letter, words: Words) -> LetterView:
    """A letter as it was sent; the place of the link says where the package is."""
    text = held.text.replace(SLOT, words.say("letter_package")).strip()
    lines = tuple(tuple(block.split("\n")) for block in re.split(r"\n{2,}", text))
    lang = "zh-Hans" if held.language.startswith("zh") else "en"
    return LetterView(held.subject, words.time(held.sent), lang, lines)


def document(held: Document, words: Words) -> DocumentView:
    """A document in a line."""
    return DocumentView(held.name, words.size(held.size), words.time(held.received), held.sha256)


def package(held: Disclosure, words: Words) -> PackageView:
    """A package before it is fetched."""
    key = " ".join(held.key[at : at + 4] for at in range(0, len(held.key), 4))
    return PackageView(key, words.say("bytes", size=f"{held.size:,}"), words.time(held.expires))


def types(words: Words, wanted: Sequence[Type]) -> list[tuple[str, str]]:
    """The types to choose from."""
    return [(each.value, words.types[each.value]) for each in wanted]


def kinds(words: Words) -> list[tuple[str, str]]:
    """The kinds of identifiers to choose from."""
    return [(each, words.kind(each)) for each in IDENTIFIERS]


def categories(words: Words) -> list[tuple[str, str]]:
    """The categories of data to choose from."""
    return [(each, words.category(each)) for each in FIELDS_OF]


def errors(words: Words, most: int) -> str:
    """The sentences that a script may need, as JSON by code."""
    told = {code: words.say(key, most=most) for code, key in ERRORS.items()}
    return msgspec.json.encode(told | {"wrong": words.say("wrong")}, order="sorted").decode()


class SessionView(msgspec.Struct, frozen=True):
    """An open session. `this`: the one that looks."""

    id: str
    agent: str
    note: str
    label: str
    this: bool


def key(held: Passkey, words: Words) -> tuple[str, str]:
    """A passkey: its name, and when it was made and used."""
    said = [words.say("passkey_since", time=words.time(held.created))]
    if held.last:
        said.append(words.say("passkey_last", time=words.time(held.last)))
    return held.name, words.say("comma").join(said)


def session(held: Session, own: Session, words: Words) -> SessionView:
    """A session in a line."""
    since, last = words.time(held.created), words.time(held.last)
    note = words.say("session_since", time=since, last=last)
    label = words.say("session_end_label", time=since)
    return SessionView(held.id, held.agent, note, label, held.id == own.id)
