# SPDX-License-Identifier: Apache-2.0
"""The exchange's pages in a real browser: somebody registers, is attacked, freezes and gets the account back."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from examples.exchange.ledger import customer
from tests.e2e.test_pages import ARGUMENTS
from tests.support.exchange import ROOT
from tests.support.exchange_pages import Site, exchange_site
from tests.support.exchange_person import PASSWORD, PICTURES, Person

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(600 if PICTURES else 180),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with exchange_site(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield running
        running.close()


def test_a_person_walks_from_the_first_page_to_the_account_regained(site: Site, browser: Browser) -> None:
    """Register, add a passkey, withdraw with it, be attacked, freeze, recover control."""
    person = Person(browser, site)
    person.go("/")
    person.picture("first")
    person.go("/register")
    person.picture("register")
    person.register()
    expect(person.page.get_by_label("Balance", exact=True)).to_contain_text("10,000")
    person.picture("home")
    person.go("/security")
    person.picture("security")
    assert "passkey" not in person.factors()
    person.add_passkey()
    expect(person.page.get_by_text("laptop")).to_be_visible()
    assert "passkey" in person.factors()
    person.picture("security-passkey")
    person.save_address()
    _withdraw(person)
    _be_attacked(person)
    _freeze(person)
    _recover(person)
    assert person.faults == []
    person.context.close()


def _withdraw(person: Person) -> None:
    """A day for the address and the device, the passkey and a code for this amount, a day until it leaves."""
    page = person.page
    person.press("25 hours")
    person.go("/withdraw")
    person.picture("withdraw")
    person.press("Go on")
    expect(page.get_by_text("This needs more proof.")).to_be_visible()
    person.picture("withdraw-proof")
    person.approve("withdraw")
    expect(page.get_by_role("status")).to_contain_text("It waits until")
    assert person.standing("withdraw") == ["pending"]
    assert person.site.ledger.balance(customer(person.name), "USDT") == Decimal(10_000)
    person.picture("withdraw-waits")
    person.press("25 hours")
    expect(page.get_by_role("status")).to_contain_text("Sent.")
    person.picture("withdraw-sent")
    assert person.site.ledger.balance(customer(person.name), "USDT") == Decimal(9_750)
    assert person.standing("withdraw") == ["done"]
    person.go("/home")
    expect(page.get_by_label("Balance", exact=True)).to_contain_text("9,750")
    person.picture("home-sent")


def _be_attacked(person: Person) -> None:
    """June 2024 on this very account: the stolen mailbox and SMS are not enough, and the owner is told."""
    page = person.page
    person.go("/attack")
    person.picture("attack")
    person.press("Attack my account")
    expect(page.get_by_role("heading", name="The attack was stopped")).to_be_visible(timeout=40_000)
    steps = page.locator(".play > li")
    assert steps.count() == 3
    assert "Lacked the owner's passkey" in steps.first.inner_text()
    assert not page.locator(".play--danger").count()
    assert person.site.ledger.balance(customer(person.name), "USDT") == Decimal(9_750)
    person.press("1 hour")
    told = page.locator("section", has=page.get_by_role("heading", name="What you were told"))
    expect(told).to_contain_text("Stopped: someone tried to add a withdrawal address")
    expect(told).to_contain_text("hidden by the thief")  # the mailbox was the thief's
    person.picture("attacked")


def _freeze(person: Person) -> None:
    """One press; a withdrawal is refused on Counterseal's page, in plain words."""
    page = person.page
    person.press("Freeze my account")
    person.sees("Your account is frozen")
    assert len(person.account().freezes) == 1
    person.picture("frozen")
    person.go("/withdraw")
    person.press("Go on")
    person.onward("Go on to Counterseal")
    person.press("Approve with passkey")
    person.sees("This cannot be done now")
    expect(page.get_by_text("Your account is frozen.")).to_be_visible()
    person.picture("step-frozen")
    page.locator("#back").click()
    expect(page.get_by_role("status")).to_contain_text("This is refused")
    person.picture("refused")


def _recover(person: Person) -> None:
    """Face, document, a contact; three days; new contacts and a new password; six days more, since there was a
    passkey; signing in with what is new."""
    page = person.page
    person.go("/recover")
    person.picture("recover")
    person.press("Begin")
    person.press("Show my face")
    person.press("Show my identity document")
    person.type_code("sms")
    expect(page.get_by_text("It waits")).to_be_visible()
    page.get_by_role("link", name="Back to the recovery").click()
    expect(page.get_by_text("Your recovery waits")).to_be_visible()
    person.picture("recover-waits")
    assert person.standing("ask_recovery") == ["pending"]
    person.press("73 hours")
    expect(page.get_by_text("The wait is over")).to_be_visible()
    person.picture("recover-finish")
    page.fill("#email", f"{person.name}-anew@example.test")
    person.press("Go on")
    person.press("Show my face")
    person.press("Show my identity document")
    page.get_by_role("link", name="Back to the recovery").click()
    assert "passkey" not in person.factors()
    person.picture("recover-password")
    page.fill("#password", f"{PASSWORD} anew")
    person.press("Set it")
    person.sees("Sign in")
    person.picture("sign-in")
    page.fill("#account", person.name)
    page.fill("#password", f"{PASSWORD} anew")
    person.press("Go on")
    expect(page.get_by_role("status")).to_contain_text("Not yet. It can go on at")
    expect(page.get_by_text("still counts as your strongest way")).to_be_visible()
    person.picture("sign-in-waits")
    person.press("7 days")
    page.fill("#answer", f"{PASSWORD} anew")
    person.press("Go on")
    person.type_code("sms")
    person.sees("Your balance")
    expect(page.get_by_label("Balance", exact=True)).to_contain_text("9,750")


