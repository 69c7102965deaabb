# SPDX-License-Identifier: Apache-2.0
"""A one-time link for an owner, asked for by the platform: to approve an action, or to enrol something."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import InputError, NotFoundError
from counterseal.guard.step_links import MOST_URL, StepLink, StepLinks
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, reply
from counterseal.http.edge import Guard
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import area

router = Router(tags=["accounts"])


class EnrolAskBody(Body, frozen=True):
    """The action that binds what is enrolled, and the objects that it names (the owner's session)."""

    action: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    objects: Annotated[dict[str, str], msgspec.Meta(max_length=8)] = {}


class LinkBody(Body, frozen=True):
    """Either `action`: the id of an open action to approve; or `enrol` with `ask`. `return_url`: where the owner
    goes afterwards; its origin stands in the setting `return_origins`."""

    return_url: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_URL)]
    action: Annotated[str, msgspec.Meta(max_length=64)] = ""
    enrol: Literal["", "passkey", "totp"] = ""
    ask: EnrolAskBody | None = None
    language: Literal["", "en", "zh"] = ""


class LinkView(Reply, frozen=True):
    """Send the owner's browser to `url`, top-level, once; ms."""

    url: str
    expires: int


_EXAMPLE = LinkView(
    url="https://guard.example.test/step/lnk_0a1b2c3d4e5f60718293a4b5-6bq7hJ8kQd0", expires=1_717_934_400_000
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
    guard: Annotated[Guard, area(Guard)],
    links: Annotated[StepLinks, area(StepLinks)],
) -> Response:
    """A link to Counterseal's own page, good for 15 minutes and for the first browser that uses it.

    The result comes back as `?counterseal=ACTION&state=allowed|waiting|held|denied|cancelled|open`; read the action
    for the truth. A repeated request makes another link."""
    state = await guard.accounts.read(account)
    if bool(wanted.action) == bool(wanted.enrol) or bool(wanted.enrol) != (wanted.ask is not None):
        raise InputError("a link has either `action`, or `enrol` with `ask`", code="link_purpose")
    if wanted.action and wanted.action not in state.actions:
        raise NotFoundError("there is no such action", code="unknown_action_id")
    if wanted.ask is not None:
        rule = guard.tools.policies.current.rules.get(wanted.ask.action)
        if rule is None or wanted.enrol not in rule.grants:
            raise InputError(f"`{wanted.ask.action}` does not bind `{wanted.enrol}`", code="unknown_action")
    blank = StepLink(
        id="",
        account=account,
        digest=b"",
        return_url=wanted.return_url,
        created=0,
        epoch=0,
        action=wanted.action,
        enrol=wanted.enrol,
        rule="" if wanted.ask is None else wanted.ask.action,
        objects={} if wanted.ask is None else dict(wanted.ask.objects),
        language=wanted.language,
    )
    url, made = await links.make(blank)
    return reply(LinkView(url=url, expires=made.expires))
