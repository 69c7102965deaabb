# SPDX-License-Identifier: Apache-2.0
"""What strangers, mistakes and hurry bring to a request: the cases of bad input that are about one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.registry import COURT, contact
from tests.support.requests import ALL, KEY, ROOT, Bureau, bureau, court_body, paper
from tests.support.server import DAY, HOUR, problem
from tests.support.signed_pdf import order

pytestmark = pytest.mark.needs("bwrap")
OTHER_KEY = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"


def newest(held: Any, kind: str) -> Any:
    """The newest piece of this kind."""
    return next(each for each in reversed(held["request"]["evidence"]) if each["kind"] == kind)


@bureau
async def test_the_same_bytes_twice_are_one_case(desk: Bureau) -> None:
    """By mail and by post: the second is a duplicate; a copy with other bytes is told; after the end it is new."""
    data = await paper()
    first = await desk.opened(data)
    second = await desk.opened(data)
    assert (second["request"]["state"], second["request"]["about"]) == ("duplicate", first["request"]["id"])
    assert [each["id"] for each in (await desk.vera.get(ROOT))["items"]] == [first["request"]["id"]]
    await desk.triaged(first["request"]["id"])
    scanned = await desk.opened(order("Case 17/2026, scanned"))
    held = await desk.triaged(scanned["request"]["id"])
    assert "same_case" in newest(held, "content")["findings"]
    problem(await desk.vera.call("POST", f"{ROOT}/{second['request']['id']}/triage", TRIAGE), 409, "request_state")
    await desk.vera.post(f"{ROOT}/{first['request']['id']}/reject", {"reason": "not signed"})
    assert (await desk.opened(data))["request"]["state"] == "received"


@bureau
async def test_a_case_number_of_another_case_speaks_against_it(desk: Bureau) -> None:
    """A copied template: the same number, other people. Two officers may find that it was one case after all."""
    first = await desk.opened()
    await desk.triaged(first["request"]["id"])
    other = (await desk.live.owner()).account
    copied = await desk.opened(order("Case 17/2026 again"), identifiers=[{"kind": "account", "value": other}])
    held = await desk.triaged(copied["request"]["id"])
    piece = newest(held, "content")
    assert (piece["result"], "case_number_reused" in piece["findings"]) == ("contradicts", True)
    assert "uncontradicted" in {each["code"] for each in held["decision"]["missing"]}
    path = f"{ROOT}/{copied['request']['id']}/evidence/{piece['id']}/resolve"
    problem(await desk.vera.call("POST", path, {"reason": "a second suspect"}), 403, "two_officers")
    done = await desk.signed(path, {"reason": "a second suspect"}, by=desk.pair)
    assert newest(done, "content")["resolved"]["officers"] == [desk.omar.id, desk.wei.id]
    assert "uncontradicted" not in {each["code"] for each in done["decision"]["missing"]}


@bureau
async def test_a_number_that_was_changed_yesterday_is_not_called(desk: Bureau) -> None:
    """Entered a day before the order came, or after it: whoever sent the order could have sent that too."""
    added = {**contact("+1 202 555 0163"), "accepts": []}
    added["source"]["at"] = desk.live.now
    await desk.signed(f"/v1/desk/authorities/{COURT}/contacts", added, 201, by=desk.pair)
    await desk.advance(DAY)
    name = (await desk.opened())["request"]["id"]
    await desk.triaged(name)
    sheet = await desk.vera.get(f"{ROOT}/{name}/call-back")
    fresh = next(each for each in sheet["contacts"] if each["value"] == "+12025550163")
    assert (fresh["counts"], fresh["reason"]) == (False, "near_request")
    assert sheet["contacts"][0]["counts"]
    problem(await call(desk, name, contact=fresh["id"]), 409, "contact_near_request")
    await desk.advance(60 * DAY)  # time heals nothing for this request
    problem(await call(desk, name, contact=fresh["id"]), 409, "contact_near_request")


@bureau
async def test_the_number_of_the_letter_is_never_called(desk: Bureau) -> None:
    """It is shown beside the true one that it imitates, as an alarm, and it is on no list of numbers to call."""
    claim = {"authority": "District Court of Northmark", "phone": "+1 202 555 0178"}
    name = (await desk.opened(claim=claim))["request"]["id"]
    held = await desk.triaged(name)
    assert (newest(held, "content")["result"], newest(held, "content")["findings"]) == (
        "contradicts",
        ["similar_number"],
    )
    sheet = await desk.vera.get(f"{ROOT}/{name}/call-back")
    assert [each["code"] for each in sheet["alarms"]] == ["similar_number"]
    assert "+12025550178" not in {each["value"] for each in sheet["contacts"]}
    problem(await call(desk, name, contact="+12025550178"), 422, "validation_failed")
    problem(await call(desk, name, contact="con_none"), 409, "contact_unknown")
    clerk = next(each for each in (await desk.read())["contacts"] if each["uses"] == ["clerk"])
    problem(await call(desk, name, contact=clerk["id"]), 409, "contact_unknown")


@bureau
async def test_a_call_that_was_no_confirmation(desk: Bureau) -> None:
    """Unanswered, voicemail, another line, half an answer: none counts; a denial ends it."""
    name = (await desk.opened())["request"]["id"]
    await desk.triaged(name)
    quiet = {"confirmed": [], "delivery_key": "", "spoke_to": ""}
    for outcome in ("unanswered", "voicemail", "other_line", "refused"):
        held = await desk.called(name, outcome=outcome, **quiet)
        assert newest(held, "call_back")["result"] == "inconclusive"
        problem(await call(desk, name, outcome=outcome), 422, "call_unclear")
    for point in ALL:
        held = await desk.called(name, confirmed=[each for each in ALL if each != point], delivery_key="")
        assert newest(held, "call_back")["findings"] == [f"not_confirmed_{point}"]
    problem(await call(desk, name, spoke_to=" "), 422, "call_unclear")
    problem(await call(desk, name, delivery_key=""), 422, "call_unclear")
    assert "evidence" in {each["code"] for each in held["decision"]["missing"]}
    held = await desk.called(name, outcome="denied", **quiet)
    piece = newest(held, "call_back")
    assert piece["result"] == "contradicts"
    await desk.called(name)  # somebody there says yes an hour later: the no stays
    answer = await desk.try_signed(
        f"{ROOT}/{name}/evidence/{piece['id']}/resolve", {"reason": "they erred"}, *desk.pair
    )
    problem(answer, 409, "not_resolvable")
    held = await desk.read_request(name)
    assert "uncontradicted" in {each["code"] for each in held["decision"]["missing"]}


@bureau
async def test_the_delivery_key_is_the_one_that_was_read_out(desk: Bureau) -> None:
    """Not the letter's; another call with another key is another request to approve."""
    claim = {"authority": "District Court of Northmark", "delivery_key": OTHER_KEY}
    held = await desk.ready(claim=claim)
    name = held["request"]["id"]
    assert (held["request"]["key"], held["request"]["claim"]["delivery_key"]) == (KEY, OTHER_KEY)
    assert (await desk.approve(held)).status_code == 200
    held = await desk.called(name, by=desk.ines, delivery_key=OTHER_KEY)
    assert held["request"]["key"] == OTHER_KEY
    assert [each["stands"] for each in held["request"]["approvals"]] == [False]
    assert not held["decision"]["allowed"]


