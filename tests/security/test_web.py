# SPDX-License-Identifier: Apache-2.0
"""Every answer of every route: headers, cookies, redirects, caches; what a proxy says."""

from __future__ import annotations

import re

import httpx2

from counterseal.http.app import routes_of
from counterseal.http.pages_security import API_HEADERS
from tests.support.server import Live, problem, served
from tests.support.staff import ORIGIN, Person, Team, browser

PARAMETER = re.compile(r"\{([a-z_]+)(?::path)?\}")
KEPT = {
    "/static/{file:path}",
    "/static/reference/{file}",
    "/console",
    "/console/{path:path}",
    "/openapi.json",
    "/docs",
}
OWN = {
    "cache-control",
    "content-security-policy",
    "referrer-policy",
}  # pages and files have their own, looked at below


def check(answer: httpx2.Response, where: str, *, template: str) -> None:
    headers = answer.headers
    for name, value in API_HEADERS.items():
        assert name in headers, (where, name)
        assert name in OWN or headers[name] == value, (where, name, headers[name])
    assert len(headers.get_list("content-security-policy")) == 1, where
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy, where
    assert "frame-ancestors 'none'" in policy, where
    # The API reference, which shows nobody's data, has styles in its markup (ADR 3).
    assert "unsafe" not in policy.replace(
        "style-src 'self' 'unsafe-inline'", "" if template == "/docs" else "unsafe"
    ), where
    assert "*" not in policy, where
    assert headers["referrer-policy"] in {"no-referrer", "same-origin"}, where
    assert headers["cache-control"] == "no-store" or template in KEPT, (where, headers["cache-control"])
    assert "server" not in headers, where
    assert "x-powered-by" not in headers, where
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", headers["x-request-id"]), where
    if answer.content:
        kind = headers["content-type"]
        assert not kind.startswith("text/") or "charset=utf-8" in kind, (where, kind)


@served()
async def test_every_answer_carries_every_header(live: Live) -> None:
    """Each route, every other one without a right, and nonsense: the headers of the edge stand on all answers."""
    seen = 0
    for number, route in enumerate(routes_of(live.app)):
        if route.path.endswith("/stream"):
            continue
        numeric = {name for name, number in route.converters if number}
        path = PARAMETER.sub(lambda m, n=numeric: "1" if m[1] in n else "x1", route.path)
        for method in route.methods or ():
            for token in ("platform",) if number % 2 else (None,):
                answer = await live.call(method, path, token=token, content=b"{" if method == "POST" else None)
                check(answer, f"{method} {path} {answer.status_code}", template=route.path)
                seen += 1
    for path in ("/nowhere", "/v1/%ff", "/v1/" + "a" * 3000, "/console/assets/none.js", "/static/none.css"):
        answer = await live.client.get(path)
        assert answer.status_code in {400, 404}, path
        check(answer, path, template="")
    assert seen > 100


@served()
async def test_nothing_redirects_to_another_scheme_or_host(live: Live) -> None:
    """Redirects are ours and relative, or to the configured name; none follows what the caller says."""
    hostile = ("/console?next=https://evil.example", "//evil.example", "/console//evil.example")
    for path in ("/", "/console", "/docs/", *hostile):
        answer = await live.client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
        place = answer.headers.get("location", "/")
        assert place.startswith(("/status", "/console", "/", "http://localhost")), (path, place)
        assert not place.startswith(("//", "/\\")), (path, place)
        assert not place.startswith("https://evil"), (path, place)


@served()
async def test_signing_out_clears_the_browser(live: Live) -> None:
    """The cookie is taken away, nothing of what was shown is kept by the browser, the session is over."""
    team = Team(live)
    for path, method in (("/v1/staff/session", "DELETE"), ("/v1/staff/sessions/revoke", "POST")):
        person = await (team.first() if not team.people else team.join("eve", "viewer"))
        shown = await person.call("GET", "/v1/staff/session")
        assert shown.headers["cache-control"] == "no-store"
        answer = await person.call(method, path)
        assert answer.status_code == 200, answer.text
        assert "Max-Age=0" in answer.headers["set-cookie"]
        problem(await person.call("GET", "/v1/staff/session"), 401, "unauthenticated")


@served(base_url=ORIGIN)
async def test_a_cookie_is_small_and_not_for_scripts(live: Live) -> None:
    ada = await Team(live).first()
    fresh = Person(live, "ada", browser(live), passkey=ada.passkey)
    answer = await fresh.call("POST", "/v1/staff/signin", await fresh.answer())
    cookie = answer.headers["set-cookie"]
    assert len(cookie) < 512
    value = cookie.partition("=")[2].partition(";")[0]
    assert value not in answer.text
