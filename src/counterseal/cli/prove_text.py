# SPDX-License-Identifier: Apache-2.0
"""A proof for a terminal: verdicts, counterexamples with their path, the owner's side, what it rests on, limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

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
from counterseal.prover.report.select import Finding, findings, grouped, shared
from counterseal.prover.report.times import in_hours, when
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

STYLES = {"yes": "green", "no": "bold red", "undecided": "bold yellow"}
MOST_PATHS = 5  # counterexamples with their path; the others get one sentence each
MOST_FINDINGS = 20
MOST_LINES = 8  # of the owner's side, for one group of profiles
INDENT = 2


def show_proof(proof: Proof, console: Console, glossary: Glossary = NO_GLOSSARY, *, most: int = MOST_PATHS) -> None:
    """Print the proof. Findings beyond MOST_FINDINGS are counted; `most` are shown with their path."""
    for part in renderables(proof, glossary, most=most):
        console.print(part)


def renderables(
    proof: Proof, glossary: Glossary = NO_GLOSSARY, *, most: int = MOST_PATHS
) -> Iterator[RenderableType]:
    """The parts in their order, for any console; all texts are plain, never markup."""
    yield _head(proof)
    for verdicts, names in grouped(proof, _outcome):
        yield from _verdicts(proof, names, verdicts)
    yield from _findings(proof, glossary, most)
    yield from _section("The owner's side", grouped(proof, lambda each: _owner(each, proof)), proof)
    yield from _section("It rests on", grouped(proof, _carried), proof)
    yield _heading("What no proof covers")
    yield from (_item(line) for line in LIMITS)


def _head(proof: Proof) -> Text:
    spent = ", ".join(f"{name} {seconds:.3g} s" for name, seconds in proof.seconds.items())
    head = Text.assemble((proof.policy, "bold"), f"  the owner needs {in_hours(proof.window)}")
    head.append(f"  {counted(len(proof.profiles), 'profile')}")
    head.append(f"  {spent}" if spent else "", style="dim")
    head.append(f"\n{proof.digest}", style="dim")
    return head


def _heading(words: str) -> Text:
    return Text(f"\n{words}", style="bold")


def _item(words: str) -> RenderableType:
    """A line of a list; what folds is indented under its beginning."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=INDENT)
    grid.add_column(overflow="fold")
    grid.add_row(" -", Text(words))
    return grid


def _section(
    title: str, groups: Sequence[tuple[tuple[str, ...], list[str]]], proof: Proof
) -> Iterator[RenderableType]:
    yield _heading(title)
    for lines, names in groups:
        if len(groups) > 1 or len(proof.profiles) == 1:
            yield Text(shared(names, proof), style="cyan")
        yield from (_item(line) for line in lines[:MOST_LINES])
        if len(lines) > MOST_LINES:
            yield _item(f"{len(lines) - MOST_LINES} more: see --json")


def _outcome(profile: ProfileProof) -> tuple[tuple[Verdict, str, int], ...]:
    """Verdict, worst window, sets: what a row shows. Profiles with the same rows share a table."""
    rows = []
    for verdict in profile.verdicts:
        found = worst(verdict.attacks)
        bare = Verdict(
            verdict.name, verdict.line, verdict.given, verdict.assertion, verdict.holds, note=verdict.note
        )
        sets = len({each.capabilities for each in verdict.attacks})
        rows.append((bare, "" if found is None else window_words(found), sets))
    return tuple(rows)


