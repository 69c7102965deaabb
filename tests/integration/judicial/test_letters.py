# SPDX-License-Identifier: Apache-2.0
"""Letters over the API: to contacts of the registry alone, in words that two signed, once."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from counterseal.judicial.letters.model import subject_of
from counterseal.judicial.letters.ports import Outgoing, PostRefused, PostUnavailable
from counterseal.judicial.letters.sending import MOST_TRIES, Sender
from counterseal.judicial.registry.model import ContactKind, Use
from counterseal.judicial.requests.model import Happened, State
from counterseal.judicial.requests.record import MOST_HISTORY
from counterseal.store.postgres import PostgresStore
from counterseal.workers.loop import one_by_one
from tests.support.letters import COURT, LETTERS, MAILBOX, REQUEST, Chambers, authority, contact, in_chambers
from tests.support.server import DAY, HOUR, problem
from tests.support.staff import Team


class Carrier:
    """A way out that does as the test says, and remembers what it took."""

    def __init__(self, *answers: Exception) -> None:
        self.answers = list(answers)
        self.taken: list[tuple[str, Outgoing]] = []

    async def send(self, letter: Outgoing, message_id: str) -> str:
        self.taken.append((message_id, letter))
        if self.answers:
            raise self.answers.pop(0)
        return f"receipt of {message_id}"


class Shelf:
    """Packages whose link is this."""

    def __init__(self, link: str | None) -> None:
        self.link = link

    async def package_link(self, request: str) -> str | None:
        return self.link


def sender(house: Chambers, carrier: Any, link: str | None = None) -> Sender:
    """The worker over the server's own store."""
    return Sender(house.live.application.store, house.live.application.clock, carrier, Shelf(link), one_by_one)


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
async def test_whoever_forged_a_request_gets_no_letter(house: Chambers) -> None:
    """Not a draft, not a signed one, and not one that waits to go out when the suspicion comes."""
    letter, other = await house.draft(), await house.draft("refusal", reasons=["scope"])
    assert (await house.send(letter)).status_code == 200
    held = await house.request()
    await house.standing(state=State.SUSPECTED_FORGED, letters=held.letters)
    problem(await house.ines.call("POST", LETTERS, {"kind": "acknowledgement"}), 409, "letter_forged")
    problem(await house.send(other), 409, "letter_forged")
    carrier = Carrier()
    assert await sender(house, carrier).turn() == 1
    assert carrier.taken == []
    failed = await house.read(letter)
    assert (failed["state"], failed["error"]) == ("failed", "letter_forged")


@in_chambers()
async def test_a_contact_that_ended_meanwhile_gets_nothing(house: Chambers) -> None:
    """The registry is asked again when the letter goes out; a value that is another is another contact."""
    for changed in (contact("ct_mail", MAILBOX, house.live.now - 90 * DAY, ended=house.live.now), None):
        await house.known()
        letter = await house.draft()
        assert (await house.send(letter)).status_code == 200
        other = changed or contact("ct_mail", "evil@court.northmark.example", house.live.now - 90 * DAY)
        held = authority(house.live.now)
        await house.put(f"authority:{COURT}", type(held)(COURT, held.name, "nm", "court", contacts=(other,)))
        carrier = Carrier()
        await sender(house, carrier).turn()
        assert carrier.taken == []
        assert (await house.read(letter))["error"] == "letter_no_contact"


@in_chambers()
async def test_a_mail_server_that_is_away_is_asked_again_under_the_same_id(house: Chambers) -> None:
    """Deferred, then taken: one letter, one id; a repeat after a crash is recognisable."""
    letter = await house.draft()
    await house.send(letter)
    carrier = Carrier(PostUnavailable("away"))
    assert await sender(house, carrier).turn() == 1
    assert (await house.read(letter))["state"] == "approved"
    assert await sender(house, carrier).turn() == 0  # not yet
    await house.live.advance(2 * HOUR)
    for person in (house.ines, house.omar):
        await person.sign_in()
    assert await sender(house, carrier).turn() == 1
    assert (await house.read(letter))["state"] == "sent"
    assert len({name for name, _ in carrier.taken}) == 1
    assert len(carrier.taken) == 2


@in_chambers()
async def test_a_crash_between_the_mail_server_and_the_commit_sends_the_same_mail_again(house: Chambers) -> None:
    """The process died after the mail was taken: the next one sends the same Message-ID, and notes it once."""
    letter = await house.draft()
    await house.send(letter)

    class Dying(Carrier):
        async def send(self, letter: Outgoing, message_id: str) -> str:
            await super().send(letter, message_id)
            raise KeyboardInterrupt

    dying = Dying()
    with contextlib.suppress(KeyboardInterrupt):
        await sender(house, dying).turn()
    await house.live.advance(HOUR)  # the lease of the process that is gone ends (where there are leases)
    await house.ines.sign_in()
    carrier = Carrier()
    assert await sender(house, carrier).turn() == 1
    assert dying.taken == carrier.taken
    assert (await house.read(letter))["state"] == "sent"
    assert [each.what for each in (await house.request()).history].count("letter_sent") == 1


