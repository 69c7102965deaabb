# SPDX-License-Identifier: Apache-2.0
"""The owner's one-button pages, and the freezes, disputes and old contacts behind them."""

from __future__ import annotations

from typing import Any

from tests.support.server import DAY, HOUR, Live, Owner, problem, reasons, served

NEW_MAIL = "new@example.test"


async def change_mail(person: Owner) -> Any:
    """Replace the mail address; the old one is told too."""
    done = await person.done("replace_email", "email", "totp", enrol=[{"factor": "email", "contact": NEW_MAIL}])
    assert done["status"] == "done"
    person.mail = NEW_MAIL
    return done


async def new_address(person: Owner, number: int) -> None:
    where = {"chain": "eth", "address": f"0x{number:040x}"}
    assert (await person.done("add_address", "email", "totp", address=where))["status"] == "done"


@served()
async def test_a_page_shows_on_get_and_acts_on_post(live: Live) -> None:
    """GET and HEAD change nothing; POST needs no log-in and sets no cookie; strict headers on all of them."""
    person = await live.owner()
    pending = await person.done("withdraw", "totp", "email", amount="100")
    [freeze], [cancel] = await live.links("freeze"), await live.links("cancel")
    before = await live.get(f"/v1/accounts/{person.account}")
    pages = []
    for path in (f"/freeze/{freeze}", f"/cancel/{cancel}", f"/freeze/{freeze}?mine=1", f"/cancel/{cancel}?lang=zh"):
        pages.append(await live.client.get(path))
        await live.client.head(path)
    assert {page.status_code for page in pages} == {200}
    assert await live.get(f"/v1/accounts/{person.account}") == before
    pages += [await live.client.post(f"/freeze/{freeze}"), await live.client.post(f"/cancel/{cancel}")]
    pages.append(await live.client.get("/status"))
    for page in pages:
        assert page.headers["content-type"].startswith("text/html")
        assert "set-cookie" not in page.headers
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in page.headers["cache-control"]
        assert "<script" not in page.text
    after = await live.get(f"/v1/accounts/{person.account}")
    assert [item["kind"] for item in after["freezes"]] == ["link"]
    assert (await live.get(f"/v1/actions/{pending['id']}"))["status"] == "cancelled"


@served()
async def test_a_form_of_another_kind_does_nothing(live: Live) -> None:
    """Unknown query names are refused and no freeze is made."""
    person = await live.owner()
    await new_address(person, 1)
    [link] = await live.links("freeze")
    response = await live.client.post(f"/freeze/{link}?x=1")
    assert response.status_code == 422
    assert (await live.get(f"/v1/accounts/{person.account}"))["freezes"] == []


@served()
async def test_a_link_freeze_stops_outflows_for_exactly_72_hours(live: Live) -> None:
    """Outflows are held until the millisecond; logging in and removing things go on."""
    person = await live.owner()
    await new_address(person, 1)
    [link] = await live.links("freeze")
    at = live.now
    assert (await live.client.post(f"/freeze/{link}")).status_code == 200
    held = await person.done("withdraw_small", "totp", "email", amount="10")
    assert held["decision"]["outcome"] == "hold"
    assert held["decision"]["until"] == at + 72 * HOUR
    person.session = "s2"
    assert (await person.done("login", "password", "totp"))["status"] == "done"
    await live.advance(at + 72 * HOUR - 1 - live.now)
    assert "frozen" in reasons(await person.staff_view(await person.ask("withdraw_small", amount="10")))
    await live.advance(1)
    assert "frozen" not in reasons(await person.staff_view(await person.ask("withdraw_small", amount="10")))
    assert (await person.sealed("10"))["status"] == "sealed"


@served()
async def test_a_second_freeze_from_one_contact_makes_its_channel_suspect(live: Live) -> None:
    """Frozen, run out, frozen again by the same mailbox: mail is suspected; another channel's freeze is not."""
    person = await live.owner()
    await new_address(person, 1)
    [first] = await live.links("freeze")
    await live.client.post(f"/freeze/{first}")
    assert (await live.get(f"/v1/accounts/{person.account}"))["suspicions"] == []
    await live.advance(73 * HOUR)
    person.session = "s2"
    await person.done("login", "password", "totp")
    await new_address(person, 2)
    fresh = [link for link in await live.links("freeze") if link != first]
    statuses = [(await live.client.post(f"/freeze/{link}")).status_code for link in fresh[:1]]
    assert statuses == [200]
    suspicions = (await live.get(f"/v1/accounts/{person.account}"))["suspicions"]
    assert suspicions
    assert {item["capability"] for item in suspicions} >= {"email_takeover"}
    assert all(item["strength"] == "weak" for item in suspicions)


