# SPDX-License-Identifier: Apache-2.0
"""Calls of operators and their tools: prices, policy, clock, messages, tokens, keys, log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from counterseal.sdk import ask as given
from counterseal.sdk import upkeep_replies as told
from counterseal.sdk.transport import Call, segment, write


def put_prices(prices: Sequence[given.Price], *, key: str | None = None) -> Call[told.Taken]:
    """State prices in the accounting currency (prices:write)."""
    return write(told.Taken, "/v1/prices", {"prices": list(prices)}, key=key, method="PUT")


def read_policy() -> Call[told.Policy]:
    """The policy in force, by rule (public)."""
    return Call("GET", "/v1/policy", told.Policy)


def policy_text() -> Call[str]:
    """The document of the policy in force, as loaded (public)."""
    return Call("GET", "/v1/policy/text", str)


def read_clock() -> Call[told.Clock]:
    """The guard's clock (public)."""
    return Call("GET", "/v1/clock", told.Clock)


def set_clock(now: int, *, key: str | None = None) -> Call[told.Clock]:
    """Set the simulated clock to `now` (ms; clock:write). Due timers and messages are worked off first."""
    return write(told.Clock, "/v1/clock", {"set": now}, key=key)


def advance_clock(span: int, *, key: str | None = None) -> Call[told.Clock]:
    """Move the simulated clock on by `span` ms (clock:write)."""
    return write(told.Clock, "/v1/clock", {"advance": span}, key=key)


def outbox(*, limit: int = 500) -> Call[tuple[told.Message, ...]]:
    """Messages of the development outbox, newest first (admin)."""
    query = (("limit", str(limit)),)
    return Call("GET", "/v1/outbox", tuple[told.Message, ...], query=query, member="messages")


def create_token(
    name: str,
    platform: str,
    scopes: Sequence[str],
    *,
    days: int | None = None,
    officer: str | None = None,
    key: str | None = None,
) -> Call[told.NewToken]:
    """A new platform token, shown once (admin)."""
    body = {
        "name": name,
        "platform": platform,
        "scopes": list(scopes),
        "lifetime_days": days,
        "officer": officer,
    }
    return write(told.NewToken, "/v1/tokens", body, key=key)


def list_tokens(*, after: str = "") -> Call[told.Tokens]:
    """Tokens in id order, those behind `after` (admin)."""
    query = (("after", after),) if after else ()
    return Call("GET", "/v1/tokens", told.Tokens, query=query)


def revoke_token(token_id: str, *, key: str | None = None) -> Call[told.Token]:
    """End a token (admin)."""
    return write(told.Token, f"/v1/tokens/{segment(token_id)}/revoke", key=key)


def register_attestation_key(
    jwk: Mapping[str, str], platform: str, *, key_id: str | None = None, key: str | None = None
) -> Call[told.AttestationKey]:
    """Register a public Ed25519 key of the platform's auth service (admin)."""
    body = {"jwk": dict(jwk), "platform": platform, "id": key_id}
    return write(told.AttestationKey, "/v1/attestation-keys", body, key=key)


def list_attestation_keys(*, after: str = "") -> Call[told.AttestationKeys]:
    """Keys of auth services in id order, those behind `after` (admin)."""
    query = (("after", after),) if after else ()
    return Call("GET", "/v1/attestation-keys", told.AttestationKeys, query=query)


def revoke_attestation_key(key_id: str, *, key: str | None = None) -> Call[told.AttestationKey]:
    """End a key of the platform's auth service (admin)."""
    return write(told.AttestationKey, f"/v1/attestation-keys/{segment(key_id)}/revoke", key=key)


def checkpoint() -> Call[str]:
    """The newest signed checkpoint of the log (public)."""
    return Call("GET", "/v1/log/checkpoint", str)


def log_inclusion(position: int, *, size: int | None = None) -> Call[told.Inclusion]:
    """The proof that an entry is in the log."""
    query = (("position", str(position)), *((("size", str(size)),) if size is not None else ()))
    return Call("GET", "/v1/log/inclusion", told.Inclusion, query=query)


def log_consistency(first: int, second: int) -> Call[told.Consistency]:
    """The proof that one tree of the log extends another."""
    query = (("first", str(first)), ("second", str(second)))
    return Call("GET", "/v1/log/consistency", told.Consistency, query=query)


def log_entries(*, first: int = 0, limit: int = 100) -> Call[told.Leaves]:
    """A page of the log's leaves (audit:read)."""
    return Call("GET", "/v1/log/entries", told.Leaves, query=(("first", str(first)), ("limit", str(limit))))