def test_what_was_left_for_too_long_is_asked_again(site: Site, browser: Browser) -> None:
    """An order that nobody proved in time, and one whose wait is over, both go on where they stand."""
    person = Person(browser, site, looks=False)
    page = person.page
    person.register()
    person.add_passkey()
    person.save_address()
    person.go("/withdraw")
    person.press("Go on")
    person.onward("Go on to Counterseal")
    person.press("Approve with passkey")
    person.sees("Not yet")
    page.locator("#back").click()
    expect(page.get_by_role("status")).to_contain_text("Not yet. It can go on at")
    person.press("25 hours")
    expect(page.get_by_text("This needs more proof.")).to_be_visible()
    person.press("1 hour")
    expect(page.get_by_role("status")).to_contain_text("That took too long")
    assert "pending" not in person.standing("withdraw")
    person.press("Ask again")
    expect(page.get_by_text("This needs more proof.")).to_be_visible()
    person.approve("again")
    expect(page.get_by_role("status")).to_contain_text("It waits until")
    assert person.faults == []
    person.context.close()


def test_pressed_twice_left_and_begun_again(site: Site, browser: Browser) -> None:
    """Buttons pressed twice, the way back, a cancelled ceremony, two tabs: clear words and nothing done twice."""
    person = Person(browser, site, looks=False)
    _register_twice(person)
    _turn_back_from_a_passkey(person)
    _save_twice_and_go_back(person)
    person.onward("Go on to Counterseal")
    other = Person(browser, site, looks=False)
    other.page.goto(person.page.url)
    other.page.get_by_role("button", name="This was not me").click()
    person.page.reload()
    person.sees("This link was opened elsewhere")
    assert person.faults == other.faults == []
    for each in (person, other):
        each.context.close()


def _register_twice(person: Person) -> None:
    page, site = person.page, person.site
    person.go("/register")
    person.name = page.input_value("#account")
    page.fill("#password", PASSWORD)
    other = person.tab()
    other.goto(f"{site.url}/register")
    other.fill("#account", person.name)
    other.fill("#password", "somebody else's guess")
    page.get_by_role("button", name="Register").dblclick()
    person.type_code("sms")
    other.get_by_role("button", name="Register").click()
    expect(other.get_by_role("alert")).to_have_text("This name is taken.")
    assert site.ledger.balance(customer(person.name), "USDT") == Decimal(10_000)
    other.close()


def _turn_back_from_a_passkey(person: Person) -> None:
    page = person.page
    person.go("/security")
    person.onward("Add a passkey")
    person.verified(good=False)
    person.press_way("Create a passkey")
    expect(page.get_by_role("alert")).to_contain_text("No passkey was made and nothing happened")
    page.locator("#back").click()
    expect(page.get_by_role("status")).to_contain_text("Nothing has happened")
    assert "passkey" not in person.factors()
    person.verified(good=True)
    person.add_passkey()
    page.go_back()  # to the desk, which has looked already
    person.go("/home")
    expect(page.locator(".rows > li")).to_have_count(1)  # what was not begun is not shown


def _save_twice_and_go_back(person: Person) -> None:
    page = person.page
    person.go("/address")
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_text("This needs more proof.")).to_be_visible()
    page.go_back()
    page.fill("#address", "TAnotherAddressThatIsNotTheFirst1")
    person.press("Save")
    expect(page.get_by_text("TAnotherAddressThatIsNotTheFirst1")).to_be_visible()
    assert person.standing("add_address") == ["open", "open"]


def test_a_stopped_recovery_can_be_begun_again(site: Site, browser: Browser) -> None:
    """The owner presses the button of the notice; whoever asked reads that it was stopped."""
    person = Person(browser, site, looks=False)
    page = person.page
    person.register()
    person.go("/recover")
    person.press("Begin")
    person.press("Show my face")
    person.press("Show my identity document")
    person.type_code("sms")
    person.press("Cancel it")
    expect(page.get_by_role("status")).to_contain_text("It is cancelled")
    page.get_by_role("link", name="Back to the recovery").click()
    expect(page.get_by_role("status")).to_contain_text("This recovery was stopped")
    person.press("Begin again")
    expect(page.get_by_role("button", name="Show my face")).to_be_visible()
    assert person.faults == []
    person.context.close()


