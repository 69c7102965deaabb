# SPDX-License-Identifier: Apache-2.0
"""The example's ledger under random work: nothing is made or lost, nobody is below zero, nothing counts twice."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from examples.exchange import money
from examples.exchange.errors import ExchangeError, RefusedError, RequestError
from examples.exchange.ledger import Entry, Ledger, Line, customer, escrow, move, outside
from examples.exchange.payouts import Payouts, Terms

NAMES = st.sampled_from(["ada", "bo", "cy"])
ASSETS = st.sampled_from(["USDT", "ETH"])
UNITS = st.integers(1, 500)
IDS = st.integers(0, 40).map(lambda n: f"id-{n}")  # few, so that ids come again


class Books(RuleBasedStateMachine):
    """Deposits, moves, payouts and repeats against a dictionary."""

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.ledger = Ledger(Path(self.folder.name) / "ledger.db")
        self.payouts = Payouts(self.ledger)
        self.model: dict[tuple[str, str], int] = defaultdict(int)
        self.posted: dict[str, tuple[Line, ...]] = {}
        self.seals: dict[str, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()

    def post(self, entry: Entry) -> None:
        """Post, and expect what the model says."""
        before = self.posted.get(entry.id)
        after = {key: self.model[key] + change for key, change in changes(entry.lines).items()}
        try:
            posted = self.ledger.post(entry)
        except RequestError:
            assert before is not None
            assert sorted(map(repr, before)) != sorted(map(repr, entry.lines))
            return
        except RefusedError:
            assert before is None
            assert any(left < 0 for (name, _), left in after.items() if not name.startswith("outside:"))
            return
        assert posted == (before is None)
        if posted:
            self.model.update(after)
            self.posted[entry.id] = entry.lines

    @rule(name=NAMES, asset=ASSETS, minor=UNITS, identity=IDS)
    def deposit(self, name: str, asset: str, minor: int, identity: str) -> None:
        self.post(Entry(identity, "deposit", name, 0, move(asset, minor, outside("bank"), customer(name))))

    @rule(name=NAMES, other=NAMES, asset=ASSETS, minor=UNITS, identity=IDS)
    def pay(self, name: str, other: str, asset: str, minor: int, identity: str) -> None:
        if name != other:
            self.post(Entry(identity, "transfer", name, 0, move(asset, minor, customer(name), customer(other))))

    @rule(name=NAMES, asset=ASSETS, minor=UNITS, identity=IDS)
    def put_aside(self, name: str, asset: str, minor: int, identity: str) -> None:
        self.post(Entry(identity, "escrow", name, 0, move(asset, minor, customer(name), escrow(name))))

    @rule(name=NAMES, asset=ASSETS, minor=UNITS, seal=IDS, order=IDS)
    def pay_out(self, name: str, asset: str, minor: int, seal: str, order: str) -> None:
        lines = move(asset, minor, customer(name), outside("tron"))
        amount = money.amount(asset, minor)
        terms = Terms(reference=order, outflow="withdraw", account=name, asset=asset, amount=amount, lines=lines)
        live = [state for state in self.seals.values() if state == order]
        try:
            self.payouts.claim(seal, terms, 1)
        except RefusedError:
            assert seal in self.seals or live
            return
        assert seal not in self.seals
        assert not live
        entry = Entry(f"out.{order}", "withdraw", name, 0, lines, seal)
        try:
            self.payouts.pay(seal, entry, None, "")
        except ExchangeError:
            assert self.model[customer(name), asset] < minor
            assert self.payouts.find(seal).state == "claimed"  # nothing of it was written
            self.payouts.close(seal, "claimed", "abandoned")
            self.seals[seal] = ""
            return
        self.seals[seal] = order
        self.posted[entry.id] = lines
        for key, change in changes(lines).items():
            self.model[key] += change

    @invariant()
    def books_balance(self) -> None:
        if not hasattr(self, "ledger"):
            return
        assert self.ledger.imbalance() == {}
        for (name, asset), minor in self.model.items():
            assert self.ledger.balance(name, asset) == Decimal(minor).scaleb(-money.SCALES[asset])
            assert minor >= 0 or name.startswith("outside:")


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=25, stateful_step_count=40)  # each commit is on disk before it counts


def changes(lines: tuple[Line, ...]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        found[line.account, line.asset] += line.units
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "lines",
    [(), (Line("customer:a", "USDT", 1),), (Line("customer:a", "USDT", -1), Line("customer:b", "ETH", 1))],
)
def test_lines_that_do_not_balance_are_refused(ledger: Ledger, lines: tuple[Line, ...]) -> None:
    with pytest.raises(RequestError, match="sum to zero"):
        ledger.post(Entry("e", "transfer", "a", 0, lines))


def test_one_seal_carries_one_entry(ledger: Ledger) -> None:
    ledger.post(Entry("in", "deposit", "a", 0, move("USDT", 10, outside("bank"), customer("a"))))
    out = move("USDT", 1, customer("a"), outside("tron"))
    ledger.post(Entry("one", "withdraw", "a", 0, out, "seal-1"))
    with pytest.raises(RefusedError, match="under this seal already"):
        ledger.post(Entry("two", "withdraw", "a", 0, out, "seal-1"))


@pytest.mark.parametrize(
    "statement", ["UPDATE postings SET units = 0", "DELETE FROM entries", "DELETE FROM postings"]
)
def test_what_is_written_stays(ledger: Ledger, statement: str) -> None:
    ledger.post(Entry("in", "deposit", "a", 0, move("USDT", 10, outside("bank"), customer("a"))))
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        ledger._db.execute(statement)


@given(minor=st.integers(1, money.MOST_UNITS), asset=ASSETS)
def test_amounts_go_there_and_back(minor: int, asset: str) -> None:
    amount = money.amount(asset, minor)
    assert money.units(asset, amount) == minor
    assert money.parse(money.text(amount)) == amount


@pytest.mark.parametrize("text", ["", "-1", "1e3", "01", "1.", ".5", " 1", "1\n", "NaN", "\u0661"])
def test_amounts_in_another_spelling_are_refused(text: str) -> None:
    with pytest.raises(RequestError):
        money.parse(text)


@pytest.mark.parametrize("amount", ["0", "0.0000001", "-1", "Infinity"])
def test_amounts_that_we_cannot_keep_are_refused(amount: str) -> None:
    with pytest.raises(RequestError):
        money.units("USDT", Decimal(amount))
