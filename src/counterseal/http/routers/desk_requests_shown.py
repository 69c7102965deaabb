# SPDX-License-Identifier: Apache-2.0
"""From what is stored of a request to what its routes answer."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from counterseal.http.routers import desk_requests_views as v
from counterseal.judicial.packs.verdicts import Fault
from counterseal.judicial.registry.alarms import Alarm
from counterseal.judicial.requests.binding import standing
from counterseal.judicial.requests.call_back import SCRIPT, Point, Sheet
from counterseal.judicial.requests.conflicts import Conflict
from counterseal.judicial.requests.cut import Cut
from counterseal.judicial.requests.decision import Decided
from counterseal.judicial.requests.inbox import Line
from counterseal.judicial.requests.model import (
    Approved,
    Claim,
    Clock,
    Evidence,
    Field,
    Happened,
    JudicialRequest,
)


def report_view(
    held: JudicialRequest, decision: v.DecisionView | None, names: Mapping[str, str], now: int
) -> v.RequestReport:
    """With the names of whoever is spoken of, wherever their ids stand. `names`: by id, of all staff."""
    answer = v.RequestReport(request=request_view(held, now), decision=decision, people={})
    said = msgspec.json.encode(answer).decode()
    spoken = {identity: name for identity, name in sorted(names.items()) if identity in said}
    return msgspec.structs.replace(answer, people=spoken)


def request_view(held: JudicialRequest, now: int) -> v.RequestView:
    """As its page shows it."""
    last = standing(held, now)
    return v.RequestView(
        id=held.id,
        reference=held.reference,
        type=held.type.value,
        state=held.state.value,
        received=held.received,
        by=held.by,
        claim=_claim(held.claim),
        authority=held.authority,
        documents=list(held.documents),
        about=held.about,
        case_number=held.case_number,
        pack=held.pack,
        legal_basis=held.legal_basis,
        language=held.language,
        identifiers=list(held.identifiers),
        categories=list(held.categories),
        window=held.window,
        silence=held.silence,
        accounts=list(held.accounts),
        clocks=[clock_view(each) for each in held.clocks],
        evidence=[_evidence(each) for each in held.evidence],
        fields=[field_view(each) for each in held.fields],
        review=held.review,
        approvals=[_approved(each, stands=each is last) for each in held.approvals],
        key=held.key,
        key_evidence=held.key_evidence,
        disclosures=list(held.disclosures),
        letters=list(held.letters),
        assigned=held.assigned,
        history=[_happened(each) for each in held.history],
    )


def decision_view(held: Decided, conflicts: tuple[Conflict, ...]) -> v.DecisionView:
    """With all that is missing."""
    return v.DecisionView(
        rule=held.rule,
        line=held.line,
        policy=held.policy,
        allowed=held.allowed,
        ready=held.ready,
        factors=[
            v.CountedView(factor=each.factor, kind=each.kind, evidence=each.evidence, by=each.by)
            for each in held.counted
        ],
        context=list(held.context),
        missing=[
            v.MissingView(code=each.code, english=each.english, chinese=each.chinese) for each in held.missing
        ],
        alternatives=[list(each) for each in held.alternatives],
        digest=held.digest,
        faults=[fault_view(each) for each in held.scope.faults],
        conflicts=[
            v.ConflictView(staff=each.staff, code=each.code, english=each.english, chinese=each.chinese)
            for each in conflicts
        ],
        cut=cut_view(held.cut_rule, held.cut_standing),
    )


def cut_view(rule: Cut, standing_: Cut) -> v.CutView:
    """Both cuts."""
    return v.CutView(
        rule=[list(each) for each in rule.sets],
        standing=[list(each) for each in standing_.sets],
        size_rule=rule.size,
        size_standing=standing_.size,
    )


def line_view(held: Line) -> v.RequestLine:
    """As the inbox shows it."""
    request = held.request
    return v.RequestLine(
        id=request.id,
        reference=request.reference,
        type=request.type.value,
        state=request.state.value,
        received=request.received,
        authority=held.authority,
        claimed_authority=request.claim.authority,
        case_number=request.case_number,
        assigned=request.assigned,
        users=len(request.accounts),
        next_clock=None if held.next is None else clock_view(held.next),
        overdue=held.overdue,
        missing=[each.code for each in held.missing],
        contradictions=held.contradictions,
        second_by=held.second_by,
    )


def sheet_view(held: Sheet) -> v.CallSheet:
    """As the call-back's page shows it."""
    return v.CallSheet(
        contacts=[
            v.ContactLine(
                id=line.contact.id,
                value=line.contact.value,
                office=line.contact.office,
                person=line.contact.person,
                uses=[each.value for each in line.contact.uses],
                counts=line.counts,
                reason=line.reason,
                sentence=line.sentence,
                when=line.when,
            )
            for line in held.lines
        ],
        claimed_phone=held.claimed,
        alarms=[_alarm(each) for each in held.alarms],
        script=[v.ScriptLine(code=code, english=english, chinese=chinese) for code, english, chinese in SCRIPT],
        confirm=[each.value for each in Point],
        hashes=[v.HashLine(document=name, prefix=prefix) for name, prefix in held.hashes],
    )


def clock_view(held: Clock) -> v.ClockView:
    """A deadline."""
    return v.ClockView(name=held.name, due=held.due, then=held.then, source=held.source, met=held.met)


def field_view(held: Field) -> v.FieldView:
    """A field."""
    return v.FieldView(account=held.account, name=held.name, tier=held.tier, reason=held.reason, window=held.window)


def fault_view(held: Fault) -> v.FaultView:
    """A fault."""
    return v.FaultView(
        code=held.code, sentence=held.sentence, chinese=held.chinese, field=held.field, account=held.account
    )


def _evidence(held: Evidence) -> v.EvidenceView:
    done = held.resolved
    return v.EvidenceView(
        id=held.id,
        kind=held.kind.value,
        result=held.result.value,
        collected_by=held.collected_by,
        collected_at=held.collected_at,
        proves=held.proves,
        forgeable_by=list(held.forgeable_by),
        source=held.source,
        source_sha256=held.source_sha256,
        details=held.details,
        findings=list(held.findings),
        resolved=None
        if done is None
        else v.ResolutionView(at=done.at, officers=list(done.officers), reason=done.reason),
        void=held.void,
    )


def _approved(held: Approved, *, stands: bool) -> v.ApprovedView:
    return v.ApprovedView(
        at=held.at,
        digest=held.digest,
        officers=list(held.officers),
        void=held.void,
        second_by=held.second_by,
        stands=stands,
    )


def _happened(held: Happened) -> v.HappenedView:
    state = None if held.state is None else held.state.value
    return v.HappenedView(at=held.at, what=held.what, by=held.by, note=held.note, state=state)


def _alarm(held: Alarm) -> v.AlarmView:
    return v.AlarmView(
        code=held.code, sentence=held.sentence, value=held.value, other=held.other, contact=held.contact
    )


def _claim(held: Claim) -> v.ClaimView:
    return v.ClaimView(
        authority=held.authority,
        office=held.office,
        officer=held.officer,
        phone=held.phone,
        email=held.email,
        country=held.country,
        delivery_key=held.delivery_key,
    )
