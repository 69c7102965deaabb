# SPDX-License-Identifier: Apache-2.0
"""What the registry of authorities answers. Times are ms since the epoch."""

from __future__ import annotations

from counterseal.http.body import Reply


class SourceView(Reply, frozen=True):
    """Where it was found, when somebody looked, SHA-256 of the copy that was kept."""

    where: str
    at: int
    sha256: str | None


class UsableView(Reply, frozen=True):
    """Whether a contact counts: `counts`, and why (`reason`: usable | confirmed | waiting | near_request |
    second_needed | recheck_overdue | ended | authority_ended | not_yet). `when`: from when on it will, null = not
    by waiting."""

    counts: bool
    reason: str
    sentence: str
    when: int | None


class AuthorityContactView(Reply, frozen=True):
    """A contact with its sources, who signed for it, and whether it counts. `recheck`: until when it does without
    another check; `accepted`: alarms that those who signed knew of."""

    id: str
    kind: str
    value: str
    uses: list[str]
    office: str
    person: str
    source: SourceView
    entered: int
    entered_by: list[str]
    second: SourceView | None
    second_at: int | None
    second_by: list[str]
    checked: int | None
    checked_by: list[str]
    recheck: int
    ended: int | None
    ended_by: list[str]
    ended_reason: str | None
    replaces: str | None
    accepted: list[str]
    usable: UsableView


class RosterView(Reply, frozen=True):
    """A person of the authority, as its roster names them."""

    id: str
    name: str
    office: str
    role: str
    supervisor: str
    source: SourceView
    entered: int
    entered_by: list[str]
    ended: int | None
    ended_reason: str | None


class AuthorityRow(Reply, frozen=True):
    """As the list shows it. `contacts`: that stand; `usable`: of these, that count now; `due`: that are to be
    checked within 30 days or did not count for lack of it."""

    id: str
    name: str
    country: str
    role: str
    contacts: int
    usable: int
    due: int
    ended: int | None


class AuthorityView(Reply, frozen=True):
    """One authority, with all that ever was. `pending`: details that were changed and do not count yet; `near`:
    requests of the last 14 days, for which nothing that is changed now will count."""

    id: str
    name: str
    country: str
    role: str
    languages: list[str]
    channel: str
    subdomains: bool
    case_grammar: str
    statutes: list[str]
    entered: int
    entered_by: list[str]
    since: int
    ended: int | None
    ended_by: list[str]
    ended_reason: str | None
    pending: list[str]
    near: list[str]
    contacts: list[AuthorityContactView]
    roster: list[RosterView]


class AuthorityList(Reply, frozen=True):
    """In id order; `next`: ask for the rest behind this id, null at the end."""

    items: list[AuthorityRow]
    next: str | None


class AlarmView(Reply, frozen=True):
    """`mark`: what to name in `accepts`. `authority`, `contact`: of the registry; `request`: the one with it."""

    code: str
    sentence: str
    mark: str
    value: str
    other: str
    how: str
    authority: str | None
    contact: str | None
    request: str | None


class PreviewView(Reply, frozen=True):
    """The contact in the form in which it is kept, its alarms, and the requests for which it will not count."""

    value: str
    alarms: list[AlarmView]
    near: list[str]


class AlarmList(Reply, frozen=True):
    """What the contacts of a request resemble."""

    items: list[AlarmView]


class DueView(Reply, frozen=True):
    """A contact that is to be checked by `recheck`. `overdue`: it does not count any more until it is."""

    authority: str
    name: str
    contact: str
    kind: str
    value: str
    recheck: int
    overdue: bool


class DueList(Reply, frozen=True):
    """The most urgent first."""

    items: list[DueView]


class ImportStepView(Reply, frozen=True):
    """What a line of the file would enter. `what`: authority | person | a kind of contact."""

    line: int
    authority: str
    what: str
    value: str
    alarms: list[AlarmView]


class FaultView(Reply, frozen=True):
    """A mistake at its place."""

    line: int
    column: int
    name: str
    code: str
    sentence: str


class ImportRow(Reply, frozen=True):
    """A file that was handed in. `applied`: when it was entered, null = it waits for two officers."""

    id: str
    received: int
    by: str
    sha256: str
    applied: int | None
    applied_by: list[str]


class ImportView(Reply, frozen=True):
    """What a file would enter now. `digest` and `marks` are what two officers sign; `known`: rows that stand
    already; `draft`: null for a dry run."""

    draft: ImportRow | None
    digest: str | None
    known: int
    marks: list[str]
    steps: list[ImportStepView]
    faults: list[FaultView]


class ImportList(Reply, frozen=True):
    """The newest first; `next`: ask for the rest behind this id, null at the end."""

    items: list[ImportRow]
    next: str | None


class RegistryDone(Reply, frozen=True):
    """What was changed: of which authority, and the id of what is new."""

    authority: str | None
    made: str | None
