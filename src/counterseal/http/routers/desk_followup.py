# SPDX-License-Identifier: Apache-2.0
"""What followed a request for the accounts that it names, and which requests are of one hand with it."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import reply
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_followup_views as v
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.judicial.followup.service import FollowUps

router = Router(tags=["desk"])


@router.get(
    "/v1/desk/requests/{request}/follow-up",
    **operation("Read what followed a request", reply=v.FollowUpView, example=v.EXAMPLE, problems=(404,)),
)
async def read_follow_up(
    request: str,
    caller: Annotated[Caller, require(Scope.DESK_READ)],
    followups: Annotated[FollowUps, area(FollowUps)],
) -> Response:
    """Shields, ended sessions, owners told, step by step; and the requests that share officer, mailbox, domain,
    telephone, key or template with it."""
    held, acts = await followups.follow_up(request)
    return reply(v.view_of(held, acts, await followups.siblings_shown(request)))
