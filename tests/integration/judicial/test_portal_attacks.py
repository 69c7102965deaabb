# SPDX-License-Identifier: Apache-2.0
"""The officers' portal against whoever stole a mailbox, a passkey or an account, and against two at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from counterseal.judicial.portal import model as m
from counterseal.judicial.requests.acts import NotReadyError
from counterseal.judicial.requests.decisions import Decisions
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
from tests.support.registry import COURT, contact, source
from tests.support.requests import ROOT, Bureau, bureau, paper
from tests.support.server import DAY, HOUR, problem

SEAT = "seat@court.southmark.example"


@bureau
async def test_whoever_guesses_is_slowed_down(desk: Bureau) -> None:
    """Failed sign-ins, links that were made up and wrong codes use up one budget of their source: then 429."""
    person = Outside(desk)
    codes = [(await person.sign_in()).status_code for _ in range(40)]
    assert (codes[0], codes[-1]) == (409, 429)
    made_up = await person.post("/portal/enrol/pi000000000000-AAAA", {"code": "0000-0000"})
    assert made_up.status_code == 429


@bureau
async def test_links_that_are_made_up_are_slowed_down(desk: Bureau) -> None:
    """As failed sign-ins are."""
    person = Outside(desk)
    path = "/portal/enrol/pi000000000000-AAAA"
    codes = [(await person.post(path, {"code": "0000-0000"})).status_code for _ in range(40)]
    assert (codes[0], codes[-1]) == (410, 429)


@bureau
async def test_an_account_that_ended_releases_nothing(desk: Bureau) -> None:
    """What it stood for in a request counts no more at the next step, though nobody looked again."""
    held, account = await before_approval(desk)
    request = held["request"]["id"]
    assert held["decision"]["ready"]
    await desk.vera.post(f"{ACCOUNTS}/{account}/end", {"reason": "the office rang: she has left"})
    problem(await desk.approve(held, desk.ines, desk.wei), 409, "request_changed")
    held = await desk.read_request(request)
    (piece,) = [each for each in held["request"]["evidence"] if each["kind"] == "portal"]
    assert piece["void"]
    assert not held["decision"]["ready"]


async def before_approval(desk: Bureau) -> tuple[Any, str]:
    """A request of an account that counts, before two officers, and the account's id."""
    person, account = await enrolled(desk)
    await desk.advance(31 * DAY)
    await person.sign_in()
    request = (await person.submit(identifiers=[{"kind": "account", "value": desk.account}]))["id"]
    await desk.triaged(request)
    await desk.called(request)
    await desk.reviewed(request)
    await desk.ines.post(f"{ROOT}/{request}/fields", {"fields": None})
    return await desk.ines.post(f"{ROOT}/{request}/submit"), account


@bureau
async def test_a_number_counts_when_it_is_called(desk: Bureau) -> None:
    """A call to a number before it counted carries nothing, also if a second source confirmed it afterwards."""
    await mailbox(desk)
    path = f"/v1/desk/authorities/{COURT}/contacts"
    made = contact("+1 404 555 0142")
    made["source"]["at"] = desk.live.now
    await desk.signed(path, made, 201)
    name = next(each["id"] for each in (await desk.read())["contacts"] if "0142" in each["value"])
    early = desk.live.now
    await desk.advance(HOUR)
    await desk.signed(
        f"{path}/{name}/confirm", {"source": source(desk, "printed calendar")}, by=(desk.ines, desk.vera)
    )
    body = await called(desk, call={"contact": name, "at": early})
    problem(await desk.try_signed(INVITE, body, *desk.pair), 403, "portal_call_contact")
    assert (await invited(desk, call={"contact": name}))["to"] == MAILBOX


@bureau
async def test_an_open_invitation_is_ended_by_one_officer(desk: Bureau) -> None:
    """At once, code or no code; again changes nothing; one that was used is no invitation any more."""
    await mailbox(desk)
    made = await invited(desk)
    link, path = await link_of(desk, made), f"{INVITE}/{made['id']}/end"
    done = await desk.vera.post(path, {"reason": "the office rang: it asked for nobody"})
    assert done["ended"] == "revoked"
    assert (await desk.vera.post(path, {"reason": "again"}))["ended"] == "revoked"
    assert (await Outside(desk).enrol(link, made["code"])).status_code == 410
    assert (await desk.ines.get(ACCOUNTS))["invitations"] == []
    problem(await desk.vera.call("POST", f"{INVITE}/pi_none/end", {"reason": "r"}), 404, "portal_account_unknown")
    again = await invited(desk)
    assert (await Outside(desk).enrol(await link_of(desk, again), again["code"])).status_code == 200
    late = await desk.vera.call("POST", f"{INVITE}/{again['id']}/end", {"reason": "too late"})
    problem(late, 409, "portal_invitation_used")


