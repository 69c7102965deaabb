# SPDX-License-Identifier: Apache-2.0
"""Channels to owners, for the operator: which go out here, and a test message to an address of one's own."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import ConflictError, InputError, NotFoundError, ThrottledError
from counterseal.core.transaction import Change, Commit, Entry, Loaded
from counterseal.http.account_views import mask_text
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.notices.model import Rendered
from counterseal.notices.ports import Channel

router = Router(tags=["notices"])

MINUTE: Final = 60_000
SUBJECT: Final = "channels:test"
MOST_A_MINUTE: Final = 5  # a test message costs money on some channels, and may reach a stranger
_TEXTS: Final = {
    "en": ("Test message of {platform}", "Messages on this channel arrive. Nothing happened on any account."),
    "zh": ("{platform} 测试消息", "此渠道的消息可以送达。没有任何账户发生变化。"),
}


class ChannelView(Reply, frozen=True):
    """A channel of the vocabulary. `ready`: messages on it go out."""

    name: str
    ready: bool


class ChannelList(Reply, frozen=True):
    """In the vocabulary's order. `outbox`: messages end in the development outbox instead of going out."""

    items: list[ChannelView]
    outbox: bool


class TestMessage(Body, frozen=True):
    """`to`: an address of your own, in the form that this channel takes."""

    to: Annotated[str, msgspec.Meta(min_length=1, max_length=254, pattern=r"^[^\x00-\x1f\x7f]+$")]
    language: Literal["en", "zh"] = "en"


class AcceptedView(Reply, frozen=True):
    """When the channel took the message, which does not say that it arrived. `log_position`: of the entry that says
    who asked for it."""

    channel: str
    at: int
    log_position: int


class _Asked(msgspec.Struct, frozen=True):
    """The log's record of a test: who sent one on which channel, and to whom as the page shows a contact."""

    channel: str
    by: str
    to: str


class _Noted(msgspec.Struct, frozen=True):
    """What a repeat of the same write is told."""

    position: int


class ChannelTests:
    """The channels of this installation. `names`: of the vocabulary; `channels`: those that go out."""

    def __init__(self, names: tuple[str, ...], channels: Mapping[str, Channel], *, outbox: bool) -> None:
        self.names, self.channels, self.outbox = names, channels, outbox
        self._sent: deque[int] = deque(maxlen=MOST_A_MINUTE)

    def channel(self, name: str) -> Channel:
        """The adapter of a channel. Raises NotFoundError, or ConflictError where none is set up."""
        if name not in self.names:
            raise NotFoundError("there is no such channel in the vocabulary", code="channel_not_found")
        if name not in self.channels:
            raise ConflictError(
                f"nothing sends on the channel `{name}`",
                code="channel_missing",
                hint="set `smtp` or `apprise` in the settings",
            )
        return self.channels[name]

    def spend(self, now: int) -> None:
        """One of the tests of this minute. Raises ThrottledError."""
        if len(self._sent) == MOST_A_MINUTE and now - self._sent[0] < MINUTE:
            raise ThrottledError("too many test messages", retry_at=self._sent[0] + MINUTE)
        self._sent.append(now)


Admin = Annotated[Caller, require(Scope.ADMIN)]
Tests = Annotated[ChannelTests, area(ChannelTests)]


@router.get(
    "/v1/channels",
    **operation(
        "List channels",
        reply=ChannelList,
        example=ChannelList(items=[ChannelView(name="email", ready=True)], outbox=False),
    ),
)
async def list_channels(_caller: Admin, tests: Tests) -> Response:
    """Which channels of the vocabulary go out here. A policy that notifies on another one tells nobody."""
    items = [ChannelView(name=name, ready=name in tests.channels) for name in tests.names]
    return reply(ChannelList(items=items, outbox=tests.outbox))


@router.post(
    "/v1/channels/{channel}/test",
    **operation(
        "Send a test message",
        reply=AcceptedView,
        example=AcceptedView(channel="email", at=1_717_934_400_000, log_position=9),
        body_example=TestMessage(to="you@example.test"),
        problems=(404, 409, 429, 503),
    ),
)
async def send_test(
    channel: str,
    caller: Admin,
    write: Annotated[Write, idempotent],
    asked: Annotated[TestMessage, json_body(TestMessage)],
    tests: Tests,
    held: Annotated[Services, services],
) -> Response:
    """A message without a link and about nobody; five a minute. The same Idempotency-Key is one message. The log
    says who sent one before it goes out, so also where the channel refuses."""
    adapter = tests.channel(channel)
    if not asked.to.strip():
        raise InputError("an address is needed", code="address_missing")
    tests.spend(held.clock.now())
    platform = held.settings.platform_name
    subject, text = (each.format(platform=platform) for each in _TEXTS[asked.language])
    rendered = Rendered(subject, f"{text}\n", None, f"{subject}: {text}", asked.language)
    # The key counts within its caller and route; the digest tells two addresses under one key apart.
    noted = await _note(held, write, _Asked(channel, caller.token_id, mask_text(channel, asked.to.strip())))
    identity = hashlib.sha256(f"{write.scope}\n{write.key}\n".encode() + write.digest).hexdigest()
    accepted = await adapter.send(asked.to.strip(), rendered, f"test-{identity[:32]}")
    return reply(AcceptedView(channel=channel, at=accepted.at, log_position=noted))


async def _note(held: Services, write: Write, asked: _Asked) -> int:
    """The entry of a test, once for the same write; its position."""
    now = held.clock.now()

    def function(loaded: Loaded) -> Commit[_Noted]:
        at = max(now, loaded.latest)
        entry = Entry("channel_test", at, "", msgspec.json.encode(asked))
        return Commit(_Noted(loaded.position), (Change(SUBJECT, None, entry),))

    done = await held.store.transact([SUBJECT], function, now=now, idempotency=write.of(_Noted))
    return done.result.position
