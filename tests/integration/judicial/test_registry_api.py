# SPDX-License-Identifier: Apache-2.0
"""The registry over the API: two members of staff sign every change, and what they signed is what is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from counterseal.judicial.registry.near import seen_of
from tests.support.registry import COURT, House, contact, details, housed, source
from tests.support.server import DAY, problem
from tests.support.staff import ORIGIN

NOBODY = Path(__file__).with_name("nobody.json")  # a DNS in which no name exists


@housed
async def test_two_people_enter_an_authority_and_its_contact_waits_for_30_days(house: House) -> None:
    """Nobody alone; then the contact stands there, waiting, with who signed and where it was found."""
    body = {"id": COURT, "details": details(), "contacts": [contact("+1 (202) 555-0179")]}
    problem(await house.ines.call("POST", "/v1/desk/authorities", body), 403, "two_officers")
    made = await house.signed("/v1/desk/authorities", body, 201)
    held = await house.read()
    (one,) = held["contacts"]
    assert made["authority"] == COURT
    assert (one["value"], one["usable"]["counts"], one["usable"]["reason"]) == ("+12025550179", False, "waiting")
    assert one["usable"]["when"] == one["entered"] + 30 * DAY
    assert [name.split(" ")[0] for name in one["entered_by"]] == ["ines", "omar"]
    await house.advance(30 * DAY - 1)
    assert not (await house.read())["contacts"][0]["usable"]["counts"]
    await house.advance(1)
    assert (await house.read())["contacts"][0]["usable"] == {
        "counts": True,
        "reason": "usable",
        "sentence": "it was entered more than 30 days ago",
        "when": None,
    }
    listed = await house.ines.get("/v1/desk/authorities")
    assert [(row["id"], row["contacts"], row["usable"]) for row in listed["items"]] == [(COURT, 1, 1)]
    entries = await house.live.application.store.entries(subject=f"authority:{COURT}")
    said = json.loads(entries[0].payload or b"")
    assert (entries[0].kind, said["by"]) == ("authority_entered", [house.ines.id, house.omar.id])


@housed
async def test_a_second_source_confirms_if_somebody_else_looked_at_another_place(house: House) -> None:
    """Not the same site, not the same two people, not twice; then it counts at once."""
    await house.court()
    path = f"/v1/desk/authorities/{COURT}/contacts/{await house.only()}/confirm"
    same = {"source": source(house, "https://www.directory.example/other-page")}
    problem(await house.try_signed(path, same, house.ines, house.vera), 422, "source_same")
    other = {"source": source(house, "printed court calendar 2026, page 12")}
    problem(await house.try_signed(path, other, house.ines, house.omar), 403, "officers_same")
    assert (await house.try_signed(path, other, house.omar, house.vera)).status_code == 200
    assert (await house.read())["contacts"][0]["usable"]["reason"] == "confirmed"
    problem(await house.try_signed(path, other, house.omar, house.vera), 409, "contact_confirmed")


@housed
async def test_what_was_changed_near_a_request_does_not_count_for_it(house: House) -> None:
    """Entered or confirmed within 14 days before it, or after it: refused for it, whoever confirms."""
    await house.court()
    first = await house.only()
    confirm = {"source": source(house, "printed court calendar 2026, page 12")}
    await house.advance(10 * DAY)
    await house.signed(f"/v1/desk/authorities/{COURT}/contacts/{first}/confirm", confirm, by=house.other)
    now = house.live.now
    assert (await house.read())["contacts"][0]["usable"]["reason"] == "confirmed"
    for received, reason in (
        (now + 14 * DAY, "confirmed"),
        (now + 14 * DAY - 1, "near_request"),
        (now + 4 * DAY - 1, "near_request"),
        (now - 30 * DAY, "near_request"),
    ):
        assert (await house.read(received))["contacts"][0]["usable"]["reason"] == reason, received
    await house.advance(60 * DAY)
    assert (await house.read(now + 4 * DAY))["contacts"][0]["usable"]["reason"] == "usable"
    assert (await house.read(now + 4 * DAY - 1))["contacts"][0]["usable"]["reason"] == "near_request"


@housed
async def test_a_number_that_a_request_brought_along_is_not_entered_unawares(house: House) -> None:
    """Exactly it, or nearly: an alarm that both must name, and the requests that it is near to are shown."""
    await house.court()
    await house.noted(COURT, seen_of("req_1", house.live.now, phones=("+1 202 555 0111",)))
    await house.noted("", seen_of("req_2", house.live.now, emails=("clerk@court-nm.example",)))
    path = f"/v1/desk/authorities/{COURT}/contacts"
    for given, how in (
        ("+1 202 555 0111", "same"),
        ("+44 202 555 0111", "other_country"),
        ("+12025551011", "transposed"),
    ):
        found = await house.ines.post(f"/v1/desk/authorities/{COURT}/preview", contact(given))
        (alarm,) = [each for each in found["alarms"] if each["request"]]
        assert (alarm["request"], alarm["how"], found["near"]) == ("req_1", how, ["req_1"])
    refused = problem(await house.try_signed(path, contact("+1 202 555 0111")), 409, "alarms_unnamed")
    assert "in_request:req_1" in refused["hint"]
    named = {**contact("+1 202 555 0111"), "accepts": ["in_request:req_1"]}
    made = await house.signed(path, named, 201)
    held = (await house.read())["contacts"][-1]
    assert (held["id"], held["accepted"]) == (made["made"], ["in_request:req_1"])
    assert (held["usable"]["reason"], held["usable"]["when"]) == ("second_needed", None)
    asked = {"type": "disclosure", "claim": {"authority": "District Court", "phone": "+1 202 555 0888"}}
    opened = (await house.ines.post("/v1/desk/requests", asked, 201))["request"]["id"]
    refused = problem(await house.try_signed(path, contact("+1 202 555 0889")), 409, "alarms_unnamed")
    assert f"in_request:{opened}" in refused["hint"]
    mail = contact("clerk@court-nm.example", "email", "mail")
    assert "in_request:req_2" in problem(await house.try_signed(path, mail), 409, "alarms_unnamed")["hint"]


@housed
async def test_contacts_of_a_request_are_compared_with_the_registry(house: House) -> None:
    """A similar number, a look-alike domain, somebody else's number, one that ended; the true one is silent."""
    await house.court(contact("court.northmark.example", "domain", "mail"))
    await house.court(contact("+49 30 9014 7000"), "de-court", "de")
    asked = {"phones": ["+1 202 555 0197"], "emails": ["judge@c0urt.northmark.example"], "authority": COURT}
    found = (await house.ines.post("/v1/desk/registry/alarms", asked))["items"]
    assert [each["code"] for each in found] == ["similar_number", "domain_imitates"]
    good = {"phones": ["+1 202-555-0179"], "emails": ["judge@court.northmark.example"], "authority": COURT}
    assert (await house.ines.post("/v1/desk/registry/alarms", good))["items"] == []
    theirs = {"phones": ["+49 30 9014 7000", "030 9014 7000"], "authority": COURT}
    found = (await house.ines.post("/v1/desk/registry/alarms", theirs))["items"]
    assert [each["code"] for each in found] == ["other_authority", "similar_number"]
    phone = next(each["id"] for each in (await house.read())["contacts"] if each["kind"] == "phone")
    await house.signed(f"/v1/desk/authorities/{COURT}/contacts/{phone}/end", {"reason": "the line was taken over"})
    found = (await house.ines.post("/v1/desk/registry/alarms", good))["items"]
    assert [each["code"] for each in found] == ["ended_contact"]


