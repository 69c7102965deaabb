# SPDX-License-Identifier: Apache-2.0
"""What the guard answers, typed. Times are ms since the epoch. Members that a newer guard adds are passed over."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """One reason of a decision. `until`: when waiting ends it (ms), None where it does not."""

    code: str
    text: str
    about: str = ""
    until: int | None = None


class Decision(msgspec.Struct, frozen=True):
    """What was decided. `alternatives`: minimal sets of proofs that would do; `line`: of the policy."""

    outcome: str  # allow | challenge | hold | deny
    rule: str
    line: int
    policy: str
    at: int = 0
    until: int | None = None
    reasons: tuple[Reason, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    candidates: tuple[str, ...] = ()


class Proof(msgspec.Struct, frozen=True):
    """A proof that the action took."""

    factor: str
    at: int


class Challenge(msgspec.Struct, frozen=True):
    """A code that was sent to the contact of a factor."""

    id: str
    factor: str
    expires: int


class Seal(msgspec.Struct, frozen=True):
    """A seal. `token` is in the reply that issued it only."""

    id: str
    expires: int
    state: str
    token: str | None = msgspec.field(default=None)
    txid: str = ""

    def __repr__(self) -> str:
        return f"Seal(id={self.id!r}, state={self.state!r})"


class Action(msgspec.Struct, frozen=True):
    """An action. `status`: open, pending, disputed, ready, sealed, redeemed, done, cancelled or refused."""

    id: str
    account: str
    action: str
    status: str
    asked: int
    due: int | None = None
    delay: int = 0
    decision: Decision | None = None
    proofs: tuple[Proof, ...] = ()
    challenge: Challenge | None = None
    seal: Seal | None = None
    shown: dict[str, tuple[str, ...]] = {}
    log_position: int | None = None

    @property
    def allowed(self) -> bool:
        """Whether the last decision was to allow. An outflow still needs its seal redeemed."""
        return self.decision is not None and self.decision.outcome == "allow"


class Factor(msgspec.Struct, frozen=True):
    """An enrolled factor."""

    id: str
    factor: str
    since: int
    label: str = ""
    used: int | None = None
    removed: int | None = None
    imported: bool = False
    doubtful: bool = False


class Contact(msgspec.Struct, frozen=True):
    """Where notices go; `hint` is masked."""

    id: str
    channel: str
    hint: str
    since: int = 0
    replaced_at: int | None = None


class Fact(msgspec.Struct, frozen=True):
    """A fact that an object carries. `started`: where its age runs from; None = nobody has been told yet."""

    name: str
    since: int
    started: int | None = None
    expires: int | None = None
    imported: bool = False
    doubtful: bool = False


class Object(msgspec.Struct, frozen=True):
    """A session, device, address, key or payout method."""

    kind: str
    id: str
    facts: tuple[Fact, ...] = ()


class Freeze(msgspec.Struct, frozen=True):
    """A freeze. `kind`: link, owner or staff; `until` None = until it is lifted."""

    id: str
    kind: str
    at: int
    until: int | None = None


class Lock(msgspec.Struct, frozen=True):
    """An owner's own stricter rule for one outflow."""

    outflow: str
    off: bool = False
    limit: Decimal | None = None
    delay: int = 0


class Suspicion(msgspec.Struct, frozen=True):
    """A suspected capability (staff's view only)."""

    id: str
    capability: str
    since: int
    until: int
    instance: str | None = None
    strength: str = ""
    evidence: str = ""


class Wait(msgspec.Struct, frozen=True):
    """A clock of the policy that runs on the account."""

    clock: str
    at: int
    started: int | None = None


class Account(msgspec.Struct, frozen=True):
    """An account as the caller may see it."""

    account: str
    language: str = "en"
    registered: int = 0
    factors: tuple[Factor, ...] = ()
    contacts: tuple[Contact, ...] = ()
    objects: tuple[Object, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    locks: tuple[Lock, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    waits: tuple[Wait, ...] = ()
    actions: tuple[Action, ...] = ()


class TimelineEntry(msgspec.Struct, frozen=True):
    """One entry of an account's time line."""

    position: int
    at: int
    kind: str
    policy: str = ""
    action: str | None = None
    outcome: str | None = None
    rule: str | None = None
    line: int | None = None
    refused: str | None = None
    events: tuple[str, ...] = ()


class Timeline(msgspec.Struct, frozen=True):
    """A page of a time line; `next` is where the following page begins."""

    entries: tuple[TimelineEntry, ...]
    next: int | None = None


class Done(msgspec.Struct, frozen=True):
    """A command about an account was carried out. `id` names what was made (a suspicion); `until` ends a freeze.

    `shown`: factor instance -> lines to show to the owner once (seeds, recovery codes).
    """

    account: str
    at: int
    id: str = ""
    until: int | None = None
    shown: dict[str, tuple[str, ...]] = {}
    log_position: int | None = None

    def __repr__(self) -> str:
        return f"Done(account={self.account!r}, at={self.at})"


class Redemption(msgspec.Struct, frozen=True):
    """A redeemed seal. Check `receipt` with `SealVerifier.verify_receipt` before paying; valid until `expires`."""

    receipt: str
    expires: int
    seal_id: str
    action: Action | None = None


class KeySet(msgspec.Struct, frozen=True):
    """The signed key set for `SealVerifier`. Pin the root from the root ceremony, not from here."""

    jwks_token: str
    root: dict[str, Any]


class Uncovered(msgspec.Struct, frozen=True):
    """An outflow that left without a redeemed seal: an incident."""

    reference: str
    account: str = ""
    reason: str = ""


class Coverage(msgspec.Struct, frozen=True):
    """What left compared with what was redeemed."""

    examined: int
    covered: int
    uncovered: tuple[Uncovered, ...] = ()
