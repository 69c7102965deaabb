# SPDX-License-Identifier: Apache-2.0
"""Calls of policy publishing. Times ms since the epoch; a version's id is the hex of its digest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from counterseal.sdk.replies import Decision
from counterseal.sdk.transport import Call, segment, write

Json = dict[str, Any]


class VersionRow(msgspec.Struct, frozen=True):
    """A version. `verdict`: digest of what is proved of it, empty = nothing yet; `failing`: properties."""

    version: str
    digest: str
    number: int
    name: str
    state: str
    at: int
    verdict: str
    weaker: bool
    failing: int
    approval: str


class PolicyVersion(VersionRow, frozen=True):
    """A version with its documents."""

    text: str
    vocabulary: str


class PolicyVersions(msgspec.Struct, frozen=True):
    """The newest first. `in_force`, `previous`: digests."""

    items: tuple[VersionRow, ...]
    in_force: str
    previous: str | None


class Cell(msgspec.Struct, frozen=True):
    """How many actions ended as `was`, and would have ended as `now`."""

    action: str
    was: str
    now: str
    count: int


class Shadow(msgspec.Struct, frozen=True):
    """A shadow run. `lag`: entries of the log that it has not taken."""

    version: str
    state: str
    lag: int
    inputs: int
    cells: tuple[Cell, ...]


class ShadowRun(msgspec.Struct, frozen=True):
    """The run that there is, None = none."""

    shadow: Shadow | None


class Checked(msgspec.Struct, frozen=True):
    """What would be decided."""

    policy: str
    in_force: bool
    status: str
    decision: Decision


def policy_versions() -> Call[PolicyVersions]:
    """Every version, the newest first, and which one is in force (audit:read)."""
    return Call("GET", "/v1/policy/versions", PolicyVersions)


def policy_version(version: str) -> Call[PolicyVersion]:
    """One version with text, verdict and difference (audit:read). Raises NotFoundError."""
    return Call("GET", f"/v1/policy/versions/{segment(version)}", PolicyVersion)


def upload_policy(
    text: str, *, vocabulary: str | None = None, note: str = "", key: str | None = None
) -> Call[PolicyVersion]:
    """A draft (policy:write); 422 names every fault with line and column."""
    body: Json = {"text": text, "note": note}
    if vocabulary is not None:
        body["vocabulary"] = vocabulary
    return write(PolicyVersion, "/v1/policy/versions", body, key=key)


def shadow_run() -> Call[ShadowRun]:
    """Live against shadow, by action (audit:read)."""
    return Call("GET", "/v1/policy/shadow", ShadowRun)


def start_shadow(version: str, *, key: str | None = None) -> Call[ShadowRun]:
    """Try a version beside the one in force (policy:write)."""
    return write(ShadowRun, f"/v1/policy/versions/{segment(version)}/shadow", key=key)


def check_policy(
    account: str,
    action: str,
    *,
    policy: str | None = None,
    more: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Call[Checked]:
    """What an ask would be answered now (accounts:read, decisions:staff). `policy`: digest of a version; `more`:
    the rest of the ask."""
    body: Json = {**(more or {}), "account": account, "action": action}
    if policy is not None:
        body["policy"] = policy
    return write(Checked, "/v1/policy/check", body, key=key)
