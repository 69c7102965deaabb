# SPDX-License-Identifier: Apache-2.0
"""Calls about accounts of the officers' portal. Times are ms since the epoch."""

from __future__ import annotations

import msgspec

from counterseal.sdk.transport import Call, segment, write


class PortalCall(msgspec.Struct, frozen=True):
    """A call to an office: `contact` of the registry, when, which of ours called (staff id), whom they spoke to."""

    contact: str
    at: int
    by: str
    spoke_to: str


class Invited(msgspec.Struct, frozen=True):
    """`code`: to read out on the call, told once; `to`: where the link goes."""

    id: str
    authority: str
    officer: str
    to: str
    code: str | None
    expires: int


class PortalInvitation(msgspec.Struct, frozen=True):
    """An invitation. `tries`: wrong codes; `ended`: used, code, failed or revoked, None = it can be used until
    `expires`."""

    id: str
    authority: str
    officer: str
    to: str
    made: int
    expires: int
    officers: tuple[str, ...]
    tries: int
    sent: int | None
    ended: str | None


class PortalAccount(msgspec.Struct, frozen=True):
    """`confirmed`: the first call; `counts_from`: from when on a log-in is evidence; `fault`: why it counts for
    nothing, None = it counts."""

    id: str
    authority: str
    authority_name: str
    officer: str
    created: int
    confirmed: int
    counts_from: int
    ends: int
    fault: str | None
    call: PortalCall
    mail: str
    officers: tuple[str, ...]
    passkeys: int
    last_sign_in: int | None
    ended: int | None
    ended_by: str | None
    ended_reason: str | None


def invite_portal_officer(
    authority: str,
    officer: str,
    call: PortalCall,
    *,
    approval: str,
    mail: str = "",
    language: str = "en",
    key: str | None = None,
) -> Call[Invited]:
    """Invite somebody after a call (desk:write, two passkeys). `mail`: a contact of the registry, "" = the first
    that counts."""
    body = {"authority": authority, "officer": officer, "call": _plain(call), "mail": mail, "language": language}
    return write(Invited, "/v1/desk/portal/invitations", body, key=key, approval=approval)


def end_portal_invitation(portal_invitation: str, reason: str, *, key: str | None = None) -> Call[PortalInvitation]:
    """End an invitation at once: its link opens nothing (desk:write)."""
    path = f"/v1/desk/portal/invitations/{segment(portal_invitation)}/end"
    return write(PortalInvitation, path, {"reason": reason}, key=key)


def list_portal_accounts() -> Call[tuple[PortalAccount, ...]]:
    """Accounts, the newest first (desk:read)."""
    return Call("GET", "/v1/desk/portal/accounts", tuple[PortalAccount, ...], member="items")


def read_portal_account(portal_account: str) -> Call[PortalAccount]:
    """One (desk:read)."""
    return Call("GET", _of(portal_account), PortalAccount)


def renew_portal_account(
    portal_account: str, call: PortalCall, *, approval: str, key: str | None = None
) -> Call[PortalAccount]:
    """A year more after another call (desk:write, two passkeys)."""
    path = f"{_of(portal_account)}/renew"
    return write(PortalAccount, path, {"call": _plain(call)}, key=key, approval=approval)


def end_portal_account(portal_account: str, reason: str, *, key: str | None = None) -> Call[PortalAccount]:
    """End it at once (desk:write)."""
    return write(PortalAccount, f"{_of(portal_account)}/end", {"reason": reason}, key=key)


def _plain(call: PortalCall) -> dict[str, object]:
    return msgspec.structs.asdict(call)


def _of(account: str) -> str:
    return f"/v1/desk/portal/accounts/{segment(account)}"
