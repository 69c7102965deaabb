# SPDX-License-Identifier: Apache-2.0
"""Files of strangers: whatever is in them, they are read whole, or told line by line why not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.loss.model import KINDS, Movement, row_hash, spell
from counterseal.incidents.loss_movements import COLUMNS, as_csv, read_movements
from counterseal.incidents.loss_prices import read_prices
from counterseal.incidents.loss_table import Table, TableError

HEAD = "asset,currency,at,value,source\n"
NOW = 1_717_934_400_000
printable = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
amounts = st.decimals(min_value="0.000000000000000001", max_value=10**29, places=18)


@st.composite
def movements(draw):
    kind = draw(st.sampled_from(KINDS))
    trade = kind == "trade"
    return Movement(
        draw(printable),
        draw(st.integers(0, NOW)),
        kind,
        "BTC",
        draw(amounts),
        "USDT" if trade else "",
        draw(amounts) if trade else Decimal(0),
        *(draw(st.just("") | printable) for _ in range(4)),
    )


def row_of(movement: Movement) -> dict[str, str]:
    """A row as a platform writes it."""
    said = {name: getattr(movement, name) for name in COLUMNS}
    texts = {name: spell(value) if isinstance(value, Decimal) else str(value) for name, value in said.items()}
    return texts | ({} if movement.counter_asset else {"counter_amount": ""})


@given(st.lists(movements(), min_size=1, max_size=6, unique_by=row_hash))
def test_what_a_platform_writes_is_read_as_it_was(rows):
    data = as_csv(row_of(each) for each in rows)
    found = read_movements(data, {each.account for each in rows})
    assert [row_hash(each) for each in found] == [row_hash(each) for each in rows]


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_by_line_or_read(data):
    for read in (lambda: read_prices(HEAD.encode() + data, NOW), lambda: read_movements(data, {"a"})):
        faults, found = (), ()
        try:
            found = read()
        except TableError as error:
            faults = error.faults
        assert bool(found) != bool(faults)
        assert all(fault.line >= 1 and fault.column >= 1 and fault.sentence for fault in faults)


@given(st.text(max_size=60))
def test_any_field_is_refused_or_a_number_or_a_time(text):
    quoted = text.replace('"', '""')
    data = f'{HEAD}BTC,USD,"{quoted}","{quoted}",k\n'
    table = Table(data.encode("utf-8", "replace"), HEAD.strip().split(","), ())
    for line, row in table.rows:
        before = len(table.faults)
        amount, at = table.amount(line, row, "value"), table.moment(line, row, "at")
        assert 0 <= at < 1 << 48
        assert amount >= 0
        assert len(table.faults) - before in {0, 1, 2}


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("0", 0),
        ("1717934400000", NOW),
        ("2024-06-09T12:00:00Z", NOW),
        ("2024-06-09T14:00:00+02:00", NOW),
        ("2024-06-09T12:00:00.001Z", NOW + 1),
    ],
)
def test_times(text, at):
    (price,) = read_prices(f"{HEAD}BTC,USD,{text},1,k\n".encode(), NOW)
    assert price.at == at


@pytest.mark.parametrize(
    "text", ["-1", "1e3", "2024-06-09", "2024-06-09T12:00:00", "1969-12-31T00:00:00Z", "٣", ""]
)
def test_no_times(text):
    with pytest.raises(TableError) as raised:
        read_prices(f"{HEAD}BTC,USD,{text},1,k\n".encode(), NOW)
    assert [fault.code for fault in raised.value.faults] == ["time_invalid"]


@pytest.mark.parametrize(
    "text", ["0", "-1", "+1", "1e3", "1,5", "٣", "NaN", "1.", ".5", "1" * 31, "0." + "0" * 18 + "1"]
)
def test_no_amounts(text):
    with pytest.raises(TableError) as raised:
        read_prices(f'{HEAD}BTC,USD,1,"{text}",k\n'.encode(), NOW)
    assert [fault.code for fault in raised.value.faults] == ["amount_invalid"]


def test_the_columns_may_stand_in_any_order_and_a_byte_order_mark_before_them():
    data = "\ufeffvalue,source,at,currency,asset\n1.50,k,1,USD,BTC\n\n".encode()
    (price,) = read_prices(data, NOW)
    assert (price.asset, price.value) == ("BTC", Decimal("1.50"))


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("asset,currency,at,value", "column_missing"),
        ("asset,currency,at,value,source,colour", "column_unknown"),
        ("asset,asset,currency,at,value,source", "column_twice"),
    ],
)
def test_columns_that_are_wrong(head, code):
    with pytest.raises(TableError) as raised:
        read_prices(f"{head}\n".encode(), NOW)
    assert code in {fault.code for fault in raised.value.faults}


def test_too_many_rows_and_too_many_bytes_are_told():
    many = HEAD + "".join(f"BTC,USD,{index},1,k\n" for index in range(5_001))
    for data, code in ((many.encode(), "too_many_rows"), (b"x" * (2 * 1024 * 1024 + 1), "too_large")):
        with pytest.raises(TableError) as raised:
            read_prices(data, NOW)
        assert [fault.code for fault in raised.value.faults] == [code]
