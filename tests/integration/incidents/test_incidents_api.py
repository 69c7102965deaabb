# SPDX-License-Identifier: Apache-2.0
"""A night shift over HTTP: opened, worked on, everyone else found and protected; refused where it must be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from counterseal.incidents.tracing import Tracer
from tests.support.followups import Docket
from tests.support.server import DAY, Live, problem, served
from tests.support.staff import Team

SETS = [["email_takeover", "pw_leak", "session_theft", "sim_swap", "totp_seed"]]


async def opened(live: Live, **more: Any) -> str:
    body = {"kind": "account_takeover", "title": "Two accounts drained", "severity": 2} | more
    found = await live.post("/v1/incidents", body, 201)
    return str(found["incident"])


async def indexed(live: Live) -> None:
    tracer = live.app.state.services.area(Tracer)
    while await tracer.level() < await live.application.store.log.size() - 1:
        await tracer.turn()


@served()
async def test_a_case_is_opened_once_for_each_cause_and_numbered_by_year(live: Live) -> None:
    one = await live.post(
        "/v1/incidents", {"kind": "other", "title": "x", "source": "call 17", "accounts": [{"account": "u-1"}]}, 201
    )
    again = await live.post(
        "/v1/incidents", {"kind": "other", "title": "y", "source": "call 17", "accounts": [{"account": "u-2"}]}, 201
    )
    assert (again["incident"], again["known"]) == (one["incident"], True)
    members = await live.get(f"/v1/incidents/{one['incident']}/members")
    assert [each["account"] for each in members["items"]] == ["u-1", "u-2"]
    others = await asyncio.gather(
        *(live.post("/v1/incidents", {"kind": "other", "title": "z"}, 201) for _ in range(5))
    )
    assert sorted(each["number"] for each in others) == [f"INC-2024-{n:04d}" for n in range(2, 7)]
    assert one["number"] == "INC-2024-0001"
    listed = await live.get("/v1/incidents?limit=4")
    assert len(listed["items"]) == 4
    rest = await live.get(f"/v1/incidents?after={listed['next']}")
    assert len(rest["items"]) == 2


@served()
async def test_the_work_of_a_night_stays_in_the_case(live: Live) -> None:
    case = await opened(live)
    base = f"/v1/incidents/{case}"
    note = await live.post(f"{base}/notes", {"text": "The carrier is asked."})
    await live.post(f"{base}/notes", {"text": "Both carriers are asked.", "corrects": note["made"]})
    task = await live.post(f"{base}/tasks", {"title": "Call the owner", "due": live.now + DAY})
    await live.post(f"{base}/tasks/{task['made']}/owner", {"owner": "st_a"})
    await live.post(f"{base}/severity", {"severity": 3, "why": "one account"})
    await live.post(f"{base}/roles", {"role": "lead", "staff": "st_a"})
    await live.post(f"{base}/handover", {"to": "st_b", "text": "The owner calls back at nine."})
    problem(await live.call("POST", f"{base}/close", {"why": "over"}), 409, "tasks_open")
    await live.post(f"{base}/tasks/{task['made']}/end", {"outcome": "done", "said": "she was at home"})
    for each in (await live.get(base))["tasks"]:
        if each["done"] is None:
            assert (each["by"], bool(each["rule"])) == ("playbook", True)
            await live.post(f"{base}/tasks/{each['id']}/end", {"outcome": "not_needed", "said": "one account"})
    await live.post(f"{base}/contain", {"why": "her sessions are over"})
    assert [each["rule"] for each in (await live.get(base))["deadlines"]] == ["gdpr.authority"]
    await live.post(f"{base}/classify", {"why": "loss above the limit"})
    clocks = {each["rule"]: each["due"] for each in (await live.get(base))["deadlines"]}
    assert clocks["dora.initial"] == live.now + 4 * 3_600_000
    await live.post(f"{base}/clocks/dora.initial/met", {"why": "sent at noon"})
    assert "dora.intermediate" in {each["rule"] for each in (await live.get(base))["deadlines"]}
    await live.post(f"{base}/close", {"why": "paid back"})
    problem(await live.call("POST", f"{base}/contain", {"why": "x"}), 409, "incident_stage")
    await live.post(f"{base}/notes", {"text": "A late letter came."})
    found = await live.get(base)
    assert [each["text"] for each in found["notes"]][:1] == ["The carrier is asked."]
    assert (found["stage"], found["severity"], found["roles"]) == ("closed", 3, {"lead": "st_b"})
    assert [each["what"] for each in found["history"] if each["by"] not in {"playbook", "clock"}][:3] == [
        "opened",
        "note",
        "note",
    ]
    entries = await live.application.store.entries(subject=f"incident:{case}")
    assert [each.kind for each in entries][-2:] == ["incident_closed", "incident_note"]


@served()
async def test_evidence_keeps_its_bytes_and_every_hand_it_was_in(live: Live) -> None:
    case = await opened(live)
    base = f"/v1/incidents/{case}"
    asked = f"{base}/evidence?name=order.pdf&source=mail&why=as+received"
    headers = {"content-type": "application/octet-stream"}
    kept = await live.call("POST", asked, headers=headers, content=b"%PDF-1.7 an order")
    assert kept.status_code == 200, kept.text
    piece = kept.json()["made"]
    problem(await live.call("POST", asked, headers=headers, content=b"%PDF-1.7 an order"), 409, "evidence_known")
    got = await live.call("POST", f"{base}/evidence/{piece}/download", {"why": "to compare the seal"})
    assert got.content == b"%PDF-1.7 an order"
    assert got.headers["content-disposition"].startswith("attachment")
    await live.post(f"{base}/evidence/{piece}/custody", {"what": "handed_over", "why": "to the police"})
    [found] = (await live.get(base))["evidence"]
    assert [each["what"] for each in found["custody"]] == ["collected", "downloaded", "handed_over"]
    problem(await live.call("POST", f"{base}/evidence/ev_9/download", {"why": "x"}), 404, "unknown_evidence")


@served()
async def test_everyone_else_is_found_and_their_timeline_is_theirs_alone(live: Live) -> None:
    hit, near, calm = [await live.owner() for _ in range(3)]
    begun = live.now
    await hit.redeem(await hit.sealed())
    await near.sealed()
    case = await opened(live, begun=begun, accounts=[{"account": hit.account, "state": "hit"}])
    await indexed(live)
    found = await live.post(f"/v1/incidents/{case}/impact", {"sets": SETS})
    assert {each["account"]: each["state"] for each in found["verdicts"]} == {
        hit.account: "hit",
        near.account: "exposed",
    }
    assert set(found["partial"]) <= {"behind"}  # what came since the index was read
    counts = (await live.get(f"/v1/incidents/{case}"))["counts"]
    assert counts["states"] == {"hit": 1, "exposed": 1, "safe": 0, "unknown": 0, "owner_says": 0}
    timeline = await live.get(f"/v1/incidents/{case}/timeline?limit=500")
    assert {each["account"] for each in timeline["events"]} == {hit.account}
    assert any(each["kind"] == "redeem" for each in timeline["events"])
    chinese = await live.get(f"/v1/incidents/{case}/timeline?language=zh&limit=3")
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in each["text"]) for each in chinese["events"])
    other = await live.get(f"/v1/incidents/{case}/timeline?account={near.account}")
    assert {each["account"] for each in other["events"]} == {near.account}
    refused = await live.call("GET", f"/v1/incidents/{case}/timeline?account={calm.account}")
    problem(refused, 404, "unknown_member")


@served()
async def test_an_officers_word_stands_above_the_search(live: Live) -> None:
    hit, near = [await live.owner() for _ in range(2)]
    begun = live.now
    await hit.redeem(await hit.sealed())
    await near.sealed()
    case = await opened(live, begun=begun, accounts=[{"account": hit.account, "state": "hit"}])
    await indexed(live)
    await live.post(f"/v1/incidents/{case}/impact", {"sets": SETS})
    await live.post(f"/v1/incidents/{case}/members/{near.account}/state", {"state": "safe", "why": "her brother"})
    await live.post(f"/v1/incidents/{case}/impact", {"sets": SETS})
    found = {each["account"]: each for each in (await live.get(f"/v1/incidents/{case}/members"))["items"]}
    assert found[near.account]["state"] == "safe"
    assert [each["kind"] for each in found[near.account]["because"]].count("officer") == 1
    counts = (await live.get(f"/v1/incidents/{case}"))["counts"]["states"]
    assert (counts["hit"], counts["safe"], counts["exposed"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("", {"kind": "fire", "title": "x"}, "validation"),
        ("", {"kind": "other", "title": ""}, "validation"),
        ("", {"kind": "other", "title": "x", "severity": 0}, "validation"),
        ("", {"kind": "other", "title": "x", "accounts": [{"account": ""}]}, "validation"),
        ("", {"kind": "other", "title": "x", "more": 1}, "validation"),
    ],
    ids=["kind", "title", "severity", "account", "more"],
)
@served()
async def test_what_is_no_case_is_refused(live: Live, path: str, body: dict[str, Any], code: str) -> None:
    found = await live.call("POST", f"/v1/incidents{path}", body)
    assert found.status_code == 422
    assert found.json()["code"].startswith(code)


@served()
async def test_protecting_takes_two_passkeys_and_unknown_cases_are_said(live: Live) -> None:
    case = await opened(live)
    refused = await live.call("POST", f"/v1/incidents/{case}/protect", {"why": "one attack", "sets": SETS})
    assert refused.status_code == 403
    for path in ("", "/members", "/timeline"):
        problem(await live.call("GET", f"/v1/incidents/inc_nobody{path}"), 404, "unknown_incident")
    problem(await live.call("GET", f"/v1/incidents/{case}/protections/pa_1"), 404, "unknown_action_id")
    problem(await live.call("POST", "/v1/incidents/inc_nobody/notes", {"text": "x"}), 404, "unknown_incident")


@served()
async def test_staff_work_by_role_every_look_is_noted_and_two_passkeys_protect_everyone(live: Live) -> None:
    hit, near = [await live.owner() for _ in range(2)]
    begun = live.now
    await hit.redeem(await hit.sealed())
    await near.sealed()
    people = Team(live)
    await people.first()
    ines = await people.join("ines", "incident")
    omar = await people.join("omar", "incident")
    fay = await people.join("fay", "fraud")
    sam = await people.join("sam", "support")
    body = {"kind": "account_takeover", "title": "x", "severity": 1, "begun": begun}
    body["accounts"] = [{"account": hit.account, "state": "hit"}]
    problem(await fay.call("POST", "/v1/incidents", body), 403, "insufficient_scope")
    case = (await ines.post("/v1/incidents", body, 201))["incident"]
    base = f"/v1/incidents/{case}"
    await fay.get(base)
    await ines.get(base, headers={"Purpose": "the night shift"})
    problem(await sam.call("GET", base), 403, "insufficient_scope")
    looks = await live.application.store.entries(subject=f"incident_view:{case}")
    assert [each.kind for each in looks] == ["incident_viewed"] * 2
    await indexed(live)
    wish = {"why": "one attack", "sets": SETS}
    problem(await ines.call("POST", f"{base}/protect", wish), 403, "two_officers")
    approval = (await ines.propose(f"POST {base}/protect", wish))["id"]
    for person in (ines, omar):
        await person.sign(approval)
    planned = await ines.post(f"{base}/protect", wish, headers={"Approval": approval})
    act = planned["act"]
    for _ in range(200):
        found = await ines.get(f"{base}/protections/{act}")
        if found["ended"] is not None:
            break
        await asyncio.sleep(0.02)
    rows = {each["account"]: each for each in found["rows"]}
    assert {name: each["result"] for name, each in rows.items()} == {hit.account: "done", near.account: "done"}
    assert (rows[hit.account]["freeze"], rows[near.account]["freeze"]) == (True, False)
    assert set(found["officers"]) == {ines.id, omar.id}
    shown = await ines.get(base)
    assert (shown["counts"]["protected"], shown["protections"]) == (2, [act])
    problem(await ines.call("POST", f"{base}/close", {"why": "over"}), 422, "two_officers")


@served()
async def test_a_confirmed_forgery_opens_one_case_with_all_whom_it_and_its_hand_named(live: Live) -> None:
    named, sibling, calm = [await live.owner() for _ in range(3)]
    docket = Docket(live)
    forged = await docket.request(named.account)
    await docket.request(sibling.account)
    await docket.follow()
    await docket.suspect(forged)
    await docket.follow()
    assert (await live.get("/v1/incidents"))["items"] == []
    await docket.confirm(forged)
    await docket.follow()
    await docket.follow()
    for _ in range(100):  # the server's own worker may be the one that opens it
        items = (await live.get("/v1/incidents"))["items"]
        if items:
            break
        await asyncio.sleep(0.02)
    [case] = items
    assert (case["kind"], case["severity"]) == ("forged_request", 3)
    assert "nothing was handed out" in case["title"]
    members = (await live.get(f"/v1/incidents/{case['id']}/members"))["items"]
    assert {each["account"] for each in members} == {named.account, sibling.account}
    assert calm.account not in {each["account"] for each in members}
    assert case["source"].startswith("desk:")


@served(policy="okx-2024")
async def test_the_cause_names_sets_precursors_and_the_rule_apart(live: Live) -> None:
    """What an owner says was not theirs is traced back to what must have been in somebody's hands."""
    with_fundpw = {"factors": ("sms", "email", "password", "fundpw")}
    owner, near = [await live.owner(**with_fundpw) for _ in range(2)]
    await live.advance(2 * DAY)
    action = await owner.done("withdraw", "sms", "fundpw", amount="100")
    await owner.redeem(action)
    await near.ask("withdraw", amount="5")
    member = {"account": owner.account, "state": "hit", "actions": [action["id"]]}
    case = await opened(live, begun=live.now - 1_000, accounts=[member])
    found = await live.get(f"/v1/incidents/{case}/cause")
    report = found["report"]
    assert (found["accounts"], found["harmed"]) == (1, 1)
    [mine] = [each for each in report["steps"] if each["action"] == action["id"]]
    assert mine["who"] == "attacker"
    assert report["sufficient"]
    assert all("sms" not in each["capabilities"] for each in report["sufficient"])  # capabilities, not factors
    assert report["failed_control"]
    assert report["integrity"]["verdict"] == "not_checked"
    assert found["text"]
    await indexed(live)
    others = await live.post(f"/v1/incidents/{case}/impact", {})
    sets = {frozenset(each["capabilities"]) for each in report["sufficient"]}
    assert {frozenset(each) for each in others["sets"]} == sets
    assert {each["account"] for each in others["verdicts"]} == {owner.account, near.account}
    problem(await live.call("GET", "/v1/incidents/inc_9/cause"), 404, "unknown_incident")


@served()
async def test_an_erased_account_leaves_its_cases_but_those_on_hold(live: Live) -> None:
    owner = await live.owner()
    member = [{"account": owner.account, "state": "hit"}]
    free, kept = [await opened(live, accounts=member) for _ in range(2)]
    await live.post(f"/v1/incidents/{kept}/hold", {"why": "the court asks"})
    await live.officers(f"/v1/accounts/{owner.account}/erase")
    assert (await live.get(f"/v1/incidents/{free}/members"))["items"] == []
    assert (await live.get(f"/v1/incidents/{free}"))["counts"]["states"]["hit"] == 0
    assert [each["account"] for each in (await live.get(f"/v1/incidents/{kept}/members"))["items"]] == [
        owner.account
    ]
    assert (await live.get(f"/v1/incidents/{kept}"))["counts"]["states"]["hit"] == 1
    assert (await live.get(f"/v1/incidents/{kept}/cause"))["harmed"] == 1
    assert (await live.get(f"/v1/incidents/{kept}/timeline"))["events"]
