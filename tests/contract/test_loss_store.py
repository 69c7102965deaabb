# SPDX-License-Identifier: Apache-2.0
"""The history of prices and the rows of an incident on every store: taken in whole, once, and found by moment."""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterseal.core.errors import InputError
from counterseal.core.loss import model as m
from counterseal.core.loss.prices import PriceAt, PriceRule, PriceUsed, Unpriced
from counterseal.core.transaction import Idempotency, Store
from counterseal.gateways.valuation_packs import FolderValuationPacks
from counterseal.guard.ports import Price
from counterseal.guard.prices import PushedPrices
from counterseal.incidents import loss_file as f
from counterseal.incidents.loss_movements import Movements
from counterseal.incidents.loss_packs import PackMissingError
from counterseal.incidents.loss_prices import HOUR, PriceHistory, PriceImport
from counterseal.incidents.loss_service import Losses
from counterseal.incidents.loss_table import TableError
from tests.support.store import NOW

pytestmark = pytest.mark.anyio
START = NOW // HOUR * HOUR - 10 * HOUR
RULE = PriceRule(HOUR)


class Clock:
    def __init__(self, now: int = NOW) -> None:
        self.moment = now

    def now(self) -> int:
        return self.moment

    def trusted(self) -> bool:
        return True


class Cases:
    async def known(self, incident: str) -> bool:
        return incident == "inc_1"

    async def accounts(self, incident: str) -> tuple[str, ...]:
        return ("alice", "bob")

    async def harmed(self, incident: str, account: str) -> bool:
        return account in {"alice", "bob"}

    async def released(self, account: str) -> tuple[str, ...]:
        return ("inc_1",)


class Ledger:
    """A platform that answers with rows."""

    def __init__(self, *rows: dict[str, str]) -> None:
        self.given, self.asked = rows, list[tuple[str, ...]]()

    async def rows(self, accounts, since, until, *, incident):
        self.asked.append(tuple(accounts))
        return self.given


class Nobody:
    """Accounts without a past, and an investigation that found `attributions`."""

    def __init__(self, *attributions: m.Attribution) -> None:
        self.attributions = attributions

    async def pasts(self, account, *, after=-1):
        return ()

    async def stands(self, account):
        return True

    async def of(self, incident):
        return self.attributions


def prices_csv(*rows: str) -> bytes:
    return "\n".join(("asset,currency,at,value,source", *rows)).encode()


def rows_csv(*rows: str) -> bytes:
    return "\n".join(("account,at,kind,asset,amount,counter_asset,counter_amount,ref,session", *rows)).encode()


def losses(store: Store, *attributions: m.Attribution, ledger: Ledger | None = None) -> tuple[Losses, Movements]:
    clock, nobody = Clock(), Nobody(*attributions)
    movements = Movements(store, clock, Cases(), ledger or Ledger())
    service = Losses(
        store,
        clock,
        movements=movements,
        history=PriceHistory(store, clock),
        packs=FolderValuationPacks(),
        cases=Cases(),
        pasts=nobody,
        attributions=nobody,
        currency=lambda: "USD",
    )
    return service, movements


async def test_prices_of_a_file_are_found_by_their_moment(store: Store) -> None:
    history = PriceHistory(store, Clock())
    data = prices_csv(
        f"BTC,USD,{START},60000,kaiko",
        f"BTC,USD,{START + HOUR},61000,kaiko",
        f"BTC,EUR,{START + HOUR},56000,kaiko",
        "BTC,USD,2020-01-01T00:00:00Z,7200,old",
    )
    plan = await history.tried(data)
    assert (plan.rows, plan.new, plan.known, plan.corrected) == (4, 4, 0, 0)
    assert await history.between("BTC", "USD", START, START + HOUR) == ()
    made = (await history.taken(data, by="staff:st_1")).result
    assert (made.new, made.by) == (4, "staff:st_1")
    found = await history.between("BTC", "USD", START, START + HOUR)
    assert [each.value for each in found] == [Decimal(60000), Decimal(61000)]
    book = await history.book([("BTC", "USD", START + HOUR + 5), ("BTC", "USD", START + HOUR - 1)], HOUR)
    assert book.at("BTC", "USD", START + HOUR + 5, RULE).value == Decimal(61000)
    assert book.at("BTC", "USD", START + HOUR - 1, RULE).value == Decimal(60000)
    assert isinstance(book.at("BTC", "USD", START - 1, RULE), Unpriced)


async def test_a_file_handed_in_twice_adds_nothing_and_a_correction_stays_beside_what_it_puts_right(
    store: Store,
) -> None:
    clock = Clock()
    history = PriceHistory(store, clock)
    first, second = prices_csv(f"BTC,USD,{START},60000,a"), prices_csv(f"BTC,USD,{START},60500.0,a")
    await history.taken(first, by="x")
    again = await history.tried(first)
    assert (again.new, again.known) == (0, 1)
    await history.taken(first, by="x")
    clock.moment += 1
    assert (await history.taken(second, by="x")).result.corrected == 1
    held = await history.between("BTC", "USD", START, START)
    assert [each.value for each in held] == [Decimal(60000), Decimal("60500.0")]
    found = (await history.book([("BTC", "USD", START)], HOUR)).at("BTC", "USD", START, RULE)
    assert isinstance(found, PriceUsed)
    assert found.value == Decimal(60500)


