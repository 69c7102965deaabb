# SPDX-License-Identifier: Apache-2.0
"""Calls of policy publishing. Times ms since the epoch; answers are the JSON of the API reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counterseal.sdk.transport import Call, segment, write

Json = dict[str, Any]


def policy_versions() -> Call[Json]:
    """Every version, the newest first, and which one is in force (audit:read)."""
    return Call("GET", "/v1/policy/versions", Json)


def policy_version(version: str) -> Call[Json]:
    """One version with text, verdict and difference (audit:read). Raises NotFoundError."""
    return Call("GET", f"/v1/policy/versions/{segment(version)}", Json)


def upload_policy(
    text: str, *, vocabulary: str | None = None, note: str = "", key: str | None = None
) -> Call[Json]:
    """A draft (policy:write); 422 names every fault with line and column."""
    body: Json = {"text": text, "note": note}
    if vocabulary is not None:
        body["vocabulary"] = vocabulary
    return write(Json, "/v1/policy/versions", body, key=key)


def shadow_run() -> Call[Json]:
    """Live against shadow, by action (audit:read)."""
    return Call("GET", "/v1/policy/shadow", Json)


def start_shadow(version: str, *, key: str | None = None) -> Call[Json]:
    """Try a version beside the one in force (policy:write)."""
    return write(Json, f"/v1/policy/versions/{segment(version)}/shadow", key=key)


def check_policy(
    account: str,
    action: str,
    *,
    policy: str | None = None,
    more: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Call[Json]:
    """What an ask would be answered now (accounts:read, decisions:staff). `policy`: digest of a version; `more`:
    the rest of the ask."""
    body: Json = {**(more or {}), "account": account, "action": action}
    if policy is not None:
        body["policy"] = policy
    return write(Json, "/v1/policy/check", body, key=key)
