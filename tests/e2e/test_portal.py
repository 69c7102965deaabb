# SPDX-License-Identifier: Apache-2.0
"""The officers' portal in a real Chromium: from a link and the code of a call to the package, in two languages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from playwright.sync_api import Page, expect

from counterseal.demo.desk_world import MAILBOX, ROOT
from tests.support.console import AXE, Seat, fits
from tests.support.portal import Bureau, bureau

pytestmark = [
    pytest.mark.skipif(
        shutil.which("chromium") is None or not AXE.exists(), reason="chromium or axe-core is missing"
    ),
    pytest.mark.needs("chromium", "cjk-fonts"),
    pytest.mark.needs("bwrap"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    """One desk and one browser for all of it."""
    with bureau(tmp_path_factory.mktemp("portal")) as found:
        yield found


def goto(court: Bureau, seat: Seat, path: str) -> Page:
    """A page of the portal."""
    seat.page.goto(court.url.removesuffix("/portal") + path)
    return seat.page


def enrolled(court: Bureau, seat: Seat, name: str = "J. Doe") -> None:
    """An account from a link and a code."""
    link, code = court.invited(name)
    page = goto(court, seat, link)
    page.get_by_label("Code from the call").fill(code.lower())
    page.get_by_role("button", name="Check the code").click()
    expect(page.get_by_text(name, exact=True)).to_be_visible()
    page.get_by_role("button", name="Create the passkey").click()
    expect(page.get_by_role("heading", name="Your account is ready")).to_be_visible()


def signed_in(court: Bureau, seat: Seat) -> Page:
    """Signed in with the passkey."""
    page = goto(court, seat, "/portal")
    page.get_by_role("button", name="Sign in with passkey").click()
    expect(page.get_by_role("heading", name="Requests")).to_be_visible()
    return page


def handed_in(court: Bureau, page: Page, account: str, case: str = "17/2026") -> str:
    """The form filled in and sent; the request's id."""
    page.get_by_role("link", name="New request").click()
    page.get_by_label("Type of request").select_option("disclosure")
    page.get_by_label("Case or docket number").fill(case)
    page.get_by_label("Legal basis").fill("Code of Criminal Procedure, s. 100")
    page.get_by_label("Value").fill(account)
    page.get_by_label("subscriber data").check()
    page.get_by_label("Choose files").set_input_files(
        {"name": "order.pdf", "mimeType": "application/pdf", "buffer": court.signed}
    )
    expect(page.get_by_text("order.pdf is here.")).to_be_visible()
    page.get_by_label("Public key for the package").fill(court.desk.key)
    page.get_by_role("button", name="Hand in the request").click()
    expect(page.get_by_text("We received your request under the reference")).to_be_visible()
    return page.url.partition("?")[0].rpartition("/")[2]


def test_from_the_call_to_the_package(court: Bureau) -> None:
    """Invited, enrolled, signed in, handed in, asked, answered, fetched once; the desk does its part over HTTP."""
    desk = court.desk
    account = desk.account()
    seat = court.person("J. Doe")
    account_made(court, seat)
    page = seat.page
    page.get_by_role("link", name="Go to sign in").click()
    fits(seat, "portal-signin")
    page.get_by_role("button", name="Sign in with passkey").click()
    expect(page.get_by_text("No request yet")).to_be_visible()
    fits(seat, "portal-empty")
    page.get_by_role("link", name="Hand in a request").click()
    fits(seat, "portal-new")
    request = handed_in(court, page, account)
    expect(page.get_by_text("Received", exact=True).first).to_be_visible()
    fits(seat, "portal-received")
    known_at_the_desk(court, request, account)
    asked_and_answered(court, seat, request)
    released(court, request)
    fetched(court, seat)
    assert seat.complaints == []
    seat.context.close()


