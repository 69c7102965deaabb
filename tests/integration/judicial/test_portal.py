# SPDX-License-Identifier: Apache-2.0
"""Accounts of the officers' portal over HTTP, with passkeys in software: who is invited, what an account counts
for, when it ends, what it may touch, and how much."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from counterseal.judicial.portal import model as m
from counterseal.judicial.portal.signin import PortalSignIn
from tests.support.outside import (
    ACCOUNTS,
    INVITE,
    MAILBOX,
    ONCE,
    Outside,
    called,
    enrolled,
    evidence,
    invited,
    link_of,
    mailbox,
)
from tests.support.registry import COURT
from tests.support.requests import ROOT, Bureau, bureau, paper
from tests.support.server import DAY, HOUR, problem


@bureau
async def test_a_call_that_does_not_carry_an_invitation(desk: Bureau) -> None:
    """An old call, a contact that is no number, nobody spoken to, nobody of ours, no address in the registry."""
    problem_of: list[tuple[dict[str, Any], int, str]] = [
        ({}, 403, "portal_mail"),
        ({"call": {"at": desk.live.now - 25 * HOUR}}, 403, "portal_call_old"),
        ({"call": {"at": desk.live.now + HOUR}}, 403, "portal_call_old"),
        ({"call": {"contact": "ct_none"}}, 403, "portal_call_contact"),
        ({"call": {"spoke_to": " "}}, 403, "portal_call_nobody"),
        ({"call": {"by": "st_nobody"}}, 403, "portal_call_caller"),
        ({"officer": "\u202eeoD .J"}, 422, "portal_officer_invalid"),
        ({"authority": "xx-none"}, 404, "authority_unknown"),
    ]
    for more, status, code in problem_of:
        answer = await desk.try_signed(INVITE, await called(desk, **more), *desk.pair)
        problem(answer, status, code)
    assert (await desk.ines.get(ACCOUNTS))["items"] == []
    answer = await desk.vera.call("POST", INVITE, await called(desk))
    problem(answer, 403, "two_officers")


@bureau
async def test_an_address_that_is_new_in_the_registry_gets_no_link(desk: Bureau) -> None:
    """It counts after 30 days, like every contact."""
    await mailbox(desk, sure=False)
    problem(await desk.try_signed(INVITE, await called(desk), *desk.pair), 403, "portal_mail")
    await desk.advance(30 * DAY)
    made = await invited(desk)
    assert (made["to"], len(made["code"])) == (MAILBOX, 9)


@bureau
async def test_the_link_alone_and_the_code_alone_open_nothing(desk: Bureau) -> None:
    """The link shows a field; no letter has the code; a link that was made up, used or is too old opens nothing."""
    await mailbox(desk)
    made = await invited(desk)
    link, person = await link_of(desk, made), Outside(desk)
    sent = (await desk.live.get("/v1/outbox?limit=20"))["messages"]
    assert made["code"] not in str(sent)
    assert made["code"].replace("-", "") not in str(sent)
    shown = await person.client.get(link)
    assert shown.status_code == 200
    assert "J. Doe" not in shown.text
    assert (await person.client.get(f"{link}x")).status_code == 410
    assert (await person.post("/portal/enrol/pi000000000000-AAAA", {"code": made["code"]})).status_code == 410
    assert (await person.enrol(link, "00000000")).status_code == 409
    assert (await person.enrol(link, made["code"].lower().replace("-", " "))).status_code == 200
    assert (await person.client.get(link)).status_code == 410
    assert (await Outside(desk).enrol(link, made["code"])).status_code == 410
    again = await invited(desk)
    link = await link_of(desk, again)
    await desk.advance(73 * HOUR)
    assert (await person.enrol(link, again["code"])).status_code == 410


@bureau
async def test_five_wrong_codes_at_once_are_five(desk: Bureau) -> None:
    """Tries at the same time are tries one after the other; the sixth, though right, comes too late."""
    await mailbox(desk)
    made = await invited(desk)
    link, person = await link_of(desk, made), Outside(desk)
    answers = await asyncio.gather(*(person.post(link, {"code": f"WRONG{n}"}) for n in range(8)))
    assert sorted(each.status_code for each in answers) == [409] * 4 + [410] * 4
    assert (await person.enrol(link, made["code"])).status_code == 410
    assert (await desk.ines.get(ACCOUNTS))["invitations"] == []


@bureau
async def test_a_passkey_that_verifies_nobody_makes_no_account(desk: Bureau) -> None:
    """User verification is asked for; the link still works afterwards."""
    await mailbox(desk)
    made = await invited(desk)
    link, person = await link_of(desk, made), Outside(desk)
    person.passkey.verifies = False
    assert (await person.enrol(link, made["code"])).status_code == 409
    person.passkey.verifies = True
    assert (await person.enrol(link, made["code"])).status_code == 200


@bureau
async def test_an_account_counts_like_a_contact_and_ends_like_one(desk: Bureau) -> None:
    """Not within 30 days of its call, then it does; never once it ended, nor with its number or its year."""
    person, account = await enrolled(desk)
    portals = desk.live.app.state.services.area(PortalSignIn)
    assert (await portals.account(account)).confirmed == desk.live.now
    early = (await person.submit())["id"]
    await desk.triaged(early)
    assert await evidence(desk, early) == "inconclusive"
    await desk.advance(31 * DAY)
    assert (await person.client.get("/portal/requests")).status_code == 303  # the session is over long since
    await person.sign_in()
    late = (await person.submit(once="1" * 16, case_number="18/2026"))["id"]
    await desk.triaged(late, case_number="18/2026")
    assert await evidence(desk, late) == "supports"
    answer = await desk.vera.call("POST", f"{ACCOUNTS}/{account}/end", {"reason": "left"})
    assert answer.json()["fault"] == "ended"
    assert await portals.account(account) is None
    assert (await person.client.get("/portal/requests")).status_code == 303
    assert (await person.sign_in()).status_code == 409


@bureau
async def test_an_account_ends_with_its_year_and_with_the_number_that_was_called(desk: Bureau) -> None:
    """A call renews the year (here 40 days); the number's end is the account's, whatever is called afterwards."""
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(m, "YEAR", 40 * DAY)
        await a_year(desk)


async def a_year(desk: Bureau) -> None:
    """It passes, the office is called again, and the number ends."""
    person, account = await enrolled(desk)
    path = f"/v1/desk/authorities/{COURT}/contacts/{await desk.only()}/end"
    await desk.advance(40 * DAY)
    assert (await person.sign_in()).status_code == 409
    assert (await desk.ines.get(f"{ACCOUNTS}/{account}"))["fault"] == "year_over"
    call = (await called(desk))["call"]
    renewed = await desk.try_signed(f"{ACCOUNTS}/{account}/renew", {"call": call}, *desk.pair)
    assert renewed.json()["fault"] is None
    assert (await person.sign_in()).status_code == 303
    await desk.signed(path, {"reason": "it was never theirs"})
    assert (await person.client.get("/portal/requests")).status_code == 303
    assert (await desk.ines.get(f"{ACCOUNTS}/{account}"))["fault"] == "contact_ended"
    answer = await desk.try_signed(f"{ACCOUNTS}/{account}/renew", {"call": call}, *desk.pair)
    assert answer.status_code in {403, 409}


@bureau
async def test_what_an_account_hands_in_and_may_attach(desk: Bureau) -> None:
    """Only its own files; a repeated write is one request; nothing of another authority, and nothing of ours."""
    person, account = await enrolled(desk)
    sent = await person.send(await paper())
    assert sent.status_code == 201
    ours = await desk.document(await paper())
    await person.submit(404, documents=[ours])
    made = await person.submit(documents=[sent.json()["id"]])
    assert (await person.submit(documents=[sent.json()["id"]])) == made
    held = (await desk.read_request(made["id"]))["request"]
    assert (held["by"], held["claim"]["officer"]) == (f"portal:{account}", "J. Doe")
    assert held["history"][0]["note"] == "legal basis, as stated: s. 100"
    shown = await person.client.get(f"/portal/requests/{made['id']}")
    assert "s. 100" in shown.text
    other = (await desk.opened())["request"]["id"]
    assert (await person.client.get(f"/portal/requests/{other}")).status_code == 404
    withdrawn = await person.post(f"/portal/requests/{other}/withdraw", {"reason": "r", "once": ONCE})
    assert withdrawn.status_code == 404
    unknown = await person.submit(
        once="2" * 16, case_number="19/2026", identifiers=[{"kind": "account", "value": "x"}]
    )
    assert set(unknown) == set(made)  # whoever is named: the answer is the same


@bureau
async def test_an_hour_takes_so_much(desk: Bureau) -> None:
    """Files by number and size, requests by number; then 429, and an hour later again."""
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(m, "FILES_AN_HOUR", 2)
        limits.setattr(m, "REQUESTS_AN_HOUR", 1)
        limits.setattr(m, "BYTES_AN_HOUR", 30)
        await an_hour(desk)


async def an_hour(desk: Bureau) -> None:
    """Two files of ten bytes and one request; a large file is too much even alone."""
    person, _ = await enrolled(desk)
    codes = [(await person.send(b"%PDF-1.7 " + bytes([each]))).status_code for each in range(3)]
    assert codes == [201, 201, 429]
    assert (await person.send(b"")).status_code == 422
    await person.submit()
    await person.submit(429, once="3" * 16)
    await desk.advance(HOUR)
    await person.sign_in()
    assert (await person.send(b"%PDF-1.7 x")).status_code == 201
    assert (await person.send(b"%PDF-1.7 and more than that")).status_code == 429


@bureau
async def test_buttons_of_other_sites_and_sessions_that_are_over(desk: Bureau) -> None:
    """403 for another site; without a session a file is refused before it is read."""
    person, _ = await enrolled(desk)
    answer = await person.post("/portal/signout", Origin="https://evil.example")
    problem(answer, 403, "cross_site")
    await desk.advance(16 * 60_000)
    assert (await person.client.get("/portal/account")).status_code == 303
    problem(await person.send(b"%PDF-1.7"), 401, "portal_signed_out")
    assert (await person.sign_in()).status_code == 303
    page = (await person.client.get("/portal/account")).text
    session = re.findall(r'name="session" value="([0-9a-f]{16})"', page)
    assert len(session) == 1
    ended = await person.post("/portal/account/end", {"session": session[0]})
    assert ended.headers["location"] == "/portal/account?done=ended"
    assert (await person.client.get("/portal/account")).headers["location"].startswith("/portal?")


@bureau
async def test_an_assertion_is_used_once(desk: Bureau) -> None:
    """The same answer twice is one sign-in, and an answer to something else is none."""
    person, _ = await enrolled(desk)
    shown = await person.client.get("/portal", headers={"Cookie": ""})
    page = shown.text if "data-get" in shown.text else (await Outside(desk).client.get("/portal")).text
    answer = person.answer(page)
    assert (await person.post("/portal/signin", {"answer": answer})).status_code == 303
    assert (await person.post("/portal/signin", {"answer": answer})).status_code == 409
    for wrong in ("{}", "no json", json.dumps({"challenge": "x", "response": {"id": "AAAA"}})):
        assert (await person.post("/portal/signin", {"answer": wrong})).status_code == 409


@bureau
async def test_a_document_that_comes_later_is_looked_at(desk: Bureau) -> None:
    """Added after the triage it is evidence; when the request is doubted it is kept and nothing is said."""
    person, _ = await enrolled(desk)
    request = (await person.submit())["id"]
    await desk.triaged(request)
    name = (await person.send(await paper())).json()["id"]
    path = f"/portal/requests/{request}/documents"
    assert (await person.post(path, {"documents": name, "once": ONCE})).status_code == 303
    held = (await desk.read_request(request))["request"]
    assert "doc_signature" in {each["kind"] for each in held["evidence"]}
    await desk.vera.post(f"{ROOT}/{request}/suspect", {"reason": "the court rang"})
    later = (await person.send(b"%PDF-1.7 later")).json()["id"]
    assert (await person.post(path, {"documents": later, "once": "4" * 16})).status_code == 303
    held = (await desk.read_request(request))["request"]
    assert (held["state"], later in held["documents"]) == ("suspected_forged", True)
