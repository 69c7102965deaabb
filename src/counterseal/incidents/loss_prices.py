# SPDX-License-Identifier: Apache-2.0
"""The history of prices: what was pushed, kept in the commit that took it, and what is imported from files.

Six hours of one pair of asset and currency are one subject, so that a push writes little and a moment is found by
its name. Of what is pushed, the first price of each source in each five minutes is kept. Nothing is ever taken out:
a price that puts an earlier one right is recorded later, and both stay.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from counterseal.core.errors import InputError
from counterseal.core.loss.model import spell
from counterseal.core.loss.prices import PriceAt, PriceBook
from counterseal.core.transaction import (
    Change,
    Codec,
    Commit,
    Committed,
    Entry,
    Idempotency,
    Joined,
    Loaded,
    Store,
    StructCodec,
)
from counterseal.incidents.loss_table import Table, TableError, TableFault

HOUR: Final = 3_600_000
SPAN: Final = 6 * HOUR
APART: Final = 5 * 60_000
AHEAD: Final = 60_000  # ms that a price's time may run ahead of ours
LONGEST: Final = 31 * 24 * HOUR
MOST_IN_SPAN: Final = 5_000
LISTED: Final = 1_000
PUSHED: Final = "pushed"
COLUMNS: Final = ("asset", "currency", "at", "value", "source")


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Quoted(msgspec.Struct, frozen=True):
    """A price as a service states it: `value` as text, at which ms, by which venue."""

    at: int
    value: str
    source: str


class PriceSource(Protocol):
    """A service that knows prices of the past. Raises an UnavailableError when it does not answer as it should."""

    async def quoted(self, asset: str, currency: str, since: int, until: int) -> tuple[Quoted, ...]:
        """Those of a pair with `since` <= at <= `until` (ms)."""
        ...


class PriceSpan(msgspec.Struct, frozen=True):
    """The prices of one pair in six hours, by time, source and record."""

    asset: str
    currency: str
    prices: tuple[PriceAt, ...] = ()


class PriceImport(msgspec.Struct, frozen=True):
    """A file that was taken in: its SHA-256, who, how many of its prices were new and how many put one right."""

    sha256: str
    at: int
    by: str
    rows: int
    new: int
    corrected: int


class PricePlan(msgspec.Struct, frozen=True):
    """What a file would add: `known` stand already, `corrected` say another value than before."""

    sha256: str
    rows: int
    new: int
    known: int
    corrected: int
    since: int
    until: int


CODECS: Final[dict[str, Codec]] = {
    "price_span": StructCodec(PriceSpan),
    "price_import": StructCodec(PriceImport),
}


class PriceHistory:
    """Keeps prices and answers with them. `source`: where to ask for those that nobody pushed."""

    def __init__(self, store: Store, clock: Clock, source: PriceSource | None = None) -> None:
        self._store, self._clock, self._source = store, clock, source

    def kept(self, prices: Sequence[PriceAt]) -> Joined:
        """What is written with a push, in its commit: of each source the first in five minutes that have none."""
        spans = _by_span(prices)

        def function(loaded: Loaded) -> tuple[Change, ...]:
            changes = []
            for subject, found in spans.items():
                before = _span(loaded.states.get(subject), found[0])
                seen = {(each.source, each.at // APART) for each in before.prices}
                fresh: dict[tuple[str, int], PriceAt] = {}
                for each in found:
                    slot = (each.source, each.at // APART)
                    if slot not in seen and (slot not in fresh or each.at < fresh[slot].at):
                        fresh[slot] = each
                if fresh and len(before.prices) + len(fresh) <= MOST_IN_SPAN:
                    changes.append(Change(subject, _with(before, fresh.values())))
            return tuple(changes)

        return Joined(tuple(spans), function)

    async def tried(self, data: bytes) -> PricePlan:
        """What a file would add; nothing is kept. Raises TableError."""
        prices = read_prices(data, self._clock.now())
        spans = _by_span(prices)
        held = {subject: await self._store.read(subject) for subject in spans}
        return _plan(data, prices, held)

    async def taken(
        self, data: bytes, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[PriceImport]:
        """Take a file in, whole or not at all. Raises TableError, InputError (`too_many_prices`)."""
        if idempotency is not None and (done := await self._store.replayed(idempotency)) is not None:
            return done
        now = self._clock.now()
        prices = read_prices(data, now)
        spans = _by_span(prices)
        subject = f"price_import:{hashlib.sha256(data).hexdigest()}"

        def function(loaded: Loaded) -> Commit[PriceImport]:
            plan = _plan(data, prices, loaded.states)
            changes = [_grown(each, loaded.states.get(each), found) for each, found in spans.items()]
            made = PriceImport(plan.sha256, now, by, plan.rows, plan.new, plan.corrected)
            entry = Entry("price_history_imported", max(now, loaded.latest), "", msgspec.json.encode(made))
            return Commit(made, (Change(subject, made, entry), *(each for each in changes if each is not None)))

        return await self._store.transact([subject, *spans], function, now=now, idempotency=idempotency)

    async def fetched(
        self, asset: str, currency: str, since: int, until: int, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[PriceImport]:
        """Ask the service for a pair and a window of up to 31 days, and take in what it says as a file. Raises
        TableError, InputError (`window_invalid`), UnavailableError."""
        if idempotency is not None and (done := await self._store.replayed(idempotency)) is not None:
            return done
        _check_window(since, until)
        quoted = () if self._source is None else await self._source.quoted(asset, currency, since, until)
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows((COLUMNS, *((asset, currency, each.at, each.value, each.source) for each in quoted)))
        return await self.taken(out.getvalue().encode("utf-8", "replace"), by=by, idempotency=idempotency)

    async def between(self, asset: str, currency: str, since: int, until: int) -> tuple[PriceAt, ...]:
        """The recorded prices of a pair with `since` <= at <= `until`, by time. Raises InputError
        (`window_invalid`) for more than 31 days."""
        _check_window(since, until)
        found = await self._spans(asset, currency, since, until)
        return tuple(each for span in found for each in span.prices if since <= each.at <= until)

    async def book(self, wanted: Iterable[tuple[str, str, int]], staleness: int) -> PriceBook:
        """The prices that could count for these (asset, currency, moment): those up to `staleness` ms before."""
        windows: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for asset, currency, moment in sorted(set(wanted)):
            held = windows[asset, currency]
            start = max(0, moment - staleness)
            if held and start <= held[-1][1]:
                held[-1] = (held[-1][0], moment)
            else:
                held.append((start, moment))
        found: dict[tuple[str, str, int, str, int], PriceAt] = {}
        for (asset, currency), spans in windows.items():
            for since, until in spans:
                for span in await self._spans(asset, currency, since, until):
                    for each in span.prices:
                        found[asset, currency, each.at, each.source, each.recorded] = each
        return PriceBook(found.values())

    async def _spans(self, asset: str, currency: str, since: int, until: int) -> list[PriceSpan]:
        first, last = span_of(asset, currency, since), span_of(asset, currency, until)
        after = span_of(asset, currency, since - SPAN) if since >= SPAN else first[:-8]
        found: list[PriceSpan] = []
        while True:
            names = await self._store.subjects("price_span", after=after, limit=LISTED)
            mine = [name for name in names if first <= name <= last]
            found += [each for name in mine if isinstance(each := await self._store.read(name), PriceSpan)]
            if len(names) < LISTED or len(mine) < len(names):
                return found
            after = names[-1]


def _check_window(since: int, until: int) -> None:
    if not 0 <= since <= until or until - since > LONGEST:
        raise InputError("a window of prices has up to 31 days", code="window_invalid")


def span_of(asset: str, currency: str, at: int) -> str:
    """The subject of the six hours in which `at` lies; those of a pair sort by time."""
    pair = hashlib.sha256(f"{asset}\n{currency}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"price_span:{pair}:{at // SPAN:08d}"


def read_prices(data: bytes, now: int) -> tuple[PriceAt, ...]:
    """The prices of a CSV file (asset, currency, at, value, source), recorded `now`. Raises TableError."""
    table = Table(data, COLUMNS, COLUMNS)
    found: dict[tuple[str, str, int, str], PriceAt] = {}
    for line, row in table.rows:
        at = table.moment(line, row, "at")
        if at > now + AHEAD:
            table.fault(line, "at", "price_time", "this is in the future")
        price = PriceAt(
            table.asset(line, row, "asset"),
            table.asset(line, row, "currency"),
            at,
            table.amount(line, row, "value"),
            table.text(line, row, "source", longest=64, needed=True),
            now,
        )
        if price.asset == price.currency:
            table.fault(line, "currency", "same_asset", "an asset in itself is always one")
        name = (price.asset, price.currency, price.at, price.source)
        if name in found and found[name].value != price.value:
            table.fault(line, "value", "price_twice", "the file says another value for the same source and time")
        found[name] = price
    table.raise_if_any()
    if not found:
        raise TableError((TableFault(1, 1, "", "empty", "the file has no prices"),))
    return tuple(found.values())


def _by_span(prices: Iterable[PriceAt]) -> dict[str, list[PriceAt]]:
    spans: dict[str, list[PriceAt]] = defaultdict(list)
    for price in prices:
        spans[span_of(price.asset, price.currency, price.at)].append(price)
    return dict(spans)


def _span(held: object, price: PriceAt) -> PriceSpan:
    return held if isinstance(held, PriceSpan) else PriceSpan(price.asset, price.currency)


def _with(span: PriceSpan, prices: Iterable[PriceAt]) -> PriceSpan:
    merged = sorted((*span.prices, *prices), key=lambda each: (each.at, each.source, each.recorded))
    return PriceSpan(span.asset, span.currency, tuple(merged))


def _latest(span: object) -> dict[tuple[str, int], PriceAt]:
    prices = span.prices if isinstance(span, PriceSpan) else ()
    return {(each.source, each.at): each for each in sorted(prices, key=lambda each: (each.recorded, each.value))}


def _grown(subject: str, held: object, found: list[PriceAt]) -> Change | None:
    """A span with those that are new or say something else."""
    known = _latest(held)
    fresh = [each for each in found if not _said(known.get((each.source, each.at)), each)]
    if not fresh:
        return None
    span = _with(_span(held, fresh[0]), fresh)
    if len(span.prices) > MOST_IN_SPAN:
        sentence = f"six hours of {span.asset} in {span.currency} have room for {MOST_IN_SPAN} prices"
        raise InputError(sentence, code="too_many_prices")
    return Change(subject, span)


def _said(known: PriceAt | None, price: PriceAt) -> bool:
    return known is not None and spell(known.value) == spell(price.value)


def _plan(data: bytes, prices: Sequence[PriceAt], held: Mapping[str, object]) -> PricePlan:
    new = corrected = 0
    for price in prices:
        known = _latest(held.get(span_of(price.asset, price.currency, price.at))).get((price.source, price.at))
        new += known is None
        corrected += known is not None and not _said(known, price)
    moments = [price.at for price in prices]
    rows = len(prices)
    digest = hashlib.sha256(data).hexdigest()
    return PricePlan(digest, rows, new, rows - new - corrected, corrected, min(moments), max(moments))