@housed
async def test_the_yearly_check_is_told_and_missed_it_counts_no_more(house: House) -> None:
    """30 days before and on the day a line in the log, once each; a check starts another year."""
    await house.court()
    one = await house.only()
    await house.advance(335 * DAY)
    assert (await house.registry.turn(), await house.registry.turn()) == (1, 0)
    (due,) = (await house.ines.get("/v1/desk/registry/due"))["items"]
    assert (due["contact"], due["overdue"]) == (one, False)
    await house.advance(30 * DAY)
    await house.registry.turn()
    (due,) = (await house.ines.get("/v1/desk/registry/due?days=0"))["items"]
    assert due["overdue"]
    assert (await house.read())["contacts"][0]["usable"]["reason"] == "recheck_overdue"
    kinds = [each.kind for each in await house.live.application.store.entries(subject=f"authority:{COURT}")]
    assert kinds == ["authority_entered", "contact_due", "contact_overdue"]
    path = f"/v1/desk/authorities/{COURT}/contacts/{one}/check"
    await house.signed(path, {"source": source(house)})
    assert (await house.read())["contacts"][0]["usable"]["counts"]
    assert (await house.ines.get("/v1/desk/registry/due?days=364"))["items"] == []
    assert await house.registry.turn() == 0


@housed
async def test_details_that_add_trust_wait_and_those_that_take_it_count_at_once(house: House) -> None:
    """`subdomains` and a judicial role 30 days later; a change that crossed another is refused."""
    await house.court(role="police")
    more = {**details(role="court"), "subdomains": True}
    path = f"/v1/desk/authorities/{COURT}/details"
    stale = await house.proposed(path, more)
    await house.advance(1)
    await house.signed(path, more)
    problem(await house.used(stale, path, more), 409, "approval_stale")
    assert set((await house.read())["pending"]) == {"role", "subdomains"}
    counts = await house.registry.counting(COURT, None)
    assert (counts.role, counts.subdomains) == ("police", False)
    await house.advance(30 * DAY)
    counts = await house.registry.counting(COURT, house.live.now)
    assert (counts.role, counts.subdomains) == ("court", True)
    assert (await house.registry.counting(COURT, house.live.now - 17 * DAY)).role == "police"
    await house.signed(path, details(role="police"))
    counts = await house.registry.counting(COURT, None)
    assert (counts.role, counts.subdomains) == ("police", False)


