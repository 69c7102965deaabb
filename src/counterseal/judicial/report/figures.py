# SPDX-License-Identifier: Apache-2.0
"""From requests and disclosures to the figures of a period. Pure: the same facts give the same report.

What happened is counted in the period in which it happened: a request that came in last year and turned out to be
forged this month is in this month's report. A public one hides breakdowns of one to four: they could name somebody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from counterseal.judicial.disclosure.model import TIERS, Disclosure
from counterseal.judicial.registry.model import RECHECK
from counterseal.judicial.report import measures as m
from counterseal.judicial.report.model import COUNT, DAYS, MINUTES, PERCENT, Facts, Report, Row, Section
from counterseal.judicial.report.words import SECTIONS, STATES, TIERS_WORDS, TYPES, WORDS
from counterseal.judicial.requests.model import JudicialRequest, State, Type

LEAST: Final = 5
ALPHA_2: Final = 2
BREAKDOWNS: Final = ("country.", "state.", "type.", "tier.")
_FORGED: Final = (State.CONFIRMED_FORGED,)


class Period(msgspec.Struct, frozen=True):
    """What a section is reckoned from: the facts, and those of them that are of the period."""

    facts: Facts
    start: int
    end: int
    now: int
    received: tuple[JudicialRequest, ...]
    fetched: tuple[Disclosure, ...]
    by_id: Mapping[str, JudicialRequest]

    def moved(self, *states: State) -> tuple[JudicialRequest, ...]:
        """Requests that came into one of these states in the period."""
        return tuple(
            each for each in self.facts.requests if m.within(m.at_state(each, states), self.start, self.end)
        )


def reported(facts: Facts, start: int, end: int, now: int, *, public: bool = False) -> Report:
    """The report of the period `start` <= t < `end` (ms), as known at `now`."""
    period = Period(
        facts,
        start,
        end,
        now,
        tuple(each for each in facts.requests if start <= each.received < end),
        tuple(each for each in facts.disclosures if each.fetched is not None and start <= each.fetched < end),
        {each.id: each for each in facts.requests},
    )
    made = tuple(
        Section(code, *SECTIONS[code], rows=tuple(rows(period)))
        for code, rows in (
            ("requests", _requests),
            ("authenticity", _authenticity),
            ("clocks", _clocks),
            ("disclosures", _disclosures),
            ("exceptions", _exceptions),
            ("protection", _protection),
            ("registry", _registry),
        )
    )
    return Report(start, end, now, public, tuple(map(_hidden, made)) if public else made)


def _row(code: str, value: int | None, unit: str = COUNT) -> Row:
    label, chinese = WORDS[code]
    return Row(code, label, chinese, value, unit)


def _requests(p: Period) -> Iterable[Row]:
    yield _row("received", len(p.received))
    yield _row("users_named", len({account for each in p.received for account in each.accounts}))
    types = Counter(each.type for each in p.received)
    for kind in Type:
        yield Row(f"type.{kind}", *TYPES[kind], value=types[kind])
    states = Counter(each.state for each in p.received)
    for state in State:
        if states[state]:
            yield Row(f"state.{state}", *STATES[state], value=states[state])
    for country, count in sorted(Counter(_country(p, each) for each in p.received).items()):
        label, chinese = WORDS["country"]
        yield Row(f"country.{country}", f"{label}: {country}", f"{chinese}：{country}", count)


def _country(p: Period, request: JudicialRequest) -> str:
    """Of the registered authority; else as claimed, which proves nothing."""
    country = p.facts.countries.get(request.authority, "") or request.claim.country
    known = len(country) == ALPHA_2 and country.isascii() and country.isalpha()
    return country.lower() if known else "unknown"


def _authenticity(p: Period) -> Iterable[Row]:
    released = p.moved(*m.LEFT)
    forged = p.moved(*_FORGED)
    suspected = p.moved(State.SUSPECTED_FORGED)
    cleared = [each for each in p.facts.requests if m.within(m.clearings(each), p.start, p.end)]
    yield _row("released", len(released))
    yield _row("refused", len(p.moved(State.REJECTED)))
    yield _row("forged_caught", len([each for each in forged if not m.at_state(each, m.LEFT)]))
    yield _row("forged_released", len([each for each in forged if m.at_state(each, m.LEFT)]))
    yield _row("suspected", len(suspected))
    yield _row("cleared", len(cleared))
    yield _row("false_suspicion", m.share(len(cleared), len(cleared) + len(forged)), PERCENT)
    counted = [m.channels(each) for each in released]
    yield _row("channels_median", m.middle(counted))
    yield _row("channels_least", min(counted, default=None))
    yield _row("called_back", m.share(sum(map(m.called_back, released)), len(released)), PERCENT)
    said = [each for each in p.facts.requests if p.start <= next(iter(m.at_state(each, m.VERDICT)), -1) < p.end]
    taken = [taken for each in said if (taken := m.verdict_after(each)) is not None]
    yield _row("verdict_p50", m.minutes(m.middle(taken)), MINUTES)
    yield _row("verdict_p95", m.minutes(m.high(taken)), MINUTES)
    timely = [found for each in said if (found := m.in_time(each)) is not None]
    yield _row("verdict_in_time", m.share(sum(timely), len(timely)), PERCENT)


def _clocks(p: Period) -> Iterable[Row]:
    found = [m.late(each, p.start, p.end, p.now) for each in p.facts.requests]
    yield _row("clocks_due", sum(due for due, _ in found))
    yield _row("clocks_overdue", sum(missed for _, missed in found))


def _disclosures(p: Period) -> Iterable[Row]:
    fields = [len(each.fields) for each in p.fetched]
    users = [len(each.accounts) for each in p.fetched]
    yield _row("disclosures", len(p.fetched))
    yield _row("users_disclosed", len({account for each in p.fetched for account in each.accounts}))
    yield _row("fields_median", m.middle(fields))
    yield _row("fields_most", max(fields, default=None))
    yield _row("users_median", m.middle(users))
    yield _row("users_most", max(users, default=None))
    tiers = Counter(field.tier for each in p.fetched for field in each.fields)
    for tier in TIERS:
        yield Row(f"tier.{tier}", *TIERS_WORDS[tier], value=tiers[tier])
    pairs = [(p.by_id[each.request], each) for each in p.fetched if each.request in p.by_id]
    yield _row("narrowed", m.share(sum(m.narrowed(*pair) for pair in pairs), len(pairs)), PERCENT)
    yield _row("owners_told", sum(len(each.told) for each in p.facts.disclosures if _told(p, each)))
    yield _row("silent", len([each for each in p.fetched if each.silence_until is not None]))
    overdue = [each for each in p.facts.disclosures if m.notice_overdue(each, p.start, p.end, p.now)]
    yield _row("notices_overdue", len(overdue))


def _told(p: Period, disclosure: Disclosure) -> bool:
    return disclosure.told_at is not None and p.start <= disclosure.told_at < p.end


def _exceptions(p: Period) -> Iterable[Row]:
    approvals = [each for request in p.facts.requests for each in request.approvals if p.start <= each.at < p.end]
    resolved = [
        each
        for request in p.facts.requests
        for each in request.evidence
        if each.resolved is not None and p.start <= each.resolved.at < p.end
    ]
    yield _row("emergencies", len([each for each in p.received if each.type is Type.EMERGENCY]))
    yield _row("one_officer", len([each for each in approvals if len(set(each.officers)) == 1]))
    yield _row("approvals_void", len([each for each in approvals if each.void]))
    yield _row("contradictions_resolved", len(resolved))
    yield _row("silence_renewed", sum(each.silence_rounds for each in p.fetched))


def _protection(p: Period) -> Iterable[Row]:
    doubted = p.moved(State.SUSPECTED_FORGED, State.CONFIRMED_FORGED)
    exposed = {account for each in p.fetched for account in each.accounts}
    yield _row("shielded", len({account for each in doubted for account in each.accounts}))
    yield _row("exposed", len(exposed))
    yield _row("attacked", len(exposed & p.facts.attacked))
    yield _row("canaries", len([each for each in p.facts.canaries if p.start <= each < p.end]))


def _registry(p: Period) -> Iterable[Row]:
    ages = [max(0, p.now - each) for each in p.facts.seen]
    age = m.middle(ages)
    yield _row("contacts", len(ages))
    yield _row("contacts_age", None if age is None else age // m.DAY, DAYS)
    yield _row("contacts_overdue", len([each for each in ages if each >= RECHECK]))


def _hidden(section: Section) -> Section:
    """Without small figures of breakdowns; where one alone would be hidden, the next larger too: else the others
    and their sum would tell it."""
    hidden: set[str] = set()
    for prefix in BREAKDOWNS:
        shown = sorted((row.value, row.code) for row in section.rows if row.code.startswith(prefix) and row.value)
        small = [code for value, code in shown if value < LEAST]
        hidden.update(code for _, code in shown[: max(2, len(small)) if small else 0])
    rows = (
        msgspec.structs.replace(each, value=None, hidden=True) if each.code in hidden else each
        for each in section.rows
    )
    return msgspec.structs.replace(section, rows=tuple(rows))
