# SPDX-License-Identifier: Apache-2.0
"""What a review of single sign-on broke: each test failed before its mend."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.integration.test_staff_oidc import CALLBACK, back, sent, whole, with_provider
from tests.support.identity_provider import Provider
from tests.support.server import Live, problem
from tests.support.staff import Person, Team, browser

NAVIGATION = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}


def test_single_sign_on_changes_nothing(tmp_path: Path) -> None:
    """It reads. Freezing, suspecting, proposing and rejecting take the passkey as signing does."""

    async def test(live: Live, _provider: Provider) -> None:
        eve = await Team(live).join("eve", "fraud", "support")
        owner = await live.owner()
        made = await eve.propose(f"POST /v1/accounts/{owner.account}/staff-freeze")
        desk = Person(live, "eve", browser(live), eve.passkey, eve.id)
        assert (await whole(desk)).status_code == 303
        account = f"/v1/accounts/{owner.account}"
        suspicion = {"capability": "sim_swap", "until": live.now + 1, "evidence": "x"}
        for path, body, code in (
            (f"{account}/freeze", {"kind": "owner"}, "insufficient_scope"),
            (f"{account}/suspicions", suspicion, "insufficient_scope"),
            (
                "/v1/approvals",
                {"operation": f"POST {account}/unfreeze", "reason": "x"},
                "insufficient_user_authentication",
            ),
            (f"/v1/approvals/{made['id']}/reject", {}, "insufficient_user_authentication"),
            ("/v1/staff/passkeys/0123456789abcdef/remove", None, "insufficient_user_authentication"),
        ):
            refused = await desk.call("POST", path, body)
            problem(refused, 401 if code.startswith("insufficient_user") else 403, code)
        assert (await desk.get(account))["freezes"] == []

    with_provider(tmp_path, test)


def test_a_way_back_that_failed_is_the_sign_in_page_and_ends_the_attempt(tmp_path: Path) -> None:
    """With a stable code for its sentence, and no word on who is known; the state of the attempt is gone."""

    async def test(live: Live, provider: Provider) -> None:
        await Team(live).join("eve", "viewer")
        person = Person(live, "eve", browser(live))

        async def led(path: str, code: str) -> None:
            answer = await person.client.get(path, headers=NAVIGATION)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/console/signin?failed={code}")
            assert "counterseal_oidc" not in person.client.cookies

        await sent(person)
        await led(f"{CALLBACK}?error=access_denied&state=x", "oidc_state")
        state = parse_qs(urlsplit(await sent(person)).query)["state"][0]
        await led(f"{CALLBACK}?error=access_denied&state={state}", "oidc_denied")
        provider.email = "nobody@example.test"
        await led(await back(person, await sent(person)), "oidc_refused")
        provider.email, provider.changes["aud"] = "eve@example.test", "another-client"
        await led(await back(person, await sent(person)), "oidc_refused")
        provider.metadata["issuer"] = "https://evil.example"
        live.application.clock.set(live.now + 3_600_000)
        for _ in range(100):
            answer = await person.client.get("/v1/staff/oidc/start", headers=NAVIGATION)
            if answer.headers["location"] != "/console/signin?failed=oidc_unreachable":
                break
        await led("/v1/staff/oidc/start", "throttled")

    with_provider(tmp_path, test)
