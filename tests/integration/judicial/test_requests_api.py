# SPDX-License-Identifier: Apache-2.0
"""A request over the API, from its documents to two officers' approval, and what is refused on the way."""

from __future__ import annotations

import msgspec
import pytest

from tests.support.requests import ROOT, Bureau, bureau
from tests.support.server import problem
from tests.support.staff import PURPOSE

pytestmark = pytest.mark.needs("bwrap")


@bureau
async def test_a_genuine_order_is_approved_by_two_officers(desk: Bureau) -> None:
    """Taken in, triaged, called back, reviewed, cut down to fields, approved: each step adds, none is skipped."""
    held = await desk.opened()
    name = held["request"]["id"]
    assert held["people"] == {desk.vera.id: desk.vera.name}  # nobody else stands in it yet
    assert (held["request"]["state"], held["request"]["reference"][-7:]) == ("received", "-000001")
    held = await desk.triaged(name)
    assert held["request"]["state"] == "evidence"
    assert held["request"]["accounts"] == [desk.account]
    assert {each["name"] for each in held["request"]["clocks"]} >= {"answer"}
    kinds = {(each["kind"], each["result"]) for each in held["request"]["evidence"]}
    assert {("doc_signature", "supports"), ("doc_integrity", "supports")} <= kinds, kinds
    assert [each["code"] for each in held["decision"]["missing"]] == [
        *("evidence", "legal_basis", "within_scope", "key_confirmed", "two_officers")
    ]
    held = await desk.called(name)
    assert held["request"]["key"].startswith("age1")
    assert held["decision"]["cut"]["size_standing"] == 2
    held = await desk.reviewed(name)
    problem(await desk.ines.call("POST", f"{ROOT}/{name}/submit"), 409, "not_ready")
    held = await desk.ines.post(f"{ROOT}/{name}/fields", {"fields": None})
    assert {each["name"] for each in held["request"]["fields"]} >= {"name", "email"}
    held = await desk.ines.post(f"{ROOT}/{name}/submit")
    assert (held["request"]["state"], held["decision"]["ready"]) == ("decision_pending", True)
    assert not held["decision"]["allowed"]
    answer = await desk.approve(held)
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert (done["request"]["state"], done["decision"]["allowed"]) == ("approved", True)
    assert done["request"]["approvals"][0]["stands"]
    assert done["people"] == {each.id: each.name for each in (desk.ines, desk.omar, desk.vera, desk.wei)}
    states = [each["state"] for each in done["request"]["history"] if each["state"]]
    assert states == ["received", "triaged", "evidence", "legal_review", "decision_pending", "approved"]


@bureau
async def test_each_look_at_a_request_stands_in_the_log(desk: Bureau) -> None:
    """With its purpose, once in a quarter of an hour; what does not exist is not looked at."""
    name = (await desk.opened())["request"]["id"]
    for _ in range(2):
        await desk.omar.get(f"{ROOT}/{name}")
    await desk.omar.call("GET", f"{ROOT}/{name}/decision", headers={"Purpose": "before my approval"})
    await desk.omar.get(f"{ROOT}/jr_none", 404)
    looks = await desk.live.application.store.entries(subject=f"desk_view:{name}")
    told = [msgspec.json.decode(each.payload or b"{}") for each in looks]
    assert [(each["by"], each["purpose"]) for each in told] == [
        (f"staff:{desk.omar.id}", PURPOSE),
        (f"staff:{desk.omar.id}", "before my approval"),
    ]
    assert await desk.live.application.store.read("desk_view:jr_none") is None
