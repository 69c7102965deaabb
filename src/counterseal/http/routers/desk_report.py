# SPDX-License-Identifier: Apache-2.0
"""The transparency report of a period: as data of a page, and as CSV."""

from __future__ import annotations

from typing import Annotated, Final

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import query, reply
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_report_views as v
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.judicial.report.service import Reports
from counterseal.judicial.report.written import csv_of

router = Router(tags=["desk"])
CSV: Final = "text/csv; charset=utf-8"

Reads = Annotated[Caller, require(Scope.DESK_READ)]
Asked = Annotated[v.PeriodQuery, query(v.PeriodQuery)]
Held = Annotated[Reports, area(Reports)]


@router.get(
    "/v1/desk/report",
    **operation("Read the transparency report", reply=v.ReportView, example=v.EXAMPLE),
)
async def read_report(caller: Reads, asked: Asked, reports: Held) -> Response:
    """What was asked, checked, handed out and found forged in a period. It names nobody; `public=true` also hides
    breakdowns so small that they could."""
    return reply(v.view_of(await reports.report(asked.start, asked.end, public=asked.public)))


@router.get(
    "/v1/desk/report.csv",
    **operation("Read the transparency report as CSV", example=v.CSV_EXAMPLE, media_type="text/csv"),
)
async def read_report_csv(caller: Reads, asked: Asked, reports: Held) -> Response:
    """The same figures, one in a line (RFC 4180)."""
    report = await reports.report(asked.start, asked.end, public=asked.public)
    headers = {"Content-Disposition": 'attachment; filename="transparency-report.csv"', "Cache-Control": "no-store"}
    return Response(csv_of(report), media_type=CSV, headers=headers)
