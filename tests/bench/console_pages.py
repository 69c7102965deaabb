# SPDX-License-Identifier: Apache-2.0
"""The console's pages in Chromium over the same large store: from the navigation to the content, by the page's own
clock. Server, browser and store share the machine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from tests.bench.measure import Figure, Sample, Tick, figure
from tests.support.console import BUILT, Console, Seat, console

SECONDS = 1.0
PROOF_MS = 600_000  # the proof of the policy is made once, by a process of its own
PAGES = {
    "page.watch": ("live watch", "/", ".decisions tbody tr"),
    "page.accounts": ("list of accounts", "/accounts", ".table tbody tr a"),
    "page.account": ("an account with its time line", "/accounts/{account}", ".acct-time .events li .evt"),
    "page.approvals": ("queue of approvals", "/approvals", ".appr .empty, .appr .table tbody tr"),
    "page.policies": ("policies with the heat table", "/policies", ".heat button"),
    "page.log": ("log with its check", "/log", ".log .table tbody tr td .btn"),
    "page.settings": ("settings", "/settings", ".settings .table tbody tr"),
}
QUICK = ("page.watch", "page.account")  # shows that it works, without the half minute of a proof
PROVED = "page.policies"  # waits for the proof before it is measured
CONTENT = "(selector) => document.querySelector(selector) !== null && performance.now()"


def chosen(*, quick: bool) -> tuple[str, ...]:
    """Which pages are measured; none where there is no browser or no built console."""
    if not BUILT.exists() or shutil.which("chromium") is None:
        return ()
    return QUICK if quick else tuple(PAGES)


def measure(folder: Path, account: str, pages: Sequence[str], rounds: int, note: str, tick: Tick) -> list[Figure]:
    """Each page `rounds` times after a first load, signed in as fraud staff. `note`: how large the store is."""
    if not pages:
        return []
    with console(folder) as given:
        given.seat("Ada", given.invite("Ada", "administrator", first=True))
        seat = given.seat("Ines", given.invite("Ines", "fraud"))
        _purpose(given, seat, account)
        found = []
        for name in pages:
            what, path, selector = PAGES[name]
            found.append(_page(given, seat.page, name, what, path.format(account=account), selector, rounds, note))
            tick()
        return found


def _purpose(given: Console, seat: Seat, account: str) -> None:
    """Say why the account is opened: the page keeps it for the visit."""
    page = seat.page
    page.goto(f"{given.url}/accounts/{account}")
    page.get_by_label("Working on an incident").check()
    page.get_by_role("button", name="Open account").click()
    page.wait_for_selector(".acct-time .events li", timeout=60_000)


def _page(
    given: Console, page: Page, name: str, what: str, path: str, selector: str, rounds: int, note: str
) -> Figure:
    taken = []
    for _ in range(rounds + 1):
        page.goto(given.url + path, wait_until="commit")
        wait = PROOF_MS if name == PROVED and not taken else 60_000
        taken.append(float(page.wait_for_function(CONTENT, arg=selector, timeout=wait).json_value()))
    first, rest = taken[0], taken[1:]
    sample = Sample(len(rest), sum(rest) / 1000, None, [each * 1000 for each in rest])
    told = f"{note}; Chromium, 1440 x 900, warm cache; first load {first:.0f} ms, slowest {max(rest):.0f} ms"
    reach = {"target": f"< {SECONDS:.0f} s each", "reached": max(rest) < SECONDS * 1000}
    return figure(name, f"console page: {what}", [sample], unit="loads/s", note=told, **reach)