@bureau
async def test_an_invitation_that_ended_before_its_letter_went_out_is_not_sent(desk: Bureau) -> None:
    """The worker looks again."""
    await mailbox(desk)
    made = await invited(desk)
    await desk.vera.post(f"{INVITE}/{made['id']}/end", {"reason": "a slip"})
    with pytest.raises(AssertionError, match="no link"):
        await link_of(desk, made)


@bureau
async def test_two_at_once_lose_no_document(desk: Bureau) -> None:
    """Files that are added at the same time are all kept and all shown; ten is the most, also then."""
    person, _ = await enrolled(desk)
    request = (await person.submit())["id"]
    names = [(await person.send(b"%PDF-1.7 " + bytes([each]))).json()["id"] for each in range(12)]
    path = f"/portal/requests/{request}/documents"
    sent = [person.post(path, {"documents": each, "once": f"{at:016x}"}) for at, each in enumerate(names)]
    codes = sorted(each.status_code for each in await asyncio.gather(*sent))
    assert codes == [303] * 10 + [409] * 2
    held = (await desk.read_request(request))["request"]
    shown = await desk.live.application.store.read(m.handed_of(request))
    assert isinstance(shown, m.Handed)
    assert len(shown.documents) == 10
    assert set(shown.documents) == set(held["documents"])


@bureau
async def test_a_passkey_that_has_an_account_makes_no_other(desk: Bureau) -> None:
    """Its owner can still sign in, and the link still works with another passkey."""
    person, _ = await enrolled(desk)
    made = await invited(desk, officer="M. Roe")
    link = await link_of(desk, made)
    other = Outside(desk)
    other.passkey.id = person.passkey.id
    refused = await other.enrol(link, made["code"])
    assert refused.status_code == 409
    assert "text/html" in refused.headers["content-type"]
    assert (await other.sign_in()).status_code == 409
    await person.post("/portal/signout")
    assert (await person.sign_in()).status_code == 303
    third = Outside(desk)
    assert (await third.enrol(link, made["code"])).status_code == 200
    assert {each["officer"] for each in (await desk.ines.get(ACCOUNTS))["items"]} == {"J. Doe", "M. Roe"}


@bureau
async def test_what_is_over_leaves_room(desk: Bureau) -> None:
    """Invitations that nobody used and accounts that ended do not keep the next ones out."""
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(m, "MOST_ACCOUNTS", 2)
        limits.setattr(m, "MOST_INVITATIONS", 2)
        await room(desk)


async def room(desk: Bureau) -> None:
    """Two invitations are open, then over; two accounts stand, then one is ended."""
    await mailbox(desk)
    for _ in range(2):
        await invited(desk)
    problem(await desk.try_signed(INVITE, await called(desk), *desk.pair), 409, "portal_limit")
    await desk.advance(73 * HOUR)
    for name in ("J. Doe", "M. Roe"):
        made = await invited(desk, officer=name)
        assert (await Outside(desk).enrol(await link_of(desk, made), made["code"])).status_code == 200
    problem(await desk.try_signed(INVITE, await called(desk), *desk.pair), 409, "portal_limit")
    items = (await desk.ines.get(ACCOUNTS))["items"]
    assert [each["officer"] for each in items] == ["M. Roe", "J. Doe"]
    await desk.vera.post(f"{ACCOUNTS}/{items[1]['id']}/end", {"reason": "left"})
    assert (await invited(desk, officer="K. Poe"))["officer"] == "K. Poe"
    items = (await desk.ines.get(ACCOUNTS))["items"]
    assert [(each["officer"], each["fault"]) for each in items] == [("M. Roe", None), ("J. Doe", "ended")]


@bureau
async def test_another_authority_s_account_sees_and_touches_nothing(desk: Bureau) -> None:
    """Its list is its own; to read, answer, add to, withdraw or fetch another's request is 404, as for none."""
    person, _ = await enrolled(desk)
    request = (await person.submit())["id"]
    other = await elsewhere(desk)
    assert request not in (await other.client.get("/portal/requests")).text
    for path, body in [
        ("answer", {"note": "n", "once": ONCE}),
        ("documents", {"documents": "doc_1", "once": ONCE}),
        ("withdraw", {"reason": "r", "once": ONCE}),
        ("package", {}),
    ]:
        here = await other.post(f"/portal/requests/{request}/{path}", body)
        none = await other.post(f"/portal/requests/jr_none/{path}", body)
        assert (here.status_code, none.status_code) == (404, 404), path
        assert here.text.replace(request, "") == none.text.replace("jr_none", ""), path
    await other.submit(404, type="amendment", about=request)
    await person.sign_in()
    theirs = (await person.send(await paper())).json()["id"]
    await other.submit(404, documents=[theirs])
    held = (await desk.read_request(request))["request"]
    assert (held["state"], held["documents"]) == ("received", [])


