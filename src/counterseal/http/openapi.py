# SPDX-License-Identifier: Apache-2.0
"""OpenAPI 3.1 from the signatures of the routes and the msgspec Structs in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from counterseal.http.errors import PROBLEM_JSON, TYPE_PREFIX, Problem
from counterseal.http.staff_session import COOKIE, VIEWED, VIEWED_ACTION, VIEWED_MEMBER, VIEWED_REQUEST, WATCHED
from counterseal.staff.roles import ROLE_SCOPES

if TYPE_CHECKING:
    from counterseal.http.routing import DirectRoute

REF: Final = "#/components/schemas/{name}"
FILE: Final = {"type": "string", "format": "binary"}
WRITE_STATUSES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PROBLEM_TEXTS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("request_malformed", "the body is not JSON in UTF-8"),
    401: ("token_refused", "this token is not accepted"),
    403: ("insufficient_scope", "this operation needs the scope `actions:write`"),
    404: ("not_found", "there is no such account"),
    409: ("conflict", "the action is over"),
    410: ("package_fetched", "the package was fetched and is not kept any more"),
    413: ("body_too_large", "the body is larger than 65536 bytes"),
    415: ("media_type_unsupported", "this operation takes `application/json`"),
    422: ("validation_failed", "the body does not fit this operation: expected `str`, got `int`"),
    429: ("throttled", "too many wrong answers"),
    503: ("store_unavailable", "the store does not answer"),
}


class Operation(msgspec.Struct, frozen=True):
    """What the signature does not say. `reply`: Struct type, or None for no JSON body. Examples are Structs."""

    reply: Any
    status: int
    example: Any
    body_example: Any
    problems: tuple[int, ...]
    media_type: str
    others: Mapping[int, Any]


def operation(
    summary: str,
    *,
    reply: Any = None,
    example: Any = None,
    body_example: Any = None,
    status: int = 200,
    problems: Sequence[int] = (),
    media_type: str = "application/json",
    others: Mapping[int, Any] | None = None,
) -> dict[str, Any]:
    """Arguments for `@router.post(path, **operation(...))`.

    `example` of the reply and `body_example` are Structs (so they cannot rot); `problems` are the statuses
    that this operation adds to what its signature implies (401, 403, 400, 413, 415, 422, 503). `others`:
    examples (Structs, or text of `media_type`) of further answers that are no problems, by status.
    """
    described = Operation(reply, status, example, body_example, tuple(problems), media_type, others or {})
    return {
        "summary": summary,
        "status_code": status,
        "response_model": None,
        "openapi_extra": {"operation": described},
    }


def describe(
    routes: Iterable[DirectRoute], *, info: Mapping[str, Any], server: str, tags: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes."""
    shown = [route for route in routes if route.include_in_schema]
    types = list(dict.fromkeys([Problem, *(kind for route in shown for kind in _types_of(route))]))
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    by_type = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        for method in sorted((route.methods or set()) - {"HEAD"}):
            paths.setdefault(route.path_format, {})[method.lower()] = _operation(route, method, by_type)
    return {
        "openapi": "3.1.0",
        "info": dict(info),
        "servers": [{"url": server}],
        "tags": list(tags),
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A platform token: `cs_` and 49 characters. The scopes it needs stand at each"
                    " operation.",
                },
                "staff": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": COOKIE,
                    "description": "A session of staff, as far as its roles reach. Writes also need `X-Counterseal:"
                    " console` and the Origin of this server.",
                },
            },
            "responses": {f"Problem{status}": _problem(status, by_type) for status in PROBLEM_TEXTS},
        },
    }


def _types_of(route: DirectRoute) -> list[Any]:
    found = [dependency.kind for dependency in _shaped(route)]
    if route.operation is not None and route.operation.reply is not None:
        found.append(route.operation.reply)
    if route.operation is not None:
        found += [type(each) for each in route.operation.others.values() if not isinstance(each, str)]
    return found


def _shaped(route: DirectRoute) -> list[Any]:
    """The dependencies that read a Struct from the request."""
    return [call for _, call in route.resolvers if getattr(call, "place", None) in {"json", "form", "query"}]


def _operation(route: DirectRoute, method: str, by_type: Mapping[Any, Any]) -> dict[str, Any]:
    described = route.operation
    if described is None:
        raise TypeError(f"{method} {route.path}: describe it with operation(...)")
    scopes = next((call.needed for _, call in route.resolvers if hasattr(call, "needed")), None)
    result: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": list(route.tags),
        "security": [] if scopes is None else _security([str(scope) for scope in scopes]),
        "parameters": _parameters(route),
        "responses": _responses(route, method, described, by_type, authenticated=scopes is not None),
    }
    if route.description:
        result["description"] = route.description
    if any(getattr(call, "place", None) == "upload" for _, call in route.resolvers):
        held = {"schema": FILE, "example": "%PDF-1.7 ..."}
        result["requestBody"] = {"required": True, "content": {"application/octet-stream": held}}
    for call in _shaped(route):
        if call.place == "query":
            continue
        media = "application/json" if call.place == "json" else "application/x-www-form-urlencoded"
        content: dict[str, Any] = {"schema": by_type[call.kind]}
        if described.body_example is not None:
            content["example"] = plain(described.body_example)
        result["requestBody"] = {"required": True, "content": {media: content}}
    return result


