# SPDX-License-Identifier: Apache-2.0
"""One attack as a panel of four lanes: attacker, proof, notices, owner. Whatever has a colour has a word too."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from textwrap import wrap

import msgspec

from counterseal.prover.findings import Attack, Step
from counterseal.prover.report.glossary import Glossary, Scene, is_disclosure, muted, source
from counterseal.prover.report.layout import PAD, Layout, layout
from counterseal.prover.report.moments import Moment, first_told, moments
from counterseal.prover.report.svg import BOLD, MONO, SANS, chip, scale, text
from counterseal.prover.report.times import DAY, HOUR, in_hours, when
from counterseal.prover.report.words import window_words

LEAST_WIDTH = 1200
EDGE = 20
GUTTER = 92  # lane names
HEAD = 46  # panel title
FOOT = 30  # times
LONGEST = 7 * DAY  # a longer wait is drawn with a break
LEAST_COLUMN = 124.0
LOSS = "the money would leave"  # the longest word of a moment
GAP = 40.0  # px for a wait, at least: its length stands above it
WAITS = 4.0, 480.0  # px for one hour of waiting, and for all waits, at most, in a picture that has to grow


class Panel(msgspec.Struct, frozen=True):
    """What is drawn and where. `lanes`: name -> (top, height), px from the panel's top."""

    attack: Attack
    scene: Scene
    glossary: Glossary
    found: Layout[Moment]
    lanes: dict[str, tuple[float, float]]
    column: float
    width: float

    @property
    def bottom(self) -> float:
        """Where the lanes end."""
        top, height = self.lanes["owner"]
        return top + height

    @property
    def height(self) -> float:
        """Of the whole panel, px."""
        return self.bottom + FOOT

    @property
    def data(self) -> bool:
        """Data leave, not value."""
        return is_disclosure(self.attack, self.scene, self.glossary)


def place(attack: Attack, scene: Scene, glossary: Glossary) -> Panel:
    """Measure the texts, then place the moments: a picture grows wider rather than cut a name."""
    found = moments(attack, scene.window)
    column = max(LEAST_COLUMN, *(_wide(moment) for moment in found))
    gaps = [b.at - a.at for a, b in pairwise(found) if b.at - a.at >= HOUR]
    per_hour, most = WAITS
    waits = len(gaps) * GAP + min(most, sum(min(gap, LONGEST) for gap in gaps) / HOUR * per_hour)
    needed = column * len(found) + waits + 2 * PAD * (len(gaps) + 1)
    room = max(LEAST_WIDTH - 2 * EDGE - GUTTER - 16, needed)
    width = room + 2 * EDGE + GUTTER + 16
    acts = [moment for moment in found if moment.step is not None]
    lines = max(len(_facts(moment, column)) for moment in acts)
    proofs = max(len(moment.step.uses) for moment in acts if moment.step is not None)
    told = max(_told(moment.step, scene, glossary) for moment in acts if moment.step is not None)
    heights = {
        "attacker": 62.0 + 15 * lines,
        "proof": 18.0 + 16 * max(1, proofs),
        "notices": 18.0 + 18 * max(1, told),
        "owner": 78.0,
    }
    lanes, top = {}, float(HEAD)
    for name, height in heights.items():
        lanes[name] = (top, height)
        top += height
    return Panel(
        attack,
        scene,
        glossary,
        layout(found, room, longest=LONGEST, widest=column, least=GAP),
        lanes,
        column,
        width,
    )


def _wide(moment: Moment) -> float:
    """Px that the longest line of a moment needs."""
    if moment.step is None:
        return 0.0
    step = moment.step
    uses = [MONO * (len(use.factor) + 1) + SANS * len(source(use.source)) * 11 / 12 for use in step.uses]
    return max(MONO * len(step.action) + 26, BOLD * len(LOSS) * (moment.kind == "loss"), *uses, 0.0) + 14


def _told(step: Step, scene: Scene, glossary: Glossary) -> int:
    return len(step.reached) + len(muted(step, scene, glossary))


def _facts(moment: Moment, column: float) -> list[str]:
    if moment.step is None or not moment.step.facts or moment.kind == "effect":
        return []
    return wrap("has " + ", ".join(moment.step.facts), int((column - 8) / 6.2))


