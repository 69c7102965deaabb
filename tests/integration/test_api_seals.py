# SPDX-License-Identifier: Apache-2.0
"""What can happen between a seal and its redemption: each refusal is a 409, and the seal is void."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from counterseal.gateways.keyring import master_key_from_file
from counterseal.sdk import jws
from counterseal.store.backup import backup, restore
from tests.support.server import (
    ADDRESS,
    DAY,
    HOUR,
    MINUTE,
    START,
    Live,
    Owner,
    any_problem,
    problem,
    reasons,
    served,
    serving,
    settings_in,
)

Happens = Callable[[Live, Owner], Awaitable[Any]]


async def frozen(live: Live, person: Owner) -> None:
    await live.post(f"/v1/accounts/{person.account}/freeze", {"kind": "owner"})


async def frozen_by_staff(live: Live, person: Owner) -> None:
    await live.officers(f"/v1/accounts/{person.account}/staff-freeze")


async def suspected(live: Live, person: Owner) -> None:
    body = {"capability": "totp_seed", "until": live.now + DAY, "since": live.now - HOUR, "evidence": "seed leaked"}
    await live.post(f"/v1/accounts/{person.account}/suspicions", body)


async def secretly_suspected(live: Live, person: Owner) -> None:
    body = {"capability": "staff_collusion", "until": live.now + DAY, "since": live.now - 60 * DAY}
    await live.post(f"/v1/accounts/{person.account}/suspicions", body | {"evidence": "case 7"})
    body |= {"capability": "totp_seed", "evidence": "seed leaked"}
    await live.post(f"/v1/accounts/{person.account}/suspicions", body)


async def address_removed(live: Live, person: Owner) -> None:
    done = await person.done("remove_address", "email", "totp", address={"chain": "eth", "address": ADDRESS})
    assert done["status"] == "done"


async def factor_replaced(live: Live, person: Owner) -> None:
    enrol = [{"factor": "email", "contact": "new@example.test"}]
    done = await person.done("replace_email", "email", "totp", enrol=enrol)
    assert done["status"] == "done"


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (frozen, "frozen"),
        (frozen_by_staff, "frozen"),
        (suspected, "suspected"),
        (secretly_suspected, "suspected"),
        (address_removed, "expired"),
        (factor_replaced, "hold"),
    ],
)
@served()
async def test_what_happens_after_the_seal_voids_it(live: Live, happens: Happens, reason: str) -> None:
    """Freeze, suspicion, removed address, replaced contact: redemption is refused and cannot be tried again."""
    person = await live.owner()
    paid = await person.sealed()
    await happens(live, person)
    path = f"/v1/seals/{paid['seal']['id']}/redeem"
    refused = problem(await live.call("POST", path, token="signer"), 409, "redemption_refused")
    assert reason in refused["detail"]
    assert "case 7" not in str(refused)
    after = await live.get(f"/v1/actions/{paid['id']}")
    assert (after["status"], after["seal"]["state"]) == ("refused", "void")
    problem(await live.call("POST", path, token="signer"), 409, "seal_spent")


@served(policy="okx-2024")
async def test_a_sealed_suspicion_is_not_in_the_refusal(live: Live) -> None:
    """The signer's reply goes to the platform: it does not tell that a judicial forgery is suspected."""
    person = await live.owner(factors=("sms", "email", "password", "face", "iddoc"))
    enrol = [{"factor": "password"}, {"factor": "sms", "contact": "+85259990000"}]
    recovered = await person.done("face_recovery", "face", "iddoc", enrol=enrol)
    assert recovered["status"] == "done"
    person.phone = "+85259990000"
    assert (await person.done("login", "password", "sms"))["status"] == "done"
    sale = {"asset": "USD", "amount": "10", "destination": "buyer", "audience": "ledger"}
    paid = await person.done("p2p_release", "sms", payment=sale)
    assert paid["status"] == "sealed"
    span = {"since": live.now - DAY, "until": live.now + DAY}
    body = {"capability": "disclosed_data", **span, "evidence": "docket 99"}
    await live.post(f"/v1/accounts/{person.account}/suspicions", body)

    response = await live.call("POST", f"/v1/seals/{paid['seal']['id']}/redeem")
    refused = problem(response, 409, "redemption_refused")
    told = await live.get(f"/v1/actions/{paid['id']}?view=staff")
    for text in (str(refused), str(told)):
        for word in ("doubt", "suspect", "judicial", "docket"):
            assert word not in text