@bureau
async def test_more_than_was_confirmed_is_a_new_request(desk: Bureau) -> None:
    """Neither by a second triage nor by an amendment; less is taken at once and approved anew."""
    held = await desk.approved(categories=["subscriber", "balances"])
    name = held["request"]["id"]
    other = (await desk.live.owner()).account
    more = [{"kind": "account", "value": desk.account}, {"kind": "account", "value": other}]
    for wider in ({"categories": ["subscriber", "transactions"]}, {"identifiers": more}):
        problem(await triage(desk, name, **wider), 409, "request_widened")
    asked = {"type": "amendment", "about": name, "categories": ["subscriber"]}
    amendment = (await desk.opened(order("less of 17/2026"), **asked))["request"]["id"]
    await desk.triaged(amendment, type="amendment", categories=["subscriber", "identity"])
    problem(await desk.ines.call("POST", f"{ROOT}/{amendment}/execute"), 409, "not_ready")
    assert (await desk.read_request(name))["request"]["state"] == "approved"


@bureau
async def test_an_amendment_takes_effect_on_both_or_neither(desk: Bureau) -> None:
    """It passes the rule of what it amends; then the first request has less, and its approval is void."""
    first = await desk.approved(categories=["subscriber", "balances"])
    name = first["request"]["id"]
    asked = {"type": "amendment", "about": name, "categories": ["subscriber"]}
    amendment = (await desk.opened(await paper("Less of 17/2026"), **asked))["request"]["id"]
    await desk.triaged(amendment, type="amendment")
    await desk.called(amendment)
    await desk.reviewed(amendment)
    await desk.ines.post(f"{ROOT}/{amendment}/fields", {"fields": None})
    held = await desk.ines.post(f"{ROOT}/{amendment}/submit")
    assert held["decision"]["rule"] == "disclose_identity"
    held = (await desk.approve(held)).json()
    assert held["request"]["state"] == "approved", held
    held = await desk.ines.post(f"{ROOT}/{amendment}/execute")
    assert held["request"]["state"] == "closed"
    first = await desk.read_request(name)
    assert (first["request"]["categories"], first["request"]["state"]) == (["subscriber"], "evidence")
    assert first["request"]["fields"] == []
    assert [each["stands"] for each in first["request"]["approvals"]] == [False]


