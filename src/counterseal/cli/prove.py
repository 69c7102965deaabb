# SPDX-License-Identifier: Apache-2.0
"""`prove`: every property, every minimal capability set, the duals and the assumptions of a policy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from enum import StrEnum
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from counterseal.cli.output import WIDTH, Json, out, show_json
from counterseal.cli.packs import Pack, ProfileNames, VocabularyFile, Window, load, progress, window_of
from counterseal.core.errors import InputError

if TYPE_CHECKING:
    from counterseal.core.policy.model import Policy, Profile
    from counterseal.prover.proof import ProfileProof, Proof
    from counterseal.prover.report.glossary import Glossary

PICTURES = 12
ALONE = 2  # groups of profiles that one process proves by itself


class Form(StrEnum):
    """How a proof is written besides text and JSON."""

    MARKDOWN = "markdown"
    SARIF = "sarif"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(prove)


def prove(
    pack: Pack,
    window: Window = "24h",
    profile: ProfileNames = None,
    combinations: Annotated[
        bool, typer.Option("--combinations", help="Every combination of optional factors and channels.")
    ] = False,
    vocabulary: VocabularyFile = None,
    form: Annotated[Form | None, typer.Option("--format", help="Markdown with Mermaid, or SARIF 2.1.0.")] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Write the pictures (SVG) of the proof into this folder.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 if a property does not hold.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=32, help="Processes; default: one for each core.")
    ] = None,
    json: Json = False,
) -> None:
    """Search every attack on a policy: which capability sets move money before the owner can react.

    Exit code 0, with --check 1 if a property does not hold; 2 if there is no answer. docs/prover.md reads a proof.
    """
    from counterseal.prover.profiles import chosen, every_profile
    from counterseal.prover.report.glossary import glossary_of

    policy = load(pack, vocabulary)
    profiles = every_profile(policy.vocabulary) if combinations else chosen(policy.vocabulary, profile or ())
    proof = run(pack, vocabulary, policy, window_of(window), profiles, workers or len(os.sched_getaffinity(0)))
    glossary = glossary_of(policy)
    if svg is not None:
        draw(proof, glossary, svg)
    _tell(proof, glossary, pack, form, json=json)
    if check and any(one.holds != "yes" for part in proof.profiles for one in part.verdicts):
        raise typer.Exit(1)


def _tell(proof: Proof, glossary: Glossary, pack: str, form: Form | None, *, json: bool) -> None:
    if form is Form.MARKDOWN:
        from counterseal.prover.report.markdown import to_markdown

        typer.echo(to_markdown(proof, glossary))
    elif form is Form.SARIF:
        from counterseal.prover.report.sarif import to_sarif

        show_json(
            to_sarif(proof, glossary, uri=pack if Path(pack).is_file() else None, version=version("counterseal"))
        )
    elif json:
        from counterseal.prover.report.asjson import to_json

        show_json(to_json(proof, glossary))
    else:
        from counterseal.cli.prove_text import show_proof

        show_proof(proof, Console(width=min(out.width, WIDTH), highlight=False), glossary)


def run(
    pack: str,
    vocabulary: Path | None,
    policy: Policy,
    window: int,
    profiles: Sequence[Profile],
    workers: int,
) -> Proof:
    """The proof, with a progress bar; profiles that differ for the policy are shared out among processes."""
    from counterseal.prover.profiles import alike
    from counterseal.prover.prove import proof_of

    if not profiles:
        raise InputError("the vocabulary has no profiles", hint="Add `profiles:` to the vocabulary.")
    groups = alike(policy, profiles)
    seconds: dict[str, float] = {}
    parts: list[ProfileProof] = []
    with progress() as bar:
        task = bar.add_task("Proving", total=len(profiles))
        for found, spent in _parts(pack, vocabulary, policy, window, groups, workers):
            parts += found
            for engine, time_ in spent.items():
                seconds[engine] = seconds.get(engine, 0.0) + time_
            bar.update(task, completed=len(parts))
    return proof_of(policy, window, parts, seconds, pack, profiles)


Part = tuple[list["ProfileProof"], dict[str, float]]


def _parts(
    pack: str,
    vocabulary: Path | None,
    policy: Policy,
    window: int,
    groups: Sequence[Sequence[Profile]],
    workers: int,
) -> Iterator[Part]:
    if len(groups) <= ALONE or workers == 1:
        for group in groups:
            yield _part(policy, group, window)
        return
    # Spawned processes load the pack themselves: nothing of a policy is pickled but names and findings.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (pack, vocabulary))
    with pool:
        yield from (done.result() for done in as_completed(pool.submit(_in_pool, g, window) for g in groups))


_LOADED: list[Policy] = []


def _begin(pack: str, vocabulary: Path | None) -> None:
    _LOADED.append(load(pack, vocabulary))


def _in_pool(group: Sequence[Profile], window: int) -> Part:
    return _part(_LOADED[0], group, window)


def _part(policy: Policy, group: Sequence[Profile], window: int) -> Part:
    from counterseal.prover.prove import prove_group

    seconds: dict[str, float] = {}
    return prove_group(policy, group, window, seconds=seconds, timer=time.process_time), seconds


def draw(proof: Proof, glossary: Glossary, folder: Path) -> None:
    """One heat table for each kind of account, and the worst attacks, as SVG. Raises InputError."""
    from counterseal.prover.report.glossary import scene_of
    from counterseal.prover.report.heat import heat_table
    from counterseal.prover.report.select import findings
    from counterseal.prover.report.timeline import timeline

    pictures: dict[str, str] = {}
    for part in proof.profiles:
        pictures[f"heat-{part.profile}"] = heat_table(part, scene_of(proof, part), glossary=glossary)
    for number, found in enumerate(findings(proof, glossary)[:PICTURES], 1):
        pictures[f"attack-{number:02}-{found.attack.outflow}"] = timeline(
            found.attack, found.scene, glossary=glossary
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pictures.items():
            (folder / f"{name}.svg").write_text(text)
    except OSError as error:
        raise InputError(f"the pictures cannot be written into {str(folder)!r}: {error.strerror}") from error
