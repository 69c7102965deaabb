# SPDX-License-Identifier: Apache-2.0
"""Webhooks end to end: two approve where, real receivers hear of what happens, once and again, under one id."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from counterseal.core.happenings import CATALOGUE
from counterseal.sdk.webhooks import Event, verify
from counterseal.webhooks import model as m
from counterseal.workers import webhooks
from tests.support.receiver import Got, receiving
from tests.support.server import DAY, HOUR, START, Live, problem, served, serving
from tests.support.staff import Team

OFFICER_SCOPES = ["admin", "staff:officer", "audit:read"]


async def officers(live: Live) -> None:
    """Two officers' tokens that may administer."""
    for name in ("vera", "wim"):
        body = {"name": name, "platform": "exchange", "scopes": OFFICER_SCOPES, "officer": name}
        live.tokens[name] = (await live.post("/v1/tokens", body, 201))["token"]


async def created(live: Live, url: str, *types: str) -> Any:
    """An endpoint that two officers' tokens approved."""
    if "vera" not in live.tokens:
        await officers(live)
    body = {"url": url, "types": list(types)}
    headers = {"Second-Officer": live.tokens["wim"]}
    return await live.post("/v1/webhooks", body, 201, token="vera", headers=headers)


def read(got: Got, secret: str) -> Event:
    """As a receiver reads it, at the time that the headers say."""
    return verify(got.headers, got.body, [secret], now=int(got.headers["webhook-timestamp"]))


async def frozen(live: Live) -> str:
    owner = await live.owner()
    await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
    await live.settle()
    return owner.account


async def deliveries(live: Live, made: Any) -> list[Any]:
    return list((await live.get(f"/v1/webhooks/{made['endpoint']['id']}/deliveries"))["items"])


@served()
async def test_a_withdrawal_is_heard_of_and_verifies(live: Live) -> None:
    async with receiving() as receiver:
        made = await created(live, receiver.url)
        owner = await live.owner()
        action = await owner.sealed()
        await owner.redeem(action)
        await live.settle()
        events = [read(got, made["secret"]) for got in receiver.got]
        assert {each.type for each in events} == {"seal.issued", "seal.redeemed"}
        for event in events:
            assert event.account == owner.account
            assert event.data == {"action": action["id"], "rule": "withdraw_small", "seal": action["seal"]["id"]}
            assert set(event.data) == set(CATALOGUE[event.type][1])
        texts = b"".join(got.body for got in receiver.got)
        for personal in (owner.phone, owner.mail, "0x" + "ab" * 20, "100"):
            assert personal.encode() not in texts
        assert [each["result"] for each in await deliveries(live, made)] == ["delivered", "delivered"]


@served()
async def test_only_the_types_that_were_asked_for(live: Live) -> None:
    async with receiving() as everything, receiving() as some:
        made = await created(live, everything.url)
        chosen = await created(live, some.url, "account.frozen")
        owner = await live.owner()
        await owner.sealed()
        await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
        await live.settle()
        assert {read(got, made["secret"]).type for got in everything.got} == {"seal.issued", "account.frozen"}
        assert [read(got, chosen["secret"]).type for got in some.got] == ["account.frozen"]
        assert set(some.ids) < set(everything.ids)


@served()
async def test_brakes_are_told_without_where_value_goes(live: Live) -> None:
    """Once each, also where the write is repeated; an address is in no message."""
    address = "0x" + "ab" * 20
    async with receiving() as receiver:
        made = await created(live, receiver.url)
        asset = {"reason": "the issuer halted", "asset": "USDT", "duration": HOUR}
        for _ in range(2):
            brake = await live.officers("/v1/brakes", asset, 201, key="once")
        spot = {"reason": "stolen funds", "destination": {"address": address}}
        other = await live.officers("/v1/brakes", spot, 201)
        await live.officers(f"/v1/brakes/{brake['id']}/lift", {"reason": "over"})
        await live.settle()
        events = [read(got, made["secret"]) for got in receiver.got]
        told = {(each.type, *each.data.values()) for each in events}
        until = "2024-06-09T01:00:00.000Z"
        assert told == {
            ("brake.set", brake["id"], "asset", "USDT", until),
            ("brake.set", other["id"], "destination", "", ""),
            ("brake.lifted", brake["id"], "asset", "USDT", until),
        }
        assert len(events) == 3
        assert all(each.account == "" and tuple(each.data) == CATALOGUE[each.type][1] for each in events)
        texts = b"".join(got.body for got in receiver.got).lower()
        assert not any(word in texts for word in (b"ab" * 20, b"issuer", b"stolen", b"ines"))


