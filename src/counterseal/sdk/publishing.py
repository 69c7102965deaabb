# SPDX-License-Identifier: Apache-2.0
"""Calls of policy publishing: examine, try in shadow, publish, roll back. docs/publishing.md has the steps.

To roll back is to publish `policy_versions().roll_back_to`, with a verdict of its own against what is in force now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counterseal.sdk.publishing_replies import Checked, PolicyVersion, PolicyVersions, ShadowRun, Verdict
from counterseal.sdk.transport import Call, segment, write

Json = dict[str, Any]


def policy_versions() -> Call[PolicyVersions]:
    """Every version, the newest first, and which one is in force (audit:read)."""
    return Call("GET", "/v1/policy/versions", PolicyVersions)


def policy_version(version: str) -> Call[PolicyVersion]:
    """One version with text, verdict and difference (audit:read). Raises NotFoundError."""
    return Call("GET", _path(version), PolicyVersion)


def upload_policy(
    text: str, *, vocabulary: str | None = None, note: str = "", key: str | None = None
) -> Call[PolicyVersion]:
    """A draft (policy:write); 422 names every fault with line and column."""
    body: Json = {"text": text, "note": note}
    if vocabulary is not None:
        body["vocabulary"] = vocabulary
    return write(PolicyVersion, "/v1/policy/versions", body, key=key)


def examine_policy(version: str, *, key: str | None = None) -> Call[PolicyVersion]:
    """Prove it and compare it with the policy in force (policy:write). Read it until `examining` is over."""
    return write(PolicyVersion, _path(version, "/examine"), key=key)


def publish_policy(version: str, verdict: Verdict, *, approval: str, key: str | None = None) -> Call[PolicyVersion]:
    """Put it in force (policy:publish). `verdict`: its `proof` as it was read; `approval`: two publishers signed
    this very call (its `method`, `path` and `body`). ConflictError: what they signed is not what is so now."""
    body = {
        "verdict": verdict.digest,
        "replaces": verdict.against,
        "weaker": verdict.weaker,
        "failing": verdict.failing,
        "locked_out": verdict.locked_out,
        "apart": len(verdict.apart),
    }
    return write(PolicyVersion, _path(version, "/publish"), body, key=key, approval=approval)


def shadow_run() -> Call[ShadowRun]:
    """Live against shadow, by action (audit:read)."""
    return Call("GET", "/v1/policy/shadow", ShadowRun)


def start_shadow(version: str, *, key: str | None = None) -> Call[ShadowRun]:
    """Try a version beside the one in force (policy:write). ConflictError while another one runs."""
    return write(ShadowRun, _path(version, "/shadow"), key=key)


def stop_shadow(version: str, *, key: str | None = None) -> Call[ShadowRun]:
    """It takes nothing more; what it found stays (policy:write)."""
    return write(ShadowRun, _path(version, "/shadow/stop"), key=key)


def clear_shadow(version: str, *, key: str | None = None) -> Call[ShadowRun]:
    """Stop it and remove what it found (policy:write)."""
    return write(ShadowRun, _path(version, "/shadow/clear"), key=key)


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


def _path(version: str, rest: str = "") -> str:
    return f"/v1/policy/versions/{segment(version)}{rest}"
