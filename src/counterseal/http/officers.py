# SPDX-License-Identifier: Apache-2.0
"""Four eyes over HTTP: an approval that two members of staff signed (`Approval`), or two officers' tokens
(`Second-Officer`) unless the settings say passkeys only. See docs/adr/0012-staff-and-approvals.md."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi import Depends
from starlette.requests import Request

from counterseal.access.model import Scope
from counterseal.core.errors import ForbiddenError
from counterseal.http.auth import CALLER_KEY, Caller
from counterseal.http.errors import BadRequestError, InsufficientScopeError
from counterseal.http.idempotency import WRITE_KEY, Write
from counterseal.http.limits import read_body
from counterseal.http.services import services_of
from counterseal.staff.desk import Desk

APPROVAL: Final = b"approval"
SECOND: Final = b"second-officer"


class Officers(msgspec.Struct, frozen=True):
    """Two different people who decide together; none where nobody needs to. `since`: when what they signed was
    proposed (ms), None for two tokens: what happened to its object afterwards they did not approve."""

    names: tuple[str, ...]
    since: int | None = None


class TwoOfficers:
    """Dependency: two different people stand behind this request. Raises 403.

    `tokens`: whether two officers' tokens are another way; `required`: whether one alone is refused here.
    """

    place = "officers"

    def __init__(self, *, tokens: bool = True, required: bool = True) -> None:
        self.tokens = tokens
        self.required = required

    async def __call__(self, request: Request) -> Officers:
        """Both names, or 401/403."""
        caller: Caller = request.scope[CALLER_KEY]
        approval, second = _headers(request, APPROVAL), _headers(request, SECOND)
        if len(approval) + len(second) > 1:
            raise BadRequestError("send one `Approval` or one `Second-Officer`", code="two_credentials")
        if approval:
            return await approved(request, caller, approval[0].decode("latin-1").strip())
        if second and self.tokens:
            return await self._two_tokens(request, caller, second[0].decode("latin-1").strip())
        if self.required or second:
            raise _alone()
        return Officers(())

    async def _two_tokens(self, request: Request, caller: Caller, token: str) -> Officers:
        if services_of(request).settings.officers == "passkeys":
            raise _alone()
        second = await services_of(request).access.authenticate(token)
        if Scope.STAFF_OFFICER not in second.scopes:
            raise InsufficientScopeError([Scope.STAFF_OFFICER])
        first_name, second_name = caller.officer, second.officer
        if not first_name or not second_name or first_name.casefold() == second_name.casefold():
            raise _alone()
        return Officers((first_name, second_name))


two_officers: Any = Depends(TwoOfficers())
two_passkeys: Any = Depends(TwoOfficers(tokens=False))  # no token stands for a person here
perhaps_two: Any = Depends(TwoOfficers(tokens=False, required=False))  # the area says whether it takes two


async def approved(request: Request, caller: Caller, approval: str) -> Officers:
    """The two who signed exactly this request; the approval is used up in the commit of the request itself."""
    write: Write = request.scope[WRITE_KEY]
    if request.scope["query_string"]:  # it is not in what was signed
        raise BadRequestError("an approved request has no query", code="approval_query")
    desk = services_of(request).areas.get(Desk)
    if not isinstance(desk, Desk):
        raise ForbiddenError("there are no approvals at this server", code="approval_unknown")
    used = await desk.use(
        approval,
        request.method,
        request.scope["path"],
        plain_json(await read_body(request.scope, request.receive)),
        by=caller.token_id,
        write=f"{write.scope}\n{write.key}",
    )
    write.also.append(used.joined)
    return Officers(used.signers, used.proposed)


def plain_json(body: bytes) -> Any:
    """A body as it is approved: None if it is empty. No fractions: two spellings of one could differ for the route
    and be one for the digest; amounts are strings."""
    if not body:
        return None
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BadRequestError("the body is not JSON in UTF-8, or holds a fraction", code="json_invalid") from None


def _no_fraction(_text: str) -> Any:
    raise ValueError("a fraction")


_decoder = msgspec.json.Decoder(float_hook=_no_fraction)


def _headers(request: Request, wanted: bytes) -> list[bytes]:
    return [value for name, value in request.scope["headers"] if name == wanted]


def _alone() -> ForbiddenError:
    return ForbiddenError(
        "two different officers are needed",
        code="two_officers",
        hint="propose it at POST /v1/approvals, have two sign it, and send it with the header `Approval`",
    )
