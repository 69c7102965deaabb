# SPDX-License-Identifier: Apache-2.0
"""A CSV file read into rows of a known table, every mistake at its line and column. Pure (RFC 4180, UTF-8)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Collection
from decimal import Decimal
from typing import Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.core.loss.money import MOST_DIGITS, MOST_PLACES

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_ROWS: Final = 5_000
MOST_FAULTS: Final = 100
LATEST: Final = 1 << 48  # ms
ASSET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z")
_AMOUNT: Final = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}(\.[0-9]{{1,{MOST_PLACES}}})?\Z", re.ASCII)
_MS: Final = re.compile(r"[0-9]{1,15}\Z", re.ASCII)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class TableFault(msgspec.Struct, frozen=True):
    """One mistake. `line` and `column` count from 1; `name`: the column's."""

    line: int
    column: int
    name: str
    code: str
    sentence: str

    def __str__(self) -> str:
        named = f" (`{self.name}`)" if self.name else ""
        return f"line {self.line}, column {self.column}{named}: {self.sentence} [{self.code}]"


class TableError(InputError):
    """The file has mistakes; nothing of it was taken."""

    code = "csv_invalid"

    def __init__(self, faults: tuple[TableFault, ...]) -> None:
        many = f"{len(faults)} mistakes" if len(faults) > 1 else "a mistake"
        super().__init__(f"the file has {many}; nothing was taken")
        self.faults = faults


class Table:
    """A file's rows. Reads the fields of a row, and keeps every mistake."""

    def __init__(self, data: bytes, columns: Collection[str], required: Collection[str]) -> None:
        self.faults: list[TableFault] = []
        self.columns: tuple[str, ...] = ()
        self.rows: list[tuple[int, dict[str, str]]] = []
        self._known, self._required = columns, required
        text = self._decoded(data)
        if text is not None:
            self._read(text)

    def raise_if_any(self) -> None:
        """Raise TableError with every mistake."""
        if self.faults:
            raise TableError(tuple(self.faults[:MOST_FAULTS]))

    def fault(self, line: int, name: str, code: str, sentence: str) -> None:
        """A mistake in a field."""
        column = self.columns.index(name) + 1 if name in self.columns else 1
        self.faults.append(TableFault(line, column, name, code, sentence))

    def word(self, line: int, row: dict[str, str], name: str, known: Collection[str]) -> str:
        """One of a closed list."""
        value = row.get(name, "")
        if value not in known:
            self.fault(line, name, "word_unknown", f"`{value[:32]}` is none of: {', '.join(known)}")
        return value

    def asset(self, line: int, row: dict[str, str], name: str, *, needed: bool = True) -> str:
        """An asset or a currency."""
        value = row.get(name, "")
        if not (ASSET.match(value) or not (needed or value)):
            self.fault(line, name, "asset_invalid", f"`{value[:32]}` is no name of an asset")
        return value

    def text(self, line: int, row: dict[str, str], name: str, *, longest: int, needed: bool = False) -> str:
        """A plain text of one line."""
        value = row.get(name, "")
        if len(value) > longest or not value.isprintable() or (needed and not value):
            self.fault(line, name, "text_invalid", f"this is no text of 1 to {longest} printable characters")
        return value

    def amount(self, line: int, row: dict[str, str], name: str, *, needed: bool = True) -> Decimal:
        """A number above zero, with digits and one point; 0 where it may be and is absent."""
        value = row.get(name, "")
        if not value and not needed:
            return Decimal(0)
        if not _AMOUNT.match(value) or not Decimal(value):
            sentence = f"`{value[:48]}` is no amount above zero with up to {MOST_PLACES} decimals"
            self.fault(line, name, "amount_invalid", sentence)
            return Decimal(0)
        return Decimal(value)

    def moment(self, line: int, row: dict[str, str], name: str) -> int:
        """Milliseconds since the epoch, or a date and time of ISO 8601 with its zone."""
        value = row.get(name, "")
        if _MS.match(value) and int(value) < LATEST:
            return int(value)
        try:
            found = dt.datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not 0 <= (at := _ms(found)) < LATEST:
            sentence = f"`{value[:40]}` is no time: milliseconds, or as in `2024-06-09T03:00:00Z`"
            self.fault(line, name, "time_invalid", sentence)
            return 0
        return at

    def _decoded(self, data: bytes) -> str | None:
        if len(data) > MOST_BYTES:
            self.fault(1, "", "too_large", f"the file has more than {MOST_BYTES} bytes")
            return None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self.fault(line, "", "not_utf8", "the file is not UTF-8 from here on")
            return None
        if "\0" in text:
            self.fault(text[: text.index("\0")].count("\n") + 1, "", "nul", "the file holds a NUL character")
            return None
        return text

    def _read(self, text: str) -> None:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        line = 1
        try:
            for record in reader:
                start, line = line, reader.line_num + 1
                if not any(field.strip() for field in record):
                    continue
                if not self.columns:
                    self._header(tuple(name.strip().lower() for name in record), start)
                    if self.faults:
                        return
                elif len(self.rows) == MOST_ROWS:
                    self.fault(start, "", "too_many_rows", f"up to {MOST_ROWS} rows are read: part the file")
                    return
                else:
                    self._record(record, start)
        except csv.Error as error:
            self.fault(line, "", "csv_invalid", f"this is no CSV: {error}")
        if not self.columns and not self.faults:
            self.fault(1, "", "empty", "the file is empty")

    def _header(self, columns: tuple[str, ...], line: int) -> None:
        self.columns = columns
        for number, name in enumerate(columns):
            if name not in self._known:
                self.fault(line, name, "column_unknown", f"there is no column `{name[:80]}`")
            elif columns.index(name) != number:
                self.fault(line, name, "column_twice", f"the column `{name}` comes twice")
        for name in self._required:
            if name not in columns:
                self.fault(line, name, "column_missing", f"the column `{name}` is missing")

    def _record(self, record: list[str], line: int) -> None:
        if len(record) != len(self.columns):
            sentence = f"{len(record)} fields stand under {len(self.columns)} columns"
            self.fault(line, "", "field_count", sentence)
            return
        self.rows.append((line, dict(zip(self.columns, (field.strip() for field in record), strict=True))))


def _ms(found: dt.datetime) -> int:
    return (found - _EPOCH) // dt.timedelta(milliseconds=1)
