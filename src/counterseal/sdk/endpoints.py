# SPDX-License-Identifier: Apache-2.0
"""Every operation that a platform, a signer or an operator's tool uses, once for both clients.

An operation is a function from its arguments to a `Call`; `Endpoint` lets both clients offer it as a method:
`client.read_policy()` answers, `await client.read_policy()` on the asynchronous one does too. `key` is the
Idempotency-Key of a write: give your own to repeat a write over restarts, else one is made for the call.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Generic, ParamSpec, TypeVar, overload

from counterseal.sdk import ask as given
from counterseal.sdk import replies as told
from counterseal.sdk.transport import Call, plain_amounts, segment

T = TypeVar("T")
P = ParamSpec("P")
STAFF = (("view", "staff"),)


class Sender:
    """The synchronous side."""

    def send(self, call: Call[T]) -> T:
        """Send a call and read its answer."""
        raise NotImplementedError


class AsyncSender:
    """The asynchronous side."""

    async def send(self, call: Call[T]) -> T:
        """Send a call and read its answer."""
        raise NotImplementedError


class Endpoint(Generic[P, T]):
    """An operation as a method of both clients."""

    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Endpoint[P, T]: ...
    @overload
    def __get__(self, client: Sender, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncSender, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Sender | AsyncSender | None, owner: type) -> Any:
        if client is None:
            return self

        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.send(self.build(*args, **kwargs))

        method.__doc__ = self.build.__doc__
        method.__name__ = self.build.__name__
        return method


def _write(
    reply: type[T],
    path: str,
    body: Any = None,
    *,
    key: str | None,
    method: str = "POST",
    officer: str = "",
    query: tuple[tuple[str, str], ...] = (),
    member: str = "",
) -> Call[T]:
    content = None if body is None else plain_amounts({k: v for k, v in body.items() if v is not None})
    return Call(method, path, reply, content, query, key or str(uuid.uuid4()), officer, member)


def _account(account: str, rest: str = "") -> str:
    return f"/v1/accounts/{segment(account)}{rest}"


def _action(action: str, rest: str = "") -> str:
    return f"/v1/actions/{segment(action)}{rest}"


def _view(*, staff: bool) -> tuple[tuple[str, str], ...]:
    return STAFF if staff else ()


# ------------------------------------------------------------------------------------------- accounts


def register(
    account: str,
    *,
    factors: Sequence[given.NewFactor] = (),
    contacts: Sequence[given.NewContact] = (),
    objects: Sequence[given.KnownObject] = (),
    language: str | None = None,
    phrase: str | None = None,
    key: str | None = None,
) -> Call[told.Done]:
    """Create an account (accounts:write). ConflictError if it exists."""
    body = {
        "account": account,
        "language": language,
        "phrase": phrase,
        "contacts": contacts or None,
        "factors": factors or None,
        "objects": objects or None,
    }
    return _write(told.Done, "/v1/accounts", body, key=key)


def read_account(account: str) -> Call[told.Account]:
    """An account (accounts:read; suspicions and doubts with decisions:staff)."""
    return Call("GET", _account(account), told.Account)


def timeline(account: str, *, after: int | None = None) -> Call[told.Timeline]:
    """A page of the account's own events (decisions:staff)."""
    query = () if after is None else (("after", str(after)),)
    return Call("GET", _account(account, "/timeline"), told.Timeline, query=query)


def freeze(account: str, *, key: str | None = None) -> Call[told.Done]:
    """Stop all outflows now, on the owner's word (accounts:freeze). Never throttled."""
    return _write(told.Done, _account(account, "/freeze"), {"kind": "owner"}, key=key)


def staff_freeze(account: str, *, second_officer: str, key: str | None = None) -> Call[told.Done]:
    """Two officers stop outflows and nearly everything else (staff:officer, twice)."""
    return _write(told.Done, _account(account, "/staff-freeze"), key=key, officer=second_officer)


def unfreeze(account: str, *, second_officer: str, key: str | None = None) -> Call[told.Done]:
    """Two officers lift every freeze (staff:officer, twice)."""
    return _write(told.Done, _account(account, "/unfreeze"), key=key, officer=second_officer)


def erase(account: str, *, second_officer: str, key: str | None = None) -> Call[told.Done]:
    """Two officers destroy what the account's entries can be read with (staff:officer, twice)."""
    return _write(told.Done, _account(account, "/erase"), key=key, officer=second_officer)


