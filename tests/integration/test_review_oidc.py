# SPDX-License-Identifier: Apache-2.0
"""What a review of single sign-on broke: each test failed before its mend."""

from __future__ import annotations

from pathlib import Path

from tests.integration.test_staff_oidc import CALLBACK, sent, whole, with_provider
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
        ):
            refused = await desk.call("POST", path, body)
            problem(refused, 401 if code.startswith("insufficient_user") else 403, code)
        assert (await desk.get(account))["freezes"] == []

    with_provider(tmp_path, test)


def test_a_way_back_that_failed_is_a_page_and_ends_the_attempt(tmp_path: Path) -> None:
    """A person sees a page with the way to the sign-in, and the state of the attempt is gone."""

    async def test(live: Live, provider: Provider) -> None:
        await Team(live).join("eve", "viewer")
        person = Person(live, "eve", browser(live))
        await sent(person)
        answer = await person.client.get(f"{CALLBACK}?error=access_denied&state=x", headers=NAVIGATION)
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("text/html")
        assert 'href="/console/' in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "counterseal_oidc" not in person.client.cookies
        provider.metadata["issuer"] = "https://evil.example"
        live.application.clock.set(live.now + 3_600_000)
        down = await person.client.get("/v1/staff/oidc/start", headers=NAVIGATION)
        assert (down.status_code, down.headers["content-type"][:9]) == (401, "text/html")
        assert "provider" in down.text

    with_provider(tmp_path, test)