@served()
async def test_the_limit_used_meanwhile_voids_the_seal(live: Live) -> None:
    """A stricter lock of the owner's, made after the seal, holds at redemption."""
    person = await live.owner()
    paid = await person.sealed("900")
    lock = {"outflow": "withdraw_small", "limit": "500"}
    assert (await person.done("tighten_lock", "totp", lock=lock))["status"] == "done"
    refused = await live.call("POST", f"/v1/seals/{paid['seal']['id']}/redeem")
    assert "over_limit" in problem(refused, 409, "redemption_refused")["detail"]
    smaller = await person.sealed("450")  # the void seal keeps nothing reserved
    await person.redeem(smaller)


@served()
async def test_a_seal_expires_and_a_receipt_is_not_given_twice(live: Live) -> None:
    """At 120 s a seal is over; just before it redeems, once; another key does not redeem it again."""
    person = await live.owner()
    late, good = await person.sealed("10"), await person.sealed("10")
    live.application.clock.set(good["seal"]["expires"] - 1)
    first = await person.redeem(good, key="one")
    again = await person.redeem(good, key="one")
    assert again == first
    problem(await live.call("POST", f"/v1/seals/{good['seal']['id']}/redeem"), 409, "seal_spent")
    live.application.clock.set(max(late["seal"]["expires"], live.now))
    problem(await live.call("POST", f"/v1/seals/{late['seal']['id']}/redeem"), 409, "seal_expired")


def test_a_restore_voids_seals_codes_and_links(tmp_path: Path) -> None:
    """What was issued before a backup was restored does nothing: the epoch is another."""

    async def before() -> tuple[Any, ...]:
        async with serving(tmp_path) as live:
            person = await live.owner()
            await person.done("add_address", "email", "totp", address={"chain": "eth", "address": "0x" + "12" * 20})
            [link] = await live.links("freeze")
            action = await person.ask("withdraw_small", amount="10")
            paid = await person.sealed("10")
            challenge, code = await person.code(action, "email")
            return person, action, paid, challenge, code, link

    person, action, paid, challenge, code, link = asyncio.run(before())
    settings = settings_in(tmp_path)
    backup(settings.database, tmp_path / "copy.db")
    settings.database.unlink()
    restore(
        tmp_path / "copy.db",
        settings.database,
        master_key_from_file(settings.master_key_file),
        now=START + 3 * MINUTE,
    )

    async def after() -> None:
        async with serving(tmp_path) as live:
            person.live = live
            seal = await live.call("POST", f"/v1/seals/{paid['seal']['id']}/redeem")
            problem(seal, 409, "seal_epoch")
            await person.prove(action, "email", 422, answer=code, challenge=challenge)
            page = await live.call("GET", f"/freeze/{link}", token=None)
            assert page.status_code == 410
            collected = await live.post(f"/v1/actions/{paid['id']}/decide")
            assert collected["status"] == "sealed"
            claims = jws.parse(collected["seal"]["token"], typ="counterseal-seal+jwt")
            assert b'"epoch":1' in jws.decode(claims.payload)
            await person.redeem(collected)

    asyncio.run(after())


@served()
async def test_views_before_and_after_the_first_proof(live: Live) -> None:
    """A stranger sees factor names only; after one proof the exact sets; staff see suspicions all along."""
    person = await live.owner()
    await suspected(live, person)
    asked = await person.ask("withdraw_small", amount="10")
    stranger, staff = asked["decision"], (await person.staff_view(asked))["decision"]
    assert (stranger["outcome"], stranger["reasons"]) == ("challenge", [])
    assert sorted(stranger["alternatives"]) == [["email"], ["sms"], ["totp"]]
    assert "suspected" in {reason["code"] for reason in staff["reasons"]}
    assert any("seed leaked" in reason["text"] for reason in staff["reasons"])

    proved = (await person.prove(asked, "email"))["decision"]
    assert proved["outcome"] == "deny"
    assert "suspected" in {reason["code"] for reason in proved["reasons"]}


