# SPDX-License-Identifier: Apache-2.0
"""The pages as text: escaped, without script or inline style, one form that posts to itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from counterseal.notices import pages
from counterseal.notices.pages import (
    CancelledPage,
    CancelPage,
    DisputedPage,
    FreezePage,
    FrozenPage,
    GonePage,
    MinePage,
    OutboxEntry,
    OutboxMessagePage,
    OutboxPage,
    StatusPage,
)

AT = 1_717_908_600_000
NASTY = "<b onclick=x>\"'&{{1}}</b>\u202e\n"
ASKED: dict[str, Any] = {
    "happened": "A withdrawal is waiting",
    "channel": "email",
    "sent_at": AT,
    "expires": AT + 1000,
}
STATUS = StatusPage(
    server="guard", version="1", now=AT + 3_725_000, policy="hardened", policy_digest="sha256:ab", store="memory",
    epoch=1, log_size=1234, checkpoint_at=AT,
)  # fmt: skip


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def every(language: str = "en", text: str = "x") -> dict[str, str]:
    """Every page with `text` in every free field."""
    base: dict[str, Any] = {
        "language": language, "platform": text, "phrase": text, "language_href": "?lang=zh", "static": "/static",
    }  # fmt: skip
    asked = ASKED | {"happened": text, "channel": text}
    entry = OutboxEntry(href="/outbox/1", at=AT, channel=text, to=text, subject=text)
    reasons: tuple[Any, ...] = ("used", "expired", "void", "bad", "done")
    return {
        "freeze": pages.freeze_page(FreezePage(**base, **asked, mine_href="/m")),
        "cancel": pages.cancel_page(
            CancelPage(**base, **asked, amount=text, destination=text, chain=text, memo=text, mine_href="/m")
        ),
        "frozen": pages.frozen_page(FrozenPage(**base, at=AT, until=None, stopped=(text,))),
        "cancelled": pages.cancelled_page(CancelledPage(**base, at=AT)),
        "disputed": pages.disputed_page(DisputedPage(**base, at=AT)),
        "mine": pages.mine_page(MinePage(**base, expires=AT, back_href="/b")),
        **{reason: pages.gone_page(GonePage(**base, reason=reason)) for reason in reasons},
        "status": pages.status_page(STATUS),
        "outbox": pages.outbox_page(OutboxPage(server=text, entries=(entry,), total=1)),
        "message": pages.outbox_message_page(
            OutboxMessagePage(
                server=text, entry=entry, message_id=text, text=text, short=text, links=((text, "/c"),)
            )
        ),
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_needs_a_script_or_an_inline_style(language: str) -> None:
    for name, html in every(language, NASTY).items():
        for tag, attributes in Tags(html).found:
            assert tag not in {"script", "style", "iframe", "object", "base"}, name
            assert not [key for key in attributes if key == "style" or key.startswith("on")], name
            assert not str(attributes.get("href", "")).startswith(("javascript:", "http", "//")), name


@given(st.text(max_size=80))
def test_no_text_adds_a_tag_to_a_page(text: str) -> None:
    for name, html in every(text=text + NASTY).items():
        plain = [tag for tag, _ in Tags(every(text="y y" * 15)[name]).found]
        assert [tag for tag, _ in Tags(html).found] == plain, name


def test_only_the_pages_with_a_button_post_and_only_to_themselves() -> None:
    for name, html in every().items():
        forms = [attributes for tag, attributes in Tags(html).found if tag == "form"]
        expected = [{"method": "post", "accept-charset": "utf-8"}] if name in {"freeze", "cancel"} else []
        assert forms == expected, name


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh-TW", "zh-Hans"), ("fr", "en")])
def test_each_page_says_its_language(language: str, tag: str) -> None:
    assert f'<html lang="{tag}">' in every(language)["freeze"]


def test_an_old_contact_sees_no_amount_and_no_address() -> None:
    money = {
        "amount": "5.00 USDT",
        "destination": "TKx3f8QePz6Rm1Vt9HdWc4LbNy7SuJ2aGo",
        "chain": "Tron",
        "memo": "77",
    }
    shown = pages.cancel_page(CancelPage(**ASKED, **money, effective_at=AT))
    hidden = pages.cancel_page(CancelPage(**ASKED, **money, effective_at=AT, old=True))
    for secret in ("5.00", "TKx3f8", "Tron", "77"):
        assert secret in shown
        assert secret not in hidden
    assert "9 June 2024, 04:50 UTC" in hidden


def test_a_time_that_nobody_knows_is_called_unknown() -> None:
    html = pages.cancel_page(CancelPage(**ASKED, amount="5 USDT", outflow=True))
    assert re.search(r"<dt>Leaves</dt><dd>unknown</dd>", html)


def test_the_status_page_tells_age_and_clock() -> None:
    html = pages.status_page(STATUS)
    assert "1 h 2 min ago" in html
    assert "1,234" in html
    assert "Simulated clock" not in html
    none_yet = {name: getattr(STATUS, name) for name in STATUS.__struct_fields__} | {
        "checkpoint_at": None, "simulated_at": AT, "outbox": "/outbox",
    }  # fmt: skip
    html = pages.status_page(StatusPage(**none_yet))
    assert "none yet" in html
    assert "Simulated clock." in html
    assert 'href="/outbox"' in html


def test_the_policy_names_every_kind_of_thing() -> None:
    assert pages.CONTENT_SECURITY_POLICY == (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