@bureau
async def test_a_withdrawal_takes_away_at_once(desk: Bureau) -> None:
    """What was approved is not handed out any more; another authority cannot withdraw it."""
    held = await desk.approved()
    name = held["request"]["id"]
    asked = {"type": "withdrawal", "about": name}
    stop = (await desk.opened(order("we withdraw 17/2026"), **asked))["request"]["id"]
    problem(await desk.ines.call("POST", f"{ROOT}/{stop}/execute"), 409, "request_state")  # not triaged
    police = court_body(desk.live.now) | {"id": "nm-police"}
    police["contacts"] = []
    await desk.signed("/v1/desk/authorities", police, 201)
    await desk.triaged(stop, type="withdrawal", authority="nm-police")
    problem(await desk.ines.call("POST", f"{ROOT}/{stop}/execute"), 409, "authority_differs")
    assert (await desk.read_request(name))["decision"]["allowed"]
    await desk.triaged(stop, type="withdrawal")
    await desk.ines.post(f"{ROOT}/{stop}/execute")
    held = await desk.read_request(name)
    assert (held["request"]["state"], held["decision"]["allowed"]) == ("withdrawn", False)
    problem(await desk.vera.call("POST", ROOT, {"type": "withdrawal"}), 422, "about_missing")
    problem(await desk.vera.call("POST", ROOT, {"type": "withdrawal", "about": "jr_none"}), 404, "request_unknown")


@bureau
async def test_identifiers_that_mean_nobody_or_many(desk: Bureau) -> None:
    """An unknown account, a homoglyph, a number without country, a name: told, and nobody is guessed."""
    given = [
        {"kind": "account", "value": "u-none"},
        {"kind": "email", "value": "\u0430na@example.com"},  # a Cyrillic a
        {"kind": "phone", "value": "0170 5550100"},
        {"kind": "name", "value": "Ana Smith"},
    ]
    name = (await desk.opened(identifiers=given))["request"]["id"]
    held = await desk.triaged(name)
    piece = newest(held, "subject")
    assert set(piece["findings"]) == {
        *("identifier_unknown", "identifier_not_ascii", "identifier_no_country", "identifier_shared"),
        "identifier_unchecked",
    }
    assert (piece["result"], held["request"]["accounts"]) == ("inconclusive", [])
    problem(await triage(desk, name, accounts=["u-none"]), 404, "account_unknown")
    held = await desk.triaged(name, accounts=[desk.account])  # an officer knows whom it means
    assert held["request"]["accounts"] == [desk.account]


@bureau
async def test_a_request_about_two_hundred_people(desk: Bureau) -> None:
    """Above five a second person reviews it; above two hundred it is several requests."""
    accounts = [(await desk.live.owner()).account for _ in range(6)]
    given = [{"kind": "account", "value": each} for each in accounts]
    name = (await desk.opened(identifiers=given))["request"]["id"]
    await desk.triaged(name)
    await desk.called(name)
    held = await desk.reviewed(name)
    assert "legal_basis" in {each["code"] for each in held["decision"]["missing"]}
    held = await desk.reviewed(name)  # the same person twice is one person
    assert "legal_basis" in {each["code"] for each in held["decision"]["missing"]}
    held = await desk.reviewed(name, by=desk.omar)
    assert "legal_basis" not in {each["code"] for each in held["decision"]["missing"]}
    crowd = [{"kind": "account", "value": f"u-{number}"} for number in range(501)]
    problem(await desk.vera.call("POST", ROOT, {"identifiers": crowd}), 422, "validation_failed")
    problem(await triage(desk, name, accounts=[desk.account] * 501), 422, "validation_failed")


