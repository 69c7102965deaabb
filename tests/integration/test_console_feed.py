# SPDX-License-Identifier: Apache-2.0
"""What the console reads: decisions, accounts, events in words and counts, over the real application."""

from __future__ import annotations

from typing import Any

from counterseal.access.model import Scope
from counterseal.http.services import Services
from counterseal.staff.views import Views
from tests.support.server import ADDRESS, DAY, HOUR, OFFICERS, PLATFORM, Live, problem, served


async def decided(live: Live, query: str = "", status: int = 200) -> Any:
    return await live.get(f"/v1/decisions{query}", status)


async def events(live: Live, account: str, query: str = "") -> Any:
    return (await live.get(f"/v1/accounts/{account}/events{query}"))["events"]


async def standing(live: Live) -> tuple[int, int, int]:
    """Frozen accounts, changes that wait, changes in dispute."""
    found = await live.get("/v1/overview")
    return found["frozen_accounts"], found["pending"], found["disputed"]


async def limited(live: Live, *scopes: Scope) -> str:
    """The name of a new token with these scopes."""
    made = await live.application.access.create_token(
        name="few", platform=PLATFORM, scopes=scopes, lifetime=DAY, by="test"
    )
    live.tokens["few"] = made.secret or ""
    return "few"


@served()
async def test_decisions_come_newest_first_in_pages_and_by_filter(live: Live) -> None:
    """Every page follows the one before, no decision twice; filters join; a code that went out decides nothing."""
    first, second = await live.owner(), await live.owner()
    await first.ask("withdraw", amount="50")
    await first.sealed()
    await live.post(f"/v1/accounts/{second.account}/freeze", {"kind": "owner"})
    refused = await second.ask("withdraw_small", amount="7")
    found = await decided(live)
    positions = [row["position"] for row in found["decisions"]]
    assert positions == sorted(positions, reverse=True)
    assert found["next"] is None
    assert {row["kind"] for row in found["decisions"]} == {"ask", "prove"}
    paged, after = [], ""
    while True:
        page = await decided(live, f"?limit=2{after}")
        paged += page["decisions"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert paged == found["decisions"]
    for query, wanted in (
        ("outcome=allow", lambda row: row["outcome"] == "allow"),
        ("action=withdraw_small", lambda row: row["rule"] == "withdraw_small"),
        (f"account={second.account}", lambda row: row["account"] == second.account),
        (
            "action=withdraw_small&outcome=challenge",
            lambda row: row["outcome"] == "challenge" and row["rule"] != "withdraw",
        ),
        (f"account={first.account}&outcome=allow", lambda row: row["outcome"] == "allow"),
    ):
        expected = [row for row in found["decisions"] if wanted(row)]
        assert expected
        assert (await decided(live, f"?{query}"))["decisions"] == expected, query
    newest = found["decisions"][0]
    assert newest["action"] == refused["id"]
    assert (newest["outcome"], newest["account"]) == ("deny", second.account)
    assert newest["payment"]["destination"] == ADDRESS
    assert newest["payment"]["amount"] == "7"


@served()
async def test_since_ends_the_pages_at_a_moment(live: Live) -> None:
    """Decisions of before are not given, and no page after them is named."""
    owner = await live.owner()
    await owner.ask("withdraw", amount="50")
    await live.advance(HOUR)
    later = await owner.ask("withdraw", amount="51")
    found = await decided(live, f"?since={live.now - HOUR + 1}&limit=1")
    assert [row["action"] for row in found["decisions"]] == [later["id"]]
    assert (await decided(live, f"?since={live.now - HOUR + 1}&after={found['next']}"))["decisions"] == []
    counts = (await live.get("/v1/overview?period=60000"))["decisions"]
    assert sum(counts.values()) == 1
    counts = (await live.get(f"/v1/overview?period={2 * HOUR}"))["decisions"]
    assert counts == {"allow": 0, "challenge": 2, "hold": 0, "deny": 0}


@served()
async def test_counts_follow_freezes_waits_and_disputes(live: Live) -> None:
    """A freeze, a delayed change and its cancellation move the counts; the lists name the same accounts."""
    owner, other = await live.owner(), await live.owner()
    assert await standing(live) == (0, 0, 0)
    await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
    assert await standing(live) == (1, 0, 0)
    listed = (await live.get("/v1/accounts?standing=frozen"))["accounts"]
    assert [(row["account"], row["frozen"], row["frozen_until"]) for row in listed] == [(owner.account, True, None)]
    await live.officers(f"/v1/accounts/{owner.account}/unfreeze")
    assert await standing(live) == (0, 0, 0)
    where = {"chain": "eth", "address": "0x" + "1" * 40}
    await other.done("add_address", "totp", "email", address=where)
    link = (await live.links("freeze", to=other.mail))[0]
    await live.client.post(f"/freeze/{link}")
    assert (await standing(live))[0] == 1
    row = (await live.get("/v1/accounts?standing=frozen"))["accounts"][0]
    assert row["frozen_until"] == live.now + 72 * HOUR
    await live.advance(72 * HOUR + 1)  # it lapses by itself: no entry says so
    assert (await standing(live))[0] == 0
    assert (await live.get("/v1/accounts?standing=frozen"))["accounts"] == []


@served()
async def test_changes_that_wait_and_disputes_are_counted(live: Live) -> None:
    """A delayed change waits; its cancel from the contact that it replaces is a dispute; officers end it."""
    owner = await live.owner(factors=("sms", "email", "totp", "password", "face"))
    enrol = [{"factor": "email", "contact": "new@example.test"}]
    waiting = await owner.done("lost_email", "totp", "face", enrol=enrol)
    assert await standing(live) == (0, 1, 0)
    row = (await live.get("/v1/accounts?standing=pending"))["accounts"][0]
    assert (row["account"], row["pending"], row["disputed"]) == (owner.account, 1, 0)
    link = (await live.links("cancel", to=owner.mail))[0]
    await live.client.post(f"/cancel/{link}")
    assert await standing(live) == (0, 0, 1)
    assert [row["account"] for row in (await live.get("/v1/accounts?standing=disputed"))["accounts"]] == [
        owner.account
    ]
    await live.officers(f"/v1/actions/{waiting['id']}/dispute", {"uphold": True})
    await live.advance(100 * HOUR)
    assert await standing(live) == (0, 0, 0)
    told = [row["sentence"] for row in await events(live, owner.account)]
    assert any(said.startswith("A cancel came from the contact that is being replaced") for said in told)
    decided_at_end = (await decided(live, "?action=lost_email&limit=1"))["decisions"][0]
    assert decided_at_end["outcome"] == "allow"


@served()
async def test_accounts_are_found_by_the_beginning_of_their_id(live: Live) -> None:
    """Pages in id order; a prefix is taken literally; erased accounts are gone."""
    for name in ("ada", "ada-2", "adb", "zoe", "a_b", "a.b"):
        await live.post("/v1/accounts", {"account": name, "factors": [{"factor": "password"}]}, 201)
    every = [row["account"] for row in (await live.get("/v1/accounts"))["accounts"]]
    assert every == sorted(every) == sorted(["ada", "ada-2", "adb", "zoe", "a_b", "a.b"])
    found: list[str] = []
    after = ""
    while True:
        page = await live.get(f"/v1/accounts?query=a&limit=2{after}")
        found += [row["account"] for row in page["accounts"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == [name for name in every if name.startswith("a")]
    names = [row["account"] for row in (await live.get("/v1/accounts?query=a_"))["accounts"]]
    assert names == ["a_b"]
    await live.officers("/v1/accounts/ada/erase")
    names = [row["account"] for row in (await live.get("/v1/accounts?query=ada"))["accounts"]]
    assert names == ["ada-2"]


@served()
async def test_events_tell_who_did_what_in_two_languages(live: Live) -> None:
    """Newest first and paged; the owner is named only where somebody proved to be the owner."""
    owner = await live.owner()
    action = await owner.sealed()
    await owner.redeem(action)
    await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
    await live.officers(f"/v1/accounts/{owner.account}/unfreeze")
    await live.settle()
    found = await events(live, owner.account)
    told = {row["kind"]: row for row in reversed(found)}
    assert told["ask"]["actor"] == "unknown"
    assert told["ask"]["sentence"] == f"Asked to withdraw 100 USD to {ADDRESS}: more proof is missing."
    assert (told["prove"]["actor"], told["prove"]["sentence"].endswith(": allowed.")) == ("owner", True)
    assert (told["redeem"]["actor"], told["freeze_now"]["actor"]) == ("platform", "owner")
    assert told["lift_freeze"]["actor"] == "staff"
    assert sorted(told["lift_freeze"]["officers"]) == sorted(OFFICERS)
    chinese = await events(live, owner.account, "?language=zh")
    there = {row["position"] for row in chinese}  # a worker may have written meanwhile
    assert all(row["position"] in there for row in found[: len(found) - 1])
    assert next(row for row in chinese if row["kind"] == "freeze_now")["sentence"] == "已应用户要求冻结。"
    assert not [row for row in chinese if "您" in row["sentence"]]
    page = await live.get(f"/v1/accounts/{owner.account}/events?limit=3")
    rest = await live.get(f"/v1/accounts/{owner.account}/events?after={page['next']}&limit=500")
    paged = page["events"] + rest["events"]
    whole = await events(live, owner.account)  # read last: a worker writes only before it, at the head
    assert paged == whole[-len(paged) :]
    assert len(paged) >= len(found)
    problem(await live.call("GET", "/v1/accounts/nobody/events"), 404, "unknown_account")


@served()
async def test_looks_by_staff_stand_among_the_events(live: Live) -> None:
    """Who looked and why, in its place among what happened; a page does not lose one."""
    owner = await live.owner()
    looks = services_of(live).area(Views)
    await owner.ask("withdraw", amount="50")
    await looks.looked("ines", owner.account, "a call about a lost phone")
    await owner.ask("withdraw", amount="51")
    await live.settle()
    found = await events(live, owner.account)
    assert [row["kind"] for row in found[:3]] == ["ask", "account_viewed", "ask"]
    assert found[1]["actor"] == "staff"
    assert found[1]["sentence"] == "A member of staff looked at the account (ines: a call about a lost phone)."
    page = await live.get(f"/v1/accounts/{owner.account}/events?limit=2")
    rest = await live.get(f"/v1/accounts/{owner.account}/events?after={page['next']}")
    paged = page["events"] + rest["events"]
    whole = await events(live, owner.account)  # read last: a worker writes only before it, at the head
    assert paged == whole[-len(paged) :]
    assert len(paged) >= len(found)


@served()
async def test_a_sealed_suspicion_shows_nowhere(live: Live) -> None:
    """Neither its report nor its end, nor by what a decision, its reasons or its place in a filter say."""
    owner, other = await live.owner(), await live.owner()
    sealed = next(c.name for c in _capabilities(live) if c.tell == "sealed")
    until = live.now + 30 * DAY
    path = f"/v1/accounts/{owner.account}/suspicions"
    made = await live.post(path, {"capability": sealed, "until": until})
    shown = await live.post(path, {"capability": "sim_swap", "until": until, "evidence": "SIM changed"})
    await live.officers(f"{path}/{made['id']}/clear")
    await live.officers(f"{path}/{shown['id']}/clear")
    await live.post(path, {"capability": sealed, "until": until})
    told = await events(live, owner.account)
    assert [row["kind"] for row in told if "suspicion" in row["kind"] or row["kind"] == "suspect"] == [
        "clear_suspicion",
        "suspect",
    ]
    assert not [row for row in told if sealed in str(row)]
    for person in (owner, other):
        await person.ask("withdraw_small", amount="9")
    rows = {row["account"]: row for row in (await decided(live))["decisions"]}
    mine, theirs = rows[owner.account], rows[other.account]
    for name in ("outcome", "reasons", "alternatives", "until", "actor"):
        assert mine[name] == theirs[name]
    assert (await decided(live, f"?outcome={mine['outcome']}&account={owner.account}"))["decisions"]


def services_of(live: Live) -> Services:
    """What the running application was made of."""
    found: Services = live.app.state.services
    return found


def _capabilities(live: Live) -> Any:
    return live.application.policies.current.vocabulary.capabilities.values()


@served()
async def test_an_erased_account_leaves_no_decision(live: Live) -> None:
    """Its decisions go with its key; its events keep kinds and times."""
    owner = await live.owner()
    await owner.ask("withdraw", amount="50")
    assert (await decided(live))["decisions"]
    await live.officers(f"/v1/accounts/{owner.account}/erase")
    assert (await decided(live))["decisions"] == []
    assert sum((await live.get("/v1/overview"))["decisions"].values()) == 0
    told = await events(live, owner.account)
    assert told[0]["sentence"] == "The account was erased."
    assert all(row["payment"] is None and row["rule"] is None for row in told)


@served()
async def test_each_read_needs_its_scope(live: Live) -> None:
    """The staff's view only with decisions:staff; the list with accounts:read."""
    owner = await live.owner()
    token = await limited(live, Scope.ACTIONS_READ, Scope.AUDIT_READ)
    for path in (
        "/v1/decisions",
        "/v1/decisions/stream",
        "/v1/overview",
        "/v1/accounts",
        f"/v1/accounts/{owner.account}/events",
    ):
        problem(await live.call("GET", path, token=token), 403, "insufficient_scope")


@served()
async def test_bad_filters_are_refused(live: Live) -> None:
    """422 with the place of the fault, never an empty answer that looks like one."""
    for path in (
        "/v1/decisions?outcome=maybe",
        "/v1/decisions?limit=0",
        "/v1/decisions?after=-1",
        "/v1/decisions?account=a:b",
        "/v1/decisions/stream?outcome=",
        "/v1/accounts?query=a%25",
        "/v1/accounts?standing=rich",
        "/v1/overview?period=1",
        "/v1/accounts/u-1/events?language=fr",
    ):
        problem(await live.call("GET", path), 422, "validation_failed")
    wrong = await live.call("GET", "/v1/decisions/stream", headers={"Last-Event-ID": "x"})
    problem(wrong, 422, "validation_failed")
