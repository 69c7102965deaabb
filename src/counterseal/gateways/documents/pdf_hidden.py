# SPDX-License-Identifier: Apache-2.0
"""Text that stands on pages and that nobody sees: invisible, as bright as paper, tiny, or off the page.

Text without a picture of its letters is looked for with PDFium. Invisible text over a picture is what scanners with
text recognition make, and is passed over.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

import pypdfium2  # type: ignore[import-untyped] # has none

from counterseal.gateways.documents.pdf_places import placed
from counterseal.judicial.findings import found
from counterseal.judicial.model import Box, Finding

MOST_PAGES: Final = 20
MOST_TEXTS: Final = 2_000
_RAW: Final = pypdfium2.raw
_INVISIBLE: Final = 3  # ISO 32000-2, table 104
_PALE: Final = 250  # of 255, in each colour
_TINY: Final = 1.0  # point
Bounds = tuple[float, float, float, float]


def hidden_text(document: pypdfium2.PdfDocument) -> list[Finding]:
    """A finding for each way of hiding, with marks. Raises what PDFium raises."""
    ways: dict[str, list[Box]] = {}
    left = MOST_TEXTS
    for number in range(min(len(document), MOST_PAGES)):
        left = _page(document[number], number + 1, ways, left)
    return [found("hidden_text", boxes=tuple(boxes[:20]), how=how) for how, boxes in ways.items()]


def _page(page: Any, number: int, ways: dict[str, list[Box]], left: int) -> int:
    crop = page.get_cropbox()
    turn = page.get_rotation()
    under: list[Bounds] = []  # pictures and filled shapes so far: what is pale on them can be read
    for each in page.get_objects(max_depth=3):
        if left <= 0:
            break
        left -= 1
        bounds = each.get_bounds() if each.type != _RAW.FPDF_PAGEOBJ_FORM else None
        if bounds is None:
            continue
        if each.type in (_RAW.FPDF_PAGEOBJ_IMAGE, _RAW.FPDF_PAGEOBJ_PATH, _RAW.FPDF_PAGEOBJ_SHADING):
            under.append(bounds)
        elif each.type == _RAW.FPDF_PAGEOBJ_TEXT and (how := _how(each, bounds, crop, under)):
            rectangle = [bounds[0], bounds[1], bounds[2], bounds[3]]
            ways.setdefault(how, []).append(placed(crop, turn, number, rectangle))
    return left


def _how(text: Any, bounds: Bounds, crop: Bounds, under: list[Bounds]) -> str:
    if bounds[2] - bounds[0] <= 0:
        return ""  # blanks
    if bounds[2] < crop[0] or bounds[0] > crop[2] or bounds[3] < crop[1] or bounds[1] > crop[3]:
        return "off the page"
    if bounds[3] - bounds[1] < _TINY and bounds[2] - bounds[0] < 20 * _TINY:
        return "tiny"
    upon = any(_over(bounds, each) for each in under)
    if _RAW.FPDFTextObj_GetTextRenderMode(text.raw) == _INVISIBLE:
        return "" if upon else "drawn invisibly"
    return "as bright as paper" if not upon and _pale(text) else ""


def _over(inner: Bounds, outer: Bounds) -> bool:
    middle = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= middle[0] <= outer[2] and outer[1] <= middle[1] <= outer[3]


def _pale(text: Any) -> bool:
    red, green, blue, opaque = (ctypes.c_uint() for _ in range(4))
    if not _RAW.FPDFPageObj_GetFillColor(text.raw, red, green, blue, opaque):
        return False
    return min(red.value, green.value, blue.value) >= _PALE or opaque.value < 255 - _PALE
