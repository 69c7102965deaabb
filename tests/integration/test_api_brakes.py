# SPDX-License-Identifier: Apache-2.0
"""Brakes on the whole platform and break-glass, over the API, from the command line and in the record."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx2

from counterseal.cli.local import TOKEN_VARIABLE
from counterseal.cli.remote import SECOND_VARIABLE
from counterseal.core.platform import PLATFORM
from counterseal.gateways.packs import load_pack
from counterseal.guard.brakes import MOST
from counterseal.wiring.replaying import replay_store
from tests.integration.test_approvals import approved, fraud_team, with_approval
from tests.support.live_server import live_server
from tests.support.server import (
    ADDRESS,
    DAY,
    HOUR,
    MINUTE,
    OFFICERS,
    Live,
    problem,
    reasons,
    served,
    serving,
    settings_in,
)

USDT = {"asset": "USDT", "reason": "the issuer halted transfers"}


async def brake(live: Live, **body: Any) -> str:
    """The id of a brake that two officers have set."""
    made = await live.officers("/v1/brakes", {"reason": "an incident"} | body, 201)
    return str(made["id"])


async def lifted(live: Live, identity: str) -> None:
    await live.officers(f"/v1/brakes/{identity}/lift", {"reason": "it is over"})


@served()
async def test_a_brake_stops_everybody_and_lifting_it_lets_things_go_on(live: Live) -> None:
    """The requester is told what is stopped at once, not who or why; other assets and log-ins go on."""
    person, other = await live.owner(), await live.owner()
    asked = await person.ask("withdraw_small", amount="100")
    identity = await brake(live, asset="usd")
    for owner in (person, other):
        held = await owner.ask("withdraw_small", amount="100")
        assert (held["decision"]["outcome"], reasons(held)) == ("hold", {"braked"})
        text = json.dumps(held)
        assert "is stopped for everybody at the moment" in text
        assert not any(word in text for word in (*OFFICERS, "incident", identity))
    held = await person.prove(asked, "totp")
    assert held["decision"]["outcome"] == "hold"
    await person.done("login", "password", "totp")
    await lifted(live, identity)
    assert (await person.prove(asked, "email"))["status"] == "sealed"


@served()
async def test_a_redemption_under_a_brake_is_refused_and_voids_its_seal(live: Live) -> None:
    """The destination counts in every spelling, on its chain and on any."""
    for spot in (
        {"address": ADDRESS.upper().replace("0X", "0x")},
        {"address": ADDRESS, "chain": "eth"},
        {"address": ADDRESS, "chain": "eth", "memo": ""},
    ):
        person = await live.owner()
        sealed = await person.sealed()
        identity = await brake(live, destination=spot)
        refused = await live.call("POST", f"/v1/seals/{sealed['seal']['id']}/redeem")
        problem(refused, 409, "redemption_refused")
        after = await live.get(f"/v1/actions/{sealed['id']}?view=staff")
        assert (after["status"], after["decision"]["reasons"][0]["code"]) == ("refused", "braked")
        await lifted(live, identity)


@served()
async def test_setting_and_lifting_take_two_officers_and_stand_in_the_log(live: Live) -> None:
    """One officer, a platform's token, one approval twice: refused, and nothing is stopped."""
    problem(await live.call("POST", "/v1/brakes", USDT, token=OFFICERS[0]), 403, "two_officers")
    problem(await live.call("POST", "/v1/brakes", USDT), 403, "insufficient_scope")
    _, ines, omar = await fraud_team(live)
    approval = await approved(ines, omar, "POST /v1/brakes", USDT)
    made = await ines.post("/v1/brakes", USDT, 201, headers=with_approval(approval))
    assert sorted(made["officers"]) == sorted([ines.id, omar.id])
    problem(await ines.call("POST", "/v1/brakes", USDT, headers=with_approval(approval)), 403, "approval_used")
    path = f"/v1/brakes/{made['id']}/lift"
    problem(await live.call("POST", path, {"reason": "alone"}, token=OFFICERS[0]), 403, "two_officers")
    assert [item["id"] for item in (await live.get("/v1/brakes"))["items"]] == [made["id"]]
    await lifted(live, made["id"])
    again = await live.call("POST", path, {"reason": "again"}, token=OFFICERS[0], headers=second(live))
    problem(again, 404, "unknown_brake")
    assert (await live.get("/v1/brakes"))["items"] == []
    entries = await live.application.store.entries(subject=PLATFORM)
    assert [entry.kind for entry in entries] == ["brake_set", "brake_lifted"]
    said = [json.loads(entry.payload or b"") for entry in entries]
    assert (said[0]["about"], said[0]["reason"], said[1]["brake"]) == ("USDT", USDT["reason"], made["id"])