def account_made(court: Bureau, seat: Seat) -> None:
    """With a wrong code and a cancelled ceremony on the way."""
    link, code = court.invited()
    page = goto(court, seat, link)
    fits(seat, "portal-code")
    page.get_by_label("Code from the call").fill("0000-0000")
    page.get_by_role("button", name="Check the code").click()
    expect(page.get_by_role("alert")).to_contain_text("Tries left: 4.")
    page.get_by_label("Code from the call").fill(code)
    page.get_by_role("button", name="Check the code").click()
    fits(seat, "portal-passkey")
    seat.verified(good=False)
    page.get_by_role("button", name="Create the passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was made")
    seat.verified(good=True)
    page.get_by_role("button", name="Create the passkey").click()
    expect(page.get_by_role("heading", name="Your account is ready")).to_be_visible()
    fits(seat, "portal-ready")


def known_at_the_desk(court: Bureau, request: str, account: str) -> None:
    """Who asks is what the account says; a new account is no evidence yet, the court's signature is."""
    desk = court.desk
    held = desk.read(request)["request"]
    assert held["by"].startswith("portal:pa_")
    assert held["claim"]["officer"] == "J. Doe"
    assert "Code of Criminal Procedure, s. 100" in held["history"][0]["note"]
    court.triaged(request, account)
    evidence = {each["kind"]: each["result"] for each in desk.read(request)["request"]["evidence"]}
    assert evidence["portal"] == "inconclusive"  # the account is new: it counts after 30 days
    assert evidence["doc_signature"] == "supports"


def asked_and_answered(court: Bureau, seat: Seat, request: str) -> None:
    """The desk asks by a letter that stands at the portal; the answer brings a document along."""
    desk, page = court.desk, seat.page
    desk.vera.done("POST", f"{ROOT}/{request}/clarify", {"note": "our own note"})
    wanted = {"kind": "clarification", "contact": "portal", "reasons": ["window"]}
    letter = desk.ines.done("POST", f"{ROOT}/{request}/letters", wanted)
    page.reload()
    expect(page.get_by_text("No letter yet.")).to_be_visible()  # a draft is ours
    status, _ = desk.signed(
        f"/v1/desk/letters/{letter['id']}/send", {"digest": letter["digest"]}, desk.omar, desk.wei
    )
    assert status == 200
    page.reload()
    expect(page.get_by_text("the time for which data are asked for")).to_be_visible()
    expect(page.get_by_text("our own note")).to_have_count(0)
    expect(page.get_by_text("Code of Criminal Procedure, s. 100")).to_be_visible()
    expect(page.get_by_text("Waits for you")).to_be_visible()
    page.get_by_label("Answer", exact=True).fill("All of May.")
    page.get_by_label("Choose files").set_input_files(
        {"name": "annex.txt", "mimeType": "text/plain", "buffer": b"All of May 2026."}
    )
    expect(page.get_by_text("annex.txt is here.")).to_be_visible()
    fits(seat, "portal-question")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("We received your answer.")).to_be_visible()
    expect(page.locator("#h-documents ~ ul").get_by_text("annex.txt")).to_be_visible()
    assert "All of May." in [each["note"] for each in desk.read(request)["request"]["history"]]


def fetched(court: Bureau, seat: Seat) -> None:
    """Once, and opened with the key of the form."""
    page = seat.page
    page.reload()
    expect(page.get_by_role("heading", name="Your package")).to_be_visible()
    fits(seat, "portal-package")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Fetch the package").click()
    package = Path(coming.value.path()).read_bytes()
    assert pyrage.decrypt(package, [court.desk.identity]).startswith(b"PK")
    page.reload()
    expect(page.get_by_text("The answer was fetched.")).to_be_visible()
    fits(seat, "portal-answered")
    path = page.url.partition("?")[0] + "/package"
    page.get_by_role("link", name="New request").click()  # a page whose script may ask the server
    sent = "{method: 'POST', headers: {'content-type': 'application/x-www-form-urlencoded'}}"
    again = page.evaluate(
        f"async (path) => {{ const r = await fetch(path, {sent}); return [r.status, await r.text()]; }}", path
    )
    assert again[0] == 410
    assert "The package is not given out" in again[1]
    page.get_by_role("link", name="Requests", exact=True).click()
    expect(page.get_by_role("link", name=re.compile("CS-20.*Answered"))).to_be_visible()
    fits(seat, "portal-list")


