# SPDX-License-Identifier: Apache-2.0
"""One attack as a panel of four lanes: attacker, proof, notices, owner. Whatever has a colour has a word too."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from counterseal.prover.findings import Step
from counterseal.prover.report.glossary import muted, source
from counterseal.prover.report.moments import Moment, first_told
from counterseal.prover.report.placing import EDGE, FOOT, GUTTER, HEAD, LONGEST, Panel, facts
from counterseal.prover.report.svg import chip, scale, text
from counterseal.prover.report.times import DAY, in_hours, when
from counterseal.prover.report.words import window_words

LEFT = EDGE + GUTTER


def draw(panel: Panel, y: float, width: float) -> str:
    """The panel at height `y`, `width` px wide with its margins."""
    parts = [
        f'<g transform="translate(0 {y:.0f})">',
        f'<rect class="panel" x="{EDGE}" y="0" width="{width - 2 * EDGE:.0f}" height="{panel.height:.0f}" rx="8"/>',
        _title(panel, width),
    ]
    for index in range(len(panel.strips)):
        parts.append(f'<g transform="translate(0 {index * panel.strip:.0f})">')
        parts.append(_strip(panel, index, width))
        parts.append("</g>")
    return "\n".join((*parts, "</g>\n"))


def _strip(panel: Panel, index: int, width: float) -> str:
    """One row of moments; a later one says how long after the one above it begins."""
    found = panel.strips[index]
    body = panel.bottom - HEAD
    parts = [
        f'<rect class="ground" x="{LEFT + x:.1f}" y="{HEAD}" width="{wide:.1f}" height="{body:.0f}" rx="4"/>'
        for x, wide in found.grounds
    ]
    for name, (top, _) in panel.lanes.items():
        parts.append(f'<line class="lane" x1="{EDGE}" y1="{top:.0f}" x2="{width - EDGE:.0f}" y2="{top:.0f}"/>')
        parts.append(text(EDGE + 14, top + 22, "t2", name))
    if index:
        wait = found.spots[0].step.at - panel.strips[index - 1].spots[-1].step.at
        parts.append(text(EDGE + 14, HEAD + 42, "t3", "goes on"))
        parts.append(text(EDGE + 14, HEAD + 56, "t3", f"{when(wait)} later" if wait else ""))
    parts.extend(_wait(panel, LEFT + x, wide, wait) for x, wide, wait in found.waits)
    parts.extend(_moment(panel, spot.step, LEFT + spot.x) for spot in found.spots)
    parts.append(_bar(panel, index))
    parts.extend(
        text(LEFT + spot.x + 4, panel.bottom + FOOT - 11, "t3", when(spot.step.at)) for spot in found.spots
    )
    return "\n".join(parts)


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
    for number, line in enumerate(facts(step, panel.column)):
        parts.append(text(x + 4, top + 71 + 15 * number, "t3", line))
    parts.append(_proofs(step, x, panel.lanes["proof"][0]))
    parts.append(_notices(panel, step, x, panel.lanes["notices"][0]))
    return "".join(parts)


def _words(panel: Panel, moment: Moment) -> str:
    """What happens at a moment, in a few words; after a freeze in time it would only have happened."""
    stopped = panel.in_time and moment.at >= (panel.attack.first_notice or 0) + panel.scene.window
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


def _owner(panel: Panel, x: float) -> str:
    top = panel.lanes["owner"][0]
    words = "in time" if panel.in_time else "too late"
    return (
        f'<circle class="own" cx="{x + 12:.1f}" cy="{top + 18:.1f}" r="6.5"/>'
        + text(x + 26, top + 22, "b", "freezes")
        + text(x + 4, top + 40, "t2" if panel.in_time else "bad", words)
    )


def _bar(panel: Panel, index: int) -> str:
    """The owner's reaction bar in one strip. Solid: hours that he had. Pale: no hour passes. Hatched: missing."""
    attack, need = panel.attack, panel.scene.window
    at = {
        (spot.step.kind, id(spot.step.step)): (n, LEFT + spot.x)
        for n, x in enumerate(panel.strips)
        for spot in x.spots
    }
    loss = next(where for (kind, _), where in at.items() if kind == "loss")
    first = next(iter(at.values()))
    if attack.window is None:
        what = "the data leave" if panel.data else "the money leaves"
        words = f"silent: no notice reaches the owner before {what}"
        return _pieces(panel, index, "lack", first, loss) + _label(panel, index, first, words)
    told = first_told(attack)
    begin = next((where for (_, step), where in at.items() if step == id(told)), first)
    freeze = next(where for (kind, _), where in at.items() if kind == "owner")
    words = f"{in_hours(attack.window)} to react, {in_hours(need)} needed"
    if panel.in_time:
        return _pieces(panel, index, "bar", begin, freeze) + _label(panel, index, begin, words)
    words += f": {in_hours(need - attack.window)} missing"
    return (
        _pieces(panel, index, "bar" if attack.window else "pale", begin, loss)
        + _pieces(panel, index, "lack", (loss[0], loss[1] + 8), freeze)
        + _label(panel, index, begin, words)
    )


def _label(panel: Panel, index: int, begin: tuple[int, float], words: str) -> str:
    return text(begin[1] + 4, panel.bottom - 24, "b", words) if begin[0] == index else ""


def _pieces(panel: Panel, index: int, kind: str, begin: tuple[int, float], end: tuple[int, float]) -> str:
    """The part of a bar that lies in this strip. `begin`, `end`: (strip, px); a bar ends at a mark's middle."""
    if not begin[0] <= index <= end[0]:
        return ""
    found = panel.strips[index]
    left = begin[1] + 4 if begin[0] == index else LEFT + found.spots[0].x + 4
    right = end[1] + 12 if end[0] == index else LEFT + found.end
    width = max(8.0, right - left)
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{panel.bottom - 18:.0f}" width="{width:.1f}" height="9" rx="2"/>'
    )
