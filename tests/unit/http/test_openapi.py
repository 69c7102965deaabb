# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document is valid, complete, and true to what the routes take; the reference needs no other host."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from counterseal.http.app import openapi_of, routes_of
from counterseal.http.errors import STATUS
from counterseal.http.openapi import PROBLEM_TEXTS
from counterseal.wiring.application import ROUTERS, TEST_ROUTERS
from tests.support.http_app import running

# The rules of OpenAPI 3.1 that a client generator depends on, as JSON Schema.
SHAPE = {
    "type": "object",
    "required": ["openapi", "info", "servers", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"},
        "info": {"required": ["title", "version"]},
        "servers": {"type": "array", "minItems": 1, "items": {"required": ["url"]}},
        "paths": {
            "patternProperties": {
                "^/": {
                    "additionalProperties": {
                        "required": ["operationId", "summary", "tags", "security", "responses"],
                        "properties": {"tags": {"minItems": 1}, "summary": {"pattern": "^[A-Z]"}},
                    },
                    "propertyNames": {"enum": ["get", "put", "post", "delete", "patch"]},
                }
            },
            "additionalProperties": False,
        },
    },
}


@pytest.fixture(scope="module")
def document() -> Any:
    async def run() -> Any:
        async with running(routers=(*ROUTERS, *TEST_ROUTERS)) as app:
            return openapi_of(app.app)

    return msgspec.json.decode(msgspec.json.encode(asyncio.run(run())))


def operations(document: Any) -> list[tuple[str, Any]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def resolve(document: Any, node: Any) -> Any:
    while "$ref" in node:
        found = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def examples(operation: Any) -> list[tuple[Any, Any]]:
    """(schema, example) of body and success."""
    places = [operation.get("requestBody", {})]
    places += [answer for status, answer in operation["responses"].items() if status.startswith(("2", "3"))]
    contents = [content for place in places for content in place.get("content", {}).values()]
    return [(content["schema"], content["example"]) for content in contents if "example" in content]


def test_the_document_has_the_shape_of_openapi(document: Any) -> None:
    jsonschema_rs.validate(SHAPE, document)


def test_every_reference_leads_somewhere(document: Any) -> None:
    references = re.findall(r'"\$ref":"(#[^"]+)"', msgspec.json.encode(document).decode())
    assert references
    for reference in set(references):
        resolve(document, {"$ref": reference})


def test_operation_ids_are_unique(document: Any) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_operation_has_an_example_and_a_problem_of_the_caller(document: Any) -> None:
    for name, operation in operations(document):
        assert examples(operation), f"{name} has no example"
        problems = [status for status in operation["responses"] if status.startswith("4")]
        assert problems, f"{name} has no 4xx problem"
        contents = [resolve(document, operation["responses"][status])["content"] for status in problems]
        assert all("example" in each for content in contents for each in content.values()), name
        assert any("application/problem+json" in content for content in contents), name


def test_every_body_of_a_write_has_an_example(document: Any) -> None:
    for name, operation in operations(document):
        if "requestBody" in operation:
            [content] = operation["requestBody"]["content"].values()  # JSON, or the form of a page
            assert "example" in content, name


def test_every_example_fits_its_schema(document: Any) -> None:
    for name, operation in operations(document):
        for schema, example in examples(operation):
            whole = {**schema, "components": document["components"]}
            assert jsonschema_rs.is_valid(whole, example), name


def test_every_tag_is_described(document: Any) -> None:
    known = {tag["name"] for tag in document["tags"]}
    assert known == {tag for _, operation in operations(document) for tag in operation["tags"]}


def test_writes_show_the_idempotency_key_and_guarded_operations_their_scopes(document: Any) -> None:
    for name, operation in operations(document):
        headers = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
        guarded = bool(operation["security"])
        if guarded:
            assert operation["security"][0]["bearer"], name
            assert {"401", "403"} <= set(operation["responses"]), name
        if guarded and not name.startswith("GET"):
            assert "Idempotency-Key" in headers, name


def test_path_parameters_are_those_of_the_path(document: Any) -> None:
    for name, operation in operations(document):
        declared = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", name)), name


def test_every_status_of_the_table_is_documented() -> None:
    assert set(STATUS.values()) <= set(PROBLEM_TEXTS)


def test_the_document_names_every_shown_route(document: Any) -> None:
    async def run() -> Any:
        async with running(routers=(*ROUTERS, *TEST_ROUTERS)) as app:
            return routes_of(app.app)

    routes = [route for route in asyncio.run(run()) if route.include_in_schema]
    assert {route.path_format for route in routes} == set(document["paths"])


def test_the_reference_is_served_without_another_host() -> None:
    async def run() -> list[Any]:
        async with running() as app:
            page = await app.client.get("/docs")
            links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
            return [page, *[(await app.client.get(link)) for link in links]]

    page, *parts = asyncio.run(run())
    assert "//" not in page.text.replace("</", "")
    assert len(parts) == 3
    assert [part.status_code for part in parts] == [200, 200, 200]
    assert len(parts[2].content) > 1_000_000  # the bundle itself
    policy = page.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce
    assert f'<script nonce="{nonce[1]}">' in page.text
    assert "http" not in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]


def test_the_document_is_served_and_unknown_assets_are_not() -> None:
    async def run() -> list[Any]:
        async with running() as app:
            paths = ("/openapi.json", "/static/reference/core.py", "/static/reference/..%2Fcore.py")
            return [await app.client.get(path) for path in paths]

    document, missing, outside = asyncio.run(run())
    assert document.json()["openapi"] == "3.1.0"
    assert missing.status_code == 404
    assert outside.status_code in {404, 422}
