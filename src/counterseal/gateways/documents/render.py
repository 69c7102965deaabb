# SPDX-License-Identifier: Apache-2.0
"""Draws a page of a PDF for people, with PDFium. Inside the sandbox only."""

from __future__ import annotations

import pypdfium2  # type: ignore[import-untyped] # has none

MOST_PIXELS = 12_000_000


def page(data: bytes, number: int, width: int) -> tuple[int, int, bytes]:
    """Page `number` (1-based) as (width, height, rows of RGB bytes), `width` pixels wide, or less where it is
    very long. Forms and annotations are drawn. Raises whatever PDFium raises, IndexError for no such page."""
    document = pypdfium2.PdfDocument(data)
    try:
        document.init_forms()
        if not 1 <= number <= len(document):
            raise IndexError(number)
        held = document[number - 1]
        scale = width / max(held.get_width(), 1.0)
        pixels = scale * scale * held.get_width() * held.get_height()
        if pixels > MOST_PIXELS:
            scale *= (MOST_PIXELS / pixels) ** 0.5
        bitmap = held.render(scale=scale, rev_byteorder=True, prefer_bgrx=False, may_draw_forms=True)
        image = bitmap.to_pil().convert("RGB")
        return image.width, image.height, image.tobytes()
    finally:
        document.close()
