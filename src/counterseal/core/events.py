# SPDX-License-Identifier: Apache-2.0
"""What happened. Events carry their consequences, so that `fold` needs no policy."""

from __future__ import annotations

import msgspec

from counterseal.core.account import (
    Challenge,
    Contact,
    Failure,
    Freeze,
    Instance,
    Lock,
    Mark,
    Notice,
    Object,
    Request,
    Seal,
    Spend,
    Suspicion,
    UsedProof,
    Worth,
)
from counterseal.core.decision import Decision
from counterseal.core.stops import Glass


class EventBase(msgspec.Struct, frozen=True, omit_defaults=True, tag=True, gc=False):
    """`at`: ms."""

    at: int


class Registered(EventBase, frozen=True):
    """The account exists."""

    contacts: tuple[Contact, ...]
    instances: tuple[Instance, ...]
    objects: tuple[Object, ...]
    language: str
    phrase: str


class Asked(EventBase, frozen=True):
    """An action was asked for."""

    action: str
    request: Request


class Decided(EventBase, frozen=True):
    """An action was decided (again)."""

    action: str
    decision: Decision


class Proved(EventBase, frozen=True):
    """A proof was taken and is spent on this action."""

    action: str
    proof: UsedProof
    challenge: str | None = None
    step: int | None = None
    used: int | None = None
    forget: int = 0  # when its token may be forgotten


class Failed(EventBase, frozen=True):
    """A wrong answer was given."""

    action: str
    factor: str
    failure: Failure
    challenge: str | None = None


class ChallengeSent(EventBase, frozen=True):
    """A code went out."""

    action: str
    challenge: Challenge


class Accepted(EventBase, frozen=True):
    """The requirement of a delayed action is met; it waits. `due` is None until a notice counts."""

    action: str
    delay: int
    notice: Notice | None = None
    due: int | None = None


class Repriced(EventBase, frozen=True):
    """The payment of an action is worth something else than when it was valued last."""

    action: str
    worth: Worth


class BecameReady(EventBase, frozen=True):
    """A delayed outflow is due and allowed; the next `decide` issues its seal."""

    action: str


class Applied(EventBase, frozen=True):
    """An action took effect, with everything that it changed."""

    action: str
    objects: tuple[Object, ...] = ()  # whole new values
    instances: tuple[Instance, ...] = ()  # whole new values, removed ones too
    contacts: tuple[Contact, ...] = ()  # whole new values
    times: dict[str, Mark] = {}
    lifted: tuple[str, ...] = ()  # freezes
    lock: Lock | None = None
    notice: Notice | None = None


class Sealed(EventBase, frozen=True):
    """A seal was issued and its value reserved."""

    action: str
    seal: Seal
    spend: Spend
    objects: tuple[Object, ...] = ()  # sliding lifetimes that this use renews
    times: dict[str, Mark] = {}
    notice: Notice | None = None


class Redeemed(EventBase, frozen=True):
    """A seal was redeemed: the value has left."""

    action: str
    seal: Seal
    spend: Spend


class Reported(EventBase, frozen=True):
    """The signer said what became of it. `spend` is None when the value came back."""

    action: str
    seal: Seal
    spend: Spend | None


class SealVoided(EventBase, frozen=True):
    """A redemption was refused; the seal is dead and nothing is reserved."""

    action: str
    seal: Seal


class Cancelled(EventBase, frozen=True):
    """An action was cancelled or refused for good."""

    action: str
    by: str
    status: str = "cancelled"
    link: str | None = None
    contact: str | None = None  # whose link ended a change
    notice: Notice | None = None  # where the owner is told that it ended


class Lapsed(EventBase, frozen=True):
    """An action that had a right proof was not finished in time; the owner is told."""

    action: str
    notice: Notice


class Disputed(EventBase, frozen=True):
    """A cancel came from the channel that is being replaced; officers decide."""

    action: str
    contact: str
    link: str | None = None


class DisputeResolved(EventBase, frozen=True):
    """Officers let the change go on (`due` as before) or ended it."""

    action: str
    uphold: bool
    officers: tuple[str, ...]


class Frozen(EventBase, frozen=True):
    """A freeze stands."""

    freeze: Freeze
    contact: str | None = None
    link: str | None = None
    notice: Notice | None = None


class Lifted(EventBase, frozen=True):
    """Freezes were lifted by officers."""

    freezes: tuple[str, ...]
    officers: tuple[str, ...]
    times: dict[str, Mark] = {}
    notice: Notice | None = None


class Suspected(EventBase, frozen=True):
    """A suspicion stands."""

    suspicion: Suspicion


class Cleared(EventBase, frozen=True):
    """A suspicion was withdrawn."""

    suspicion: str
    officers: tuple[str, ...]


class GlassOpened(EventBase, frozen=True):
    """Suspicions are put aside for what is no outflow. `kept`: earlier ones that still count, and this one last."""

    kept: tuple[Glass, ...]
    notice: Notice | None = None


class GlassClosed(EventBase, frozen=True):
    """It was ended before its time. `kept`: as above, the one that ended last."""

    kept: tuple[Glass, ...]
    notice: Notice | None = None


class SessionsEnded(EventBase, frozen=True):
    """Officers ended every session. `objects`: whole new values of those that were live."""

    objects: tuple[Object, ...]
    officers: tuple[str, ...]
    notice: Notice | None = None


class NoticeTaken(EventBase, frozen=True):
    """A channel took a notice; `counts`: it is the first on an unsuspected channel, waits run from `taken`."""

    notice: str
    contact: str
    taken: int
    counts: bool
    due: dict[str, int] = {}  # pending actions that become due, and when


Event = (
    Registered
    | Asked
    | Decided
    | Proved
    | Failed
    | ChallengeSent
    | Accepted
    | BecameReady
    | Repriced
    | Applied
    | Sealed
    | Redeemed
    | Reported
    | SealVoided
    | Cancelled
    | Lapsed
    | Disputed
    | DisputeResolved
    | Frozen
    | Lifted
    | Suspected
    | Cleared
    | GlassOpened
    | GlassClosed
    | SessionsEnded
    | NoticeTaken
)