def draw(panel: Panel, y: float, width: float) -> str:
    """The panel at height `y`, `width` px wide with its margins."""
    left = EDGE + GUTTER
    parts = [
        f'<g transform="translate(0 {y:.0f})">',
        f'<rect class="panel" x="{EDGE}" y="0" width="{width - 2 * EDGE:.0f}" height="{panel.height:.0f}" rx="8"/>',
        _title(panel, width),
    ]
    body = panel.bottom - HEAD
    parts.extend(
        f'<rect class="ground" x="{left + x:.1f}" y="{HEAD}" width="{wide:.1f}" height="{body:.0f}" rx="4"/>'
        for x, wide in panel.found.grounds
    )
    for name, (top, _) in panel.lanes.items():
        parts.append(f'<line class="lane" x1="{EDGE}" y1="{top:.0f}" x2="{width - EDGE:.0f}" y2="{top:.0f}"/>')
        parts.append(text(EDGE + 14, top + 22, "t2", name))
    parts.extend(_wait(panel, left + x, wide, wait) for x, wide, wait in panel.found.waits)
    parts.extend(_moment(panel, spot.step, left + spot.x) for spot in panel.found.spots)
    parts.append(_bar(panel, left))
    parts.extend(text(left + spot.x + 4, panel.bottom + 19, "t3", when(spot.step.at)) for spot in panel.found.spots)
    return "\n".join((*parts, "</g>\n"))


def _title(panel: Panel, width: float) -> str:
    attack, scene = panel.attack, panel.scene
    words = f"window: {window_words(attack)}"
    wide = 7.0 * len(words) + 20
    names = escape(" + ".join(attack.capabilities)) or "no capability"
    return (
        f'<text x="{EDGE + 14}" y="28"><tspan class="m b">{names}</tspan>'
        f'<tspan class="t3" dx="12">against</tspan><tspan class="t2" dx="6">{escape(scene.profile)}</tspan>'
        f'<tspan class="t3" dx="6">under</tspan><tspan class="t2" dx="6">{escape(scene.policy)}</tspan></text>'
        + chip(width - EDGE - 14 - wide, 12, (wide, 22), scale(attack), words, share=(attack.window or 0) / DAY)
    )


def _wait(panel: Panel, x: float, width: float, wait: int) -> str:
    """A dotted line to scale; a long one is broken by two strokes, and its length stands above either way."""
    y = HEAD + panel.lanes["attacker"][1] / 2
    end, middle = x + width - 3, x + width / 2
    if wait <= LONGEST:
        line = f'<line class="wait" x1="{x + 3:.1f}" y1="{y:.0f}" x2="{end:.1f}" y2="{y:.0f}"/>'
    else:
        line = (
            f'<line class="wait" x1="{x + 3:.1f}" y1="{y:.0f}" x2="{middle - 7:.1f}" y2="{y:.0f}"/>'
            f'<path class="break" d="M{middle - 6:.1f} {y + 7:.0f}l5 -14M{middle + 1:.1f} {y + 7:.0f}l5 -14"/>'
            f'<line class="wait" x1="{middle + 7:.1f}" y1="{y:.0f}" x2="{end:.1f}" y2="{y:.0f}"/>'
        )
    return line + text(middle, y - 12, "t3 mid", when(wait))


def _moment(panel: Panel, moment: Moment, x: float) -> str:
    if moment.step is None:
        return _owner(panel, x)
    step, top = moment.step, float(HEAD)
    parts = [_mark(moment, x + 12, top + 18), text(x + 26, top + 22, "m", step.action)]
    parts.append(text(x + 4, top + 41, "bad" if moment.kind == "loss" else "t2", _words(panel, moment)))
    delayed = moment.kind == "effect" or (moment.kind == "loss" and panel.attack.leaves > step.at)
    if delayed:  # its line, proofs and notices stand where it was asked for
        return "".join(parts)
    parts.append(text(x + 4, top + 56, "t3", f"line {step.line}"))
    for number, line in enumerate(_facts(moment, panel.column)):
        parts.append(text(x + 4, top + 71 + 15 * number, "t3", line))
    parts.append(_proofs(step, x, panel.lanes["proof"][0]))
    parts.append(_notices(panel, step, x, panel.lanes["notices"][0]))
    return "".join(parts)


def _words(panel: Panel, moment: Moment) -> str:
    """What happens at a moment, in a few words; after a freeze in time it would only have happened."""
    stopped = _in_time(panel) and moment.at >= (panel.attack.first_notice or 0) + panel.scene.window
    if moment.kind == "loss":
        what = "data" if panel.data else "the money"
        if stopped:
            return f"{what} would leave"
        return f"{what} leave" if panel.data else f"{what} leaves"
    if moment.kind == "effect":
        return "would take effect" if stopped else "takes effect"
    step = moment.step
    last = step is panel.attack.path[-1]
    wait = (panel.attack.leaves if last else step.effect) - step.at if step is not None else 0
    return f"asked: effect in {when(wait)}" if wait else "done"


