# SPDX-License-Identifier: Apache-2.0
"""Owner's one-button pages behind the links of notices. GET shows, POST acts, once; no log-in, no script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from starlette.responses import Response

from counterseal.core.account import Action, Contact, Notice, State
from counterseal.core.engine.brakes import disputes
from counterseal.core.engine.telling import facts_of
from counterseal.core.errors import ConflictError, ForbiddenError, NotFoundError
from counterseal.http.body import Body, query
from counterseal.http.edge import Guard
from counterseal.http.openapi import operation
from counterseal.http.pages_security import page
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.notices import pages
from counterseal.notices.formats import written_amount
from counterseal.notices.links import LinkClaims, PageKey, Purpose, verify_token
from counterseal.notices.model import LinkRefused
from counterseal.notices.templates import headline

router = Router(tags=["notices"])
GONE = 410
_HTML = "text/html"


@dataclass(frozen=True, slots=True)
class OwnerPages:
    """What the pages need: the page key, the epoch, and the platform's name."""

    key: PageKey
    epoch: int
    platform: str


class LanguageQuery(Body, frozen=True):
    """`lang`: en or zh; default: the owner's. `mine`: the owner says that it was them."""

    lang: Annotated[str, msgspec.Meta(pattern="^(en|zh)?$")] = ""
    mine: Annotated[str, msgspec.Meta(pattern="^1?$")] = ""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A link that counts, with what it is about."""

    claims: LinkClaims
    state: State
    contact: Contact
    notice: Notice | None
    action: Action | None
    language: str

    @property
    def phrase(self) -> str:
        """The owner's phrase; a guardian is somebody else."""
        return "" if self.contact.channel == "guardian" else self.state.phrase


Draw = Callable[[_Opened, Guard, OwnerPages], str]


async def _open(guard: Guard, held: OwnerPages, link: str, purpose: Purpose, language: str) -> _Opened:
    now = guard.tools.clock.now()
    claims = verify_token(link, held.key, purpose=purpose, now=now, epoch=held.epoch)
    state = await guard.accounts.read(claims.account)
    contact = state.contacts.get(claims.contact)
    if contact is None:
        raise LinkRefused("this link is for a contact that is gone", code="link_void")
    if claims.id in state.links:
        raise LinkRefused("this link was used", code="link_used")
    return _Opened(
        claims,
        state,
        contact,
        state.notices.get(claims.notice),
        state.actions.get(claims.action),
        language or state.language,
    )


def _gone(error: Exception, platform: str, language: str) -> Response:
    code = getattr(error, "code", "")
    reasons: dict[str, pages.GoneReason] = {
        "link_used": "used",
        "link_expired": "expired",
        "link_void": "void",
        "action_over": "done",
    }
    context = pages.GonePage(
        reason=reasons.get(code, "bad"), platform=platform, language=language or "en", language_href=""
    )
    return page(pages.gone_page(context), status=GONE)


def _happened(opened: _Opened, guard: Guard) -> str:
    notice, action = opened.notice, opened.action
    template = notice.template if notice is not None else "account"
    at = notice.at if notice is not None else guard.tools.clock.now()
    rule = None if action is None else guard.tools.policies.current.rules.get(action.request.rule)
    old = opened.contact.replaced_at is not None
    return headline(template, facts_of(action, rule, at), opened.language, private=old)


def _other(language: str) -> str:
    return "?lang=en" if language == "zh" else "?lang=zh"


def _freeze_page(opened: _Opened, guard: Guard, held: OwnerPages) -> str:
    return pages.freeze_page(
        pages.FreezePage(
            language=opened.language,
            platform=held.platform,
            phrase=opened.phrase,
            language_href=_other(opened.language),
            happened=_happened(opened, guard),
            channel=opened.contact.channel,
            sent_at=None if opened.notice is None else opened.notice.at,
            expires=opened.claims.expires,
            mine_href=f"?mine=1&lang={opened.language}",
        )
    )


def _cancel_page(opened: _Opened, guard: Guard, held: OwnerPages) -> str:
    action, policy, now = opened.action, guard.tools.policies.current, guard.tools.clock.now()
    rule = None if action is None else policy.rules.get(action.request.rule)
    payment = None if action is None else action.request.payment
    return pages.cancel_page(
        pages.CancelPage(
            language=opened.language,
            platform=held.platform,
            phrase=opened.phrase,
            language_href=_other(opened.language),
            happened=_happened(opened, guard),
            channel=opened.contact.channel,
            sent_at=None if opened.notice is None else opened.notice.at,
            expires=opened.claims.expires,
            amount="" if payment is None else written_amount(f"{payment.amount:f}", payment.asset),
            destination="" if payment is None else payment.destination,
            chain="" if payment is None else payment.chain,
            memo="" if payment is None else payment.memo,
            effective_at=None if action is None else action.due,
            outflow=rule is not None and rule.outflow,
            disputes=action is not None and disputes(policy, opened.state, action, opened.contact, now),
            old=opened.contact.replaced_at is not None,
            mine_href=f"?mine=1&lang={opened.language}",
        )
    )


