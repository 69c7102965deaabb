# SPDX-License-Identifier: Apache-2.0
"""What holds of every loss: nothing is lost or counted twice, nobody's surplus pays for another."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core.loss import model as m
from counterseal.core.loss.assess import assess
from counterseal.core.loss.money import plain, rounded, shares, total
from counterseal.core.loss.packs import Origin, ValuationPack
from counterseal.core.loss.prices import PriceAt, PriceBook, PriceRule

HOUR = 3_600_000
ACCOUNTS = ("alice", "bob", "carol")
ASSETS = ("BTC", "USDT", "MOON", "USD")
PACKS = [
    ValuationPack(
        "p",
        "p",
        moment=moment,
        cap=cap,
        counts=("outflow", "adverse_trade", "fee"),
        trade_gains=gains,
        prices=PriceRule(staleness, combine),
        places=2,
        asset_places={"BTC": 8},
        default_places=18,
        origin=Origin("tests", "2026-11-23", "high"),
    )
    for moment in ("loss", "payment")
    for cap in ("none", "loss")
    for gains in ("kept", "netted")
    for staleness in (0, 3 * HOUR)
    for combine in ("median", "latest")
]
amounts = st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False, allow_infinity=False)
moments = st.integers(0, 10).map(lambda hour: hour * HOUR)
accounts = st.sampled_from(ACCOUNTS)
assets = st.sampled_from(ASSETS)
actions = st.sampled_from(["", "a1", "a2", "a3"])
sessions = st.sampled_from(["", "s1", "s2"])
seals = st.sampled_from(["", "", "k1", "k2"])
movements = st.builds(
    m.Movement,
    *(accounts, moments, st.sampled_from(m.KINDS), assets, amounts),
    *(assets, amounts, st.sampled_from(["", "r1", "r2"]), actions, sessions, seals),
)
outflows = st.builds(
    m.Outflow,
    *(accounts, moments, st.integers(0, 10**6), actions.filter(bool), st.just("withdraw"), assets, amounts),
    *(st.just(""), sessions, seals, st.booleans(), st.booleans()),
)
attributions = st.builds(
    m.Attribution,
    accounts,
    st.lists(actions.filter(bool), max_size=2).map(tuple),
    st.just(()),
    st.lists(st.builds(m.Window, sessions.filter(bool), moments, st.none() | moments), max_size=2).map(tuple),
)
statements = st.builds(
    m.Statement,
    accounts,
    st.sampled_from(["action:a1", "action:a2", "session:s1", "session:s2"]),
    st.booleans(),
    st.integers(0, 3),
    st.just("staff:st_1"),
    st.sampled_from(["x", "y"]),
)
recoveries = st.builds(
    m.Recovery,
    *(st.sampled_from(["q1", "q2", "q3", "q4"]), assets, amounts, moments),
    *(st.sampled_from(["recovered", "frozen"]), st.sampled_from(["", *ACCOUNTS])),
)
claims = st.builds(
    m.Claim,
    st.lists(
        outflows, max_size=4, unique_by=(lambda each: (each.account, each.action), lambda each: each.position)
    ).map(tuple),
    st.lists(movements, max_size=12).map(tuple),
    st.lists(attributions, max_size=3, unique_by=lambda each: each.account).map(tuple),
    st.lists(statements, max_size=4).map(tuple),
    st.lists(recoveries, max_size=4, unique_by=lambda each: each.id).map(tuple),
)
prices = st.lists(
    st.builds(
        PriceAt,
        *(assets, st.just("USD"), moments),
        st.decimals(min_value="0.0001", max_value=10**6, places=4),
        *(st.sampled_from(["v1", "v2"]), st.integers(0, 2)),
    ),
    max_size=12,
)
packs = st.sampled_from(PACKS)
FOUND = settings(max_examples=100, deadline=None)


def found(claim, book, pack):
    return assess(claim, PriceBook(book), pack, currency="USD", at=12 * HOUR, paid_at=10 * HOUR)


@FOUND
@given(claims, prices, packs)
def test_every_row_and_seal_is_somewhere_and_no_amount_is_counted_twice(claim, book, pack):
    report = found(claim, book, pack)
    held = Counter(
        (each.account, evidence)
        for part in (report.lines, report.left_out)
        for each in part
        for evidence in each.evidence
    )
    rows = {(each.account, m.row_hash(each)) for each in claim.movements}
    assert {(account, ref.ref) for account, ref in held if ref.kind == "row"} == rows
    seals = {(each.account, str(each.position)) for each in claim.outflows}
    assert {(account, ref.ref) for account, ref in held if ref.kind == "log"} == seals
    lined = Counter((line.account, ref) for line in report.lines for ref in line.evidence if ref.kind == "row")
    assert not [each for each, count in lined.items() if count > 1]


@FOUND
@given(claims, prices, packs)
def test_outflows_and_fees_add_up_to_what_moved(claim, book, pack):
    """Conservation: what the lines say left is what the rows and seals they rest on say left."""
    report = found(claim, book, pack)
    rows = {m.row_hash(each): each for each in claim.movements}
    seals = {(each.account, str(each.position)): each for each in claim.outflows}
    for line in report.lines:
        if line.kind == "adverse_trade":
            assert line.amount is None or line.amount <= line.given
            continue
        first = line.evidence[0]
        source = rows[first.ref] if first.kind == "row" else seals[line.account, first.ref]
        assert (line.asset, line.amount, line.account) == (source.asset, source.amount, source.account)


@FOUND
@given(claims, prices, packs)
def test_nothing_is_below_zero_and_the_parts_make_the_whole(claim, book, pack):
    report = found(claim, book, pack)
    for line in report.lines:
        assert line.amount is None or Decimal(0) <= line.recovered + line.frozen <= line.counted <= line.amount
        if line.gross_value is not None:
            assert min(line.gross_value, line.recovered_value, line.frozen_value) >= 0
            assert line.recovered_value + line.frozen_value <= line.gross_value
    for sums in (*(each.amount for each in report.assets), *(each.value for each in report.accounts), report.total):
        assert min(sums.gross, sums.recovered, sums.frozen, sums.net, sums.outstanding) >= 0
        assert sums.net == sums.gross - sums.recovered
        assert sums.outstanding == sums.net - sums.frozen
    for part in ("gross", "recovered", "frozen", "net", "outstanding"):
        assert total(getattr(each.value, part) for each in report.accounts) == getattr(report.total, part)
        assert total(getattr(each.value, part) for each in report.totals) == getattr(report.total, part)
        assert total(getattr(each.value, part) for each in report.assets) == getattr(report.total, part)


@FOUND
@given(claims, prices, packs)
def test_what_came_back_is_netted_or_surplus_and_nothing_of_it_vanishes(claim, book, pack):
    report = found(claim, book, pack)
    given_ = defaultdict(Decimal)
    for each in claim.recoveries:
        given_[each.asset, each.state] += each.amount
    returned = {evidence.ref for each in report.left_out if each.basis.code == "back" for evidence in each.evidence}
    for each in {m.row_hash(row): row for row in claim.movements if m.row_hash(row) in returned}.values():
        given_[each.asset, "recovered"] += each.amount
    for (asset, state), amount in given_.items():
        sums = [each.amount for each in report.totals if each.asset == asset]
        netted = total(getattr(each, state) for each in sums)
        over = total(each.amount for each in report.surplus if (each.asset, each.state) == (asset, state))
        assert netted + over == amount


@FOUND
@given(claims, prices, packs, st.randoms(use_true_random=False))
def test_the_order_of_nothing_matters(claim, book, pack, chance):
    def mixed(items):
        held = list(items)
        chance.shuffle(held)
        return tuple(held)

    other = msgspec.structs.replace(
        claim, **{name: mixed(getattr(claim, name)) for name in m.Claim.__struct_fields__}
    )
    assert found(other, mixed(book), pack) == found(claim, book, pack)


@FOUND
@given(claims, prices, packs)
def test_a_row_handed_in_twice_changes_nothing(claim, book, pack):
    twice = msgspec.structs.replace(claim, movements=claim.movements * 2)
    assert found(twice, book, pack) == found(claim, book, pack)


@FOUND
@given(claims, prices, packs, accounts, assets, amounts)
def test_what_comes_back_to_one_account_changes_no_other(claim, book, pack, account, asset, amount):
    own = tuple(each for each in claim.recoveries if each.account)
    before = msgspec.structs.replace(claim, recoveries=own)
    more = m.Recovery("more", asset, amount, 0, "recovered", account)
    after = msgspec.structs.replace(claim, recoveries=(*own, more))
    first, second = found(before, book, pack), found(after, book, pack)

    def others(report):
        return [each for each in report.assets if each.account != account]

    assert others(first) == others(second)
    assert second.total.net <= first.total.net


@FOUND
@given(claims, prices, packs)
def test_without_a_price_nothing_has_a_value_and_it_is_said(claim, book, pack):
    bare = found(claim, [each for each in book if each.asset != "BTC"], pack)
    lines = [line for line in bare.lines if line.asset == "BTC" and line.counted]
    assert all(line.gross_value is None and line.unvalued for line in lines)
    assert bare.complete <= (not lines)


@FOUND
@given(claims, prices)
def test_a_cap_only_lowers(claim, book):
    free = next(pack for pack in PACKS if pack.moment == "payment" and pack.cap == "none" and pack.prices.staleness)
    capped = msgspec.structs.replace(free, cap="loss")
    for one, other in zip(found(claim, book, free).lines, found(claim, book, capped).lines, strict=True):
        assert other.gross_value is None or other.gross_value <= one.gross_value


@given(amounts, st.lists(amounts, max_size=6), st.integers(0, 18))
def test_shares_add_up_and_none_is_above_its_weight(amount, weights, places):
    parts = shares(amount, weights, places)
    if total(weights):
        assert total(parts) == amount
    if amount <= total(weights):
        assert all(Decimal(0) <= part <= weight for part, weight in zip(parts, weights, strict=True))


@given(amounts, st.integers(0, 18))
def test_rounding_is_off_by_half_a_unit_at_most(amount, places):
    assert abs(rounded(amount, places) - amount) * 2 <= Decimal(1).scaleb(-places)


def test_what_is_plain():
    good = (Decimal(0), Decimal("1e29"), Decimal("1e-30"))
    bad = (Decimal("NaN"), Decimal("Infinity"), Decimal(-1), Decimal("1e30"), Decimal("1e-31"))
    assert all(plain(each) for each in good)
    assert not any(plain(each) for each in bad)


def test_ten_thousand_accounts_are_one_sum():
    """Reach: the whole of an incident in one call (a benchmark measures how long)."""
    chance = random.Random(8)
    names = [f"account-{index:05}" for index in range(10_000)]
    seals = tuple(
        m.Outflow(
            name, HOUR, index, f"act-{index}", "withdraw", "BTC", Decimal(chance.randrange(1, 10**8)).scaleb(-8)
        )
        for index, name in enumerate(names)
    )
    whose = tuple(m.Attribution(name, (f"act-{index}",)) for index, name in enumerate(names))
    pool = m.Recovery("p", "BTC", Decimal(1000), HOUR, "recovered")
    report = found(
        m.Claim(seals, (), whose, (), (pool,)), [PriceAt("BTC", "USD", HOUR, Decimal(60000), "v", 0)], PACKS[0]
    )
    assert len(report.accounts) == 10_000
    assert report.totals[0].amount.recovered == Decimal(1000)
    assert report.totals[0].amount.gross == total(each.amount for each in seals)
