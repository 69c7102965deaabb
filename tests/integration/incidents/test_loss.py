# SPDX-License-Identifier: Apache-2.0
"""What an incident cost, on a real server: from redeemed seals, pushed prices, files and the platform's ledger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from counterseal.gateways.platform_data import HttpPlatformData
from counterseal.incidents import model as i
from counterseal.incidents.loss_file import rows_of
from counterseal.incidents.loss_movements import Movements
from counterseal.incidents.loss_outflows import Leaving, outflows_of
from counterseal.wiring.losses import PlatformMovements
from counterseal.wiring.records import LogRecords
from examples.exchange import money
from examples.exchange.ledger import Entry, Ledger, customer, escrow, move, outside
from tests.support.disclosures import SECRET, platform
from tests.support.loss_cases import hit, opened
from tests.support.server import ADDRESS, HOUR, Live, Owner, problem, served
from tests.support.staff import Team

BASE = "/v1/incidents/inc_1"


async def priced(live: Live, value: str = "2000") -> None:
    await live.client.put(
        "/v1/prices",
        json={"prices": [{"asset": "ETH", "value": value, "at": live.now, "source": "kaiko"}]},
        headers={"Authorization": f"Bearer {live.tokens['platform']}", "Idempotency-Key": str(live.now)},
    )


async def emptied(live: Live, owner: Owner, amount: str = "0.1") -> Any:
    """A withdrawal whose seal is redeemed."""
    await priced(live)
    payment = {"asset": "ETH", "amount": amount, "chain": "eth", "destination": ADDRESS, "audience": "hot-wallet"}
    action = await owner.done("withdraw_small", "totp", "email", payment=payment)
    assert action["status"] == "sealed", action
    await owner.redeem(action)
    return action


async def upload(live: Live, path: str, data: str, **options: Any) -> Any:
    return await live.call("POST", path, content=data.encode(), **options)


@served()
async def test_a_redeemed_seal_is_lost_at_the_price_that_was_pushed_then(live: Live) -> None:
    owner, other, safe = [await live.owner() for _ in range(3)]
    action = await emptied(live, owner)
    await emptied(live, other)
    await emptied(live, safe)
    await opened(live, hit(owner, action), hit(safe, state=i.MemberState.SAFE))
    await live.advance(24 * HOUR)
    await priced(live, "3000")
    found = await live.get(f"{BASE}/loss")
    assert (found["total"]["net"], found["complete"], found["accounts"]) == ("200", True, 1)
    paid = await live.get(f"{BASE}/loss?pack=time-of-payment")
    assert paid["total"]["net"] == "300"
    capped = await live.get(f"{BASE}/loss?pack=mica-75-8")
    assert capped["total"]["net"] == "200"
    own = await live.get(f"{BASE}/loss/accounts/{owner.account}")
    (line,) = own["lines"]
    assert (line["asset"], line["amount"], line["unit"], line["why"]) == ("ETH", "0.1", "2000", "step")
    entries = await live.application.store.entries(action=action["id"])
    assert line["evidence"][0]["ref"] in {str(entry.position) for entry in entries}
    assert line["price"]["sources"] == ["kaiko"]
    assert other.account not in str(own)
    problem(await live.call("GET", f"{BASE}/loss/accounts/{other.account}"), 404, "unknown_member")
    problem(await live.call("GET", "/v1/incidents/inc_2/loss"), 404, "incident_unknown")
    problem(await live.call("GET", f"{BASE}/loss?pack=generous"), 404, "valuation_pack_missing")


@served()
async def test_an_abandoned_seal_is_no_loss_and_reading_on_finds_the_same(live: Live) -> None:
    owner = await live.owner()
    first = await emptied(live, owner)
    await opened(live, hit(owner, first))
    assert (await live.get(f"{BASE}/loss"))["total"]["gross"] == "200"
    await live.post(f"/v1/seals/{first['seal']['id']}/abandoned", {"reason": "the node is away"})
    found = await live.get(f"{BASE}/loss")
    assert (found["total"]["gross"], found["complete"]) == ("0", True)
    records = LogRecords(live.application.store)
    pasts = await records.pasts(owner.account)
    (whole,) = outflows_of(owner.account, pasts)
    assert (whole.returned, whole.amount, whole.destination) == (True, Decimal("0.1"), ADDRESS)
    leaving = Leaving(owner.account)
    for past in pasts:
        leaving.read([past])
    assert tuple(leaving.left.values()) == (whole,)


@served()
async def test_rows_statements_and_recoveries_over_the_api(live: Live) -> None:
    owner = await live.owner()
    await opened(live, hit(owner))
    await priced(live)
    await live.advance(1)
    data = f"account,at,kind,asset,amount,ref\n{owner.account},{live.now},withdrawal,ETH,2,w-1\n"
    tried = (await upload(live, f"{BASE}/movements?dry_run=true", data)).json()
    assert (tried["kept"], tried["new"]) == (False, 1)
    assert (await live.get(f"{BASE}/movements/{owner.account}"))["items"] == []
    taken = (await upload(live, f"{BASE}/movements", data, key="k")).json()
    again = await upload(live, f"{BASE}/movements", data, key="k")
    assert (taken["kept"], taken["new"], again.json()) == (True, 1, taken)
    assert again.headers["idempotency-replayed"] == "true"
    (row,) = (await live.get(f"{BASE}/movements/{owner.account}"))["items"]
    found = await live.get(f"{BASE}/loss")
    assert (found["total"]["gross"], found["complete"], found["questions"][0]["code"]) == (
        "0",
        False,
        "unattributed",
    )
    said = {"account": owner.account, "about": f"row:{row['hash']}", "belongs": True, "why": "the owner was away"}
    await live.post(f"{BASE}/loss/statements", said)
    back = {"asset": "ETH", "amount": "0.5", "state": "recovered", "why": "sent back", "account": owner.account}
    noted = await live.post(f"{BASE}/loss/recoveries", back)
    await live.post(f"{BASE}/loss/recoveries", {**back, "amount": "0.25", "state": "frozen", "account": ""})
    found = await live.get(f"{BASE}/loss")
    assert found["total"] == {
        "gross": "4000",
        "recovered": "1000",
        "frozen": "500",
        "net": "3000",
        "outstanding": "2500",
    }
    assert found["complete"]
    await live.post(f"{BASE}/loss/recoveries", {**back, "amount": "0", "replaces": noted["made"]})
    problem(
        await live.call("POST", f"{BASE}/loss/recoveries", {**back, "replaces": noted["made"]}),
        409,
        "recovery_unknown",
    )
    held = (await live.get(f"{BASE}/loss/recoveries"))["items"]
    assert [each["stands"] for each in held] == [False, True, True]
    (stated,) = (await live.get(f"{BASE}/loss/statements"))["items"]
    assert stated["why"] == "the owner was away"
    assert (await live.get(f"{BASE}/loss"))["total"]["net"] == "4000"
    page = await live.get(f"{BASE}/loss/accounts?limit=1")
    assert ([each["account"] for each in page["items"]], page["next"]) == ([owner.account], None)


@served()
async def test_a_mistake_in_a_file_is_told_at_its_line_and_column(live: Live) -> None:
    await opened(live, hit(await live.owner()))
    answer = await upload(live, f"{BASE}/movements", "account,at,kind,asset,amount\nnobody,1,gift,ETH,x\n")
    found = problem(answer, 422, "csv_invalid")
    assert {each["pointer"] for each in found["errors"]} == {
        "/line/2/column/1",
        "/line/2/column/3",
        "/line/2/column/5",
    }
    answer = await upload(live, "/v1/prices/history", "asset,currency,at,value,source\nETH,USD,1,0,k\n")
    assert problem(answer, 422, "csv_invalid")["errors"][0]["pointer"] == "/line/2/column/4"
    many = "asset,currency,at,value,source\n" + "ETH,USD,1,1,k\n" * 160_000
    problem(await upload(live, "/v1/prices/history", many), 413, "body_too_large")


@served()
async def test_prices_are_imported_listed_and_need_their_scopes(live: Live) -> None:
    start = live.now - 5 * HOUR
    data = f"asset,currency,at,value,source\nETH,USD,{start},1900.50,kaiko\n"
    assert (await upload(live, "/v1/prices/history?dry_run=true", data)).json()["kept"] is False
    made = (await upload(live, "/v1/prices/history", data)).json()
    assert (made["new"], made["corrected"]) == (1, 0)
    await priced(live)
    window = f"asset=ETH&currency=USD&since={start}&until={live.now}"
    found = (await live.get(f"/v1/prices/history?{window}"))["items"]
    assert [(each["value"], each["source"]) for each in found] == [("1900.5", "kaiko"), ("2000", "kaiko")]
    problem(await live.call("GET", f"/v1/prices/history?{window.replace(str(start), '0')}"), 422, "window_invalid")
    for method, path in (("GET", f"/v1/prices/history?{window}"), ("GET", f"{BASE}/loss")):
        problem(await live.call(method, path, token="signer"), 403, "insufficient_scope")
    problem(await upload(live, "/v1/prices/history", data, token="signer"), 403, "insufficient_scope")
    problem(await upload(live, f"{BASE}/movements", data, token="signer"), 403, "insufficient_scope")


@served()
async def test_without_a_platform_nothing_is_asked(live: Live) -> None:
    await opened(live, hit(await live.owner()))
    body = {"since": 0, "until": live.now}
    problem(await live.call("POST", f"{BASE}/movements/fetch", body), 409, "platform_missing")


@served()
async def test_the_platforms_own_ledger_answers_with_what_moved(live: Live) -> None:
    owner, stranger = await live.owner(), await live.owner()
    action = await emptied(live, owner)
    await opened(live, hit(owner, action))
    folder: Path = live.application.settings.database.parent
    ledger = Ledger(folder / "ledger.db")
    name, at = owner.account, live.now
    eth, usdt = money.units("ETH", Decimal(1)), money.units("USDT", Decimal(1000))
    for entry in (
        Entry("d", "deposit", name, at - HOUR, move("ETH", 10 * eth, outside("bank"), customer(name))),
        Entry("d2", "deposit", "x", at - HOUR, move("USDT", 9 * usdt, outside("bank"), customer(stranger.account))),
        Entry(
            "w", "withdraw", name, at, move("ETH", eth // 10, customer(name), outside("eth")), action["seal"]["id"]
        ),
        Entry("e", "escrow", name, at, move("ETH", eth, customer(name), escrow(name))),
        Entry(
            "t",
            "market_trade",
            name,
            at,
            (
                *move("ETH", eth, customer(name), customer(stranger.account)),
                *move("USDT", usdt, customer(stranger.account), customer(name)),
            ),
        ),
        Entry("p", "p2p_release", name, at, move("ETH", eth, escrow(name), customer(stranger.account))),
    ):
        ledger.post(entry)
    async with platform(folder, lambda: live.now) as (records, url):
        records._ledger = ledger
        asking = HttpPlatformData(
            url, SECRET, live.application.clock, lambda size: bytes(size - 8) + at.to_bytes(8)
        )
        movements = live.app.state.services.area(Movements)
        movements._platform = PlatformMovements(asking)
        made = await live.post(f"{BASE}/movements/fetch", {"since": at - HOUR, "until": at + 1})
        await asking.close()
    ledger.close()
    assert (made["new"], made["accounts"]) == (4, 1)
    rows = (await live.get(f"{BASE}/movements/{name}"))["items"]
    assert {row["ref"]: (row["kind"], row["amount"], row["counter_amount"]) for row in rows} == {
        "d": ("deposit", "10", "0"),
        "w": ("withdrawal", "0.1", "0"),
        "t": ("trade", "1", "1000"),
        "p": ("transfer", "1", "0"),
    }
    own = await live.get(f"{BASE}/loss/accounts/{name}")
    (line,) = own["lines"]
    assert [each["kind"] for each in line["evidence"]] == ["log", "row"]
    assert stranger.account not in str(rows) + str(own)


@served()
async def test_what_moved_while_the_attack_ran_is_asked_about_and_what_moved_before_is_not(live: Live) -> None:
    owner = await live.owner()
    await emptied(live, owner)
    await live.advance(HOUR)
    begun = live.now
    during = await emptied(live, owner)
    await opened(live, hit(owner), begun=begun)
    found = await live.get(f"{BASE}/loss")
    assert [(each["code"], each["about"]) for each in found["questions"]] == [
        ("in_window", f"action:{during['id']}")
    ]
    said = {"account": owner.account, "about": f"action:{during['id']}", "belongs": False, "why": "the owner's own"}
    await live.post(f"{BASE}/loss/statements", said)
    found = await live.get(f"{BASE}/loss")
    assert (found["complete"], found["total"]["gross"]) == (True, "0")


@served()
async def test_an_erased_account_takes_its_outflows_out_of_the_report(live: Live) -> None:
    owner = await live.owner()
    action = await emptied(live, owner)
    await opened(live, hit(owner, action))
    assert (await live.get(f"{BASE}/loss"))["total"]["gross"] == "200"
    await live.application.store.erase(f"account:{owner.account}", live.now)
    assert (await live.get(f"{BASE}/loss"))["total"]["gross"] == "0"


@served()
async def test_an_erased_account_takes_its_rows_along_unless_a_legal_hold_keeps_them(live: Live) -> None:
    """Their key is destroyed: what the case says of it afterwards is nothing."""
    for kept in (False, True):
        owner = await live.owner()
        await opened(live, hit(owner), held=kept)
        data = f"account,at,kind,asset,amount\n{owner.account},{live.now},withdrawal,ETH,2\n"
        assert (await upload(live, f"{BASE}/movements", data)).status_code == 200
        await live.officers(f"/v1/accounts/{owner.account}/erase")
        rows = await live.application.store.read(rows_of("inc_1", owner.account))
        assert (rows is not None) == kept


@served()
async def test_staff_read_by_role_and_a_look_at_an_accounts_loss_is_noted(live: Live) -> None:
    owner = await live.owner()
    await opened(live, hit(owner))
    people = Team(live)
    await people.first()
    ines = await people.join("ines", "incident")
    fay = await people.join("fay", "fraud")
    sam = await people.join("sam", "support")
    purpose = {"Purpose": "the loss of the case"}
    for person in (ines, fay):
        await person.get(f"{BASE}/loss/accounts/{owner.account}", headers=purpose)
    problem(await sam.call("GET", f"{BASE}/loss", headers=purpose), 403, "insufficient_scope")
    body = {"asset": "ETH", "amount": "1", "state": "frozen", "why": "held"}
    problem(await fay.call("POST", f"{BASE}/loss/recoveries", body), 403, "insufficient_scope")
    await ines.post(f"{BASE}/loss/recoveries", body)
    entries = await live.application.store.entries(subject=f"account_view:{owner.account}")
    assert [each.kind for each in entries] == ["account_viewed"] * 2
    (held,) = (await live.get(f"{BASE}/loss/recoveries"))["items"]
    assert held["by"] == f"staff:{ines.id}"
