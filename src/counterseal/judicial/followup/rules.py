# SPDX-License-Identifier: Apache-2.0
"""The table: what follows which event for each account that a request names. Pure.

A genuine disclosure is silent: the values stop being proof, and its owner sees what everybody sees. A suspicion
shields, whether or not anything left. Only what two officers confirmed ends sessions and speaks to owners, and only
where something had left: else a stranger's forged letter could throw anybody out. The shields of a request that is
cleared are taken back by the two who cleared it; what was disclosed stays disclosed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from counterseal.core.account import Suspicion
from counterseal.judicial.disclosure.model import TIERS, Disclosure
from counterseal.judicial.followup.model import Act, Do, Event, Measure, Step
from counterseal.judicial.requests.model import JudicialRequest, State, Type

DAY: Final = 24 * 60 * 60 * 1000
SHIELD: Final = 30 * DAY
LONG_SHIELD: Final = 90 * DAY
EXPOSED: Final = 3_650 * DAY  # a date of birth does not change
TWO: Final = 2
EXPOSURE: Final = "disclosed_data"
DOUBT: Final = "judicial_pii"
DONE: Final = frozenset({State.DELIVERED, State.NOTICE_DUE, State.NOTIFIED, State.EXECUTED})

TABLE: Final[Mapping[Event, tuple[Measure, ...]]] = {
    Event.NAMED: (),
    Event.DISCLOSED: (Measure(Do.EXPOSE, EXPOSED),),
    Event.SUSPECTED: (Measure(Do.SHIELD, SHIELD),),
    Event.CONFIRMED: (
        Measure(Do.SHIELD, LONG_SHIELD, "confirmed"),
        Measure(Do.SHIELD, SHIELD, siblings=True),
    ),
    Event.CONFIRMED_LATE: (
        Measure(Do.SHIELD, LONG_SHIELD, "confirmed"),
        Measure(Do.END_SESSIONS),
        Measure(Do.TELL),
        Measure(Do.SHIELD, SHIELD, siblings=True),
    ),
    Event.SIBLING: (Measure(Do.SHIELD, SHIELD),),
    Event.CLEARED: (Measure(Do.CLEAR),),
}
"""Event -> measures, in the order in which they are carried out. Shields come first: they stop somebody."""


def event_of(before: State | None, after: State, request: JudicialRequest) -> Event:
    """What a move of a request means for its accounts."""
    if after is State.SUSPECTED_FORGED:
        return Event.SUSPECTED
    if after is State.CONFIRMED_FORGED:
        return Event.CONFIRMED_LATE if left(request) else Event.CONFIRMED
    return Event.CLEARED if before is State.SUSPECTED_FORGED else Event.NAMED


def left(request: JudicialRequest) -> bool:
    """Whether anything was handed out or carried out on it, now or earlier."""
    return any(each.state in DONE for each in request.history) or request.state in DONE


def ordered(request: JudicialRequest) -> bool:
    """Whether a freeze or a seizure was carried out on it. Lifting ends every freeze of an account, its owner's own
    too; so two officers look at the account and do it, and nothing does it by itself."""
    return request.type in {Type.FREEZE, Type.SEIZURE} and any(
        each.state is State.EXECUTED for each in request.history
    )


def named_by(request: JudicialRequest, disclosed: Sequence[str] = ()) -> tuple[str, ...]:
    """The accounts that it names: as looked up, in its fields, and `disclosed` in its packages."""
    return tuple(dict.fromkeys((*request.accounts, *(each.account for each in request.fields), *disclosed)))


def officers_of(by: str) -> tuple[str, ...]:
    """The people in `by` ("st_a+st_b"): staff alone, each once."""
    found = dict.fromkeys(each.strip() for each in by.split("+"))
    return tuple(each for each in found if each and each != "desk" and ":" not in each)


def suspicion_id(request: str, event: Event, origin: str = "") -> str:
    """The id of a shield: the same for the same cause, so that it stands once and can be found again."""
    return ".".join(each for each in ("desk", request, event.value, origin) if each)


def suspicion_of(step: Step, reference: str) -> Suspicion:
    """The suspicion of a step. `reference`: of the request, for staff."""
    words = {
        Do.EXPOSE: f"data were handed out on the judicial request {reference}",
        Do.SHIELD: f"the judicial request {reference} named this account and may be forged",
    }
    capability = EXPOSURE if step.do is Do.EXPOSE else DOUBT
    return Suspicion(
        id=step.about,
        capability=capability,
        since=step.since,
        until=step.until,
        strength=step.strength,
        evidence=words[step.do],
    )


def exposure_steps(disclosure: Disclosure) -> tuple[Step, ...]:
    """What a fetched package means for the accounts in it. That an account exists (T0) is no proof of anything."""
    since = disclosure.fetched
    if since is None:
        return ()
    told = dict.fromkeys(each.account for each in disclosure.fields if each.tier != TIERS[0])
    about = f"desk.{disclosure.id}"
    return tuple(Step(each, Do.EXPOSE, about, since, since + EXPOSED, "strong") for each in told)


def steps_for(
    event: Event,
    request: JudicialRequest,
    accounts: Sequence[str],
    at: int,
    *,
    by: Sequence[str] = (),
    siblings: Mapping[str, str] | None = None,
    earlier: Sequence[Act] = (),
    origin: str = "",
) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """The steps of an act at `at` (ms), and what people have to do themselves. `siblings`: account ->
    the request that names it; `earlier`: acts of the same request, whose shields a clearing takes back; `origin`:
    the forgery that this request is a sibling of."""
    steps: list[Step] = []
    faults = ["freeze_stands"] if event is Event.CONFIRMED_LATE and ordered(request) else []
    for measure in TABLE[event]:
        if measure.do in {Do.END_SESSIONS, Do.CLEAR} and len(set(by)) < TWO:
            faults.append("two_officers")
            continue
        if measure.do is Do.TELL:
            steps += [Step("", Do.TELL, about=each) for each in request.disclosures]
        elif measure.do is Do.CLEAR:
            steps += _taken_back(earlier, tuple(by))
        elif measure.siblings:
            others = siblings or {}
            steps += [_shield(event, measure, request, each, at, others[each]) for each in sorted(others)]
        else:
            steps += [_step(event, measure, request, each, at, tuple(by), origin) for each in accounts]
    return tuple(steps), tuple(faults)


def _step(
    event: Event,
    measure: Measure,
    request: JudicialRequest,
    account: str,
    at: int,
    by: tuple[str, ...],
    origin: str,
) -> Step:
    if measure.do is Do.SHIELD:
        return _shield(event, measure, request, account, at, origin)
    return Step(account, measure.do, about=f"desk.{request.id}.{measure.do.value}", officers=by)


def _shield(
    event: Event, measure: Measure, request: JudicialRequest, account: str, at: int, origin: str = ""
) -> Step:
    """A shield reaches back to when the request came in: what was granted since on such data is doubtful."""
    return Step(
        account,
        Do.SHIELD,
        about=suspicion_id(request.id, event, origin),
        since=min(request.received, at),
        until=at + measure.lasts,
        strength=measure.strength,
        origin=origin,
    )


def _taken_back(earlier: Sequence[Act], by: tuple[str, ...]) -> list[Step]:
    """Every shield that this request has brought, to its accounts and to those of its siblings."""
    shields = [step for act in earlier for step in act.steps if step.do is Do.SHIELD]
    return [Step(each.account, Do.CLEAR, about=each.about, origin=each.origin, officers=by) for each in shields]
