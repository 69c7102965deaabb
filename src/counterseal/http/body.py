# SPDX-License-Identifier: Apache-2.0
"""Bodies and queries come in through msgspec Structs, replies leave through `reply`: one way for all routes.

Structs for bodies derive from `Body`, those for replies from `Reply`; see docs/adr/0004-msgspec-at-the-edge.md.
"""

import functools
import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from counterseal.http.errors import (
    BadRequestError,
    Fault,
    UnsupportedMediaTypeError,
    ValidationError,
)
from counterseal.http.limits import read_body

T = TypeVar("T")

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
ENCODER: Final = msgspec.json.Encoder(decimal_format="string")
_AT = re.compile(r" - at `(?P<key>key in )?\$(?P<path>.*)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of what routes take: unknown fields are refused."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what routes answer: every field is always there."""


@functools.cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast("Any", kind))


async def body(request: Request, kind: type[T]) -> T:
    """The JSON body as `kind`. Raises 415, 413, 400 (not JSON) or 422 with a JSON pointer (not `kind`)."""
    _check_media_type(request, JSON)
    data = await read_body(request.scope, request.receive)
    return decode(data, kind)


def decode(data: bytes, kind: type[T]) -> T:
    """JSON text as `kind`; BadRequestError, or ValidationError with a pointer. No NUL in any string."""
    try:
        value: T = _decoder(cast("Hashable", kind)).decode(data)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequestError("the body is not JSON in UTF-8", code="json_invalid") from None
    if b"\\u0000" in data and (pointer := nul_in(msgspec.json.decode(data))) is not None:
        raise ValidationError(
            "a string contains a NUL character", faults=[Fault(pointer, "contains a NUL character")]
        )
    return value


def nul_in(value: object, pointer: str = "") -> str | None:
    """The JSON pointer of the first string or name with a NUL, or None."""
    match value:
        case str():
            return pointer if "\0" in value else None
        case list():
            pairs = [(str(index), each) for index, each in enumerate(value)]
        case dict():
            pairs = list(value.items())
        case _:
            return None
    for name, each in pairs:
        inner = f"{pointer}/{_escape(name)}"
        if "\0" in name:
            return pointer
        if (found := nul_in(each, inner)) is not None:
            return found
    return None


class JsonBody:
    """Dependency: the JSON body as a Struct."""

    place = "json"

    def __init__(self, kind: type) -> None:
        self.kind = kind

    async def __call__(self, request: Request) -> Any:
        """Read and decode the body."""
        return await body(request, self.kind)


class Query:
    """Dependency: the query as a Struct of plain fields; lists and unknown names are refused."""

    place = "query"

    def __init__(self, kind: type) -> None:
        self.kind = kind

    async def __call__(self, request: Request) -> Any:
        """Read and decode the query."""
        raw: bytes = request.scope["query_string"]
        pairs = parse_qsl(raw.decode(), keep_blank_values=True) if raw else []
        values = dict(pairs)
        if len(values) != len(pairs):
            raise ValidationError("a query name comes twice", faults=[Fault("/query", "a name comes twice")])
        try:
            return msgspec.convert(values, self.kind, strict=False)
        except msgspec.ValidationError as error:
            raise _invalid(str(error), prefix="/query") from None


class Form:
    """Dependency: the fields of an HTML form (owner's pages only), each at most once."""

    place = "form"

    def __init__(self, kind: type) -> None:
        self.kind = kind

    async def __call__(self, request: Request) -> Any:
        """Read and decode the form."""
        _check_media_type(request, FORM)
        data = await read_body(request.scope, request.receive)
        try:
            pairs = parse_qsl(data.decode(), keep_blank_values=True, errors="strict", max_num_fields=32)
        except ValueError:
            raise BadRequestError("the form is not readable", code="form_invalid") from None
        values = dict(pairs)
        if len(values) != len(pairs) or any("\0" in text for pair in pairs for text in pair):
            raise BadRequestError("the form is not readable", code="form_invalid")
        try:
            return msgspec.convert(values, self.kind, strict=False)
        except msgspec.ValidationError as error:
            raise _invalid(str(error)) from None


class Upload:
    """Dependency: the body as it came, whatever its media type says: a file from a stranger."""

    place = "upload"

    async def __call__(self, request: Request) -> bytes:
        """Read the body."""
        return await read_body(request.scope, request.receive)


def json_body(kind: type) -> Any:
    """The JSON body.

    `asked: Annotated[AskBody, json_body(AskBody)]`
    """
    return Depends(JsonBody(kind))


def query(kind: type) -> Any:
    """The query.

    `page: Annotated[Page, query(Page)]`
    """
    return Depends(Query(kind))


def upload() -> Any:
    """A file.

    `data: Annotated[bytes, upload()]`
    """
    return Depends(Upload())


def form(kind: type) -> Any:
    """An HTML form.

    `fields: Annotated[Confirm, form(Confirm)]`
    """
    return Depends(Form(kind))


def reply(
    value: Any, *, status: int = 200, replayed: bool = False, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON response. `replayed`: this answers a repeated Idempotency-Key (`Idempotency-Replayed: true`)."""
    response = Response(ENCODER.encode(value), status, headers, JSON)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def pointer_of(path: str) -> str:
    """A path of msgspec (`.payments[0].amount`) as a JSON pointer (`/payments/0/amount`), as far as it is known."""
    steps: Sequence[tuple[str, str]] = _STEP.findall(path)
    parts = []
    for name, index in steps:
        if index == "...":  # a value of a mapping: msgspec does not say which
            break
        parts.append(_escape(name or index))
    return "".join(f"/{part}" for part in parts)


def _invalid(message: str, *, prefix: str = "") -> ValidationError:
    found = _AT.search(message)
    detail = message[: found.start()] if found else message
    pointer = prefix + (pointer_of(found["path"]) if found else "")
    for pattern in (_UNKNOWN, _MISSING):
        if named := pattern.fullmatch(detail):
            pointer += f"/{_escape(named['name'])}"
    detail = detail[:1].lower() + detail[1:]
    return ValidationError(
        f"{'the query' if prefix else 'the body'} does not fit this operation: {detail}",
        faults=[Fault(pointer, detail)],
    )


def _escape(name: str) -> str:
    """A name inside a JSON pointer (RFC 6901 section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _check_media_type(request: Request, expected: str) -> None:
    for name, value in request.scope["headers"]:
        if name == b"content-type":
            if value.split(b";", 1)[0].strip().lower() == expected.encode():
                return
            break
    raise UnsupportedMediaTypeError(
        f"this operation takes `{expected}`", hint=f"send the header `Content-Type: {expected}`"
    )
