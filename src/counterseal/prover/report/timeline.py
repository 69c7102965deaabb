# SPDX-License-Identifier: Apache-2.0
"""The path picture (SVG) of one attack or of several, one below the other.

Steps within one hour of each other stand side by side on a grey ground (not to scale), waits are to scale within a
panel. A title and a description say everything for those who do not see it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import wrap

from counterseal.prover.findings import Attack
from counterseal.prover.report.glossary import NO_GLOSSARY, Glossary, Scene, notice_words, proof_words
from counterseal.prover.report.panel import draw
from counterseal.prover.report.placing import EDGE, place
from counterseal.prover.report.svg import SANS, document, text
from counterseal.prover.report.times import span
from counterseal.prover.report.words import finding

LEGEND = (
    ('<path class="att" d="M8 5l7 7-7 7-7-7z"/>', "step of the attacker"),
    ('<path class="eff" d="M8 5l7 7-7 7-7-7z"/>', "it takes effect"),
    ('<path class="loss" d="M0 8h8v-5l9 9-9 9v-5h-8z"/>', "the loss"),
    ('<circle class="told" cx="8" cy="12" r="4.5"/>', "reaches the owner"),
    ('<circle class="own" cx="8" cy="12" r="6.5"/>', "the owner"),
    ('<rect class="bar" x="0" y="8" width="18" height="9" rx="2"/>', "time he had"),
    ('<rect class="pale" x="0" y="8" width="18" height="9" rx="2"/>', "no hour passes"),
    ('<rect class="lack" x="0" y="8" width="18" height="9" rx="2"/>', "time he lacked"),
    ('<rect class="ground" x="0" y="5" width="18" height="14" rx="3"/>', "within an hour, not to scale"),
)


def timeline(attack: Attack, scene: Scene, glossary: Glossary = NO_GLOSSARY) -> str:
    """The SVG of one attack."""
    return timelines([(attack, scene)], glossary)


def timelines(attacks: Sequence[tuple[Attack, Scene]], glossary: Glossary = NO_GLOSSARY) -> str:
    """The SVG of several attacks, in the order given; at least one."""
    placed = [place(attack, scene, glossary) for attack, scene in attacks]
    width = max(panel.width for panel in placed)
    parts: list[str] = []
    y = float(EDGE)
    for panel in placed:
        sentence = finding(panel.attack, panel.scene, glossary)
        for line in wrap(re.sub(r"(\d) h\b", "\\1\u00a0h", sentence), int((width - 2 * EDGE) / 10)):
            parts.append(text(EDGE, y + 14, "h", line))
            y += 22
        parts.append(draw(panel, y + 6, width))
        y += panel.height + 26
    keys, y = _legend(y, width)
    title = " ".join(finding(attack, scene, glossary) for attack, scene in attacks)
    told = " ".join(told_in_words(attack, scene, glossary) for attack, scene in attacks)
    return document(width, y, title, told, "".join(parts) + keys)


def told_in_words(attack: Attack, scene: Scene, glossary: Glossary = NO_GLOSSARY) -> str:
    """The whole path as sentences: when, what, by which proofs, who is told."""
    steps = [
        f"{span(step.at)}: {step.action} (line {step.line}), proof {proof_words(step)}, "
        f"notice {notice_words(step, scene, glossary)}" + _later(attack, index) + "."
        for index, step in enumerate(attack.path)
    ]
    end = "" if attack.silent else f" The owner needs {span(scene.window)} after the first notice."
    return " ".join(steps) + end


def _later(attack: Attack, index: int) -> str:
    step = attack.path[index]
    end = attack.leaves if index == len(attack.path) - 1 else step.effect
    return f", takes effect at {span(end)}" if end > step.at else ""


def _legend(y: float, width: float) -> tuple[str, float]:
    parts, x = [], float(EDGE)
    for mark, words in LEGEND:
        wide = 46 + SANS * len(words)
        if x + wide > width - EDGE:
            x, y = float(EDGE), y + 24
        parts.append(f'<g transform="translate({x:.0f} {y:.0f})">{mark}{text(24, 16, "t2", words)}</g>')
        x += wide
    return "\n".join(parts) + "\n", y + 36
