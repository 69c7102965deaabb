# SPDX-License-Identifier: Apache-2.0
"""Webhook endpoints as stored, their secrets, and the pure rules. Times are ms since the epoch.

Secrets lie in the endpoint's state, which the store keeps under the subject's own key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from counterseal.core.errors import ConflictError, InputError
from counterseal.core.happenings import TYPES
from counterseal.core.transaction import Codec, Entry, StructCodec

SECOND: Final = 1_000
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
SCHEDULE: Final = (
    *(5 * SECOND, 300 * SECOND, 1_800 * SECOND),
    *(2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
)
"""Waits (ms) between tries, as Standard Webhooks recommends; then each 24 h while nothing gets through."""
DISABLE_AFTER: Final = 5 * DAY
KEEP: Final = 30 * DAY  # a message is given up for good at this age
ASLEEP: Final = HOUR  # how often messages of a disabled endpoint are looked at
OVERLAP: Final = DAY  # both secrets sign for so long after a rotation
MOST_ENDPOINTS: Final = 20
MOST_ATTEMPTS: Final = 200
MOST_SECRETS: Final = 3
BOARD: Final = "webhooks:board"
TOPIC: Final = "webhook"
PREFIX: Final = "whsec_"
DESCRIPTION: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,200}")


class WebhookRuleError(ConflictError):
    """The endpoint is not in a state for this."""

    code = "webhook_conflict"


class Secret(msgspec.Struct, frozen=True, omit_defaults=True):
    """A signing secret: 32 random bytes. It signs until `until` (0 = it is the newest)."""

    key: bytes
    created: int
    until: int = 0


class Endpoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where messages go. `types`: none = all; `failing`: since when nothing got through; `succeeded`: last time."""

    id: str
    url: str
    types: tuple[str, ...]
    description: str
    created: int
    created_by: str
    officers: tuple[str, ...]  # who approved the URL
    secrets: tuple[Secret, ...]
    changed: int = 0
    failing: int | None = None
    succeeded: int | None = None
    disabled: int | None = None
    disabled_by: str = ""  # who; `failures` or `receiver` (410 Gone) where it was nobody


class Line(msgspec.Struct, frozen=True):
    """What the fan-out needs of an endpoint."""

    id: str
    types: tuple[str, ...]

    def wants(self, topic: str) -> bool:
        """Whether messages of this type go there."""
        return not self.types or topic in self.types


class Board(msgspec.Struct, frozen=True):
    """All endpoints, in the order of their coming; disabled ones too: their messages wait."""

    lines: tuple[Line, ...] = ()


class Outgoing(msgspec.Struct, frozen=True, array_like=True):
    """The payload of an outbox row: `body` are the very bytes that are signed and sent. `replay`: asked for."""

    id: str
    type: str
    body: bytes
    replay: bool = False


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try. `result`: delivered | failed | given_up; `row`: the outbox row; `status` 0: there was no answer."""

    id: str
    row: str
    message: str
    type: str
    at: int
    status: int
    ms: int
    result: str
    body: bytes
    error: str = ""
    tries: int = 1  # of this row, with this one


class Deliveries(msgspec.Struct, frozen=True):
    """The newest tries of one endpoint, oldest first."""

    attempts: tuple[Attempt, ...] = ()


CODECS: Final[Mapping[str, Codec]] = {
    "webhooks": StructCodec(Board),
    "webhook": StructCodec(Endpoint),
    "webhook_log": StructCodec(Deliveries),
}


def subject_of(endpoint: str) -> str:
    """The store's name for an endpoint."""
    return f"webhook:{endpoint}"


def log_of(endpoint: str) -> str:
    """The store's name for an endpoint's tries."""
    return f"webhook_log:{endpoint}"


def check_types(types: Iterable[str]) -> tuple[str, ...]:
    """Types in order, once each. Raises InputError for one that does not exist."""
    given = tuple(dict.fromkeys(types))
    unknown = [name for name in given if name not in TYPES]
    if unknown:
        raise InputError(f"`{unknown[0]}` is no type of message", code="webhook_type_unknown")
    return given


