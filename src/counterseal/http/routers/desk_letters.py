# SPDX-License-Identifier: Apache-2.0
"""Letters to authorities: write from a template, edit, have two sign the words, send to the registry's contact."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.transaction import Committed
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_letters_bodies as b
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.http.staff_names import Names
from counterseal.judicial.letters.model import Letter, LetterKind, Written
from counterseal.judicial.letters.service import Letters

router = Router(tags=["desk"])

Area = Annotated[Letters, area(Letters)]
People = Annotated[Names, area(Names)]
Reads = Annotated[Caller, require(Scope.DESK_READ)]
Writes = Annotated[Caller, require(Scope.DESK_WRITE)]
Key = Annotated[Write, idempotent]


@router.get(
    "/v1/desk/requests/{request}/letters",
    **operation(
        "List the letters of a request", reply=b.LetterList, example=b.LetterList(items=[b.LETTER]), problems=(404,)
    ),
)
async def list_letters(request: str, caller: Reads, letters: Area, people: People) -> Response:
    """The oldest first, drafts and what could not go out too."""
    found = await letters.of_request(request)
    names = await people.of(_people(*found))
    return reply(b.LetterList(items=[b.letter_view(each, names) for each in found]))


@router.get(
    "/v1/desk/requests/{request}/letter-options",
    **operation("Read what a letter can say", reply=b.LetterOptions, example=b.OPTIONS, problems=(404,)),
)
async def read_letter_options(request: str, caller: Reads, letters: Area) -> Response:
    """Whom a letter about this request may go to: contacts of the registry that count for it, and nobody else. And
    the reasons that the templates know, in both languages."""
    return reply(b.options_view(await letters.recipients(request)))


@router.post(
    "/v1/desk/requests/{request}/letters",
    **operation(
        "Write a letter",
        reply=b.LetterView,
        example=b.LETTER,
        status=201,
        body_example=b.LetterBody(kind=LetterKind.CLARIFICATION, reasons=["case_number", "window"]),
        problems=(404, 409),
    ),
)
async def write_letter(
    request: str,
    caller: Writes,
    write: Key,
    wanted: Annotated[b.LetterBody, json_body(b.LetterBody)],
    letters: Area,
    people: People,
) -> Response:
    """A draft from the template of its kind. Nothing goes out yet. A request that is suspected of being forged gets
    no letter (409 `letter_forged`)."""
    done = await letters.draft(
        request,
        wanted.kind,
        by=caller.token_id,
        language=wanted.language,
        contact=wanted.contact,
        reasons=wanted.reasons,
        categories=wanted.categories,
        idempotency=write.of(Written),
    )
    return await _written(letters, people, done, status=201)


@router.get(
    "/v1/desk/letters/{letter}",
    **operation("Read a letter", reply=b.LetterView, example=b.LETTER, problems=(404,)),
)
async def read_letter(letter: str, caller: Reads, letters: Area, people: People) -> Response:
    """Its words, where it goes, who wrote and who signed."""
    held = await letters.read(letter)
    return reply(b.letter_view(held, await people.of(_people(held))))


@router.post(
    "/v1/desk/letters/{letter}/edits",
    **operation(
        "Edit a letter",
        reply=b.LetterView,
        example=b.LETTER,
        body_example=b.EditBody(subject=b.LETTER.subject, text=b.LETTER.text),
        problems=(404, 409),
    ),
)
async def edit_letter(
    letter: str,
    caller: Writes,
    write: Key,
    wanted: Annotated[b.EditBody, json_body(b.EditBody)],
    letters: Area,
    people: People,
) -> Response:
    """Other words, or another contact of the registry. The subject keeps the reference; no client's data stand in a
    letter (422 `letter_names_client`). Signatures over the old words do not cover the new ones."""
    done = await letters.edit(
        letter,
        subject=wanted.subject,
        text=wanted.text,
        contact=wanted.contact,
        by=caller.token_id,
        idempotency=write.of(Written),
    )
    return await _written(letters, people, done)


@router.post(
    "/v1/desk/letters/{letter}/send",
    **operation(
        "Send a letter",
        reply=b.LetterView,
        example=b.LETTER,
        body_example=b.SendBody(digest=b.LETTER.digest),
        problems=(404, 409),
    ),
)
async def send_letter(
    letter: str,
    caller: Writes,
    write: Key,
    officers: Annotated[Officers, two_passkeys],
    wanted: Annotated[b.SendBody, json_body(b.SendBody)],
    letters: Area,
    people: People,
) -> Response:
    """Two sign its digest (`Approval`), one of whom wrote none of it. A letter that was changed since is refused
    (409 `letter_changed`). Just before it goes out, contact and request are looked at again."""
    done = await letters.send(
        letter, wanted.digest, officers=officers.names, by=caller.token_id, idempotency=write.of(Written)
    )
    return await _written(letters, people, done)


@router.post(
    "/v1/desk/letters/{letter}/discard",
    **operation("Discard a letter", reply=b.LetterView, example=b.LETTER, problems=(404, 409)),
)
async def discard_letter(letter: str, caller: Writes, write: Key, letters: Area, people: People) -> Response:
    """A draft that is not needed, or a letter that could not go out. It stays readable."""
    done = await letters.discard(letter, by=caller.token_id, idempotency=write.of(Written))
    return await _written(letters, people, done)


async def _written(letters: Letters, people: Names, done: Committed[Written], *, status: int = 200) -> Response:
    held = await letters.read(done.result.id)
    return reply(b.letter_view(held, await people.of(_people(held))), status=status, replayed=done.replayed)


def _people(*letters: Letter) -> list[str]:
    return [name for letter in letters for name in (*letter.writers, *letter.officers)]
