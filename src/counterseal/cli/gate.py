# SPDX-License-Identifier: Apache-2.0
"""The gate before a commit: each changed policy against the one that is committed (.pre-commit-hooks.yaml).

`python -m counterseal.cli.gate FILE...`: exit code 0 = nothing became weaker, 1 = something did, 2 = no answer.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from counterseal.cli.diff import from_git, read, tell
from counterseal.cli.output import err
from counterseal.cli.packs import ProfileNames, VocabularyFile, window_of
from counterseal.core.errors import CountersealError, InputError, PolicyError
from counterseal.core.policy.faults import PolicyFaults

POLICY = re.compile(rb"^policy\s*:", re.MULTILINE)
OURS = re.compile(rb"^counterseal\s*:", re.MULTILINE)


def gate(
    files: Annotated[list[Path], typer.Argument(help="Changed files; those that are no policy are passed over.")],
    base: Annotated[str, typer.Option("--base", help="The revision to compare with.")] = "HEAD",
    profile: ProfileNames = None,
    window: Annotated[str | None, typer.Option("--window", help="Windows as long as this are long enough.")] = None,
    vocabulary: VocabularyFile = None,
) -> None:
    """Compare changed policies with those of a revision."""
    codes = [_one(path, base, tuple(profile or ()), window, vocabulary) for path in files if _is_policy(path)]
    raise typer.Exit(max(codes, default=0))


def _is_policy(path: Path) -> bool:
    try:
        text = path.read_bytes()
    except OSError:
        return False  # deleted: nothing is in force
    return bool(OURS.search(text) and POLICY.search(text))


def _one(path: Path, base: str, profiles: tuple[str, ...], window: str | None, vocabulary: Path | None) -> int:
    from counterseal.prover.difference import diff
    from counterseal.prover.pair import NEVER
    from counterseal.prover.profiles import chosen
    from counterseal.prover.report.changes import Sides

    try:
        new = read(str(path), vocabulary)
        source = f"git:{base}:{path.as_posix()}"
        try:
            from_git(source)
        except InputError as error:
            if error.code != "not_in_git":
                raise
            typer.echo(f"{path}: new in this commit, nothing to compare with")
            return 0
        old = read(source, vocabulary)
        most = NEVER if window is None else window_of(window)
        found = diff(old, new, chosen(new.vocabulary, profiles), window=most)
    except CountersealError as error:
        for line in told(path, error):
            err.print(line, style="red", markup=False)
        return 2
    typer.echo(f"{path}:")
    tell(found, Sides(old, new))
    return int(found.weaker)


def told(path: Path, error: CountersealError) -> list[str]:
    """What is wrong, with the place in the policy where there is one."""
    faults = error.faults if isinstance(error, PolicyFaults) else (error,)
    return [
        f"{path}:{one.span.line}:{one.span.column}: {one.diagnostics()}"
        if isinstance(one, PolicyError)
        else f"{path}: {one.diagnostics()}"
        for one in faults
    ]


if __name__ == "__main__":
    try:
        typer.run(gate)
    except CountersealError as error:
        err.print(f"counterseal: {error.diagnostics()}", style="red", markup=False)
        sys.exit(2)