async def test_an_import_repeated_under_its_key_is_answered_as_before(store: Store) -> None:
    history = PriceHistory(store, Clock())
    key = Idempotency("t", "k", bytes(32), PriceImport)
    data = prices_csv(f"BTC,USD,{START},60000,a")
    first = await history.taken(data, by="x", idempotency=key)
    again = await history.taken(data, by="x", idempotency=key)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.result == first.result


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("BTC,USD,yesterday,1,a", "time_invalid"),
        ("BTC,USD,2024-06-09T03:00:00,1,a", "time_invalid"),
        (f"BTC,USD,{NOW + 2 * HOUR},1,a", "price_time"),
        (f"BTC,USD,{START},0,a", "amount_invalid"),
        (f"BTC,USD,{START},-1,a", "amount_invalid"),
        (f"BTC,USD,{START},1e3,a", "amount_invalid"),
        (f"BTC,USD,{START},1,", "text_invalid"),
        (f"BTC,BTC,{START},1,a", "same_asset"),
        (f"B C,USD,{START},1,a", "asset_invalid"),
        (f"BTC,USD,{START},1", "field_count"),
        (f'BTC,USD,{START},"1,a', "csv_invalid"),
        (f"BTC,USD,{START},1,a\nBTC,USD,{START},2,a", "price_twice"),
        ("", "empty"),
    ],
)
async def test_a_mistake_in_a_file_is_told_at_its_place_and_nothing_is_taken(store: Store, row, code) -> None:
    history = PriceHistory(store, Clock())
    data = prices_csv(f"BTC,USD,{START},9,good", row) if row else prices_csv()
    with pytest.raises(TableError) as raised:
        await history.taken(data, by="x")
    assert code in {fault.code for fault in raised.value.faults}
    assert await history.between("BTC", "USD", START, START) == ()


async def test_what_is_pushed_is_kept_in_the_same_commit_once_in_five_minutes_of_each_source(store: Store) -> None:
    clock = Clock(START + HOUR)
    history = PriceHistory(store, clock)

    def keep(prices, now):
        return history.kept([PriceAt(each.asset, "USD", each.at, each.value, each.source, now) for each in prices])

    pushed = PushedPrices(store, clock, keep)
    for second, value in ((0, 60000), (299, 60100), (301, 60200)):
        await pushed.push([Price("BTC", Decimal(value), START + second * 1000, "kaiko")])
    await pushed.push([Price("BTC", Decimal(60300), START + 301_000, "other")])
    found = await history.between("BTC", "USD", START, START + HOUR)
    assert [(each.source, each.value) for each in found] == [
        ("kaiko", Decimal(60000)),
        ("kaiko", Decimal(60200)),
        ("other", Decimal(60300)),
    ]
    assert pushed.price("BTC").value == Decimal(60300)
    with pytest.raises(InputError):
        await pushed.push([Price("BTC", Decimal(1), clock.moment + HOUR, "kaiko")])
    assert len(await history.between("BTC", "USD", START, START + 20 * HOUR)) == 3


async def test_a_listing_is_bounded(store: Store) -> None:
    with pytest.raises(InputError, match="31 days"):
        await PriceHistory(store, Clock()).between("BTC", "USD", 0, 32 * 24 * HOUR)


async def test_rows_are_tried_taken_once_and_listed_with_their_hash_and_file(store: Store) -> None:
    _, movements = losses(store)
    data = rows_csv(
        f"alice,{START},withdrawal,BTC,1.5,,,w-1,",
        f"alice,{START},trade,BTC,1,USDT,30000,t-1,s_x",
        f"bob,{START},fee,BTC,0.001,,,w-1,",
    )
    plan = await movements.tried("inc_1", data)
    assert (plan.rows, plan.new, plan.accounts) == (3, 3, 2)
    assert await movements.rows("inc_1", "alice") == ()
    made = (await movements.taken("inc_1", data, by="st_1")).result
    assert (made.new, made.source) == (3, plan.source)
    held = await movements.rows("inc_1", "alice")
    assert [each.hash for each in held] == [m.row_hash(each.movement) for each in held]
    again = (await movements.taken("inc_1", data.replace(b"1.5", b"1.50"), by="st_1")).result
    assert (again.rows, again.new) == (3, 0)
    assert len(await movements.rows("inc_1", "alice")) == 2


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"carol,{START},withdrawal,BTC,1,,,,", "account_unknown"),
        (f"alice,{START},gift,BTC,1,,,,", "word_unknown"),
        (f"alice,{START},trade,BTC,1,,,,", "asset_invalid"),
        (f"alice,{START},trade,BTC,1,BTC,1,,", "same_asset"),
        (f"alice,{START},fee,BTC,1,USDT,1,,", "counter_unwanted"),
        (f"alice,{START},fee,BTC,1,,,r,\nalice,{START},fee,BTC,1.0,,,r,", "row_twice"),
    ],
)
async def test_a_mistake_in_a_row_is_told(store: Store, row, code) -> None:
    _, movements = losses(store)
    with pytest.raises(TableError) as raised:
        await movements.taken("inc_1", rows_csv(row), by="x")
    assert code in {fault.code for fault in raised.value.faults}
    with pytest.raises(f.IncidentUnknownError):
        await movements.taken("inc_2", rows_csv(row), by="x")


