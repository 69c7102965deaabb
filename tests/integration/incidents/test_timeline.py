# SPDX-License-Identifier: Apache-2.0
"""Pages of a merged timeline: every entry once, in order, nobody else's, however the pages are cut."""

from __future__ import annotations

import pytest

from counterseal.core.feed import Feed
from counterseal.core.transaction import StoredEntry
from counterseal.incidents import timeline as t
from counterseal.staff.views import Views
from tests.support.server import DAY, Live, served


async def whole(live: Live, accounts: list[str], limit: int, **more: int) -> list[StoredEntry]:
    """Every page; each but the last says where the next begins."""
    store, feed = live.application.store, live.app.state.services.area(Feed)
    found: list[StoredEntry] = []
    after, pages = -1, 0
    while True:
        page = await t.stretch(store, feed, accounts, after=after, limit=limit, **more)
        assert len(page.entries) <= limit
        found += page.entries
        pages += 1
        assert pages < 500
        if page.next is None:
            return found
        assert page.next > after
        after = page.next


async def mixed(live: Live, count: int) -> list[str]:
    """Accounts whose events alternate."""
    owners = [await live.owner() for _ in range(count)]
    for number in range(3):
        for owner in owners[number:]:
            await owner.ask("login")
    return [owner.account for owner in owners]


@pytest.mark.parametrize("few", [0, 32], ids=["read off the log", "merged"])
@pytest.mark.parametrize("limit", [1, 7, 100])
@served()
async def test_pages_hold_every_entry_once_and_in_order(
    live: Live, few: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(t, "FEW", few)
    monkeypatch.setattr(t, "PIECE", 10)
    accounts = await mixed(live, 6)
    mine = accounts[:4]
    found = await whole(live, mine, limit)
    size = await live.application.store.log.size()
    log = [each for each in await live.application.store.entries(limit=size) if each.at <= live.now]
    expected = [each.position for each in log if each.subject in {f"account:{name}" for name in mine}]
    assert [each.position for each in found] == expected
    assert {each.subject.partition(":")[2] for each in found} == set(mine)


@served()
async def test_a_look_of_staff_is_part_of_it_and_times_bound_it(live: Live) -> None:

    accounts = await mixed(live, 2)
    await live.advance(DAY)
    middle = live.now
    await live.app.state.services.area(Views).looked("st_ann", accounts[0], "a question")
    await live.advance(DAY)
    await live.post(f"/v1/accounts/{accounts[0]}/actions", {"action": "login", "objects": {"session": "s9"}})
    found = await whole(live, accounts, 50, since=middle, until=middle + 1000)
    assert [each.kind for each in found] == ["account_viewed"]
    later = await whole(live, accounts, 50, since=middle)
    assert later[0].kind == "account_viewed"
    assert {each.kind for each in later} >= {"account_viewed", "ask"}


@served()
async def test_no_account_no_entry_and_a_page_that_finds_little_goes_on(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(t, "FEW", 0)
    monkeypatch.setattr(t, "PIECE", 2)
    monkeypatch.setattr(t, "BUDGET", 4)
    accounts = await mixed(live, 5)
    assert await whole(live, [], 10) == []
    assert await whole(live, ["nobody"], 10) == []
    assert len(await whole(live, accounts[4:], 10)) > 1
