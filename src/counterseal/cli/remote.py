# SPDX-License-Identifier: Apache-2.0
"""Calls to a running server: for commands that find the store held, and for those that only a server may do."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

from counterseal.cli.local import client_token, server_of, settings_of
from counterseal.core.errors import CountersealError

SECOND_VARIABLE = "COUNTERSEAL_CLIENT_SECOND_TOKEN"


class RemoteError(CountersealError):
    """The server refused or could not be reached."""

    code = "remote"


def call(
    server: str,
    token: str,
    method: str,
    path: str,
    body: dict[str, Any] | bytes | None,
    key: str,
    more: dict[str, str] | None = None,
) -> Any:
    """The JSON answer, or RemoteError with the server's sentence and hint. `body`: JSON or a file; `more`:
    headers."""
    import httpx2  # here: every command loads this file, few ask a server

    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, **(more or {})}
    try:
        sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = httpx2.request(method, f"{server}{path}", headers=headers, timeout=30.0, **sent)
    except httpx2.HTTPError as error:
        raise RemoteError(f"the server at {server} does not answer") from error
    try:
        found = answer.json()
    except ValueError:  # a proxy in between, or something that is no Counterseal at all
        sentence = f"what answers at {server} is no Counterseal (status {answer.status_code})"
        raise RemoteError(sentence, hint="Look at --url, and at what stands before the server.") from None
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        raise _refusal(found)
    return found


def _refusal(problem: Any) -> RemoteError:
    """The problem (RFC 9457) in the server's words: its sentence, each of its faults, its hint."""
    faults = [f"{each.get('pointer', '')}: {each.get('detail', '')}" for each in problem.get("errors") or ()]
    sentence = "\n  ".join([problem.get("detail", "the server refused"), *faults])
    return RemoteError(sentence, code=problem.get("code", "remote"), hint=problem.get("hint") or "")


def ask(server: str, method: str, path: str, body: dict[str, Any] | bytes | None = None, **more: str) -> Any:
    """`call` with the token of the environment and a key of its own. `more`: headers, `_` for `-`."""
    headers = {name.replace("_", "-"): value for name, value in more.items() if value}
    return call(server, client_token(server), method, path, body, str(uuid.uuid4()), headers)


class Server:
    """The server of these settings, or the one that is named: through its API always, since on the store itself
    nobody would be asked for two people."""

    def __init__(self, config: Path | None, database: Path | None, url: str | None) -> None:
        settings = settings_of(config, database)
        self._server = server_of(settings, url) or settings.public_url

    def get(self, path: str) -> Any:
        """The JSON of a read."""
        return ask(self._server, "GET", path)

    def post(
        self,
        path: str,
        body: dict[str, Any] | bytes | None = None,
        *,
        approval: str | None = None,
        officers: bool = False,
    ) -> Any:
        """The JSON of a write. `officers`: without an approval, the token of a second officer counts."""
        second = os.environ.get(SECOND_VARIABLE, "") if officers and not approval else ""
        return ask(self._server, "POST", path, body, Approval=approval or "", Second_Officer=second)


def read_text(server: str, path: str) -> str:
    """A public text resource."""
    import httpx2

    try:
        answer = httpx2.get(f"{server}{path}", timeout=30.0)
    except httpx2.HTTPError as error:
        raise RemoteError(f"the server at {server} does not answer") from error
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        raise RemoteError(answer.json().get("detail", "the server refused"))
    return answer.text
