# SPDX-License-Identifier: Apache-2.0
"""Letters over the API: to contacts of the registry alone, in words that two signed, once."""

from __future__ import annotations

import json

from counterseal.judicial.letters.model import subject_of
from counterseal.judicial.registry.model import ContactKind, Use
from tests.support.letters import LETTERS, MAILBOX, REQUEST, Chambers, contact, in_chambers
from tests.support.server import DAY, problem
from tests.support.staff import Team


@in_chambers()
async def test_a_letter_goes_to_the_registry_and_not_to_the_address_of_the_request(house: Chambers) -> None:
    """Through the platform's own mail: the claimed address gets nothing, the clock is met."""
    letter = await house.draft()
    assert (letter["state"], letter["to"], letter["way"]) == ("draft", MAILBOX, "mail")
    assert letter["subject"] == "[CS-2024-000001] We received your request"
    assert "District Court of Northmark" in letter["text"]
    assert "4 Js 17/24" in letter["text"]
    sent = (await house.send(letter)).json()
    assert (sent["state"], len(sent["officers"])) == ("approved", 2)
    assert house.mails() == []  # nothing goes out inside the commit
    assert await house.live.application.desk.letters.sender.turn() == 1
    assert await house.live.application.desk.letters.sender.turn() == 0
    (mail,) = house.mails()
    assert (mail["to"], mail["subject"], mail["text"]) == (MAILBOX, letter["subject"], letter["text"])
    done = await house.read(letter)
    assert (done["state"], done["sent"]) == ("sent", house.live.now)
    request = await house.request()
    assert request.letters == (letter["id"],)
    assert [each.what for each in request.history] == ["letter_drafted", "letter_sent"]
    assert request.clocks[0].met == house.live.now
    entries = await house.live.application.store.entries(subject=subject_of(letter["id"]))
    kinds = ["desk_letter_drafted", "desk_letter_approved", "desk_letter_sent"]
    assert [each.kind for each in entries] == kinds
    assert json.loads(entries[-1].payload or b"")["digest"] == letter["digest"]


@in_chambers()
async def test_nobody_can_name_an_address(house: Chambers) -> None:
    """A contact is an id; the claimed address, an unknown id and a body with an address are refused."""
    problem(
        await house.ines.call("POST", LETTERS, {"kind": "refusal", "to": "x@y.example"}), 422, "validation_failed"
    )
    for given in ("clerk@northmark-courts.example", "ct_other", MAILBOX):
        body = {"kind": "acknowledgement", "contact": given}
        problem(await house.ines.call("POST", LETTERS, body), 409, "letter_no_contact")
    options = await house.ines.get(f"/v1/desk/requests/{REQUEST}/letter-options")
    assert [each["value"] for each in options["recipients"]] == [MAILBOX]
    assert {"case_number", "window"} <= {each["code"] for each in options["clarification"]}


@in_chambers()
async def test_a_contact_entered_near_the_request_gets_nothing(house: Chambers) -> None:
    """Somebody "corrected" the mailbox a week before; a second source does not help, the request itself ends it."""
    now = house.live.now
    fresh = contact("ct_new", "new@court.northmark.example", now - 8 * DAY, second_at=now - 7 * DAY)
    ended = contact("ct_old", "old@court.northmark.example", now - 90 * DAY, ended=now - 1)
    phone = contact("ct_tel", "+12025550179", now - 90 * DAY, ContactKind.PHONE, uses=(Use.CALL_BACK,))
    await house.known(fresh, ended, phone)
    for name in ("ct_new", "ct_old", "ct_tel"):
        answer = await house.ines.call("POST", LETTERS, {"kind": "acknowledgement", "contact": name})
        problem(answer, 409, "letter_no_contact")
    assert (await house.draft(contact="ct_mail"))["to"] == MAILBOX


@in_chambers()
async def test_a_letter_needs_an_authority_of_the_registry(house: Chambers) -> None:
    """Before the triage there is nobody to write to."""
    await house.standing(authority="")
    problem(await house.ines.call("POST", LETTERS, {"kind": "acknowledgement"}), 409, "letter_no_authority")
    answer = await house.ines.call("POST", LETTERS.replace("jr_1", "jr_9"), {"kind": "refusal"})
    problem(answer, 404, "request_unknown")
    assert (await house.ines.get(f"/v1/desk/requests/{REQUEST}/letter-options"))["recipients"] == []


@in_chambers()
async def test_the_digest_binds_words_and_contact(house: Chambers) -> None:
    """An approval of the old words does not send the new ones, whoever changed them and whatever changed."""
    await house.known(contact("ct_post", "1 Court Square", house.live.now - 90 * DAY, ContactKind.ADDRESS))
    letter = await house.draft("clarification", reasons=["case_number"])
    approval = await house.approval(letter, house.omar, house.vera)
    edited = await house.edit(letter, house.ines, text=letter["text"] + "\nP.S. Please hurry.\n")
    assert edited["digest"] != letter["digest"]
    problem(await house.use(letter, approval), 409, "letter_changed")
    moved = await house.edit(edited, house.ines, text=letter["text"], contact="ct_post")
    assert (moved["way"], moved["to"]) == ("post", "1 Court Square")
    assert moved["digest"] not in {letter["digest"], edited["digest"]}
    back = await house.edit(moved, house.ines, contact="ct_mail")
    assert back["digest"] == letter["digest"]  # the same letter again: what was signed covers it
    assert (await house.use(letter, approval)).status_code == 200
    assert await house.rows()


