# SPDX-License-Identifier: Apache-2.0
"""The accounts of a case: members, timeline, everyone else who was reachable, and one action for them all."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import NotFoundError
from counterseal.core.feed import Feed
from counterseal.guard.feed import Seen, actor, opened, sealed
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply
from counterseal.http.edge import Guard
from counterseal.http.happenings import sentence
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers import incident_bodies as b
from counterseal.http.routers import incident_members_views as s
from counterseal.http.routers import incident_views as v
from counterseal.http.routers.incidents import BASE, CHANGES, changed, member_given
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.incidents import model as m
from counterseal.incidents.cases import Cases
from counterseal.incidents.causes import Causes
from counterseal.incidents.impact import State
from counterseal.incidents.investigations import Investigations
from counterseal.incidents.protecting import Planned, Protection
from counterseal.incidents.protection import Wish
from counterseal.incidents.stored import Changed
from counterseal.prover.cause.text import explain

router = Router(tags=["incidents"])

Area = Annotated[Cases, area(Cases)]
Looking = Annotated[Investigations, area(Investigations)]
Reads = Annotated[Caller, require(Scope.INCIDENT_READ)]
Writes = Annotated[Caller, require(Scope.INCIDENT_WRITE)]
Key = Annotated[Write, idempotent]
REACTION: Final = 86_400_000


@router.get(f"{BASE}/members", **operation("List members", reply=v.MemberList, example=v.MEMBERS, problems=(404,)))
async def list_incident_members(
    incident: str, caller: Reads, page: Annotated[b.MemberPage, query(b.MemberPage)], cases: Area
) -> Response:
    """In the order of accounts; a page of one state may be short and still have a `next`."""
    await cases.read(incident)
    found = await cases.members.page(incident, after=page.after, limit=page.limit)
    rows = [v.as_view(each, v.MemberView) for each in found if page.state in {None, each.state.value}]
    return reply(v.MemberList(items=rows, next=found[-1].account if len(found) == page.limit else None))


@router.post(
    f"{BASE}/members",
    **operation("Add accounts", body_example=b.MembersBody(accounts=(b.MemberGiven("u-1001", "hit"),)), **CHANGES),
)
async def add_incident_members(
    incident: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.MembersBody, json_body(b.MembersBody)],
    cases: Area,
) -> Response:
    """What is known of an account grows; nothing that was said of it goes. Repeated, it changes nothing."""
    by = caller.token_id
    count = await cases.members.add(incident, [member_given(each, by) for each in given.accounts], by=by)
    held = await cases.read(incident)
    return reply(v.ChangedView(incident=incident, at=held.history[-1].at, made=str(count)))


@router.post(
    f"{BASE}/members/{{account}}/state",
    **operation("Judge an account", body_example=b.StateBody(state="safe", why="her own transfer"), **CHANGES),
)
async def judge_incident_member(
    incident: str,
    account: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.StateBody, json_body(b.StateBody)],
    cases: Area,
) -> Response:
    """An officer's own word, with its reason: it stands above what a search finds."""
    done = await cases.members.correct(
        incident,
        account,
        m.MemberState(given.state),
        given.why,
        by=caller.token_id,
        idempotency=write.of(Changed),
    )
    return changed(done)


@router.get(
    f"{BASE}/timeline",
    **operation("Read the timeline", reply=s.CaseTimelineView, example=s.TIMELINE, problems=(404,)),
)
async def read_incident_timeline(
    incident: str,
    caller: Reads,
    asked: Annotated[b.TimelineQuery, query(b.TimelineQuery)],
    looking: Looking,
    feed: Annotated[Feed, area(Feed)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """The events of all accounts that were harmed in the order of the log, or of one account of the case.
    Nothing of what is sealed."""
    found = await looking.timeline(
        incident,
        account=asked.account,
        after=asked.after,
        since=asked.since,
        until=asked.until,
        limit=asked.limit,
    )
    hidden = await sealed(feed, guard.tools.policies.current, found.entries)
    kept = [each for each in found.entries if each.position not in hidden]
    rows = [_event(each, asked.language) for each in await opened(feed, kept)]
    return reply(s.CaseTimelineView(events=rows, next=found.next))


def _event(seen: Seen, language: str) -> s.CaseEventView:
    entry = seen.entry
    return s.CaseEventView(
        position=entry.position,
        at=entry.at,
        account=entry.subject.partition(":")[2],
        kind=entry.kind,
        action=entry.action or "",
        rule="" if seen.request is None else seen.request.rule,
        who=actor(seen),
        text=sentence(seen, language),
    )


@router.get(f"{BASE}/cause", **operation("Read the cause", reply=s.CauseView, example=s.CAUSE, problems=(404,)))
async def read_incident_cause(incident: str, caller: Reads, causes: Annotated[Causes, area(Causes)]) -> Response:
    """What suffices for the attacker's steps, what was seen before them, and what would decide between: three
    statements, never one. With the control that failed and what another policy would have done."""
    found = await causes.cause(incident)
    report = msgspec.to_builtins(found.report)
    return reply(
        s.CauseView(report=report, text=explain(found.report), accounts=found.accounts, harmed=found.harmed)
    )


@router.post(
    f"{BASE}/impact",
    **operation(
        "Look for everyone else",
        reply=s.ImpactView,
        example=s.IMPACT,
        body_example=b.ImpactBody(sets=(("sms_intercept", "judicial_pii"),)),
        problems=(404,),
    ),
)
async def find_incident_impact(
    incident: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.ImpactBody, json_body(b.ImpactBody)],
    looking: Looking,
) -> Response:
    """Who else bears what the attacker left behind, and what the same capabilities could do to each. All become
    members; asked again, it finds what has come since."""
    found = await looking.look(incident, given.sets, given.window, by=caller.token_id)
    return reply(s.impact_view(found))


@router.post(
    f"{BASE}/protect",
    **operation(
        "Protect everyone",
        reply=s.PlannedView,
        example=s.PLANNED,
        body_example=b.ProtectBody(why="one attack", sets=(("sms_intercept",),)),
        problems=(404, 409),
    ),
)
async def protect_incident_members(
    incident: str,
    caller: Writes,
    write: Key,
    officers: Annotated[Officers, two_passkeys],
    given: Annotated[b.ProtectBody, json_body(b.ProtectBody)],
    looking: Looking,
) -> Response:
    """By two passkeys: shields, ended sessions and freezes by state, carried out at once, each account once."""
    wish = Wish(
        tuple(State(each) for each in given.shield),
        tuple(State(each) for each in given.end_sessions),
        tuple(State(each) for each in given.freeze),
        given.lasts,
    )
    done = await looking.protect(
        incident,
        wish,
        given.sets,
        window=REACTION,
        officers=officers.names,
        why=given.why,
        idempotency=write.of(Planned),
    )
    return reply(s.planned_view(done.result), replayed=done.replayed)


@router.get(
    f"{BASE}/protections/{{act}}",
    **operation("Read a protection", reply=s.ProtectionView, example=s.PROTECTION, problems=(404,)),
)
async def read_incident_protection(
    incident: str,
    act: str,
    caller: Reads,
    protection: Annotated[Protection, area(Protection)],
) -> Response:
    """How far it is, and what came of each account."""
    held, parts = await protection.read(act)
    if held.incident != incident:
        raise NotFoundError("there is no such action in this case", code="unknown_action_id")
    return reply(s.protection_view(held, parts))
