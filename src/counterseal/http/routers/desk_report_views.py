# SPDX-License-Identifier: Apache-2.0
"""The transparency report as it is answered."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from counterseal.http.body import Body, Reply
from counterseal.judicial.report.model import Report

_LATEST: Final = 2**48  # ms


class PeriodQuery(Body, frozen=True):
    """`start` <= t < `end` (ms), at most 366 days. `public`: without small figures of breakdowns."""

    start: Annotated[int, msgspec.Meta(ge=0, le=_LATEST)]
    end: Annotated[int, msgspec.Meta(ge=1, le=_LATEST)]
    public: bool = False


class RowView(Reply, frozen=True):
    """One figure. `value` null: nothing to reckon it from; with `hidden`: too small to be shown. `unit`: count |
    percent | minutes | days."""

    code: str
    label: str
    chinese: str
    value: int | None
    unit: str
    hidden: bool


class SectionView(Reply, frozen=True):
    """Figures about one thing."""

    code: str
    label: str
    chinese: str
    rows: list[RowView]


class ReportView(Reply, frozen=True):
    """The period as known at `made` (ms)."""

    start: int
    end: int
    made: int
    public: bool
    sections: list[SectionView]


EXAMPLE: Final = ReportView(
    start=1_704_067_200_000,
    end=1_711_929_600_000,
    made=1_717_891_200_000,
    public=False,
    sections=[
        SectionView(
            code="authenticity",
            label="Authenticity",
            chinese="真实性核验",
            rows=[
                RowView(
                    code="forged_caught",
                    label="Forged requests caught before anything left",
                    chinese="在数据外流前识破的伪造请求",
                    value=3,
                    unit="count",
                    hidden=False,
                )
            ],
        )
    ],
)
CSV_EXAMPLE: Final = (
    "start,end,section,code,value,unit,label,label_zh\r\n"
    "2024-01-01T00:00:00.000Z,2024-04-01T00:00:00.000Z,authenticity,forged_caught,3,count,"
    "Forged requests caught before anything left,在数据外流前识破的伪造请求\r\n"
)


def view_of(report: Report) -> ReportView:
    """The page's data."""
    return ReportView(
        start=report.start,
        end=report.end,
        made=report.made,
        public=report.public,
        sections=[
            SectionView(
                code=section.code,
                label=section.label,
                chinese=section.chinese,
                rows=[
                    RowView(
                        code=row.code,
                        label=row.label,
                        chinese=row.chinese,
                        value=row.value,
                        unit=row.unit,
                        hidden=row.hidden,
                    )
                    for row in section.rows
                ],
            )
            for section in report.sections
        ],
    )
