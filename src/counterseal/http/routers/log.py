# SPDX-License-Identifier: Apache-2.0
"""The tamper-evident log over HTTP: checkpoint, key, inclusion and consistency proofs, entries."""

from __future__ import annotations

import base64
from typing import Annotated

import msgspec
from starlette.responses import PlainTextResponse, Response

from counterseal.access.model import Scope
from counterseal.audit.ports import LogReader
from counterseal.audit.service import LogService
from counterseal.audit.witnessed import WitnessBoard
from counterseal.core.leaf import encode_leaf
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, query, reply
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services

router = Router(tags=["log"])
NOTE_EXAMPLE = (
    "counterseal.local/log\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— counterseal.local/log …\n"
)


class InclusionQuery(Body, frozen=True):
    """`position` of the entry; `size` of the tree, null = the latest checkpoint's."""

    position: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    size: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None


class ConsistencyQuery(Body, frozen=True):
    """Sizes of two checkpoints."""

    first: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    second: Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class EntriesQuery(Body, frozen=True):
    """`first`: position to begin with; `limit`: at most 1,000."""

    first: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


class InclusionView(Reply, frozen=True):
    """Hashes in base64 (RFC 9162, section 2.1.3)."""

    position: int
    size: int
    leaf_hash: str
    proof: list[str]


class ConsistencyView(Reply, frozen=True):
    """Hashes in base64 (RFC 9162, section 2.1.4)."""

    first: int
    second: int
    proof: list[str]


class LeafView(Reply, frozen=True):
    """A leaf: canonical JSON (RFC 8785) as it is hashed, and its hash. Nothing personal is in it.

    `kind`, `at` (ms) and `policy` as in the leaf; `subject` is a pseudonym.
    """

    position: int
    kind: str
    at: int
    policy: str
    subject: str
    leaf: str
    leaf_hash: str


class LeavesView(Reply, frozen=True):
    """A page of leaves."""

    entries: list[LeafView]
    size: int


class WitnessView(Reply, frozen=True):
    """A witness. `size`, `taken` (ms): of the checkpoint that it took last since this server started, null = none;
    `tried` (ms): the last push; `error`: why that one was not taken, empty = it was."""

    name: str
    size: int | None
    taken: int | None
    tried: int | None
    error: str


class WitnessesView(Reply, frozen=True):
    """The witnesses of the settings, in their order. `every`: ms between two pushes."""

    witnesses: list[WitnessView]
    every: int


class KeyView(Reply, frozen=True):
    """The log's origin and note verifier key; keep it apart from this server. `keys`: all that sign now, while one
    takes the other's place; `successions`: the signed notes by which they name each other."""

    origin: str
    key: str
    keys: list[str]
    successions: list[str]


KEY_EXAMPLE = KeyView(origin="counterseal.local/log", key="…", keys=["…"], successions=[])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@router.get(
    "/v1/log/checkpoint",
    **operation("Read the latest checkpoint", example=NOTE_EXAMPLE, media_type="text/plain", problems=(404,)),
)
async def read_checkpoint(log: Annotated[LogService, area(LogService)]) -> Response:
    """A C2SP signed note over size and root of the log. Keep one outside."""
    return PlainTextResponse((await log.latest_checkpoint()).note)


@router.get(
    "/v1/log/key",
    **operation("Read the log's key", reply=KeyView, example=KEY_EXAMPLE),
)
async def read_log_key(
    log: Annotated[LogService, area(LogService)], found: Annotated[Services, services]
) -> Response:
    """The verifier key in C2SP note form."""
    keys = log.public_keys(found.clock.now())
    return reply(KeyView(origin=log.origin, key=keys[0], keys=keys, successions=list(log.successions)))


@router.get(
    "/v1/log/inclusion",
    **operation(
        "Prove inclusion",
        reply=InclusionView,
        example=InclusionView(position=3, size=4, leaf_hash="…", proof=["…", "…"]),
        problems=(404,),
    ),
)
async def read_inclusion(
    asked: Annotated[InclusionQuery, query(InclusionQuery)], log: Annotated[LogService, area(LogService)]
) -> Response:
    """That an entry is in the log of a checkpoint."""
    found = await log.inclusion_proof(asked.position, asked.size)
    return reply(
        InclusionView(
            position=found.seq,
            size=found.size,
            leaf_hash=_text(found.digest),
            proof=[_text(item) for item in found.proof],
        )
    )


@router.get(
    "/v1/log/consistency",
    **operation(
        "Prove consistency",
        reply=ConsistencyView,
        example=ConsistencyView(first=2, second=4, proof=["…"]),
        problems=(404,),
    ),
)
async def read_consistency(
    asked: Annotated[ConsistencyQuery, query(ConsistencyQuery)], log: Annotated[LogService, area(LogService)]
) -> Response:
    """That the log of the second size extends that of the first."""
    found = await log.consistency_proof(asked.first, asked.second)
    return reply(
        ConsistencyView(first=found.size1, second=found.size2, proof=[_text(item) for item in found.proof])
    )


@router.get(
    "/v1/log/entries",
    **operation(
        "Read leaves",
        reply=LeavesView,
        example=LeavesView(
            entries=[
                LeafView(
                    position=0,
                    kind="ask",
                    at=1_717_934_400_000,
                    policy="sha256:0d5c2a7f",
                    subject="3q2-7wAAAAAAAAAAAAAAAA",
                    leaf="{…}",
                    leaf_hash="…",
                )
            ],
            size=42,
        ),
    ),
)
async def read_leaves(
    caller: Annotated[Caller, require(Scope.AUDIT_READ)],
    asked: Annotated[EntriesQuery, query(EntriesQuery)],
    log: Annotated[LogReader, area(LogReader)],
) -> Response:
    """Leaves in log order: commitments only."""
    found = await log.entries(asked.first, asked.limit, opened=False)
    views = [
        LeafView(
            position=x.leaf.seq,
            kind=x.leaf.kind,
            at=x.leaf.at,
            policy=x.leaf.policy,
            subject=x.leaf.subject,
            leaf=encode_leaf(x.leaf).decode(),
            leaf_hash=_text(x.digest),
        )
        for x in found
    ]
    return reply(LeavesView(entries=views, size=await log.size()))


@router.get(
    "/v1/log/witnesses",
    **operation(
        "List witnesses",
        reply=WitnessesView,
        example=WitnessesView(
            witnesses=[
                WitnessView(name="partner", size=42, taken=1_717_934_400_000, tried=1_717_934_400_000, error="")
            ],
            every=60_000,
        ),
    ),
)
async def list_witnesses(
    _caller: Annotated[Caller, require(Scope.AUDIT_READ)],
    board: Annotated[WitnessBoard, area(WitnessBoard)],
    held: Annotated[Services, services],
) -> Response:
    """Outside parties that remember checkpoints, so that the log cannot go back behind them, and what each took."""
    rows = [
        WitnessView(name=x.name, size=x.size, taken=x.taken, tried=x.tried, error=x.error) for x in board.rows()
    ]
    return reply(WitnessesView(witnesses=rows, every=held.settings.witness_interval_ms))
