# SPDX-License-Identifier: Apache-2.0
"""A report as CSV (RFC 4180): one line for each figure. Codes are stable; what cannot be told is empty."""

from __future__ import annotations

import csv
import io
from typing import Final

from counterseal.core.happenings import written
from counterseal.judicial.report.model import Report

COLUMNS: Final = ("start", "end", "section", "code", "value", "unit", "label", "label_zh")
HIDDEN: Final = "hidden"


def csv_of(report: Report) -> str:
    """With a header line; times in RFC 3339. No cell begins with what a spreadsheet would take for a formula."""
    held = io.StringIO()
    rows = csv.writer(held, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    start, end = written(report.start), written(report.end)
    for section in report.sections:
        for row in section.rows:
            value = HIDDEN if row.hidden else "" if row.value is None else str(row.value)
            cells = (start, end, section.code, row.code, value, row.unit, row.label, row.chinese)
            rows.writerow([_plain(each) for each in cells])
    return held.getvalue()


def _plain(cell: str) -> str:
    """A country is what a requester claimed: it may not become a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
