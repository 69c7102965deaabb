# SPDX-License-Identifier: Apache-2.0
"""What the commands about policies share: the pack, its vocabulary, profiles and the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from counterseal.cli.output import err
from counterseal.core.errors import InputError
from counterseal.core.policy.quantities import MAX_WAIT, duration
from counterseal.gateways.packs import load_pack, vocabulary_from

if TYPE_CHECKING:
    from counterseal.core.policy.model import Policy

Pack = Annotated[str, typer.Argument(metavar="PACK", help="A shipped name or a file.")]
ProfileNames = Annotated[
    list[str] | None, typer.Option("--profile", help="Only this kind of account; may be given more than once.")
]
VocabularyFile = Annotated[
    Path | None, typer.Option("--vocabulary", metavar="FILE", help="Replaces the shipped vocabulary.")
]
Window = Annotated[str, typer.Option("--window", help="The time that an owner needs to react: 24h, 90m, 3d.")]


def load(pack: str, vocabulary: Path | None) -> Policy:
    """The policy with its vocabulary. Raises PolicyError with the place, InputError for a file that is missing."""
    if vocabulary is None:
        return load_pack(pack)
    try:
        source = vocabulary.read_bytes()
    except OSError as error:
        raise InputError(f"the vocabulary {str(vocabulary)!r} cannot be read: {error.strerror}") from error
    return load_pack(pack, vocabulary_from(source))


def window_of(text: str) -> int:
    """`24h` in ms. Raises InputError."""
    found = duration(text.strip())
    if found is None or found > MAX_WAIT:
        raise InputError(f"`{text[:40]}` is not a time", hint="Write 24h, 90m or 3d.", code="not_a_duration")
    return found


def progress() -> Progress:
    """A bar on standard error that goes away when the work is done."""
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*parts, console=err, transient=True)