def second(live: Live) -> dict[str, str]:
    """The second officer's token."""
    return {"Second-Officer": live.tokens[OFFICERS[1]]}


@served()
async def test_a_brake_with_an_end_ends_by_itself_and_may_only_be_made_longer(live: Live) -> None:
    """The hold says until when; what is stopped already is not stopped twice."""
    person = await live.owner()
    await brake(live, action="withdraw_small", duration=HOUR)
    held = await person.ask("withdraw_small", amount="100")
    assert held["decision"]["until"] == live.now + HOUR
    again = {"action": "withdraw_small", "duration": 30 * MINUTE, "reason": "why"}
    refused = await live.call("POST", "/v1/brakes", again, token=OFFICERS[0], headers=second(live))
    problem(refused, 409, "brake_exists")
    await brake(live, action="withdraw_small", duration=2 * HOUR)
    held = await person.ask("withdraw_small", amount="100")
    assert held["decision"]["until"] == live.now + 2 * HOUR
    await live.advance(2 * HOUR)
    assert (await live.get("/v1/brakes"))["items"] == []
    assert (await person.ask("withdraw_small", amount="100"))["decision"]["outcome"] == "challenge"


REFUSED = (
    ({"reason": "why"}, "brake_subject"),
    ({"asset": "BTC", "action": "withdraw", "reason": "why"}, "brake_subject"),
    ({"asset": "B C", "reason": "why"}, "brake_subject"),
    ({"asset": "BTC", "reason": " "}, "brake_reason"),
    ({"action": "no_such_action", "reason": "why"}, "unknown_action"),
    ({"action": "disclose_identity", "reason": "why"}, "unknown_action"),
    ({"destination": {"address": "0x1", "chain": "eth"}, "reason": "why"}, "destination_invalid"),
    ({"destination": {"address": "a", "memo": "m"}, "reason": "why"}, "destination_invalid"),
    ({"asset": "BTC", "duration": 1, "reason": "why"}, "validation_failed"),
    ({"asset": "BTC"}, "validation_failed"),
)


@served()
async def test_what_cannot_be_stopped_is_refused(live: Live) -> None:
    """Each with a code of its own; nothing is stopped."""
    for body, code in REFUSED:
        answer = await live.call("POST", "/v1/brakes", body, token=OFFICERS[0], headers=second(live))
        problem(answer, 422, code)
    assert (await live.get("/v1/brakes"))["items"] == []


@served()
async def test_there_are_so_many_brakes_and_no_more_and_the_metric_counts_them(live: Live) -> None:
    """The figure is read from the store, so every process shows the same."""
    for number in range(MOST):
        await brake(live, asset=f"T{number}")
    refused = await live.call("POST", "/v1/brakes", USDT, token=OFFICERS[0], headers=second(live))
    problem(refused, 409, "too_many_brakes")
    for _ in range(100):
        text = (await live.call("GET", "/metrics", token=None)).text
        if f"counterseal_brakes {float(MOST)}" in text:
            return
        await live.settle()
    raise AssertionError(text)


def test_a_brake_outlives_a_restart_and_its_record_replays_to_the_same(tmp_path: Path) -> None:
    """Replay reads what stood against each input from the input itself."""

    async def braked(folder: Path) -> None:
        async with serving(folder) as live:
            person = await live.owner()
            sealed = await person.sealed()
            await brake(live, asset="USD")
            problem(await live.call("POST", f"/v1/seals/{sealed['seal']['id']}/redeem"), 409, "redemption_refused")
        async with serving(folder) as live:
            assert len((await live.get("/v1/brakes"))["items"]) == 1

    asyncio.run(braked(tmp_path))
    report = replay_store(settings_in(tmp_path), load_pack("hardened"))
    assert report.identical == report.inputs > 4
    assert report.changed == ()


