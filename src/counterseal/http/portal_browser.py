# SPDX-License-Identifier: Apache-2.0
"""The officers' portal in one browser: its cookie, the language it is read in, and how its pages are drawn."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from counterseal.http.body import Body
from counterseal.http.owner_browser import HEADERS
from counterseal.http.pages_security import page
from counterseal.http.portal_texts import Words
from counterseal.http.services import services_of
from counterseal.notices.environment import render_template
from counterseal.notices.formats import clean
from counterseal.notices.pages import OwnerPage

COOKIE: Final = "counterseal_portal"
SEE_OTHER: Final = 303
PASSKEY: Final = "step.js"
FILES: Final = "portal.js"
HOME: Final = "/portal"
BUTTONS: Final = frozenset({"signin", "passkey", "answer", "documents", "withdraw", "package"})
Language = Annotated[str, msgspec.Meta(pattern="^(en|zh)?$")]


class Asked(Body, frozen=True):
    """`lang`: en or zh; default: the browser's. `done`: what was just done, for one sentence above the page."""

    lang: Language = ""
    done: Annotated[str, msgspec.Meta(pattern="^[a-z]{0,16}$")] = ""


class Sheet:
    """How the pages of one request are written: in which language, and what comes behind each address."""

    def __init__(self, request: Request, asked: str) -> None:
        self._request, self._asked = request, asked
        self.words = Words(asked or accepted(request))
        self.tail = f"?lang={asked}" if asked else ""

    def draw(  # noqa: PLR0913 - what every page has
        self,
        template: str,
        title: str,
        *,
        officer: str = "",
        here: str = "",
        error: str = "",
        done: str = "",
        status: int = 200,
        narrow: bool = False,
        scripts: tuple[str, ...] = (),
        kept: str = "",
        **context: Any,
    ) -> Response:
        """A page. `officer`: who is signed in; `here`: which page of the navigation; `error`, `done`: sentences;
        `kept`: of the query, in the other language too."""
        other = "en" if self.words.zh else "zh"
        path = self._request.url.path
        before, _, last = path.rpartition("/")
        if last in BUTTONS:  # a page that answers a button: its address takes no GET
            path = before
        html = render_template(
            template,
            page=OwnerPage(
                language=self.words.code,
                platform=services_of(self._request).settings.platform_name,
                language_href=f"{path}?{kept}lang={other}",
            ),
            say=self.words.texts,
            lang=self.words.lang,
            title=title,
            clean=clean,
            tail=self.tail,
            officer=officer,
            here=here,
            error=error,
            done=done,
            narrow=narrow,
            scripts=scripts,
            **context,
        )
        return page(html, status=status, scripts=bool(scripts), connect=FILES in scripts, headers=HEADERS)

    def see(self, path: str, done: str = "") -> Response:
        """Go to another page of the portal."""
        joined = "&" if self.tail else "?"
        where = f"{path}{self.tail}" + (f"{joined}done={done}" if done else "")
        return Response("", SEE_OTHER, {"location": where, **HEADERS}, "text/html")


def accepted(request: Request) -> str:
    """Chinese where the browser asks for it first, else English."""
    told = next((value for name, value in request.scope["headers"] if name == b"accept-language"), b"")
    return "zh" if told.strip().lower().startswith(b"zh") else "en"
