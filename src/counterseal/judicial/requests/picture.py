# SPDX-License-Identifier: Apache-2.0
"""The cut as a picture: which capabilities, held together, forge the evidence. SVG, text and lines only."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from counterseal.judicial.requests.cut import Cut
from counterseal.judicial.requests.decision import Decided

WIDTH: Final = 720
ROW: Final = 34
TOP: Final = 64
MOST: Final = 12  # sets drawn of each cut; how many more there are is said
BOX: Final = 200
STYLE: Final = (
    ".t{font:600 14px system-ui,sans-serif;fill:currentColor}.s{font:13px system-ui,sans-serif;fill:currentColor}"
    ".b{fill:none;stroke:currentColor;stroke-opacity:.45}.one{stroke:#c0392b;stroke-opacity:1;stroke-width:2}"
    ".bad{fill:#c0392b}"
)


def picture(decided: Decided) -> str:
    """Both cuts, one below the other, with the number that matters in words."""
    parts, y = list[str](), 8
    for title, cut, empty in (
        (f"Rule {decided.rule}: what forges it", decided.cut_rule, "nobody can forge it"),
        ("The evidence that stands: what forges it", decided.cut_standing, "it satisfies no path of the rule yet"),
    ):
        drawn, y = _cut(title, cut, empty, y)
        parts += drawn
    sizes = _size(decided.cut_rule), _size(decided.cut_standing)
    said = f"smallest forging set of the rule: {sizes[0]}; of the evidence: {sizes[1]}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" '
        f'role="img" aria-label="{escape(said)}"><title>{escape(said)}</title><style>{STYLE}</style>'
        f"{''.join(parts)}</svg>"
    )


def _cut(title: str, cut: Cut, empty: str, y: int) -> tuple[list[str], int]:
    parts = [f'<text class="t" x="8" y="{y + 16}">{escape(title)}</text>']
    parts.append(f'<text class="s{_bad(cut)}" x="8" y="{y + 38}">{escape(_sentence(cut, empty))}</text>')
    y += TOP - 8
    for each in cut.sets[:MOST]:
        parts += _row(each, y)
        y += ROW
    if len(cut.sets) > MOST:
        parts.append(f'<text class="s" x="8" y="{y + 16}">and {len(cut.sets) - MOST} more</text>')
        y += ROW
    return parts, y + 16


def _row(names: tuple[str, ...], y: int) -> list[str]:
    """One set: its capabilities side by side, joined, since all of them are needed at once."""
    parts, one = list[str](), " one" if len(names) == 1 else ""
    width = min(BOX, (WIDTH - 16 - 24 * (len(names) - 1)) // max(1, len(names)))
    for index, name in enumerate(names):
        x = 8 + index * (width + 24)
        if index:
            parts.append(f'<text class="s" x="{x - 16}" y="{y + 18}">+</text>')
        parts.append(f'<rect class="b{one}" x="{x}" y="{y}" width="{width}" height="26" rx="4"/>')
        parts.append(f'<text class="s" x="{x + 8}" y="{y + 18}">{escape(name.replace("_", " "))}</text>')
    return parts


def _sentence(cut: Cut, empty: str) -> str:
    if cut.size is None:
        return empty
    if cut.size == 0:
        return "Nothing has to be forged."
    if cut.size == 1:
        return "One forgery is enough: the rule is broken."
    return f"At least {cut.size} independent forgeries are needed ({len(cut.sets)} sets)."


def _size(cut: Cut) -> str:
    return "none" if cut.size is None else str(cut.size)


def _bad(cut: Cut) -> str:
    return " bad" if cut.size in {0, 1} else ""
