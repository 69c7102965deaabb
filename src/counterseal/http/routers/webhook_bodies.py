# SPDX-License-Identifier: Apache-2.0
"""What routes about webhooks take and answer, and what their messages look like. Times are ms since the epoch."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from counterseal.core.happenings import CATALOGUE, Happening
from counterseal.http.body import Body, Reply
from counterseal.webhooks.model import Attempt, Endpoint

Url = Annotated[str, msgspec.Meta(min_length=9, max_length=2000)]
Types = Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=64)]


class EndpointBody(Body, frozen=True):
    """Where messages go. `types`: none = all."""

    url: Url
    types: Types = []
    description: Annotated[str, msgspec.Meta(max_length=200)] = ""


class ReplayBody(Body, frozen=True):
    """`since`: ms."""

    since: Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class EndpointView(Reply, frozen=True):
    """An endpoint, without its secrets. `state`: working | failing | disabled; times in ms."""

    id: str
    url: str
    types: list[str]
    description: str
    state: str
    created: int
    created_by: str
    officers: list[str]
    secrets: int
    failing_since: int | None
    succeeded_at: int | None
    disabled_at: int | None
    disabled_by: str


class MadeView(Reply, frozen=True):
    """`secret`: shown this once (null when this answers a repeated Idempotency-Key); keep it with the receiver."""

    secret: str | None
    endpoint: EndpointView


class EndpointList(Reply, frozen=True):
    """Oldest first. `types`: every type that there is, and what it says."""

    items: list[EndpointView]
    types: dict[str, str]


class WebhookDeliveryView(Reply, frozen=True):
    """One try. `message`: the `webhook-id`; `result`: delivered | failed | given_up; `status` 0: no answer came."""

    id: str
    message: str
    type: str
    at: int
    status: int
    ms: int
    result: str
    error: str
    tries: int


class DeliveryList(Reply, frozen=True):
    """Newest first, at most 200."""

    items: list[WebhookDeliveryView]


class SentView(Reply, frozen=True):
    """How many messages go out; `message`: the `webhook-id` of a test."""

    count: int
    message: str


ENDPOINT: Final = EndpointView(
    id="wh_3f9a1c0d5e7b2468",
    url="https://hooks.exchange.example.test/counterseal",
    types=["account.frozen", "seal.redeemed"],
    description="risk desk",
    state="working",
    created=1717934400000,
    created_by="staff:st_1",
    officers=["st_1", "st_2"],
    secrets=1,
    failing_since=None,
    succeeded_at=1717934460000,
    disabled_at=None,
    disabled_by="",
)
DELIVERY: Final = WebhookDeliveryView(
    id="dl_1f2e3d4c5b6a7988",
    message="ev_9c1185a5c5e9fc54612808977ee8f548",
    type="account.frozen",
    at=1717934460000,
    status=204,
    ms=38,
    result="delivered",
    error="",
    tries=1,
)


def endpoint_view(found: Endpoint) -> EndpointView:
    """What administrators see."""
    state = "disabled" if found.disabled is not None else "failing" if found.failing is not None else "working"
    return EndpointView(
        id=found.id,
        url=found.url,
        types=list(found.types),
        description=found.description,
        state=state,
        created=found.created,
        created_by=found.created_by,
        officers=list(found.officers),
        secrets=len(found.secrets),
        failing_since=found.failing,
        succeeded_at=found.succeeded,
        disabled_at=found.disabled,
        disabled_by=found.disabled_by,
    )


def delivery_view(found: Attempt) -> WebhookDeliveryView:
    """A try without its body."""
    return WebhookDeliveryView(
        id=found.id,
        message=found.message,
        type=found.type,
        at=found.at,
        status=found.status,
        ms=found.ms,
        result=found.result,
        error=found.error,
        tries=found.tries,
    )


def described_webhooks() -> dict[str, Any]:
    """The `webhooks` of the OpenAPI document: one entry for each type, with the exact shape of its data."""
    return {topic: {"post": _described(topic, text, names)} for topic, (text, names) in sorted(CATALOGUE.items())}


def _described(topic: str, text: str, names: tuple[str, ...]) -> dict[str, Any]:
    data = {name: DATA.get(name, "…") for name in names}
    account = "" if topic.partition(".")[0] in {"test", "brake"} else "u-1"
    example = Happening(DELIVERY.message, topic, "2024-06-09T12:00:00.000Z", account, data)
    schema = {
        "type": "object",
        "required": ["id", "type", "timestamp", "account", "data"],
        "properties": {
            "id": {"type": "string", "pattern": "^ev_[0-9a-f]{32}$"},
            "type": {"const": topic},
            "timestamp": {"type": "string", "format": "date-time"},
            "account": {"type": "string"},
            "data": {
                "type": "object",
                "required": list(names),
                "properties": {name: {"type": "string"} for name in names},
            },
        },
    }
    return {
        "operationId": f"on_{topic.replace('.', '_')}",
        "summary": text,
        "tags": ["webhooks"],
        "security": [],
        "parameters": [_header(name, about) for name, about in HEADERS.items()],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": msgspec.to_builtins(example)}},
        },
        "responses": {"2XX": {"description": "Taken. Anything else is tried again under the same `webhook-id`."}},
    }


def _header(name: str, about: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": about, "schema": {"type": "string"}}


HEADERS: Final = {
    "webhook-id": "The message's id, the same at every try: drop what you have seen.",
    "webhook-timestamp": "Seconds since the epoch of this try: refuse what is more than five minutes off.",
    "webhook-signature": "One or more `v1,<base64>`, HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks).",
}
DATA: Final = {
    "action": "act_01",
    "rule": "withdraw",
    "seal": "sl_01",
    "result": "goes_on",
    "kind": "owner",
    "factor": "totp",
    "channel": "email",
    "change": "bound",
    "suspicion": "sus_01",
    "capability": "sim_swap",
    "strength": "strong",
    "notice": "act_01",
    "brake": "brk_01",
    "stops": "asset",
    "about": "USDT",
    "until": "2024-06-10T12:00:00.000Z",
}
