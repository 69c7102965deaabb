# SPDX-License-Identifier: Apache-2.0
"""Renders the owner's pages. Everything that others wrote is escaped and cleaned; no inline script or style."""

from __future__ import annotations

from counterseal.notices.environment import render_template
from counterseal.notices.formats import clean, grouped
from counterseal.notices.pages import OwnerPage
from counterseal.pages import model as m
from counterseal.pages.words import Words


def ask(page: m.AskPage) -> str:
    """The question and its ways."""
    return _render("step_ask.html", page, page.heading, script=bool(page.options))


def result(page: m.ResultPage) -> str:
    """What became of it."""
    return _render("step_result.html", page, page.heading)


def enrol_passkey(page: m.EnrolPasskeyPage) -> str:
    """Make a passkey."""
    return _render("step_passkey.html", page, _words(page).say("add_passkey_h1"), script=True)


def enrol_app(page: m.EnrolAppPage) -> str:
    """Scan a seed, type a code."""
    return _render("step_app.html", page, _words(page).say("add_app_h1"))


def closed(page: m.ClosedPage) -> str:
    """A link that opens nothing."""
    return _render("step_closed.html", page, _words(page).say(f"closed_{page.reason}_h1"))


def _words(page: OwnerPage) -> Words:
    return Words(page.language, page.platform)


def _render(template: str, page: OwnerPage, title: str, *, script: bool = False) -> str:
    words = _words(page)
    return render_template(
        template,
        page=page,
        title=title,
        lang="zh-Hans" if words.zh else "en",
        say=words.catalogue.page,
        text=words.say,
        clean=clean,
        grouped=grouped,
        script="step.js" if script else "",
    )