def _verdicts(
    proof: Proof, names: Sequence[str], rows: Sequence[tuple[Verdict, str, int]]
) -> Iterator[RenderableType]:
    sets = max(profile.sets for profile in proof.profiles if profile.profile in names)
    title = Text.assemble("\n", (shared(names, proof), "bold cyan"), f"  {counted(sets, 'capability set')} decided")
    yield title
    if not rows:
        yield Text("the policy states no properties", style="dim")
        return
    table = _table()
    for name in ("verdict", "property", "line", "worst", "sets"):
        table.add_column(name, justify="right" if name in {"line", "sets"} else "left", overflow="fold")
    for verdict, window, count in rows:
        told = Text(verdict.name)
        told.append(f"\n{verdict.note}" if verdict.note else "", style="dim")
        table.add_row(
            Text(verdict_word(verdict.holds), style=STYLES.get(verdict.holds, "")),
            told,
            str(verdict.line),
            Text(window),
            str(count) if count else "",
        )
    yield table


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))


def _findings(proof: Proof, glossary: Glossary, most: int) -> Iterator[RenderableType]:
    found = findings(proof, glossary)
    failed = any(one.holds != "yes" for part in proof.profiles for one in part.verdicts)
    words = (
        "Counterexamples" if failed else "No property fails. These sets of capabilities still get through in time"
    )
    yield _heading(words if found else "No counterexample")
    shown: dict[tuple[str, ...], int] = {}  # actions of a path -> the number of the finding that shows it
    for number, each in enumerate(found[:MOST_FINDINGS], 1):
        steps = tuple(step.action for step in each.attack.path)
        yield _finding(number, each, proof, glossary, like=shown.get(steps))
        if steps not in shown and len(shown) < most:
            shown[steps] = number
            yield Padding(path_table(each.attack, each.scene, glossary), (0, 0, 0, 4))
    if len(found) > min(len(shown), MOST_FINDINGS):
        rest = f"{counted(len(found), 'finding')}: {min(len(found), MOST_FINDINGS)} are told"
        yield Text(f"{rest}, {len(shown)} with their path; --json has every one.", style="dim")


def _finding(number: int, found: Finding, proof: Proof, glossary: Glossary, *, like: int | None) -> RenderableType:
    names = " + ".join(found.attack.capabilities) or "no capability"
    breaks = "; ".join(verdict.name for verdict in found.breaks)
    words = Text(finding(found.attack, found.scene, glossary))
    words.append(f"\n{names}; against {shared(found.profiles, proof)}", style="dim")
    words.append(f"; {found.ways} ways, shown against {found.scene.profile}" if found.ways > 1 else "", style="dim")
    words.append("" if like is None else f"; the same steps as {like}", style="dim")
    words.append(f"; breaks: {breaks}" if breaks else "", style="dim")
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=3, justify="right")
    grid.add_column(overflow="fold")
    grid.add_row(Text(f"{number}.", style="bold"), words)
    return grid


def path_table(attack: Attack, scene: Scene, glossary: Glossary) -> Table:
    """When, what, by which proof, who is told; below each step the line of the policy that lets it through."""
    table = _table()
    for name in ("at", "action", "proof", "notice", "line"):
        table.add_column(name, justify="right" if name in {"at", "line"} else "left", overflow="fold")
    for index, step in enumerate(attack.path):
        end = attack.leaves if index == len(attack.path) - 1 else step.effect
        action = Text(step.action, style="bold")
        action.append(f"\neffect {when(end)}" if end > step.at else "", style="dim")
        proof = Text(grounds(step))
        rule = rule_text(step, scene, glossary).removeprefix(f"{step.action}: ")
        proof.append(f"\n{rule}" if rule else "", style="dim")
        table.add_row(when(step.at), action, proof, Text(notice_words(step, scene, glossary)), str(step.line))
    return table


def _owner(profile: ProfileProof, proof: Proof) -> tuple[str, ...]:
    losses = [f"worst loss, {loss_line(loss, proof.currency)}" for loss in profile.losses]
    return (*duals_lines(profile.duals), *losses)


def _carried(profile: ProfileProof) -> tuple[str, ...]:
    lines = [carrier_line(each) for each in profile.carriers if each.breaks]
    idle = [each.name for each in profile.carriers if not each.breaks]
    if idle:
        lines.append(f"dropped without effect on any verdict: {', '.join(idle)}")
    return tuple(lines) or ("no assumption was dropped",)