def test_the_guard_goes_and_comes_back(site: Site, browser: Browser) -> None:
    """A page that says so while it is away; afterwards an open step goes on, on the page that was open already."""
    person = Person(browser, site, looks=False)
    page = person.page
    person.register()
    person.go("/security")
    person.onward("Add a passkey")
    step = page.url
    exchange = person.tab()
    site.guard.stop()
    try:
        exchange.goto(f"{site.url}/home")
        expect(exchange.get_by_role("heading", name="Not at the moment")).to_be_visible()
        expect(exchange.get_by_text("Nothing is lost.")).to_be_visible()
    finally:
        site.guard.start_again()
    exchange.get_by_role("link", name="Look again").click()
    exchange.goto(f"{site.url}/home")
    expect(exchange.get_by_role("heading", name="Your balance")).to_be_visible()
    exchange.close()
    page.bring_to_front()
    assert page.url == step
    page.get_by_label("Name it").fill("laptop")
    person.press_way("Create a passkey")
    person.sees("Add a passkey?")
    # while the guard was away the open page asked how its action stands, and was refused the connection
    assert [each for each in person.faults if "ERR_CONNECTION_REFUSED" not in each] == []
    person.context.close()


def test_no_script_no_frame_and_no_form_from_elsewhere(site: Site) -> None:
    with httpx2.Client(base_url=site.url, trust_env=False) as web:
        first = web.get("/")
        policy = first.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert "<script" not in first.text
        assert "style=" not in first.text
        foreign = {"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
        for path in ("/register", "/sign-in", "/sign-out", "/security/freeze", "/attack", "/clock"):
            assert web.post(path, content="a=b", headers=foreign).status_code == 422, path
        assert web.get("/", headers={"Host": "evil.example"}).status_code == 421
        assert web.get("/home").headers["Location"] == "/sign-in"


@pytest.mark.timeout(400)  # starts everything twice
def test_one_command_runs_all_twice_and_says_where_to_click(tmp_path: Path) -> None:
    """Ctrl-C ends it; it goes on with what it left; it says which port is taken, or whose folder it is."""
    guard_port, port, home = free_row(1), free_row(4), str(tmp_path / "run")
    ports = ["--guard-port", str(guard_port), "--port", str(port)]
    first = _run_until_it_says_all(tmp_path / "first", [*ports, "--home", home], port)
    assert f"http://127.0.0.1:{port}/\n" in first
    assert f"http://localhost:{guard_port}/console/enrol/" in first
    again = _run_until_it_says_all(tmp_path / "again", [*ports, "--home", home], port)
    assert f"http://localhost:{guard_port}/console/enrol/" in again  # nobody is there yet
    others = ["--guard-port", str(guard_port), "--port", str(port + 9), "--home", home]
    assert "was set up for" in _refused([*others])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 2))
        taken.listen()
        assert f"port {port + 2} is taken" in _refused([*ports, "--home", home])
        assert f"port {port + 2} is taken" in _refused([*ports, "--check"])
    with pytest.raises(httpx2.TransportError):  # nothing is left running
        httpx2.get(f"http://127.0.0.1:{guard_port}/healthz", trust_env=False)


# `python -m examples.exchange run` that heeds Ctrl-C: a shell's background job, and all that it starts, ignores it.
AS_IN_A_TERMINAL = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("examples.exchange", run_name="__main__", alter_sys=True)
"""
COMMAND = [sys.executable, "-c", AS_IN_A_TERMINAL, "run"]


def _run_until_it_says_all(said: Path, options: list[str], port: int) -> str:
    """What it says until everything runs; then Ctrl-C."""
    with said.open("w") as out:
        running = subprocess.Popen([*COMMAND, *options], stdout=out, stderr=out, cwd=ROOT)
        try:
            until = time.monotonic() + 100
            while "Ctrl-C" not in (text := said.read_text()):
                assert running.poll() is None, text
                assert time.monotonic() < until, text
                time.sleep(0.1)
            assert httpx2.get(f"http://127.0.0.1:{port}/register", trust_env=False).status_code == 200
            outbox = f"http://localhost:{options[1]}/outbox"
            assert httpx2.get(outbox, trust_env=False).status_code == 200
            running.send_signal(signal.SIGINT)
            assert running.wait(150) == 0
        finally:
            _end(running)
    return text


def _end(running: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind after a failure: SIGTERM first, so that it ends what it started; then SIGKILL."""
    if running.poll() is not None:
        return
    running.terminate()
    try:
        running.wait(30)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def _refused(options: list[str]) -> str:
    """What it says when it does not run."""
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, cwd=ROOT, timeout=100, check=False)
    assert done.returncode == 2, done.stderr
    return done.stderr


def free_row(length: int) -> int:
    """The first of `length` ports in a row that nobody uses now, below those that outgoing connections take: one of
    these may be gone again before a second start."""
    for _ in range(50):
        first = secrets.choice(range(20_000, 30_000))
        with ExitStack() as stack:
            try:
                for step in range(length):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", first + step))
            except OSError:
                continue
        return first
    raise AssertionError("no row of free ports")