def _mark(moment: Moment, x: float, y: float) -> str:
    """Diamond: a step of the attacker; hollow: it takes effect now. Arrow: the loss."""
    if moment.kind == "loss":
        return f'<path class="loss" d="M{x - 8:.1f} {y - 4:.1f}h8v-5l9 9-9 9v-5h-8z"/>'
    kind = "att" if moment.kind == "act" else "eff"
    return f'<path class="{kind}" d="M{x:.1f} {y - 7:.1f}l7 7-7 7-7-7z"/>'


def _proofs(step: Step, x: float, top: float) -> str:
    if not step.uses:
        return text(x + 4, top + 20, "t3", "none asked for")
    return "".join(
        f'<text x="{x + 4:.1f}" y="{top + 20 + 16 * number:.1f}"><tspan class="m">{escape(use.factor)}</tspan> '
        f'<tspan class="t3">{escape(source(use.source))}</tspan></text>'
        for number, use in enumerate(step.uses)
    )


def _notices(panel: Panel, step: Step, x: float, top: float) -> str:
    """Disc: a channel that reaches the owner. Ring and line through the name: told and muted."""
    silent: Sequence[str] = muted(step, panel.scene, panel.glossary)
    if not step.reached and not silent:
        words = {"none": "nobody is told", "muted": "muted", "reached": "the owner is told"}[step.notice]
        return text(x + 4, top + 20, "t3", words)
    parts: list[str] = []
    for number, channel in enumerate((*step.reached, *silent)):
        cx, cy = x + 9, top + 16 + 18 * number
        if number < len(step.reached):
            parts.append(f'<circle class="told" cx="{cx:.1f}" cy="{cy:.1f}" r="4.5"/>')
            parts.append(text(cx + 9, cy + 4, "told-t", channel))
            continue
        end = cx + 11 + 6.4 * len(channel)
        parts.append(f'<circle class="mute" cx="{cx:.1f}" cy="{cy:.1f}" r="4.5"/>')
        parts.append(text(cx + 9, cy + 4, "mute-t", channel))
        parts.append(f'<line class="strike" x1="{cx - 6:.1f}" y1="{cy:.1f}" x2="{end:.1f}" y2="{cy:.1f}"/>')
        parts.append(text(end + 6, cy + 4, "t3", "muted"))
    return "".join(parts)


def _in_time(panel: Panel) -> bool:
    window = panel.attack.window
    return window is not None and window >= panel.scene.window


def _owner(panel: Panel, x: float) -> str:
    top = panel.lanes["owner"][0]
    words = "in time" if _in_time(panel) else "too late"
    return (
        f'<circle class="own" cx="{x + 12:.1f}" cy="{top + 18:.1f}" r="6.5"/>'
        + text(x + 26, top + 22, "b", "freezes")
        + text(x + 4, top + 40, "t2" if _in_time(panel) else "bad", words)
    )


def _bar(panel: Panel, left: float) -> str:
    """The owner's reaction bar. Solid: hours that he had. Pale: no hour passes. Hatched: what was missing."""
    attack, need = panel.attack, panel.scene.window
    y = panel.bottom - 18
    spots = panel.found.spots
    loss = next(left + spot.x + 12 for spot in spots if spot.step.kind == "loss")
    if attack.window is None:
        begin = left + spots[0].x + 4
        what = "the data leave" if panel.data else "the money leaves"
        return _piece("lack", begin, max(loss, begin + 40), y) + text(
            begin, y - 6, "b", f"silent: no notice reaches the owner before {what}"
        )
    told = first_told(attack)
    begin = next(left + spot.x + 4 for spot in spots if spot.step.step is told)
    freeze = next(left + spot.x + 12 for spot in spots if spot.step.kind == "owner")
    if _in_time(panel):
        words = f"{in_hours(attack.window)} to react, {in_hours(need)} needed"
        return _piece("bar", begin, freeze, y) + text(begin, y - 6, "b", words)
    had = _piece("bar" if attack.window else "pale", begin, max(loss, begin + 10), y)
    words = f"{in_hours(attack.window)} to react, {in_hours(need)} needed: {in_hours(need - attack.window)} missing"
    return had + _piece("lack", max(loss, begin + 10), freeze, y) + text(begin, y - 6, "b", words)


def _piece(kind: str, begin: float, end: float, y: float) -> str:
    return (
        f'<rect class="{kind}" x="{begin:.1f}" y="{y:.0f}" width="{max(0.0, end - begin):.1f}" height="9" rx="2"/>'
    )
