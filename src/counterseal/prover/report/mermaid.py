# SPDX-License-Identifier: Apache-2.0
"""A path as a Mermaid sequence diagram: attacker, platform, owner."""

from __future__ import annotations

import re
from itertools import pairwise

from counterseal.prover.findings import Attack
from counterseal.prover.report.glossary import (
    NO_GLOSSARY,
    Glossary,
    Scene,
    is_disclosure,
    muted,
    proof_words,
)
from counterseal.prover.report.moments import Moment, first_told, moments
from counterseal.prover.report.times import when
from counterseal.prover.report.words import window_words


def sequence(attack: Attack, scene: Scene, glossary: Glossary = NO_GLOSSARY) -> str:
    """The diagram without its fence; ends in a newline. Solid: an action. Dotted: a notice; with a cross: muted."""
    lines = ["sequenceDiagram", "    participant A as Attacker", "    participant P as Platform"]
    lines.append("    participant O as Owner")
    found = moments(attack, scene.window)
    for before, moment in pairwise((None, *found)):
        if moment is None:  # never: only the first of the pairs lacks something
            continue
        if before is None or moment.at != before.at:
            lines.append(f"    Note over A,O: {when(moment.at)}")
        lines += _moment(moment, attack, scene, glossary)
    return "\n".join(lines) + "\n"


def _moment(moment: Moment, attack: Attack, scene: Scene, glossary: Glossary) -> list[str]:
    step = moment.step
    if step is None:
        late = attack.window is not None and attack.window < scene.window
        return [f"    O->>P: freezes the account, {'too late' if late else 'in time'}"]
    lines: list[str] = []
    if moment.kind == "act" or (moment.kind == "loss" and attack.leaves == step.at):
        lines.append(f"    A->>P: {plain(step.action)} (line {step.line}) with {plain(proof_words(step))}")
        lines += [f"    P-->>O: notice by {plain(channel)}" for channel in step.reached]
        silent = muted(step, scene, glossary)
        lines += [f"    P--xO: notice by {plain(channel)}, muted" for channel in silent]
        if step.notice == "muted" and not silent:
            lines.append("    P--xO: notice, muted")
        if step.notice == "reached" and not step.reached:
            lines.append("    P-->>O: notice")
        if step is first_told(attack):
            lines.append(f"    Note right of O: first told, needs {when(scene.window)}")
    if moment.kind == "effect":
        lines.append(f"    P->>A: {plain(step.action)} takes effect")
    if moment.kind == "loss":
        what = "data leave" if is_disclosure(attack, scene, glossary) else "value leaves"
        lines.append(f"    P->>A: {what} by {plain(step.action)}, window {window_words(attack)}")
    return lines


def plain(words: str) -> str:
    """Text without what Mermaid reads as syntax (`;`, `#`, arrows, line ends)."""
    return re.sub(r"\s+", " ", re.sub(r"[;#<>\"`{}%|]|--+", " ", words)).strip()
