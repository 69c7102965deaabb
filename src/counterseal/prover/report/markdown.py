# SPDX-License-Identifier: Apache-2.0
"""The proof as Markdown for a pull request: verdicts, counterexamples with Mermaid, the owner's side, limits."""

from __future__ import annotations

import re
from collections.abc import Sequence

from counterseal.prover.findings import Attack
from counterseal.prover.proof import ProfileProof, Proof, Verdict
from counterseal.prover.report.glossary import (
    NO_GLOSSARY,
    Glossary,
    Scene,
    grounds,
    notice_words,
    rule_text,
)
from counterseal.prover.report.mermaid import sequence
from counterseal.prover.report.select import Finding, findings, grouped, shared
from counterseal.prover.report.times import in_hours
from counterseal.prover.report.words import (
    LIMITS,
    carrier_line,
    counted,
    duals_lines,
    finding,
    loss_line,
    verdict_word,
    window_words,
    worst,
)

MOST_FINDINGS = 12  # a comment on a pull request holds 65,536 characters
MOST_SENTENCES = 24  # of the others
MOST_LINES = 8  # of the owner's side, for one profile


def to_markdown(proof: Proof, glossary: Glossary = NO_GLOSSARY, *, most: int = MOST_FINDINGS) -> str:
    """The whole document; at most `most` counterexamples are shown with their path, the others are told."""
    parts = [_head(proof), _verdicts(proof), _findings(proof, glossary, most), _owner(proof), _rests_on(proof)]
    parts.append("## What no proof covers\n\n" + "\n".join(f"- {line}" for line in LIMITS) + "\n")
    return "\n".join(part for part in parts if part)


def _head(proof: Proof) -> str:
    spent = ", ".join(f"{name} {seconds:.3g} s" for name, seconds in proof.seconds.items())
    sets = max((profile.sets for profile in proof.profiles), default=0)
    failed = sorted({v.name for profile in proof.profiles for v in profile.verdicts if v.holds == "no"})
    open_ones = sorted({v.name for profile in proof.profiles for v in profile.verdicts if v.holds == "undecided"})
    stated = {v.name for profile in proof.profiles for v in profile.verdicts}
    told = [
        f"{len(failed)} of {len(stated)} properties {'fails' if len(failed) == 1 else 'fail'}"
        if failed
        else "No property fails",
        *([f"{len(open_ones)} undecided"] if open_ones else []),
    ]
    return (
        f"# Proof of {code(proof.policy)}\n\n"
        f"**{', '.join(told)}.** An attack works if the owner has less than {in_hours(proof.window)} "
        f"after the first notice that reaches him.\n\n"
        f"{counted(len(proof.profiles), 'profile')}, up to {counted(sets, 'capability set')} each"
        f"{f' ({spent})' if spent else ''}. Policy {code(proof.digest)}.\n"
    )


def _verdicts(proof: Proof) -> str:
    """A row for each profile, a numbered column for each property."""
    names: dict[str, Verdict] = {}
    for profile in proof.profiles:
        for verdict in profile.verdicts:
            names.setdefault(verdict.name, verdict)
    if not names:
        return "## Verdicts\n\nThe policy states no properties.\n"
    lines = ["## Verdicts", ""]
    lines += [f"{number}. {_property(verdict)}" for number, verdict in enumerate(names.values(), 1)]
    lines += ["", _row(["profile", *[str(number) for number in range(1, len(names) + 1)]])]
    lines.append(_row(["---"] * (len(names) + 1)))
    for profile in proof.profiles:
        found = {verdict.name: verdict for verdict in profile.verdicts}
        cells = [_verdict(found[name]) if name in found else "not asked" for name in names]
        lines.append(_row([code(profile.profile), *cells]))
    notes = dict.fromkeys(
        f"- {verdict.name}: {verdict.note}"
        for profile in proof.profiles
        for verdict in profile.verdicts
        if verdict.note
    )
    return "\n".join([*lines, *(["", *map(_escaped, notes)] if notes else []), ""])


def _property(verdict: Verdict) -> str:
    given, asserted = code(verdict.given), code(verdict.assertion)
    return f"{_escaped(verdict.name)}: given {given}, assert {asserted} (line {verdict.line})"


def _verdict(verdict: Verdict) -> str:
    found = worst(verdict.attacks)
    word = verdict_word(verdict.holds)
    word = word if verdict.holds == "yes" else f"**{word}**"
    return word if found is None else f"{word}: {window_words(found)}"