@in_chambers()
async def test_an_address_that_is_refused_can_be_mended(house: Chambers) -> None:
    """The letter failed; other words or another contact are a draft again, to be signed anew."""
    letter = await house.draft()
    await house.send(letter)
    await sender(house, Carrier(PostRefused("no such mailbox"))).turn()
    failed = await house.read(letter)
    assert (failed["state"], failed["error"]) == ("failed", "post_refused")
    assert (await house.request()).history[-1].what == "letter_failed"
    mended = await house.edit(failed, house.omar)
    assert (mended["state"], mended["error"]) == ("draft", None)
    await house.live.advance(1)
    assert (await house.send(mended, house.ines, house.vera)).status_code == 200
    carrier = Carrier()
    await sender(house, carrier).turn()
    assert (await house.read(letter))["state"] == "sent"
    problem(
        await house.ines.call(
            "POST", f"/v1/desk/letters/{letter['id']}/edits", {"subject": mended["subject"], "text": mended["text"]}
        ),
        409,
        "letter_state",
    )


@in_chambers()
async def test_a_mail_server_that_stays_away_is_given_up(house: Chambers) -> None:
    """After so many tries the letter failed, and people see it."""
    letter = await house.draft()
    await house.send(letter)
    carrier = Carrier(*[PostUnavailable("away")] * (MOST_TRIES + 1))
    for _ in range(MOST_TRIES + 1):
        assert await sender(house, carrier).turn() == 1
        await house.live.advance(HOUR)
    assert await sender(house, carrier).turn() == 0
    await house.ines.sign_in()
    assert (await house.read(letter))["error"] == "post_unavailable"


@in_chambers()
async def test_the_link_of_a_package_is_in_the_mail_alone(house: Chambers) -> None:
    """A delivery letter: only with a package, and neither the store nor the log ever hold the link."""
    problem(await house.ines.call("POST", LETTERS, {"kind": "delivery"}), 409, "letter_no_package")
    await house.standing(state=State.PACKAGE_BUILT)
    letter = await house.draft("delivery")
    assert letter["text"].count("{package_link}") == 1
    await house.send(letter)
    carrier, link = Carrier(), "https://desk.example.test/disclosure/dsc_1/secret"
    await sender(house, carrier, link).turn()
    ((_, outgoing),) = carrier.taken
    assert link in outgoing.text
    assert link not in json.dumps(await house.read(letter))
    second = await house.draft("delivery")
    await house.send(second)
    await sender(house, carrier, None).turn()  # fetched or expired meanwhile
    assert (await house.read(second))["error"] == "letter_no_package"
    assert len(carrier.taken) == 1


@in_chambers(outbox_folder=None)
async def test_without_mail_a_letter_goes_by_post_or_stands_at_the_portal(house: Chambers) -> None:
    """A server that sends no mail says so; printed and portal letters are sent with the signatures."""
    problem(await house.send(await house.draft()), 409, "post_missing")
    await house.known(contact("ct_post", "1 Court Square", house.live.now - 90 * DAY, ContactKind.ADDRESS))
    for given, way in (("ct_post", "post"), ("portal", "portal")):
        letter = await house.draft(contact=given)
        assert letter["way"] == way
        sent = (await house.send(letter)).json()
        assert (sent["state"], sent["sent"]) == ("sent", house.live.now)
    assert await house.rows() == []
    letters = await house.live.application.desk.letters.letters.of_request(REQUEST, sent=True)
    assert [each.way for each in letters] == ["post", "portal"]


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
async def test_a_language_and_a_long_history_break_nothing(house: Chambers) -> None:
    """The language of a request is a stranger's word, and no header; a letter that went out is noted, whatever the
    length of its request's history: else it would go out again and again."""
    await house.standing(language="en\r\nBcc: x@y.example")
    assert (await house.draft())["language"] == "en"
    letter = await house.draft(language="zh\r\n")
    assert letter["language"] == "zh"
    await house.send(letter)
    held = await house.request()
    await house.standing(history=(Happened(0, "noted", "desk"),) * MOST_HISTORY, letters=held.letters)
    carrier = Carrier()
    assert await sender(house, carrier).turn() == 1
    assert await sender(house, carrier).turn() == 0
    assert (await house.read(letter))["state"] == "sent"
    problem(await house.ines.call("GET", LETTERS.replace(REQUEST, "jr_9")), 404, "request_unknown")


@in_chambers()
async def test_of_several_workers_and_signatures_one_letter_comes(house: Chambers) -> None:
    """Two approvals used at the same moment, and three workers (at once where several may work on the store): the
    letter goes out once."""
    letter = await house.draft()
    approvals = [
        await house.approval(letter, *pair) for pair in ((house.ines, house.omar), (house.omar, house.vera))
    ]
    answers = await asyncio.gather(*[house.use(letter, approval) for approval in approvals])
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    carrier = Carrier()
    if isinstance(house.live.application.store, PostgresStore):
        await asyncio.gather(*[sender(house, carrier).turn() for _ in range(3)])
    else:
        for _ in range(3):
            await sender(house, carrier).turn()
    assert len(carrier.taken) == 1
    assert (await house.read(letter))["state"] == "sent"
