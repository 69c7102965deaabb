# SPDX-License-Identifier: Apache-2.0
"""What every picture begins with, and the chip of a reaction window."""

from __future__ import annotations

import zlib
from html import escape

from counterseal.prover.findings import Attack
from counterseal.prover.proof import Cell
from counterseal.prover.report.style import STYLE, WINDOW_STYLE
from counterseal.prover.report.times import DAY

HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-bg" width="6" height="6"/>'
    '<rect class="hatch-line" width="2.5" height="6"/></pattern></defs>'
)
MONO = 6.95  # px of one letter of 11.5 px in a monospaced font
BOLD = 7.4  # px of one letter of 12 px, bold
SANS = 6.6  # px of one letter of 12 px, a wide one


def document(width: float, height: float, title: str, description: str, body: str) -> str:
    """A whole SVG. `title`: what it shows in one sentence; `description`: its content for those who hear it."""
    name = f"p{zlib.crc32((title + description).encode()):08x}"  # pictures may share a page: ids must not meet
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    labels = f'role="img" aria-labelledby="{name}-t {name}-d"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {labels} font-size="12">',
            f'<title id="{name}-t">{escape(title)}</title>',
            f'<desc id="{name}-d">{escape(description)}</desc>',
            f"<style>{STYLE}{WINDOW_STYLE}</style>",
            HATCH,
            f'<rect class="canvas" width="{width:.0f}" height="{height:.0f}"/>',
            f"{body}</svg>\n",
        )
    )


def text(x: float, y: float, kind: str, words: str) -> str:
    """One line of text; `kind`: classes of the style sheet."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>' if words else ""


def scale(found: Attack | Cell) -> str:
    """The step of the scale: silent, zero, short (under 24 h), day (under 72 h), long, never."""
    if found.silent:
        return "silent"
    window = found.window
    if window is None:
        return "never"
    if not window:
        return "zero"
    if window < DAY:
        return "short"
    return "day" if window < 3 * DAY else "long"


def chip(x: float, y: float, size: tuple[float, float], kind: str, words: str, share: float = 0.0) -> str:
    """A window: fill, word, and below a day a bar at the foot, `share` of the width."""
    width, height = size
    bar = (
        f'<rect class="gauge" x="{x:.1f}" y="{y + height - 3:.1f}" width="{width * share:.1f}" height="3"/>'
        if kind == "short"
        else ""
    )
    return (
        f'<rect class="chip-{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="4"/>{bar}'
        + text(x + width / 2, y + height / 2 + 4, f"chip-{kind}-t mid", words)
    )
