# SPDX-License-Identifier: Apache-2.0
"""An account as the API shows it: to the platform, and to staff with what only they may see."""

from __future__ import annotations

from decimal import Decimal

from counterseal.core.account import Contact, Instance, State
from counterseal.core.engine.doubt import Active, active, covering, fact_doubt, instance_doubt, open_now
from counterseal.core.policy.model import Policy
from counterseal.http.body import Reply
from counterseal.http.views import ActionView, action_view


class FactorView(Reply, frozen=True):
    """An enrolled factor. `used`: its last proof. `doubtful`: a suspected capability could have bound it.

    `counts_from` (ms): until then a suspicion keeps its proofs from counting; null = none does.
    """

    id: str
    factor: str
    label: str
    since: int
    used: int | None
    removed: int | None
    imported: bool
    doubtful: bool
    counts_from: int | None


class ContactView(Reply, frozen=True):
    """A contact, masked."""

    id: str
    channel: str
    hint: str
    since: int
    replaced_at: int | None


class FactView(Reply, frozen=True):
    """A fact of an object. `started`: where its age runs from; null = nobody has been told yet."""

    name: str
    since: int
    started: int | None
    expires: int | None
    imported: bool
    doubtful: bool


class ObjectView(Reply, frozen=True):
    """An object and what it carries."""

    kind: str
    id: str
    facts: list[FactView]


class FreezeView(Reply, frozen=True):
    """A freeze that stands."""

    id: str
    kind: str
    at: int
    until: int | None


class GlassView(Reply, frozen=True):
    """Break-glass that stands (staff only): until then suspicions are put aside for what is no outflow."""

    id: str
    since: int
    until: int
    officers: list[str]
    reason: str


class LockView(Reply, frozen=True):
    """An owner's own stricter rule."""

    outflow: str
    off: bool
    limit: Decimal | None
    delay: int


class SuspicionView(Reply, frozen=True):
    """A suspicion (staff only, never a sealed one)."""

    id: str
    capability: str
    instance: str | None
    since: int
    until: int
    strength: str
    evidence: str


class WaitView(Reply, frozen=True):
    """A clock that runs: `at` when its verb was done, `started` when a notice of it was accepted."""

    clock: str
    at: int
    started: int | None


class AccountView(Reply, frozen=True):
    """An account."""

    account: str
    language: str
    registered: int
    factors: list[FactorView]
    contacts: list[ContactView]
    objects: list[ObjectView]
    freezes: list[FreezeView]
    glass: GlassView | None
    locks: list[LockView]
    suspicions: list[SuspicionView]
    waits: list[WaitView]
    actions: list[ActionView]


def mask(contact: Contact) -> str:
    """Enough to recognise a contact, too little to use it."""
    return mask_text(contact.channel, contact.value)


def mask_text(channel: str, value: str) -> str:
    """An address of this channel, masked."""
    if channel == "email" and "@" in value:
        name, _, domain = value.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"…{value[-2:]}" if len(value) > 4 else "…"  # noqa: PLR2004 - short values show nothing


def _counts_from(item: Instance, standing: tuple[Active, ...]) -> int | None:
    """When the last suspicion ends that could have produced a proof of this instance; None = there is none."""
    ends = [one.suspicion.until for one in standing if covering(item.factor, item.id, (one,)) is not None]
    return max(ends, default=None)


def _glass(state: State, now: int) -> GlassView | None:
    found = open_now(state, now)
    if found is None:
        return None
    return GlassView(
        id=found.id, since=found.since, until=found.until, officers=list(found.officers), reason=found.reason
    )


def account_view(policy: Policy, state: State, now: int, *, staff: bool) -> AccountView:
    """An account as the caller may see it. Doubt and suspicions are the staff's; sealed ones are nobody's here."""
    words = policy.vocabulary
    standing = tuple(x for x in active(words, state, now) if staff and x.capability.tell != "sealed")
    factors = [
        FactorView(
            id=item.id,
            factor=item.factor,
            label=item.label,
            since=item.grant.at,
            used=item.last,
            removed=item.removed_at,
            imported=item.grant.imported,
            doubtful=instance_doubt(state, item, standing) is not None,
            counts_from=_counts_from(item, standing),
        )
        for item in state.enrolled.values()
    ]
    objects = []
    for item in state.objects.values():
        facts = [
            FactView(
                name=name,
                since=fact.grant.at,
                started=fact.started,
                expires=fact.expires,
                imported=fact.grant.imported,
                doubtful=bool(standing) and fact_doubt(state, item, name, standing) is not None,
            )
            for name, fact in item.facts.items()
        ]
        objects.append(ObjectView(kind=item.kind, id=item.id, facts=facts))
    suspicions = [
        SuspicionView(
            id=x.id,
            capability=x.capability,
            instance=x.instance,
            since=x.since,
            until=x.until,
            strength=x.strength,
            evidence=x.evidence,
        )
        for x in state.suspicions.values()
        if staff and x.capability in words.capabilities and words.capabilities[x.capability].tell != "sealed"
    ]
    clocks = ((key.partition(":")[2], mark) for key, mark in state.times.items() if key.startswith("clock:"))
    waits = [WaitView(clock=clock, at=mark.at, started=mark.started) for clock, mark in clocks]
    return AccountView(
        account=state.id,
        language=state.language,
        registered=state.registered,
        factors=factors,
        contacts=[
            ContactView(id=c.id, channel=c.channel, hint=mask(c), since=c.since, replaced_at=c.replaced_at)
            for c in state.contacts.values()
        ],
        objects=objects,
        freezes=[FreezeView(id=f.id, kind=f.kind, at=f.at, until=f.until) for f in state.freezes.values()],
        glass=_glass(state, now) if staff else None,
        locks=[LockView(outflow=x.outflow, off=x.off, limit=x.limit, delay=x.delay) for x in state.locks.values()],
        suspicions=suspicions,
        waits=waits,
        actions=[action_view(state.id, action, staff=staff) for action in state.actions.values()],
    )
