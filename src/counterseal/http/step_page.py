# SPDX-License-Identifier: Apache-2.0
"""Renders the step-up and enrolment pages. Everything that others wrote is escaped and cleaned."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from counterseal.core.account import State
from counterseal.guard.step_links import StepLink, with_result
from counterseal.http.pages_security import page as as_page
from counterseal.http.services import Services
from counterseal.http.step_texts import texts
from counterseal.http.step_view import StepPage
from counterseal.notices.environment import render_template
from counterseal.notices.formats import clean, written_time
from counterseal.notices.wording import catalogue_for

_TITLES = {
    "waiting": "title_waiting",
    "allowed": "title_allowed",
    "held": "title_held",
    "denied": "title_denied",
    "cancelled": "title_cancelled",
}
_HEADERS = {"referrer-policy": "same-origin"}  # with `no-referrer` a browser says `Origin: null` of our own buttons
_GONE = frozenset({"link_bad", "link_expired", "link_void", "link_elsewhere"})


def _common(language: str, platform: str, *, script: bool) -> dict[str, Any]:
    catalogue, words = catalogue_for(language), texts(language)
    zh = catalogue.language == "zh"
    return {
        "say": catalogue.page,
        "t": words,
        "zh": zh,
        "lang": "zh-Hans" if zh else "en",
        "platform": platform,
        "clean": clean,
        "script": script,
        "other": "?lang=en" if zh else "?lang=zh",
        "time": lambda at: written_time(at, catalogue),
        "name_of": lambda factor: words.get(f"name_{factor}") or words.get(factor, words["other_factor"]),
    }


def shown_page(page: StepPage, path: str) -> Response:
    """The page of an action."""
    words = texts(page.language)
    common = _common(page.language, page.platform, script=bool(page.options))
    title = _TITLES.get(page.status) or ("title_money" if page.amount else "title_open")
    comma = "、" if common["zh"] else ", "
    given = comma.join(common["name_of"](factor) for factor in page.proved)
    error = words[page.error] if page.error else ""
    shown = msgspec.structs.replace(page, error=error)
    html = render_template("step.html", page=shown, path=path, title=words[title], given=given, **common)
    return as_page(html, scripts=bool(page.options), headers=_HEADERS)


def enrol_page(
    link: StepLink,
    state: State,
    language: str,
    path: str,
    services: Services,
    offer: Any,
    options: dict[str, Any] | None,
    error: str,
) -> Response:
    """The page that makes a passkey (`options`) or shows a seed (`offer`)."""
    words, platform = texts(language), services.settings.platform_name
    kind = "passkey" if options is not None else "app"
    html = render_template(
        "step_enrol.html",
        kind=kind,
        path=path,
        phrase=state.phrase,
        title=words[f"enrol_{kind}"],
        error=words[error] if error else "",
        options="" if options is None else msgspec.json.encode(options).decode(),
        qr="" if offer is None else offer.qr,
        key="" if offer is None else offer.secret,
        back=with_result(link.return_url, link.action, "cancelled"),
        **_common(language, platform, script=options is not None),
    )
    return as_page(html, scripts=options is not None, headers=_HEADERS)


def gone_page(code: str, platform: str, *, status: int, language: str = "en") -> Response:
    """For a link that opens nothing."""
    words = texts(language)
    title = words[f"gone_{code}"] if code in _GONE else words["gone_link_void"]
    common = _common(language, platform, script=False)
    return as_page(render_template("step_gone.html", title=title, **{**common, "other": ""}), status=status)
