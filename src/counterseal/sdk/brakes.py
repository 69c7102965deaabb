# SPDX-License-Identifier: Apache-2.0
"""Brakes on the whole platform: what two officers stop on every account."""

from __future__ import annotations

import msgspec

from counterseal.sdk.transport import Call, segment, write


class Brake(msgspec.Struct, frozen=True):
    """A brake. `about`: the asset, the action, or `address`, `chain|address`, `chain|address|memo`; `until` (ms)
    None = until it is lifted."""

    id: str
    kind: str
    about: str
    since: int
    until: int | None = None
    officers: tuple[str, ...] = ()
    reason: str = ""
    lifted: bool = False


class Spot(msgspec.Struct, frozen=True):
    """A destination to stop. No chain: on any; `memo` None: with any."""

    address: str
    chain: str = ""
    memo: str | None = None


def list_brakes() -> Call[tuple[Brake, ...]]:
    """What is stopped on every account now (staff:read)."""
    return Call("GET", "/v1/brakes", tuple[Brake, ...], member="items")


def set_brake(
    reason: str,
    *,
    second_officer: str = "",
    approval: str = "",
    asset: str = "",
    destination: Spot | None = None,
    action: str = "",
    duration: int | None = None,
    key: str | None = None,
) -> Call[Brake]:
    """Two officers stop an asset, a destination or an action everywhere (staff:officer, twice). `duration`: ms."""
    body = {
        "reason": reason,
        "asset": asset,
        "destination": None if destination is None else msgspec.to_builtins(destination),
        "action": action,
        "duration": duration,
    }
    return write(Brake, "/v1/brakes", body, key=key, officer=second_officer, approval=approval)


def lift_brake(
    brake: str, reason: str, *, second_officer: str = "", approval: str = "", key: str | None = None
) -> Call[Brake]:
    """Two officers end a brake: what waited goes on as it was (staff:officer, twice)."""
    path = f"/v1/brakes/{segment(brake)}/lift"
    return write(Brake, path, {"reason": reason}, key=key, officer=second_officer, approval=approval)
