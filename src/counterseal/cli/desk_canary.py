# SPDX-License-Identifier: Apache-2.0
"""`desk canary lookup`: which disclosure a copy that turned up came from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, err, out, show_json, when
from counterseal.cli.remote import Server
from counterseal.core.errors import InputError

NOTHING = 3
"""Exit code where no mark of ours was found."""
canary = typer.Typer(help="Marks in what was handed out to authorities.", no_args_is_help=True)


@canary.callback()
def _group() -> None:
    """Marks in what was handed out to authorities."""


@canary.command("lookup")
def lookup(
    copies: Annotated[list[str], typer.Argument(help="Files of a copy, or a reference, an address, a tag.")],
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Name the disclosure, request and authority of a leaked copy; exit 3 where it bears no mark of ours.

    Marks are searched on this machine; the server is asked about what may be one, and logs what it finds.
    """
    from counterseal.judicial.disclosure.canaries import MOST_BYTES, tags_in

    tags: list[str] = []
    for copy in copies:
        path = Path(copy)
        try:
            data = path.read_bytes() if path.is_file() else copy.encode("utf-8", "surrogateescape")
        except OSError as error:
            raise InputError(f"`{copy}` cannot be read", code="file_unreadable") from error
        if len(data) > MOST_BYTES:
            raise InputError(f"`{copy}` is larger than {MOST_BYTES} bytes", code="file_too_large")
        tags += tags_in(data)
    server = Server(config, database, url)
    found = server.post("/v1/desk/canaries", {"text": "\n".join(dict.fromkeys(tags))}) if tags else {"items": []}
    if json:
        show_json(found)
    else:
        for hit in found["items"]:
            fetched = "never fetched" if hit["fetched"] is None else f"fetched {when(hit['fetched'])}"
            out.print(f"{hit['tag']}  {hit['kind']}  {hit['disclosure']}", markup=False)
            out.print(f"  request {hit['request']} of {hit['authority'] or 'nobody registered'}", markup=False)
            out.print(f"  built {when(hit['built'])}, {fetched}; {', '.join(hit['accounts'])}", markup=False)
    if not found["items"]:
        err.print("No mark of ours is in it: it came from elsewhere, or somebody took the marks out.")
        raise typer.Exit(NOTHING)
