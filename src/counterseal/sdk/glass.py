# SPDX-License-Identifier: Apache-2.0
"""Break-glass: two officers put suspicions about one account aside for what is no outflow, up to 4 h in 24 h."""

from __future__ import annotations

import msgspec

from counterseal.sdk.replies import Done
from counterseal.sdk.transport import Call, segment, write


class Opening(msgspec.Struct, frozen=True):
    """From `since` to `until` (ms). `closed_by`: who ended it before its time; empty = nobody."""

    id: str
    since: int
    until: int
    officers: tuple[str, ...] = ()
    reason: str = ""
    closed_by: str = ""


class Glass(msgspec.Struct, frozen=True):
    """The openings that reach into the last 24 h, newest first. `left`: ms that may still be opened."""

    account: str
    open: bool
    left: int
    items: tuple[Opening, ...]


def read_glass(account: str) -> Call[Glass]:
    """Whether it is open, and who opened and closed it (accounts:read, decisions:staff)."""
    return Call("GET", _path(account), Glass)


def open_glass(account: str, duration: int, reason: str, *, approval: str, key: str | None = None) -> Call[Done]:
    """Open it for `duration` ms (staff:officer). `approval`: two officers signed this very call with passkeys;
    tokens never stand for them. ConflictError while it is open, and where the four hours are spent."""
    body = {"duration": duration, "reason": reason}
    return write(Done, _path(account), body, key=key, approval=approval)


def close_glass(account: str, *, key: str | None = None) -> Call[Done]:
    """End it at once (staff:read): suspicions count for everything again."""
    return write(Done, _path(account, "/close"), key=key)


def _path(account: str, rest: str = "") -> str:
    return f"/v1/accounts/{segment(account)}/glass{rest}"
