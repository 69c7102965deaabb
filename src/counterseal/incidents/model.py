# SPDX-License-Identifier: Apache-2.0
"""An incident as stored: the case, its members, its evidence. Times are ms since the epoch.

Nothing is ever removed: a correction is a new note that names the old one, a task that is not needed is ended with
a reason, an account that turns out not to belong stays with what was said of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Kind(StrEnum):
    """What kind of incident it is; it chooses the playbook."""

    ACCOUNT_TAKEOVER = "account_takeover"
    FORGED_REQUEST = "forged_request"
    INSIDER_READ = "insider_read"
    API_KEY_LEAK = "api_key_leak"
    OTHER = "other"


class Stage(StrEnum):
    """Where the case is."""

    OPEN = "open"
    CONTAINED = "contained"  # nobody else can be hit the same way
    CLOSED = "closed"


class MemberState(StrEnum):
    """What is known of an account in the case."""

    HIT = "hit"
    EXPOSED = "exposed"
    SAFE = "safe"
    UNKNOWN = "unknown"
    OWNER_SAYS = "owner_says"  # its owner says that it was not them; nobody has looked yet


class Role(StrEnum):
    """Who does what in a case."""

    LEAD = "lead"
    DEPUTY = "deputy"
    LIAISON = "liaison"
    SCRIBE = "scribe"


class Task(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something to do. `rule`: of the playbook, "" = made by hand; `ended`: done or not needed, with a reason."""

    id: str
    title: str
    due: int | None
    made: int
    by: str
    rule: str = ""
    why: str = ""
    owner: str = ""
    done: int | None = None
    done_by: str = ""
    outcome: str = ""  # done | not_needed
    said: str = ""


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that somebody wrote. `corrects`: the note that this one takes the place of."""

    id: str
    at: int
    by: str
    text: str
    corrects: str = ""


class Custody(msgspec.Struct, frozen=True):
    """Who had a piece of evidence, when, what they did with it and why."""

    at: int
    by: str
    what: str  # collected | viewed | downloaded | handed_over | copied
    why: str


class Artefact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of evidence. Its bytes lie apart, under the case's own key. `source`: where it came from."""

    id: str
    name: str
    sha256: str
    size: int
    source: str
    custody: tuple[Custody, ...]
    account: str = ""


class Hold(msgspec.Struct, frozen=True):
    """A legal hold: nothing of the case may be erased until two officers lift it."""

    at: int
    by: str
    why: str
    lifted: int | None = None
    lifted_by: str = ""


class Deadline(msgspec.Struct, frozen=True, omit_defaults=True):
    """A clock of a rule pack. `since`: what it runs from; `met`: when it was done, by whom."""

    rule: str
    title: str
    since: int
    due: int
    met: int | None = None
    met_by: str = ""
    said: str = ""


class Handover(msgspec.Struct, frozen=True):
    """Somebody gave the case to somebody else."""

    at: int
    by: str
    to: str
    text: str


class Happened(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the case's history."""

    at: int
    by: str
    what: str
    about: str = ""


class Incident(msgspec.Struct, frozen=True, omit_defaults=True):
    """A case. `source`: what opened it (`staff:ID`, `owner:ACCOUNT`, `desk:ACT`, `signal:ID`, `unsealed:SEAL`);
    `begun`: since when the attack is taken to run, where that is said; `aware`: when we learnt of it;
    `classified`: when it was found to be major, which starts clocks."""

    id: str
    number: str
    kind: Kind
    title: str
    severity: int
    stage: Stage
    opened: int
    source: str
    aware: int
    begun: int | None = None
    request: str = ""
    roles: dict[str, str] = {}
    tasks: tuple[Task, ...] = ()
    notes: tuple[Note, ...] = ()
    evidence: tuple[Artefact, ...] = ()
    holds: tuple[Hold, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    handovers: tuple[Handover, ...] = ()
    classified: int | None = None
    contained: int | None = None
    closed: int | None = None
    protections: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    history: tuple[Happened, ...] = ()


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an account stands where it stands. `kind`: of a lead, or who said so; `ref`: the lead's; `left`: value
    left with it."""

    kind: str
    at: int
    ref: str = ""
    said: str = ""
    left: bool = False


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account in a case. `actions`: what its owner said was not theirs; `theirs`: what they said was."""

    incident: str
    account: str
    state: MemberState
    added: int
    by: str
    because: tuple[Reason, ...] = ()
    actions: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    said: str = ""
    protected: int | None = None
    informed: int | None = None
    changed: int | None = None


class Counts(msgspec.Struct, frozen=True):
    """How many members are in each state; written with every change of one."""

    states: dict[str, int] = {}
    protected: int = 0
    informed: int = 0


class Index(msgspec.Struct, frozen=True):
    """The cases that an account is in, or that one source opened; the oldest first."""

    incidents: tuple[str, ...] = ()


class Numbering(msgspec.Struct, frozen=True):
    """The last number given in each year."""

    last: dict[str, int] = {}


class Blob(msgspec.Struct, frozen=True):
    """The bytes of a piece of evidence."""

    data: bytes


NUMBERS: Final = "incident_numbers:all"


def subject_of(incident: str) -> str:
    """Where a case stands."""
    return f"incident:{incident}"


def member_of(incident: str, account: str) -> str:
    """Where an account of a case stands: sorted by case, so that it can be listed."""
    return f"incident_member:{incident}:{account}"


def counts_of(incident: str) -> str:
    """Where the counts of a case stand."""
    return f"incident_counts:{incident}"


def account_of(account: str) -> str:
    """Where it stands which cases an account is in."""
    return f"incident_account:{account}"


def source_of(source: str) -> str:
    """Where it stands which case a source opened: one cause opens one case."""
    return f"incident_source:{source}"


def blob_of(incident: str, artefact: str) -> str:
    """Where the bytes of a piece of evidence lie."""
    return f"incident_blob:{incident}:{artefact}"
