# SPDX-License-Identifier: Apache-2.0
"""Two officers' approval: what it is bound to, who may give it, what an emergency changes and silence does not."""

from __future__ import annotations

from typing import Any

import pytest

from counterseal.judicial.requests.acts import NotReadyError
from tests.support.registry import COURT
from tests.support.requests import ROOT, Bureau, bureau
from tests.support.server import DAY, HOUR, MINUTE, problem
from tests.support.staff import Team

pytestmark = pytest.mark.needs("bwrap")
WHY = {"reason": "for a test"}
EMERGENCY = {"type": "emergency", "legal_basis": "danger_to_life"}


@bureau
async def test_whatever_changes_the_request_voids_what_was_signed(desk: Bureau) -> None:
    """Two officers sign a digest; by the time it is used the request is another one, or changes afterwards."""
    held = await desk.ready()
    name = held["request"]["id"]
    path, body = f"{ROOT}/{name}/approve", {"digest": held["decision"]["digest"]}
    approval = await desk.proposed(path, body, *desk.pair)
    await desk.ines.post(f"{ROOT}/{name}/evidence", docket("inconclusive"))
    problem(await desk.used(approval, path, body), 409, "request_changed")
    held = await desk.read_request(name)
    assert held["request"]["state"] == "evidence"  # back at work, nothing approved
    await desk.reviewed(name)
    held = await desk.ines.post(f"{ROOT}/{name}/submit")
    assert (await desk.approve(held)).status_code == 200
    fields = [{"account": desk.account, "name": "email"}]
    held = await desk.ines.post(f"{ROOT}/{name}/fields", {"fields": fields})
    (made,) = held["request"]["approvals"]
    assert (held["request"]["state"], made["stands"], bool(made["void"])) == ("evidence", False, True)
    assert "two_officers" in {each["code"] for each in held["decision"]["missing"]}


@bureau
async def test_who_may_not_approve(desk: Bureau) -> None:
    """Whoever alone called; both who entered the number; whoever the request is about; a token; one person."""
    held = await desk.ready()
    path, body = f"{ROOT}/{held['request']['id']}/approve", {"digest": held["decision"]["digest"]}
    assert [(each["staff"], each["code"]) for each in held["decision"]["conflicts"]] == [
        (desk.vera.id, "own_evidence")
    ]
    problem(await desk.approve(held, desk.vera, desk.wei), 409, "officer_conflict")
    problem(await desk.approve(held, desk.ines, desk.omar), 409, "officer_conflict")  # both entered the number
    problem(await desk.ines.call("POST", path, body), 403, "two_officers")
    two = {"Second-Officer": desk.live.tokens["omar"]}
    answer = await desk.live.call("POST", path, body, token="ines", headers=two)
    assert answer.status_code == 403
    assert (await desk.approve(held, desk.ines, desk.wei)).status_code == 200


@bureau
async def test_nobody_approves_what_names_their_own_account(desk: Bureau) -> None:
    """A member of staff is a client too; the request says so, and they have no part in it."""
    own = (await desk.live.owner()).account
    nora = await Team(desk.live).join("nora", "legal", account=own)
    held = await desk.ready(identifiers=[{"kind": "account", "value": own}])
    assert "names_staff" in finding(held, "subject")
    problem(await desk.approve(held, nora, desk.wei), 409, "officer_conflict")
    assert (await desk.approve(held)).status_code == 200


@bureau
async def test_an_approver_who_leaves_takes_the_approval_along(desk: Bureau) -> None:
    """Disabled before it is handed out: approved anew, by others. Disabled before it is used: refused."""
    held = await desk.approved()
    name = held["request"]["id"]
    decisions = desk.live.application.desk.requests.decisions
    await decisions.check_release(name)
    team = Team(desk.live)
    await team.join("ada", "administrator")
    await team.service.disable(desk.wei.id, by="command")
    with pytest.raises(NotReadyError):
        await decisions.check_release(name)
    held = await desk.read_request(name)
    assert (held["request"]["state"], held["decision"]["allowed"]) == ("legal_review", False)
    held = await desk.ines.post(f"{ROOT}/{name}/submit")
    path, body = f"{ROOT}/{name}/approve", {"digest": held["decision"]["digest"]}
    nora = await team.join("nora", "legal")
    approval = await desk.proposed(path, body, desk.omar, nora)
    await team.service.disable(nora.id, by="command")
    problem(await desk.used(approval, path, body), 403, "approval_void")
    carl = await team.join("carl", "incident")
    assert (await desk.approve(held, desk.omar, carl)).status_code == 200
    await decisions.check_release(name)


