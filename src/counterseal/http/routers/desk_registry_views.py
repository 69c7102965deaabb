# SPDX-License-Identifier: Apache-2.0
"""The registry of authorities as it is shown. Times are ms since the epoch."""

from __future__ import annotations

from collections.abc import Mapping

from counterseal.http.routers import desk_registry_replies as r
from counterseal.http.staff_names import named
from counterseal.judicial.registry.alarms import Alarm
from counterseal.judicial.registry.clock import Waiting
from counterseal.judicial.registry.importing import Plan
from counterseal.judicial.registry.model import REMIND, Authority, Contact, Officer, Source
from counterseal.judicial.registry.rules import DETAILS, counting, usable
from counterseal.judicial.registry.stored import Draft

Names = Mapping[str, str]


def row_view(held: Authority, now: int) -> r.AuthorityRow:
    """As the list shows it."""
    standing = [each for each in held.contacts if each.ended is None and held.ended is None]
    return r.AuthorityRow(
        id=held.id,
        name=held.name,
        country=held.country,
        role=held.role,
        contacts=len(standing),
        usable=sum(usable(held, each, now).counts for each in standing),
        due=sum(now >= each.recheck - REMIND for each in standing),
        ended=held.ended,
    )


def authority_view(
    held: Authority, now: int, received: int | None, near: tuple[str, ...], names: Names
) -> r.AuthorityView:
    """With its contacts as they count now for a request received then."""
    counts = counting(held, now, received)
    return r.AuthorityView(
        id=held.id,
        name=held.name,
        country=held.country,
        role=held.role,
        languages=list(held.languages),
        channel=held.channel,
        subdomains=held.subdomains,
        case_grammar=held.case_grammar,
        statutes=list(held.statutes),
        entered=held.entered,
        entered_by=_people(held.entered_by, names),
        since=held.since or held.entered,
        ended=held.ended,
        ended_by=_people(held.ended_by, names),
        ended_reason=held.ended_reason or None,
        pending=[name for name in DETAILS if getattr(held, name) != getattr(counts, name)],
        near=list(near),
        contacts=[_contact(held, each, now, received, names) for each in held.contacts],
        roster=[_roster(each, names) for each in held.officers],
    )


def signers_of(held: Authority) -> set[str]:
    """Everybody who signed for something in it."""
    by = [held.entered_by, held.ended_by, held.since_by]
    by += [each for one in held.contacts for each in (one.entered_by, one.second_by, one.checked_by, one.ended_by)]
    return {name for each in (*by, *(one.entered_by for one in held.officers)) for name in each}


def alarm_view(held: Alarm) -> r.AlarmView:
    """With the mark that accepts it."""
    return r.AlarmView(
        code=held.code,
        sentence=held.sentence,
        mark=held.mark,
        value=held.value,
        other=held.other,
        how=held.how,
        authority=held.authority or None,
        contact=held.contact or None,
        request=held.request or None,
    )


def due_view(held: Waiting) -> r.DueView:
    """As the list of checks shows it."""
    one = held.contact
    return r.DueView(
        authority=held.authority,
        name=held.name,
        contact=one.id,
        kind=one.kind.value,
        value=one.value,
        recheck=one.recheck,
        overdue=held.overdue,
    )


def draft_view(held: Draft, names: Names) -> r.ImportRow:
    """As the list shows it."""
    return r.ImportRow(
        id=held.id,
        received=held.received,
        by=named(held.by, names),
        sha256=held.sha256,
        applied=held.applied,
        applied_by=_people(held.applied_by, names),
    )


def import_view(draft: Draft | None, plan: Plan | None, names: Names) -> r.ImportView:
    """A draft or a dry run with its plan; once it was entered there is none."""
    steps = () if plan is None else plan.steps
    return r.ImportView(
        draft=None if draft is None else draft_view(draft, names),
        digest=None if plan is None else plan.digest,
        known=0 if plan is None else plan.known,
        marks=[] if plan is None else list(plan.marks),
        steps=[
            r.ImportStepView(
                line=each.line,
                authority=each.authority,
                what=each.what,
                value=each.value,
                alarms=[alarm_view(one) for one in each.alarms],
            )
            for each in steps
        ],
        faults=[
            r.FaultView(line=each.line, column=each.column, name=each.name, code=each.code, sentence=each.sentence)
            for each in (() if plan is None else plan.faults)
        ],
    )


def _contact(held: Authority, one: Contact, now: int, received: int | None, names: Names) -> r.AuthorityContactView:
    verdict = usable(held, one, now, received)
    return r.AuthorityContactView(
        id=one.id,
        kind=one.kind.value,
        value=one.value,
        uses=[each.value for each in one.uses],
        office=one.office,
        person=one.person,
        source=_source(one.source),
        entered=one.entered,
        entered_by=_people(one.entered_by, names),
        second=None if one.second is None else _source(one.second),
        second_at=one.second_at,
        second_by=_people(one.second_by, names),
        checked=one.checked,
        checked_by=_people(one.checked_by, names),
        recheck=one.recheck,
        ended=one.ended,
        ended_by=_people(one.ended_by, names),
        ended_reason=one.ended_reason or None,
        replaces=one.replaces or None,
        accepted=list(one.accepted),
        usable=r.UsableView(
            counts=verdict.counts, reason=verdict.reason.value, sentence=verdict.sentence, when=verdict.when
        ),
    )


def _roster(one: Officer, names: Names) -> r.RosterView:
    return r.RosterView(
        id=one.id,
        name=one.name,
        office=one.office,
        role=one.role,
        supervisor=one.supervisor,
        source=_source(one.source),
        entered=one.entered,
        entered_by=_people(one.entered_by, names),
        ended=one.ended,
        ended_reason=one.ended_reason or None,
    )


def _source(held: Source) -> r.SourceView:
    return r.SourceView(where=held.where, at=held.at, sha256=held.sha256 or None)


def _people(staff: tuple[str, ...], names: Names) -> list[str]:
    return [named(each, names) for each in staff]
