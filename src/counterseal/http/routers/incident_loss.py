# SPDX-License-Identifier: Apache-2.0
"""The loss of an incident: the platform's rows, what people state, and what it comes to."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.loss.model import Recovery
from counterseal.core.loss.packs import ValuationPack
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply, upload
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers import incident_loss_bodies as b
from counterseal.http.routers import incident_loss_examples as x
from counterseal.http.routers import incident_loss_replies as r
from counterseal.http.routers import incident_loss_views as shown
from counterseal.http.routers.price_history import table_faults
from counterseal.http.routers.price_history_views import DryRunQuery
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.incidents.loss_file import Noted, RowsImport
from counterseal.incidents.loss_movements import Movements
from counterseal.incidents.loss_packs import PackMissingError
from counterseal.incidents.loss_service import Losses
from counterseal.incidents.loss_table import TableError

router = Router(tags=["incidents"])

Area = Annotated[Losses, area(Losses)]
Rows = Annotated[Movements, area(Movements)]
Reads = Annotated[Caller, require(Scope.INCIDENT_READ)]
Writes = Annotated[Caller, require(Scope.INCIDENT_WRITE)]
Key = Annotated[Write, idempotent]
BASE = "/v1/incidents/{incident}"


@router.get(f"{BASE}/loss", **operation("Read the loss", reply=r.LossView, example=x.LOSS, problems=(404,)))
async def read_loss(
    incident: str, caller: Reads, asked: Annotated[b.LossQuery, query(b.LossQuery)], losses: Area
) -> Response:
    """What is missing per asset and in the currency by a valuation pack, with all that is open."""
    found = await losses.report(incident, pack=asked.pack, paid_at=asked.paid_at)
    return reply(shown.loss_view(found, _pack(losses, asked.pack)))


@router.get(
    f"{BASE}/loss/accounts",
    **operation("List the losses of accounts", reply=r.AccountSums, example=x.ACCOUNTS, problems=(404,)),
)
async def list_account_losses(
    incident: str, caller: Reads, page: Annotated[b.LossPage, query(b.LossPage)], losses: Area
) -> Response:
    """In id order, those that lost something or have something open."""
    found = await losses.report(incident, pack=page.pack, paid_at=page.paid_at)
    return reply(shown.account_sums(found, after=page.after, limit=page.limit))


@router.get(
    f"{BASE}/loss/accounts/{{account}}",
    **operation("Read the loss of an account", reply=r.AccountLossView, example=x.ACCOUNT, problems=(404,)),
)
async def read_account_loss(
    incident: str, account: str, caller: Reads, asked: Annotated[b.LossQuery, query(b.LossQuery)], losses: Area
) -> Response:
    """Every line with why it belongs, its evidence and its price; what was left out, and why. Of nobody else."""
    await losses.check_member(incident, account)
    found = await losses.report(incident, pack=asked.pack, paid_at=asked.paid_at)
    return reply(shown.account_loss(found, account))


@router.get(
    f"{BASE}/loss/statements",
    **operation("List what people stated of a loss", reply=r.StatementList, example=x.STATEMENTS, problems=(404,)),
)
async def list_loss_statements(incident: str, caller: Reads, losses: Area) -> Response:
    """All of them. Of two about the same, the later counts."""
    return reply(shown.statements(await losses.file(incident)))


@router.post(
    f"{BASE}/loss/statements",
    **operation(
        "State whether something belongs to a loss",
        reply=r.LossNoted,
        example=x.NOTED,
        body_example=x.STATEMENT,
        problems=(404,),
    ),
)
async def state_loss(
    incident: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.StatementBody, json_body(b.StatementBody)],
    losses: Area,
) -> Response:
    """A person's word wins over the investigation. Nothing is removed: another statement puts it right."""
    done = await losses.state(
        incident,
        given.account,
        given.about,
        belongs=given.belongs,
        by=caller.token_id,
        why=given.why,
        idempotency=write.of(Noted),
    )
    return reply(r.LossNoted(incident=incident, made=done.result.made), replayed=done.replayed)


