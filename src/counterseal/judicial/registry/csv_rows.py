# SPDX-License-Identifier: Apache-2.0
"""A CSV file of authorities, read into rows, with every mistake at its line and column. Pure (RFC 4180, UTF-8).

A row is an authority with one contact or one person of its roster. What is said of the authority itself is needed
once. Several values of a field are parted by `;`.
"""

from __future__ import annotations

import csv
import io
from typing import Final

import msgspec

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_ROWS: Final = 5_000
MOST_FAULTS: Final = 200
DETAILS: Final = ("name", "country", "role", "languages", "channel", "subdomains", "case_grammar", "statutes")
CONTACT: Final = ("kind", "value", "uses", "office", "person", "position", "supervisor")
SOURCE: Final = ("source", "source_date", "source_sha256")
COLUMNS: Final = ("authority", *DETAILS, *CONTACT, *SOURCE)


class CsvFault(msgspec.Struct, frozen=True):
    """One mistake. `line` and `column` count from 1 (a record over several: its first); `name`: the column's."""

    line: int
    column: int
    name: str
    code: str
    sentence: str

    def __str__(self) -> str:
        named = f" (`{self.name}`)" if self.name else ""
        return f"line {self.line}, column {self.column}{named}: {self.sentence} [{self.code}]"


class Row(msgspec.Struct, frozen=True):
    """One record: its first line, and its fields by the name of their column, trimmed."""

    line: int
    fields: dict[str, str]

    def of(self, name: str) -> str:
        """A field, "" where there is none."""
        return self.fields.get(name, "")

    def several(self, name: str) -> tuple[str, ...]:
        """A field of several values."""
        return tuple(each.strip() for each in self.of(name).split(";") if each.strip())


class Sheet(msgspec.Struct, frozen=True):
    """What was read: the columns in the file's order, the rows, the mistakes of the file itself."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[CsvFault, ...]

    def fault(self, row: Row, name: str, code: str, sentence: str) -> CsvFault:
        """A mistake in a field of a row."""
        column = self.columns.index(name) + 1 if name in self.columns else 1
        return CsvFault(row.line, column, name, code, sentence)


def decoded(data: bytes) -> tuple[str, tuple[CsvFault, ...]]:
    """The text of a file, or the place from which on it is no text."""
    if len(data) > MOST_BYTES:
        return "", (CsvFault(1, 1, "", "too_large", f"the file has more than {MOST_BYTES} bytes"),)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = before.rpartition(b"\n")[2].count(b",") + 1
        return "", (CsvFault(line, column, "", "not_utf8", "the file is not UTF-8 from here on"),)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        return "", (CsvFault(line, 1, "", "nul", "the file holds a NUL character"),)
    return text, ()


def read_rows(text: str) -> Sheet:
    """The rows of a file whose first record names the columns."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    faults: list[CsvFault] = []
    line = 1
    try:
        for record in reader:
            start, line = line, reader.line_num + 1
            if not any(field.strip() for field in record):
                continue
            if not columns:
                columns = tuple(name.strip().lower() for name in record)
                faults += _of_header(columns, start)
                if faults:
                    break
                continue
            faults += _of_record(record, columns, start)
            rows.append(Row(start, dict(zip(columns, (field.strip() for field in record), strict=False))))
            if len(rows) > MOST_ROWS:
                faults.append(CsvFault(start, 1, "", "too_many_rows", f"up to {MOST_ROWS} rows are read"))
                break
    except csv.Error as error:
        faults.append(CsvFault(line, 1, "", "csv_invalid", f"this is no CSV: {error}"))
    if not columns and not faults:
        faults.append(CsvFault(1, 1, "", "empty", "the file is empty"))
    return Sheet(columns, tuple(rows), tuple(faults[:MOST_FAULTS]))


def _of_header(columns: tuple[str, ...], line: int) -> list[CsvFault]:
    if len(columns) == 1 and ";" in columns[0]:
        return [CsvFault(line, 1, "", "delimiter", "fields are parted by commas")]
    found = []
    for number, name in enumerate(columns, 1):
        if name not in COLUMNS:
            found.append(CsvFault(line, number, name, "column_unknown", f"there is no column `{name[:80]}`"))
        elif columns.index(name) != number - 1:
            found.append(CsvFault(line, number, name, "column_twice", f"the column `{name}` comes twice"))
    if "authority" not in columns:
        found.append(CsvFault(line, 1, "authority", "column_missing", "the column `authority` is missing"))
    return found


def _of_record(record: list[str], columns: tuple[str, ...], line: int) -> list[CsvFault]:
    if len(record) == len(columns):
        return []
    sentence = f"{len(record)} fields stand under {len(columns)} columns"
    return [CsvFault(line, min(len(record), len(columns)) + 1, "", "field_count", sentence)]
