# SPDX-License-Identifier: Apache-2.0
"""The pages behind the links, and the plain status and outbox pages, as pure functions of their context.

No script, no inline style: they work under CONTENT_SECURITY_POLICY. Each form posts to its own address, so a
GET never acts. Contexts are finished facts; times are ms; an empty text or None is left out or "unknown".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from counterseal.notices.environment import render_template
from counterseal.notices.formats import clean, written_time
from counterseal.notices.wording import catalogue_for

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

# What every response with one of these pages carries besides its content type.
PAGE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the link is in the address
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

GoneReason = Literal["used", "expired", "void", "bad", "done"]


class OwnerPage(msgspec.Struct, frozen=True, kw_only=True):
    """What every owner's page needs. `language_href`: this page in the other language; "" = no switch."""

    language: str = "en"
    platform: str = "Counterseal"
    phrase: str = ""
    language_href: str = ""
    static: str = "/static"


class FreezePage(OwnerPage, frozen=True, kw_only=True):
    """Ask whether to freeze. `happened`: `templates.headline`; `channel`, `sent_at`: of the notice."""

    happened: str
    channel: str
    sent_at: int | None
    expires: int
    mine_href: str = ""


class CancelPage(OwnerPage, frozen=True, kw_only=True):
    """Ask whether to stop a pending action. `old`: the contact was replaced, so no amounts and no addresses.

    `disputes`: the link came to the contact that is being replaced, so two officers will decide.
    """

    happened: str
    channel: str
    sent_at: int | None
    expires: int
    amount: str = ""  # written, with its asset
    destination: str = ""
    chain: str = ""
    memo: str = ""
    effective_at: int | None = None
    outflow: bool = False
    disputes: bool = False
    old: bool = False
    mine_href: str = ""


class FrozenPage(OwnerPage, frozen=True, kw_only=True):
    """The account is frozen. `until` None = until it is lifted; `stopped`: a `templates.headline` for each stop."""

    at: int
    until: int | None
    stopped: tuple[str, ...] = ()
    back_href: str = ""  # where the owner came from, "" = from a message
    back_label: str = ""


class CancelledPage(OwnerPage, frozen=True, kw_only=True):
    """The action was cancelled."""

    at: int


class DisputedPage(OwnerPage, frozen=True, kw_only=True):
    """The cancel opened a dispute: two officers decide."""

    at: int


class MinePage(OwnerPage, frozen=True, kw_only=True):
    """The owner said that it was them; nothing was done. `back_href`: the page with the button."""

    expires: int
    back_href: str = ""


class GonePage(OwnerPage, frozen=True, kw_only=True):
    """The link does not count (any more), and why."""

    reason: GoneReason


class StatusPage(msgspec.Struct, frozen=True, kw_only=True):
    """The plain status page. `docs`, `outbox`, `metrics`: addresses, "" = there is none. Times in ms.

    `simulated_at`: the simulated clock, None on the real one. `checkpoint_at` None = there is none yet.
    """

    server: str
    version: str
    now: int
    policy: str
    policy_digest: str
    store: str
    epoch: int
    log_size: int
    checkpoint_at: int | None
    simulated_at: int | None = None
    docs: str = "/docs"
    outbox: str = ""
    metrics: str = "/metrics"
    static: str = "/static"


class OutboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the development outbox. `href`: where it is shown whole."""

    href: str
    at: int
    channel: str
    to: str
    subject: str


class OutboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """Messages, newest first; `total` counts those not shown too."""

    server: str
    entries: tuple[OutboxEntry, ...]
    total: int
    home: str = "/"
    static: str = "/static"


class OutboxMessagePage(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it went out. `links`: (label, address) found in it; `html_href`: its HTML part, "" = none."""

    server: str
    entry: OutboxEntry
    message_id: str
    text: str
    short: str
    links: tuple[tuple[str, str], ...] = ()
    html_href: str = ""
    outbox: str = "/outbox"
    home: str = "/"
    static: str = "/static"


def freeze_page(context: FreezePage) -> str:
    """The page whose one button freezes."""
    return _owner("freeze.html", context, title="freeze_title")


def cancel_page(context: CancelPage) -> str:
    """The page whose one button stops a pending action."""
    if context.old:
        context = msgspec.structs.replace(context, amount="", destination="", chain="", memo="")
    return _owner("cancel.html", context, title="cancel_title")


def frozen_page(context: FrozenPage) -> str:
    """After a freeze."""
    return _owner("frozen.html", context, title="frozen_h1")


def cancelled_page(context: CancelledPage) -> str:
    """After a cancel that ended the action."""
    return _owner("cancelled.html", context, title="cancelled_h1")


def disputed_page(context: DisputedPage) -> str:
    """After a cancel that opened a dispute."""
    return _owner("disputed.html", context, title="disputed_h1")


def mine_page(context: MinePage) -> str:
    """After "it was me": nothing was done."""
    return _owner("mine.html", context, title="mine_h1")


def gone_page(context: GonePage) -> str:
    """For a link that is used, expired, void, broken, or whose action is over."""
    return _owner("gone.html", context, title=f"gone_{context.reason}_h1")


def status_page(context: StatusPage) -> str:
    """The server at a glance, for the operator."""
    age = None if context.checkpoint_at is None else max(context.now - context.checkpoint_at, 0)
    return render_template("status.html", page=context, time=_console_time, age=_age(age))


def outbox_page(context: OutboxPage) -> str:
    """What went out, in development."""
    return render_template("outbox.html", page=context, time=_console_time)


def outbox_message_page(context: OutboxMessagePage) -> str:
    """One message of the development outbox."""
    return render_template("outbox_message.html", page=context, time=_console_time)


def _owner(template: str, context: OwnerPage, *, title: str) -> str:
    catalogue = catalogue_for(context.language)
    say = catalogue.page

    def time(at: int | None) -> str:
        return written_time(at, catalogue)

    channel = getattr(context, "channel", "")
    helpers: dict[str, str | Callable[..., Any]] = {
        "lang": "zh-Hans" if catalogue.language == "zh" else "en",
        "title": say[title],
        "time": time,
        "clean": clean,
        "channel_name": say[channel if channel in {"email", "sms", "push", "guardian"} else "other_channel"],
        "period": "。" if catalogue.language == "zh" else ".",
    }
    return render_template(template, page=context, say=say, **helpers)


def _console_time(at: int | None) -> str:
    """Like `2024-06-09 04:51:40 UTC`, for operators."""
    if at is None:
        return "unknown"
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _age(age: int | None) -> str:
    """An age in at most two units; unknown is written so."""
    if age is None:
        return "none yet"
    seconds = age // 1000
    for unit, size, lower, lower_size in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= size:
            return f"{seconds // size} {unit} {seconds % size // lower_size} {lower} ago"
    return f"{seconds} s ago"
