# SPDX-License-Identifier: Apache-2.0
"""What must be done outside once a transition is committed. Ids are stable, so that doing it twice is once."""

from __future__ import annotations

import msgspec

NOTICE_TOPIC = "notice"
CODE_TOPIC = "code"
"""Topics of the outbox that a channel delivers; the types of core.happenings are for subscribers."""


class EffectBase(msgspec.Struct, frozen=True, omit_defaults=True, tag=True, gc=False):
    """Every effect has a stable id."""

    id: str


class SendNotice(EffectBase, frozen=True):
    """Tell the owner on one channel. `facts`: what the template shows; amounts never go to a replaced contact."""

    notice: str
    contact: str
    channel: str
    to: str
    template: str
    language: str
    phrase: str
    action: str
    facts: dict[str, str]
    old: bool = False


class SendCode(EffectBase, frozen=True):
    """Send a code; the message shows what it approves."""

    channel: str
    to: str
    language: str
    code: str
    facts: dict[str, str]
    expires: int


class SetTimer(EffectBase, frozen=True):
    """Wake an action at `due` (ms). The id is the timer's id; setting it again moves it."""

    action: str
    due: int


class ClearTimer(EffectBase, frozen=True):
    """The timer with this id is not needed any more."""


class Publish(EffectBase, frozen=True):
    """Tell the platform's other systems of a happening (core/happenings.py). `topic`: its type; `at`: ms."""

    topic: str
    body: dict[str, str]
    at: int = 0
    account: str = ""


Effect = SendNotice | SendCode | SetTimer | ClearTimer
