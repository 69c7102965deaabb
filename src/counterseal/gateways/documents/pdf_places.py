# SPDX-License-Identifier: Apache-2.0
"""Where things stand on pages, as fractions from the upper left corner of the page as it is shown."""

from __future__ import annotations

from typing import Any

from counterseal.judicial.model import Box

QUARTER = 90  # degrees


def widgets(pike: Any) -> dict[tuple[int, int], Box]:
    """Object number and generation of each form field's picture, and where it stands. Raises nothing."""
    places: dict[tuple[int, int], Box] = {}
    if pike is None:
        return places
    for number, page in enumerate(pike.pages, 1):
        try:
            for annotation in page.obj.get("/Annots", []):
                if annotation.get("/Subtype") == "/Widget":
                    places[annotation.objgen] = on_page(page, number, [float(each) for each in annotation.Rect])
        except Exception:  # noqa: BLE001,S112 - a page without marks is better than no finding
            continue
    return places


def on_page(page: Any, number: int, rectangle: list[float]) -> Box:
    """A rectangle of the page's user space as a box. `page`: pikepdf's."""
    left, low, right, high = (float(each) for each in page.cropbox)
    return placed((left, low, right, high), int(page.obj.get("/Rotate", 0) or 0), number, rectangle)


def placed(crop: tuple[float, float, float, float], rotate: int, number: int, rectangle: list[float]) -> Box:
    """The same from bare numbers: `crop` is the page's box, `rotate` its turn in degrees, clockwise."""
    left, low, right, high = (
        min(crop[0], crop[2]),
        min(crop[1], crop[3]),
        max(crop[0], crop[2]),
        max(crop[1], crop[3]),
    )
    wide, tall = max(right - left, 1e-6), max(high - low, 1e-6)
    x0, x1 = sorted(((rectangle[0] - left) / wide, (rectangle[2] - left) / wide))
    y0, y1 = sorted(((high - rectangle[1]) / tall, (high - rectangle[3]) / tall))
    turn = rotate % 360
    if turn == QUARTER:
        x0, y0, x1, y1 = 1 - y1, x0, 1 - y0, x1
    elif turn == 2 * QUARTER:
        x0, y0, x1, y1 = 1 - x1, 1 - y1, 1 - x0, 1 - y0
    elif turn == 3 * QUARTER:
        x0, y0, x1, y1 = y0, 1 - x1, y1, 1 - x0
    return Box(number, *(round(min(max(each, 0.0), 1.0), 5) for each in (x0, y0, x1, y1)))


def empty(box: Box) -> bool:
    """Whether nothing could be seen there."""
    return box.right - box.left <= 0 or box.bottom - box.top <= 0