@housed
async def test_a_replaced_contact_ends_and_the_new_one_waits(house: House) -> None:
    """There is no editing: yesterday's change is not called, and neither is the number before it."""
    await house.court()
    old = await house.only()
    await house.advance(100 * DAY)
    new = {**contact("+1 202 555 0733"), "replaces": old}
    await house.signed(f"/v1/desk/authorities/{COURT}/contacts", new, 201)
    await house.advance(DAY)
    reasons = [each["usable"]["reason"] for each in (await house.read(house.live.now))["contacts"]]
    assert reasons == ["ended", "near_request"]
    path = f"/v1/desk/authorities/{COURT}/contacts/{old}/confirm"
    problem(await house.try_signed(path, {"source": source(house, "a print")}), 409, "contact_ended")


@housed
async def test_bad_contacts_are_refused_with_what_to_write(house: House) -> None:
    """Without country code, with letters of another script, of other people's zones, for another use."""
    await house.court()
    cases: list[tuple[dict[str, Any], str]] = [
        (contact("030 901 47000"), "phone_country_code"),
        (contact("+44 (0)20 7946 0000"), "phone_trunk_zero"),
        (contact("+\u0661\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661"), "phone_script"),
        (contact("1-800-COURT"), "phone_invalid"),
        (contact("c\u043eurt.example", "domain", "mail"), "domain_not_ascii"),
        (contact("xn--curt-jye.example", "domain", "mail"), "domain_mixed_scripts"),
        (contact("gov.uk", "domain", "mail"), "domain_is_zone"),
        (contact("gmail.com", "domain", "mail"), "domain_free_mail"),
        (contact("Clerk <clerk@court.example>", "email", "mail"), "email_invalid"),
        (contact("ABCD1234ABCD1234", "openpgp", "signing"), "openpgp_invalid"),
        (contact("+12025550179", "phone", "mail"), "uses_invalid"),
        ({**contact("+12025550180"), "source": source(house, at=house.live.now + DAY)}, "source_future"),
        ({**contact("+12025550180"), "office": "clerk\u202eecived"}, "text_invalid"),
    ]
    for body, code in cases:
        answer = await house.ines.call("POST", f"/v1/desk/authorities/{COURT}/preview", body)
        assert problem(answer, 422, code)["detail"], body
    nobody = await house.ines.call("POST", "/v1/desk/authorities/nobody/preview", contact("+12025550180"))
    problem(nobody, 404, "authority_unknown")


