# SPDX-License-Identifier: Apache-2.0
"""The download of a package, behind a link with a token: GET shows, POST hands it out, once. No script."""

from __future__ import annotations

from typing import Annotated, Any, Final

from starlette.requests import Request
from starlette.responses import Response

from counterseal.core.errors import NotFoundError
from counterseal.http.body import query
from counterseal.http.disclosure_texts import texts
from counterseal.http.openapi import operation
from counterseal.http.pages_security import page
from counterseal.http.routers.pages import LanguageQuery
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.judicial.disclosure.model import Disclosure
from counterseal.judicial.disclosure.service import Disclosures
from counterseal.judicial.disclosure.stored import GoneError
from counterseal.notices.environment import render_template
from counterseal.notices.formats import clean, written_time
from counterseal.notices.pages import OwnerPage
from counterseal.notices.wording import catalogue_for

router = Router(tags=["desk"])
GONE: Final = 410
NOT_FOUND: Final = 404
BINARY: Final = "application/octet-stream"
_PAGE: Final = "<!doctype html>"
_OTHERS: Final[dict[str, Any]] = {"others": {GONE: _PAGE, NOT_FOUND: _PAGE}}

Area = Annotated[Disclosures, area(Disclosures)]
Asked = Annotated[LanguageQuery, query(LanguageQuery)]
Held = Annotated[Services, services]


@router.get(
    "/disclosure/{disclosure}/{token}",
    **operation("Package page", example=_PAGE, media_type="text/html", **_OTHERS),
)
async def disclosure_page(disclosure: str, token: str, asked: Asked, area_: Area, held: Held) -> Response:
    """One button. Opening the page, or a mail program that looks at links, takes nothing."""
    language = asked.lang or "en"
    try:
        found = await area_.opened(disclosure, token)
    except (GoneError, NotFoundError) as error:
        return _gone(error, language, held)
    return page(_drawn(language, held, _facts(found, language), button=True))


@router.post(
    "/disclosure/{disclosure}/{token}",
    **operation("Download a package", example="", media_type=BINARY, **_OTHERS),
)
async def download_disclosure(
    request: Request, disclosure: str, token: str, asked: Asked, area_: Area, held: Held
) -> Response:
    """The encrypted file, once: 410 with what to do afterwards."""
    address = request.client.host if request.client is not None else ""
    try:
        found = await area_.fetch(disclosure, token, address=address)
    except (GoneError, NotFoundError) as error:
        return _gone(error, asked.lang or "en", held)
    headers = {"content-disposition": f'attachment; filename="{found.name}"', "cache-control": "no-store"}
    return Response(found.data, media_type=BINARY, headers=headers)


def _gone(error: GoneError | NotFoundError, language: str, held: Services) -> Response:
    say = texts(language)
    status = GONE if isinstance(error, GoneError) else NOT_FOUND
    head = say.get(error.code, say["disclosure_unknown"])
    return page(_drawn(language, held, (), head=head), status=status)


def _facts(found: Disclosure, language: str) -> tuple[tuple[str, str], ...]:
    say = texts(language)
    return (
        (say["reference"], found.reference),
        (say["fingerprint"], found.key),
        (say["size"], say["bytes"].format(size=found.size)),
        (say["until"], written_time(found.expires, catalogue_for(language))),
    )


def _drawn(
    language: str,
    held: Services,
    facts: tuple[tuple[str, str], ...],
    *,
    head: str = "",
    button: bool = False,
) -> str:
    say = texts(language)
    other = "?lang=en" if language == "zh" else "?lang=zh"
    return render_template(
        "disclosure.html",
        page=OwnerPage(language=language, platform=held.settings.platform_name, language_href=other),
        say=say,
        lang="zh-Hans" if language == "zh" else "en",
        title=say["title"],
        clean=clean,
        head=head or say["head"],
        texts=(say["once"], say["key"]) if button else (say["gone"],),
        facts=facts,
        button=say["button"] if button else "",
    )
