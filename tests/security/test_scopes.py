# SPDX-License-Identifier: Apache-2.0
"""The whole matrix of rights: every operation by every token that lacks one scope, and by every role of staff."""

from __future__ import annotations

import re
from typing import Any

from counterseal.access.model import TEST_SCOPES, Scope
from counterseal.http.app import routes_of
from counterseal.http.auth import Requires
from counterseal.http.staff_session import COOKIE
from counterseal.staff.roles import Role, scopes_of
from tests.support.server import DAY, PLATFORM, Live, any_problem, problem, served
from tests.support.staff import ORIGIN, Team

JSON = {"Content-Type": "application/json"}
PARAMETER = re.compile(r"\{([a-z_]+)(?::path)?\}")


def operations(live: Live) -> list[tuple[str, str, frozenset[Scope]]]:
    """(method, a path that fits, scopes) of every operation that wants some."""
    found = []
    for route in routes_of(live.app):
        requires = route.dependency(Requires)
        if requires is not None:
            numeric = {name for name, number in route.converters if number}
            path = PARAMETER.sub(lambda m, n=numeric: "1" if m[1] in n else "x1", route.path)
            found += [(method, path, requires.scopes) for method in route.methods - {"HEAD"}]
    return found


async def token(live: Live, name: str, scopes: set[Scope]) -> None:
    officer = {"officer": "vera"} if Scope.STAFF_OFFICER in scopes else {}
    made = await live.application.access.create_token(
        name="matrix", platform=PLATFORM, scopes=scopes, lifetime=DAY, by="test", **officer
    )
    live.tokens[name] = made.secret or ""


@served(test_scopes=True)
async def test_every_operation_refuses_every_token_that_lacks_a_scope_of_it(live: Live) -> None:
    """For each scope a token with all others: 403 that names it. With all of them it is never refused for scope."""
    for scope in Scope:
        await token(live, f"no {scope}", set(Scope) - {scope})
    await token(live, "all", set(Scope))
    tried = 0
    for method, path, scopes in operations(live):
        for scope in scopes:
            answer = await live.call(method, path, token=f"no {scope}", content=b"{}", headers=JSON)
            found = problem(answer, 403, "insufficient_scope")
            assert scope.value in answer.text, (method, path, found)
            tried += 1
        if path.endswith("/stream") and method == "GET":
            continue  # has no end
        answer = await live.call(method, path, token="all", content=b"{}", headers=JSON)
        assert answer.status_code != 401, (method, path)
        assert answer.status_code != 403 or any_problem(answer)["code"] != "insufficient_scope", (method, path)
    assert tried > 90


@served()
async def test_every_role_is_refused_what_its_scopes_lack(live: Live) -> None:
    """Each role's session at each operation: what the role does not have is 403, by the server."""
    team = Team(live)
    await team.first()
    for role in Role:
        person = await team.join(role.value.replace("_", "-"), role.value)
        mine = {Scope(name) for name in scopes_of([role])}
        tried = 0
        for method, path, scopes in operations(live):
            if scopes <= mine:
                continue
            answer = await person.call(method, path, {} if method != "GET" else None)
            assert answer.status_code == 403, (role, method, path, answer.text)
            tried += 1
        assert tried > 20, role


@served()
async def test_tokens_and_sessions_do_not_stand_in_for_each_other(live: Live) -> None:
    """A cookie's value is no bearer token, a token is no cookie, and the two together are refused."""
    ada = await Team(live).first()
    cookie = ada.client.cookies[COOKIE]
    live.tokens["cookie"] = cookie
    problem(await live.call("GET", "/v1/tokens", token="cookie"), 401, "token_refused")
    bare: dict[str, Any] = {"Cookie": f"{COOKIE}={live.tokens['platform']}"}
    assert (await live.call("GET", "/v1/tokens", token=None, headers=bare)).status_code == 401
    both = {"Cookie": f"{COOKIE}={cookie}"}
    problem(await live.call("GET", "/v1/tokens", headers=both), 400, "two_credentials")
    for odd in (f"bearer  {live.tokens['platform']}x", f"Basic {live.tokens['platform']}", live.tokens["platform"]):
        answer = await live.call("GET", "/v1/tokens", token=None, headers={"Authorization": odd})
        assert answer.status_code == 401


@served()
async def test_another_site_writes_nothing_with_a_staff_cookie(live: Live) -> None:
    """Every write that a session may reach: without our header, with another origin, with none, as a form."""
    ada = await Team(live).first()
    cookie = {"Cookie": f"{COOKIE}={ada.client.cookies[COOKIE]}", "Idempotency-Key": "k" * 9}
    own = {"X-Counterseal": "console", "Origin": ORIGIN}
    variants = (
        {"Origin": ORIGIN},
        own | {"Origin": "https://evil.example"},
        own | {"Origin": "null"},
        own | {"Origin": ORIGIN + ".evil.example"},
        {"X-Counterseal": "console"},
        own | {"X-Counterseal": "other"},
    )
    writes = [(method, path) for method, path, _ in operations(live) if method != "GET"]
    assert len(writes) > 30
    for method, path in writes:
        for number, headers in enumerate(variants):
            if number and (method, path) != writes[0]:
                continue  # one of them is the same check; each route is tried once
            answer = await live.client.request(method, path, headers=cookie | headers, content=b"{}")
            problem(answer, 403, "cross_site")
    assert TEST_SCOPES
