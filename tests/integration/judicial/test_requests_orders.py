# SPDX-License-Identifier: Apache-2.0
"""Orders that hand nothing out, suspicions that come late, the inbox, and two writes at once."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import pytest

from counterseal.judicial.requests.service import Requests
from counterseal.judicial.requests.stored import FOLLOW
from tests.support.registry import COURT
from tests.support.requests import ROOT, Bureau, bureau, paper
from tests.support.server import DAY, problem
from tests.support.signed_pdf import order
from tests.support.staff import ORIGIN

pytestmark = pytest.mark.needs("bwrap")
WHY = {"reason": "the registry wrote that it is none of theirs"}


async def turn(desk: Bureau) -> None:
    """Work off everything that is due."""
    requests: Requests = desk.live.application.desk.requests.requests
    while await requests.turn():
        pass


async def frozen(desk: Bureau, account: str) -> list[dict[str, Any]]:
    """The freezes that stand on an account."""
    found: list[dict[str, Any]] = (await desk.vera.get(f"/v1/accounts/{account}"))["freezes"]
    return found


@bureau
async def test_a_freeze_takes_the_same_evidence_as_a_disclosure(desk: Bureau) -> None:
    """Forged ones exist: no call, no freeze. Approved, it stands on the account once, and a withdrawal that would
    lift it takes the same evidence again."""
    name = (await desk.opened(type="freeze", categories=[]))["request"]["id"]
    held = await desk.triaged(name, type="freeze")
    assert held["decision"]["rule"] == "freeze_on_order"
    problem(await desk.ines.call("POST", f"{ROOT}/{name}/execute"), 409, "request_state")
    await desk.reviewed(name)
    problem(await desk.ines.call("POST", f"{ROOT}/{name}/submit"), 409, "not_ready")
    await desk.called(name, confirmed=["case_number", "officer", "scope", "document_hash"], delivery_key="")
    held = await desk.ines.post(f"{ROOT}/{name}/submit")
    problem(await desk.ines.call("POST", f"{ROOT}/{name}/execute"), 409, "request_state")
    assert (await desk.approve(held)).status_code == 200
    assert await frozen(desk, desk.account) == []
    held = await desk.ines.post(f"{ROOT}/{name}/execute")
    assert held["request"]["state"] == "executed"
    for _ in range(2):
        await turn(desk)
    (freeze,) = await frozen(desk, desk.account)
    assert freeze["kind"] == "staff"
    asked = {"type": "withdrawal", "about": name, "categories": []}
    stop = (await desk.opened(order("we lift it"), **asked))["request"]["id"]
    await desk.triaged(stop, type="withdrawal")
    problem(await desk.ines.call("POST", f"{ROOT}/{stop}/execute"), 409, "not_ready")
    assert (await desk.read_request(name))["request"]["state"] == "executed"


@bureau
async def test_a_freeze_that_is_suspected_before_the_worker_comes_is_not_carried_out(desk: Bureau) -> None:
    """The order waits in the outbox; meanwhile somebody doubts it."""
    name = (await desk.opened(type="freeze", categories=[]))["request"]["id"]
    await desk.triaged(name, type="freeze")
    await desk.called(name)
    await desk.reviewed(name)
    held = await desk.ines.post(f"{ROOT}/{name}/submit")
    await desk.approve(held)
    await desk.ines.post(f"{ROOT}/{name}/execute")
    await desk.vera.post(f"{ROOT}/{name}/suspect", WHY)
    await turn(desk)
    assert await frozen(desk, desk.account) == []


@bureau
async def test_a_freeze_whose_number_ends_after_the_approval_is_not_carried_out(desk: Bureau) -> None:
    """The call proves nothing any more, and nobody froze anything on it."""
    name = (await desk.opened(type="freeze", categories=[]))["request"]["id"]
    await desk.triaged(name, type="freeze")
    await desk.called(name)
    await desk.reviewed(name)
    await desk.approve(await desk.ines.post(f"{ROOT}/{name}/submit"))
    path = f"/v1/desk/authorities/{COURT}/contacts/{await desk.only()}/end"
    await desk.signed(path, {"reason": "the number was planted"})
    problem(await desk.ines.call("POST", f"{ROOT}/{name}/execute"), 409, "request_state")
    await turn(desk)
    assert await frozen(desk, desk.account) == []
    held = (await desk.read_request(name))["request"]
    assert [each["void"] for each in held["evidence"] if each["kind"] == "call_back"] != [""]


@bureau
async def test_a_preservation_is_answered_generously(desk: Bureau) -> None:
    """Nothing leaves by it: one kind of evidence that is not contradicted is enough, and no officer waits."""
    name = (await desk.opened(type="preservation"))["request"]["id"]
    await desk.triaged(name, type="preservation")
    held = await desk.ines.post(f"{ROOT}/{name}/execute")
    assert held["request"]["state"] == "executed"
    running = {each["name"] for each in held["request"]["clocks"] if each["met"] is None}
    assert running == {"preserved_until"}
    more = {"clock": "preserved_until", "reason": "the order for it is under way"}
    longer = await desk.ines.post(f"{ROOT}/{name}/extend", more)
    due = [[each["due"] for each in at["request"]["clocks"] if each["met"] is None] for at in (held, longer)]
    assert due[1][0] - due[0][0] == 90 * DAY  # as the pack says
    problem(await desk.ines.call("POST", f"{ROOT}/{name}/extend", more), 422, "no_extension")
    other = more | {"clock": "acknowledge"}
    assert (await desk.ines.call("POST", f"{ROOT}/{name}/extend", other)).status_code in {409, 422}
    plain = (await desk.opened(order("unsigned"), type="preservation", case_number="18/2026"))["request"]["id"]
    await desk.triaged(plain, type="preservation")
    problem(await desk.ines.call("POST", f"{ROOT}/{plain}/execute"), 409, "not_ready")
    held = await desk.approved(case_number="19/2026")
    problem(await desk.ines.call("POST", f"{ROOT}/{held['request']['id']}/execute"), 409, "request_state")


@bureau
async def test_a_suspicion_is_for_anybody_and_its_end_for_two(desk: Bureau) -> None:
    """It voids what was approved; cleared, the work is approved anew; confirmed, it stays; each is told on."""
    held = await desk.approved()
    name = held["request"]["id"]
    held = await desk.wei.post(f"{ROOT}/{name}/suspect", WHY)
    assert (held["request"]["state"], held["decision"]["allowed"]) == ("suspected_forged", False)
    review = {"passed": True, "basis": "court_order", "reason": "x"}
    for way, body, code in (
        ("review", review, "request_state"),
        ("fields", {"fields": []}, "request_state"),
        ("submit", None, "not_ready"),
        ("execute", None, "request_state"),
        ("clarify", {"note": "?"}, "request_state"),
    ):
        problem(await desk.ines.call("POST", f"{ROOT}/{name}/{way}", body), 409, code)
    for way in ("clear", "confirm-forged"):
        problem(await desk.ines.call("POST", f"{ROOT}/{name}/{way}", WHY), 403, "two_officers")
    held = await desk.signed(f"{ROOT}/{name}/clear", WHY, by=desk.pair)
    assert held["request"]["state"] == "evidence"
    assert [each["stands"] for each in held["request"]["approvals"]] == [False]
    await desk.wei.post(f"{ROOT}/{name}/suspect", WHY)
    held = await desk.signed(f"{ROOT}/{name}/confirm-forged", WHY, by=desk.pair)
    assert held["request"]["state"] == "confirmed_forged"
    answer = await desk.try_signed(f"{ROOT}/{name}/clear", WHY, *desk.pair)
    problem(answer, 409, "request_state")
    store = desk.live.application.store
    kinds = [each.kind for each in await store.entries(subject=f"judicial_request:{name}")]
    assert [each for each in kinds if "suspect" in each or "confirm" in each or "clear" in each] == [
        "judicial_request_suspected",
        "judicial_request_cleared",
        "judicial_request_suspected",
        "judicial_request_confirmed",
    ]


@bureau
async def test_a_contradiction_that_comes_after_the_fact_is_a_suspicion(desk: Bureau) -> None:
    """The office calls back weeks later and knows nothing of it: the request is suspected at once, by itself."""
    name = (await desk.opened(type="preservation"))["request"]["id"]
    await desk.triaged(name, type="preservation")
    await desk.called(name)
    await desk.ines.post(f"{ROOT}/{name}/execute")
    held = await desk.called(name, by=desk.omar, confirmed=[], delivery_key="", outcome="voicemail")
    assert held["request"]["state"] == "executed"
    again = {"passed": False, "basis": "court_order", "reason": "x"}
    problem(await desk.ines.call("POST", f"{ROOT}/{name}/review", again), 409, "request_state")
    held = await desk.called(name, by=desk.omar, confirmed=[], delivery_key="", spoke_to="", outcome="denied")
    assert held["request"]["state"] == "suspected_forged"
    assert held["request"]["history"][-1]["by"] == desk.omar.id


@bureau
async def test_the_inbox_shows_what_is_urgent_and_what_is_missing(desk: Bureau) -> None:
    """The nearest deadline first; filters; pages that neither repeat nor leave out; what ended is not in it."""
    names = []
    for number in range(4):
        made = await desk.opened(order(f"no. {number}"), case_number=f"{number}/2026")
        names.append(made["request"]["id"])
        await desk.advance(DAY)
    for name in (names[2], names[0]):
        await desk.triaged(name, assigned=desk.omar.id)
    await desk.vera.post(f"{ROOT}/{names[3]}/reject", {"reason": "no basis"})
    listed = (await desk.vera.get(ROOT))["items"]
    assert [each["id"] for each in listed] == [names[0], names[2], names[1]]
    assert [each["next_clock"] is not None for each in listed] == [True, True, False]
    assert listed[0]["authority"] == "District Court of Northmark"
    assert "two_officers" in listed[0]["missing"]
    mine = (await desk.vera.get(f"{ROOT}?assigned={desk.omar.id}&type=disclosure&state=evidence"))["items"]
    assert {each["id"] for each in mine} == {names[0], names[2]}
    assert (await desk.vera.get(f"{ROOT}?state=approved"))["items"] == []
    for which in ("open=true", "open=false"):
        seen, after = list[str](), ""
        while True:
            page = await desk.vera.get(f"{ROOT}?limit=1&{which}" + (f"&after={after}" if after else ""))
            seen += [each["id"] for each in page["items"]]
            after = page["next"]
            if not after:
                break
        assert sorted(seen) == sorted(names if which == "open=false" else names[:3])
    assert (await desk.vera.get(f"{ROOT}?open=false&state=rejected"))["items"][0]["id"] == names[3]


@bureau
async def test_two_of_the_same_at_once_are_one_and_its_duplicate(desk: Bureau) -> None:
    """Mail and portal bring one order in the same moment; a repeated write is one request."""
    document = await desk.document(await paper())
    body = {"documents": [document], "case_number": "17/2026"}
    answers = await asyncio.gather(*[desk.vera.call("POST", ROOT, body) for _ in range(4)])
    made = [answer.json()["request"] for answer in answers]
    assert sorted(each["state"] for each in made) == ["duplicate", "duplicate", "duplicate", "received"]
    assert len({each["reference"] for each in made}) == 4
    key = secrets.token_hex(8)
    other = {"case_number": "18/2026"}
    first, again = [await desk.vera.call("POST", ROOT, other, key=key) for _ in range(2)]
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    name = first.json()["request"]["id"]
    sent = {"X-Counterseal": "console", "Origin": ORIGIN, "Idempotency-Key": key}
    body = {"type": "disclosure", "pack": "generic", "authority": COURT}
    for _ in range(2):
        answer = await desk.vera.client.post(f"{ROOT}/{name}/triage", json=body, headers=sent)
        assert answer.status_code == 200
    history = (await desk.read_request(name))["request"]["history"]
    assert [each["what"] for each in history].count("triaged") == 1


@bureau
async def test_two_approvals_at_once_are_one(desk: Bureau) -> None:
    """Two pairs signed the same digest: the second is refused, and history has one approval."""
    held = await desk.ready()
    name = held["request"]["id"]
    path, body = f"{ROOT}/{name}/approve", {"digest": held["decision"]["digest"]}
    signed = [await desk.proposed(path, body, *pair) for pair in (desk.pair, (desk.ines, desk.wei))]
    answers = await asyncio.gather(*[desk.used(each, path, body) for each in signed])
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len((await desk.read_request(name))["request"]["approvals"]) == 1


@bureau
async def test_every_change_of_state_is_told_on_once(desk: Bureau) -> None:
    """What follows for the accounts named hangs on these messages."""
    held = await desk.ready()
    name = held["request"]["id"]
    states = [each["state"] for each in held["request"]["history"] if each["state"]]
    store = desk.live.application.store
    rows = [each for each in await store.messages(desk.live.now, topics=(FOLLOW,)) if name in each.subject]
    numbers = [int(each.id.split("/")[1]) for each in rows]
    assert len(set(numbers)) == len(rows) <= len(states)
