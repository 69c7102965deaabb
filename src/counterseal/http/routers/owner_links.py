# SPDX-License-Identifier: Apache-2.0
"""A one-time link for an owner, asked for by the platform: to approve an action, or to enrol something."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.guard.linking import Linking, Made
from counterseal.guard.links import MOST_URL
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers.action_bodies import AskBody
from counterseal.http.routers.actions import given_request
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.http.staff_session import console_url

router = Router(tags=["accounts"])


class LinkBody(Body, frozen=True):
    """Either `action`: the id of an action to approve; or `enrol` (a class of passkeys, or totp) with `ask`: the
    action that binds it. `return_url`: where the owner goes afterwards; its origin stands in `return_origins`."""

    return_url: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_URL)]
    action: Annotated[str, msgspec.Meta(max_length=64)] = ""
    enrol: Annotated[str, msgspec.Meta(max_length=64)] = ""
    ask: AskBody | None = None
    language: Literal["", "en", "zh"] = ""


class LinkView(Reply, frozen=True):
    """Send the owner's browser to `url`, at the top level. `expires` (ms): until when it can be opened first."""

    url: str
    expires: int


_EXAMPLE = LinkView(
    url="https://guard.example.test/step/kwGmdS0xMDAxvjBhMWIyYzNkNGU1ZjYwNzE4MjkzYTRiNWM2ZDdl",
    expires=1_717_934_400_000,
)


@router.post(
    "/v1/accounts/{account}/link",
    **operation(
        "Make a link for the owner",
        reply=LinkView,
        example=_EXAMPLE,
        body_example=LinkBody(action="act_5f1c0f0a", return_url="https://exchange.example.test/back"),
        problems=(404,),
    ),
)
async def make_link(
    account: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
    write: Annotated[Write, idempotent],
    wanted: Annotated[LinkBody, json_body(LinkBody)],
    linking: Annotated[Linking, area(Linking)],
    held: Annotated[Services, services],
) -> Response:
    """A link to Counterseal's own page for the first browser that acts on it. The result comes back as
    `?counterseal=ACTION&state=allowed|held|denied|cancelled|open`: a hint, so read the action. Collect the seal of
    an outflow with `decide` within ten minutes."""
    made, replayed = await linking.make(
        account,
        return_url=wanted.return_url,
        language=wanted.language,
        action=wanted.action,
        enrol=wanted.enrol,
        ask=None if wanted.ask is None else given_request(wanted.ask),
        idempotency=write.of(Made),
    )
    url = f"{console_url(held.settings)}/step/{linking.token(made)}"
    return reply(LinkView(url=url, expires=made.expires), replayed=replayed)
