# SPDX-License-Identifier: Apache-2.0
"""Four eyes over HTTP: the second officer's token comes in `Second-Officer`, until staff approve with passkeys."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi import Depends
from starlette.requests import Request

from counterseal.access.model import Scope
from counterseal.core.errors import ForbiddenError
from counterseal.http.auth import CALLER_KEY, Caller
from counterseal.http.errors import InsufficientScopeError
from counterseal.http.services import services_of

HEADER: Final = b"second-officer"


class Officers(msgspec.Struct, frozen=True):
    """Two different people who decide together."""

    names: tuple[str, str]


class TwoOfficers:
    """Dependency: the caller and the bearer of `Second-Officer` are two different officers. Raises 403."""

    place = "officers"

    async def __call__(self, request: Request) -> Officers:
        """Both names, or 401/403."""
        caller: Caller = request.scope[CALLER_KEY]
        found = [value for name, value in request.scope["headers"] if name == HEADER]
        if len(found) != 1:
            raise ForbiddenError(
                "two different officers are needed",
                code="two_officers",
                hint="send the second officer's token in the header `Second-Officer`",
            )
        second = await services_of(request).access.authenticate(found[0].decode("latin-1").strip())
        if Scope.STAFF_OFFICER not in second.scopes:
            raise InsufficientScopeError([Scope.STAFF_OFFICER])
        first_name, second_name = caller.officer, second.officer
        if not first_name or not second_name or first_name.casefold() == second_name.casefold():
            raise ForbiddenError("two different officers are needed", code="two_officers")
        return Officers((first_name, second_name))


two_officers: Any = Depends(TwoOfficers())
