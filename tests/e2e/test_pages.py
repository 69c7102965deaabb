# SPDX-License-Identifier: Apache-2.0
"""The owner's and operator's pages in a real browser: strict CSP, keyboard, both themes, both languages."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from counterseal.notices import pages
from counterseal.notices.pages import (
    PAGE_HEADERS,
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
from counterseal.notices.templates import headline

pytestmark = [pytest.mark.needs("chromium", "cjk-fonts"), pytest.mark.xdist_group("browser")]

STATIC = Path(pages.__file__).parent.parent / "http" / "static"
AT = 1_717_908_600_000  # 9 June 2024, 04:50 UTC
DAY = 86_400_000
ADDRESS = "TKx3f8QePz6Rm1Vt9HdWc4LbNy7SuJ2aGo"
# Set to a folder to keep the pictures: they are looked at by people, not compared.
PICTURES = os.environ.get("COUNTERSEAL_PICTURES", "")
TYPES = {".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

FACTS = {"amount": "186400.00", "asset": "USDT"}
LANGUAGES = ("en", "zh")
HAPPENED = {language: headline("withdraw.pending", FACTS, language) for language in LANGUAGES}
HAPPENED_OLD = {language: headline("withdraw.pending", FACTS, language, private=True) for language in LANGUAGES}
STOPPED = {language: headline("withdraw.refused", FACTS, language) for language in LANGUAGES}
ENTRY = OutboxEntry(href="/outbox/1", at=AT, channel="email", to="owner@example.org", subject=HAPPENED["en"])
STATUS = StatusPage(
    server="guard-1", version="0.1.0", now=AT + 4000, policy="hardened", policy_digest="sha256:" + "5f" * 32,
    store="sqlite: var/counterseal.db", epoch=1, log_size=18_204, checkpoint_at=AT, outbox="/outbox",
)  # fmt: skip


def common(language: str, path: str) -> dict[str, Any]:
    other = "en" if language == "zh" else "zh"
    phrase = "正午的蓝鹭" if language == "zh" else "blue heron at noon"
    return {
        "language": language,
        "platform": "Example Exchange",
        "phrase": phrase,
        "language_href": f"{path}?lang={other}",
    }


def owner_page(path: str, language: str) -> str | None:
    base = common(language, path)
    asked = {"happened": HAPPENED[language], "channel": "email", "sent_at": AT, "expires": AT + 3 * DAY}
    old = asked | {"happened": HAPPENED_OLD[language]}
    money = {"amount": "186,400.00 USDT", "destination": ADDRESS, "chain": "Tron", "effective_at": AT + DAY}
    made: dict[str, Callable[[], str]] = {
        "/freeze/token": lambda: pages.freeze_page(FreezePage(**base, **asked, mine_href="/mine")),
        "/cancel/token": lambda: pages.cancel_page(
            CancelPage(**base, **asked, **money, outflow=True, mine_href="/mine")
        ),
        "/cancel/old": lambda: pages.cancel_page(CancelPage(**base, **old, **money, old=True, disputes=True)),
        "/frozen": lambda: pages.frozen_page(
            FrozenPage(**base, at=AT, until=AT + 3 * DAY, stopped=(STOPPED[language],))
        ),
        "/cancelled": lambda: pages.cancelled_page(CancelledPage(**base, at=AT)),
        "/disputed": lambda: pages.disputed_page(DisputedPage(**base, at=AT)),
        "/mine": lambda: pages.mine_page(MinePage(**base, expires=AT + 3 * DAY, back_href="/freeze/token")),
        "/gone": lambda: pages.gone_page(GonePage(**base, reason="expired")),
    }
    return made[path]() if path in made else None


def console_page(path: str) -> str | None:
    simulated = msgspec.structs.replace(STATUS, simulated_at=AT)
    message = OutboxMessagePage(
        server="guard-1", entry=ENTRY, message_id="m-1", text=f"{HAPPENED['en']}.\n\nTo: {ADDRESS}\n",
        short=HAPPENED["en"], links=(("Stop this", "/cancel/token"),), html_href="/outbox/1/html",
    )  # fmt: skip
    made: dict[str, Callable[[], str]] = {
        "/": lambda: pages.status_page(STATUS),
        "/simulated": lambda: pages.status_page(simulated),
        "/outbox": lambda: pages.outbox_page(OutboxPage(server="guard-1", entries=(ENTRY, ENTRY), total=212)),
        "/outbox/empty": lambda: pages.outbox_page(OutboxPage(server="guard-1", entries=(), total=0)),
        "/outbox/1": lambda: pages.outbox_message_page(message),
    }
    return made[path]() if path in made else None


def body(path: str, language: str) -> str | None:
    return owner_page(path, language) or console_page(path)


OWNER = ["/freeze/token", "/cancel/token", "/cancel/old", "/frozen", "/cancelled", "/disputed", "/mine", "/gone"]
CONSOLE = ["/", "/simulated", "/outbox", "/outbox/empty", "/outbox/1"]


class Handler(BaseHTTPRequestHandler):
    """Serves the rendered pages with their headers and the static files; counts what was posted."""

    posted: list[str]

    def _answer(self, text: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        for name, value in PAGE_HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            self._answer(file.read_bytes(), TYPES[file.suffix])
            return
        page = body(path, "zh" if "lang=zh" in query else "en")
        self._answer((page or "").encode(), "text/html; charset=utf-8", 200 if page else 404)

    def do_POST(self) -> None:
        type(self).posted.append(self.path)
        language = "zh" if "lang=zh" in self.path else "en"
        page = body("/frozen" if "/freeze/" in self.path else "/cancelled", language)
        self._answer((page or "").encode(), "text/html; charset=utf-8")

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    Handler.posted = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield running
        running.close()


def open_page(browser: Browser, url: str, *, width: int = 390, theme: Any = "light") -> tuple[Page, list[str]]:
    """A page with scripts switched off in it, and what the browser complains about."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=theme, java_script_enabled=False
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def failed(request: Request) -> None:
        # leaving a page while its icon loads ends that request; nothing else may fail
        if request.failure != "net::ERR_ABORTED":
            complaints.append(f"{request.failure}: {request.url}")

    page.on("requestfailed", failed)
    page.goto(url)
    return page, complaints