def suspect(
    account: str,
    capability: str,
    *,
    until: int,
    evidence: str,
    since: int | None = None,
    instance: str | None = None,
    strength: str = "strong",
    key: str | None = None,
) -> Call[told.Done]:
    """State evidence that somebody may hold a capability against the account (signals:write)."""
    body = {
        "capability": capability,
        "since": since,
        "until": until,
        "instance": instance,
        "strength": strength,
        "evidence": evidence,
    }
    return _write(told.Done, _account(account, "/suspicions"), body, key=key)


def clear_suspicion(
    account: str, suspicion: str, *, second_officer: str, key: str | None = None
) -> Call[told.Done]:
    """Two officers withdraw a suspicion (staff:officer, twice)."""
    path = _account(account, f"/suspicions/{segment(suspicion)}/clear")
    return _write(told.Done, path, key=key, officer=second_officer)


def confirm_notice(account: str, notice: str, *, second_officer: str, key: str | None = None) -> Call[told.Done]:
    """Two officers state that they reached the owner (staff:officer, twice)."""
    path = _account(account, f"/notices/{segment(notice)}/confirm")
    return _write(told.Done, path, key=key, officer=second_officer)


# -------------------------------------------------------------------------------------------- actions


def ask(  # noqa: PLR0913 - each is one member of an ask
    account: str,
    action: str,
    *,
    objects: given.Objects | None = None,
    address: given.Address | None = None,
    payment: given.Outflow | None = None,
    enrol: Sequence[given.NewFactor] = (),
    context: Sequence[str] = (),
    lock: given.NewLock | None = None,
    source: str | None = None,
    staff: bool = False,
    key: str | None = None,
) -> Call[told.Action]:
    """Ask for a sensitive action (actions:write). The answer says whether it may happen and what is missing."""
    body = {
        "action": action,
        "objects": dict(objects) if objects else None,
        "address": address,
        "payment": payment,
        "enrol": enrol or None,
        "context": list(context) or None,
        "lock": lock,
        "source": source,
    }
    return _write(told.Action, _account(account, "/actions"), body, key=key, query=_view(staff=staff))


def read_action(action: str, *, staff: bool = False) -> Call[told.Action]:
    """An action (actions:read; `staff`: decisions:staff)."""
    return Call("GET", _action(action), told.Action, query=_view(staff=staff))


def challenge(action: str, factor: str, *, key: str | None = None) -> Call[told.Action]:
    """Send a code to the contact of a factor (actions:write)."""
    return _write(told.Action, _action(action, "/challenges"), {"factor": factor}, key=key)


def prove(
    action: str,
    factor: str,
    answer: str,
    *,
    challenge: str | None = None,
    source: str | None = None,
    key: str | None = None,
) -> Call[told.Action]:
    """Answer with a code or an attestation (actions:write). ProofRefusedError if it does not pass."""
    body = {"factor": factor, "answer": answer, "challenge": challenge, "source": source}
    return _write(told.Action, _action(action, "/proofs"), body, key=key)


def decide(action: str, *, staff: bool = False, key: str | None = None) -> Call[told.Action]:
    """Decide again now: after a wait, or to collect the seal of an outflow that is ready (actions:write)."""
    return _write(told.Action, _action(action, "/decide"), key=key, query=_view(staff=staff))


def cancel(action: str, *, key: str | None = None) -> Call[told.Action]:
    """Cancel what has not happened yet (actions:write). Never throttled."""
    return _write(told.Action, _action(action, "/cancel"), key=key)


def dispute(action: str, *, uphold: bool, second_officer: str, key: str | None = None) -> Call[told.Action]:
    """Two officers decide a disputed change (staff:officer, twice)."""
    return _write(told.Action, _action(action, "/dispute"), {"uphold": uphold}, key=key, officer=second_officer)


# ---------------------------------------------------------------------------------------------- seals


def redeem(seal: str, *, key: str | None = None) -> Call[told.Redemption]:
    """Redeem a seal that `SealVerifier` passed (seals:redeem). RedemptionRefusedError: do not pay."""
    return _write(told.Redemption, f"/v1/seals/{segment(seal)}/redeem", key=key)


def broadcast(seal: str, txid: str, *, key: str | None = None) -> Call[told.Action]:
    """Report that the payment went out (seals:redeem)."""
    return _write(told.Action, f"/v1/seals/{segment(seal)}/broadcast", {"txid": txid}, key=key)


def abandon(seal: str, *, key: str | None = None) -> Call[told.Action]:
    """Report that a redeemed seal will not be paid (seals:redeem)."""
    return _write(told.Action, f"/v1/seals/{segment(seal)}/abandoned", key=key)


def key_set() -> Call[told.KeySet]:
    """The signed key set for `SealVerifier(jwks_source=lambda: client.key_set().jwks_token)`."""
    return Call("GET", "/v1/seals/jwks", told.KeySet)


