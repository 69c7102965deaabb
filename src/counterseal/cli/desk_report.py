# SPDX-License-Identifier: Apache-2.0
"""`desk report`: the transparency report of a period, as tables, JSON or CSV."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, out, show_json, table
from counterseal.cli.remote import Server
from counterseal.core.errors import InputError

DAY = dt.timedelta(days=1)
WORDS = {"count": "", "percent": " %", "minutes": " min", "days": " days"}


def report(
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD (UTC).")],
    last: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD (UTC); it counts whole.")],
    public: Annotated[bool, typer.Option("--public", help="Hide breakdowns that could name somebody.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="One figure in a line, as CSV.")] = False,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Report what authorities asked, what was checked and handed out, and what was found forged."""
    query = f"?start={_ms(_day(first))}&end={_ms(_day(last) + DAY)}" + ("&public=true" if public else "")
    found = Server(config, database, url).get(f"/v1/desk/report{query}")
    if csv:
        typer.echo(_csv(found), nl=False)
    elif json:
        show_json(found)
    else:
        for section in found["sections"]:
            table(section["label"], ["figure", "value"], [[row["label"], _value(row)] for row in section["rows"]])
        out.print(f"{first} to {last}" + (", for the public" if public else ""), markup=False)


def _csv(found: Any) -> str:
    """The same bytes as the server's own CSV."""
    import msgspec

    from counterseal.judicial.report.model import Report
    from counterseal.judicial.report.written import csv_of

    return csv_of(msgspec.convert(found, Report))


def _value(row: dict[str, Any]) -> str:
    if row["hidden"]:
        return "hidden"
    return "–" if row["value"] is None else f"{row['value']}{WORDS[row['unit']]}"


def _day(text: str) -> dt.datetime:
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
    except ValueError as error:
        raise InputError(f"`{text}` is no day", code="report_period", hint="write it as 2026-03-31") from error


def _ms(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