def _security(scopes: list[str]) -> list[dict[str, list[str]]]:
    """A token with these scopes, or a session of staff if some role reaches them."""
    token = {"bearer": scopes}
    return [token, {"staff": []}] if any(held.issuperset(scopes) for held in ROLE_SCOPES.values()) else [token]


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
    }


def _parameters(route: DirectRoute) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": route.schema_of_path(numeric=numeric),
        }
        for name, numeric in route.converters
    ]
    named = {name for name, _ in route.converters}
    found += [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in route.param_convertors
        if name not in named
    ]
    for call in _shaped(route):
        if call.place == "query":
            found += _query_parameters(call.kind)
    for call in (call for _, call in route.resolvers if getattr(call, "place", None) == "officers"):
        found.append(_header("Approval", "An approval that two members of staff signed for exactly this request."))
        if call.tokens:
            found.append(_header("Second-Officer", "The second officer's token, where settings allow tokens."))
    if "GET" in (route.methods or ()):
        if route.path.startswith(VIEWED) or route.path in {VIEWED_ACTION, *VIEWED_MEMBER}:
            found.append(_header("Purpose", "Staff only: why you look at this account. It stands in the log."))
        elif route.path in WATCHED or route.path.startswith(VIEWED_REQUEST):
            found.append(
                _header("Purpose", "Staff only, may be left out: why you follow this. It stands in the log.")
            )
    if any(getattr(call, "place", None) == "idempotency" for _, call in route.resolvers):
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "Fresh for each new write, the same when the write is repeated.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                "example": "7f9c24e8-3b1a-4c5d-9e8f-0a1b2c3d4e5f",
            }
        )
    return found


def _query_parameters(kind: Any) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([kind], ref_template=REF)
    schema = components[kind.__name__]
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _responses(
    route: DirectRoute,
    method: str,
    described: Operation,
    by_type: Mapping[Any, Any],
    *,
    authenticated: bool,
) -> dict[str, Any]:
    success: dict[str, Any] = {"description": HTTPStatus(described.status).phrase}
    if described.reply is not None:
        content = {"schema": by_type[described.reply]}
        if described.example is not None:
            content["example"] = plain(described.example)
        success["content"] = {described.media_type: content}
    elif described.example is not None:
        success["content"] = {described.media_type: {"schema": {"type": "string"}, "example": described.example}}
    statuses = {400, 503, *described.problems}
    if authenticated:
        statuses |= {401, 403}
    if route.converters or _shaped(route):
        statuses.add(422)
    if method in WRITE_STATUSES:
        statuses |= {413, 422}
    if any(call.place in {"json", "form"} for call in _shaped(route)):
        statuses.add(415)
    problems = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}
    others = {
        str(status): {"description": HTTPStatus(status).phrase, "content": _other(example, described, by_type)}
        for status, example in described.others.items()
    }
    return {str(described.status): success, **problems, **others}


def _other(example: Any, described: Operation, by_type: Mapping[Any, Any]) -> dict[str, Any]:
    """The content of an answer that is no problem: a Struct as JSON, a page, text as what the operation gives."""
    if isinstance(example, str):
        media = "text/html" if example.startswith("<!doctype html>") else described.media_type
        return {media: {"schema": {"type": "string"}, "example": example}}
    return {"application/json": {"schema": by_type[type(example)], "example": plain(example)}}


def _problem(status: int, by_type: Mapping[Any, Any]) -> dict[str, Any]:
    code, detail = PROBLEM_TEXTS[status]
    example = Problem(
        type=TYPE_PREFIX + code,
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        instance="urn:counterseal:request:0192f0c1a2b3c4d5",
        code=code,
    )
    response: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {PROBLEM_JSON: {"schema": by_type[Problem], "example": plain(example)}},
    }
    if status in {429, 503}:
        response["headers"] = {
            "Retry-After": {"description": "Seconds", "schema": {"type": "integer", "minimum": 1}}
        }
    if status == HTTPStatus.UNAUTHORIZED:
        response["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return response


def plain(value: Any) -> Any:
    """A Struct as the JSON that it becomes."""
    return msgspec.to_builtins(value, builtin_types=())