def coverage(outflows: Sequence[given.Left], *, key: str | None = None) -> Call[told.Coverage]:
    """Compare what left with what was redeemed (audit:read)."""
    return _write(told.Coverage, "/v1/coverage", {"outflows": list(outflows)}, key=key)


# ---------------------------------------------------------------------- prices, policy, clock, messages


def put_prices(prices: Sequence[given.Price], *, key: str | None = None) -> Call[told.Taken]:
    """State prices in the accounting currency (prices:write)."""
    return _write(told.Taken, "/v1/prices", {"prices": list(prices)}, key=key, method="PUT")


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
    return _write(told.Clock, "/v1/clock", {"set": now}, key=key)


def advance_clock(span: int, *, key: str | None = None) -> Call[told.Clock]:
    """Move the simulated clock on by `span` ms (clock:write)."""
    return _write(told.Clock, "/v1/clock", {"advance": span}, key=key)


def outbox(*, limit: int = 500) -> Call[tuple[told.Message, ...]]:
    """Messages of the development outbox, newest first (admin)."""
    query = (("limit", str(limit)),)
    return Call("GET", "/v1/outbox", tuple[told.Message, ...], query=query, member="messages")


# -------------------------------------------------------------------------------- tokens, keys, the log


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
    return _write(told.NewToken, "/v1/tokens", body, key=key)


def list_tokens(*, after: str = "") -> Call[told.Tokens]:
    """Tokens in id order, those behind `after` (admin)."""
    query = (("after", after),) if after else ()
    return Call("GET", "/v1/tokens", told.Tokens, query=query)


def revoke_token(token_id: str, *, key: str | None = None) -> Call[told.Token]:
    """End a token (admin)."""
    return _write(told.Token, f"/v1/tokens/{segment(token_id)}/revoke", key=key)


def register_attestation_key(
    jwk: Mapping[str, str], platform: str, *, key_id: str | None = None, key: str | None = None
) -> Call[told.AttestationKey]:
    """Register a public Ed25519 key of the platform's auth service (admin)."""
    body = {"jwk": dict(jwk), "platform": platform, "id": key_id}
    return _write(told.AttestationKey, "/v1/attestation-keys", body, key=key)


def list_attestation_keys(*, after: str = "") -> Call[told.AttestationKeys]:
    """Keys of auth services in id order, those behind `after` (admin)."""
    query = (("after", after),) if after else ()
    return Call("GET", "/v1/attestation-keys", told.AttestationKeys, query=query)


def revoke_attestation_key(key_id: str, *, key: str | None = None) -> Call[told.AttestationKey]:
    """End a key of the platform's auth service (admin)."""
    return _write(told.AttestationKey, f"/v1/attestation-keys/{segment(key_id)}/revoke", key=key)


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


class Operations:
    """The operations as methods; inherited by both clients."""

    register = Endpoint(register)
    read_account = Endpoint(read_account)
    timeline = Endpoint(timeline)
    freeze = Endpoint(freeze)
    staff_freeze = Endpoint(staff_freeze)
    unfreeze = Endpoint(unfreeze)
    erase = Endpoint(erase)
    suspect = Endpoint(suspect)
    clear_suspicion = Endpoint(clear_suspicion)
    confirm_notice = Endpoint(confirm_notice)
    ask = Endpoint(ask)
    read_action = Endpoint(read_action)
    challenge = Endpoint(challenge)
    prove = Endpoint(prove)
    decide = Endpoint(decide)
    cancel = Endpoint(cancel)
    dispute = Endpoint(dispute)
    redeem = Endpoint(redeem)
    broadcast = Endpoint(broadcast)
    abandon = Endpoint(abandon)
    key_set = Endpoint(key_set)
    coverage = Endpoint(coverage)
    put_prices = Endpoint(put_prices)
    read_policy = Endpoint(read_policy)
    policy_text = Endpoint(policy_text)
    read_clock = Endpoint(read_clock)
    set_clock = Endpoint(set_clock)
    advance_clock = Endpoint(advance_clock)
    outbox = Endpoint(outbox)
    create_token = Endpoint(create_token)
    list_tokens = Endpoint(list_tokens)
    revoke_token = Endpoint(revoke_token)
    register_attestation_key = Endpoint(register_attestation_key)
    list_attestation_keys = Endpoint(list_attestation_keys)
    revoke_attestation_key = Endpoint(revoke_attestation_key)
    checkpoint = Endpoint(checkpoint)
    log_inclusion = Endpoint(log_inclusion)
    log_consistency = Endpoint(log_consistency)
    log_entries = Endpoint(log_entries)
