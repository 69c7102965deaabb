# SPDX-License-Identifier: Apache-2.0
"""The posture of real accounts: over the API, from the database, and what an attacker's step makes of it."""

from __future__ import annotations

import asyncio
from typing import Any

from counterseal.core.policy.model import Profile
from counterseal.prover.case import Case
from counterseal.prover.findings import start_of
from counterseal.prover.minimal import EVER
from counterseal.wiring.fleet import shapes_of_store, state_of_store
from tests.support.server import DAY, HOUR, Live, served

OTHER_PHONE = "+85259999999"


async def read(live: Live, account: str, query: str = "", status: int = 200) -> Any:
    return await live.get(f"/v1/accounts/{account}/posture{query}", status)


def windows(document: Any) -> dict[tuple[tuple[str, ...], str], int | None]:
    """(capabilities, outflow) -> window, None = silent."""
    posture = document["posture"]
    return {
        (tuple(one["capabilities"]), way["outflow"]): way["window"]
        for one in posture["singles"]
        for way in one["ways"]
    }


@served(policy="okx-2024")
async def test_the_posture_of_an_account_is_that_of_its_profile(live: Live) -> None:
    """What the API says of a real account is what the prover finds for owners of its kind."""
    owner = await live.owner()
    found = await read(live, owner.account)
    policy = live.application.policies.current
    case = Case(policy, start_of(Profile("mine", ("sms", "email", "totp", "password"), ("sms", "email"))))
    expected = {
        ((name,), outflow): attack.window
        for name in policy.vocabulary.capabilities
        for outflow, attack in case.worst([name], EVER, case.outflows).items()
    }
    assert windows(found) == expected
    assert expected
    assert found["posture"]["digest"] == policy.digest
    assert sorted(found["posture"]["start"]["enrolled"]) == ["email", "password", "sms", "totp"]
    assert any("SIM swap" in sentence for sentence in found["sentences"])


@served(policy="okx-2024")
async def test_a_replaced_phone_makes_it_worse(live: Live) -> None:
    """Counted as the attacker's, the new number proves SMS and no longer tells the owner."""
    owner = await live.owner()
    before = await read(live, owner.account)
    changed = await owner.done("replace_phone", "totp", enrol=[{"factor": "sms", "contact": OTHER_PHONE}])
    action = changed["id"]
    own = await read(live, owner.account)
    taken = await read(live, owner.account, f"?foreign={action}")
    assert own["posture"]["start"]["bound"] == []
    assert taken["posture"]["start"]["bound"] == ["sms"]
    assert taken["posture"]["start"]["channels"] == ["email"]
    old, new = windows(before), windows(taken)
    assert old.keys() < new.keys()
    assert all((new[way] is None) or (old[way] is not None and new[way] <= old[way]) for way in old)
    assert any("what somebody else has in your account" in sentence for sentence in taken["sentences"]) or any(
        one["capabilities"] == ["pw_leak"] and one["ways"] for one in taken["posture"]["singles"]
    )
    assert (await read(live, owner.account, "?foreign=act_nobody", 404))["code"] == "unknown_action_id"


@served(policy="okx-2024")
async def test_unknown_and_erased_accounts_have_none(live: Live) -> None:
    """404 both times; and the database no longer has it either."""
    owner, other = await live.owner(), await live.owner()
    assert (await read(live, "nobody", status=404))["code"] == "unknown_account"
    await live.officers(f"/v1/accounts/{owner.account}/erase")
    assert (await read(live, owner.account, status=404))["code"] == "unknown_account"
    settings = live.application.settings
    assert state_of_store(settings, other.account).id == other.account
    shapes = shapes_of_store(settings, live.application.policies.current, live.now)
    assert sum(shapes.values()) == 1


@served(policy="okx-2024")
async def test_staff_alone_reads_it(live: Live) -> None:
    """No token, a bad one, one without the scope; a window that is none."""
    owner = await live.owner()
    path = f"/v1/accounts/{owner.account}/posture"
    assert (await live.call("GET", path, token=None)).status_code == 401
    bad = await live.client.get(path, headers={"Authorization": "Bearer cs_nothing"})
    assert bad.status_code == 401
    made = await live.post("/v1/tokens", {"name": "web", "platform": "exchange", "scopes": ["accounts:read"]}, 201)
    few = await live.client.get(path, headers={"Authorization": f"Bearer {made['token']}"})
    assert (few.status_code, few.json()["code"]) == (403, "insufficient_scope")
    assert (await read(live, owner.account, "?window=-1", 422))["code"] == "validation_failed"


@served(policy="hardened")
async def test_two_at_once_and_the_guard_goes_on(live: Live) -> None:
    """Two readers get the same; the event loop answers others meanwhile."""
    owner = await live.owner()
    first = asyncio.create_task(read(live, owner.account))
    second = asyncio.create_task(read(live, owner.account, f"?window={48 * HOUR}"))
    answered = 0
    while not (first.done() and second.done()):
        await live.get("/v1/clock")
        await asyncio.sleep(0.01)  # requests in process need not suspend: give the others their turn
        answered += 1
    assert answered > 3
    one, two = await first, await second
    assert windows(one) == windows(two)
    assert (one["posture"]["window"], two["posture"]["window"]) == (DAY, 48 * HOUR)
    assert await read(live, owner.account) == one
