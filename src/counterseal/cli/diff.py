# SPDX-License-Identifier: Apache-2.0
"""`diff`: what a change of a policy makes weaker or stronger. The gate of a pull request."""

from __future__ import annotations

import re
import subprocess
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from counterseal.cli.output import Json, out, show_json
from counterseal.cli.packs import ProfileNames, VocabularyFile, load, progress, window_of
from counterseal.core.errors import InputError
from counterseal.gateways.packs import policy_from, vocabulary_from
from counterseal.gateways.yaml_source import MAX_BYTES

if TYPE_CHECKING:
    from counterseal.core.policy.model import Policy
    from counterseal.prover.difference import Difference, ProfileDifference
    from counterseal.prover.report.changes import Sides

GIT = re.compile(r"git:(?P<revision>[A-Za-z0-9_./~^@{}-]+):(?P<path>[^:\0]+)\Z")
GIT_SECONDS = 30
Old = Annotated[str, typer.Argument(metavar="OLD", help="A shipped name, a file, or git:REVISION:PATH.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="The same, for the policy that is to be compared.")]


class Gate(StrEnum):
    """What ends the command with exit code 1."""

    WEAKER = "weaker"
    OWNER = "owner"
    NOTHING = "nothing"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(diff)


def diff(
    old: Old,
    new: New,
    profile: ProfileNames = None,
    window: Annotated[
        str | None,
        typer.Option("--window", help="Windows as long as this are long enough: 24h. Default: all count."),
    ] = None,
    vocabulary: VocabularyFile = None,
    fail_on: Annotated[
        Gate, typer.Option("--fail-on", help="weaker; owner: also if an owner lost something; nothing.")
    ] = Gate.WEAKER,
    markdown: Annotated[bool, typer.Option("--markdown", help="For a comment on a pull request.")] = False,
    json: Json = False,
) -> None:
    """Compare two policies: which capability sets gained or lost which outflows.

    Exit code 0 if nothing became weaker, 1 if something did, 2 if there is no answer. docs/policy-gate.md.
    """
    from counterseal.prover.difference import diff as compare
    from counterseal.prover.pair import NEVER
    from counterseal.prover.profiles import chosen
    from counterseal.prover.report import changes

    before, after = read(old, vocabulary), read(new, vocabulary)
    profiles = chosen(after.vocabulary, profile or ())
    with progress() as bar:
        task = bar.add_task("Comparing", total=len(profiles))
        found = compare(
            before,
            after,
            profiles,
            window=NEVER if window is None else window_of(window),
            done=lambda _: bar.advance(task),
        )
    sides = changes.Sides(before, after)
    if json:
        show_json(changes.to_json(found, sides))
    elif markdown:
        typer.echo(changes.to_markdown(found, sides))
    else:
        tell(found, sides)
    if _fails(found, fail_on):
        raise typer.Exit(1)


def _fails(found: Difference, gate: Gate) -> bool:
    if gate is Gate.NOTHING:
        return False
    return found.weaker or (gate is Gate.OWNER and found.owner_worse)


def read(source: str, vocabulary: Path | None) -> Policy:
    """A policy by shipped name, file or git:REVISION:PATH. Raises InputError, PolicyError."""
    if not source.startswith("git:"):
        return load(source, vocabulary)
    text = from_git(source)
    try:
        words = None if vocabulary is None else vocabulary_from(vocabulary.read_bytes())
    except OSError as error:
        raise InputError(f"the vocabulary {str(vocabulary)!r} cannot be read: {error.strerror}") from error
    return policy_from(text, words)


def from_git(source: str) -> bytes:
    """The file of git:REVISION:PATH in the repository of this folder. No shell; a revision is no option."""
    match = GIT.match(source)
    if match is None or match["revision"].startswith("-"):
        hint = "Write git:HEAD:policies/ours.yaml."
        raise InputError(f"`{source[:80]}` names no file of a revision", hint=hint, code="not_a_revision")
    path = match["path"] if match["path"].startswith("./") else f"./{match['path']}"
    arguments = ["git", "cat-file", "blob", f"{match['revision']}:{path}"]
    try:
        done = subprocess.run(arguments, capture_output=True, timeout=GIT_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError("git cannot be run", hint="Give files instead.", code="git_missing") from error
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        hint = told[-1][:160] if told else ""
        raise InputError(f"git has no `{source[4:84]}`", hint=hint, code="not_in_git")
    return done.stdout[: MAX_BYTES + 1]


def tell(found: Difference, sides: Sides) -> None:
    """For a terminal."""
    from counterseal.prover.report.changes import headline, rule_line

    style = "bold red" if found.weaker else "bold green"
    out.print(Text(headline(found), style=style))
    if found.vocabulary:
        out.print(Text(found.vocabulary, style="yellow"))
    for change in found.rules:
        out.print(Text(f"  {rule_line(change)}", style="dim"))
    for one in found.profiles:
        _tell_profile(one, sides)


def _tell_profile(one: ProfileDifference, sides: Sides) -> None:
    from counterseal.prover.report.changes import change_line, owner_lines

    out.print(Text(f"\n{', '.join((one.profile, *one.alike))}", style="bold cyan"))
    for word, changes, style in (("weaker", one.weaker, "red"), ("stronger", one.stronger, "green")):
        for change in changes:
            out.print(Text(f"  {change_line(change, word, sides)}", style=style))
            attack = change.witness.new if change.witness and word == "weaker" else None
            if attack is not None:
                steps = " > ".join(f"{step.action} (line {step.line})" for step in attack.path)
                out.print(Text(f"      {steps}", style="dim"))
    for prop in one.properties:
        out.print(Text(f"  property {prop.name}: {prop.old} -> {prop.new}", style="red" if prop.worse else ""))
    for line in owner_lines(one.owner):
        out.print(Text(f"  {line}"))
    if not (one.weaker or one.stronger or one.properties or one.owner):
        out.print(Text("  no difference", style="dim"))
