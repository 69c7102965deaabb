# SPDX-License-Identifier: Apache-2.0
"""Delivery: effects become outbox messages, and an outbox message becomes one sending on one channel.

The worker that calls `deliver` reports a Delivered notice to the guard as NoticeAccepted (holds run from
then), defers a Deferred one in the outbox, and closes an Abandoned one. Delivery is at least once; every
sending of one message carries the same id and the same single-use links.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from counterseal.core.effects import CODE_TOPIC, NOTICE_TOPIC, Effect, SendCode, SendNotice
from counterseal.core.transaction import Message, StoredMessage
from counterseal.notices.links import LIFETIME, LinkClaims, PageKey, Purpose, keys_at, link_id, make_token
from counterseal.notices.model import (
    DAY,
    HOUR,
    Abandoned,
    ChannelRefused,
    ChannelUnavailable,
    Deferred,
    Delivered,
    Links,
    Outcome,
)
from counterseal.notices.ports import Channel
from counterseal.notices.templates import link_purposes, render

GIVE_UP_AFTER: Final = 7 * DAY  # as long as a hold waits for a notice before an officer is asked
FIRST_RETRY: Final = 10_000
LONGEST_RETRY: Final = HOUR
FIRST_CODE_RETRY: Final = 3_000  # somebody is waiting in front of a page
LONGEST_CODE_RETRY: Final = 60_000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SendNotice | SendCode).decode


class Sender(msgspec.Struct, frozen=True):
    """What delivery knows of this installation. `base_url`: of the pages; `page_key`: 32 bytes or more,
    or the keys over time."""

    base_url: str
    platform: str
    page_key: PageKey
    epoch: int


def plan(effects: Iterable[Effect], *, subject: str) -> tuple[Message, ...]:
    """The outbox messages of a transition, in order; effects that send nothing are passed over."""
    return tuple(
        Message(effect.id, NOTICE_TOPIC if isinstance(effect, SendNotice) else CODE_TOPIC, subject, _encode(effect))
        for effect in effects
        if isinstance(effect, SendNotice | SendCode)
    )


async def deliver(message: StoredMessage, channels: Mapping[str, Channel], now: int, *, sender: Sender) -> Outcome:
    """Write and send one outbox message. `channels`: channel name -> adapter. Channels decide, nothing raises."""
    try:
        effect = _decode(message.payload)
    except (msgspec.MsgspecError, ValueError):
        return Abandoned("undecodable message")
    if isinstance(effect, SendCode) and now >= effect.expires:
        return Abandoned("the code expired before a channel took it")
    channel = channels.get(effect.channel)
    if channel is None:
        return _failed(message, effect, f"no channel named `{effect.channel}` is set up", now)
    links = make_links(effect, message.subject, now, sender) if isinstance(effect, SendNotice) else None
    rendered = render(effect, base_url=sender.base_url, links=links, platform=sender.platform)
    try:
        accepted = await channel.send(effect.to, rendered, message.id)
    except ChannelRefused as refusal:
        return Abandoned(refusal.sentence)
    except ChannelUnavailable as failure:
        return _failed(message, effect, failure.sentence, now)
    if isinstance(effect, SendNotice):
        return Delivered(accepted.at, accepted.reference, effect.notice, effect.contact)
    return Delivered(accepted.at, accepted.reference)


def make_links(effect: SendNotice, subject: str, now: int, sender: Sender) -> Links:
    """The one-time links of a notice sent `now`: each lives 72 h from this sending, under an id that stays."""
    account = subject.partition(":")[2]
    expires = now + LIFETIME
    key = keys_at(sender.page_key, now)[0]

    def token(purpose: Purpose) -> str:
        identity = link_id(effect.notice, effect.contact, purpose)
        claims = LinkClaims(
            account, effect.notice, effect.contact, purpose, effect.action, expires, identity, sender.epoch
        )
        return make_token(claims, key)

    wanted = link_purposes(effect)
    return Links(
        cancel=token("cancel") if "cancel" in wanted else "",
        freeze=token("freeze") if "freeze" in wanted else "",
        expires=expires,
    )


def retry_at(message: str, attempts: int, now: int, *, first: int, longest: int) -> int:
    """When to try again after `attempts` failures before this one (ms): doubling from `first` up to `longest`.

    A quarter more or less by the message's id and the attempt, so that messages that failed together part.
    """
    wait = min(first << min(attempts, 32), longest)
    digest = hashlib.sha256(f"{message}\x00{attempts}".encode("utf-8", "surrogatepass")).digest()
    spread = int.from_bytes(digest[:4]) / 2**32 - 0.5
    return now + wait + int(wait * spread / 2)


def _failed(message: StoredMessage, effect: SendNotice | SendCode, error: str, now: int) -> Deferred | Abandoned:
    is_code = isinstance(effect, SendCode)
    again = retry_at(
        message.id,
        message.attempts,
        now,
        first=FIRST_CODE_RETRY if is_code else FIRST_RETRY,
        longest=LONGEST_CODE_RETRY if is_code else LONGEST_RETRY,
    )
    last = effect.expires if isinstance(effect, SendCode) else message.created + GIVE_UP_AFTER
    return Deferred(error, again) if again < last else Abandoned(f"gave up: {error}")