async def test_the_platform_is_asked_for_the_rows_of_all_accounts(store: Store) -> None:
    row = {"account": "bob", "at": str(START), "kind": "withdrawal", "asset": "BTC", "amount": "1", "note": "=1+1"}
    ledger = Ledger(row)
    _, movements = losses(store, ledger=ledger)
    made = (await movements.fetched("inc_1", START, NOW, by="x")).result
    assert ledger.asked == [("alice", "bob")]
    assert made.new == 1
    assert made.source.startswith("platform:")
    bad = losses(store, ledger=Ledger({**row, "amount": "many"}))[1]
    with pytest.raises(TableError):
        await bad.fetched("inc_1", START, NOW, by="x")


async def test_a_report_is_reckoned_from_rows_prices_and_statements(store: Store) -> None:
    attacked = m.Attribution("alice", sessions=(m.Window("s_x", START, START + HOUR),))
    service, movements = losses(store, attacked)
    history = PriceHistory(store, Clock())
    await history.taken(
        prices_csv(f"BTC,USD,{START},60000,a", f"USDT,USD,{START},1,a", f"BTC,USD,{NOW},90000,a"), by="x"
    )
    data = rows_csv(
        f"alice,{START + 1},withdrawal,BTC,0.5,,,w-1,s_x",
        f"alice,{START + 2},trade,BTC,1,USDT,30000,t-1,s_x",
        f"alice,{START + 3},withdrawal,BTC,0.25,,,w-2,",
    )
    await movements.taken("inc_1", data, by="x")
    found = await service.report("inc_1")
    assert found.total.gross == Decimal(60000)
    (question,) = found.questions
    await service.state("inc_1", "alice", question.about, belongs=True, by="st_1", why="the owner was on a flight")
    await service.recover("inc_1", m.Recovery("", "BTC", Decimal("0.25"), 0, "recovered", "alice", why="returned"))
    found = await service.report("inc_1")
    assert found.complete
    assert (found.total.gross, found.total.net) == (Decimal(75000), Decimal(60000))
    later = await service.report("inc_1", pack="time-of-payment")
    assert later.total.gross == Decimal(112500)
    capped = await service.report("inc_1", pack="mica-75-8")
    assert capped.total.gross == Decimal(75000)
    with pytest.raises(PackMissingError):
        await service.report("inc_1", pack="generous")
    with pytest.raises(f.IncidentUnknownError):
        await service.report("inc_9")


async def test_a_recovery_is_put_right_once_and_by_a_later_one(store: Store) -> None:
    service, _ = losses(store)
    good = m.Recovery("", "BTC", Decimal(1), 0, "frozen", why="held at another exchange")
    made = (await service.recover("inc_1", good)).result.made
    right = m.Recovery("", "BTC", Decimal(0), 0, "recovered", why="it was another's", replaces=made)
    await service.recover("inc_1", right)
    with pytest.raises(f.RecoveryGoneError):
        await service.recover("inc_1", right)
    held = (await service.file("inc_1")).recoveries
    assert [each.id for each in held] == ["rec_0001", "rec_0002"]
    for bad in (
        m.Recovery("", "BTC", Decimal(0), 0, "frozen", why="x"),
        m.Recovery("", "BTC", Decimal("NaN"), 0, "frozen", why="x"),
        m.Recovery("", "BTC", Decimal(1), 0, "lost", why="x"),
        m.Recovery("", "B C", Decimal(1), 0, "frozen", why="x"),
        m.Recovery("", "BTC", Decimal(1), 0, "frozen", why=" "),
    ):
        with pytest.raises(f.LossError):
            await service.recover("inc_1", bad)


async def test_a_statement_says_what_it_is_about_and_why(store: Store) -> None:
    service, _ = losses(store)
    for about, why in (("row", "x"), ("row:", "x"), ("tx:1", "x"), ("row:1", "")):
        with pytest.raises(f.LossError):
            await service.state("inc_1", "alice", about, belongs=True, by="x", why=why)
    entries = await store.entries(subject=f.file_of("inc_1"))
    assert entries == []


async def test_what_was_imported_and_stated_stands_in_the_log(store: Store) -> None:
    service, movements = losses(store)
    await movements.taken("inc_1", rows_csv(f"alice,{START},withdrawal,BTC,1,,,w,"), by="st_1")
    await service.state("inc_1", "alice", "action:a", belongs=False, by="st_1", why="the owner's")
    await service.recover("inc_1", m.Recovery("", "BTC", Decimal(1), 0, "frozen", why="held"))
    kinds = [each.kind for each in await store.entries(subject=f.file_of("inc_1"))]
    assert kinds == ["incident_movements_imported", "incident_loss_stated", "incident_recovery_noted"]
