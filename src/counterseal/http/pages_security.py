# SPDX-License-Identifier: Apache-2.0
"""Headers that every response carries, and the stricter or wider policy of pages for people."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

# For everything that is not a page: nothing may be loaded, framed, sniffed or kept.
API_HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
TRANSPORT_SECURITY: Final = "max-age=63072000; includeSubDomains"
NONCE_BYTES: Final = 16
HTML: Final = "text/html; charset=utf-8"


def edge_headers(*, https: bool) -> list[tuple[bytes, bytes]]:
    """The headers of every response, as ASGI wants them; `https`: the public URL is https."""
    headers = dict(API_HEADERS)
    if https:
        headers["strict-transport-security"] = TRANSPORT_SECURITY
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def new_nonce() -> str:
    """A nonce for one page (CSP Level 3 section 2.3.1: at least 128 bits)."""
    return secrets.token_urlsafe(NONCE_BYTES)


def page_policy(*, nonce: str | None = None, connect: bool = False, scripts: bool = False) -> str:
    """The Content-Security-Policy of a page: our own styles, fonts and pictures; forms only to ourselves.

    With a nonce, a script and a style element that carry it may run; `scripts`: our own script files may;
    `connect`: scripts may call the API.
    """
    inline = f" 'nonce-{nonce}'" if nonce else ""
    parts = [
        "default-src 'none'",
        f"style-src 'self'{inline}",
        "font-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    if nonce or scripts:
        parts.append(f"script-src 'self'{inline}")
    if connect:
        parts.append("connect-src 'self'")
    return "; ".join(parts)


def page(
    html: str,
    *,
    status: int = 200,
    nonce: str | None = None,
    connect: bool = False,
    scripts: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page with its policy; never kept in a cache."""
    response = Response(html, status, headers, HTML)
    response.headers["content-security-policy"] = page_policy(nonce=nonce, connect=connect, scripts=scripts)
    return response