@served()
async def test_break_glass_takes_two_passkeys_and_shows_until_when(live: Live) -> None:
    """Tokens never do; the owner is told on every channel; anybody of staff ends it."""
    team, ines, omar = await fraud_team(live)
    person = await live.owner()
    await live.settle()
    path = f"/v1/accounts/{person.account}/glass"
    body = {"duration": HOUR, "reason": "came to the branch"}
    refused = await live.call("POST", path, body, token=OFFICERS[0], headers=second(live))
    problem(refused, 403, "two_officers")
    approval = await approved(ines, omar, f"POST {path}", body)
    before = {message["id"] for message in await live.messages()}
    opened = await ines.post(path, body, headers=with_approval(approval))
    assert opened["until"] == live.now + HOUR
    told = [message for message in await live.messages() if message["id"] not in before]
    assert {message["channel"] for message in told} >= {"sms", "email"}
    assert all("Two of our officers opened your account to help you" in message["text"] for message in told)
    assert not any("branch" in message["text"] for message in told)
    shown = (await live.get(f"/v1/accounts/{person.account}"))["glass"]
    assert (shown["until"], sorted(shown["officers"])) == (live.now + HOUR, sorted([ines.id, omar.id]))
    viewer = await team.join("vera", "viewer")
    await viewer.post(f"{path}/close")
    assert (await live.get(f"/v1/accounts/{person.account}"))["glass"] is None
    problem(await viewer.call("POST", f"{path}/close"), 409, "glass_not_open")


@served()
async def test_nobody_opens_it_for_their_own_account(live: Live) -> None:
    """Neither as a signer nor as the one who sends it."""
    team, _, _ = await fraud_team(live)
    person = await live.owner()
    mine = await team.join("ola", "incident", account=person.account)
    path = f"/v1/accounts/{person.account}/glass"
    asked = {"operation": f"POST {path}", "reason": "me", "body": {"duration": HOUR, "reason": "me"}}
    refused = await mine.call("POST", "/v1/approvals", asked)
    problem(refused, 403, "approval_own_account")


@served()
async def test_what_was_refused_on_suspicion_goes_on_and_money_does_not(live: Live) -> None:
    """A log-in with a suspected authenticator works while it is open; a withdrawal with the same proof does not."""
    _, ines, omar = await fraud_team(live)
    person = await live.owner()
    suspected = {"capability": "totp_seed", "until": live.now + DAY, "since": live.now - HOUR, "evidence": "leaked"}
    await live.post(f"/v1/accounts/{person.account}/suspicions", suspected)
    login = await person.ask("login")
    login = await person.prove(login, "password")
    assert (await person.prove(login, "totp"))["decision"]["outcome"] != "allow"
    path, body = f"/v1/accounts/{person.account}/glass", {"duration": HOUR, "reason": "called back"}
    approval = await approved(ines, omar, f"POST {path}", body)
    await ines.post(path, body, headers=with_approval(approval))
    again = await live.post(f"/v1/actions/{login['id']}/decide")
    assert again["decision"]["outcome"] == "allow", again
    money = await person.done("withdraw_small", "email", "totp", amount="100")
    assert money["decision"]["outcome"] != "allow"


def test_the_command_sets_lists_and_lifts(program: Path, tmp_path: Path) -> None:
    """Through the API of a running server, the second officer's token from the environment."""
    with live_server(tmp_path) as server:
        token = {name: new_officer(server, name) for name in OFFICERS}

        def run(*arguments: str, both: bool = True) -> subprocess.CompletedProcess[str]:
            kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
            given = {TOKEN_VARIABLE: token[OFFICERS[0]]} | ({SECOND_VARIABLE: token[OFFICERS[1]]} if both else {})
            command = [str(program), "brake", *arguments, "--url", server.url]
            return subprocess.run(
                command, cwd=tmp_path, env=kept | given, capture_output=True, text=True, check=False
            )

        alone = run("set", "--asset", "USDT", "--reason", "halt", both=False)
        assert (alone.returncode, "two different officers" in alone.stderr) == (2, True)
        done = run("set", "--asset", "USDT", "--reason", "halt", "--minutes", "60", "--json")
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        assert made["until"] - made["since"] == HOUR
        listed = json.loads(run("list", "--json").stdout)
        assert [item["id"] for item in listed["items"]] == [made["id"]]
        assert "USDT goes on" in run("lift", made["id"], "--reason", "over").stderr
        assert json.loads(run("list", "--json").stdout)["items"] == []


def new_officer(server: Any, name: str) -> str:
    """A token in this officer's hands."""
    scopes = ["staff:officer", "staff:read"]
    body = {"name": name, "platform": "exchange", "scopes": scopes, "officer": name}
    headers = {"Authorization": f"Bearer {server.token}", "Idempotency-Key": name}
    answer = httpx2.post(f"{server.url}/v1/tokens", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])