@served()
async def test_a_cancel_from_the_contact_that_is_replaced_opens_a_dispute(live: Live) -> None:
    """The mailbox that is being replaced cannot undo its own replacement: two officers decide."""
    person = await live.owner(factors=("sms", "email", "totp", "password", "face"))
    enrol = [{"factor": "email", "contact": NEW_MAIL}]
    pending = await person.done("lost_email", "totp", "face", enrol=enrol)
    assert pending["status"] == "pending", pending
    links = await live.links("cancel", to=person.mail)
    assert (await live.client.post(f"/cancel/{links[0]}")).status_code == 200
    assert (await live.get(f"/v1/actions/{pending['id']}"))["status"] == "disputed"
    await live.advance(49 * HOUR)
    assert (await live.get(f"/v1/actions/{pending['id']}"))["status"] == "disputed"
    account = await live.get(f"/v1/accounts/{person.account}")
    assert [item["hint"] for item in account["contacts"] if item["channel"] == "email"] == ["u…@example.test"]
    settled = await live.officers(f"/v1/actions/{pending['id']}/dispute", {"uphold": True})
    assert settled["status"] in {"pending", "done"}
    await live.settle()
    assert (await live.get(f"/v1/actions/{pending['id']}"))["status"] == "done"


@served()
async def test_a_dispute_that_is_not_upheld_ends_the_change(live: Live) -> None:
    """The old mailbox stays."""
    person = await live.owner(factors=("sms", "email", "totp", "password", "face"))
    pending = await person.done("lost_email", "totp", "face", enrol=[{"factor": "email", "contact": NEW_MAIL}])
    [link] = (await live.links("cancel", to=person.mail))[:1]
    await live.client.post(f"/cancel/{link}")
    path = f"/v1/actions/{pending['id']}/dispute"
    alone = await live.call("POST", path, {"uphold": False}, token="ines")
    problem(alone, 403, "two_officers")
    assert (await live.officers(path, {"uphold": False}))["status"] == "cancelled"
    problem(await live.call("POST", path, {"uphold": True}, token="ines"), 403, "two_officers")
    assert (await live.officers(path, {"uphold": True}, 409))["code"] == "no_dispute"


@served()
async def test_an_sms_link_is_no_link(live: Live) -> None:
    """Short messages carry no link."""
    person = await live.owner()
    await person.done("withdraw", "totp", "email", amount="100")
    for message in await live.messages("sms"):
        assert "http" not in message["short"]


@served()
async def test_a_replaced_contact_cancels_for_seven_days(live: Live) -> None:
    """It is told of later actions without amounts, may cancel them within seven days, and not after."""
    person = await live.owner()
    old = person.mail
    await change_mail(person)
    await live.advance(2 * DAY)
    first = await person.done("withdraw", "totp", "email", amount="4321")
    [message] = [m for m in await live.messages("email") if m["to"] == old and "4321" not in m["text"]][:1]
    assert "4321" not in message["subject"]
    links = await live.links("cancel", to=old)
    assert (await live.client.post(f"/cancel/{links[0]}")).status_code == 200
    assert (await live.get(f"/v1/actions/{first['id']}"))["status"] == "cancelled"

    await live.advance(4 * DAY + 23 * HOUR)
    person.session = "s2"
    assert (await person.done("login", "password", "totp"))["status"] == "done"
    second = await person.done("withdraw", "totp", "email", amount="4322")
    late = [link for link in await live.links("cancel", to=old) if link not in links]
    assert late
    await live.advance(2 * HOUR)
    page = await live.client.post(f"/cancel/{late[0]}")
    assert page.status_code == 410
    assert (await live.get(f"/v1/actions/{second['id']}"))["status"] == "pending"
    third = await person.done("withdraw", "totp", "email", amount="4323")
    assert third["status"] == "pending"
    newest = [m for m in await live.messages("email") if m["to"] == old and m["at"] == live.now]
    assert newest == []


@served()
async def test_a_freeze_holds_what_was_ready(live: Live) -> None:
    """A delayed withdrawal that is ready when the owner freezes is not collected."""
    person = await live.owner()
    pending = await person.done("withdraw", "totp", "email", amount="100")
    [link] = await live.links("freeze")
    await live.advance(24 * HOUR)
    assert (await live.get(f"/v1/actions/{pending['id']}"))["status"] == "ready"
    await live.client.post(f"/freeze/{link}")
    collected = await live.post(f"/v1/actions/{pending['id']}/decide")
    assert collected["seal"] is None
    assert "frozen" in reasons(collected)