def _findings(proof: Proof, glossary: Glossary, most: int) -> str:
    found = findings(proof, glossary)
    if not found:
        return "## Counterexamples\n\nNone.\n"
    parts = ["## Counterexamples\n"]
    for number, each in enumerate(found[:most], 1):
        parts.append(_finding(number, each, proof, glossary))
    rest = found[most:]
    if rest:
        parts.append(f"{counted(len(rest), 'more finding')}:\n")
        for each in rest[:MOST_SENTENCES]:
            against = shared(each.profiles, proof)
            parts.append(f"- {_escaped(finding(each.attack, each.scene, glossary))} Against: {_escaped(against)}.")
        parts.append("")
    beyond = worst(each.attack for each in rest[MOST_SENTENCES:])
    if beyond is not None:
        more = len(rest) - MOST_SENTENCES
        parts.append(f"{more} not told here; the worst of them has the window {window_words(beyond)}.\n")
    return "\n".join(parts)


def _finding(number: int, found: Finding, proof: Proof, glossary: Glossary) -> str:
    attack, scene = found.attack, found.scene
    names = " + ".join(code(name) for name in attack.capabilities) or "no capability"
    breaks = "; ".join(f"{verdict.name} (line {verdict.line})" for verdict in found.breaks)
    facts = [f"Capabilities: {names}. Against: {shared(found.profiles, proof)}."]
    if found.ways > 1:
        facts.append(f"{found.ways} ways; shown is the one against {code(scene.profile)}.")
    if breaks:
        facts.append(f"Breaks: {_escaped(breaks)}.")
    known = [name for name in attack.capabilities if name in glossary.texts]
    facts += [f"{code(name)}: {_escaped(glossary.texts[name])}" for name in known]
    return "\n".join(
        [
            f"### {number}. {_escaped(finding(attack, scene, glossary))}",
            "",
            "  \n".join(facts),
            "",
            step_table(attack, scene, glossary),
            "<details><summary>The path as a diagram</summary>",
            "",
            "```mermaid",
            sequence(attack, scene, glossary) + "```",
            "",
            "</details>",
            "",
        ]
    )


def step_table(attack: Attack, scene: Scene, glossary: Glossary = NO_GLOSSARY) -> str:
    """The path as a table: when, what, by which proof, who is told, and the policy line that lets it through."""
    lines = [_row(["at", "action", "proof", "notice", "line", "policy"]), _row(["---:"] + ["---"] * 5)]
    for index, step in enumerate(attack.path):
        end = attack.leaves if index == len(attack.path) - 1 else step.effect
        at = in_hours(step.at) + (f", effect {in_hours(end)}" if end > step.at else "")
        notice = notice_words(step, scene, glossary)
        quoted = code(rule_text(step, scene, glossary)) if scene.lines.get(step.line) else ""
        lines.append(_row([at, code(step.action), grounds(step), notice, str(step.line), quoted]))
    return "\n".join([*lines, ""])


def _owner(proof: Proof) -> str:
    """Lock-out, reach, starvation: no pass is shown without them. Profiles that are alike share a list."""
    groups = grouped(proof, lambda profile: (*duals_lines(profile.duals), *_losses(profile, proof)))
    parts = ["## The owner's side\n"]
    for lines, names in groups:
        parts.append(f"**{_escaped(shared(names, proof))}**\n")
        parts += [f"- {_escaped(line)}" for line in lines[:MOST_LINES]]
        if len(lines) > MOST_LINES:
            parts.append(f"- {len(lines) - MOST_LINES} more")
        parts.append("")
    return "\n".join(parts)


def _losses(profile: ProfileProof, proof: Proof) -> list[str]:
    return [f"worst loss, {loss_line(loss, proof.currency)}" for loss in profile.losses]


def _rests_on(proof: Proof) -> str:
    """Assumptions, each dropped alone: those that a verdict rests on, then the names of the others."""
    parts = ["## What it rests on\n"]
    carried = grouped(proof, lambda p: tuple(carrier_line(each) for each in p.carriers if each.breaks))
    for lines, names in carried:
        parts.append(f"**{_escaped(shared(names, proof))}**\n")
        parts += [f"- {_escaped(line)}" for line in lines] or [
            "- no verdict rests on an assumption that was dropped"
        ]
        parts.append("")
    idle = [{each.name for each in profile.carriers if not each.breaks} for profile in proof.profiles]
    never = sorted(set.intersection(*idle)) if idle else []
    if never:
        parts.append(f"Dropped without effect on any verdict: {', '.join(map(code, never))}.\n")
    return "\n".join(parts)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("\n", " ") for cell in cells) + " |"


def code(words: str) -> str:
    """A code span that also stands in a table: bars escaped, fences longer than what they hold."""
    words = words.replace("\n", " ").replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", words)), default=0) + 1)
    pad = " " if "`" in words else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def _escaped(words: str) -> str:
    """Text in which nothing is markup."""
    return re.sub(r"([\\`*\[\]<|#~]|(?<!\w)_|_(?!\w))", r"\\\1", words.replace("\n", " "))