def _mine(opened: _Opened, held: OwnerPages) -> Response:
    context = pages.MinePage(
        language=opened.language,
        platform=held.platform,
        phrase=opened.phrase,
        language_href="",
        expires=opened.claims.expires,
        back_href=f"?lang={opened.language}",
    )
    return page(pages.mine_page(context))


async def _shown(
    guard: Guard, held: OwnerPages, link: str, purpose: Purpose, asked: LanguageQuery, draw: Draw
) -> Response:
    """The page of a link that is good; nothing is done."""
    try:
        opened = await _open(guard, held, link, purpose, asked.lang)
    except (LinkRefused, NotFoundError) as error:
        return _gone(error, held.platform, asked.lang)
    return _mine(opened, held) if asked.mine else page(draw(opened, guard, held))


Asked = Annotated[LanguageQuery, query(LanguageQuery)]
Guarded = Annotated[Guard, area(Guard)]
Held = Annotated[OwnerPages, area(OwnerPages)]


# A link that is spent, too old or not ours: a page too, since a person reads it.
_GONE = {410: "<!doctype html>"}


@router.get("/freeze/{link}", **operation("Freeze page", example="<!doctype html>", media_type=_HTML, others=_GONE))
async def freeze_page(link: str, asked: Asked, guard: Guarded, held: Held) -> Response:
    """One button. Opening the page does nothing."""
    return await _shown(guard, held, link, "freeze", asked, _freeze_page)


@router.post(
    "/freeze/{link}", **operation("Freeze by link", example="<!doctype html>", media_type=_HTML, others=_GONE)
)
async def freeze_by_link(link: str, asked: Asked, guard: Guarded, held: Held) -> Response:
    """Stop outflows for 72 hours. Once; never throttled."""
    try:
        opened = await _open(guard, held, link, "freeze", asked.lang)
        done = await guard.accounts.freeze(
            opened.state.id,
            "link",
            opened.contact.id,
            contact=opened.contact.id,
            link=opened.claims.id,
        )
    except (LinkRefused, NotFoundError, ConflictError, ForbiddenError) as error:
        return _gone(error, held.platform, asked.lang)
    stopped = tuple(
        headline(f"{action.request.rule}.refused", {}, opened.language, private=True)
        for action in opened.state.actions.values()
        if action.status in ("pending", "ready") and action.request.payment is not None
    )
    context = pages.FrozenPage(
        language=opened.language,
        platform=held.platform,
        phrase=opened.phrase,
        language_href="",
        at=done.result.at,
        until=done.result.until,
        stopped=stopped,
    )
    return page(pages.frozen_page(context))


@router.get("/cancel/{link}", **operation("Cancel page", example="<!doctype html>", media_type=_HTML, others=_GONE))
async def cancel_page(link: str, asked: Asked, guard: Guarded, held: Held) -> Response:
    """One button. Opening the page does nothing."""
    return await _shown(guard, held, link, "cancel", asked, _cancel_page)


@router.post(
    "/cancel/{link}", **operation("Cancel by link", example="<!doctype html>", media_type=_HTML, others=_GONE)
)
async def cancel_by_link(link: str, asked: Asked, guard: Guarded, held: Held) -> Response:
    """Cancel what is pending; from the contact that is being replaced this opens a dispute instead."""
    try:
        opened = await _open(guard, held, link, "cancel", asked.lang)
        done = await guard.actions.cancel(
            opened.claims.action, "link", contact=opened.contact.id, link=opened.claims.id
        )
    except (LinkRefused, NotFoundError, ConflictError, ForbiddenError) as error:
        return _gone(error, held.platform, asked.lang)
    common = {"language": opened.language, "platform": held.platform, "phrase": opened.phrase}
    at = done.result.at
    if done.result.action.status == "disputed":
        return page(pages.disputed_page(pages.DisputedPage(at=at, language_href="", **common)))
    return page(pages.cancelled_page(pages.CancelledPage(at=at, language_href="", **common)))
