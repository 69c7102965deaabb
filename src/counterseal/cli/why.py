# SPDX-License-Identifier: Apache-2.0
"""`why`: which controls of a policy carry weight, each taken away alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from counterseal.cli.output import Json, out, show_json, table
from counterseal.cli.packs import Pack, ProfileNames, VocabularyFile, load, progress

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from counterseal.prover.why import Control

MOST = 40  # load-bearing controls that are shown; --json has every one


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(why)


def why(pack: Pack, profile: ProfileNames = None, vocabulary: VocabularyFile = None, json: Json = False) -> None:
    """Take each control away alone: which are load-bearing, with the smallest attack, and which are redundant.

    The kind of account is the first profile of the vocabulary unless --profile names others.
    """
    from counterseal.prover.profiles import chosen
    from counterseal.prover.report.changes import control_json
    from counterseal.prover.report.glossary import glossary_of
    from counterseal.prover.why import why as controls_of

    policy = load(pack, vocabulary)
    profiles = chosen(policy.vocabulary, profile or tuple(policy.vocabulary.profiles)[:1])
    answers: dict[str, tuple[Control, ...]] = {}
    for one in profiles:
        with progress() as bar:
            step = partial(_advance, bar, bar.add_task(f"Taking controls away: {one.name}", total=None))
            answers[one.name] = controls_of(policy, one, done=step)
    if json:
        glossary = glossary_of(policy)
        found = {
            one.name: [control_json(each, one, policy, glossary) for each in answers[one.name]] for one in profiles
        }
        show_json({"policy": policy.name, "digest": policy.digest, "profiles": found})
        return
    for name, controls in answers.items():
        _tell(policy.name, name, controls)


def _advance(bar: Progress, task: TaskID, done: int, of: int) -> None:
    bar.update(task, completed=done, total=of)


def _tell(policy: str, profile: str, controls: Sequence[Control]) -> None:
    from counterseal.prover.report.changes import window_of

    carrying = [one for one in controls if one.verdict == "load-bearing"]
    rows = []
    for one in carrying[:MOST]:
        found = one.witness
        who = " + ".join(found.capabilities) if found else ""
        attack = (found.new or found.old) if found else None
        what = f"{attack.outflow}: {window_of(found.old)} -> {window_of(found.new)}" if found and attack else ""
        if one.kind == "limit" and attack:
            what = f"{attack.outflow}: no limit"
        sets = max((each.sets for each in one.effects), default=0)
        breaks = f"\nbreaks: {'; '.join(one.breaks)}" if one.breaks else ""
        rows.append([str(one.line), one.what.rsplit(" (line", 1)[0], f"{sets:,}", who, what + breaks])
    idle = sum(one.idle for one in controls)
    redundant = sum(one.verdict == "redundant" for one in controls) - idle
    unsure = sum(one.verdict == "unconfirmed" for one in controls)
    table(f"{policy}, {profile}: load-bearing", ["line", "without this", "sets", "smallest", "then"], rows)
    if len(carrying) > MOST:
        out.print(Text(f"{len(carrying) - MOST} more load-bearing controls: see --json", style="dim"))
    out.print(Text(f"{len(carrying)} of {len(controls)} controls are load-bearing, {redundant} redundant here."))
    if idle:
        out.print(Text(f"{idle} are nothing that this kind of account, or an attacker, has to do with."))
    if unsure:
        out.print(Text(f"{unsure} may carry weight: the bound differs, and no attack was found."))
