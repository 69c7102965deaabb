# SPDX-License-Identifier: Apache-2.0
"""`evidence verify`: an evidence package, checked without a server by whoever received it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from counterseal.audit.bundle_verify import BundleVerdict, verify_bundle
from counterseal.cli.output import Json, show_json, table, when
from counterseal.core.errors import InputError

evidence = typer.Typer(help="Evidence packages for authorities.", no_args_is_help=True)
MOST: int = 600 * 1024 * 1024
LISTED: int = 40


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(evidence, name="evidence")


@evidence.callback()
def group() -> None:
    """Evidence packages for authorities."""


@evidence.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="The package, a zip file.")],
    key: Annotated[str | None, typer.Option(help="The log's verifier key, kept outside.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="The same from a file.")] = None,
    json: Json = False,
) -> None:
    """Check every file, every cited event and the log's entry that names them all. Exit code 1 if anything is
    wrong."""
    verdict = verify_bundle(_read(bundle), _key(key, key_file))
    if json:
        show_json(_facts(verdict))
    else:
        _tell(bundle, verdict)
    if not verdict:
        raise typer.Exit(1)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST:
            raise InputError(f"`{path}` is too large for an evidence package", code="evidence_too_large")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}", code="evidence_unreadable") from error


def _key(text: str | None, path: Path | None) -> str:
    if (text is None) == (path is None):
        raise InputError(
            "give the log's verifier key, by --key or --key-file",
            code="key_missing",
            hint="It comes from the platform by another way than the package: a web page, a letter, a call.",
        )
    if text is not None:
        return text.strip()
    assert path is not None  # noqa: S101 - one of the two is given
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"`{path}` cannot be read as text", code="key_missing") from error


def _facts(verdict: BundleVerdict) -> dict[str, object]:
    manifest = verdict.manifest
    return {
        "verified": bool(verdict),
        "digest": verdict.digest,
        "origin": None if manifest is None else manifest.origin,
        "incident": None if manifest is None else manifest.incident,
        "redacted": None if manifest is None else manifest.redacted,
        "files": verdict.files,
        "events": verdict.events,
        "packaged": verdict.packaged,
        "checkpoint": verdict.at,
        "size": verdict.size,
        "findings": [msgspec.to_builtins(each) for each in verdict.findings],
    }


def _tell(path: Path, verdict: BundleVerdict) -> None:
    for each in verdict.findings[:LISTED]:
        typer.echo(f"BAD  {each.file or path.name}: {each.sentence}")
    if len(verdict.findings) > LISTED:
        typer.echo(f"     ... and {len(verdict.findings) - LISTED} more (--json shows all)")
    manifest = verdict.manifest
    if not verdict or manifest is None:
        typer.echo(f"{path.name} does not verify.")
        return
    typer.echo(f"OK   {path.name}: {verdict.files} files, {verdict.events} events of {manifest.origin}")
    typer.echo(f"     named by the log at {when(verdict.packaged)}, signed at {when(verdict.at)}")
    typer.echo(f"     SHA-256 of its manifest {verdict.digest}")
    table("Files", ["file", "bytes", "what"], [[row.name, str(row.size), row.what] for row in manifest.files])
    for row in manifest.redacted:
        typer.echo(f"Left out: {row.get('what', '')} ({row.get('why', '')})")
    typer.echo(
        "This proves that the platform committed to these bytes then, and that the events are in\n"
        "its log. It does not prove that the log tells everything."
    )
