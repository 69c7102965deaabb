# SPDX-License-Identifier: Apache-2.0
"""The heat table (SVG): capability sets x outflows, the reaction window in each cell as a fill and as a word.

Single capabilities stand first, then sets; within both the worst first. Rows in which nothing is ever reached are
named below the table: they tell something, but need no room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from textwrap import wrap

import msgspec

from counterseal.prover.proof import Cell, ProfileProof
from counterseal.prover.report.glossary import NO_GLOSSARY, Glossary, Scene
from counterseal.prover.report.svg import MONO, SANS, chip, document, scale, text
from counterseal.prover.report.times import DAY, in_hours
from counterseal.prover.report.words import cell_sentence, counted, money, window_words

EDGE = 20
LABEL = 300.0  # px of a row's name
LEAST_WIDTH = 1000.0
CELL = (96.0, 28.0)  # px, at least
GAP = 2.0
LINE = 15.0
LETTERS = int((LABEL - 12) / MONO)
MOST_ROWS = 40
SCALE = (
    ("silent", "silent", "nobody is told"),
    ("zero", "0 h", "told when it is too late"),
    ("short", "12 h", "under a day (bar: share)"),
    ("day", "24 h", "under three days"),
    ("long", "72 h", "longer"),
    ("never", "never", "not possible"),
)
WORST = {name: rank for rank, (name, _, _) in enumerate(SCALE)}


class Row(msgspec.Struct, frozen=True):
    """One capability set. `cells`: outflow -> cell; one that was not decided is missing."""

    capabilities: tuple[str, ...]
    cells: Mapping[str, Cell]

    @property
    def harmless(self) -> bool:
        """Nothing is ever reached."""
        return all(scale(cell) == "never" for cell in self.cells.values())

    @property
    def order(self) -> tuple[bool, tuple[tuple[int, int], ...], int, tuple[str, ...]]:
        """Sort key: singles first, then the worst cells, then fewer capabilities."""
        cells = sorted((WORST[scale(cell)], cell.window or 0) for cell in self.cells.values())
        return len(self.capabilities) > 1, tuple(cells), len(self.capabilities), self.capabilities


def rows_of(heat: Sequence[Cell]) -> list[Row]:
    """The table's rows in their order."""
    found: dict[tuple[str, ...], dict[str, Cell]] = {}
    for cell in heat:
        found.setdefault(cell.capabilities, {})[cell.outflow] = cell
    return sorted((Row(names, cells) for names, cells in found.items()), key=lambda row: row.order)


def heat_table(
    profile: ProfileProof, scene: Scene, glossary: Glossary = NO_GLOSSARY, *, most: int = MOST_ROWS
) -> str:
    """The SVG of one profile. Columns: the scene's outflows. Of more than `most` rows the rest is counted below."""
    rows = rows_of(profile.heat)
    harmful = [row for row in rows if not row.harmless]
    harmless = [row for row in rows if row.harmless]
    shown = harmful[:most]
    columns = scene.outflows or tuple(dict.fromkeys(cell.outflow for cell in profile.heat))
    width = max(LEAST_WIDTH, 2 * EDGE + 28 + LABEL + len(columns) * (CELL[0] + GAP))
    cell = (width - 2 * EDGE - 28 - LABEL) / max(1, len(columns)) - GAP
    title = f"Time to react under {scene.policy}, profile {scene.profile}: capability sets and outflows."
    y = EDGE + 14.0
    parts = [text(EDGE, y, "h", title.removesuffix("."))]
    foot = [*_left_out(harmful[most:]), *_harmless(harmless), *_same(profile)]
    table, height = _table(shown, columns, cell, glossary)
    y += 14
    parts.append(
        f'<rect class="panel" x="{EDGE}" y="{y:.0f}" width="{width - 2 * EDGE:.0f}" height="{height:.0f}" rx="8"/>'
        f'<g transform="translate({EDGE + 14} {y:.0f})">\n{table}</g>\n'
    )
    y += height + 12
    for sentence in foot:
        for line in wrap(sentence, int((width - 2 * EDGE) / SANS)):
            y += 16
            parts.append(text(EDGE, y, "t2", line))
        y += 4
    keys, y = _legend(y + 14, width)
    told = " ".join(_told(row, columns) for row in shown) + " " + " ".join(foot)
    return document(width, y, title, told.strip(), "\n".join(parts) + keys)


