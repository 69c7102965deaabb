# SPDX-License-Identifier: Apache-2.0
"""What an incident cost: one sentence per rule, in numbers that were worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from counterseal.core.loss import model as m
from counterseal.core.loss.assess import assess
from counterseal.core.loss.packs import Origin, ValuationPack
from counterseal.core.loss.prices import PriceAt, PriceBook, PriceRule
from counterseal.core.loss.text import explain

HOUR = 3_600_000
T = 1_717_934_400_000
PAID = T + 30 * 24 * HOUR
PACK = ValuationPack(
    "time-of-loss",
    "Time of loss",
    moment="loss",
    cap="none",
    counts=("outflow", "adverse_trade", "fee"),
    trade_gains="kept",
    prices=PriceRule(HOUR),
    places=2,
    asset_places={"BTC": 8, "USDT": 6},
    default_places=18,
    origin=Origin("tests", "2026-11-23", "high"),
)
THEIRS = m.Attribution(
    "alice", actions=("act_1",), owner_actions=("act_9",), sessions=(m.Window("s_x", T, T + HOUR),)
)


def price(asset, value, at=T, source="venue", recorded=0):
    return PriceAt(asset, "USD", at, Decimal(value), source, recorded)


BOOK = (price("BTC", "60000"), price("USDT", "0.999"), price("BTC", "90000", PAID), price("USDT", "1", PAID))


def sealed(action="act_1", amount="1.5", **more):
    return m.Outflow("alice", T + 60_000, 7, action, "withdraw", "BTC", Decimal(amount), **more)


def row(kind, asset, amount, *, at=T + 60_000, **more):
    return m.Movement("alice", at, kind, asset, Decimal(amount), **more)


def report(*, pack=PACK, book=BOOK, outflows=(), movements=(), attributions=(THEIRS,), said=(), back=()):
    claim = m.Claim(tuple(outflows), tuple(movements), tuple(attributions), tuple(said), tuple(back))
    return assess(claim, PriceBook(book), pack, currency="USD", at=PAID, paid_at=PAID)


def test_a_redeemed_seal_of_the_attackers_is_lost_at_the_price_of_that_time():
    found = report(outflows=[sealed()])
    (line,) = found.lines
    assert (line.asset, line.amount, line.gross_value) == ("BTC", Decimal("1.5"), Decimal("90000.00"))
    assert line.evidence[0].kind == "log"
    assert line.evidence[0].ref == "7"
    assert line.basis.code == "step"
    assert found.total.net == Decimal("90000.00")
    assert found.complete


def test_the_owners_own_withdrawal_and_an_abandoned_one_are_no_loss_and_are_listed():
    found = report(outflows=[sealed("act_9"), sealed(returned=True)])
    assert not found.lines
    assert {each.basis.code for each in found.left_out} == {"owner", "returned"}
    assert found.complete


def test_a_row_of_a_redeemed_seal_is_counted_once():
    found = report(outflows=[sealed()], movements=[row("withdrawal", "BTC", "1.50", action="act_1")])
    (line,) = found.lines
    assert [each.kind for each in line.evidence] == ["log", "row"]
    assert found.complete


def test_a_row_names_its_outflow_by_the_seal_too():
    mine = row("withdrawal", "BTC", "1.5", seal="seal_1")
    (line,) = report(outflows=[sealed(seal="seal_1")], movements=[mine]).lines
    assert [each.kind for each in line.evidence] == ["log", "row"]


def test_a_row_that_says_another_amount_than_the_seal_is_asked_about():
    found = report(outflows=[sealed()], movements=[row("withdrawal", "BTC", "1.4", action="act_1")])
    assert found.total.gross == Decimal("90000.00")
    assert [each.code for each in found.questions] == ["amounts_differ"]
    assert not found.complete


def test_an_abandoned_seal_that_left_by_the_ledger_is_counted_and_asked_about():
    found = report(outflows=[sealed(returned=True)], movements=[row("withdrawal", "BTC", "1.5", action="act_1")])
    assert found.total.gross == Decimal("90000.00")
    assert [each.code for each in found.questions] == ["returned_differs"]


def test_a_trade_loses_what_was_given_above_the_fair_equivalent():
    trade = row("trade", "BTC", "1", counter_asset="USDT", counter_amount=Decimal(30000), session="s_x")
    (line,) = report(movements=[trade]).lines
    assert line.kind == "adverse_trade"
    assert line.amount == Decimal("0.50050000")  # 1 - 30000 * 0.999 / 60000
    assert line.gross_value == Decimal("30030.00")
    assert [each.value for each in line.trade_prices] == [Decimal(60000), Decimal("0.999")]


def test_a_trade_without_a_price_cannot_be_told_and_is_not_zero():
    trade = row("trade", "BTC", "1", counter_asset="MOON", counter_amount=Decimal(5), session="s_x")
    found = report(movements=[trade])
    (line,) = found.lines
    assert line.amount is None
    assert line.gross_value is None
    assert found.assets[0].undetermined == 1
    assert not found.complete


def test_a_trade_of_a_seal_needs_the_row_that_says_what_came_in():
    found = report(outflows=[sealed(trade=True)])
    assert {each.code for each in found.questions} == {"counter_missing", "unvalued"}
    came = row("trade", "BTC", "1.5", counter_asset="USDT", counter_amount=Decimal(45000), action="act_1")
    (line,) = report(outflows=[sealed(trade=True)], movements=[came]).lines
    assert line.amount == Decimal("0.75075000")
    assert [each.kind for each in line.evidence] == ["log", "row"]


def test_what_a_trade_wins_lowers_other_trades_only_where_the_pack_says_so():
    lost = row("trade", "BTC", "1", counter_asset="USDT", counter_amount=Decimal(30000), session="s_x")
    won = row("trade", "USDT", "6000", counter_asset="BTC", counter_amount=Decimal("0.2"), session="s_x")
    assert report(movements=[lost, won]).total.gross == Decimal("30030.00")
    netted = msgspec.structs.replace(PACK, trade_gains="netted")
    found = report(movements=[lost, won, row("withdrawal", "BTC", "0.1", session="s_x")], pack=netted)
    assert found.total.gross == Decimal("24024.00") + Decimal("6000.00")  # won: 12000 - 5994 = 6006
    assert {each.basis.code for each in found.left_out} == {"gain"}


def test_gains_above_the_losses_of_trades_lower_nothing_else():
    won = row("trade", "USDT", "6000", counter_asset="BTC", counter_amount=Decimal(2), session="s_x")
    netted = msgspec.structs.replace(PACK, trade_gains="netted")
    found = report(movements=[won, row("withdrawal", "BTC", "0.1", session="s_x")], pack=netted)
    assert found.total.gross == Decimal("6000.00")


def test_a_fee_follows_the_row_that_it_refers_to():
    taken = row("withdrawal", "BTC", "1", ref="w-1", session="s_x")
    fee = row("fee", "BTC", "0.0005", ref="w-1", at=T + 9 * HOUR)
    other = row("fee", "BTC", "0.0005", ref="w-2", at=T + 9 * HOUR)
    found = report(movements=[taken, fee, other], book=(*BOOK, price("BTC", "60000", T + 9 * HOUR)))
    assert [(line.kind, line.basis.code) for line in found.lines] == [
        ("outflow", "session_seen"),
        ("fee", "reference"),
    ]
    assert [each.basis.code for each in found.left_out] == ["outside"]


def test_what_was_borrowed_and_left_is_lost_once_and_the_debt_stands_beside_it():
    rows = [
        row("borrow", "USDT", "50000", session="s_x"),
        row("withdrawal", "USDT", "50000", session="s_x"),
        row("repay", "USDT", "10000", session="s_x"),
    ]
    found = report(movements=rows)
    (asset,) = found.assets
    assert asset.amount.gross == Decimal(50000)
    assert asset.debt == Decimal(40000)
    assert found.total.gross == Decimal("49950.00")


def test_a_row_in_the_attackers_time_is_asked_about_and_not_counted():
    found = report(movements=[row("withdrawal", "BTC", "1"), row("withdrawal", "BTC", "1", session="s_o")])
    assert not found.lines
    assert [each.code for each in found.questions] == ["in_window"]
    about = found.questions[0].about
    said = [m.Statement("alice", about, belongs=True, at=1, by="staff:st_1", why="the owner was asleep")]
    answered = report(
        movements=[row("withdrawal", "BTC", "1"), row("withdrawal", "BTC", "1", session="s_o")], said=said
    )
    assert answered.total.gross == Decimal("60000.00")
    assert answered.complete
    assert answered.lines[0].basis.code == "row"


def test_of_two_statements_about_the_same_the_later_counts():
    first = m.Statement("alice", "action:act_1", belongs=False, at=1, by="staff:st_1", why="a")
    second = m.Statement("alice", "action:act_1", belongs=True, at=2, by="staff:st_2", why="b")
    assert not report(outflows=[sealed()], said=[first]).lines
    assert report(outflows=[sealed()], said=[second, first]).lines


def test_an_account_that_nobody_looked_into_is_open_and_not_zero_silently():
    found = report(outflows=[sealed()], attributions=())
    assert not found.lines
    assert [each.code for each in found.questions] == ["unattributed"]
    assert not found.complete


def test_what_came_back_and_what_is_held_are_netted_per_asset_and_stated_apart():
    back = [
        m.Recovery("r1", "BTC", Decimal("0.5"), T, "recovered", "alice"),
        m.Recovery("r2", "BTC", Decimal("0.75"), T, "frozen", "alice"),
        m.Recovery("r3", "USDT", Decimal(5), T, "recovered", "alice"),
    ]
    found = report(outflows=[sealed()], back=back)
    sums = found.total
    assert (sums.gross, sums.recovered, sums.frozen) == (Decimal(90000), Decimal(30000), Decimal(45000))
    assert (sums.net, sums.outstanding) == (Decimal(60000), Decimal(15000))
    assert [(each.asset, each.amount) for each in found.surplus] == [("USDT", Decimal(5))]


def test_a_surplus_of_one_lowers_no_other_account():
    bob = m.Outflow("bob", T, 8, "act_b", "withdraw", "BTC", Decimal(1))
    theirs = m.Attribution("bob", actions=("act_b",))
    back = [m.Recovery("r1", "BTC", Decimal(2), T, "recovered", "alice")]
    found = report(outflows=[sealed(), bob], attributions=[THEIRS, theirs], back=back)
    assert {each.account: each.value.net for each in found.accounts} == {"alice": Decimal(0), "bob": Decimal(60000)}


def test_what_came_back_for_all_is_shared_by_what_each_lost():
    bob = m.Outflow("bob", T, 8, "act_b", "withdraw", "BTC", Decimal("0.5"))
    theirs = m.Attribution("bob", actions=("act_b",))
    back = [m.Recovery("r1", "BTC", Decimal(1), T, "recovered")]
    found = report(outflows=[sealed(), bob], attributions=[THEIRS, theirs], back=back)
    assert {each.account: each.amount.recovered for each in found.assets} == {
        "alice": Decimal("0.75"),
        "bob": Decimal("0.25"),
    }


def test_a_recovery_that_was_put_right_counts_no_more():
    back = [
        m.Recovery("r1", "BTC", Decimal(1), T, "frozen", "alice"),
        m.Recovery("r2", "BTC", Decimal("0.9"), T, "recovered", "alice", replaces="r1"),
    ]
    found = report(outflows=[sealed()], back=back)
    assert (found.totals[0].amount.recovered, found.totals[0].amount.frozen) == (Decimal("0.9"), Decimal(0))


def test_a_deposit_is_set_against_the_loss_only_where_it_refers_to_it():
    taken = row("withdrawal", "BTC", "1", ref="w-1", session="s_x")
    bounced = row("deposit", "BTC", "0.4", ref="w-1", at=T + 5 * HOUR)
    theirs = row("deposit", "BTC", "0.3", session="s_x")
    found = report(movements=[taken, bounced, theirs])
    assert found.totals[0].amount.net == Decimal("0.6")
    assert found.complete


@pytest.mark.parametrize(
    ("moment", "cap", "unit"),
    [("loss", "none", 60000), ("payment", "none", 90000), ("payment", "loss", 60000)],
)
def test_each_pack_takes_the_price_of_its_moment(moment, cap, unit):
    pack = msgspec.structs.replace(PACK, moment=moment, cap=cap)
    found = report(outflows=[sealed(amount="1")], pack=pack)
    assert found.total.gross == Decimal(unit)


def test_a_price_that_fell_lowers_the_value_under_a_cap():
    pack = msgspec.structs.replace(PACK, moment="payment", cap="loss")
    fell = (price("BTC", "60000"), price("BTC", "45000", PAID))
    assert report(outflows=[sealed(amount="1")], pack=pack, book=fell).total.gross == Decimal(45000)


def test_a_stale_price_and_one_from_later_are_none():
    for book in ((price("BTC", "60000", T - 2 * HOUR),), (price("BTC", "60000", T + 61_000),), ()):
        found = report(outflows=[sealed()], book=book)
        (line,) = found.lines
        assert line.gross_value is None
        assert line.unvalued
        assert found.assets[0].unvalued == Decimal("1.5")
        assert not found.complete


def test_several_sources_give_their_median_and_a_correction_the_later_record():
    book = (
        price("BTC", "60000", source="a"),
        price("BTC", "61000", source="b"),
        price("BTC", "900000", source="pumped"),
        price("BTC", "62000", source="b", recorded=5),
    )
    found = report(outflows=[sealed(amount="1")], book=book)
    assert found.total.gross == Decimal(62000)
    assert len(found.lines[0].price.parts) == 3
    latest = msgspec.structs.replace(PACK, prices=PriceRule(HOUR, "latest", ("a",)))
    assert report(outflows=[sealed(amount="1")], book=book, pack=latest).total.gross == Decimal(60000)


def test_what_a_pack_does_not_count_is_listed():
    pack = msgspec.structs.replace(PACK, counts=("outflow",))
    found = report(movements=[row("fee", "BTC", "1", session="s_x")], pack=pack)
    assert not found.lines
    assert [each.basis.code for each in found.left_out] == ["pack"]


def test_amounts_are_rounded_half_to_even():
    book = (price("X", "0.005"),)
    rows = [row("withdrawal", "X", "1", session="s_x"), row("withdrawal", "X", "3", session="s_x")]
    assert [line.gross_value for line in report(movements=rows, book=book).lines] in (
        [Decimal("0.00"), Decimal("0.02")],
        [Decimal("0.02"), Decimal("0.00")],
    )


def test_the_text_says_at_least_where_something_is_open():
    whole = explain(report(outflows=[sealed()], back=[m.Recovery("r1", "BTC", Decimal(1), T, "frozen", "alice")]))
    assert "Loss: 90000 USD, 60000 of it held, 1 account" in whole
    assert "Loss: at least 0 USD" in explain(report(outflows=[sealed()], book=()))
