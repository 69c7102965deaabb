# SPDX-License-Identifier: Apache-2.0
"""Keys over HTTP: what there is, and the rotation that two approve. docs/keys.md has the procedures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Protocol

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.transaction import Committed, Idempotency
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, Reply, json_body, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import area

router = Router(tags=["access"])


class KeyListed(msgspec.Struct, frozen=True):
    """A key. Times in ms; `master`: hex id of the master key that wraps it, "" = its secret is gone."""

    purpose: str
    kid: str
    state: str
    made: int
    since: int
    until: int | None
    master: str


class KeyRotated(msgspec.Struct, frozen=True):
    """What a rotation did. `since`: when the new key begins to sign; `until`: when the old one has left (ms)."""

    purpose: str
    old: str
    new: str
    since: int
    until: int | None
    compromised: bool
    by: str


class KeyRotation(Protocol):
    """Rings of keys, and how they change."""

    async def listed(self) -> Sequence[KeyListed]:
        """Every key, by purpose, oldest first."""
        ...

    async def rotate(
        self, purpose: str, *, compromised: bool, by: str, idempotency: Idempotency | None
    ) -> Committed[KeyRotated]:
        """Make the next key of a purpose."""
        ...


class KeyView(Reply, frozen=True):
    """A key. `since`: from when on it works; `until`: when the last thing made under it has ended, null = open
    (ms); `master`: id of the master key that wraps it, empty = its secret is gone."""

    purpose: str
    kid: str
    state: str
    made: int
    since: int
    until: int | None
    master: str


class KeyList(Reply, frozen=True):
    """Every key that there is or was, but for the root."""

    keys: list[KeyView]


class RotateBody(Body, frozen=True):
    """`compromised`: the key is in wrong hands; the next works at once, and what the old one signed is void."""

    compromised: bool = False


class RotatedView(Reply, frozen=True):
    """`since`: when the new key begins to work; `until`: when the old one has left (ms)."""

    purpose: str
    old: str
    new: str
    since: int
    until: int | None
    compromised: bool
    by: str


_KEY: Final = KeyView(
    purpose="seal",
    kid="kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    state="current",
    made=1_717_891_200_000,
    since=1_717_891_800_000,
    until=None,
    master="9f0c2e5a77d1b364",
)
_ROTATED: Final = RotatedView(
    purpose="seal",
    old="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    new=_KEY.kid,
    since=1_717_891_800_000,
    until=1_717_891_990_000,
    compromised=False,
    by="st_0a1b2c3d4e5f607182",
)


@router.get("/v1/keys", **operation("List keys", reply=KeyList, example=KeyList(keys=[_KEY])))
async def list_keys(
    caller: Annotated[Caller, require(Scope.AUDIT_READ)], rotation: Annotated[KeyRotation, area(KeyRotation)]
) -> Response:
    """What works now, what comes next, what is still known. No secret is in it."""
    return reply(KeyList(keys=[KeyView(**msgspec.structs.asdict(each)) for each in await rotation.listed()]))


@router.post(
    "/v1/keys/{purpose}/rotate",
    **operation("Rotate a key", reply=RotatedView, example=_ROTATED, body_example=RotateBody(), problems=(409,)),
)
async def rotate_key(
    purpose: str,
    caller: Annotated[Caller, require(Scope.STAFF_ADMIN)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_passkeys],
    wanted: Annotated[RotateBody, json_body(RotateBody)],
    rotation: Annotated[KeyRotation, area(KeyRotation)],
) -> Response:
    """Make the next key of `seal`, `log`, `page` or `owner-link`. For seal and log the root's file must be at the
    server for this moment. Two approve it (header `Approval`)."""
    done = await rotation.rotate(
        purpose, compromised=wanted.compromised, by=" ".join(officers.names), idempotency=write.of(KeyRotated)
    )
    return reply(RotatedView(**msgspec.structs.asdict(done.result)), replayed=done.replayed)
