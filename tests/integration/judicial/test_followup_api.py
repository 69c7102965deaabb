# SPDX-License-Identifier: Apache-2.0
"""The whole way over the API: a request that was suspected, cleared, suspected again and found forged."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from counterseal.core import inputs as i
from tests.support.followups import Docket
from tests.support.requests import CLAIM, ROOT, Bureau, bureau
from tests.support.server import problem

pytestmark = pytest.mark.needs("bwrap")
REASON = {"reason": "the clerk does not know it"}


async def followed(desk: Bureau, name: str, acts: int) -> Any:
    """What followed, once so many acts are over; the server's own worker does it."""
    for _ in range(200):
        found = await desk.vera.get(f"{ROOT}/{name}/follow-up")
        if len(found["acts"]) == acts and all(act["ended"] is not None for act in found["acts"]):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(found)


@bureau
async def test_suspected_cleared_suspected_again_and_found_forged(desk: Bureau) -> None:
    docket = Docket(desk.live)
    name = (await desk.opened())["request"]["id"]
    await desk.triaged(name)
    await desk.vera.post(f"{ROOT}/{name}/suspect", REASON)
    found = await followed(desk, name, 1)
    assert (found["named"], found["acts"][0]["event"]) == ([desk.account], "suspected_forged")
    assert found["acts"][0]["steps"][0]["result"] == "done"
    (shield,) = await docket.suspicions(desk.account)
    assert shield.capability == "judicial_pii"

    problem(await desk.ines.call("POST", f"{ROOT}/{name}/clear", REASON), 403, "two_officers")
    assert (await desk.try_signed(f"{ROOT}/{name}/clear", REASON, *desk.pair)).status_code == 200
    found = await followed(desk, name, 2)
    assert sorted(found["acts"][1]["by"]) == sorted(each.id for each in desk.pair)
    assert found["acts"][1]["faults"] == []
    assert await docket.suspicions(desk.account) == []

    await desk.vera.post(f"{ROOT}/{name}/suspect", REASON)
    assert (await desk.try_signed(f"{ROOT}/{name}/confirm-forged", REASON, *desk.pair)).status_code == 200
    found = await followed(desk, name, 4)
    assert [act["event"] for act in found["acts"]] == [
        *("suspected_forged", "cleared", "suspected_forged", "confirmed_forged")
    ]
    assert len(await docket.suspicions(desk.account)) == 2
    assert not await docket.inputs(desk.account, i.EndSessions)
    report = await desk.vera.get(f"/v1/desk/report?start={desk.live.now - 1}&end={desk.live.now + 1}")
    rows = {row["code"]: row["value"] for section in report["sections"] for row in section["rows"]}
    assert (rows["forged_caught"], rows["suspected"], rows["cleared"]) == (1, 1, 1)


@bureau
async def test_a_confirmed_forgery_speaks_against_what_its_hand_sent_besides(desk: Bureau) -> None:
    """An order that two officers had approved goes back to its evidence; what comes later is recognised."""
    claim = CLAIM | {"phone": "+49 30 1234567"}
    held = await desk.approved(case_number="18/2026", claim=claim)
    approved = held["request"]["id"]
    name = (await desk.opened(claim=claim))["request"]["id"]
    reference = (await desk.triaged(name))["request"]["reference"]
    await desk.vera.post(f"{ROOT}/{name}/suspect", REASON)
    await followed(desk, name, 1)
    assert (await desk.read_request(approved))["request"]["state"] == "approved"  # a suspicion is no finding
    assert (await desk.try_signed(f"{ROOT}/{name}/confirm-forged", REASON, *desk.pair)).status_code == 200
    await followed(desk, name, 2)
    found = (await held_back(desk, approved))["request"]
    assert all(each["void"] for each in found["approvals"])
    (piece,) = [each for each in found["evidence"] if "forged_hand" in each["findings"]]
    assert (piece["kind"], piece["result"], piece["collected_by"]) == ("content", "contradicts", "desk")
    assert reference in piece["details"]["forged_hand"]
    later = (await desk.opened(case_number="19/2026", claim=claim))["request"]["id"]
    told = (await desk.triaged(later))["request"]["evidence"]
    assert [each["result"] for each in told if "forged_hand" in each["findings"]] == ["contradicts"]


async def held_back(desk: Bureau, name: str) -> Any:
    """The request, once the desk looked at it again."""
    for _ in range(200):
        found = await desk.read_request(name)
        if found["request"]["state"] == "evidence":
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(found)