def _table(rows: Sequence[Row], columns: Sequence[str], cell: float, glossary: Glossary) -> tuple[str, float]:
    head = 64.0
    periods = {limit.period for limit in glossary.limits.values() if limit is not None}
    limits = f"limit, {glossary.currency}" + "".join(
        f" per {in_hours(each)}" for each in periods if len(periods) == 1
    )
    parts = [
        text(0, head - 8, "t2", "capabilities"),
        text(LABEL - 14, head - 8, "t3 end", limits if periods else ""),
    ]
    for index, name in enumerate(columns):
        x = LABEL + index * (cell + GAP) + cell / 2
        lines = _name(name, cell)
        limit = glossary.limits.get(name)
        top = head - 10 - 13 * len(lines)
        parts.extend(text(x, top + 13 * number, "m10 t2 mid", line) for number, line in enumerate(lines))
        words = money(limit.amount, "") if limit is not None else "no limit" if name in glossary.limits else ""
        if limit is not None and len(periods) > 1:
            words += f"/{in_hours(limit.period)}"
        parts.append(text(x, head - 8, "t3 mid", words))
    y = head
    single = True
    for row in rows:
        if single and len(row.capabilities) > 1 and row is not rows[0]:
            y += 8
        single = len(row.capabilities) == 1
        drawn, height = _row(row, columns, cell, y)
        parts.append(drawn)
        y += height + GAP
    if not rows:
        parts.append(text(0, y + 16, "t2", "No set that was looked at reaches any outflow."))
        y += 24
    return "\n".join(parts) + "\n", y + 12


def _name(name: str, width: float) -> list[str]:
    """A column's name in at most two lines, broken at an underscore."""
    if len(name) * 6.7 <= width:
        return [name]
    cuts = [index + 1 for index, letter in enumerate(name) if letter == "_"]
    cut = min(cuts, key=lambda at: abs(at - len(name) / 2), default=len(name))
    return [part for part in (name[:cut], name[cut:]) if part]


def _row(row: Row, columns: Sequence[str], cell: float, y: float) -> tuple[str, float]:
    lines = label_lines(row.capabilities)
    height = max(CELL[1], LINE * len(lines) + 8)
    top = y + height / 2 + 4 - LINE * (len(lines) - 1) / 2
    parts = [text(0, top + LINE * number, "m", line) for number, line in enumerate(lines)]
    for index, name in enumerate(columns):
        found = row.cells.get(name)
        x = LABEL + index * (cell + GAP)
        if found is None:
            drawn, told = chip(x, y, (cell, height), "unknown", "unknown"), f"{name}: unknown"
        else:
            share = (found.window or 0) / DAY
            drawn, told = chip(x, y, (cell, height), scale(found), window_words(found), share), cell_sentence(found)
        parts.append(f"<g><title>{escape(told)}</title>{drawn}</g>")
    return "\n".join(parts), height


def label_lines(capabilities: Sequence[str]) -> list[str]:
    """The names of a set, joined by `+`, never cut: a name that is too long has a line of its own."""
    lines = [""]
    for index, name in enumerate(capabilities):
        words = name if index == len(capabilities) - 1 else f"{name} +"
        joined = f"{lines[-1]} {words}".strip()
        if lines[-1] and len(joined) > LETTERS:
            lines.append(words)
        else:
            lines[-1] = joined
    return lines if capabilities else ["no capability"]


def _left_out(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    best = min(
        (cell for row in rows for cell in row.cells.values()), key=lambda c: (WORST[scale(c)], c.window or 0)
    )
    return [f"Not shown: {counted(len(rows), 'more set')}; the worst window among them is {window_words(best)}."]


def _harmless(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    names = "; ".join(" + ".join(row.capabilities) or "no capability" for row in rows)
    return [f"Never, by any outflow: {names}."]


def _same(profile: ProfileProof) -> list[str]:
    alike = [f"{name} = {' = '.join(others)}" for name, others in profile.same.items() if others]
    return [f"The same against this profile: {'; '.join(alike)}."] if alike else []


def _told(row: Row, columns: Sequence[str]) -> str:
    """One row for those who hear it."""
    names = " + ".join(row.capabilities) or "no capability"
    cells = [f"{name} {window_words(row.cells[name]) if name in row.cells else 'unknown'}" for name in columns]
    return f"{names}: {', '.join(cells)}."


def _legend(y: float, width: float) -> tuple[str, float]:
    parts, x = [], float(EDGE)
    for kind, words, meaning in SCALE:
        wide = 84 + 6 * len(meaning)
        if x + wide > width - EDGE:
            x, y = float(EDGE), y + 28
        parts.append(chip(x, y, (56, 20), kind, words, 0.5) + text(x + 64, y + 14, "t2", meaning))
        x += wide
    return "\n".join(parts) + "\n", y + 36