def released(court: Bureau, request: str) -> None:
    """The desk calls, reviews, two approve, and the package is built."""
    desk = court.desk
    status, told = desk.called(request, "confirmed")
    assert status < 400, told
    status, told = desk.finish(request, "court_order", "disclosure")
    assert status < 400, told
    desk.ines.done("POST", f"{ROOT}/{request}/disclosures")


def test_an_ended_account_is_out_at_once(court: Bureau) -> None:
    """Its open page leads to the sign-in page, and its passkey opens nothing, without a word why."""
    seat = court.person("M. Roe")
    enrolled(court, seat, "M. Roe")
    page = signed_in(court, seat)
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_text("this one")).to_be_visible()
    expect(page.get_by_text("M. Roe")).to_be_visible()
    fits(seat, "portal-account")
    items = court.desk.ines.done("GET", "/v1/desk/portal/accounts")["items"]
    account = next(each["id"] for each in items if each["officer"] == "M. Roe")
    court.desk.ines.done("POST", f"/v1/desk/portal/accounts/{account}/end", {"reason": "she has left"})
    page.get_by_role("link", name="New request").click()
    expect(page.get_by_text("Your session is over.")).to_be_visible()
    page.get_by_role("button", name="Sign in with passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work.")
    fits(seat, "portal-refused")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="机关门户")).to_be_visible()
    seat.context.close()


def test_five_wrong_codes_end_the_link(court: Bureau) -> None:
    """Then the right one opens nothing either."""
    seat = court.person("nobody")
    link, code = court.invited("P. Poe")
    page = goto(court, seat, link)
    for left in (4, 3, 2, 1):
        page.get_by_label("Code from the call").fill("ZZZZ-ZZZZ")
        page.get_by_role("button", name="Check the code").click()
        expect(page.get_by_role("alert")).to_contain_text(f"Tries left: {left}.")
    page.get_by_label("Code from the call").fill("ZZZZ-ZZZZ")
    page.get_by_role("button", name="Check the code").click()
    expect(page.get_by_role("heading", name="This link opens nothing")).to_be_visible()
    fits(seat, "portal-gone")
    goto(court, seat, link)
    expect(page.get_by_role("heading", name="This link opens nothing")).to_be_visible()
    assert code not in page.content()
    seat.context.close()


def test_two_at_once_make_one_account(court: Bureau) -> None:
    """Both know link and code, and both make a passkey: the first has the account, the other a dead link."""
    link, code = court.invited("T. Two")
    seats = [court.person("first"), court.person("second")]
    for seat in seats:
        page = goto(court, seat, link)
        page.get_by_label("Code from the call").fill(code)
        page.get_by_role("button", name="Check the code").click()
        expect(page.get_by_role("button", name="Create the passkey")).to_be_visible()
    for seat in seats:
        seat.page.get_by_role("button", name="Create the passkey").click()
    expect(seats[0].page.get_by_role("heading", name="Your account is ready")).to_be_visible()
    expect(seats[1].page.get_by_role("heading", name="This link opens nothing")).to_be_visible()
    items = court.desk.ines.done("GET", "/v1/desk/portal/accounts")["items"]
    assert len([each for each in items if each["officer"] == "T. Two"]) == 1
    for seat in seats:
        seat.context.close()


