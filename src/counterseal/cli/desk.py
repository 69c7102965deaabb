# SPDX-License-Identifier: Apache-2.0
"""`counterseal desk verify`: what can be relied on in a document or a mail, without a server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from counterseal.cli.desk_canary import canary
from counterseal.cli.desk_demo import demo
from counterseal.cli.desk_packs import packs
from counterseal.cli.desk_portal import portal
from counterseal.cli.desk_registry import registry
from counterseal.cli.desk_report import report
from counterseal.cli.desk_requests import requests
from counterseal.cli.output import Json, err, out, show_json, when
from counterseal.core.errors import InputError

if TYPE_CHECKING:
    from counterseal.judicial.examination import Examiner
    from counterseal.judicial.model import Context, Finding, Report

CODES = {"verified": 0, "neutral": 3, "cannot_verify": 4, "contradicts": 5}
"""Exit codes; of several files the largest."""
COLOURS = {"verified": "green", "neutral": "yellow", "cannot_verify": "yellow", "contradicts": "red"}
MEANINGS = {
    "verified": "A registered signer signed all of it, and nothing speaks against it.",
    "neutral": "Nothing is proved by it: treat it as unsigned.",
    "cannot_verify": "It could not be opened safely, or a datum is not to be had: ask for it in another form.",
    "contradicts": "It was changed, or it claims what is not so. Do not act on it.",
}
MARKS = {"contradicts": "✗", "inconclusive": "?", "withholds": "–", "supports": "✓", "note": "·"}
app = typer.Typer(no_args_is_help=True, help="The judicial desk: is this document, is this mail authentic?")


def register(target: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(registry, name="registry")
    app.add_typer(requests, name="requests")
    app.add_typer(packs, name="packs")
    app.add_typer(canary, name="canary")
    app.add_typer(portal, name="portal")
    app.command("report")(report)
    app.command("demo")(demo)
    target.add_typer(app, name="desk")


@app.command("verify")
def verify(
    files: Annotated[list[Path], typer.Argument(help="PDF, .eml, ASiC or signed XML files.")],
    registry: Annotated[Path | None, typer.Option("--registry", help="Folder of registered signers.")] = None,
    anchors: Annotated[Path | None, typer.Option("--anchors", help="Folder of pinned CAs and their CRLs.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="When it was received, ISO 8601; else now.")] = None,
    names: Annotated[
        Path | None, typer.Option("--names", help="DNS answers from a JSON file, nothing asked.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no DNS server.")] = False,
    as_json: Json = False,
) -> None:
    """Say of each file what can be relied on. Exit code: 0 verified, 3 neutral, 4 cannot verify, 5 contradicts."""
    from counterseal.gateways.documents.trust import read_trust
    from counterseal.judicial.model import Context

    trust = read_trust(anchors, registry)
    now = int(time.time() * 1000) if at is None else _time(at)
    context = Context(now, anchors=trust.anchors, crls=trust.crls, registry=trust.registry)
    contents = [(path, _read(path)) for path in files]
    reports = _examined(contents, context, names, offline=offline)
    if as_json:
        made = [_json(path, report) for path, report in reports]
        show_json(made[0] if len(made) == 1 else made)
    else:
        for path, report in reports:
            _tell(path, report)
    raise typer.Exit(max(CODES[report.verdict] for _, report in reports))


def _examined(
    contents: list[tuple[Path, bytes]], context: Context, names: Path | None, *, offline: bool
) -> list[tuple[Path, Report]]:
    """Each report, with a bar on a terminal where there are several."""
    from rich.progress import track

    from counterseal.gateways.documents.sandbox import Sandbox

    sandbox = Sandbox()
    try:
        examiner = _examiner(sandbox, names, offline=offline)
        shown = track(contents, "verifying", console=err, transient=True, disable=len(contents) == 1)
        return [(path, examiner.examine(data, context)) for path, data in shown]
    finally:
        sandbox.close()


def _examiner(sandbox: Any, names: Path | None, *, offline: bool) -> Examiner:
    from counterseal.gateways.dns_names import DnsNames, NoNames, ZoneNames
    from counterseal.gateways.documents.kinds import kind_of
    from counterseal.judicial.examination import Examiner

    if names is not None:
        return Examiner(sandbox, ZoneNames.read(names), kind_of)
    return Examiner(sandbox, NoNames() if offline else DnsNames(), kind_of)


def _read(path: Path) -> bytes:
    from counterseal.judicial.model import MOST_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)  # one too many: it is refused by its size, not read to its end
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}") from None


def _time(text: str) -> int:
    import datetime as dt

    try:
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"`{text}` is no time", hint="write it as 2026-06-12T09:30:00Z") from None
    return int((read if read.tzinfo else read.replace(tzinfo=dt.UTC)).timestamp() * 1000)


def _json(path: Path, report: Report) -> dict[str, Any]:
    import msgspec

    return {"file": str(path), **msgspec.to_builtins(report)}


def _tell(path: Path, report: Report) -> None:
    verdict = report.verdict.value
    out.print(f"{path}: ", end="", markup=False)
    out.print(verdict.replace("_", " "), style=f"bold {COLOURS[verdict]}")
    out.print(f"  {MEANINGS[verdict]}")
    if report.signer is not None:
        out.print(f"  {_signer(report)}", markup=False)
    covered = "" if report.covered is None else f", signed {report.covered.bytes} of {report.covered.of} bytes"
    out.print(f"  {report.kind}, {report.size} bytes{covered}, SHA-256 {report.sha256}", markup=False)
    for finding in sorted(report.findings, key=lambda each: list(MARKS).index(each.effect.value)):
        out.print(f"  {MARKS[finding.effect.value]} {_line(finding)}", markup=False)
    out.print("")


def _signer(report: Report) -> str:
    signer = report.signer
    if signer is None:
        return ""
    known = f" = {signer.authority} ({signer.role})" if signer.authority else ", not in the registry"
    time_known = signer.signed or signer.claimed
    at = "" if time_known is None else f", {when(time_known)}{'' if signer.signed else ' by its own clock'}"
    return f"signed by {signer.name}{known}{at}"


def _line(finding: Finding) -> str:
    return f"{finding.sentence}{f' [{finding.where}]' if finding.where else ''}"