@bureau
async def test_silence_has_a_basis_and_an_end(desk: Bureau) -> None:
    """A gag without an end is none; one beyond the pack's longest is refused."""
    name = (await desk.opened())["request"]["id"]
    problem(await triage(desk, name, silence={"basis": "the order, no. 3"}), 422, "validation_failed")
    far = {"basis": "the order, no. 3", "until": desk.live.now + 4_000 * DAY}
    problem(await triage(desk, name, silence=far), 422, "silence_invalid")
    near = {"basis": "the order, no. 3", "until": desk.live.now + DAY}
    held = await desk.triaged(name, silence=near)
    assert held["request"]["silence"] == near


@bureau
async def test_what_does_not_fit_the_authority_is_told(desk: Bureau) -> None:
    """The basis of another kind of authority, another country, another language."""
    name = (await desk.opened(claim={"country": "ZZ"}, language="fr"))["request"]["id"]
    held = await desk.triaged(name, legal_basis="police_inquiry", language="fr")
    found = newest(held, "content")
    assert found["result"] == "contradicts"
    assert set(found["findings"]) == {"role_not_taken", "country_differs", "language_unusual"}
    for wrong, status, code in (
        ({"pack": "nowhere"}, 422, "pack_unknown"),
        ({"legal_basis": "habit"}, 422, "basis_unknown"),
        ({"authority": "nobody"}, 404, "authority_unknown"),
        ({"window": {"start": 5, "end": 5}}, 422, "window_invalid"),
    ):
        problem(await triage(desk, name, **wrong), status, code)


@bureau
async def test_a_body_that_is_no_request(desk: Bureau) -> None:
    """Unknown documents, times and fields; nothing is kept of any."""
    later = desk.live.now + HOUR
    for body, status, code in (
        ({"documents": ["doc_none"]}, 404, "document_unknown"),
        ({"received": later}, 422, "received_invalid"),
        ({"received": -1}, 422, "validation_failed"),
        ({"type": "everything"}, 422, "validation_failed"),
        ({"window": {"start": 9, "end": 3}}, 422, "window_invalid"),
        ({"identifiers": [{"kind": "password", "value": "x"}]}, 422, "validation_failed"),
        ({"case_number": "x" * 201}, 422, "validation_failed"),
        ({"claim": {"phone": "1\u0000"}}, 422, "validation_failed"),
        ({"evidence": []}, 422, "validation_failed"),
    ):
        problem(await desk.vera.call("POST", ROOT, body), status, code)
    assert (await desk.vera.get(f"{ROOT}?open=false"))["items"] == []
    problem(await desk.vera.call("GET", f"{ROOT}/jr_none"), 404, "request_unknown")


@bureau
async def test_people_vouch_for_evidence_tokens_do_not(desk: Bureau) -> None:
    """A token hands in requests; it calls nobody, and content never supports."""
    name = (await desk.opened())["request"]["id"]
    await desk.triaged(name)
    body = {"kind": "docket", "result": "supports", "source": "https://docket.example/1"}
    problem(await desk.live.call("POST", f"{ROOT}/{name}/evidence", body), 403, "staff_only")
    for wrong, code in (
        ({"kind": "content"}, "evidence_kind"),
        ({"kind": "doc_signature"}, "evidence_kind"),
        ({"kind": "call_back"}, "evidence_kind"),
        ({"source": ""}, "source_missing"),
        ({"kind": "channel"}, "channel_unknown"),
    ):
        problem(await desk.vera.call("POST", f"{ROOT}/{name}/evidence", body | wrong), 422, code)
    held = await desk.vera.post(f"{ROOT}/{name}/evidence", body | {"result": "inconclusive", "note": "sealed"})
    assert newest(held, "docket")["collected_by"] == desk.vera.id


TRIAGE = {"type": "disclosure", "pack": "generic", "authority": COURT, "legal_basis": "court_order"}


async def triage(desk: Bureau, name: str, **body: Any) -> Any:
    """Whatever comes of it."""
    return await desk.vera.call("POST", f"{ROOT}/{name}/triage", TRIAGE | body)


async def call(desk: Bureau, name: str, **body: Any) -> Any:
    """Whatever comes of it."""
    given = {"contact": await desk.only(), "outcome": "confirmed", "confirmed": [*ALL, "delivery_key"]}
    given |= {"delivery_key": KEY, "spoke_to": "the clerk"}
    return await desk.vera.call("POST", f"{ROOT}/{name}/call-back", given | body)
