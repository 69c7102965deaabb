# SPDX-License-Identifier: Apache-2.0
"""Every write carries an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): repeating it is safe.

The key counts within token, method and path template; the same key with another path, query or body is 422.
"""

import hashlib
import re
from typing import Any, Final

import msgspec
from fastapi import Depends
from starlette.requests import Request

from counterseal.core.transaction import Idempotency, Joined
from counterseal.http.auth import CALLER_KEY, Caller
from counterseal.http.errors import BadRequestError
from counterseal.http.limits import read_body

HEADER: Final = "Idempotency-Key"
WRITE_KEY: Final = "counterseal.write"
KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")


class Write(msgspec.Struct, frozen=True):
    """One write of one caller. `digest`: SHA-256 over method, path, query and canonical body; `also`: what is
    committed together with it (the use of an approval), put there before the route runs."""

    scope: str
    key: str
    digest: bytes
    also: list[Joined] = msgspec.field(default_factory=list)

    def of(self, result: type) -> Idempotency:
        """What `Store.transact` takes; `result` is the type of the result kept for a repetition."""
        return Idempotency(self.scope, self.key, self.digest, result, self.also[0] if self.also else None)


class IdempotentWrite:
    """Dependency: the write that this request is. Raises 400 without a key."""

    place = "idempotency"

    async def __call__(self, request: Request) -> Write:
        """Read key and body; the caller is known by now."""
        key = key_of(request)
        caller: Caller = request.scope[CALLER_KEY]  # `require` comes before it in every signature
        body = await read_body(request.scope, request.receive)
        template = request.scope["route"].path
        write = Write(f"{caller.token_id} {request.method} {template}", key, digest_of(request, body))
        request.scope[WRITE_KEY] = write
        return write


idempotent: Any = Depends(IdempotentWrite())  # `write: Annotated[Write, idempotent]`


def key_of(request: Request) -> str:
    """The one Idempotency-Key: 1 to 255 visible ASCII characters. Raises BadRequestError."""
    found: list[bytes] = [value for name, value in request.scope["headers"] if name == b"idempotency-key"]
    if not found:
        raise BadRequestError(
            "a write needs an Idempotency-Key",
            code="idempotency_key_required",
            hint="send a fresh random key for each new write and the same key when you repeat it",
        )
    if len(found) != 1 or not KEY.fullmatch(found[0]):
        raise BadRequestError(
            "an Idempotency-Key is 1 to 255 visible ASCII characters", code="idempotency_key_invalid"
        )
    return found[0].decode("ascii")


def digest_of(request: Request, body: bytes) -> bytes:
    """SHA-256 over method, path, query and the body in canonical form."""
    digest = hashlib.sha256()
    for part in (
        request.method.encode(),
        request.scope["path"].encode("utf-8", "surrogatepass"),
        request.scope["query_string"],
        canonical(body),
    ):
        digest.update(len(part).to_bytes(4))
        digest.update(part)
    return digest.digest()


def canonical(body: bytes) -> bytes:
    """JSON with sorted names and no spaces, so that a re-written equal body is equal; else the bytes as sent."""
    if not body:
        return b""
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="deterministic")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return body  # refused by the route's own body; nothing is stored under it
