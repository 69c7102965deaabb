# SPDX-License-Identifier: Apache-2.0
"""Letters in a request's whole life: registry, requests, packages and mail are the real ones."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from tests.integration.judicial.test_disclosure import opened
from tests.integration.judicial.test_disclosure_whole import ready, records_of
from tests.support.registry import COURT, contact
from tests.support.requests import ROOT, START, Bureau, bureau
from tests.support.server import DAY, problem

MAILBOX = "registry@court.northmark.example"


async def mailbox(house: Bureau) -> None:
    """The court's mailbox in the registry, for 31 days."""
    given = contact(MAILBOX, "email", "mail")
    given["source"]["at"] = house.live.now
    await house.signed(f"/v1/desk/authorities/{COURT}/contacts", given, 201)
    await house.advance(31 * DAY)


async def sent(house: Bureau, request: str, kind: str, **more: Any) -> httpx2.Response:
    """A letter drafted by Vera and signed by Omar and Wei; the reply to sending it."""
    letter = await house.vera.post(f"{ROOT}/{request}/letters", {"kind": kind} | more, 201)
    path, body = f"/v1/desk/letters/{letter['id']}/send", {"digest": letter["digest"]}
    answer = await house.try_signed(path, body, *house.pair)
    while await house.live.application.desk.letters.sender.turn():
        pass
    return answer


def mails(house: Bureau) -> list[dict[str, Any]]:
    """What went to authorities."""
    outbox = house.live.application.outbox
    assert outbox is not None
    return [each for each in outbox.recent(100) if each["subject"].startswith("[CS-")]


@bureau(simulated_start_ms=START - 31 * DAY)
async def test_a_court_is_answered_by_letters_and_fetches_its_package_from_one(house: Bureau) -> None:
    """The acknowledgement meets its clock; the delivery letter alone carries the link, which works once."""
    await mailbox(house)
    async with records_of(house):
        held = await ready(house)
        request = held["request"]
        early = await house.vera.call("POST", f"{ROOT}/{request['id']}/letters", {"kind": "delivery"})
        problem(early, 409, "letter_no_package")
        assert (await sent(house, request["id"], "acknowledgement")).status_code == 200
        (first,) = mails(house)
        assert (first["to"], request["reference"] in first["subject"]) == (MAILBOX, True)
        now = (await house.read_request(request["id"]))["request"]
        clocks = {each["name"]: each["met"] for each in now["clocks"]}
        assert clocks["acknowledge"] == house.live.now
        assert now["state"] == request["state"]
        again = await house.read_request(request["id"])
        assert again["decision"]["digest"] == held["decision"]["digest"]  # a letter voids nothing
        assert (await house.approve(again)).status_code == 200
        await house.ines.post(f"{ROOT}/{request['id']}/disclosures", None, 201)
        assert (await sent(house, request["id"], "delivery")).status_code == 200
        (mail,) = [each for each in mails(house) if "package" in each["subject"]]
        (link,) = [line for line in mail["text"].splitlines() if "/disclosure/" in line]
        path = link[link.index("/disclosure/") :]
        answer = await house.live.client.post(path)
        assert answer.status_code == 200
        told = json.loads(opened(answer.content)["disclosure.json"])
        assert {each["field"] for each in told["fields"]} == {each["name"] for each in request["fields"]}
        assert (await house.live.client.post(path)).status_code == 410
        listed = await house.ines.get(f"{ROOT}/{request['id']}/letters")
        assert path not in json.dumps(listed)
        assert [each["state"] for each in listed["items"]] == ["sent", "sent"]


@bureau
async def test_a_mailbox_entered_for_the_forged_order_gets_no_letter(house: Bureau) -> None:
    """A number that counts makes the call-back work; the mailbox that came a day before the order is not written
    to, whatever is waited."""
    given = contact("registry@court-northmark.example", "email", "mail")
    given["source"]["at"] = house.live.now
    await house.signed(f"/v1/desk/authorities/{COURT}/contacts", given, 201)
    await house.advance(DAY)
    request = (await house.opened())["request"]["id"]
    await house.triaged(request)
    body = {"kind": "acknowledgement"}
    problem(await house.vera.call("POST", f"{ROOT}/{request}/letters", body), 409, "letter_no_contact")
    await house.advance(60 * DAY)
    problem(await house.vera.call("POST", f"{ROOT}/{request}/letters", body), 409, "letter_no_contact")
    await house.ines.post(f"{ROOT}/{request}/suspect", {"reason": "the clerk knows nothing of it"})
    problem(await house.vera.call("POST", f"{ROOT}/{request}/letters", body), 409, "letter_forged")
    assert mails(house) == []
