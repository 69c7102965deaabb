# SPDX-License-Identifier: Apache-2.0
"""The state of one account. Times are ms since the epoch; every mapping is replaced, never changed in place."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from counterseal.core.decision import Decision
from counterseal.core.stops import Glass


class Base(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Frozen, compact when written, and past the garbage collector: what is made whole and never changed holds no
    cycle, and a cache of states has millions of these."""


class ProofRef(Base, frozen=True):
    """Which factor class and instance a proof came from."""

    factor: str
    instance: str


class Grant(Base, frozen=True):
    """Why something was granted (`authorised_by`): its proofs and its session. Imported things have neither."""

    at: int
    action: str
    proofs: tuple[ProofRef, ...] = ()
    session: str | None = None
    imported: bool = False


class Instance(Base, frozen=True):
    """One enrolled factor.

    `secret`: TOTP seed, recovery-code hashes, ...; never shown. `step`: last TOTP step or sign count accepted.
    `last`: when a proof of it was last taken.
    `floor`: key of the mark whose hold of `floor_wait` ms must end before `strongest` forgets a removed factor.
    """

    id: str
    factor: str
    grant: Grant
    origin: str = "owner"  # owner | unknown
    contact: str | None = None
    secret: bytes = b""
    step: int = -1
    used: tuple[int, ...] = ()  # indexes of recovery codes that are spent
    label: str = ""
    notice: str | None = None
    started: int | None = None
    removed_at: int | None = None
    floor: str | None = None
    floor_wait: int = 0
    last: int | None = None


class Contact(Base, frozen=True):
    """Where notices go. A replaced contact is told for seven more days."""

    id: str
    channel: str
    value: str
    since: int
    instance: str | None = None
    replaced_at: int | None = None
    silenced_at: int | None = None


class FactState(Base, frozen=True):
    """A fact that an object carries. Its age runs from `started`: the first notice accepted, or the grant."""

    grant: Grant
    origin: str = "owner"
    notice: str | None = None
    started: int | None = None
    expires: int | None = None
    lifetime: int | None = None  # for sliding expiry: ms added on each use


class Object(Base, frozen=True):
    """A session, device, address, API key, payout method, ... with the facts that it carries."""

    kind: str
    id: str
    facts: dict[str, FactState]
    label: str = ""


class Mark(Base, frozen=True):
    """When a verb was last done to a target. A hold runs from `started`; None = nobody has been told yet."""

    at: int
    notice: str | None = None
    started: int | None = None
    policy: str = ""
    wait: int = 0  # the longest wait that the policy of that moment put on it


class Suspicion(Base, frozen=True):
    """Evidence that somebody may hold a capability against this account, from `since` to `until`."""

    id: str
    capability: str
    since: int
    until: int
    instance: str | None = None  # a factor instance or an object id; None = all that it could touch
    strength: str = "strong"  # weak | strong | confirmed
    evidence: str = ""


class Freeze(Base, frozen=True):
    """A link freeze stops outflows for 72 h; an owner or staff freeze stands until it is lifted. A staff freeze
    stops all but what may go on `when_frozen`, unless it is for `outflows_only`: an authority's order."""

    id: str
    kind: str  # link | owner | staff
    at: int
    until: int | None
    by: str
    outflows_only: bool = False


class Lock(Base, frozen=True):
    """An owner's own stricter rule for one outflow: off, a lower limit, or a longer delay."""

    outflow: str
    off: bool = False
    limit: Decimal | None = None
    delay: int = 0


class Spend(Base, frozen=True):
    """Value that left or is reserved. Counts while `until` is None (redeemed) or in the future (seal is out)."""

    action: str
    outflow: str
    at: int
    value: Decimal
    until: int | None = None


class Notice(Base, frozen=True):
    """A notice to contacts; `accepted`: contact id -> when its channel took it; `started`: first that counts."""

    id: str
    at: int
    action: str
    template: str
    contacts: tuple[str, ...]
    accepted: dict[str, int] = {}
    started: int | None = None


