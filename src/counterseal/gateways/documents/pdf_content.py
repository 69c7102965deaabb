# SPDX-License-Identifier: Apache-2.0
"""What a PDF holds besides its pages: code, actions, media, attachments, layers.

Whoever signed a document with code in it signed the code; what people see then need not be what they would see
tomorrow or elsewhere. So code withholds, while what only moves the view or points elsewhere is a note.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pikepdf

from counterseal.gateways.documents import pdf_attachments
from counterseal.gateways.documents.pdf_hidden import hidden_text
from counterseal.gateways.documents.pdf_reading import Reading
from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

MOST_OBJECTS: Final = 30_000
_CODE: Final = frozenset({"/JavaScript", "/SetOCGState", "/Hide", "/ResetForm", "/Trans", "/Rendition"})
_OUT: Final = frozenset({"/Launch", "/SubmitForm", "/ImportData"})
_ELSEWHERE: Final = frozenset({"/URI", "/GoToR", "/GoToE"})
_MEDIA: Final = frozenset({"/RichMedia", "/Movie", "/Screen", "/3D", "/Sound"})
_ACTIONS: Final = _CODE | _OUT | _ELSEWHERE | {"/GoTo", "/Named", "/Thread", "/Movie", "/Sound", "/GoTo3DView"}
_TURNS: Final = frozenset({"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"})


class _Seen(msgspec.Struct):
    """Names of what was met, and how often."""

    code: set[str]
    out: set[str]
    media: set[str]
    files: list[Any]  # file specifications
    links: int = 0


def found_in(reading: Reading) -> list[Finding]:
    """Notes and what keeps `verified` back. Raises nothing."""
    findings: list[Finding] = []
    for search in (_objects, _catalogue, _layers):
        try:
            if reading.pike is not None:
                findings += search(reading.pike)
        except Exception as error:  # noqa: BLE001 - whatever a file makes the library raise
            findings.append(found("content_unread", reason=type(error).__name__))
    try:
        findings += [] if reading.pdfium is None else hidden_text(reading.pdfium)
    except Exception as error:  # noqa: BLE001 - as above
        findings.append(found("content_unread", "text", reason=type(error).__name__))
    return findings


def _objects(pike: Any) -> list[Finding]:
    seen = _Seen(set(), set(), set(), [])
    objects = pike.objects
    if len(objects) > MOST_OBJECTS:
        return [found("pdf_too_complex", what="objects")]
    for each in objects:
        if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            _look(each, seen, 6)
        elif isinstance(each, pikepdf.Array):
            _within(each, seen, 6)
    made = []
    if seen.code:
        made.append(found("active_code", what=", ".join(sorted(seen.code))))
    if seen.out:
        made.append(found("active_launch", what=", ".join(sorted(seen.out))))
    if seen.media:
        made.append(found("media_inside", what=", ".join(sorted(seen.media))))
    if seen.links:
        made.append(found("links_out", count=seen.links))
    return made + pdf_attachments.told(seen.files)


def _look(held: Any, seen: _Seen, depth: int) -> None:
    """One dictionary and the direct ones within it: indirect ones are objects of their own."""
    action = str(held.get("/S", ""))
    if action in _ACTIONS and held.get("/Type", "/Action") == "/Action":
        _action(held, action, seen)
    if "/JS" in held:
        seen.code.add("JavaScript")
    kind = str(held.get("/Subtype", ""))
    if kind in _MEDIA:
        seen.media.add(kind[1:])
    if "/EF" in held:
        seen.files.append(held)
    _within(held.values() if isinstance(held, pikepdf.Dictionary) else held.stream_dict.values(), seen, depth)


def _within(values: Any, seen: _Seen, depth: int) -> None:
    for value in values if depth > 0 else ():
        if not isinstance(value, pikepdf.Dictionary | pikepdf.Array) or value.is_indirect:
            continue
        if isinstance(value, pikepdf.Dictionary):
            _look(value, seen, depth - 1)
        else:
            _within(value, seen, depth - 1)


def _action(held: Any, action: str, seen: _Seen) -> None:
    if action in _CODE:
        seen.code.add(action[1:])
    elif action in _OUT:
        seen.out.add(action[1:])
    elif action in _ELSEWHERE:
        seen.links += 1
    elif action == "/Named" and str(held.get("/N", "")) not in {
        "/NextPage",
        "/PrevPage",
        "/FirstPage",
        "/LastPage",
    }:
        seen.code.add(f"the command {str(held.get('/N', ''))[1:]}")


def _catalogue(pike: Any) -> list[Finding]:
    root = pike.Root
    made = [found("opens_at")] if "/OpenAction" in root else []
    form = root.get("/AcroForm")
    if form is not None and "/XFA" in form:
        made.append(found("active_form"))
    return made


def _layers(pike: Any) -> list[Finding]:
    """Layers that are off, or that the viewer shows by use (view, print, export): one file, two looks."""
    held = pike.Root.get("/OCProperties")
    if held is None:
        return []
    groups = list(held.get("/OCGs", []))
    default = held.get("/D", pikepdf.Dictionary())
    off = {each.objgen for each in default.get("/OFF", [])}
    if default.get("/BaseState", "/ON") != "/ON":
        off |= {each.objgen for each in groups} - {each.objgen for each in default.get("/ON", [])}
    odd = [each for each in groups if each.objgen in off or _by_use(each)]
    if odd:
        return [found("layers_hidden", names=", ".join(str(each.get("/Name", "?")) for each in odd[:10]))]
    return [found("layers", count=len(groups))] if groups else []


def _by_use(group: Any) -> bool:
    usage = group.get("/Usage", pikepdf.Dictionary())
    states = set()
    for use, key in (("/View", "/ViewState"), ("/Print", "/PrintState")):
        if use in usage:
            states.add(str(usage[use].get(key, "/ON")))
    return "/OFF" in states