@served()
async def test_break_glass_is_told_when_it_opens_and_ends(live: Live) -> None:
    team = Team(live)
    ines, omar = await team.join("ines", "fraud"), await team.join("omar", "legal")
    owner = await live.owner()
    path, body = f"/v1/accounts/{owner.account}/glass", {"duration": HOUR, "reason": "came to the branch"}
    approval = (await ines.propose(f"POST {path}", body))["id"]
    await ines.sign(approval)
    await omar.sign(approval)
    async with receiving() as receiver:
        made = await created(live, receiver.url)
        await ines.post(path, body, headers={"Approval": approval})
        await live.settle()
        await omar.post(f"{path}/close")
        await live.settle()
        events = [read(got, made["secret"]) for got in receiver.got]
        assert [(each.type, each.account, each.data) for each in events] == [
            ("account.glass_opened", owner.account, {}),
            ("account.glass_closed", owner.account, {}),
        ]


@served()
async def test_two_decide_where_messages_go(live: Live) -> None:
    """One alone may not, with a token or at the console; two passkeys may; a URL that leads inside nobody may."""
    body = {"url": "https://hooks.example.test/", "types": []}
    problem(await live.call("POST", "/v1/webhooks", body), 403, "two_officers")
    await officers(live)
    problem(await live.call("POST", "/v1/webhooks", body, token="vera"), 403, "two_officers")
    same = {"Second-Officer": live.tokens["vera"]}
    problem(await live.call("POST", "/v1/webhooks", body, token="vera", headers=same), 403, "two_officers")
    two = {"Second-Officer": live.tokens["wim"]}
    for url in ("https://169.254.169.254/latest", "https://[::ffff:127.0.0.1]/", "http://example.test:80\\@x/"):
        answer = await live.call("POST", "/v1/webhooks", body | {"url": url}, token="vera", headers=two)
        problem(answer, 422, "url_refused")
    wrong = body | {"types": ["action.decided"]}
    answer = await live.call("POST", "/v1/webhooks", wrong, token="vera", headers=two)
    problem(answer, 422, "webhook_type_unknown")

    team = Team(live)
    ada, bo = await team.first("ada"), await team.join("bo", "administrator")
    approval = (await ada.propose("POST /v1/webhooks", body))["id"]
    await ada.sign(approval)
    await bo.sign(approval)
    other = body | {"url": "https://evil.example.test/"}
    problem(await ada.call("POST", "/v1/webhooks", other, headers={"Approval": approval}), 403, "approval_mismatch")
    made = await ada.post("/v1/webhooks", body, 201, headers={"Approval": approval})
    assert made["endpoint"]["officers"] == [ada.id, bo.id]
    path = f"/v1/webhooks/{made['endpoint']['id']}"
    problem(await live.call("PUT", path, other, token="vera"), 403, "two_officers")
    changed = await live.call("PUT", path, other, token="vera", headers=two)
    assert changed.json()["url"] == other["url"]
    kinds = [
        each.kind for each in await live.application.store.entries(subject=m.subject_of(made["endpoint"]["id"]))
    ]
    assert kinds == ["webhook_created", "webhook_updated"]


@served()
async def test_the_secret_is_shown_once(live: Live) -> None:
    await officers(live)
    body, two = {"url": "https://hooks.example.test/"}, {"Second-Officer": live.tokens["wim"]}
    first = (await live.call("POST", "/v1/webhooks", body, token="vera", headers=two, key="k")).json()
    again = (await live.call("POST", "/v1/webhooks", body, token="vera", headers=two, key="k")).json()
    assert again == first | {"secret": None}
    raw = first["secret"].removeprefix("whsec_")
    entries = await live.application.store.entries(subject=m.subject_of(first["endpoint"]["id"]))
    everything = json.dumps([await live.get("/v1/webhooks"), [str(each.payload) for each in entries]])
    assert raw not in everything
    assert len((await live.get("/v1/webhooks"))["items"]) == 1


@served()
async def test_a_new_secret_signs_beside_the_old_one_for_a_day(live: Live) -> None:
    async with receiving() as receiver:
        made = await created(live, receiver.url)
        path = f"/v1/webhooks/{made['endpoint']['id']}"
        new = await live.post(f"{path}/secret")
        await live.post(f"{path}/test")
        await live.settle()
        assert read(receiver.got[0], made["secret"]) == read(receiver.got[0], new["secret"])
        await live.advance(DAY)
        await live.post(f"{path}/test")
        await live.settle()
        assert read(receiver.got[1], new["secret"]).type == "test"
        assert len(receiver.got[1].headers["webhook-signature"].split(" ")) == 1


