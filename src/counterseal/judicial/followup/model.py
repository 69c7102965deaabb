# SPDX-License-Identifier: Apache-2.0
"""What follows a request, as stored. Times are ms since the epoch.

One act follows one move of a request. Its steps are fixed when it is planned; how far it got is kept apart and
written together with what each step does, so that a crash repeats nothing and leaves nothing out.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Event(StrEnum):
    """What happened to a request, as far as its accounts are concerned."""

    NAMED = "named"  # it came in, or goes on: only the list of who is named grows
    DISCLOSED = "disclosed"  # data of the account were fetched
    SUSPECTED = "suspected_forged"
    CONFIRMED = "confirmed_forged"  # nothing was handed out on it
    CONFIRMED_LATE = "confirmed_forged_late"  # data left, or an order was carried out
    SIBLING = "sibling"  # it shares traits with a confirmed forgery
    CLEARED = "cleared"


class Do(StrEnum):
    """What is done to one account, or once for the request (`TELL`)."""

    EXPOSE = "expose"  # suspicion disclosed_data
    SHIELD = "shield"  # suspicion judicial_pii
    CLEAR = "clear"  # that suspicion is withdrawn
    END_SESSIONS = "end_sessions"
    TELL = "tell"  # owners of a disclosure, whatever its silence says


class Measure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the table: what is done to each named account. `lasts`: ms; `strength`: of the suspicion."""

    do: Do
    lasts: int = 0
    strength: str = "strong"
    siblings: bool = False  # to accounts of sibling requests instead


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measure on one account. `about`: the suspicion's id, the disclosure's id; `origin`: the sibling request
    that names the account; `officers`: who decided."""

    account: str
    do: Do
    about: str = ""
    since: int = 0
    until: int = 0
    strength: str = ""
    origin: str = ""
    officers: tuple[str, ...] = ()


class Act(msgspec.Struct, frozen=True, omit_defaults=True):
    """What follows one move. Written once."""

    id: str
    request: str
    event: Event
    at: int
    by: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    faults: tuple[str, ...] = ()  # what people have to do themselves: `two_officers`, `freeze_stands`


class Progress(msgspec.Struct, frozen=True):
    """What came of each step: "" = not yet, `done`, or why there was nothing to do (`unknown_account`, ...)."""

    results: tuple[str, ...]


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """An act in the list of its request. `order`: of the move that it follows; `void`: the act that took it back
    before it was over."""

    id: str
    event: Event
    at: int
    order: int = 0
    ended: int | None = None
    void: str = ""


class FollowUp(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that followed a request. `named`: every account that it ever named; `traits`: indexed."""

    request: str
    named: tuple[str, ...] = ()
    acts: tuple[Head, ...] = ()
    traits: tuple[str, ...] = ()


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """The requests that name an account, the oldest first."""

    requests: tuple[str, ...] = ()


class Trait(msgspec.Struct, frozen=True, order=True):
    """What a request shares with others of one hand. `kind`: officer, domain, mailbox, template, key, phone."""

    kind: str
    digest: str  # SHA-256 of kind and value, hex


class Sibling(msgspec.Struct, frozen=True, order=True):
    """A request that shares traits. `forged`: it is suspected or confirmed to be a forgery."""

    request: str
    traits: tuple[str, ...]
    forged: bool = False
    confirmed: bool = False


def subject_of(request: str) -> str:
    """Where it stands what followed a request."""
    return f"desk_followup:{request}"


def act_of(act: str) -> str:
    """Where an act's steps are."""
    return f"desk_act:{act}"


def progress_of(act: str) -> str:
    """Where it stands how far an act got."""
    return f"desk_act_progress:{act}"


def named_of(account: str) -> str:
    """Where it stands which requests name an account."""
    return f"desk_named:{account}"


def trait_of(trait: str) -> str:
    """Where it stands which requests bear a trait (`Trait.digest`)."""
    return f"desk_trait:{trait}"
