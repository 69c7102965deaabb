# SPDX-License-Identifier: Apache-2.0
"""The officers' portal, as its script calls it: a file is handed in, and a request. All answers are JSON."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from counterseal.core.errors import InputError
from counterseal.http.body import Body, Reply, json_body, query, reply, upload
from counterseal.http.openapi import operation
from counterseal.http.portal_browser import Language
from counterseal.http.portal_seat import portal, signed_in
from counterseal.http.routers import desk_requests_bodies as d
from counterseal.http.routers.portal_forms import Once
from counterseal.http.routers.portal_pages import LIST
from counterseal.http.routing import Router
from counterseal.judicial.portal.handing import PortalRequests
from counterseal.judicial.portal.model import Submission
from counterseal.judicial.portal.signin import Opened
from counterseal.judicial.requests.model import Type

router = Router(tags=["portal"])
DOCUMENTS: Final = "/portal/documents"
Signed = Annotated[Opened, signed_in]
Area = Annotated[PortalRequests, portal]


class FileQuery(Body, frozen=True):
    """`name`: of the file, as the officer has it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class FileView(Reply, frozen=True):
    """A document that is here. `sha256` (hex): of the bytes as received."""

    id: str
    name: str
    size: int
    sha256: str


class SubmitQuery(Body, frozen=True):
    """`lang`: of the page that comes next."""

    lang: Language = ""


class SubmitBody(Body, frozen=True):
    """A request as its form was filled in. `once`: of the page; `legal_basis`: in the officer's words; `about`: the
    request that it changes or lifts; `documents`: ids of what was handed in before."""

    once: Once
    type: Type
    case_number: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    legal_basis: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    identifiers: d.Identifiers = []
    categories: d.Categories = []
    window: d.WindowBody | None = None
    documents: d.Documents = []
    about: d.Id = ""
    delivery_key: d.KeyText = ""
    note: Annotated[str, msgspec.Meta(max_length=4_000)] = ""
    language: Annotated[str, msgspec.Meta(pattern="^(en|zh)$")] = "en"


class SubmittedView(Reply, frozen=True):
    """`href`: the page of the request."""

    id: str
    href: str


_FILE: Final = FileView(id="doc_0190a1b2c3", name="order.pdf", size=48_213, sha256="9f" * 32)
_SUBMIT: Final = SubmitBody(
    once="0a1b2c3d4e5f6071",
    type=Type.DISCLOSURE,
    case_number="17/2026",
    legal_basis="Code of Criminal Procedure, s. 100",
    identifiers=[d.IdentifierBody(kind="account", value="u-1001")],
    categories=["subscriber"],
    documents=["doc_0190a1b2c3"],
)


@router.post(
    DOCUMENTS,
    **operation(
        "Hand in a file at the portal", reply=FileView, example=_FILE, status=201, problems=(401, 403, 429)
    ),
)
async def portal_hand_in(
    opened: Signed, area: Area, sent: Annotated[FileQuery, query(FileQuery)], data: Annotated[bytes, upload()]
) -> Response:
    """The body is the file. It goes through the desk's intake like every document; nothing of the report is
    told."""
    held = await area.receive(opened, data, sent.name)
    return reply(FileView(id=held.id, name=held.name, size=held.size, sha256=held.sha256), status=201)


@router.post(
    LIST,
    **operation(
        "Hand in a request at the portal",
        reply=SubmittedView,
        example=SubmittedView(id="jr_0190a1b2c3", href=f"{LIST}/jr_0190a1b2c3"),
        status=201,
        body_example=_SUBMIT,
        problems=(401, 403, 404, 409, 429),
    ),
)
async def portal_submit(
    opened: Signed,
    area: Area,
    asked: Annotated[SubmitQuery, query(SubmitQuery)],
    given: Annotated[SubmitBody, json_body(SubmitBody)],
) -> Response:
    """A request in the name of one's authority. The answer is the same whether anybody named is known here."""
    if not any(each.value.strip() for each in given.identifiers) and not given.about:
        raise InputError("name at least one person or account", code="identifiers_missing")
    name = await area.submit(opened, _submission(given), once=given.once)
    tail = f"?lang={asked.lang}&done=submitted" if asked.lang else "?done=submitted"
    return reply(SubmittedView(id=name, href=f"{LIST}/{name}{tail}"), status=201)


def _submission(given: SubmitBody) -> Submission:
    fields = {name: getattr(given, name) for name in given.__struct_fields__ if name != "once"}
    return msgspec.convert(msgspec.to_builtins(fields), Submission)