async def elsewhere(desk: Bureau) -> Outside:
    """Somebody of another court, with an account and a session."""
    made: list[Any] = [contact("+1 303 555 0111"), contact(SEAT, "email", "mail")]
    for each in made:
        each["source"]["at"] = desk.live.now
    details = {"name": "District Court of Southmark", "country": "sm", "role": "court"}
    body = {"id": "sm-district-court", "details": details, "contacts": made}
    await desk.signed("/v1/desk/authorities", body, 201)
    await desk.advance(30 * DAY)
    held = (await desk.read(authority="sm-district-court"))["contacts"]
    call = {"contact": next(each["id"] for each in held if each["kind"] == "phone")}
    given = await invited(desk, authority="sm-district-court", officer="P. Lee", call=call)
    person = Outside(desk)
    link = await link_of(desk, given)
    assert (await person.enrol(link, given["code"])).status_code == 200
    assert (await person.sign_in()).status_code == 303
    return person


@bureau
async def test_an_account_of_one_court_is_no_evidence_for_another(desk: Bureau) -> None:
    """Triaged as another court's it speaks against the request."""
    other = await elsewhere(desk)
    await desk.advance(31 * DAY)
    await other.sign_in()
    request = (await other.submit())["id"]
    await desk.triaged(request)
    assert await evidence(desk, request) == "contradicts"


@bureau
async def test_what_is_done_stands_in_the_log_without_a_secret(desk: Bureau) -> None:
    """Invited, link sent, wrong code, enrolled, signed in, submitted, ended; no code, link, cookie or passkey."""
    await mailbox(desk)
    made = await invited(desk)
    link, person = await link_of(desk, made), Outside(desk)
    await person.post(link, {"code": "0000-0000"})
    await person.enrol(link, made["code"])
    await person.sign_in()
    await person.submit()
    await person.post("/portal/signout")
    account = (await desk.ines.get(ACCOUNTS))["items"][0]["id"]
    await desk.vera.post(f"{ACCOUNTS}/{account}/end", {"reason": "left"})
    subjects = [m.invitation_of(made["id"]), m.account_of(account)]
    found = [each for name in subjects for each in await desk.live.application.store.entries(subject=name)]
    kinds = {each.kind for each in found}
    assert {f"portal_{each}" for each in ("invited", "link_sent", "code_wrong", "enrolled", "signed_in")} <= kinds
    assert {"portal_signed_out", "portal_ended"} <= kinds
    told = b" ".join(each.payload or b"" for each in found).decode()
    assert f'"by":"staff:{desk.vera.id}"' in told
    for secret in (made["code"], made["code"].replace("-", ""), link.rpartition("/")[2], "counterseal_portal"):
        assert secret not in told


@bureau
async def test_the_portal_does_not_say_what_others_sent(desk: Bureau) -> None:
    """The same bytes and case number that came another way: at the portal it is a request like any other, and the
    desk reads that the bytes are known. Twice by one account is a duplicate."""
    person, _ = await enrolled(desk)
    by_mail = (await desk.opened())["request"]
    name = (await person.send(await paper())).json()["id"]
    request = (await person.submit(documents=[name]))["id"]
    assert (await desk.read_request(request))["request"]["state"] == "received"
    await desk.triaged(request)
    pieces = (await desk.read_request(request))["request"]["evidence"]
    (content,) = [each for each in pieces if each["kind"] == "content"]
    assert by_mail["reference"] in str(content["details"])
    again = (await person.send(await paper())).json()["id"]
    second = (await person.submit(documents=[again], once="5" * 16))["id"]
    held = (await desk.read_request(second))["request"]
    assert (held["state"], held["about"]) == ("duplicate", request)


@bureau
async def test_a_package_of_an_account_that_ended_is_not_handed_out(desk: Bureau) -> None:
    """The rule is asked again when somebody fetches it."""
    held, account = await before_approval(desk)
    problem(await desk.approve(held), 409, "officer_conflict")  # both invited the account
    request, answer = held["request"]["id"], await desk.approve(held, desk.ines, desk.wei)
    assert answer.json()["decision"]["allowed"]
    decisions = desk.live.app.state.services.area(Decisions)
    await decisions.check_release(request)
    await desk.vera.post(f"{ACCOUNTS}/{account}/end", {"reason": "left"})
    with pytest.raises(NotReadyError):
        await decisions.check_release(request)
