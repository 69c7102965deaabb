# SPDX-License-Identifier: Apache-2.0
"""Looks at accounts: none without an event that says why, and none that outlives the account's erasure."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from counterseal.core.errors import ForbiddenError
from counterseal.staff.approvals import subject_of as approval_of
from counterseal.staff.views import checked_purpose
from counterseal.staff.views import subject_of as looks_of
from tests.support.server import HOUR, Live, problem, served
from tests.support.staff import PURPOSE, Person, Team

MINUTE = 60_000


async def noted(live: Live, subject: str) -> list[dict[str, Any]]:
    """What the log says about a subject, opened."""
    entries = await live.application.store.entries(subject=subject)
    return [{"kind": each.kind} | json.loads(each.payload) for each in entries if each.payload]


async def approved(one: Person, two: Person, operation: str) -> dict[str, str]:
    """The header of an approval that both have signed."""
    made = await one.propose(operation)
    await one.sign(made["id"])
    await two.sign(made["id"])
    return {"Approval": made["id"]}


@served()
async def test_an_action_is_read_with_a_purpose(live: Live) -> None:
    """It shows where money goes: reading it is a look at its account."""
    eve = await Team(live).join("eve", "viewer")
    owner = await live.owner()
    action = (await owner.ask("withdraw_small", amount="10"))["id"]
    path = f"/v1/actions/{action}?view=staff"
    problem(await eve.call("GET", path, headers={"Purpose": ""}), 403, "purpose_missing")
    assert await noted(live, looks_of(owner.account)) == []
    assert (await eve.get(path))["id"] == action
    (found,) = await noted(live, looks_of(owner.account))
    assert (found["kind"], found["purpose"], found["by"]) == ("account_viewed", PURPOSE, f"staff:{eve.id}")
    problem(await eve.call("GET", "/v1/actions/act_unknown"), 404, "unknown_action_id")
    assert (await live.get(f"/v1/actions/{action}"))["id"] == action  # a token needs none


@served()
async def test_watching_is_noted_too(live: Live) -> None:
    """Decisions and the list of accounts: once in 15 minutes; of one account it is a look at that account."""
    eve = await Team(live).join("eve", "viewer")
    owner = await live.owner()
    await owner.ask("withdraw_small", amount="10")
    mine = f"staff_watch:{eve.id}"
    none = {"Purpose": ""}
    for _ in range(3):
        await eve.get("/v1/decisions", headers=none)
        await eve.get("/v1/decisions?outcome=challenge", headers=none)
    await eve.get("/v1/accounts", headers=none)
    found = await noted(live, mine)
    assert [(each["kind"], each["what"], each["purpose"]) for each in found] == [
        ("staff_watched", "decisions", "live watch"),
        ("staff_watched", "accounts", "live watch"),
    ]
    await live.advance(5 * MINUTE)
    await eve.get("/v1/staff/session")
    await live.advance(11 * MINUTE)
    await eve.get("/v1/decisions", headers=none)
    assert len(await noted(live, mine)) == 3
    await eve.get(f"/v1/decisions?account={owner.account}", headers=none)
    (look,) = await noted(live, looks_of(owner.account))
    assert (look["purpose"], look["account"]) == ("live watch", owner.account)
    await eve.get(f"/v1/decisions?account={owner.account}")
    assert len(await noted(live, looks_of(owner.account))) == 2  # with a reason of their own


BAD = (
    "",
    " \t ",
    "\u3000",
    "\u200b\u200d",
    "...",
    "x" * 201,
    "x" * 10_000,
    "a\nb",
    "a\rforged entry",
    "a\x00b",
    "a\x1b[31mred",
    "a\x85b",
    "a\u2028b",
    "owner called\u202etxt.exe",
    "a\u2066b",
    "a\ud800b",
)
GOOD = (
    "the owner called",
    "客户来电，核实提款",
    "طلب من المالك",
    "ticket #4711",
    "x" * 200,
    "👨‍👩‍👧 family dispute",
    "  ok  ",
)


@pytest.mark.parametrize("purpose", BAD)
def test_a_purpose_says_something_in_one_line(purpose: str) -> None:
    """No controls, no line breaks of any kind, nothing that turns the direction, nothing empty or long."""
    with pytest.raises(ForbiddenError):
        checked_purpose(purpose)


@pytest.mark.parametrize("purpose", GOOD)
def test_a_purpose_is_in_any_script(purpose: str) -> None:
    assert checked_purpose(purpose) == purpose.strip()


@served()
async def test_odd_purposes_over_http(live: Live) -> None:
    """Percent-encoded, in bytes, twice, far too long: 403 or taken as it was meant, never noted otherwise."""
    eve = await Team(live).join("eve", "viewer")
    account = (await live.owner()).account
    path = f"/v1/accounts/{account}"
    for bad in BAD[:-1]:
        for sent in {quote(bad), bad if bad.isascii() and bad.isprintable() else quote(bad)}:
            problem(await eve.call("GET", path, headers={"Purpose": sent}), 403, "purpose_missing")
    twice = [("Purpose", "one"), ("Purpose", "two")]
    problem(await eve.client.get(path, headers=twice), 403, "purpose_missing")
    assert await noted(live, looks_of(account)) == []
    for good in GOOD:
        for sent in (quote(good).encode(), good.encode()):
            answer = await eve.client.get(path, headers=[(b"Purpose", sent.strip())])
            assert answer.status_code == 200, (good, sent)
    purposes = {each["purpose"] for each in await noted(live, looks_of(account))}
    assert purposes == {good.strip() for good in GOOD}


@served()
async def test_erasure_covers_looks_and_approvals(live: Live) -> None:
    """What staff wrote about an account goes with it; who erased it, and why, stays."""
    team = Team(live)
    ines, omar = await team.join("ines", "fraud"), await team.join("omar", "legal")
    owner, other = await live.owner(), await live.owner()
    action = (await owner.ask("login"))["id"]
    await ines.get(f"/v1/accounts/{owner.account}")
    await ines.get(f"/v1/accounts/{other.account}")
    about = [
        (await ines.propose(f"POST /v1/accounts/{owner.account}/unfreeze"))["id"],
        (await ines.propose(f"POST /v1/actions/{action}/dispute", {"uphold": True}))["id"],
    ]
    await ines.sign(about[0])
    kept = (await ines.propose(f"POST /v1/accounts/{other.account}/unfreeze"))["id"]
    path = f"/v1/accounts/{owner.account}/erase"
    erasure = await approved(ines, omar, f"POST {path}")
    first = await ines.post(path, headers=erasure, key="erase-1")
    assert await ines.post(path, headers=erasure, key="erase-1") == first
    store = live.application.store
    for subject in (looks_of(owner.account), *map(approval_of, about)):
        entries = await store.entries(subject=subject)
        assert [each.payload for each in entries[:-1]] == [None] * (len(entries) - 1)
        assert entries[-1].kind == "erased"
        assert await store.read(subject) is None
    for identity in about:
        problem(await omar.call("GET", f"/v1/approvals/{identity}"), 404, "approval_not_found")
        problem(await omar.call("POST", f"/v1/approvals/{identity}/options"), 404, "approval_not_found")
    assert [each["id"] for each in (await omar.get("/v1/approvals?status=open"))["items"]] == [kept]
    assert (await omar.get(f"/v1/approvals/{erasure['Approval']}"))["status"] == "used"
    assert await noted(live, looks_of(other.account))
    refused = await ines.call("POST", "/v1/approvals", {"operation": f"POST {path}", "reason": "again"})
    assert refused.status_code in {404, 409, 410}, refused.text
    problem(await ines.call("GET", f"/v1/accounts/{owner.account}"), 404, "unknown_account")
    await live.advance(HOUR)
