# SPDX-License-Identifier: Apache-2.0
"""What is refused before any route looks at it: bodies too large, paths and queries that are no clean UTF-8."""

from __future__ import annotations

from typing import Final, cast
from urllib.parse import unquote_to_bytes

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from counterseal.http.errors import BadRequestError, BodyTooLargeError

BODY_KEY: Final = "counterseal.body"
LIMIT_KEY: Final = "counterseal.body_limit"
MIB: Final = 1024 * 1024
LARGE: Final = {
    ("POST", "/v1/desk/documents"): 25 * MIB,
    ("POST", "/portal/documents"): 25 * MIB,  # of whoever is signed in there: that is settled before it is read
    ("POST", "/v1/desk/registry/trial"): 2 * MIB,
    ("POST", "/v1/desk/registry/imports"): 2 * MIB,
    ("POST", "/v1/prices/history"): 2 * MIB,
    ("POST", "/v1/policy/versions"): 4 * MIB,  # a policy and its vocabulary, 1 MiB each, as JSON
}
"""All else is small."""
LARGE_BELOW: Final = (("POST", "/v1/incidents/", "/movements", 2 * MIB),)
"""The same for paths with a name in them: how they begin and end."""
LONGEST_PATH: Final = 2048
LONGEST_QUERY: Final = 2048


def limit_of(scope: Scope, usual: int) -> int:
    """The largest body (bytes) that this request may have."""
    method, path = scope["method"], scope["path"]
    named = [
        most
        for one, start, end, most in LARGE_BELOW
        if method == one and path.startswith(start) and path.endswith(end)
    ]
    return max(usual, LARGE.get((method, path), 0), *named)


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, read once and kept. Raises BodyTooLargeError as soon as it passes the limit."""
    kept = scope.get(BODY_KEY)
    if kept is not None:
        return cast("bytes", kept)
    limit: int = scope[LIMIT_KEY]
    check_declared_length(scope, limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            break
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    scope[BODY_KEY] = body
    return body


def check_declared_length(scope: Scope, limit: int) -> None:
    """Refuse by Content-Length, before a byte of the body was read."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            if not value.isdigit():
                raise BadRequestError("Content-Length is not a number", code="content_length_invalid")
            if len(value) > len(str(limit)) or int(value) > limit:
                raise _too_large(limit)


def check_target(scope: Scope) -> None:
    """Raise BadRequestError unless path and query are short, percent-decode to UTF-8 and hold no NUL.

    Servers replace what does not decode, so that two different paths would name one account.
    """
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    query: bytes = scope["query_string"]
    if len(raw) > LONGEST_PATH or len(query) > LONGEST_QUERY:
        raise BadRequestError("the path or the query is too long", code="target_too_long")
    for part, what in ((raw, "path"), (query, "query")):
        if b"%" in part or not part.isascii() or b"\0" in part:
            _check_part(part, what)


def _check_part(part: bytes, what: str) -> None:
    try:
        text = unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        raise BadRequestError(
            f"the {what} is not UTF-8 when decoded", code="encoding_invalid", hint="encode text as UTF-8"
        ) from None
    if "\0" in text:
        raise BadRequestError(f"the {what} contains a NUL character", code="nul_character")


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"the body is larger than {limit} bytes", hint="send less in one request")