@served()
async def test_failures_are_tried_again_under_the_same_id(live: Live) -> None:
    async with receiving(status=500) as receiver:
        made = await created(live, receiver.url)
        await frozen(live)
        assert len(receiver.got) == 1
        await live.advance(10_000)  # 5 s, a tenth more or less
        assert len(receiver.got) == 2
        receiver.status = 200
        await live.advance(400_000)
        await live.advance(DAY)
        assert len(set(receiver.ids)) == 1
        assert len({got.body for got in receiver.got}) == 1
        stamps = [int(got.headers["webhook-timestamp"]) for got in receiver.got]
        assert stamps == sorted(set(stamps))  # each try is signed anew
        tries = await deliveries(live, made)
        assert [(each["result"], each["status"], each["tries"]) for each in tries] == [
            ("delivered", 200, 3),
            ("failed", 500, 2),
            ("failed", 500, 1),
        ]


@served()
async def test_redirects_huge_answers_and_silence_are_what_they_are(live: Live) -> None:
    async with (
        receiving() as target,
        receiving(status=307) as redirecting,
        receiving(status=200, content=b"x" * 1_000_000) as huge,
        receiving(drop=True) as dropping,
    ):
        redirecting.headers = (f"location: {target.url}",)
        made = [await created(live, each.url) for each in (redirecting, huge, dropping)]
        await frozen(live)
        found = [(await deliveries(live, each))[0] for each in made]
        assert [each["result"] for each in found] == ["failed", "delivered", "failed"]
        assert [each["status"] for each in found] == [307, 200, 0]
        assert target.connections == 0


@served()
async def test_a_slow_endpoint_delays_neither_another_nor_a_notice(live: Live) -> None:
    async with receiving(pause=30.0) as slow, receiving() as quick:
        await created(live, slow.url)
        await created(live, quick.url)
        owner = await live.owner()
        await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
        async with asyncio.timeout(8):  # in the background, on the real clock of the workers
            outbox = live.application.outbox
            assert outbox is not None
            told = False
            while not (quick.got and slow.got and told):
                await asyncio.sleep(0.05)
                told = any(each["to"] == owner.mail for each in outbox.recent(50))


@served()
async def test_after_days_of_failure_it_is_disabled_and_what_waited_comes_later(live: Live) -> None:
    async with receiving(status=500) as receiver:
        made = await created(live, receiver.url)
        path = f"/v1/webhooks/{made['endpoint']['id']}"
        await frozen(live)
        for _ in range(7):
            await live.advance(DAY)
        view = await live.get(path)
        assert (view["state"], view["disabled_by"]) == ("disabled", "failures")
        store = live.application.store
        assert "webhook_disabled" in {each.kind for each in await store.entries(subject=m.subject_of(view["id"]))}
        assert 'counterseal_relayed_total{result="disabled",subscriber="webhook"} 1.0' in (
            live.application.metrics.render().decode()
        )
        tried = len(receiver.got)
        await frozen(live)
        await live.advance(DAY)
        assert len(receiver.got) == tried
        problem(await live.call("POST", f"{path}/test"), 409, "webhook_disabled")
        receiver.status = 204
        await live.post(f"{path}/enable")
        await live.advance(HOUR + 1)
        assert len(set(receiver.ids)) == 2  # both freezes, the first and the one that came meanwhile
        assert (await live.get(path))["state"] == "working"


@served()
async def test_replay_sends_the_same_bytes_under_the_same_id(live: Live) -> None:
    async with receiving() as receiver:
        made = await created(live, receiver.url)
        path = f"/v1/webhooks/{made['endpoint']['id']}"
        await frozen(live)
        found = (await deliveries(live, made))[0]
        assert (await live.post(f"{path}/deliveries/{found['id']}/replay"))["count"] == 1
        await live.settle()
        assert (len(receiver.got), len(set(receiver.ids)), len({got.body for got in receiver.got})) == (2, 1, 1)
        problem(await live.call("POST", f"{path}/deliveries/dl_none/replay"), 404, "unknown_delivery")

        receiver.status = 503
        for _ in range(3):
            await frozen(live)
        receiver.status = 200
        failed = {each["message"] for each in await deliveries(live, made) if each["result"] == "failed"}
        assert (await live.post(f"{path}/replay", {"since": live.now + 1}))["count"] == 0
        done = await live.post(f"{path}/replay", {"since": START})
        assert done["count"] == len(failed) >= 1
        await live.settle()
        assert failed < set(receiver.ids)
        through = {each["message"] for each in await deliveries(live, made) if each["result"] == "delivered"}
        assert failed <= through