@bureau
async def test_an_emergency_has_one_officer_first_and_fewer_fields(desk: Bureau) -> None:
    """The same evidence; the second signs within four hours; then it stands as any other."""
    held = await emergency(desk)
    name, digest = held["request"]["id"], held["decision"]["digest"]
    assert {each["name"] for each in held["request"]["fields"]} == {"exists", "name", "email", "phone"}
    path, body = f"{ROOT}/{name}/approve", {"digest": digest}
    made = await desk.wei.propose(f"POST {path}", body)
    alone = {"digest": digest, "approval": made["id"]}
    problem(await desk.wei.call("POST", f"{ROOT}/{name}/approve-emergency", alone), 409, "approval_mismatch")
    await desk.wei.sign(made["id"])
    problem(await desk.omar.call("POST", f"{ROOT}/{name}/approve-emergency", alone), 409, "approval_mismatch")
    held = await desk.wei.post(f"{ROOT}/{name}/approve-emergency", alone)
    assert (held["request"]["state"], held["decision"]["allowed"]) == ("approved", True)
    assert held["request"]["approvals"][0]["second_by"] == desk.live.now + 4 * HOUR
    (line,) = (await desk.vera.get(ROOT))["items"]
    assert (line["second_by"], line["next_clock"]["name"]) == (desk.live.now + 4 * HOUR, "second_officer")
    await desk.omar.sign(made["id"])
    done = await desk.used(made["id"], path, body)
    assert done.status_code == 200, done.text
    stands = [(each["officers"], each["stands"]) for each in done.json()["request"]["approvals"]]
    assert stands == [([desk.wei.id], False), ([desk.wei.id, desk.omar.id], True)]
    await desk.advance(4 * HOUR + MINUTE)
    await desk.live.application.desk.requests.requests.turn()
    held = await desk.read_request(name)
    assert (held["request"]["state"], held["decision"]["allowed"]) == ("approved", True)


@bureau
async def test_an_emergency_without_its_second_officer_stops(desk: Bureau) -> None:
    """At four hours to the millisecond it stands no more, whether a worker ran or not; at 48 it is told."""
    held = await emergency(desk)
    name, digest = held["request"]["id"], held["decision"]["digest"]
    made = await desk.wei.propose(f"POST {ROOT}/{name}/approve", {"digest": digest})
    await desk.wei.sign(made["id"])
    held = await desk.wei.post(f"{ROOT}/{name}/approve-emergency", {"digest": digest, "approval": made["id"]})
    due = held["request"]["approvals"][0]["second_by"]
    await desk.advance(due - 1 - desk.live.now)
    assert (await desk.read_request(name))["decision"]["allowed"]
    await desk.advance(1)
    assert not (await desk.read_request(name))["decision"]["allowed"]
    requests = desk.live.application.desk.requests.requests
    for _ in range(3):
        await requests.turn()
    held = await desk.read_request(name)
    told = [each["what"] for each in held["request"]["history"]]
    assert (held["request"]["state"], told.count("second_overdue")) == ("evidence", 1)
    await desk.advance(44 * HOUR)
    for _ in range(3):
        await requests.turn()
    told = [each["what"] for each in (await desk.read_request(name))["request"]["history"]]
    assert told.count("review_due") == 1


