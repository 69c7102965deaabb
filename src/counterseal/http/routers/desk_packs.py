# SPDX-License-Identifier: Apache-2.0
"""The desk's rule packs as this server has them: legal bases, deadlines, and what each basis may be given."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import NotFoundError
from counterseal.http.auth import Caller, require
from counterseal.http.body import reply
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_packs_views as v
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.judicial.packs.house import HousePacks

router = Router(tags=["desk"])

Area = Annotated[HousePacks, area(HousePacks)]
Reads = Annotated[Caller, require(Scope.DESK_READ)]


@router.get("/v1/desk/packs", **operation("List rule packs", reply=v.PackList, example=v.PackList(items=[v.LINE])))
async def list_packs(caller: Reads, packs: Area) -> Response:
    """Which packs there are, each with its caveat and the names of its legal bases."""
    found = [pack for name in packs.names() if (pack := packs.pack(name)) is not None]
    return reply(v.PackList(items=[v.line_view(each) for each in found]))


@router.get(
    "/v1/desk/packs/{pack}",
    **operation("Read a rule pack", reply=v.PackView, example=v.PACK, problems=(404,)),
)
async def read_pack(pack: str, caller: Reads, packs: Area) -> Response:
    """Every legal basis with its source, its deadlines and its rows of the scope matrix."""
    held = packs.pack(pack)
    if held is None:
        raise NotFoundError("there is no such rule pack", code="desk_pack_missing")
    return reply(v.pack_view(held))