@served()
async def test_a_deleted_endpoint_hears_nothing_and_is_forgotten(live: Live) -> None:
    async with receiving(status=500) as receiver:
        made = await created(live, receiver.url)
        path = f"/v1/webhooks/{made['endpoint']['id']}"
        await frozen(live)
        tried = len(receiver.got)
        await live.call("DELETE", path)
        problem(await live.call("GET", path), 404, "unknown_webhook")
        await frozen(live)
        await live.advance(DAY)
        assert len(receiver.got) == tried
        assert await live.application.store.read(m.subject_of(made["endpoint"]["id"])) is None


@pytest.mark.anyio
async def test_killed_between_the_call_and_its_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "FAULT_PAUSE", 0.5)
    async with receiving() as receiver:
        async with serving(tmp_path) as live:
            made = await created(live, receiver.url)
            store = live.application.store
            kept, store.delivered = store.delivered, _never  # the process dies before any mark
            worker = live.application.relays.calls
            settle, worker._settle = worker._settle, _never  # and before the try is written down
            await _freeze_quietly(live)
            await asyncio.sleep(1.5)
            assert len(set(receiver.ids)) == 1
            before = len(receiver.got)
            assert before <= 5  # a store that keeps nothing does not make us call as fast as we can
            store.delivered, worker._settle = kept, settle
        async with serving(tmp_path) as live:
            await live.advance(HOUR)  # past the dead worker's lease
            assert len(receiver.got) > before
            assert len(set(receiver.ids)) == 1
            tries = await deliveries(live, made)
            assert [each["result"] for each in tries] == ["delivered"]


@served()
async def test_a_replayed_delivery_begins_its_tries_afresh(live: Live) -> None:
    """Else whoever sends again what was nearly given up would have one try, and no quick ones after it."""
    async with receiving(status=500) as receiver:
        made = await created(live, receiver.url)
        path = f"/v1/webhooks/{made['endpoint']['id']}"
        await frozen(live)
        await live.advance(HOUR)
        await live.advance(3 * HOUR)
        before = await deliveries(live, made)
        assert before[0]["tries"] == len(before) >= 3
        await live.post(f"{path}/deliveries/{before[0]['id']}/replay")
        await live.settle()
        await live.advance(10_000)  # after a first failure it is 5 s, a tenth more or less
        after = (await deliveries(live, made))[: -len(before)]
        assert [each["tries"] for each in after] == [2, 1]
        receiver.status = 204
        await live.post(f"{path}/replay", {"since": START})
        await live.settle()
        last = (await deliveries(live, made))[0]
        assert (last["result"], last["tries"]) == ("delivered", 1)
        assert len(set(receiver.ids)) == 1


@served()
async def test_days_of_being_disabled_are_no_failures(live: Live) -> None:
    """What waited at a disabled endpoint has all its tries when it is enabled, though others got through first."""
    async with receiving(status=500) as receiver:
        made = await created(live, receiver.url)
        path = f"/v1/webhooks/{made['endpoint']['id']}"
        await live.post(f"{path}/disable")
        await frozen(live)
        for _ in range(15):
            await live.advance(HOUR + 1)
        await live.post(f"{path}/enable")
        receiver.status = 204
        await live.post(f"{path}/test")
        await live.settle()
        receiver.status = 500
        await live.advance(HOUR + 1)
        first = (await deliveries(live, made))[0]
        assert (first["type"], first["result"]) == ("account.frozen", "failed"), first
        assert first["tries"] <= 3


async def _freeze_quietly(live: Live) -> None:
    owner = await live.owner()
    await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})


async def _never(*_args: Any, **_options: Any) -> None:
    raise ConnectionError("the process is gone")


@served()
async def test_the_list_of_types_matches_the_api_document(live: Live) -> None:
    document = (await live.get("/openapi.json"))["webhooks"]
    assert set(document) == set(CATALOGUE)
    listed = (await live.get("/v1/webhooks"))["types"]
    assert listed == {name: each["post"]["summary"] for name, each in document.items()}
    for name, each in document.items():
        schema = each["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert schema["properties"]["data"]["required"] == list(CATALOGUE[name][1])


@pytest.fixture
def anyio_backend() -> str:
    """Only asyncio."""
    return "asyncio"
