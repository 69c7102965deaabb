# SPDX-License-Identifier: Apache-2.0
"""A member of staff's own passkeys: see them, add one, remove one."""

from __future__ import annotations

from typing import Annotated, Any, Final

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers import staff_bodies as b
from counterseal.http.routers.staff_signin import check_passkey, signed_in
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.staff.keys import Answer, Keys, id_of
from counterseal.staff.model import Staff
from counterseal.staff.service import StaffService

router = Router(tags=["staff"])
Someone = Annotated[Caller, require(Scope.STAFF_READ)]
People = Annotated[StaffService, area(StaffService)]
Own = Annotated[Keys, area(Keys)]


class PasskeyView(Reply, frozen=True):
    """One of your passkeys. `last`: when it was used last (ms), 0 = not since it was enrolled."""

    id: str
    name: str
    created: int
    last: int


class PasskeyList(Reply, frozen=True):
    """In the order of their enrolment."""

    items: list[PasskeyView]


class AddOptionsView(Reply, frozen=True):
    """First `prove` for `navigator.credentials.get`, then `create` for `navigator.credentials.create`."""

    prove: dict[str, Any]
    create: dict[str, Any]


class AddPasskeyBody(Body, frozen=True):
    """`proof`: by a passkey that you have; `made`: the new one."""

    proof: b.AnswerBody
    made: b.AnswerBody
    name: b.Label


_LIST: Final = PasskeyList(
    items=[PasskeyView(id="9f86d081884c7d65", name="work laptop", created=b.NOON, last=b.NOON + 60_000)]
)


@router.get("/v1/staff/passkeys", **operation("List your passkeys", reply=PasskeyList, example=_LIST))
async def list_own_passkeys(caller: Someone, people: People) -> Response:
    """Only your own."""
    return reply(_view(await people.staff(signed_in(caller))))


@router.post(
    "/v1/staff/passkeys/options",
    **operation(
        "Options to add a passkey",
        reply=AddOptionsView,
        example=AddOptionsView(prove=b.REQUEST_OPTIONS, create=b.CREATE_OPTIONS),
    ),
)
async def own_passkey_options(
    caller: Someone, _write: Annotated[Write, idempotent], people: People, keys: Own
) -> Response:
    """Two challenges: to prove a passkey that you have, and to make a new one."""
    prove, create = keys.options(await people.staff(signed_in(caller)))
    return reply(AddOptionsView(prove=prove, create=create))


@router.post(
    "/v1/staff/passkeys",
    **operation(
        "Add a passkey",
        reply=PasskeyList,
        example=_LIST,
        status=201,
        body_example=AddPasskeyBody(proof=b.ANSWER, made=b.ANSWER, name="key in the safe"),
        problems=(401, 409),
    ),
)
async def add_own_passkey(
    caller: Someone,
    write: Annotated[Write, idempotent],
    asked: Annotated[AddPasskeyBody, json_body(AddPasskeyBody)],
    people: People,
    keys: Own,
) -> Response:
    """A session alone is not enough: one of your passkeys says yes to the new one."""
    done = await keys.add(
        await people.staff(signed_in(caller)),
        Answer(asked.proof.challenge, asked.proof.response),
        Answer(asked.made.challenge, asked.made.response),
        asked.name,
        idempotency=write.of(Staff),
    )
    return reply(_view(done.result), status=201, replayed=done.replayed)


@router.post(
    "/v1/staff/passkeys/{passkey}/remove",
    **operation("Remove a passkey", reply=PasskeyList, example=_LIST, problems=(404, 409)),
)
async def remove_own_passkey(
    passkey: str, caller: Someone, write: Annotated[Write, idempotent], keys: Own
) -> Response:
    """Never the last. Every session of yours but this one ends."""
    check_passkey(caller)
    staff = signed_in(caller)
    done = await keys.remove(staff, passkey, caller.session, idempotency=write.of(Staff))
    return reply(_view(done.result), replayed=done.replayed)


def _view(staff: Staff) -> PasskeyList:
    return PasskeyList(
        items=[
            PasskeyView(id=id_of(each), name=each.name, created=each.created, last=each.last)
            for each in staff.passkeys
        ]
    )
