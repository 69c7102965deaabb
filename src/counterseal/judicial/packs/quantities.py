# SPDX-License-Identifier: Apache-2.0
"""Dates, zones, deadlines, windows and sources as they are written in a rule pack."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Collection
from typing import Final

from counterseal.core.errors import Span
from counterseal.core.policy.reading import Reader, texts
from counterseal.core.policy.source import Entry, Node, SequenceNode
from counterseal.judicial.packs.model import Closed, Deadline, Ends, Length, Source, Unit
from counterseal.judicial.requests.model import Type

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CONFIDENCES: Final = ("high", "medium", "low")
DEADLINE: Final = ("for", "within", "ends", "closed", "then", "chinese", "extend", "keeps")
MOST_HOLIDAYS: Final = 2_000
_LENGTH: Final = re.compile(r"([1-9][0-9]{0,3})(h|d|bd|mo)\Z")
_DATE: Final = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]\Z")
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}\Z")


class Quantities:
    """Reads with `reader`; what is wrong goes to its faults, and a usable default is returned."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def zone(self, entry: Entry | None) -> str:
        """A name of the IANA time zone database."""
        node = self.reader.scalar(entry.value, "`zone`") if entry else None
        if node is None:
            return "UTC"
        if known_zone(node.text):
            return node.text
        hint = "As in `Europe/Brussels`; offsets and abbreviations are not taken, since they know no summer."
        if not known_zone("UTC"):
            hint = "This machine has no time zone database: install `tzdata`."
        self.reader.faults.add("zone_unknown", node.span, f"`{node.text[:64]}` is no time zone", hint)
        return "UTC"

    def weekend(self, entry: Entry | None) -> tuple[int, ...]:
        """Days of the week without business; Saturday and Sunday unless it is said otherwise."""
        if entry is None:
            return (5, 6)
        found = texts(self.reader.names(entry, "`weekend`", DAYS))
        if len(found) == len(DAYS):
            self.reader.faults.add("weekend_whole", entry.value.span, "a week needs a day of business")
            return (5, 6)
        return tuple(sorted(DAYS.index(day) for day in found))

    def dates(self, entry: Entry | None) -> frozenset[dt.date]:
        """Days of the calendar."""
        if entry is None:
            return frozenset()
        nodes = self.sequence(entry, "`holidays`")
        if len(nodes) > MOST_HOLIDAYS:
            self.reader.faults.add("too_many", entry.value.span, f"more than {MOST_HOLIDAYS:,} holidays")
            return frozenset()
        return frozenset(day for node in nodes if (day := self.date(node)) is not None)

    def date(self, node: Node) -> dt.date | None:
        """`2026-08-18`."""
        scalar = self.reader.scalar(node, "a date")
        if scalar is None:
            return None
        try:
            if _DATE.match(scalar.text):
                return dt.date.fromisoformat(scalar.text)
        except ValueError:
            pass  # no such day, as 29 February of most years
        self.reader.faults.add(
            "date_invalid", scalar.span, f"`{scalar.text[:32]}` is no day", "As in `2026-08-18`."
        )
        return None

    def sequence(self, entry: Entry, what: str) -> tuple[Node, ...]:
        """The items of a list."""
        if isinstance(entry.value, SequenceNode):
            return entry.value.items
        self.reader.faults.add("value_type", entry.value.span, f"{what} must be a list")
        return ()

    def length(self, entry: Entry | None, what: str) -> Length:
        """`8h`, `10d`, `5bd` (business days), `3mo`."""
        node = self.reader.scalar(entry.value, what) if entry else None
        match = None if node is None else _LENGTH.match(node.text)
        if match is not None:
            return Length(int(match[1]), Unit(match[2]))
        if node is not None:
            hint = "A whole number and h, d, bd (business days) or mo (months): `8h`, `10d`, `5bd`, `3mo`."
            self.reader.faults.add("length_invalid", node.span, f"`{node.text[:32]}` is no length of time", hint)
        return Length(1, Unit.HOURS)

    def window(self, entry: Entry | None) -> int | None:
        """The longest window in ms, `none` = the fields need no window."""
        node = self.reader.scalar(entry.value, "`window`") if entry else None
        if node is None or node.text == "none":
            return None
        return self.reader.duration(node, "`window`")

    def origin(self, held: dict[str, Entry], where: Entry | None) -> Source:
        """Source, date and confidence; all three are needed, so that nobody takes a guess for law."""
        for key in ("source", "as_of", "confidence"):
            if key not in held and where is not None:
                sentence = f"`{where.key.text[:64]}` needs the key `{key}`"
                self.reader.faults.add("key_missing", where.key.span, sentence)
        if "as_of" in held and where is not None:
            self.date(held["as_of"].value)
        return Source(
            self.reader.text(held.get("source"), "`source`"),
            self.reader.text(held.get("as_of"), "`as_of`"),
            self.reader.choice(held.get("confidence"), "confidence", CONFIDENCES, default="low"),
        )

    def deadlines(self, section: Entry | None, types: Collection[str]) -> tuple[Deadline, ...]:
        """The deadlines of a pack or of a basis."""
        return tuple(
            self._deadline(entry, types)
            for entry in self.reader.named(section.value if section else None, "`clocks`")
        )

    def _deadline(self, entry: Entry, types: Collection[str]) -> Deadline:
        reader = self.reader
        required = ("for", "within", "then", "chinese")
        held = reader.keys(
            entry.value, "a deadline", allowed=(*DEADLINE, "source", "as_of", "confidence"), required=required
        )
        within = self.length(held.get("within"), "`within`")
        ends = Ends(reader.choice(held.get("ends"), "end of a deadline", tuple(Ends), default=Ends.MOMENT))
        closed = Closed(reader.choice(held.get("closed"), "rule for closed days", tuple(Closed), default="stays"))
        if within.unit is Unit.HOURS and ("ends" in held or "closed" in held):
            span: Span = held["within"].value.span
            reader.faults.add(
                "hours_elapse", span, "a deadline in hours counts elapsed time: no `ends`, no `closed`"
            )
        moves = within.unit is Unit.BUSINESS_DAYS or closed is not Closed.STAYS
        if moves and "ends" in held and ends is Ends.MOMENT:
            sentence = "a deadline that looks at closed days ends with its day: write `ends: day`"
            reader.faults.add("ends_with_day", held["ends"].value.span, sentence)
        return Deadline(
            name=entry.key.text,
            types=tuple(Type(each) for each in texts(reader.names(held.get("for"), "`for`", types))),
            within=within,
            ends=ends,
            closed=closed,
            then=reader.text(held.get("then"), "`then`"),
            chinese=reader.text(held.get("chinese"), "`chinese`"),
            origin=self.origin(held, entry),
            line=entry.key.span.line,
            extend=self.length(held["extend"], "`extend`") if "extend" in held else None,
            keeps=reader.truth(held.get("keeps"), "`keeps`"),
        )


def known_zone(name: str) -> bool:
    """Whether the time zone database of this machine has it. The name is no path: no `..`, no `/` in front."""
    if not _ZONE.match(name):
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
