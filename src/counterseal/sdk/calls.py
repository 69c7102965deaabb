# SPDX-License-Identifier: Apache-2.0
"""Calls about accounts, actions and seals. `key`: the Idempotency-Key of a write; one is made if none is given."""

from __future__ import annotations

from collections.abc import Sequence

from counterseal.sdk import ask as given
from counterseal.sdk import replies as told
from counterseal.sdk.transport import Call, segment, write

STAFF = (("view", "staff"),)


def _account(account: str, rest: str = "") -> str:
    return f"/v1/accounts/{segment(account)}{rest}"


def _action(action: str, rest: str = "") -> str:
    return f"/v1/actions/{segment(action)}{rest}"


def _view(*, staff: bool) -> tuple[tuple[str, str], ...]:
    return STAFF if staff else ()


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
    return write(told.Done, "/v1/accounts", body, key=key)


def read_account(account: str) -> Call[told.Account]:
    """An account (accounts:read; suspicions and doubts with decisions:staff)."""
    return Call("GET", _account(account), told.Account)


def timeline(account: str, *, after: int | None = None) -> Call[told.Timeline]:
    """A page of the account's own events (decisions:staff)."""
    query = () if after is None else (("after", str(after)),)
    return Call("GET", _account(account, "/timeline"), told.Timeline, query=query)


def freeze(account: str, *, key: str | None = None) -> Call[told.Done]:
    """Stop all outflows now, on the owner's word (accounts:freeze). Never throttled."""
    return write(told.Done, _account(account, "/freeze"), {"kind": "owner"}, key=key)


def staff_freeze(
    account: str, *, second_officer: str = "", approval: str = "", key: str | None = None
) -> Call[told.Done]:
    """Two officers stop outflows and nearly everything else (staff:officer, twice)."""
    return write(told.Done, _account(account, "/staff-freeze"), key=key, officer=second_officer, approval=approval)


def unfreeze(
    account: str, *, second_officer: str = "", approval: str = "", key: str | None = None
) -> Call[told.Done]:
    """Two officers lift every freeze (staff:officer, twice)."""
    return write(told.Done, _account(account, "/unfreeze"), key=key, officer=second_officer, approval=approval)


def end_sessions(account: str, reason: str, *, approval: str, key: str | None = None) -> Call[told.Done]:
    """End every session of the account (staff:officer). `approval`: two officers signed this very call with
    passkeys; tokens never stand for them. The owner is told, and not why."""
    return write(told.Done, _account(account, "/sessions/end"), {"reason": reason}, key=key, approval=approval)


def erase(account: str, *, second_officer: str = "", approval: str = "", key: str | None = None) -> Call[told.Done]:
    """Two officers destroy what the account's entries can be read with (staff:officer, twice)."""
    return write(told.Done, _account(account, "/erase"), key=key, officer=second_officer, approval=approval)


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
    return write(told.Done, _account(account, "/suspicions"), body, key=key)


def clear_suspicion(
    account: str, suspicion: str, *, second_officer: str = "", approval: str = "", key: str | None = None
) -> Call[told.Done]:
    """Two officers withdraw a suspicion (staff:officer, twice)."""
    path = _account(account, f"/suspicions/{segment(suspicion)}/clear")
    return write(told.Done, path, key=key, officer=second_officer, approval=approval)


def confirm_notice(
    account: str, notice: str, *, second_officer: str = "", approval: str = "", key: str | None = None
) -> Call[told.Done]:
    """Two officers state that they reached the owner (staff:officer, twice)."""
    path = _account(account, f"/notices/{segment(notice)}/confirm")
    return write(told.Done, path, key=key, officer=second_officer, approval=approval)


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
    return write(told.Action, _account(account, "/actions"), body, key=key, query=_view(staff=staff))


def read_action(action: str, *, staff: bool = False) -> Call[told.Action]:
    """An action (actions:read; `staff`: decisions:staff)."""
    return Call("GET", _action(action), told.Action, query=_view(staff=staff))


def challenge(action: str, factor: str, *, key: str | None = None) -> Call[told.Action]:
    """Send a code to the contact of a factor (actions:write)."""
    return write(told.Action, _action(action, "/challenges"), {"factor": factor}, key=key)


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
    return write(told.Action, _action(action, "/proofs"), body, key=key)


def decide(action: str, *, staff: bool = False, key: str | None = None) -> Call[told.Action]:
    """Decide again now: after a wait, or to collect the seal of an outflow that is ready (actions:write)."""
    return write(told.Action, _action(action, "/decide"), key=key, query=_view(staff=staff))


def cancel(action: str, *, key: str | None = None) -> Call[told.Action]:
    """Cancel what has not happened yet (actions:write). Never throttled."""
    return write(told.Action, _action(action, "/cancel"), key=key)


def dispute(
    action: str, *, uphold: bool, second_officer: str = "", approval: str = "", key: str | None = None
) -> Call[told.Action]:
    """Two officers decide a disputed change (staff:officer, twice)."""
    return write(
        told.Action,
        _action(action, "/dispute"),
        {"uphold": uphold},
        key=key,
        officer=second_officer,
        approval=approval,
    )


def redeem(seal: str, *, key: str | None = None) -> Call[told.Redemption]:
    """Redeem a seal that `SealVerifier` passed (seals:redeem). RedemptionRefusedError: do not pay."""
    return write(told.Redemption, f"/v1/seals/{segment(seal)}/redeem", key=key)


def broadcast(seal: str, txid: str, *, key: str | None = None) -> Call[told.Action]:
    """Report that the payment went out (seals:redeem)."""
    return write(told.Action, f"/v1/seals/{segment(seal)}/broadcast", {"txid": txid}, key=key)


def abandon(seal: str, *, key: str | None = None) -> Call[told.Action]:
    """Report that a redeemed seal will not be paid (seals:redeem)."""
    return write(told.Action, f"/v1/seals/{segment(seal)}/abandoned", key=key)


def key_set() -> Call[told.KeySet]:
    """The signed key set for `SealVerifier(jwks_source=lambda: client.key_set().jwks_token)`."""
    return Call("GET", "/v1/seals/jwks", told.KeySet)


def coverage(outflows: Sequence[given.Left], *, key: str | None = None) -> Call[told.Coverage]:
    """Compare what left with what was redeemed (audit:read)."""
    return write(told.Coverage, "/v1/coverage", {"outflows": list(outflows)}, key=key)