def check_description(text: str) -> None:
    """Raise InputError unless this is one line of at most 200 characters."""
    if not DESCRIPTION.fullmatch(text):
        raise InputError("a description is one line of at most 200 characters", code="webhook_description_invalid")


def shown_secret(key: bytes) -> str:
    """As receivers take it: `whsec_` and base64 (Standard Webhooks 1.0, signature scheme)."""
    return PREFIX + base64.b64encode(key).decode()


def signature(key: bytes, message: str, seconds: int, body: bytes) -> str:
    """`v1,` and base64 of HMAC-SHA256 over `id.timestamp.payload` (Standard Webhooks 1.0)."""
    signed = b".".join((message.encode("ascii"), str(seconds).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def headers_of(endpoint: Endpoint, message: str, body: bytes, now: int) -> dict[str, str]:
    """The three headers of Standard Webhooks, signed with every secret that is live at `now`."""
    seconds = now // 1000
    live = [each for each in endpoint.secrets if not each.until or now < each.until]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signature(each.key, message, seconds, body) for each in reversed(live)),
    }


def rotated(endpoint: Endpoint, key: bytes, now: int) -> Endpoint:
    """With a new secret; the last one signs for `OVERLAP` more, older ones as long as they did. Raises
    WebhookRuleError when secrets are renewed faster than they end."""
    kept = [each for each in endpoint.secrets if not each.until or now < each.until]
    if len(kept) >= MOST_SECRETS:
        raise WebhookRuleError("the secret was renewed twice within 24 h", hint="Wait until the oldest has ended.")
    kept = [each if each.until else msgspec.structs.replace(each, until=now + OVERLAP) for each in kept]
    return msgspec.structs.replace(endpoint, secrets=(*kept, Secret(key, now)), changed=now)


def recorded(endpoint: Endpoint, attempts: Iterable[Attempt], now: int) -> Endpoint:
    """What tries make of an endpoint: failing since, working again, disabled."""
    for attempt in attempts:
        if attempt.result == "delivered":
            endpoint = msgspec.structs.replace(endpoint, failing=None, succeeded=attempt.at)
            continue
        failing = attempt.at if endpoint.failing is None else endpoint.failing
        endpoint = msgspec.structs.replace(endpoint, failing=failing)
        reason = "receiver" if attempt.status == 410 else "failures"  # noqa: PLR2004 - 410 Gone
        if endpoint.disabled is None and (reason == "receiver" or now - failing >= DISABLE_AFTER):
            endpoint = msgspec.structs.replace(endpoint, disabled=now, disabled_by=reason)
    return endpoint


def retry_at(row: str, tries: int, now: int) -> int:
    """When to try again (ms) after `tries` failures: the schedule, a tenth more or less by the row's name."""
    wait = SCHEDULE[min(tries, len(SCHEDULE)) - 1]
    digest = hashlib.sha256(f"{row}\x00{tries}".encode("utf-8", "surrogatepass")).digest()
    spread = int.from_bytes(digest[:4]) / 2**32 - 0.5
    return now + wait + int(wait * spread / 5)


def hopeless(endpoint: Endpoint, tries: int, created: int, now: int) -> bool:
    """Whether a message is given up: too old, or out of tries while others got through after it came."""
    if now - created >= KEEP:
        return True
    return tries > len(SCHEDULE) and endpoint.succeeded is not None and endpoint.succeeded > created


def entry(kind: str, at: int, by: str, endpoint: Endpoint) -> Entry:
    """The log entry of a change: who did it and to what, never a secret."""
    facts = {
        "by": by,
        "id": endpoint.id,
        "url": endpoint.url,
        "types": endpoint.types,
        "officers": endpoint.officers,
        "disabled_by": endpoint.disabled_by,
    }
    return Entry(kind, at, "", msgspec.json.encode(facts, order="sorted"))
