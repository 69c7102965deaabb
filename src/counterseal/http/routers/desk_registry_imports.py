# SPDX-License-Identifier: Apache-2.0
"""Importing the registry from a CSV file: a dry run, a draft, and two signatures over what it enters."""

from __future__ import annotations

from typing import Annotated, Final

from starlette.responses import Response

from counterseal.http.body import json_body, query, reply, upload
from counterseal.http.errors import Fault, ValidationError
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_registry_bodies as b
from counterseal.http.routers import desk_registry_examples as x
from counterseal.http.routers import desk_registry_replies as r
from counterseal.http.routers import desk_registry_views as shown
from counterseal.http.routers.desk_registry import Key, People, Reads, Two, Writes, done
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.judicial.registry.imports import CsvError, Imports
from counterseal.judicial.registry.stored import Done

router = Router(tags=["desk"])

Area = Annotated[Imports, area(Imports)]
MOST_FAULTS: Final = 100


@router.post(
    "/v1/desk/registry/trial",
    **operation("Try an import", reply=r.ImportView, example=x.TRIAL),
)
async def try_registry_import(
    caller: Reads, _write: Key, data: Annotated[bytes, upload()], imports: Area
) -> Response:
    """A dry run: the body is the CSV file, up to 2 MB; the answer what it would enter, with every alarm. 422 names
    each mistake with line and column. Nothing is kept."""
    try:
        return reply(shown.import_view(None, await imports.tried(data), {}))
    except CsvError as error:
        raise _faults(error) from None


@router.post(
    "/v1/desk/registry/imports",
    **operation("Hand in an import", reply=r.ImportView, example=x.IMPORT, status=201),
)
async def hand_in_registry(
    caller: Writes, write: Key, data: Annotated[bytes, upload()], imports: Area, people: People
) -> Response:
    """A CSV file without mistakes becomes a draft: it enters nothing before two officers sign what it would."""
    try:
        made = await imports.hand_in(data, by=caller.token_id, idempotency=write.of(Done))
    except CsvError as error:
        raise _faults(error) from None
    return reply(await _shown(made.result.made, imports, people), status=201, replayed=made.replayed)


@router.get(
    "/v1/desk/registry/imports",
    **operation("List imports", reply=r.ImportList, example=r.ImportList(items=[x.DRAFT], next=None)),
)
async def list_registry_imports(
    caller: Reads, page: Annotated[b.DraftPage, query(b.DraftPage)], imports: Area, people: People
) -> Response:
    """The newest first."""
    found = await imports.drafts(after=page.after, limit=page.limit)
    names = await people.of(name for each in found for name in (each.by, *each.applied_by))
    more = found[-1].id if len(found) == page.limit else None
    return reply(r.ImportList(items=[shown.draft_view(each, names) for each in found], next=more))


@router.get(
    "/v1/desk/registry/imports/{draft}",
    **operation("Read an import", reply=r.ImportView, example=x.IMPORT, problems=(404,)),
)
async def read_registry_import(draft: str, caller: Reads, imports: Area, people: People) -> Response:
    """What it would enter into the registry as it is now; `digest` and `marks` are what is signed."""
    return reply(await _shown(draft, imports, people))


@router.post(
    "/v1/desk/registry/imports/{draft}/apply",
    **operation("Enter an import", reply=r.RegistryDone, example=x.DONE, body_example=x.APPLY, problems=(404, 409)),
)
async def apply_registry_import(
    draft: str,
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.ApplyBody, json_body(b.ApplyBody)],
    imports: Area,
) -> Response:
    """All of it in one commit, or nothing. 409 `import_moved_on`: the registry changed, and the file would enter
    something else than was signed."""
    made = await imports.apply(
        *(draft, wanted.digest, tuple(wanted.accepts), officers.names),
        since=officers.since,
        idempotency=write.of(Done),
    )
    return done(made)


async def _shown(draft: str, imports: Imports, people: People) -> r.ImportView:
    held, plan = await imports.read(draft)
    return shown.import_view(held, plan, await people.of((held.by, *held.applied_by)))


def _faults(error: CsvError) -> ValidationError:
    """Every mistake with its place, as RFC 9457 problems carry them."""
    faults = [Fault(f"/line/{each.line}/column/{each.column}", str(each)) for each in error.faults[:MOST_FAULTS]]
    return ValidationError(error.sentence, code=error.code, faults=faults)
