# SPDX-License-Identifier: Apache-2.0
"""From effects to outbox messages to deliveries, over real channels."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from counterseal.core.effects import ClearTimer, Publish, SendCode, SendNotice, SetTimer
from counterseal.core.transaction import StoredMessage
from counterseal.gateways.mail import MailChannel, SmtpServer
from counterseal.gateways.outbox_folder import OutboxFolder
from counterseal.notices.links import LIFETIME, verify_token
from counterseal.notices.model import DAY, HOUR, Abandoned, Deferred, Delivered
from counterseal.notices.ports import Channel
from counterseal.notices.service import GIVE_UP_AFTER, Sender, deliver, make_links, plan, retry_at

NOW = 1_717_908_600_000
SENDER = Sender("https://guard.example", "Example Exchange", bytes(range(32)), epoch=2)
NOTICE = SendNotice(
    id="act.pending.c1", notice="act.pending", contact="c1", channel="email", to="o@example.org", language="en",
    template="withdraw.pending", phrase="blue heron", action="act", facts={"action": "withdraw", "when": str(NOW)},
)  # fmt: skip
CODE = SendCode(
    id="ch-1", channel="sms", to="+15551234567", language="en", code="482913", facts={"action": "login"},
    expires=NOW + 600_000,
)  # fmt: skip


def stored(effect: SendNotice | SendCode, *, attempts: int = 0, created: int = NOW) -> StoredMessage:
    (message,) = plan([effect], subject="account:acc-1")
    return StoredMessage(message.id, message.topic, message.subject, message.payload, attempts, created)


def send(message: StoredMessage, channels: dict[str, Channel], now: int = NOW) -> Any:
    return asyncio.run(deliver(message, channels, now, sender=SENDER))


def closed_port() -> MailChannel:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = SmtpServer("127.0.0.1", port, "guard@example.com", security="none", timeout=2000)
    return MailChannel(server, lambda: NOW)


def test_only_what_is_sent_becomes_a_message_under_the_effects_id() -> None:
    effects = [SetTimer("t", "act", NOW), NOTICE, Publish("p", "topic", {}), CODE, ClearTimer("t")]
    planned = plan(effects, subject="account:acc-1")
    assert [(m.id, m.topic, m.subject) for m in planned] == [
        ("act.pending.c1", "notice", "account:acc-1"),
        ("ch-1", "code", "account:acc-1"),
    ]


def test_a_delivered_notice_says_what_to_report_as_accepted(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path)
    outcome = send(stored(NOTICE), {"email": folder.channel("email", lambda: NOW + 5)})
    assert isinstance(outcome, Delivered)
    assert (outcome.at, outcome.notice, outcome.contact) == (NOW + 5, "act.pending", "c1")
    (kept,) = folder.latest()
    assert kept.rendered.subject == "A withdrawal is waiting"
    token = re.search(r"https://guard\.example/cancel/(\S+)", kept.rendered.text)
    assert token
    claims = verify_token(token[1], SENDER.page_key, purpose="cancel", now=NOW, epoch=2)
    assert (claims.account, claims.action, claims.contact, claims.notice) == ("acc-1", "act", "c1", "act.pending")


def test_a_delivered_code_reports_no_notice(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path)
    outcome = send(stored(CODE), {"sms": folder.channel("sms", lambda: NOW)})
    assert outcome == Delivered(NOW, outcome.reference)
    assert "482 913" in folder.latest()[0].rendered.short


def test_each_sending_has_fresh_time_and_the_same_single_use() -> None:
    first, second = (make_links(NOTICE, "account:acc-1", now, SENDER) for now in (NOW, NOW + DAY))
    claims = [
        verify_token(links.freeze, SENDER.page_key, purpose="freeze", now=NOW + DAY, epoch=2)
        for links in (first, second)
    ]
    assert claims[0].id == claims[1].id
    assert [c.expires for c in claims] == [NOW + LIFETIME, NOW + DAY + LIFETIME]


def test_a_channel_that_is_away_defers() -> None:
    outcome = send(stored(NOTICE), {"email": closed_port()})
    assert isinstance(outcome, Deferred)
    assert NOW + 7_500 <= outcome.retry_at <= NOW + 12_500
    assert "482913" not in outcome.error


def test_a_refused_recipient_is_abandoned_at_once() -> None:
    outcome = send(stored(msgspec.structs.replace(NOTICE, to="a@b.c\r\nBcc: x@y.z")), {"email": closed_port()})
    assert outcome == Abandoned("this is not an email address")


def test_a_channel_that_nobody_set_up_is_tried_again_for_seven_days() -> None:
    assert isinstance(send(stored(NOTICE), {}), Deferred)
    late = stored(NOTICE, attempts=200, created=NOW - GIVE_UP_AFTER)
    assert send(late, {}) == Abandoned("gave up: no channel named `email` is set up")
    almost = stored(NOTICE, attempts=200, created=NOW - GIVE_UP_AFTER + 2 * HOUR)
    assert isinstance(send(almost, {}), Deferred)


def test_an_expired_code_is_never_sent(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path)
    outcome = send(stored(CODE), {"sms": folder.channel("sms", lambda: NOW)}, now=CODE.expires)
    assert outcome == Abandoned("the code expired before a channel took it")
    assert folder.count() == 0


def test_a_code_is_not_retried_past_its_end() -> None:
    assert isinstance(send(stored(CODE), {}), Deferred)
    assert isinstance(send(stored(CODE, attempts=3), {}, now=CODE.expires - 1000), Abandoned)


@pytest.mark.parametrize("payload", [b"", b"\xc1", msgspec.msgpack.encode({"type": "SetTimer"}), b"\x81"])
def test_what_cannot_be_read_is_abandoned_and_does_not_stop_the_worker(payload: bytes) -> None:
    message = StoredMessage("m", "notice", "account:a", payload, 0, NOW)
    assert send(message, {}) == Abandoned("undecodable message")


@given(st.text(), st.integers(0, 10_000))
def test_waits_double_up_to_an_hour_with_a_quarter_of_play(message: str, attempts: int) -> None:
    wait = retry_at(message, attempts, NOW, first=10_000, longest=HOUR) - NOW
    middle = min(10_000 * 2 ** min(attempts, 30), HOUR)
    assert middle * 0.75 <= wait <= middle * 1.25
    assert wait == retry_at(message, attempts, NOW, first=10_000, longest=HOUR) - NOW


def test_messages_that_failed_together_part() -> None:
    assert len({retry_at(f"m{n}", 3, NOW, first=10_000, longest=HOUR) for n in range(50)}) > 45