@bureau
async def test_an_emergency_is_no_way_around_the_call_back(desk: Bureau) -> None:
    """Without it nobody can submit, and one officer cannot approve what is no emergency."""
    held = await desk.opened()
    name = held["request"]["id"]
    await desk.triaged(name, **EMERGENCY)
    await desk.reviewed(name, basis="danger_to_life")
    await desk.ines.post(f"{ROOT}/{name}/fields", {"fields": None})
    answer = problem(await desk.ines.call("POST", f"{ROOT}/{name}/submit"), 409, "not_ready")
    assert {"evidence", "key_confirmed"} <= set(answer["hint"].split(", "))
    held = await desk.ready(case_number="18/2026")
    name, digest = held["request"]["id"], held["decision"]["digest"]
    made = await desk.wei.propose(f"POST {ROOT}/{name}/approve", {"digest": digest})
    await desk.wei.sign(made["id"])
    body = {"digest": digest, "approval": made["id"]}
    problem(await desk.wei.call("POST", f"{ROOT}/{name}/approve-emergency", body), 409, "request_state")


@bureau
async def test_a_deadline_releases_nothing(desk: Bureau) -> None:
    """Every clock of the law runs out over an order that nobody worked on: one line each, and that is all."""
    name = (await desk.opened())["request"]["id"]
    held = await desk.triaged(name)
    clocks = held["request"]["clocks"]
    await desk.advance(max(each["due"] for each in clocks) - desk.live.now + DAY)
    requests = desk.live.application.desk.requests.requests
    while await requests.turn():
        pass
    held = await desk.read_request(name)
    assert (held["request"]["state"], held["decision"]["allowed"]) == ("evidence", False)
    told = [each["note"] for each in held["request"]["history"] if each["what"] == "clock_due"]
    assert sorted(told) == sorted(f"{each['name']} {each['due']}" for each in clocks)
    (line,) = (await desk.vera.get(ROOT))["items"]
    assert (line["overdue"], "evidence" in line["missing"]) == (True, True)


@bureau
async def test_a_deadline_that_passes_while_the_authority_is_asked(desk: Bureau) -> None:
    """Nothing is released meanwhile; without an answer in 30 days it expires; a late answer is worked on."""
    held = await desk.ready()
    name = held["request"]["id"]
    held = await desk.vera.post(f"{ROOT}/{name}/clarify", {"note": "which account?"})
    assert (held["request"]["state"], held["decision"]["allowed"]) == ("clarification", False)
    problem(await desk.approve(held), 409, "request_state")
    await desk.advance(31 * DAY)
    while await desk.live.application.desk.requests.requests.turn():
        pass
    held = await desk.read_request(name)
    assert held["request"]["state"] == "expired"
    assert (await desk.vera.get(ROOT))["items"] == []
    problem(await desk.vera.call("POST", f"{ROOT}/{name}/answer", {"note": "this one"}), 409, "request_state")


@bureau
async def test_a_number_that_ends_after_the_call_takes_the_call_with_it(desk: Bureau) -> None:
    """Two officers end the contact as false: what it confirmed counts no more, before and after the approval."""
    held = await desk.ready()
    name = held["request"]["id"]
    contact = await desk.only()
    await desk.signed(f"/v1/desk/authorities/{COURT}/contacts/{contact}/end", {"reason": "it was never theirs"})
    problem(await desk.approve(held), 409, "request_changed")
    held = await desk.read_request(name)
    voided = [each["void"] for each in held["request"]["evidence"] if each["kind"] == "call_back"]
    assert all(voided)
    assert {"evidence", "key_confirmed"} <= {each["code"] for each in held["decision"]["missing"]}


async def emergency(desk: Bureau) -> Any:
    """A danger to life that waits for its officers."""
    name = (await desk.opened(type="emergency"))["request"]["id"]
    await desk.triaged(name, **EMERGENCY)
    await desk.called(name)
    await desk.reviewed(name, basis="danger_to_life")
    await desk.ines.post(f"{ROOT}/{name}/fields", {"fields": None})
    return await desk.ines.post(f"{ROOT}/{name}/submit")


def docket(result: str) -> dict[str, Any]:
    """What an officer found in the docket."""
    return {"kind": "docket", "result": result, "source": "https://docket.example/17-2026", "note": "sealed"}


def finding(held: Any, kind: str) -> list[str]:
    """Codes of the newest piece of this kind."""
    found = [each["findings"] for each in held["request"]["evidence"] if each["kind"] == kind]
    return found[-1] if found else []
