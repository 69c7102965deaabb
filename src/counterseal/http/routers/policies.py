# SPDX-License-Identifier: Apache-2.0
"""Policy publishing: versions and their verdicts, the shadow run, the switch by two people, the checker."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import PolicyError
from counterseal.core.policy.faults import PolicyFaults
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, reply
from counterseal.http.errors import Fault, ValidationError
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers import policy_bodies as b
from counterseal.http.routers import policy_examples as examples
from counterseal.http.routers import policy_views as shown
from counterseal.http.routers.policy_trial import Sources
from counterseal.http.routing import Router
from counterseal.http.services import area, services_of
from counterseal.http.staff_names import Names
from counterseal.publishing.model import Run, Uploaded, Version, version_of
from counterseal.publishing.service import Publish, Versions
from counterseal.publishing.shadow import Shadows
from counterseal.staff.desk import Desk

router = Router(tags=["policy"])


Editor = Annotated[Caller, require(Scope.POLICY_WRITE)]
Reader = Annotated[Caller, require(Scope.AUDIT_READ)]


class Shelf(msgspec.Struct, frozen=True):
    """What a version is shown with."""

    versions: Versions
    shadows: Shadows
    desk: Desk
    names: Names


class _Shelved:
    """Dependency: all of it."""

    async def __call__(self, request: Request) -> Shelf:
        """From the services of this app."""
        of = services_of(request).area
        return Shelf(of(Versions), of(Shadows), of(Desk), of(Names))


Shelved = Annotated[Shelf, Depends(_Shelved())]
Writes = Annotated[Write, idempotent]
_SHOWN: dict[str, Any] = {"reply": b.VersionView, "example": examples.VERSION}
MOST_APPROVALS = 100


@router.get("/v1/policy/versions", **operation("List policy versions", reply=b.VersionList, example=examples.LIST))
async def list_versions(
    caller: Reader,
    shelf: Shelved,
    sources: Annotated[Sources, area(Sources)],
) -> Response:
    """The newest first, each with its state: draft, shadow, proposed, in force, retired."""
    versions, names = shelf.versions, shelf.names
    examining = versions.all_examining
    found = await versions.listed()
    in_force, run = await versions.in_force(), await shelf.shadows.current()
    proposed = await _proposed(shelf.desk)
    told = await names.of(each.author for each in found)
    rows = [
        shown.row_of(
            each,
            _state(each, in_force, run, proposed),
            told,
            approval=proposed.get(each.id, ""),
            examining=each.id in examining,
            fault=versions.fault(each.id),
        )
        for each in found
    ]
    current = next((each for each in found if each.digest == in_force), None)
    previous = current.published[-1].replaced if current is not None and current.published else ""
    return reply(
        b.VersionList(
            items=rows,
            in_force=in_force,
            previous=previous or None,
            settings=sources.configured.digest,
            shadow=None if run is None or run.state != "running" else run.version,
        )
    )


@router.get("/v1/policy/versions/{version}", **operation("Read a policy version", **_SHOWN, problems=(404,)))
async def read_version(
    version: str,
    caller: Reader,
    shelf: Shelved,
) -> Response:
    """Its text, what is proved of it, and how it differs from the one in force."""
    return reply(await _shown(version, shelf))


@router.post(
    "/v1/policy/versions",
    **operation(
        "Upload a draft",
        **_SHOWN,
        body_example=b.DraftBody(text="counterseal: 1\npolicy: hardened\n", note="new addresses wait two days"),
        status=201,
        problems=(409,),
    ),
)
async def upload_version(
    caller: Editor,
    write: Writes,
    wanted: Annotated[b.DraftBody, json_body(b.DraftBody)],
    shelf: Shelved,
) -> Response:
    """Keep a policy as a draft; nothing decides by it. 422 names every fault with its line and column."""
    try:
        made = await shelf.versions.upload(
            wanted.text, wanted.vocabulary, wanted.note, caller.token_id, write.of(Uploaded)
        )
    except PolicyError as error:
        raise _faults(error) from None
    shelf.versions.start_examination(made.result.version)
    body = await _shown(made.result.version, shelf)
    return reply(body, status=201, replayed=made.replayed)


@router.post(
    "/v1/policy/versions/{version}/examine",
    **operation("Examine a version", **_SHOWN, status=202, problems=(404,)),
)
async def examine_version(
    version: str,
    caller: Editor,
    _write: Writes,
    shelf: Shelved,
) -> Response:
    """Prove it and compare it with the policy in force, beside everything else; read the version until `examining`
    is over. A verdict that is there already is not made again."""
    await shelf.versions.read(version)
    shelf.versions.start_examination(version)
    return reply(await _shown(version, shelf), status=202)


@router.post(
    "/v1/policy/versions/{version}/publish",
    **operation("Publish a version", **_SHOWN, body_example=examples.PUBLISH, problems=(404, 409)),
)
async def publish_version(
    version: str,
    caller: Annotated[Caller, require(Scope.POLICY_PUBLISH)],
    write: Writes,
    officers: Annotated[Officers, two_passkeys],
    wanted: Annotated[b.PublishBody, json_body(b.PublishBody)],
    shelf: Shelved,
) -> Response:
    """Two publishers (`Approval`, never tokens) put it in force for all processes in one commit; an earlier version
    in the same way. No running hold or delay ends sooner; seals that were issued are decided again at redemption.
    The version that is replaced is examined against it at once, so that a roll back can be signed.
    409 `verdict_mismatch`, `policy_moved_on`: what they signed is not what is so now."""
    given = Publish(
        *(wanted.verdict, wanted.replaces, wanted.weaker, wanted.failing, wanted.locked_out, wanted.apart)
    )
    done = await shelf.versions.publish(version, given, officers.names, write.of(Uploaded))
    if not done.replayed:
        shelf.versions.start_examination(version_of(wanted.replaces))
    return reply(await _shown(version, shelf), replayed=done.replayed)


def _faults(error: PolicyError) -> ValidationError:
    """Every fault with its place, as RFC 9457 problems carry them."""
    found = error.faults if isinstance(error, PolicyFaults) else (error,)
    pointer = "/vocabulary" if error.code.startswith("vocabulary") else "/text"
    faults = [
        Fault(pointer, f"line {each.span.line}, column {each.span.column}: {each.sentence} [{each.code}]")
        for each in found
    ]
    sentence = f"the policy has {len(faults)} fault{'' if len(faults) == 1 else 's'}"
    return ValidationError(sentence, code="policy_invalid", faults=faults, hint=error.hint)


def _state(found: Version, in_force: str, run: Run | None, proposed: dict[str, str]) -> b.State:
    if found.digest == in_force:
        return "in_force"
    if found.id in proposed:
        return "proposed"
    if run is not None and run.state == "running" and run.version == found.id:
        return "shadow"
    return "retired" if found.published else "draft"


async def _proposed(desk: Desk) -> dict[str, str]:
    """Version -> the approval of its publishing that is not used yet."""
    found: dict[str, str] = {}
    for status in ("open", "approved"):
        for each in await desk.listed(status, None, after="", limit=MOST_APPROVALS):
            begin, _, end = each.approval.path.rpartition("/")
            if each.approval.method == "POST" and end == "publish" and begin.startswith("/v1/policy/versions/"):
                found[begin.rpartition("/")[2]] = each.approval.id
    return found


async def _shown(version: str, shelf: Shelf) -> b.VersionView:
    versions, names = shelf.versions, shelf.names
    examining = versions.examining(version)  # before the version is read: else it could be neither made nor there
    found, in_force = await versions.read(version), await versions.in_force()
    proposed = await _proposed(shelf.desk)
    told = await names.of([found.author, *(name for each in found.published for name in each.by)])
    state = _state(found, in_force, await shelf.shadows.current(), proposed)
    row = shown.row_of(
        found,
        state,
        told,
        approval=proposed.get(version, ""),
        examining=examining,
        fault=versions.fault(version),
    )
    return shown.version_view(row, found, told, in_force)
