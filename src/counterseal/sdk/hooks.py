# SPDX-License-Identifier: Apache-2.0
"""Calls of administrators about webhook endpoints. Receivers use `counterseal.sdk.webhooks`. Times are ms."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from counterseal.sdk.transport import Call, segment, write


class Webhook(msgspec.Struct, frozen=True):
    """An endpoint. `state`: working | failing | disabled."""

    id: str
    url: str
    types: tuple[str, ...]
    state: str
    description: str = ""
    created: int = 0
    created_by: str = ""
    officers: tuple[str, ...] = ()
    secrets: int = 1
    failing_since: int | None = None
    succeeded_at: int | None = None
    disabled_at: int | None = None
    disabled_by: str = ""


class NewWebhook(msgspec.Struct, frozen=True):
    """`secret`: shown once; None when this repeats a key."""

    secret: str | None
    endpoint: Webhook


class Delivery(msgspec.Struct, frozen=True):
    """One try. `message`: the `webhook-id`; `status` 0: no answer came."""

    id: str
    message: str
    type: str
    at: int
    status: int
    ms: int
    result: str
    error: str = ""
    tries: int = 1


class Going(msgspec.Struct, frozen=True):
    """How many messages go out; `message`: the id of a test."""

    count: int
    message: str = ""


def list_webhooks() -> Call[tuple[Webhook, ...]]:
    """All endpoints, oldest first (audit:read)."""
    return Call("GET", "/v1/webhooks", tuple[Webhook, ...], member="items")


def read_webhook(webhook: str) -> Call[Webhook]:
    """One endpoint (audit:read)."""
    return Call("GET", _path(webhook), Webhook)


def create_webhook(
    url: str,
    *,
    second_officer: str = "",
    approval: str = "",
    types: Sequence[str] = (),
    description: str = "",
    key: str | None = None,
) -> Call[NewWebhook]:
    """A new endpoint; no types = all (admin, and two officers)."""
    body = {"url": url, "types": list(types), "description": description}
    return write(NewWebhook, "/v1/webhooks", body, key=key, officer=second_officer, approval=approval)


def change_webhook(
    webhook: str,
    url: str,
    *,
    second_officer: str = "",
    approval: str = "",
    types: Sequence[str] = (),
    description: str = "",
    key: str | None = None,
) -> Call[Webhook]:
    """URL, types and description anew (admin, and two officers)."""
    body = {"url": url, "types": list(types), "description": description}
    return write(Webhook, _path(webhook), body, key=key, method="PUT", officer=second_officer, approval=approval)


def delete_webhook(webhook: str, *, key: str | None = None) -> Call[Going]:
    """Gone, with its secrets and what waits for it (admin)."""
    return write(Going, _path(webhook), key=key, method="DELETE")


def disable_webhook(webhook: str, *, key: str | None = None) -> Call[Webhook]:
    """Nothing is sent; what happens waits (admin)."""
    return write(Webhook, _path(webhook, "/disable"), key=key)


def enable_webhook(webhook: str, *, key: str | None = None) -> Call[Webhook]:
    """What waited goes out within the hour (admin)."""
    return write(Webhook, _path(webhook, "/enable"), key=key)


def renew_webhook_secret(webhook: str, *, key: str | None = None) -> Call[NewWebhook]:
    """A new secret; both sign for 24 h (admin)."""
    return write(NewWebhook, _path(webhook, "/secret"), key=key)


def send_webhook_test(webhook: str, *, key: str | None = None) -> Call[Going]:
    """A message of type `test` (admin)."""
    return write(Going, _path(webhook, "/test"), key=key)


def list_webhook_deliveries(webhook: str) -> Call[tuple[Delivery, ...]]:
    """The newest 200 tries, newest first (audit:read)."""
    return Call("GET", _path(webhook, "/deliveries"), tuple[Delivery, ...], member="items")


def replay_webhook_delivery(webhook: str, delivery: str, *, key: str | None = None) -> Call[Going]:
    """The message of one try again, under its id (admin)."""
    return write(Going, _path(webhook, f"/deliveries/{segment(delivery)}/replay"), key=key)


def replay_webhook(webhook: str, since: int, *, key: str | None = None) -> Call[Going]:
    """Again what failed since `since` (ms) and has not got through (admin)."""
    return write(Going, _path(webhook, "/replay"), {"since": since}, key=key)


def _path(webhook: str, rest: str = "") -> str:
    return f"/v1/webhooks/{segment(webhook)}{rest}"
