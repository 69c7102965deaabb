# SPDX-License-Identifier: Apache-2.0
"""The history of prices: what losses are valued with."""

from __future__ import annotations

from typing import Annotated, Final

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply, upload
from counterseal.http.errors import Fault, ValidationError
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers import price_history_views as v
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.incidents.loss_prices import PriceHistory, PriceImport, PricePlan
from counterseal.incidents.loss_table import TableError

router = Router(tags=["incidents"])

History = Annotated[PriceHistory, area(PriceHistory)]
MOST_FAULTS: Final = 100


@router.get(
    "/v1/prices/history",
    **operation("Read recorded prices", reply=v.PriceHistoryView, example=v.PRICES),
)
async def read_price_history(
    caller: Annotated[Caller, require(Scope.INCIDENT_READ)],
    asked: Annotated[v.HistoryQuery, query(v.HistoryQuery)],
    history: History,
) -> Response:
    """Those of a pair in a window of up to 31 days, those that were put right too."""
    found = await history.between(asked.asset, asked.currency, asked.since, asked.until)
    return reply(v.history_view(asked.asset, asked.currency, found))


@router.post(
    "/v1/prices/history",
    **operation("Import prices", reply=v.PriceImportView, example=v.IMPORTED),
)
async def import_price_history(
    caller: Annotated[Caller, require(Scope.PRICES_WRITE)],
    write: Annotated[Write, idempotent],
    asked: Annotated[v.DryRunQuery, query(v.DryRunQuery)],
    data: Annotated[bytes, upload()],
    history: History,
) -> Response:
    """The body is a CSV file (asset, currency, at, value, source), up to 2 MB and 5,000 rows, taken in whole or not
    at all. 422 names each mistake with line and column."""
    try:
        if asked.dry_run:
            plan = await history.tried(data)
            return reply(_view(plan, known=plan.known, kept=False))
        done = await history.taken(data, by=caller.token_id, idempotency=write.of(PriceImport))
    except TableError as error:
        raise table_faults(error) from None
    made = done.result
    return reply(_view(made, known=made.rows - made.new - made.corrected, kept=True), replayed=done.replayed)


@router.post(
    "/v1/prices/history/fetch",
    **operation(
        "Ask the price service",
        reply=v.PriceImportView,
        example=v.IMPORTED,
        body_example=v.FETCH,
        problems=(409,),
    ),
)
async def fetch_price_history(
    caller: Annotated[Caller, require(Scope.PRICES_WRITE)],
    write: Annotated[Write, idempotent],
    given: Annotated[v.PriceFetchBody, json_body(v.PriceFetchBody)],
    history: History,
) -> Response:
    """Prices of a pair from the service in the settings, taken in as a file would be. 409: there is none; 503: it
    does not answer as it should."""
    pair = (given.asset, given.currency, given.since, given.until)
    try:
        done = await history.fetched(*pair, by=caller.token_id, idempotency=write.of(PriceImport))
    except TableError as error:
        raise table_faults(error) from None
    made = done.result
    return reply(_view(made, known=made.rows - made.new - made.corrected, kept=True), replayed=done.replayed)


def _view(made: PricePlan | PriceImport, *, known: int, kept: bool) -> v.PriceImportView:
    return v.PriceImportView(
        sha256=made.sha256, kept=kept, rows=made.rows, new=made.new, known=known, corrected=made.corrected
    )


def table_faults(error: TableError) -> ValidationError:
    """Every mistake with its place, as RFC 9457 problems carry them."""
    faults = [Fault(f"/line/{each.line}/column/{each.column}", str(each)) for each in error.faults[:MOST_FAULTS]]
    return ValidationError(error.sentence, code=error.code, faults=faults)
