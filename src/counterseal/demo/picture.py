# SPDX-License-Identifier: Apache-2.0
"""The path picture (SVG): lanes attacker, proof, notices, owner; one panel for each policy, one below the other.

Steps within one hour of each other stand side by side on a grey ground (not to scale); longer waits are to one
scale over the whole picture. Nothing is told by colour alone: money that left is a filled arrow with its amount, a
muted channel is struck through, a step that failed has a cross and its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

from counterseal.demo.model import CaseResult, Played
from counterseal.demo.report import clause, money, sentence, short_reason, window_words
from counterseal.prover.report.layout import PAD, Layout, layout
from counterseal.prover.report.style import STYLE
from counterseal.prover.report.svg import HATCH
from counterseal.prover.report.times import span

WIDTH = 1200
GUTTER = 92  # lane names
EDGE = 20
HEAD = 46  # panel title
LANES = (("attacker", 76), ("proof", 66), ("notices", 62), ("owner", 66))
PANEL = HEAD + sum(height for _, height in LANES) + 30
CHARS = 25  # of a step's small print in one line


def draw(results: Sequence[CaseResult]) -> str:
    """The picture of one case or of many: a panel for each result, a sentence above each case."""
    played = [result for result in results if result.outcome not in {"disclosed", "refused"}]
    parts: list[str] = []
    y: float = EDGE
    for case in dict.fromkeys(result.attack for result in played):
        panels = [result for result in played if result.attack == case]
        text, y = _heading(panels, y)
        parts.append(text)
        for result in panels:
            parts.append(_panel(result, y))
            y += PANEL + 16
        y += 10
    text, y = _legend(y)
    parts.append(text)
    title = " ".join(
        sentence([r for r in played if r.attack == case]) for case in dict.fromkeys(r.attack for r in played)
    )
    size = f'viewBox="0 0 {WIDTH} {y:.0f}" width="{WIDTH}" height="{y:.0f}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t" font-size="12">',
        f'<title id="t">{escape(title)}</title>',
        f"<style>{STYLE}</style>",
        HATCH,
        f'<rect class="canvas" width="{WIDTH}" height="{y:.0f}"/>',
    )
    return "\n".join((*head, "".join(parts) + "</svg>\n"))


def _heading(panels: Sequence[CaseResult], y: float) -> tuple[str, float]:
    first = panels[0]
    told = "; ".join(f"under {panel.pack} {clause(panel)}" for panel in panels)
    lines = wrap(f"{told[0].upper()}{told[1:]}.", 175)
    text = [f'<text class="h" x="{EDGE}" y="{y + 18}">{escape(first.incident)}: {escape(first.title)}</text>']
    for number, line in enumerate(lines):
        text.append(f'<text class="t2" x="{EDGE}" y="{y + 38 + 17 * number}">{escape(line)}</text>')
    return "".join(text) + "\n", y + 38 + 17 * len(lines)


def _panel(result: CaseResult, y: float) -> str:
    found = layout(result.steps, WIDTH - 2 * EDGE - GUTTER - 16)
    left = EDGE + GUTTER
    parts = [
        f'<g transform="translate(0 {y:.0f})">',
        f'<rect class="panel" x="{EDGE}" y="0" width="{WIDTH - 2 * EDGE}" height="{PANEL}" rx="8"/>',
        _title(result),
    ]
    top = HEAD
    lanes = dict(LANES)
    body = sum(lanes.values())
    for x, width in found.grounds:
        parts.append(
            f'<rect class="ground" x="{left + x:.1f}" y="{top}" width="{width:.1f}" height="{body}" rx="4"/>'
        )
    for name, height in LANES:
        parts.append(f'<line class="lane" x1="{EDGE}" y1="{top}" x2="{WIDTH - EDGE}" y2="{top}"/>')
        parts.append(f'<text class="t2" x="{EDGE + 14}" y="{top + 22}">{name}</text>')
        top += height
    parts.extend(_wait(left + x, width, wait) for x, width, wait in found.waits)
    parts.extend(_step(spot.step, left + spot.x) for spot in found.spots)
    parts.append(_bar(result, found, left))
    parts.append(_axis(found, left))
    parts.append("</g>\n")
    return "".join(parts)


def _title(result: CaseResult) -> str:
    words = window_words(result)
    if result.lost is not None:
        chip, kind = f"window: {words}", "silent" if result.window is None else "zero"
        what = f"{money(result.lost.amount, result.lost.asset)} gone"
    else:
        chip, kind, what = "no money left", "never", "stopped"
    width = 7.0 * len(chip) + 20
    x = WIDTH - EDGE - 14 - width
    return (
        f'<text class="b" x="{EDGE + 14}" y="28"><tspan class="m">{escape(result.pack)}</tspan>'
        f'<tspan dx="10">{escape(what)}</tspan></text>'
        f'<rect class="chip-{kind}" x="{x:.0f}" y="12" width="{width:.0f}" height="22" rx="4"/>'
        f'<text class="chip-{kind}-t" x="{x + width / 2:.0f}" y="27" text-anchor="middle">{escape(chip)}</text>'
    )


def _wait(x: float, width: float, wait: int) -> str:
    y = HEAD + sum(height for _, height in LANES) / 2
    label = span(wait)
    words = f'<text class="t3" x="{x + width / 2:.1f}" y="{y - 8:.0f}" text-anchor="middle">{escape(label)}</text>'
    return f'<line class="wait" x1="{x + 3:.1f}" y1="{y:.0f}" x2="{x + width - 3:.1f}" y2="{y:.0f}"/>' + (
        words if width >= 6.2 * len(label) else ""
    )


def _step(step: Played, x: float) -> str:
    if step.actor == "owner":
        return _owner(step, x)
    top = HEAD
    parts = [
        _mark(step, x + 12, top + 18),
        f'<text class="m" x="{x + 26:.1f}" y="{top + 22}">{escape(step.action)}</text>',
    ]
    for number, line in enumerate(_words(step)):
        kind = "bad" if step.outcome == "paid" else "t2"
        parts.append(f'<text class="{kind}" x="{x + 4:.1f}" y="{top + 42 + 15 * number}">{escape(line)}</text>')
    top += LANES[0][1]
    proofs = list(zip(step.proofs, step.made_by, strict=False))
    if not proofs and step.outcome in {"done", "paid"}:
        parts.append(f'<text class="t3" x="{x + 4:.1f}" y="{top + 20}">none asked for</text>')
    for number, (factor, source) in enumerate(proofs[:3]):
        words = f'<tspan class="m">{escape(factor)}</tspan> <tspan class="t3">{escape(_source(source))}</tspan>'
        parts.append(f'<text x="{x + 4:.1f}" y="{top + 20 + 16 * number}">{words}</text>')
    parts.append(_notices(step, x, top + LANES[1][1]))
    return "".join(parts)


def _source(source: str) -> str:
    return "attacker's own" if source.startswith("bound in ") else source


def _words(step: Played) -> list[str]:
    """What came of a step of the attacker, in at most three short lines."""
    if step.outcome == "paid":
        return ["the money leaves"]
    if step.outcome == "done":
        return ["done"]
    return wrap(("try again: " if step.aim == "try again" else "") + short_reason(step), CHARS)[:3]


def _mark(step: Played, x: float, y: float) -> str:
    """Diamond: the attacker. Filled arrow: money left. Cross: it did not get through."""
    if step.outcome == "paid":
        return f'<path class="loss" d="M{x - 8:.1f} {y - 4}h8v-5l9 9-9 9v-5h-8z"/>'
    diamond = f'<path class="att" d="M{x:.1f} {y - 7}l7 7-7 7-7-7z"/>'
    if step.outcome == "done":
        return diamond
    return (
        f'<path class="att-no" d="M{x:.1f} {y - 7}l7 7-7 7-7-7z"/>'
        f'<path class="cross" d="M{x - 3:.1f} {y - 3}l6 6m0-6l-6 6"/>'
    )


def _notices(step: Played, x: float, top: float) -> str:
    """Channels that were told: a ring for one that reached the owner, struck through where it was muted."""
    parts: list[str] = []
    told = {
        notice.channel: notice.muted
        for notice in sorted(step.notices, key=lambda each: (not each.muted, each.channel))
    }
    for number, (channel, muted) in enumerate(told.items()):
        column, line = divmod(number, 2)
        cx, cy = x + 9 + 72 * column, top + 16 + 18 * line
        kind = "mute" if muted else "told"
        parts.append(f'<circle class="{kind}" cx="{cx:.1f}" cy="{cy:.1f}" r="4.5"/>')
        parts.append(f'<text class="{kind}-t" x="{cx + 9:.1f}" y="{cy + 4:.1f}">{escape(channel)}</text>')
        if muted:
            end = cx + 11 + 6.4 * len(channel)
            parts.append(f'<line class="strike" x1="{cx - 6:.1f}" y1="{cy}" x2="{end:.1f}" y2="{cy}"/>')
    if step.codes:
        words = (
            f"{step.codes} code seen by the owner" if step.codes == 1 else f"{step.codes} codes seen by the owner"
        )
        parts.append(f'<text class="t3" x="{x + 4:.1f}" y="{top + 54}">{words}</text>')
    if not parts and step.outcome in {"done", "paid"}:
        parts.append(f'<text class="t3" x="{x + 4:.1f}" y="{top + 20}">nobody told</text>')
    return "".join(parts)


def _owner(step: Played, x: float) -> str:
    top = HEAD + sum(height for _, height in LANES[:3])
    return (
        f'<circle class="own" cx="{x + 12:.1f}" cy="{top + 18}" r="6.5"/>'
        f'<text class="b" x="{x + 26:.1f}" y="{top + 22}">{escape(step.outcome.replace("_", " "))}</text>'
        + "".join(
            f'<text class="t2" x="{x + 4:.1f}" y="{top + 40 + 14 * number}">{escape(line)}</text>'
            for number, line in enumerate(wrap(step.reason, CHARS)[:2])
        )
    )


def _bar(result: CaseResult, found: Layout[Played], left: float) -> str:
    """The owner's reaction bar: solid from the first notice to the loss or the owner's act; hatched = silent."""
    top = HEAD + sum(height for _, height in LANES) - 12
    if result.silent:
        paid = next(spot.x for spot in found.spots if spot.step.outcome == "paid")
        words = "silent: nobody was told before the money left"
        return (
            f'<rect x="{left + PAD}" y="{top}" width="{paid + 14 - PAD:.1f}" height="8" rx="2" fill="url(#hatch)"/>'
            f'<text class="b" x="{left + PAD}" y="{top - 8}">{words}</text>'
        )
    first = result.first_notice
    if first is None:
        words = "nothing to undo: nothing was changed, so no notice was due"
        return f'<text class="t3" x="{left + PAD + 4}" y="{top + 4}">{words}</text>'
    after = [spot.x for spot in found.spots if spot.step.at >= first.at]
    begin = next((spot.x for spot in found.spots if first in spot.step.notices), after[0] if after else 0.0)
    ends = [s.x for s in found.spots if s.step.outcome == "paid"] or [
        s.x for s in found.spots if s.step.actor == "owner"
    ]
    if not ends:
        return ""
    end = max(ends[0] - 6, begin + 10)
    moments = [spot.step.at for spot in found.spots if spot.x == ends[0]]
    words = f"{span(moments[0] - first.at)} {'to react' if result.lost else 'until the owner acted'}"
    at_end = begin + 10 < end
    x, anchor = (left + begin + 4, "start") if at_end else (left + begin - 6, "end")
    y = top - 6 if at_end else top + 8
    return (
        f'<rect class="bar" x="{left + begin + 4:.1f}" y="{top}" width="{end - begin:.1f}" height="8" rx="2"/>'
        f'<text class="b" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
    )


def _axis(found: Layout[Played], left: float) -> str:
    y = HEAD + sum(height for _, height in LANES) + 19
    return "".join(
        f'<text class="t3" x="{left + spot.x + 4:.1f}" y="{y}">{escape(span(spot.step.at))}</text>'
        for spot in found.spots
    )


def _legend(y: float) -> tuple[str, float]:
    entries = (
        ('<path class="att" d="M8 5l7 7-7 7-7-7z"/>', "step of the attacker"),
        (
            '<path class="att-no" d="M8 5l7 7-7 7-7-7z"/><path class="cross" d="M5 9l6 6m0-6l-6 6"/>',
            "got no further",
        ),
        ('<path class="loss" d="M0 8h8v-5l9 9-9 9v-5h-8z"/>', "the money leaves"),
        ('<circle class="told" cx="8" cy="12" r="4.5"/>', "notice that reached the owner"),
        (
            '<circle class="mute" cx="8" cy="12" r="4.5"/><line class="strike" x1="1" y1="12" x2="16" y2="12"/>',
            "muted",
        ),
        ('<circle class="own" cx="8" cy="12" r="6.5"/>', "the owner"),
        ('<rect class="ground" x="0" y="5" width="18" height="14" rx="3"/>', "within an hour, not to scale"),
    )
    parts, x = [], float(EDGE)
    for mark, words in entries:
        parts.append(
            f'<g transform="translate({x:.0f} {y:.0f})">{mark}<text class="t2" x="24" y="16">{words}</text></g>'
        )
        x += 48 + 6.3 * len(words)
    return "".join(parts) + "\n", y + 36