@served()
async def test_the_staff_view_needs_its_scope(live: Live) -> None:
    """`view=staff` without `decisions:staff` is the requester's view."""
    person = await live.owner()
    await suspected(live, person)
    asked = await person.ask("withdraw_small", amount="10")
    made = await live.post(
        "/v1/tokens", {"name": "web", "platform": "exchange", "scopes": ["actions:read", "accounts:read"]}, 201
    )
    live.tokens["web"] = made["token"]
    seen = await live.get(f"/v1/actions/{asked['id']}?view=staff", token="web")
    assert seen["decision"]["reasons"] == []
    account = await live.get(f"/v1/accounts/{person.account}", token="web")
    assert account["suspicions"] == []
    assert not any(item["doubtful"] for item in account["factors"])


@served()
async def test_a_sealed_suspicion_leaves_no_trace(live: Live) -> None:
    """With and without a judicial suspicion every reply of the account is the same, word for word."""

    async def told(person: Owner, *, sealed: bool) -> list[Any]:
        if sealed:
            body = {"capability": "disclosed_data", "until": live.now + 40 * DAY, "since": live.now - 60 * DAY}
            await live.post(f"/v1/accounts/{person.account}/suspicions", body | {"evidence": "docket 99"})
        seen = [await live.get(f"/v1/accounts/{person.account}")]
        for rule, factors in (("ask_recovery", ("email",)), ("add_address", ("email", "totp"))):
            address = {"chain": "eth", "address": "0x" + "77" * 20} if rule == "add_address" else None
            objects = {"session": "s1", "device": "d1"} | ({"recovery": "r1"} if rule == "ask_recovery" else {})
            action = await person.ask(rule, objects=objects, address=address)
            seen.append(action)
            for factor in factors:
                action = await person.prove(action, factor)
                seen.append(action)
            seen.append(await person.staff_view(action))
        return seen

    def plain(replies: list[Any], person: Owner) -> list[str]:
        gone = {"log_position", "at", "id", "asked", "since", "started", "expires", "registered", "due"}
        text = [str(_without(reply, gone)) for reply in replies]
        return [line.replace(person.account, "ACCOUNT").replace(f"…{person.phone[-2:]}", "…NN") for line in text]

    one, other = await live.owner(), await live.owner()
    assert plain(await told(one, sealed=True), one) == plain(await told(other, sealed=False), other)


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(each, names) for name, each in value.items() if name not in names}
    if isinstance(value, list):
        return [_without(each, names) for each in value]
    return value


@served()
async def test_a_second_seal_replaces_an_expired_one_only(live: Live) -> None:
    """While a seal lives there is no second; after it expired there is, and the first stays dead."""
    person = await live.owner()
    paid = await person.sealed("10")
    problem(await live.call("POST", f"/v1/actions/{paid['id']}/decide"), 409, "action_sealed")
    await live.advance(120_000)
    again = await live.post(f"/v1/actions/{paid['id']}/decide")
    assert again["seal"]["id"] != paid["seal"]["id"]
    any_problem(await live.call("POST", f"/v1/seals/{paid['seal']['id']}/redeem"))
    await person.redeem(again)
    assert "frozen" not in reasons(again)


@served()
async def test_a_cancelled_seal_is_dead(live: Live) -> None:
    """Cancelled after the seal: void, its limit free again; after the redemption nothing is left to cancel."""
    person = await live.owner()
    paid = await person.sealed("900")
    path = f"/v1/seals/{paid['seal']['id']}"
    for report, body in (("broadcast", {"txid": "1"}), ("abandoned", None)):
        problem(await live.call("POST", f"{path}/{report}", body), 409, "seal_not_redeemed")
    assert (await live.post(f"/v1/actions/{paid['id']}/cancel"))["status"] == "cancelled"
    problem(await live.call("POST", f"{path}/redeem"), 409, "seal_spent")
    second = await person.sealed("900")
    await person.redeem(second)
    problem(await live.call("POST", f"/v1/actions/{second['id']}/cancel"), 409, "action_over")
    await live.post(f"/v1/seals/{second['seal']['id']}/broadcast", {"txid": "1"})
    problem(await live.call("POST", f"/v1/seals/{second['seal']['id']}/abandoned"), 409, "seal_reported")
