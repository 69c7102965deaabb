# SPDX-License-Identifier: Apache-2.0
"""The API reference at /docs: Swagger UI from a Python package, so that no third party's host is asked.

See docs/adr/0003-api-reference.md.
"""

import importlib.resources
import json
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.responses import Response

from counterseal.core.errors import NotFoundError
from counterseal.http.openapi import operation
from counterseal.http.pages_security import HTML, new_nonce
from counterseal.http.routing import Router

ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon.png": "image/png",
}
PREFIX: Final = "/static/reference/"
DAY_CACHE: Final = "public, max-age=86400"

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Counterseal API</title>
<link rel="icon" href="{prefix}favicon.png">
<link rel="stylesheet" href="{prefix}swagger-ui.css">
<div id="reference"></div>
<script src="{prefix}swagger-ui-bundle.js"></script>
<script nonce="{nonce}">
SwaggerUIBundle({options});
</script>
</html>
"""


def reference_router(document: Callable[[], dict[str, Any]]) -> Router:
    """Routes for the document and the page that shows it; `document` is asked at each call."""
    router = Router(tags=["reference"])
    encoded: list[bytes] = []

    @router.get("/openapi.json", include_in_schema=False, **operation("This document"))
    async def openapi_document() -> Response:
        if not encoded:
            encoded.append(msgspec.json.encode(document()))
        return Response(encoded[0], media_type="application/json")

    @router.get("/docs", include_in_schema=False, **operation("The API reference"))
    async def reference() -> Response:
        nonce = new_nonce()
        options = {
            "url": "/openapi.json",
            "dom_id": "#reference",
            "deepLinking": True,
            "persistAuthorization": False,  # a token must not outlive the tab
            "validatorUrl": None,  # would ask a third party
        }
        html = _PAGE.format(prefix=PREFIX, nonce=nonce, options=json.dumps(options))
        response = Response(html, media_type=HTML)
        response.headers["content-security-policy"] = (
            f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return response

    @router.get(PREFIX + "{file}", include_in_schema=False, **operation("A part of the reference"))
    async def reference_asset(file: str) -> Response:
        if file not in ASSETS:
            raise NotFoundError("there is no such file", code="file_not_found")
        data = importlib.resources.files("fastapi_offline").joinpath("static", file).read_bytes()
        return Response(data, media_type=ASSETS[file], headers={"cache-control": DAY_CACHE})

    return router
