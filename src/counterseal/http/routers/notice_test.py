# SPDX-License-Identifier: Apache-2.0
"""A test message: whether a channel is set up, shown by what arrives. It says nothing of any account."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.effects import NOTICE_TOPIC, SendNotice
from counterseal.core.errors import InputError
from counterseal.core.transaction import Change, Commit, Entry, Loaded, Message
from counterseal.guard.model import Done
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, reply
from counterseal.http.edge import Guard
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.notices.wording import TEST_MESSAGE

router = Router(tags=["notices"])
SUBJECT: Final = "notices:test"
_encode = msgspec.msgpack.Encoder().encode


class NoticeTestBody(Body, frozen=True):
    """`channel` of the vocabulary; `to`: an address as that channel takes it."""

    channel: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    to: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    language: Literal["en", "zh"] = "en"


class NoticeTestView(Reply, frozen=True):
    """The message is in the outbox under this id; it goes out within a second, and is tried again for a while."""

    message: str
    channel: str
    to: str
    log_position: int


class _Tested(msgspec.Struct, frozen=True):
    """The log's record: who asked for it, and on which channel; not to whom."""

    channel: str
    by: str


@router.post(
    "/v1/notices/test",
    **operation(
        "Send a test message",
        reply=NoticeTestView,
        example=NoticeTestView(message="tst_0190", channel="email", to="ines@example.test", log_position=9),
        body_example=NoticeTestBody(channel="email", to="ines@example.test"),
    ),
)
async def test_notice(
    caller: Annotated[Caller, require(Scope.ADMIN)],
    write: Annotated[Write, idempotent],
    given: Annotated[NoticeTestBody, json_body(NoticeTestBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Through the outbox and the channel's own adapter, as a notice goes; without links."""
    tools = guard.tools
    channels = tools.policies.current.vocabulary.channels
    if given.channel not in channels:
        hint = f"Channels: {', '.join(channels)}."
        raise InputError(f"there is no channel `{given.channel}`", code="unknown_channel", hint=hint)
    if not given.to.isprintable() or " " in given.to:
        raise InputError("`to` holds white space or control characters", code="contact_form")
    identity, now = tools.new_id("tst"), tools.clock.now()

    def function(loaded: Loaded) -> Commit[Done]:
        at = max(now, loaded.latest)
        effect = SendNotice(
            identity, "", "", given.channel, given.to, TEST_MESSAGE, given.language, "", "", {"when": str(at)}
        )
        record = msgspec.json.encode(_Tested(given.channel, caller.officer or caller.token_id))
        message = Message(identity, NOTICE_TOPIC, SUBJECT, _encode(effect))
        change = Change(SUBJECT, None, Entry("notice_test", at, "", record), messages=(message,))
        return Commit(Done("", at, loaded.position, identity), (change,))

    done = await tools.store.transact([SUBJECT], function, now=now, idempotency=write.of(Done))
    view = NoticeTestView(
        message=done.result.note, channel=given.channel, to=given.to, log_position=done.result.position
    )
    return reply(view, replayed=done.replayed)