@in_chambers()
async def test_one_of_the_two_wrote_nothing_of_it(house: Chambers) -> None:
    """Ines and Omar wrote; Vera has to read."""
    letter = await house.draft()
    edited = await house.edit(letter, house.omar, text=letter["text"].replace("at once", "today"))
    assert [each["by"].split()[0] for each in edited["edits"]] == ["ines", "omar"]
    problem(await house.send(edited, house.ines, house.omar), 403, "letter_officers")
    assert (await house.send(edited, house.omar, house.vera)).status_code == 200


@in_chambers()
async def test_one_officer_or_two_tokens_send_nothing(house: Chambers) -> None:
    """Only passkeys stand for people here."""
    letter = await house.draft()
    path, body = f"/v1/desk/letters/{letter['id']}/send", {"digest": letter["digest"]}
    problem(await house.ines.call("POST", path, body), 403, "two_officers")
    made = await house.ines.propose(f"POST {path}", body)
    await house.ines.sign(made["id"])
    answer = await house.ines.call("POST", path, body, headers={"Approval": made["id"]})
    problem(answer, 403, "approval_incomplete")
    assert await house.rows() == []


@in_chambers()
async def test_a_letter_holds_no_data_of_a_client(house: Chambers) -> None:
    """However they are written; a reference and the slot stay; invisible characters are refused."""
    letter = await house.draft()
    for words in ("MARA.LIND @mail.example", "\uff4dara.lind@mail.example", "+49 (171) 555-0100", "account U-1001"):
        answer = await house.ines.call(
            "POST",
            f"/v1/desk/letters/{letter['id']}/edits",
            {"subject": letter["subject"], "text": f"It is {words} indeed"},
        )
        problem(answer, 422, "letter_names_client")
    wrong = {
        "letter_reference_missing": {"subject": "We received your request"},
        "letter_text_invalid": {"text": "right\u202etfel"},
        "letter_slot_invalid": {"text": "fetch it at {package_link}"},
    }
    for code, change in wrong.items():
        body = {"subject": letter["subject"], "text": letter["text"]} | change
        problem(await house.ines.call("POST", f"/v1/desk/letters/{letter['id']}/edits", body), 422, code)


@in_chambers()
async def test_writing_is_idempotent_and_a_draft_can_be_discarded(house: Chambers) -> None:
    """The same key, the same letter; a letter that is discarded goes nowhere."""
    body = {"kind": "refusal", "reasons": ["authenticity", "channel"], "language": "zh"}
    first = await house.ines.post(LETTERS, body, 201, key="once")
    again = await house.ines.post(LETTERS, body, 201, key="once")
    assert first == again
    assert "我们无法确认该请求出自贵机关；" in first["text"]
    gone = await house.omar.post(f"/v1/desk/letters/{first['id']}/discard")
    assert gone["state"] == "discarded"
    problem(await house.send(first), 409, "letter_state")
    listed = await house.ines.get(LETTERS)
    assert [each["id"] for each in listed["items"]] == [first["id"]]


@in_chambers()
async def test_who_may_write_and_read_letters(house: Chambers) -> None:
    """Legal writes, incident reads, support sees none of it."""
    live = house.live
    team = Team(live)
    letter = await house.draft()
    reads, none = await team.join("rolf", "incident"), await team.join("sam", "support")
    assert (await reads.get(f"/v1/desk/letters/{letter['id']}"))["id"] == letter["id"]
    problem(await reads.call("POST", LETTERS, {"kind": "acknowledgement"}), 403, "insufficient_scope")
    problem(await none.call("GET", LETTERS), 403, "insufficient_scope")
    problem(await house.ines.call("GET", "/v1/desk/letters/le_none"), 404, "letter_unknown")


@in_chambers()
async def test_a_look_at_a_letter_is_a_look_at_its_request(house: Chambers) -> None:
    """With its purpose, as every look at a request; a letter that does not exist is no look at anything."""
    letter = await house.draft()
    path = f"/v1/desk/letters/{letter['id']}"
    for _ in range(2):
        await house.ines.call("GET", path, headers={"Purpose": "before I sign it"})
    problem(await house.ines.call("GET", "/v1/desk/letters/le_none"), 404, "letter_unknown")
    looks = await house.live.application.store.entries(subject=f"desk_view:{REQUEST}")
    told = [json.loads(each.payload or b"{}") for each in looks]
    assert [each["purpose"] for each in told].count("before I sign it") == 1
    assert {each["by"] for each in told} == {f"staff:{house.ines.id}"}