@housed
async def test_a_key_signs_for_one_authority(house: House) -> None:
    """Registered for another one it is refused; ended there it may come here, with an alarm."""
    key = contact("ab" * 32, "certificate", "signing")
    await house.court(key)
    await house.court(contact("+49 30 9014 7000"), "de-court", "de")
    path = "/v1/desk/authorities/de-court/contacts"
    problem(await house.try_signed(path, key), 409, "contact_taken")
    await house.signed(f"/v1/desk/authorities/{COURT}/end", {"reason": "merged"})
    marks = [each["mark"] for each in (await house.ines.post(path.replace("contacts", "preview"), key))["alarms"]]
    assert [mark.partition(":")[0] for mark in marks] == ["ended_contact"]
    await house.signed(path, {**key, "accepts": marks}, 201)
    assert [each["usable"]["reason"] for each in (await house.read())["contacts"]] == ["authority_ended"] * 2


@housed
async def test_the_roster_is_signed_for_like_a_contact(house: House) -> None:
    """A person comes and goes; twice at once is refused."""
    await house.court()
    person = {"name": "Jane Roe", "role": "judge", "office": "chamber 3", "source": source(house)}
    path = f"/v1/desk/authorities/{COURT}/roster"
    made = await house.signed(path, person, 201)
    problem(await house.try_signed(path, {**person, "name": "JANE ROE"}), 409, "officer_exists")
    await house.signed(f"{path}/{made['made']}/end", {"reason": "retired"})
    (held,) = (await house.read())["roster"]
    assert (held["name"], held["ended_reason"]) == ("Jane Roe", "retired")


@housed
async def test_a_repeated_write_is_answered_again_and_done_once(house: House) -> None:
    """The same key and approval: the same contact; the approval is used up."""
    await house.court()
    path, body = f"/v1/desk/authorities/{COURT}/contacts", contact("+1 202 555 0733")
    approval = await house.proposed(path, body)
    first = await house.used(approval, path, body, key="k-1")
    again = await house.used(approval, path, body, key="k-1")
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    problem(await house.used(approval, path, body), 403, "approval_used")
    assert len((await house.read())["contacts"]) == 2


@pytest.mark.needs("bwrap")
def test_documents_are_checked_against_the_registry_that_officers_keep(tmp_path: Path) -> None:
    """A look-alike of a registered domain contradicts, once the registration counts."""
    housed(_look_alike_mail, desk={"names": NOBODY})(tmp_path)


async def _look_alike_mail(house: House) -> None:
    await house.court(contact("court.northmark.example", "domain", "mail"))
    assert "look_alike_domain" not in await _findings(house, 1)
    await house.advance(40 * DAY)
    assert "look_alike_domain" in await _findings(house, 2)


async def _findings(house: House, number: int) -> set[str]:
    """Codes of the findings on a mail from a look-alike domain."""
    mail = (
        "From: clerk@c0urt.northmark.example\r\nTo: desk@exchange.example\r\nSubject: Order\r\n"
        f"Date: Sun, 09 Jun 2024 12:00:00 +0000\r\nMessage-ID: <a{number}@c0urt.example>\r\n\r\nPlease.\r\n"
    )
    headers = {"X-Counterseal": "console", "Origin": ORIGIN, "Idempotency-Key": f"mail-{number}"}
    answer = await house.ines.client.post("/v1/desk/documents?name=a.eml", content=mail.encode(), headers=headers)
    assert answer.status_code == 201, answer.text
    return {each["code"] for each in answer.json()["examinations"][0]["findings"]}