def test_colleagues_read_and_withdraw_and_nobody_reads_a_doubt(court: Bureau) -> None:
    """Another account of the court sees the request. A suspicion changes no word, and withdrawing looks alike."""
    desk = court.desk
    first, second = court.person("A. One"), court.person("B. Two")
    enrolled(court, first, "A. One")
    enrolled(court, second, "B. Two")
    account = desk.account()
    request = handed_in(court, signed_in(court, first), account, "18/2026")
    court.triaged(request, account)
    page = signed_in(court, second)
    page.goto(f"{court.url}/requests/{request}")
    expect(page.get_by_text("Handed in by another account of your authority.")).to_be_visible()
    page.get_by_role("link", name="Change this request").click()
    expect(page.get_by_label("Type of request")).to_have_text("Change of an earlier request")
    page.get_by_label("Case or docket number").fill("18/2026")
    page.get_by_label("Legal basis").fill("as before")
    page.get_by_label("Value").fill(account)
    page.get_by_role("button", name="Hand in the request").click()
    expect(page.get_by_text("We received your request under the reference")).to_be_visible()
    expect(page.get_by_text(re.compile("^CS-20")).nth(1)).to_be_visible()  # what it is about
    page.goto(f"{court.url}/requests/{request}")
    before = page.locator("main").inner_text()
    desk.ines.done("POST", f"{ROOT}/{request}/suspect", {"reason": "the court rang"})
    page.reload()
    assert page.locator("main").inner_text() == before
    page.get_by_text("Withdraw this request").click()
    page.get_by_label("Reason").fill("settled")
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_text("The request is withdrawn.")).to_be_visible()
    expect(page.get_by_text("Withdrawn", exact=True)).to_be_visible()
    assert desk.read(request)["request"]["state"] == "suspected_forged"
    page.goto(f"{court.url}/requests/jr_0000")
    expect(page.get_by_role("heading", name="There is no such request")).to_be_visible()
    for seat in (first, second):
        seat.context.close()


def test_in_chinese(court: Bureau) -> None:
    """The browser's language, and a letter in Chinese; what is filled in survives an answer that refuses it."""
    seat = court.person("Z", locale="zh-CN")
    link, code = court.invited("王 明", "zh")
    message = next(each for each in court.desk.client.outbox(limit=20) if each.to == MAILBOX)
    assert "代码不会出现在任何函件中" in message.text
    assert code not in message.text
    page = goto(court, seat, link)
    page.get_by_label("电话中宣读的代码").fill(code)
    fits(seat, "portal-code-zh")
    page.get_by_role("button", name="核对代码").click()
    page.get_by_role("button", name="创建通行密钥").click()
    page.get_by_role("link", name="前往登录").click()
    page.get_by_role("button", name="用通行密钥登录").click()
    page.get_by_role("link", name="新请求").click()
    page.get_by_label("请求类型").select_option("emergency")
    expect(page.get_by_text("紧急情况会缩短我们的期限")).to_be_visible()
    page.get_by_label("案号").fill("四刑 17/2026")
    page.get_by_label("法律依据").fill("刑事诉讼法")
    page.get_by_role("button", name="提交请求").click()
    expect(page.get_by_role("alert")).to_contain_text("请至少填写一个人或账户")
    expect(page.get_by_label("案号")).to_have_value("四刑 17/2026")
    page.get_by_role("button", name="再添加一项").click()
    page.get_by_label("值").nth(1).fill("u-1")
    fits(seat, "portal-new-zh")
    page.get_by_role("button", name="提交请求").click()
    expect(page.get_by_text("已收到您的请求")).to_be_visible()
    fits(seat, "portal-request-zh")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="The request")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    seat.context.close()


def test_by_keyboard_and_without_javascript(court: Bureau) -> None:
    """Each page begins with the way to its main part; without a script it says why it does not work."""
    seat = court.person("K. Board")
    page = goto(court, seat, "/portal")
    names = []
    for _ in range(3):
        page.keyboard.press("Tab")
        names.append(page.locator(":focus").inner_text())
    assert names == ["Skip to the page", "中文", "Sign in with passkey"]
    enrolled(court, seat, "K. Board")
    signed_in(court, seat)
    page.get_by_role("link", name="New request").click()
    ring = "getComputedStyle(document.querySelector('.po-choose')).boxShadow"
    before = page.evaluate(ring)
    page.get_by_label("Choose files").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.wait_for_timeout(200)
    assert page.evaluate(ring) != before
    page.get_by_role("button", name="Add another").press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    page.get_by_role("button", name="Remove").press("Enter")
    expect(page.get_by_label("Value")).to_have_count(1)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Value"
    seat.context.close()
    plain = court.person("plain", java_script_enabled=False)
    page = goto(court, plain, "/portal")
    expect(page.get_by_text("The portal needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with passkey")).not_to_be_visible()
    plain.context.close()
