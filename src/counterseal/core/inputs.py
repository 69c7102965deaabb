# SPDX-License-Identifier: Apache-2.0
"""What can happen to an account. Every input, refused ones too, is kept; replay is `step` over them."""

from __future__ import annotations

import msgspec

from counterseal.core.account import Contact, Freeze, Instance, Object, Request, Suspicion, UsedProof, Worth
from counterseal.core.stops import Stop


class InputBase(msgspec.Struct, frozen=True, omit_defaults=True, tag=True, gc=False):
    """`id` is unique; ids of what an input creates derive from it."""

    id: str


class Register(InputBase, frozen=True):
    """A new account (create-only), or an import with stated ages (`imported`)."""

    contacts: tuple[Contact, ...] = ()
    instances: tuple[Instance, ...] = ()
    objects: tuple[Object, ...] = ()
    language: str = "en"
    phrase: str = ""
    imported: bool = False


class Ask(InputBase, frozen=True):
    """The platform asks for an action on behalf of a requester. The input's id is the action's id.

    `seal`, `epoch`, `test`: the id and marks of the seal, should this lead to one. `brake`: what stood against it
    on the whole platform (here and below), so that replay needs nothing else.
    """

    request: Request
    trusted_time: bool = True
    seal: str = ""
    epoch: int = 0
    test: bool = False
    brake: Stop | None = None


class Decide(InputBase, frozen=True):
    """Decide an action again now: after a wait, or to get the seal of an outflow that has become due.

    `worth`: what its payment is worth now; None = as before.
    """

    action: str
    trusted_time: bool = True
    seal: str = ""  # id for the seal, if one is issued
    epoch: int = 0
    test: bool = False
    worth: Worth | None = None
    brake: Stop | None = None


class Prove(InputBase, frozen=True):
    """A proof was verified for an action. `step`/`used`: what the instance must remember from now on;
    `worth` as in `Decide`."""

    action: str
    proof: UsedProof
    challenge: str | None = None
    step: int | None = None
    used: int | None = None
    trusted_time: bool = True
    seal: str = ""
    epoch: int = 0
    test: bool = False
    worth: Worth | None = None
    brake: Stop | None = None


class ProofFailed(InputBase, frozen=True):
    """A wrong answer."""

    action: str
    factor: str
    instance: str
    source: str
    known: bool = False
    challenge: str | None = None
    reason: str = ""  # for staff


class Challenged(InputBase, frozen=True):
    """A code goes out to the contact of an instance. The code travels in the effect only."""

    action: str
    factor: str
    instance: str
    digest: bytes
    expires: int
    code: str = ""  # cleared before the input is recorded


class Due(InputBase, frozen=True):
    """A timer of an action fired."""

    action: str
    trusted_time: bool = True
    brake: Stop | None = None


class Cancel(InputBase, frozen=True):
    """Cancel what is pending. `by`: platform | link | staff; `contact`: whose link it was."""

    action: str
    by: str
    contact: str | None = None
    link: str | None = None


class FreezeNow(InputBase, frozen=True):
    """Freeze. `contact` and `link` where it came from a notice."""

    freeze: Freeze
    contact: str | None = None
    link: str | None = None


class LiftFreeze(InputBase, frozen=True):
    """Two officers lift a freeze."""

    officers: tuple[str, ...]


class Suspect(InputBase, frozen=True):
    """A signal: somebody may hold a capability."""

    suspicion: Suspicion


class ClearSuspicion(InputBase, frozen=True):
    """Staff withdraw a suspicion."""

    suspicion: str
    officers: tuple[str, ...]


class NoticeAccepted(InputBase, frozen=True):
    """A channel took a notice at `at`."""

    notice: str
    contact: str
    at: int


class ConfirmNotice(InputBase, frozen=True):
    """After seven days without an accepted notice, two officers state that they reached the owner."""

    notice: str
    officers: tuple[str, ...]


class ResolveDispute(InputBase, frozen=True):
    """Two officers let a disputed change go on or end it."""

    action: str
    uphold: bool
    officers: tuple[str, ...]


class Redeem(InputBase, frozen=True):
    """A signer redeems a seal."""

    action: str
    seal: str
    epoch: int
    trusted_time: bool = True
    brake: Stop | None = None


class OpenGlass(InputBase, frozen=True):
    """Two officers put suspicions aside for `duration` ms, for what is no outflow."""

    officers: tuple[str, ...]
    reason: str
    duration: int


class CloseGlass(InputBase, frozen=True):
    """One of staff ends it at once."""

    by: str


class EndSessions(InputBase, frozen=True):
    """Two officers end every session of the account, and why."""

    officers: tuple[str, ...]
    reason: str


class Report(InputBase, frozen=True):
    """A signer reports what became of a redeemed seal: broadcast (with txid) or abandoned."""

    action: str
    seal: str
    outcome: str
    txid: str = ""


Input = (
    Register
    | Ask
    | Decide
    | Prove
    | ProofFailed
    | Challenged
    | Due
    | Cancel
    | FreezeNow
    | LiftFreeze
    | Suspect
    | ClearSuspicion
    | NoticeAccepted
    | ConfirmNotice
    | ResolveDispute
    | Redeem
    | OpenGlass
    | CloseGlass
    | EndSessions
    | Report
)
