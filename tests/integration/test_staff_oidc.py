# SPDX-License-Identifier: Apache-2.0
"""Single sign-on against a real provider on a socket: it names a person; a passkey decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import ECKey

from counterseal.settings import OidcSettings
from tests.support.identity_provider import CLIENT, SECRET, Provider, providing, shared_secret
from tests.support.server import Live, problem, served, serving
from tests.support.staff import Person, Team, browser

CALLBACK = "/v1/staff/oidc/callback"


def with_provider(tmp_path: Path, test: Callable[[Live, Provider], Awaitable[None]]) -> None:
    """Run a test over a server that trusts a provider."""

    async def inside() -> None:
        with providing() as provider:
            oidc = OidcSettings(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, name="Example ID")
            async with serving(tmp_path, oidc=oidc) as live:
                provider.now = live.now // 1000
                await test(live, provider)

    asyncio.run(inside())


async def sent(person: Person) -> str:
    """The provider's address that the server sends the browser to."""
    started = await person.client.get("/v1/staff/oidc/start")
    assert started.status_code == 303, started.text
    cookie = started.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    return str(started.headers["location"])


async def back(person: Person, address: str) -> str:
    """What the provider sends the browser back with: path and query."""
    async with httpx2.AsyncClient() as outside:
        answer = await outside.get(address)
    target = urlsplit(answer.headers["location"])
    assert target.path == CALLBACK
    return f"{target.path}?{target.query}"


async def whole(person: Person) -> httpx2.Response:
    """There and back."""
    return await person.client.get(await back(person, await sent(person)))


def test_it_names_a_person_who_reads_and_signs_nothing(tmp_path: Path) -> None:
    """The session's assurance is `oidc`; a passkey makes it whole."""

    async def test(live: Live, provider: Provider) -> None:
        team = Team(live)
        eve = await team.join("eve", "fraud")
        ways = await eve.get("/v1/staff/signin")
        assert ways["single_sign_on"] == "Example ID"
        made = await eve.propose("POST /v1/accounts/u-1/staff-freeze")
        desk = Person(live, "eve", browser(live), eve.passkey, eve.id)
        answer = await whole(desk)
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
        session = await desk.get("/v1/staff/session")
        assert (session["staff"]["id"], session["assurance"]) == (eve.id, "oidc")
        assert "staff:officer" not in session["scopes"]
        assert "accounts:read" in session["scopes"]
        assert (await desk.get(f"/v1/approvals/{made['id']}"))["status"] == "open"
        signature = await eve.signature(made["id"])
        path = f"/v1/approvals/{made['id']}/sign"
        problem(await desk.call("POST", path, signature), 401, "insufficient_user_authentication")
        await desk.sign_in()
        assert (await desk.get("/v1/staff/session"))["assurance"] == "passkey"
        assert await desk.post(path, await desk.signature(made["id"]))

    with_provider(tmp_path, test)


WRONG: tuple[tuple[str, Callable[[Provider], None]], ...] = (
    ("nonce", lambda p: p.changes.update(nonce="another")),
    ("issuer", lambda p: p.changes.update(iss="https://evil.example")),
    ("audience", lambda p: p.changes.update(aud="another-client")),
    ("party", lambda p: p.changes.update(aud=[CLIENT, "another"], azp="another")),
    ("expired", lambda p: p.changes.update(exp=p.now - 120)),
    ("early", lambda p: p.changes.update(iat=p.now + 3600, nbf=p.now + 3600)),
    ("access token", lambda p: p.changes.update(at_hash="AAAA")),
    ("unverified", lambda p: setattr(p, "verified", False)),
    ("nobody", lambda p: setattr(p, "email", "nobody@example.test")),
    ("key", lambda p: setattr(p, "signs_with", ECKey.generate_key("P-256", {"kid": "k1"}))),
    ("shared secret", lambda p: (setattr(p, "algorithm", "HS256"), setattr(p, "signs_with", shared_secret()))[0]),
    ("metadata", lambda p: p.metadata.update(issuer="https://evil.example")),
    ("redirect", lambda p: setattr(p, "redirects", True)),
)


@pytest.mark.parametrize(("what", "spoil"), WRONG, ids=[name for name, _ in WRONG])
def test_a_wrong_token_opens_nothing(tmp_path: Path, what: str, spoil: Callable[[Provider], None]) -> None:
    """Every check of OpenID Connect Core, section 3.1.3.7; one answer for all."""

    async def test(live: Live, provider: Provider) -> None:
        await Team(live).join("eve", "viewer")
        person = Person(live, "eve", browser(live))
        spoil(provider)
        started = await person.client.get("/v1/staff/oidc/start")
        answer = started
        if what not in {"metadata", "redirect"}:
            answer = await person.client.get(await back(person, str(started.headers["location"])))
        problem(answer, 401, "sign_in_refused")
        assert "counterseal_staff" not in person.client.cookies
        assert "/elsewhere" not in provider.requests

    with_provider(tmp_path, test)


def test_the_answer_belongs_to_the_browser_that_asked(tmp_path: Path) -> None:
    """Another browser, another state, a code of before, another issuer's answer: refused."""

    async def test(live: Live, provider: Provider) -> None:
        await Team(live).join("eve", "viewer")
        one, other = (Person(live, "eve", browser(live)) for _ in range(2))
        target = await back(one, await sent(one))
        problem(await other.client.get(target), 401, "sign_in_refused")
        await sent(other)
        problem(await other.client.get(target), 401, "sign_in_refused")
        code = parse_qs(urlsplit(target).query)["code"][0]
        state = parse_qs(urlsplit(target).query)["state"][0]
        for query in (
            f"code={code}&state={state}",  # no issuer, which this provider always names (RFC 9207)
            f"code={code}&state={state}&iss=https://evil.example",
            f"error=access_denied&state={state}",
            "",
        ):
            problem(await one.client.get(f"{CALLBACK}?{query}"), 401, "sign_in_refused")
        kept = one.client.cookies["counterseal_oidc"]
        assert (await one.client.get(target)).status_code == 303
        one.client.cookies.set("counterseal_oidc", kept)
        problem(await one.client.get(target), 401, "sign_in_refused")

    with_provider(tmp_path, test)


def test_a_new_key_of_the_provider_is_found(tmp_path: Path) -> None:
    """The provider changed its key since the last look."""

    async def test(live: Live, provider: Provider) -> None:
        await Team(live).join("eve", "viewer")
        person = Person(live, "eve", browser(live))
        assert (await whole(person)).status_code == 303
        provider.key = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"})
        assert (await whole(person)).status_code == 303

    with_provider(tmp_path, test)


@served()
async def test_without_settings_there_is_none(live: Live) -> None:
    """404 on both ways."""
    for path in ("/v1/staff/oidc/start", CALLBACK):
        problem(await live.call("GET", path, token=None), 404, "no_single_sign_on")
    assert (await live.get("/v1/staff/signin"))["single_sign_on"] is None
