# SPDX-License-Identifier: Apache-2.0
"""Versions of the policy: uploaded, examined, tried in shadow, published by two people, rolled back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from counterseal.publishing.model import shadow_of
from tests.support.publishing import LOOSER, PACK, STRICTER, House, housed, one_profile, without_guardian
from tests.support.server import HOUR, Live, problem, served, serving
from tests.support.staff import Team


@housed
async def test_the_settings_policy_is_version_one_and_faults_name_their_place(house: House) -> None:
    """The first start publishes it, in the log; a draft with faults names line and column of each."""
    found = await house.editor.get("/v1/policy/versions")
    (first,) = found["items"]
    assert (first["number"], first["state"], first["author"]) == (1, "in_force", "settings")
    assert found["in_force"] == first["digest"] == found["settings"]
    entries = await house.live.application.store.entries(subject=f"policy_version:{first['version']}")
    assert [each.kind for each in entries] == ["policy_published"]
    wrong = PACK.replace("since(weakened)", "since(weekend)", 1) + "\nnonsense: 1\n"
    refused = await house.editor.call("POST", "/v1/policy/versions", {"text": wrong, "vocabulary": house.words})
    faults = problem(refused, 422, "policy_invalid")["errors"]
    assert len(faults) >= 2
    assert all(each["pointer"] == "/text" and each["detail"].startswith("line ") for each in faults)
    again = await house.editor.call("POST", "/v1/policy/versions", {"text": PACK, "vocabulary": house.words})
    problem(again, 409, "version_exists")
    problem(await house.one.call("POST", "/v1/policy/versions", {"text": PACK}), 403, "insufficient_scope")


@housed
async def test_a_long_policy_is_read_and_one_that_is_too_long_is_refused(house: House) -> None:
    """A draft may have the 1 MiB that the loader takes, not the 64 KiB of other bodies."""
    long = "# why this rule is as it is\n" * 10_000 + LOOSER
    made = await house.editor.call("POST", "/v1/policy/versions", {"text": long, "vocabulary": house.words})
    assert made.status_code == 201, made.text
    for size, status, code in (((1 << 20) + 1, 422, "validation_failed"), (5 << 20, 413, "body_too_large")):
        refused = await house.editor.call("POST", "/v1/policy/versions", {"text": "#" * size})
        problem(refused, status, code)


@housed
async def test_two_publishers_sign_the_verdict_and_all_decide_by_it(house: House) -> None:
    """Neither alone, never another verdict; then the next decision is by the new version; and back again."""
    live = house.live
    owner = await live.owner()
    before = (await owner.ask("login"))["decision"]["policy"]
    version = (await house.draft(LOOSER))["version"]
    found = await house.examined(version)
    proof = found["proof"]
    assert (proof["current"], proof["against"], proof["weaker"]) == (True, before, True)
    assert proof["gained"], "without the hold attackers are sooner"
    path, body = f"/v1/policy/versions/{version}/publish", house.body(found)
    problem(await house.one.call("POST", path, body), 403, "two_officers")
    lied = await house.published(version, weaker=False)
    problem(lied, 409, "verdict_mismatch")
    assert (await house.published(version)).json()["state"] == "in_force"
    assert (await owner.ask("login"))["decision"]["policy"] == found["digest"]
    path = f"/v1/policy/versions/{version}/publish"
    problem(await house.one.call("POST", path, body), 403, "two_officers")
    rows = await house.one.get("/v1/policy/versions")
    assert rows["previous"] == before
    assert [row["state"] for row in rows["items"]] == ["in_force", "retired"]
    back = await house.published(rows["previous"].removeprefix("sha256:"))
    assert back.json()["state"] == "in_force"
    assert (await owner.ask("login"))["decision"]["policy"] == before
    carried = (await house.editor.get(f"/v1/policy/versions/{version}"))["carried"]
    assert "weakened" in carried["withdraw"], "the looser rule still looks at holds of the stricter one"


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_word_that_accounts_have_cannot_leave_the_vocabulary(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The examination counts the accounts; publishing counts them again, and is refused while there is one."""
    monkeypatch.setenv("COUNTERSEAL_TEST_STORE", store)
    housed(_words_leave)(tmp_path)


async def _words_leave(house: House) -> None:
    live = house.live
    for _ in range(3):
        await live.owner()
    house.words = without_guardian(house.words)
    version = (await house.draft(PACK))["version"]
    assert (await house.examined(version))["proof"]["concerned"] == {}, "nobody has a guardian yet"
    before = await live.application.publishing.versions.in_force()
    for number in (1, 2):
        factors = [{"factor": "password"}, {"factor": "guardian", "contact": f"aunt{number}@example.test"}]
        await live.post("/v1/accounts", {"account": f"g-{number}", "factors": factors}, 201)
    refused = problem(await house.published(version), 422, "accounts_concerned")
    assert "`factor:guardian` of 2" in refused["detail"]
    assert "`channel:guardian` of 2" in refused["detail"]
    assert await live.application.publishing.versions.in_force() == before
    await house.editor.post(f"/v1/policy/versions/{version}/shadow", status=201)
    attempt = {"action": "login", "objects": {"session": "s1", "device": "d1"}}
    await live.post("/v1/accounts/g-1/actions", attempt)
    await settled(live)
    run = (await house.editor.get("/v1/policy/shadow"))["shadow"]
    assert (run["inputs"], run["skipped"]) == (1, {}), "it can be tried all the same"
    other = (await house.draft(STRICTER))["version"]
    counted = (await house.examined(other))["proof"]["concerned"]
    assert counted == {"channel:guardian": 2, "factor:guardian": 2}
    for number in (1, 2):
        await live.application.store.erase(f"account:g-{number}", live.now)
    assert (await house.published(version)).json()["state"] == "in_force"


