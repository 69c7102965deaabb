# SPDX-License-Identifier: Apache-2.0
"""Letters go out: once, to whom the registry names at that moment, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import json

from counterseal.judicial.letters.ports import Outgoing, PostRefused, PostUnavailable
from counterseal.judicial.letters.sending import MOST_TRIES
from counterseal.judicial.registry.model import ContactKind
from counterseal.judicial.requests.model import Happened, State
from counterseal.judicial.requests.record import MOST_HISTORY
from counterseal.store.postgres import PostgresStore
from tests.support.letters import (
    COURT,
    LETTERS,
    MAILBOX,
    REQUEST,
    Carrier,
    Chambers,
    authority,
    contact,
    in_chambers,
    sender,
)
from tests.support.server import DAY, HOUR, problem


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
