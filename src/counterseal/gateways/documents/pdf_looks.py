# SPDX-License-Identifier: Apache-2.0
"""Whether pages look as they did when they were signed, outside boxes where a later trusted signature may stand.

Both are drawn with PDFium in this process, which is inside the sandbox: on screen and, for annotations and layers
that only appear on paper, as printed. One program on one machine draws the same bytes alike, so one pixel counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, Final

import pypdfium2  # type: ignore[import-untyped] # has none
from PIL import Image, ImageChops, ImageDraw

from counterseal.judicial.model import Box

WIDTH: Final = 700  # pixels; a full stop of 10 points is then still one
_FLAT: Final = 3  # levels of grey by which an empty place may vary


def changed(before: bytes, after: bytes, exempt: Iterable[Box], most: int) -> tuple[tuple[Box, ...], bool]:
    """Where pages differ, outside the exempt boxes; and whether the number of pages does. `most`: pages drawn.

    Raises what PDFium raises.
    """
    allowed = list(exempt)
    old, new = _opened(before), _opened(after)
    try:
        if len(old) != len(new):
            return (), True
        boxes: list[Box] = []
        for number, paper in itertools.product(range(min(len(old), most)), (False, True)):
            difference = _difference(old, new, number, paper=paper)
            box = None if difference is None else _left(difference, number + 1, allowed)
            boxes += [] if box is None else [box]
        return tuple(dict.fromkeys(boxes)), False
    finally:
        old.close()
        new.close()


def occupied(before: bytes, boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Those of the boxes that were not empty paper."""
    document = _opened(before)
    try:
        found = []
        for box in boxes:
            if not 1 <= box.page <= len(document):
                continue
            picture = _drawn(document, box.page - 1, paper=False)
            held: Any = picture.crop(_pixels(picture, box, inner=1)).getextrema()  # of its one band
            if held[1] - held[0] > _FLAT:
                found.append(box)
        return tuple(found)
    finally:
        document.close()


def _opened(data: bytes) -> Any:
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    return document


def _difference(old: Any, new: Any, number: int, *, paper: bool) -> Image.Image | None:
    mine, theirs = _drawn(old, number, paper=paper), _drawn(new, number, paper=paper)
    if mine.size != theirs.size:
        return Image.new("L", mine.size, 255)
    difference = ImageChops.difference(mine, theirs)
    return difference if difference.getbbox() else None


def _drawn(document: Any, number: int, *, paper: bool) -> Image.Image:
    page = document[number]
    scale = min(WIDTH / max(page.get_width(), 1.0), 3_000 / max(page.get_height(), 1.0))
    flags = pypdfium2.raw.FPDF_PRINTING if paper else 0
    bitmap = page.render(scale=scale, grayscale=False, may_draw_forms=True, extra_flags=flags)
    picture: Image.Image = bitmap.to_pil()
    return picture.convert("L")


def _left(difference: Image.Image, page: int, allowed: list[Box]) -> Box | None:
    """The part of the difference outside what is allowed."""
    pen = ImageDraw.Draw(difference)
    for box in allowed:
        if box.page == page:
            left, top, right, bottom = _pixels(difference, box, inner=-1)
            pen.rectangle((left, top, right - 1, bottom - 1), fill=0)
    held = difference.getbbox()
    if held is None:
        return None
    wide, tall = difference.size
    return Box(page, *(round(v, 5) for v in (held[0] / wide, held[1] / tall, held[2] / wide, held[3] / tall)))


def _pixels(picture: Image.Image, box: Box, inner: int) -> tuple[int, int, int, int]:
    """The box in pixels, smaller by `inner` at each side, but never empty."""
    wide, tall = picture.size
    left, top = int(box.left * wide) + inner, int(box.top * tall) + inner
    right, bottom = int(box.right * wide + 0.999) - inner, int(box.bottom * tall + 0.999) - inner
    return max(left, 0), max(top, 0), min(max(right, left + 1), wide), min(max(bottom, top + 1), tall)