@housed
async def test_a_version_is_proved_under_its_own_vocabulary(house: House) -> None:
    """The proof is of the words in force: those of the settings first, those of the version afterwards."""
    first = await proved(house)
    assert [each["profile"] for each in first["profiles"]] == ["sms_only"]
    house.words += (
        "  totp_user:\n    factors: [password, fundpw, sms, email, totp, face]\n    channels: [sms, email]\n"
    )
    version = (await house.draft(PACK))["version"]
    assert (await house.published(version)).status_code == 200
    second = await proved(house, f"sha256:{version}")
    assert [each["profile"] for each in second["profiles"]] == ["sms_only", "totp_user"]


async def proved(house: House, digest: str = "") -> Any:
    """The proof of the policy in force, once it is made. `digest`: once this process has heard of that one."""
    for _ in range(300):
        response = await house.live.call("GET", "/v1/policy/proof")
        if response.status_code != 202:
            assert response.status_code == 200, response.text
            if not digest or response.json()["digest"] == digest:
                return response.json()
        await asyncio.sleep(0.1)
    raise AssertionError("no proof")


def test_shadow_counts_what_would_differ_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Own states, no effect on anything; the cursor is kept; an erased account leaves nothing."""

    async def run() -> None:
        vocabulary = one_profile(tmp_path)
        words = vocabulary.read_text("utf-8")
        async with serving(tmp_path, policy="okx-2024", vocabulary=vocabulary) as live:
            house = await House(live, words).staffed()
            owner = await live.owner()
            await owner.ask("login")
            version = (await house.draft(STRICTER))["version"]
            started = await house.editor.post(f"/v1/policy/versions/{version}/shadow", status=201)
            assert started["shadow"]["state"] == "running"
            problem(await house.editor.call("POST", f"/v1/policy/versions/{version}/shadow"), 409, "shadow_runs")
            await owner.ask("login")
            await settled(live)
            first = (await house.editor.get("/v1/policy/shadow"))["shadow"]
            assert (first["accounts"], first["lag"]) == (1, 0)
            assert sum(cell["count"] for cell in first["cells"]) == 1
            size = await live.application.store.feed.size()
        async with serving(tmp_path, policy="okx-2024", vocabulary=vocabulary) as live:
            team = Team(live)
            editor = await team.join("erik", "policy_editor")
            await live.post(
                f"/v1/accounts/{owner.account}/actions", {"action": "login", "objects": {"session": "s-9"}}
            )
            await settled(live)
            second = (await editor.get("/v1/policy/shadow"))["shadow"]
            assert second["inputs"] == first["inputs"] + 1
            assert await live.application.store.feed.size() > size
            assert await live.application.store.read(shadow_of(owner.account)) is not None
            shadows = live.application.publishing.shadows
            for subject in await shadows.forgotten(owner.account):
                await live.application.store.erase(subject, live.now)
            assert await live.application.store.read(shadow_of(owner.account)) is None
            cleared = await editor.post(f"/v1/policy/versions/{version}/shadow/clear")
            assert (cleared["shadow"]["cells"], cleared["shadow"]["state"]) == ([], "cleared")

    asyncio.run(run())


async def settled(live: Live) -> None:
    """The shadow has taken everything."""
    for _ in range(300):
        run = await live.application.publishing.shadows.current()
        if run is None or run.cursor >= await live.application.store.feed.size() - 1:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the shadow does not catch up")


@served()
async def test_the_checker_records_nothing_but_the_look(live: Live) -> None:
    """The decision is that of an ask; no action, no notice; staff need a purpose."""
    team = Team(live)
    person = await team.join("ines", "fraud")
    owner = await live.owner()
    body = {"account": owner.account, **owner.request("login")}
    before = await live.application.store.feed.size()
    found = await person.post("/v1/policy/check", body)
    asked = await owner.ask("login")
    assert found["decision"]["outcome"] == asked["decision"]["outcome"] == "challenge"
    assert found["decision"]["alternatives"]
    entries = await live.application.store.entries(after=before - 1)
    assert [each.kind for each in entries][:2] == ["account_viewed", "ask"]
    assert json.loads(entries[0].payload or b"")["by"] == f"staff:{person.id}"
    refused = await person.call("POST", "/v1/policy/check", body, headers={"Purpose": ""})
    problem(refused, 403, "purpose_missing")
    unknown = await person.call("POST", "/v1/policy/check", {**body, "policy": "sha256:" + "0" * 64})
    problem(unknown, 404, "unknown_version")


def test_settings_count_at_the_first_start_only(tmp_path: Path) -> None:
    """Another policy in the settings does not decide, and the server says so."""

    async def run() -> None:
        async with serving(tmp_path, policy="okx-2024") as live:
            digest = live.application.policies.current.digest
        async with serving(tmp_path, policy="hardened") as live:
            assert live.application.policies.current.digest == digest
            assert "not the settings' policy" in live.application.policies.note
            ready = (await live.call("GET", "/readyz")).json()
            assert "not the settings' policy" in next(c["detail"] for c in ready["checks"] if c["name"] == "policy")
            assert ready["status"] == "ready"
        assert HOUR

    asyncio.run(run())
