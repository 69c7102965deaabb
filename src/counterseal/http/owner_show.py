# SPDX-License-Identifier: Apache-2.0
"""Which of the owner's pages a link shows now, from the guard's decision at this moment."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from counterseal.core.account import Action
from counterseal.core.decision import Decision
from counterseal.core.engine.assess import assess
from counterseal.core.errors import ConflictError, CountersealError, NotFoundError
from counterseal.core.platform import braked
from counterseal.guard.links import way_back
from counterseal.guard.model import Done
from counterseal.http.edge import Guard
from counterseal.http.owner_browser import Visit, shown
from counterseal.http.routers.passkeys import Ceremonies
from counterseal.http.services import services_of
from counterseal.notices import pages as notice_pages
from counterseal.pages import build, render
from counterseal.pages import model as m
from counterseal.pages.words import Words

ENROL_STATE = "cancelled"  # what the platform is told of an enrolment that the owner left


def show_link(
    request: Request,
    found: Visit,
    *,
    error: str = "",
    until: int | None = None,
    status: int = 200,
    secret: str = "",
) -> Response:
    """The page of a link. `error`: the key of a sentence (`until`: when to try again, ms); `secret`: the seed that
    was offered before. Raises NotFoundError for an action that the account has forgotten."""
    said = _words(request, found).say(error, time=_words(request, found).time(until)) if error else ""
    if not found.link.action:
        return _enrol(request, found, said, status, secret)
    action = found.action
    if action is None:
        raise NotFoundError("the action is over and forgotten", code="link_void")
    seen = _seen(request, found, action)
    if build.standing(seen) == "open":
        return _ask(request, found, seen, said, status)
    page = build.result_page(seen)
    page = msgspec.structs.replace(page, error=said, **_around(found, way_back(found.link, page.state)))
    return shown(request, found, render.result(page), status=status)


def show_too_late(request: Request, found: Visit) -> Response:
    """What the owner did not want has happened: the brake comes first."""
    action = found.action
    if action is None or action.status == "cancelled":
        return show_link(request, found)
    seen = _seen(request, found, action)
    words = seen.words
    page = msgspec.structs.replace(
        build.result_page(seen),
        state="cancelled",
        icon="stop",
        heading=words.say("too_late_h1"),
        text=words.say("too_late_text"),
        freeze=True,
        late=True,
        **_around(found, way_back(found.link, build.standing(seen))),
    )
    return shown(request, found, render.result(page))


def show_frozen(request: Request, found: Visit, done: Done) -> Response:
    """The account is frozen."""
    platform = services_of(request).settings.platform_name
    state = "cancelled"
    if found.action is not None:
        state = build.standing(_seen(request, found, found.action))
    context = notice_pages.FrozenPage(
        language=found.language,
        platform=platform,
        phrase=found.state.phrase,
        at=done.at,
        until=done.until,
        back_href=way_back(found.link, state),
        back_label=_words(request, found).say("back"),
    )
    return shown(request, found, notice_pages.frozen_page(context))


def _words(request: Request, found: Visit) -> Words:
    return Words(found.language, services_of(request).settings.platform_name)


def _around(found: Visit, back: str) -> dict[str, Any]:
    other = "en" if found.language.startswith("zh") else "zh"
    tail = f"?lang={found.asked}" if found.asked else ""
    return {"path": found.path, "tail": tail, "back_href": back, "language_href": f"{found.path}?lang={other}"}


def _seen(request: Request, found: Visit, action: Action) -> build.Seen:
    """The action with the guard's decision about it now; of one that is over, its last."""
    services = services_of(request)
    tools = services.area(Guard).tools
    policy, now = tools.policies.current, tools.clock.now()
    decision: Decision | None = action.decision
    if action.status == "open":
        brake = braked(found.opened.platform, action.request, now)
        decision = assess(policy, found.state, action, now, trusted_time=tools.clock.trusted(), brake=brake)
    platform = services.settings.platform_name
    return build.Seen(policy, found.state, action, decision, now, found.language, platform)


def _ask(request: Request, found: Visit, seen: build.Seen, said: str, status: int) -> Response:
    page = build.ask_page(seen)
    options = ""
    if any(choice.kind == "passkey" for choice in page.choices):
        options = _assertion(request, seen)
    choices = tuple(each for each in page.choices if each.kind != "passkey" or options)
    page = msgspec.structs.replace(
        page,
        choices=choices,
        options=options,
        error=said,
        once=secrets.token_hex(8),
        **_around(found, way_back(found.link, "open")),
    )
    return shown(request, found, render.ask(page), status=status, scripts=bool(options))


def _assertion(request: Request, seen: build.Seen) -> str:
    """What the browser's passkeys are asked; "" where none of them could answer."""
    ceremonies: Ceremonies = services_of(request).areas[Ceremonies]
    try:
        found = ceremonies.assertion(seen.policy, seen.state, seen.action.id, seen.now)
    except ConflictError:
        return ""
    return msgspec.json.encode(found).decode()


def _enrol(request: Request, found: Visit, said: str, status: int, secret: str) -> Response:
    services = services_of(request)
    tools, words = services.area(Guard).tools, _words(request, found)
    ceremonies: Ceremonies = services.areas[Ceremonies]
    state, spec = found.state, tools.policies.current.vocabulary.factors[found.link.factor]
    around = _around(found, way_back(found.link, ENROL_STATE)) | {
        "language": found.language,
        "platform": services.settings.platform_name,
        "phrase": state.phrase,
    }
    if found.link.closed:
        page = m.ClosedPage(reason="turned_back", **{k: v for k, v in around.items() if k not in {"path", "tail"}})
        return shown(request, found, render.closed(page), status=status)
    if spec.webauthn:
        options = ceremonies.registration(state, spec, "", tools.clock.now())
        made = m.EnrolPasskeyPage(
            options=msgspec.json.encode(options).decode(), label=words.say("passkey_label"), error=said, **around
        )
        return shown(request, found, render.enrol_passkey(made), status=status, scripts=True)
    try:
        offer = ceremonies.seed(state.id, "", secret)
    except CountersealError:  # somebody wrote into the field
        offer = ceremonies.seed(state.id, "")
    app = m.EnrolAppPage(qr=offer.qr, key=offer.secret, error=said, **around)
    return shown(request, found, render.enrol_app(app), status=status)