class Payment(Base, frozen=True):
    """An outflow's value. `value` is in the accounting currency at `priced_at`; None = no usable price."""

    asset: str = ""
    amount: Decimal = Decimal(0)
    chain: str = ""
    destination: str = ""
    memo: str = ""
    fee_cap: Decimal = Decimal(0)
    audience: str = ""
    value: Decimal | None = None
    priced_at: int | None = None


class Worth(Base, frozen=True):
    """What a payment is worth now, in the accounting currency; None = there is no usable price."""

    value: Decimal | None = None
    priced_at: int | None = None


class Enrol(Base, frozen=True):
    """A factor instance that the requester wants to bind; `contact` is the new phone number or address. `step`:
    what was shown to confirm it, so that no proof uses that again."""

    factor: str
    instance: str
    contact: str | None = None
    secret: bytes = b""
    label: str = ""
    step: int = -1


class Request(Base, frozen=True):
    """What is asked for. `objects`: kind -> id of the object named; `context`: statements of the platform."""

    rule: str
    objects: dict[str, str] = {}
    enrol: tuple[Enrol, ...] = ()
    payment: Payment | None = None
    context: frozenset[str] = frozenset()
    lock: Lock | None = None
    source: str = ""


class UsedProof(Base, frozen=True):
    """A verified proof, given to exactly one action. `token` makes it single use across the account."""

    factor: str
    instance: str
    at: int
    token: str
    method: str = ""


class Challenge(Base, frozen=True):
    """A code that was sent. `digest` is keyed; the code itself is kept nowhere."""

    id: str
    factor: str
    instance: str
    digest: bytes
    issued: int
    expires: int
    failures: int = 0
    used: bool = False


class Seal(Base, frozen=True):
    """The authorisation of one allowed outflow."""

    id: str
    issued: int
    expires: int
    epoch: int
    test: bool = False
    state: str = "issued"  # issued | redeemed | broadcast | abandoned | void
    redeemed_at: int | None = None
    txid: str = ""


class Action(Base, frozen=True):
    """One action from ask to end.

    `status`: open | pending (delay runs) | disputed | ready (due and allowed, no seal yet) | sealed | redeemed |
    done | cancelled | refused. `accepted_at`: when the requirement was met; from then on its proofs do not age.
    """

    id: str
    request: Request
    asked: int
    status: str = "open"
    decision: Decision | None = None
    proofs: tuple[UsedProof, ...] = ()
    challenges: dict[str, Challenge] = {}
    failures: dict[str, int] = {}  # factor -> wrong answers for this action
    accepted_at: int | None = None
    notice: str | None = None
    delay: int = 0
    due: int | None = None
    seal: Seal | None = None
    ended: int | None = None


class Failure(Base, frozen=True):
    """A wrong answer, for throttling: kept for 24 h."""

    at: int
    instance: str
    source: str
    known: bool = False


class State(Base, frozen=True):
    """Everything that decides about one account; `fold` is the only thing that makes a new one."""

    id: str
    language: str = "en"
    phrase: str = ""
    registered: int = 0
    enrolled: dict[str, Instance] = {}  # instance id -> instance
    contacts: dict[str, Contact] = {}
    objects: dict[str, Object] = {}  # "kind:id" -> object
    times: dict[str, Mark] = {}  # "verb:target" and "clock:name" -> mark
    suspicions: dict[str, Suspicion] = {}
    freezes: dict[str, Freeze] = {}
    locks: dict[str, Lock] = {}
    spends: tuple[Spend, ...] = ()
    notices: dict[str, Notice] = {}
    actions: dict[str, Action] = {}
    failures: tuple[Failure, ...] = ()
    tokens: dict[str, int] = {}  # proof token -> when it may be forgotten
    links: dict[str, int] = {}  # one-time link -> when it may be forgotten
    freezers: tuple[tuple[str, int], ...] = ()  # contact, when: for repeated link freezes
    cancellers: tuple[tuple[str, int], ...] = ()  # contact, when: for repeated cancels of changes by link
    glass: tuple[Glass, ...] = ()  # of the last 24 h, the one that stands last
    sequence: int = 0  # transitions so far


def object_key(kind: str, identity: str) -> str:
    """The key of an object in `State.objects`."""
    return f"{kind}:{identity}"
