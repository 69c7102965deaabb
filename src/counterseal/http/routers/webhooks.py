# SPDX-License-Identifier: Apache-2.0
"""Webhook endpoints. A URL is a way out of the house: two officers decide where messages go, one may stop them."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.happenings import CATALOGUE
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_officers
from counterseal.http.openapi import operation
from counterseal.http.routers import webhook_bodies as b
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.webhooks.service import Done, Webhooks

router = Router(tags=["webhooks"])

Hooks = Annotated[Webhooks, area(Webhooks)]
Admin = Annotated[Caller, require(Scope.ADMIN)]
Reads = Annotated[Caller, require(Scope.AUDIT_READ)]
Key = Annotated[Write, idempotent]
Two = Annotated[Officers, two_officers]
Endpoint = Annotated[b.EndpointBody, json_body(b.EndpointBody)]
_BODY = b.EndpointBody(url=b.ENDPOINT.url, types=b.ENDPOINT.types, description=b.ENDPOINT.description)
_MADE = b.MadeView(secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", endpoint=b.ENDPOINT)  # noqa: S106 - the specification's
_SENT = b.SentView(count=1, message=b.DELIVERY.message)


@router.get(
    "/v1/webhooks",
    **operation("List webhooks", reply=b.EndpointList, example=b.EndpointList(items=[b.ENDPOINT], types={})),
)
async def list_webhooks(caller: Reads, hooks: Hooks) -> Response:
    """All endpoints and all types of messages."""
    items = [b.endpoint_view(each) for each in await hooks.endpoints()]
    return reply(b.EndpointList(items=items, types={name: text for name, (text, _) in CATALOGUE.items()}))


@router.post(
    "/v1/webhooks",
    **operation(
        "Create a webhook", reply=b.MadeView, example=_MADE, status=201, body_example=_BODY, problems=(409,)
    ),
)
async def create_webhook(caller: Admin, write: Key, officers: Two, asked: Endpoint, hooks: Hooks) -> Response:
    """Two officers decide. The secret is shown this once. Only what happens from now on is sent."""
    made = await hooks.create(
        asked.url,
        asked.types,
        asked.description,
        by=caller.token_id,
        officers=officers.names,
        idempotency=write.of(Done),
    )
    view = b.MadeView(secret=made.secret, endpoint=b.endpoint_view(made.endpoint))
    return reply(view, status=201, replayed=made.replayed)


@router.get(
    "/v1/webhooks/{webhook}",
    **operation("Read a webhook", reply=b.EndpointView, example=b.ENDPOINT, problems=(404,)),
)
async def read_webhook(webhook: str, caller: Reads, hooks: Hooks) -> Response:
    """One endpoint; its secrets are never shown again."""
    return reply(b.endpoint_view(await hooks.endpoint(webhook)))


@router.put(
    "/v1/webhooks/{webhook}",
    **operation(
        "Change a webhook", reply=b.EndpointView, example=b.ENDPOINT, body_example=_BODY, problems=(404, 409)
    ),
)
async def change_webhook(
    webhook: str, caller: Admin, write: Key, officers: Two, asked: Endpoint, hooks: Hooks
) -> Response:
    """URL, types and description anew. Two officers decide. What waits goes to the new URL."""
    done = await hooks.update(
        webhook,
        asked.url,
        asked.types,
        asked.description,
        by=caller.token_id,
        officers=officers.names,
        idempotency=write.of(Done),
    )
    return reply(b.endpoint_view(await hooks.endpoint(webhook)), replayed=done.replayed)


@router.delete(
    "/v1/webhooks/{webhook}",
    **operation("Delete a webhook", reply=b.SentView, example=b.SentView(count=0, message=""), problems=(404,)),
)
async def delete_webhook(webhook: str, caller: Admin, write: Key, hooks: Hooks) -> Response:
    """Its secrets and everything that waits for it are destroyed."""
    done = await hooks.delete(webhook, by=caller.token_id, idempotency=write.of(Done))
    return reply(b.SentView(count=0, message=""), replayed=done.replayed)


@router.post(
    "/v1/webhooks/{webhook}/disable",
    **operation("Disable a webhook", reply=b.EndpointView, example=b.ENDPOINT, problems=(404,)),
)
async def disable_webhook(webhook: str, caller: Admin, write: Key, hooks: Hooks) -> Response:
    """Nothing is sent; what happens waits, up to 30 days."""
    done = await hooks.disable(webhook, by=caller.token_id, idempotency=write.of(Done))
    return reply(b.endpoint_view(await hooks.endpoint(webhook)), replayed=done.replayed)


@router.post(
    "/v1/webhooks/{webhook}/enable",
    **operation("Enable a webhook", reply=b.EndpointView, example=b.ENDPOINT, problems=(404,)),
)
async def enable_webhook(webhook: str, caller: Admin, write: Key, hooks: Hooks) -> Response:
    """To the URL that two officers approved. What waited goes out within the hour."""
    done = await hooks.enable(webhook, by=caller.token_id, idempotency=write.of(Done))
    return reply(b.endpoint_view(await hooks.endpoint(webhook)), replayed=done.replayed)


@router.post(
    "/v1/webhooks/{webhook}/secret",
    **operation("Renew a webhook's secret", reply=b.MadeView, example=_MADE, problems=(404, 409)),
)
async def renew_webhook_secret(webhook: str, caller: Admin, write: Key, hooks: Hooks) -> Response:
    """The new secret is shown this once. For 24 h messages carry the signatures of both."""
    made = await hooks.rotate(webhook, by=caller.token_id, idempotency=write.of(Done))
    view = b.MadeView(secret=made.secret, endpoint=b.endpoint_view(made.endpoint))
    return reply(view, replayed=made.replayed)


@router.post(
    "/v1/webhooks/{webhook}/test",
    **operation("Send a test message", reply=b.SentView, example=_SENT, problems=(404, 409)),
)
async def send_webhook_test(webhook: str, caller: Admin, write: Key, hooks: Hooks) -> Response:
    """A message of type `test`, whatever the filter says; look for it among the deliveries."""
    done = await hooks.test(webhook, by=caller.token_id, idempotency=write.of(Done))
    return reply(b.SentView(count=1, message=done.result.message), replayed=done.replayed)


@router.get(
    "/v1/webhooks/{webhook}/deliveries",
    **operation(
        "List deliveries", reply=b.DeliveryList, example=b.DeliveryList(items=[b.DELIVERY]), problems=(404,)
    ),
)
async def list_webhook_deliveries(webhook: str, caller: Reads, hooks: Hooks) -> Response:
    """The newest 200 tries, newest first."""
    return reply(b.DeliveryList(items=[b.delivery_view(each) for each in await hooks.deliveries(webhook)]))


@router.post(
    "/v1/webhooks/{webhook}/deliveries/{delivery}/replay",
    **operation(
        "Send a delivery again", reply=b.SentView, example=b.SentView(count=1, message=""), problems=(404, 409)
    ),
)
async def replay_webhook_delivery(webhook: str, delivery: str, caller: Admin, write: Key, hooks: Hooks) -> Response:
    """The same bytes under the same `webhook-id`."""
    done = await hooks.replay(webhook, delivery, by=caller.token_id, idempotency=write.of(Done))
    return reply(b.SentView(count=done.result.count, message=""), replayed=done.replayed)


@router.post(
    "/v1/webhooks/{webhook}/replay",
    **operation(
        "Send again what failed",
        reply=b.SentView,
        example=b.SentView(count=3, message=""),
        body_example=b.ReplayBody(since=1717934400000),
        problems=(404, 409),
    ),
)
async def replay_webhook(
    webhook: str,
    caller: Admin,
    write: Key,
    asked: Annotated[b.ReplayBody, json_body(b.ReplayBody)],
    hooks: Hooks,
) -> Response:
    """All messages of the kept deliveries that failed since then and have not got through."""
    done = await hooks.replay_failed(webhook, asked.since, by=caller.token_id, idempotency=write.of(Done))
    return reply(b.SentView(count=done.result.count, message=""), replayed=done.replayed)
