# SPDX-License-Identifier: Apache-2.0
"""A loss report as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from counterseal.core.loss.model import spell
from counterseal.core.loss.report import AssetLoss, LossReport, Sums

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def explain(report: LossReport, *, most: int = 50) -> str:
    """The report in lines; of each list at most so many, and how many more there are."""
    return "\n".join(_written(report, most))


def _written(report: LossReport, most: int) -> Iterator[str]:
    least = "" if report.complete else "at least "
    count = len(report.accounts)
    yield (
        f"Loss: {least}{_sums(report.total, report.currency)}, "
        f"{count} account{'s' if count != 1 else ''}, by the pack `{report.pack}`"
    )
    yield f"Reckoned {_time(report.at)}; day of payment {_time(report.paid_at)}."
    if report.totals:
        yield "Per asset:"
    yield from (f"  {_asset(each, report.currency)}" for each in report.totals)
    if report.accounts:
        yield "Per account:"
    for each in report.accounts[:most]:
        open_ = f" ({each.open} open)" if each.open else ""
        yield f"  {each.account}: {_sums(each.value, report.currency)}{open_}"
    yield from _more(len(report.accounts) - most)
    if report.surplus:
        yield "Above what was lost (it lowers nobody else's loss):"
    for over in report.surplus[:most]:
        yield f"  {over.account or 'for all'}: {spell(over.amount)} {over.asset} {over.state}"
    yield from _more(len(report.surplus) - most)
    if report.questions:
        yield "Open:"
    for question in report.questions[:most]:
        yield f"  {question.account} {question.about or question.code}: {question.sentence}"
    yield from _more(len(report.questions) - most)


def _sums(sums: Sums, unit: str) -> str:
    text = f"{spell(sums.net)} {unit}"
    if sums.recovered:
        text += f" ({spell(sums.gross)} lost, {spell(sums.recovered)} came back)"
    return f"{text}, {spell(sums.frozen)} of it held" if sums.frozen else text


def _asset(each: AssetLoss, currency: str) -> str:
    text = f"{_sums(each.amount, each.asset)} = {spell(each.value.net)} {currency}"
    if each.unvalued:
        text += f"; {spell(each.unvalued)} {each.asset} without a price"
    if each.undetermined:
        text += f"; {each.undetermined} trade{'s' if each.undetermined > 1 else ''} that cannot be told"
    return text + (f"; owed {_spelled(each.debt, each.asset)}" if each.debt else "")


def _spelled(amount: Decimal, asset: str) -> str:
    return f"{spell(amount)} {asset}"


def _time(at: int) -> str:
    return f"{_EPOCH + dt.timedelta(milliseconds=at):%Y-%m-%d %H:%M} UTC"


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  ... and {count} more"