@router.get(
    f"{BASE}/loss/recoveries",
    **operation("List recoveries", reply=r.RecoveryList, example=x.RECOVERIES, problems=(404,)),
)
async def list_recoveries(incident: str, caller: Reads, losses: Area) -> Response:
    """What came back and what is held; `stands` is false for those that were put right."""
    return reply(shown.recoveries(await losses.file(incident)))


@router.post(
    f"{BASE}/loss/recoveries",
    **operation(
        "Note a recovery", reply=r.LossNoted, example=x.NOTED, body_example=x.RECOVERY_BODY, problems=(404, 409)
    ),
)
async def note_recovery(
    incident: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.RecoveryBody, json_body(b.RecoveryBody)],
    losses: Area,
) -> Response:
    """What came back, or is held fast elsewhere. With `replaces` it puts an earlier one right (409: it does not
    stand)."""
    recovery = Recovery(
        id="",
        asset=given.asset,
        amount=given.amount,
        at=0,
        state=given.state,
        account=given.account,
        where=given.where,
        ref=given.ref,
        by=caller.token_id,
        why=given.why,
        replaces=given.replaces,
    )
    done = await losses.recover(incident, recovery, idempotency=write.of(Noted))
    return reply(r.LossNoted(incident=incident, made=done.result.made), replayed=done.replayed)


@router.post(
    f"{BASE}/movements",
    **operation("Import movements", reply=r.RowsImportView, example=x.ROWS, problems=(404,)),
)
async def import_movements(
    incident: str,
    caller: Writes,
    write: Key,
    asked: Annotated[DryRunQuery, query(DryRunQuery)],
    data: Annotated[bytes, upload()],
    movements: Rows,
) -> Response:
    """The platform's ledger as a CSV file, up to 2 MB and 5,000 rows, taken in whole or not at all; a row that
    stands already is not taken twice. 422 names each mistake with line and column."""
    try:
        if asked.dry_run:
            plan = await movements.tried(incident, data)
            return reply(
                r.RowsImportView(
                    source=plan.source,
                    kept=False,
                    rows=plan.rows,
                    new=plan.new,
                    known=plan.known,
                    accounts=plan.accounts,
                )
            )
        done = await movements.taken(incident, data, by=caller.token_id, idempotency=write.of(RowsImport))
    except TableError as error:
        raise table_faults(error) from None
    return reply(_taken(done.result), replayed=done.replayed)


@router.post(
    f"{BASE}/movements/fetch",
    **operation(
        "Ask the platform for movements",
        reply=r.RowsImportView,
        example=x.ROWS,
        body_example=x.FETCH,
        problems=(404, 409),
    ),
)
async def fetch_movements(
    incident: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.FetchBody, json_body(b.FetchBody)],
    movements: Rows,
) -> Response:
    """A signed question to the platform for each account of the incident; its signed answer is taken in as a file
    would be. 409: no platform is set up; 503: it does not answer as it should."""
    key = write.of(RowsImport)
    try:
        done = await movements.fetched(incident, given.since, given.until, by=caller.token_id, idempotency=key)
    except TableError as error:
        raise table_faults(error) from None
    return reply(_taken(done.result), replayed=done.replayed)


@router.get(
    f"{BASE}/movements/{{account}}",
    **operation("List movements of an account", reply=r.MovementList, example=x.MOVEMENTS, problems=(404,)),
)
async def list_movements(incident: str, account: str, caller: Reads, movements: Rows, losses: Area) -> Response:
    """The rows of the platform's ledger as they came in, each with its hash and where it came from."""
    await losses.check_member(incident, account)
    items = [shown.movement_view(each) for each in await movements.rows(incident, account)]
    return reply(r.MovementList(account=account, items=items))


def _taken(made: RowsImport) -> r.RowsImportView:
    return r.RowsImportView(
        source=made.source,
        kept=True,
        rows=made.rows,
        new=made.new,
        known=made.rows - made.new,
        accounts=made.accounts,
    )


def _pack(losses: Losses, name: str) -> ValuationPack:
    found = losses.packs.pack(name)
    if found is None:
        raise PackMissingError(f"there is no valuation pack `{name}`")
    return found
