# SPDX-License-Identifier: Apache-2.0
"""Every error that leaves over HTTP is a problem (RFC 9457); one table says which status an error has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response
from structlog.contextvars import get_contextvars

from counterseal.access.model import TokenRefusedError
from counterseal.core.errors import (
    ConflictError,
    CountersealError,
    ForbiddenError,
    InputError,
    NotFoundError,
    PolicyError,
    ThrottledError,
    UnavailableError,
)
from counterseal.core.transaction import IdempotencyMismatchError
from counterseal.judicial.disclosure.stored import GoneError
from counterseal.staff.model import SignInRefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:counterseal:problem:"
UNAVAILABLE_RETRY_SECONDS = 1
INTERNAL_ERROR = 500


class Fault(msgspec.Struct, frozen=True):
    """One wrong place in what was sent. `pointer`: a JSON pointer (RFC 6901) into the body, or `/query/NAME`."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 section 3, with `code` (stable), `hint` (what to do) and `errors` (section 3.1's example).
    `trace_id`: where traces are on, the trace in which this request was kept."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    hint: str = ""
    errors: tuple[Fault, ...] = ()
    trace_id: str = ""


class BadRequestError(InputError):
    """The request is malformed: not HTTP, JSON or UTF-8 as it should be (400)."""

    code = "request_malformed"


class UnsupportedMediaTypeError(InputError):
    """The body is not of the media type that this operation takes (415)."""

    code = "media_type_unsupported"


class BodyTooLargeError(InputError):
    """The body is larger than the limit of the settings (413)."""

    code = "body_too_large"


class ValidationError(InputError):
    """The body or query is well-formed but not what this operation takes (422); `faults` say where."""

    code = "validation_failed"

    def __init__(self, sentence: str, *, faults: Sequence[Fault], code: str | None = None, hint: str = "") -> None:
        super().__init__(sentence, code=code, hint=hint)
        self.faults = tuple(faults)


class UnauthenticatedError(CountersealError):
    """No acceptable bearer token came (401, RFC 6750 section 3)."""

    code = "unauthenticated"


class InsufficientScopeError(ForbiddenError):
    """The token lacks a scope (403 with `insufficient_scope`, RFC 6750 section 3.1)."""

    code = "insufficient_scope"

    def __init__(self, needed: Sequence[str]) -> None:
        super().__init__(
            f"this operation needs the scope {' '.join(f'`{scope}`' for scope in needed)}",
            hint="create a token with this scope",
        )
        self.needed = tuple(needed)


class InsufficientAuthenticationError(CountersealError):
    """The person behind the request must authenticate again or more strongly (401, RFC 9470 section 3)."""

    code = "insufficient_user_authentication"

    def __init__(self, sentence: str, *, acr: Sequence[str] = (), max_age: int | None = None) -> None:
        super().__init__(sentence, hint="authenticate again and repeat the request")
        self.acr = tuple(acr)
        self.max_age = max_age


# The status of an error is that of the nearest class above it in the tree.
STATUS: Mapping[type[BaseException], int] = {
    BadRequestError: 400,
    BodyTooLargeError: 413,
    ConflictError: 409,
    ForbiddenError: 403,
    GoneError: 410,
    IdempotencyMismatchError: 422,
    InputError: 422,
    InsufficientAuthenticationError: 401,
    NotFoundError: 404,
    PolicyError: 422,
    SignInRefusedError: 401,
    ThrottledError: 429,
    TokenRefusedError: 401,
    UnauthenticatedError: 401,
    UnavailableError: 503,
    UnsupportedMediaTypeError: 415,
    ValidationError: 422,
}

# Problems that the framework itself raises: code and sentence by status.
FRAMEWORK: Mapping[int, tuple[str, str, str]] = {
    404: ("route_not_found", "there is nothing at this path", "the API reference is at /docs"),
    405: ("method_not_allowed", "this path does not take this method", "the Allow header names those it takes"),
}


def status_of(error: BaseException) -> int:
    """The HTTP status of an error: 500 for what is not in the table."""
    return next((STATUS[each] for each in type(error).__mro__ if each in STATUS), INTERNAL_ERROR)


def problem_response(
    code: str,
    status: int,
    detail: str,
    *,
    request_id: str,
    hint: str = "",
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response of type application/problem+json."""
    problem = Problem(
        type=TYPE_PREFIX + code,
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        instance=f"urn:counterseal:request:{request_id}",
        code=code,
        hint=hint,
        errors=tuple(faults),
        trace_id=get_contextvars().get("trace_id", ""),
    )
    return Response(msgspec.json.encode(problem), status, headers=headers, media_type=PROBLEM_JSON)


def response_for(error: CountersealError, *, request_id: str, now: int) -> Response:
    """The problem for an error of our tree. `now` (ms) turns `retry_at` into seconds."""
    status = status_of(error)
    if status == INTERNAL_ERROR:
        return internal_error(request_id=request_id)
    return problem_response(
        error.code,
        status,
        error.sentence,
        request_id=request_id,
        hint=error.hint,
        faults=_faults_of(error),
        headers=_headers_of(error, now),
    )


def problem_for(error: Exception, *, request_id: str, now: int) -> Response:
    """The problem for any exception."""
    if isinstance(error, CountersealError):
        return response_for(error, request_id=request_id, now=now)
    return internal_error(request_id=request_id)


def internal_error(*, request_id: str) -> Response:
    """500: the caller learns the request id and nothing else."""
    return problem_response(
        "internal_error",
        INTERNAL_ERROR,
        "something went wrong on our side",
        request_id=request_id,
        hint="give the operator this request id; the log has the details",
    )


def framework_response(error: HTTPException, *, request_id: str) -> Response:
    """The problem for an exception of Starlette or FastAPI (no such route, method not allowed, ...)."""
    status = error.status_code
    phrase = HTTPStatus(status).phrase
    code, sentence, hint = FRAMEWORK.get(
        status, (phrase.lower().replace(" ", "_").replace("-", "_"), phrase.lower(), "")
    )
    return problem_response(code, status, sentence, request_id=request_id, hint=hint, headers=error.headers)


def request_id_of(request: Request) -> str:
    """The id that the edge gave to this request."""
    return str(request.scope.get("counterseal.request_id", "unknown"))


def _faults_of(error: CountersealError) -> tuple[Fault, ...]:
    if isinstance(error, ValidationError):
        return error.faults
    if isinstance(error, PolicyError):
        return (Fault("", f"line {error.span.line}, column {error.span.column}"),)
    return ()


def _headers_of(error: CountersealError, now: int) -> dict[str, str]:
    match error:
        case ThrottledError():
            return {"Retry-After": str(max(1, -(-(error.retry_at - now) // 1000)))}
        case UnavailableError():
            return {"Retry-After": str(UNAVAILABLE_RETRY_SECONDS)}
        case InsufficientScopeError():
            return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{" ".join(error.needed)}"'}
        case InsufficientAuthenticationError():
            parts = ['Bearer error="insufficient_user_authentication"']
            if error.acr:
                parts.append(f'acr_values="{" ".join(error.acr)}"')
            if error.max_age is not None:
                parts.append(f"max_age={error.max_age}")
            return {"WWW-Authenticate": ", ".join(parts)}
        case TokenRefusedError():
            return {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        case UnauthenticatedError() | SignInRefusedError():
            return {"WWW-Authenticate": 'Bearer realm="counterseal"'}
        case _:
            return {}