# The lowest contrast of all visible text, and whether the page scrolls sideways: WCAG 2.2, 1.4.3 and 1.4.10.
MEASURE = """async () => {
  await document.fonts.ready;
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const luminance = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  let worst = 21, where = "";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst) { worst = ratio; where = walker.currentNode.textContent.trim(); }
  }
  const small = [...document.querySelectorAll(".btn, .owner-top a")]
    .filter((node) => node.getBoundingClientRect().height < 44).map((node) => node.textContent.trim());
  return {worst, where, small, scroll: document.documentElement.scrollWidth - innerWidth,
          font: document.fonts.check("16px 'Inter Variable'"),
          landmarks: ["body > header", "body > main", "main h1"].map((at) => document.querySelectorAll(at).length)};
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_load_whole_under_the_policy_and_are_readable(
    browser: Browser, server: str, language: str, width: int, theme: str
) -> None:
    page, complaints = open_page(browser, server + OWNER[0], width=width, theme=theme)
    for path in OWNER + (CONSOLE if language == "en" else []):
        page.goto(f"{server}{path}?lang={language}")
        measured = page.evaluate(MEASURE)
        assert complaints == [], path
        assert measured["worst"] >= 4.5, (path, measured)
        assert measured["scroll"] <= 0, (path, measured)
        assert measured["landmarks"] == [1, 1, 1], path
        assert measured["font"], path
        assert path in CONSOLE or measured["small"] == [], path
        if PICTURES:
            name = f"{path.strip('/').replace('/', '-') or 'status'}-{language}-{width}-{theme}.png"
            page.screenshot(path=str(Path(PICTURES) / name), full_page=True)
    page.context.close()


def test_a_script_in_a_page_would_be_refused(browser: Browser, server: str) -> None:
    """The policy is in force: what the tests above find quiet is not quiet because nothing is checked."""
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{server}/freeze/token")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.x = 1'}))")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
    assert page.evaluate("window.x") is None
    refused = [text for text in complaints if "Content Security Policy" in text]
    assert any("inline script" in text for text in refused)
    assert any("inline style" in text for text in refused)
    context.close()


@pytest.mark.parametrize(("path", "button", "heading"), [
    ("/freeze/token", "Freeze my account", "Your account is frozen"),
    ("/cancel/token", "Stop it", "The request is stopped"),
])  # fmt: skip
def test_by_keyboard_alone_and_without_script(
    browser: Browser, server: str, path: str, button: str, heading: str
) -> None:
    """Skip link, language, the button, the way out: in this order; opening posts nothing, Enter posts once."""
    Handler.posted.clear()
    page, complaints = open_page(browser, server + path)
    order = []
    for _ in range(4):
        page.keyboard.press("Tab")
        order.append(page.locator(":focus").inner_text())
    assert order == ["Skip to the page", "中文", button, "It was me, do nothing"]
    assert Handler.posted == []
    page.keyboard.press("Shift+Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == heading
    assert Handler.posted == [path]
    assert complaints == []
    page.context.close()


def test_the_skip_link_goes_to_the_page(browser: Browser, server: str) -> None:
    page, _ = open_page(browser, f"{server}/freeze/token")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Freeze my account"
    page.context.close()


def test_it_was_me_does_nothing_and_leads_back(browser: Browser, server: str) -> None:
    Handler.posted.clear()
    page, _ = open_page(browser, f"{server}/freeze/token")
    page.get_by_role("link", name="It was me, do nothing").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Nothing was done"
    page.get_by_role("link", name="Back").click()
    assert page.get_by_role("button", name="Freeze my account").is_visible()
    assert Handler.posted == []
    page.context.close()


def test_the_other_language_is_one_link_away_and_stays_after_the_button(browser: Browser, server: str) -> None:
    page, _ = open_page(browser, f"{server}/freeze/token")
    page.get_by_role("link", name="中文").click()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.get_by_role("button", name="冻结我的账户").click()
    assert page.get_by_role("heading", level=1).inner_text() == "您的账户已冻结"
    page.context.close()


def test_focus_is_always_seen(browser: Browser, server: str) -> None:
    """The ring (or, in forced colours, an outline) is drawn on whatever has focus."""
    for forced in ("none", "active"):
        context = browser.new_context(forced_colors=forced, bypass_csp=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{server}/freeze/token")
        for _ in range(4):
            page.keyboard.press("Tab")
            style = page.evaluate(
                "() => (({boxShadow, outlineStyle}) => [boxShadow, outlineStyle])"
                "(getComputedStyle(document.activeElement))"
            )
            assert style[0] != "none" if forced == "none" else style[1] == "solid"
        context.close()


def test_the_tree_that_a_screen_reader_gets(browser: Browser, server: str) -> None:
    page, _ = open_page(browser, f"{server}/cancel/token")
    tree = page.locator("body").aria_snapshot()
    for line in (
        "- banner:",
        "- main:",
        "- contentinfo:",
        '- heading "Stop this now?" [level=1]',
        '- button "Stop it"',
    ):
        assert line in tree
    assert re.search(r"term: To\n\s+- definition: " + ADDRESS, tree)
    page.context.close()
