# SPDX-License-Identifier: Apache-2.0
"""One call to a running server, for commands that find the store held."""

from __future__ import annotations

from typing import Any

import httpx2

from counterseal.core.errors import CountersealError


class RemoteError(CountersealError):
    """The server refused or could not be reached."""

    code = "remote"


def call(
    server: str,
    token: str,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    key: str,
    more: dict[str, str] | None = None,
) -> Any:
    """The JSON answer, or RemoteError with the server's sentence and hint. `more`: headers."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, **(more or {})}
    try:
        answer = httpx2.request(method, f"{server}{path}", json=body, headers=headers, timeout=30.0)
    except httpx2.HTTPError as error:
        raise RemoteError(f"the server at {server} does not answer") from error
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        problem = answer.json()
        code, hint = problem.get("code", "remote"), problem.get("hint", "")
        raise RemoteError(problem.get("detail", "the server refused"), code=code, hint=hint)
    return answer.json()


def read_text(server: str, path: str) -> str:
    """A public text resource."""
    try:
        answer = httpx2.get(f"{server}{path}", timeout=30.0)
    except httpx2.HTTPError as error:
        raise RemoteError(f"the server at {server} does not answer") from error
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        raise RemoteError(answer.json().get("detail", "the server refused"))
    return answer.text
