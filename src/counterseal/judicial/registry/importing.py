# SPDX-License-Identifier: Apache-2.0
"""What a CSV file would enter: every mistake at its place, or a series of orders. Pure.

An import only adds. It changes no authority and ends no contact: that is a decision of its own. What stands already
is left as it is, so that a file can be handed in again with more rows. A second source is never imported: somebody
else has to look.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.judicial.registry.alarms import Alarm
from counterseal.judicial.registry.changes import Details, NewContact, checked_details
from counterseal.judicial.registry.checks import Signed
from counterseal.judicial.registry.csv_rows import DETAILS as DETAIL_COLUMNS
from counterseal.judicial.registry.csv_rows import MOST_FAULTS, CsvFault, Row, Sheet, read_rows
from counterseal.judicial.registry.model import Authority, ContactKind, Source, Use
from counterseal.judicial.registry.normal import normal
from counterseal.judicial.registry.orders import (
    EnterAuthority,
    EnterContact,
    EnterOfficer,
    Order,
    World,
    carried_out,
)

PERSON: Final = "person"
AHEAD: Final = 14 * 60 * 60 * 1000  # where the day begins first, it is tomorrow in UTC
_TRUE: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
_COLUMN: Final = {
    "country_invalid": "country",
    "role_invalid": "role",
    "language_invalid": "languages",
    "grammar_invalid": "case_grammar",
    "authority_id_invalid": "authority",
    "authority_unknown": "authority",
    "authority_ended": "authority",
    "uses_invalid": "uses",
    "source_future": "source_date",
    "source_old": "source_date",
    "source_invalid": "source_sha256",
}


class Step(msgspec.Struct, frozen=True):
    """One thing that would be entered, from which line of the file, and what it resembles."""

    line: int
    authority: str
    what: str
    value: str
    alarms: tuple[Alarm, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """What an import would do, or its mistakes. `known`: rows that stand already. `digest` is what officers sign:
    it covers the file, what would be entered, and every alarm."""

    steps: tuple[Step, ...]
    orders: tuple[tuple[str, Order], ...]
    known: int
    faults: tuple[CsvFault, ...]
    digest: str

    @property
    def marks(self) -> tuple[str, ...]:
        """The alarms that who signs has to name."""
        return tuple(dict.fromkeys(alarm.mark for step in self.steps for alarm in step.alarms))


class Ids:
    """Ids of what a draft enters: the same each time that it is worked out."""

    def __init__(self, draft: str) -> None:
        self._draft, self._next = draft, 0

    def __call__(self, kind: str) -> str:
        """The next one."""
        self._next += 1
        return f"{kind}_{hashlib.sha256(f'{self._draft}/{self._next}'.encode()).hexdigest()[:16]}"


def plan_of(text: str, draft: str, world: World, now: int) -> Plan:
    """The plan of a file for the registry as it is. Raises nothing: mistakes stand in it."""
    sheet = read_rows(text)
    if sheet.faults:
        return _plan(text, [], [], 0, list(sheet.faults))
    faults: list[CsvFault] = []
    orders: list[tuple[str, Order]] = []
    steps: list[Step] = []
    known, seen, ids, signed = 0, set[tuple[str, ...]](), Ids(draft), Signed(now, ())
    stated = _details_of(sheet, faults)
    broken = frozenset(row.of("authority") for row in sheet.rows for fault in faults if fault.line == row.line)
    for row in sheet.rows:
        try:
            mine = list(_orders_of(row, stated, world, seen, now))
        except InputError as error:
            if error.code != "authority_unknown" or row.of("authority") not in broken:
                faults.append(sheet.fault(row, _column_of(error), error.code, error.sentence))
            continue
        known += not mine
        for authority, order in mine:
            try:
                outcome = carried_out([(authority, order)], world, signed, ids)
            except InputError as error:
                faults.append(sheet.fault(row, _column_of(error), error.code, error.sentence))
                break
            orders.append((authority, order))
            steps.append(Step(row.line, authority, _what(order), _value(order), outcome.alarms))
        if len(faults) >= MOST_FAULTS:
            break
    return _plan(text, steps, orders, known, faults)


class _PlaceError(InputError):
    """A mistake in one column."""

    def __init__(self, column: str, code: str, sentence: str) -> None:
        super().__init__(sentence, code=code)
        self.column = column


def _plan(
    text: str, steps: list[Step], orders: list[tuple[str, Order]], known: int, faults: list[CsvFault]
) -> Plan:
    if faults:
        steps, orders = [], []  # nothing is half imported
    faults.sort(key=lambda fault: (fault.line, fault.column))
    held = (hashlib.sha256(text.encode()).hexdigest(), steps)
    digest = hashlib.sha256(msgspec.json.encode(held, order="sorted")).hexdigest()
    return Plan(tuple(steps), tuple(orders), known, tuple(faults), digest)


def _details_of(sheet: Sheet, faults: list[CsvFault]) -> dict[str, tuple[Row, Details]]:
    """What the file says of each authority; saying it twice is allowed, otherwise is not."""
    found: dict[str, tuple[Row, Details]] = {}
    for row in sheet.rows:
        if not any(row.of(name) for name in DETAIL_COLUMNS):
            continue
        try:
            details = _details(row)
        except InputError as error:
            faults.append(sheet.fault(row, _column_of(error, "name"), error.code, error.sentence))
            continue
        before = found.setdefault(row.of("authority"), (row, details))
        for name in DETAIL_COLUMNS:
            if getattr(before[1], name) != getattr(details, name):
                sentence = f"line {before[0].line} says otherwise of this authority"
                faults.append(sheet.fault(row, name, "details_differ", sentence))
    return found


def _details(row: Row) -> Details:
    for name in ("name", "country", "role"):
        if not row.of(name):
            raise _PlaceError(name, "details_missing", f"`{name}` is missing beside what is said of the authority")
    if row.of("subdomains").lower() not in _TRUE:
        raise _PlaceError("subdomains", "subdomains_invalid", "write yes or no")
    return checked_details(
        Details(
            *(row.of("name"), row.of("country"), row.of("role"), row.several("languages") or ("en",)),
            channel=row.of("channel"),
            subdomains=_TRUE[row.of("subdomains").lower()],
            case_grammar=row.of("case_grammar"),
            statutes=row.several("statutes"),
        )
    )


def _orders_of(
    row: Row,
    stated: dict[str, tuple[Row, Details]],
    world: World,
    seen: set[tuple[str, ...]],
    now: int,
) -> Iterator[tuple[str, Order]]:
    """The orders of one row: the authority at its first mention, then its contact or person."""
    authority = row.of("authority")
    if not authority:
        raise _PlaceError("authority", "authority_missing", "say of which authority this is")
    given = stated.get(authority)
    if not world.has(authority):
        if given is None:
            raise _PlaceError("authority", "authority_unknown", "it is new: name, country and role are needed")
        yield authority, EnterAuthority(given[1])
    elif given is not None and given[0] is row:
        _check_same(world.authority(authority), given[1])
    kind = row.of("kind").lower()
    if not kind:
        if row.of("value"):
            raise _PlaceError("kind", "kind_missing", "say what kind of contact this is")
        return
    held = world.authority(authority) if world.has(authority) else None
    if kind == PERSON:
        yield from _person(row, held, authority, seen, now)
    else:
        yield from _contact(row, held, authority, kind, seen, now)


def _check_same(held: Authority, details: Details) -> None:
    for name in DETAIL_COLUMNS:
        if getattr(held, name) != getattr(details, name):
            raise _PlaceError(name, "details_differ", "the registry says otherwise; an import changes no authority")


def _person(
    row: Row, held: Authority | None, authority: str, seen: set[tuple[str, ...]], now: int
) -> Iterator[tuple[str, Order]]:
    name, office = row.of("value"), row.of("office")
    _once(seen, authority, PERSON, name.casefold(), office.casefold())
    source = _source(row, now)
    roster = () if held is None else held.officers
    if any(each.ended is None and (each.name, each.office) == (name, office) for each in roster):
        return
    yield authority, EnterOfficer(name, row.of("position"), source, office, row.of("supervisor"))


def _contact(
    row: Row, held: Authority | None, authority: str, kind: str, seen: set[tuple[str, ...]], now: int
) -> Iterator[tuple[str, Order]]:
    if kind not in set(ContactKind):
        raise _PlaceError("kind", "kind_unknown", f"kinds are: {', '.join(ContactKind)}, {PERSON}")
    wrong = next((each for each in row.several("uses") if each not in set(Use)), None)
    if wrong is not None or not row.several("uses"):
        raise _PlaceError("uses", "uses_invalid", f"uses are: {', '.join(Use)}")
    value = normal(ContactKind(kind), row.of("value"))
    uses = tuple(Use(each) for each in row.several("uses"))
    _once(seen, authority, kind, value)
    source = _source(row, now)
    same = [each for each in (() if held is None else held.contacts) if (each.kind, each.value) == (kind, value)]
    known = {use for each in same if each.ended is None for use in each.uses}
    uses = tuple(use for use in uses if use not in known)
    if not uses:
        return
    yield (
        authority,
        EnterContact(NewContact(ContactKind(kind), value, uses, source, row.of("office"), row.of("person"))),
    )


def _once(seen: set[tuple[str, ...]], *what: str) -> None:
    if what in seen:
        raise _PlaceError("value", "row_twice", "this stands in the file already")
    seen.add(what)


def _source(row: Row, now: int) -> Source:
    if not row.of("source"):
        raise _PlaceError("source", "source_missing", "say where it was found")
    try:
        day = dt.datetime.combine(dt.date.fromisoformat(row.of("source_date")), dt.time(), dt.UTC)
    except ValueError:
        raise _PlaceError("source_date", "date_invalid", "write the day of the look-up as 2026-06-12") from None
    at = int(day.timestamp() * 1000)
    return Source(row.of("source"), min(at, now) if at <= now + AHEAD else at, row.of("source_sha256").lower())


def _column_of(error: InputError, other: str = "value") -> str:
    if isinstance(error, _PlaceError):
        return error.column
    if error.code == "text_invalid":  # the sentence begins with the field's name
        named = error.sentence.split("`")[1]
        return {"statute": "statutes", "reason": "value", "role": "position"}.get(named, named)
    return _COLUMN.get(error.code, other)


def _what(order: Order) -> str:
    match order:
        case EnterAuthority():
            return "authority"
        case EnterContact():
            return str(order.contact.kind)
        case _:
            return PERSON


def _value(order: Order) -> str:
    match order:
        case EnterAuthority():
            return order.details.name
        case EnterContact():
            return order.contact.value
        case EnterOfficer():
            return order.name
        case _:
            return ""
