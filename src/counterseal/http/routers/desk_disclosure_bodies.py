# SPDX-License-Identifier: Apache-2.0
"""What the routes of disclosures take and answer. Times are ms since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from counterseal.http.body import Body, Reply
from counterseal.http.staff_names import STAFF
from counterseal.judicial.disclosure import model as m
from counterseal.judicial.disclosure.canaries import reference_of
from counterseal.judicial.disclosure.changes import silence_digest

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Time = Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]


class DisclosurePage(Body, frozen=True):
    """`after`: the id that the last page ended with; `request`: only of this one."""

    after: Annotated[str, msgspec.Meta(max_length=128, pattern="^[A-Za-z0-9_]*$")] = ""
    request: Annotated[str, msgspec.Meta(max_length=128, pattern="^[A-Za-z0-9_]*$")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class PreviewQuery(Body, frozen=True):
    """`purpose`: why somebody looks; it stands in the log."""

    purpose: Annotated[str, msgspec.Meta(max_length=64, pattern="^[a-z_]*$")] = "request"


class RevokeBody(Body, frozen=True):
    """Why; it stands in the log."""

    reason: Reason


class SilenceBody(Body, frozen=True):
    """`digest`: `silence.digest` as it was when it was proposed; `basis`: the order; `until`: 90 days at
    most."""

    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    basis: Reason
    until: Time


class CanaryBody(Body, frozen=True):
    """A tag, a reference, an address, or the text of a copy as it is, blanks at line ends too."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=48_000)]


class ShownView(Reply, frozen=True):
    """A field as it would go out. `masked`: enough to see the kind of value; `outside`: rows outside the window
    (they stay here); `refused`: a code where it does not go out."""

    account: str
    name: str
    tier: str
    reason: str
    present: bool
    rows: int
    outside: int
    masked: str
    refused: str


class KeyView(Reply, frozen=True):
    """The recipient's key. `spoken`: the fingerprint in groups, to compare on the telephone."""

    kind: str
    fingerprint: str
    spoken: list[str]


class PreviewView(Reply, frozen=True):
    """What a package would hold now. `fault`: a code for why it cannot be built, empty = it can; `owners_told`:
    null = when it is fetched."""

    request: str
    fields: list[ShownView]
    fault: str
    key: KeyView | None
    owners_told: int | None


class HandedView(Reply, frozen=True):
    """A field that was handed out; `digest`: of salt and value, as it stands in the log."""

    account: str
    name: str
    tier: str
    digest: str


class CanaryView(Reply, frozen=True):
    """A mark of this copy: `kind` is reference, alias or format."""

    kind: str
    tag: str


class SilenceView(Reply, frozen=True):
    """Why and until when the owners are not told. `digest`: what two officers approve a longer one of."""

    basis: str
    until: int | None
    officers: list[str]
    digest: str


class DisclosureView(Reply, frozen=True):
    """A package. `reference`: of the request, `mark`: its own; `ended`: fetched, expired, revoked, empty = it can
    be fetched until `expires`; `told`: accounts whose owners know; `exposed`: since when values prove nothing;
    `people`: names of the members of staff whose ids stand in it."""

    id: str
    request: str
    reference: str
    mark: str
    authority: str
    authority_name: str
    basis: str
    approvers: list[str]
    built: int
    built_by: str
    key_kind: str
    key: str
    package_sha256: str
    size: int
    expires: int
    fields: list[HandedView]
    canaries: list[CanaryView]
    fetched: int | None
    fetched_from: str
    ended: str
    ended_at: int | None
    ended_by: str
    ended_reason: str
    silence: SilenceView
    told: list[str]
    told_at: int | None
    exposed: int | None
    people: dict[str, str]


class DisclosureList(Reply, frozen=True):
    """The newest first; `next`: give it as `after` for the rest, null at the end."""

    items: list[DisclosureView]
    next: str | None


class LinkView(Reply, frozen=True):
    """`url`: the public page of the package, null once it cannot be fetched."""

    url: str | None
    expires: int


class HitView(Reply, frozen=True):
    """A canary that was found, and the disclosure that it was in."""

    tag: str
    kind: str
    disclosure: str
    request: str
    authority: str
    built: int
    fetched: int | None
    accounts: list[str]


class HitList(Reply, frozen=True):
    """Every mark that was found; none: the text came from no disclosure, or its marks were removed."""

    items: list[HitView]


def preview_view(found: m.Preview) -> PreviewView:
    """A preview as it is answered."""
    key = found.key
    return PreviewView(
        request=found.request,
        fields=[ShownView(**msgspec.structs.asdict(each)) for each in found.fields],
        fault=found.fault,
        key=None if key is None else KeyView(kind=key.kind, fingerprint=key.fingerprint, spoken=list(key.spoken)),
        owners_told=found.owners_told,
    )


def hit_view(hit: m.Hit) -> HitView:
    """A canary as it is answered."""
    return HitView(**{**msgspec.structs.asdict(hit), "accounts": list(hit.accounts)})


def people_of(held: m.Disclosure) -> tuple[str, ...]:
    """Everybody who is named in it."""
    return (*held.approvers, *held.silence_by, held.built_by, held.ended_by)


def disclosure_view(held: m.Disclosure, names: Mapping[str, str]) -> DisclosureView:
    """A disclosure as it is answered: everything but the token. `names`: of staff by id."""
    spoken = [each.removeprefix(STAFF) for each in people_of(held)]
    marks = {mark.kind: mark.tag for mark in held.canaries}
    return DisclosureView(
        id=held.id,
        request=held.request,
        reference=held.reference,
        mark=reference_of(marks.get("reference", "")),
        authority=held.authority,
        authority_name=held.authority_name,
        basis=held.basis,
        approvers=list(held.approvers),
        built=held.built,
        built_by=held.built_by,
        key_kind=held.key_kind,
        key=held.key,
        package_sha256=held.package_sha256,
        size=held.size,
        expires=held.expires,
        fields=[HandedView(**msgspec.structs.asdict(each)) for each in held.fields],
        canaries=[CanaryView(**msgspec.structs.asdict(each)) for each in held.canaries],
        fetched=held.fetched,
        fetched_from=held.fetched_from,
        ended=held.ended,
        ended_at=held.ended_at,
        ended_by=held.ended_by,
        ended_reason=held.ended_reason,
        silence=SilenceView(
            basis=held.silence_basis,
            until=held.silence_until,
            officers=list(held.silence_by),
            digest=silence_digest(held),
        ),
        told=list(held.told),
        told_at=held.told_at,
        exposed=held.exposed,
        people={each: names[each] for each in sorted(set(spoken)) if each in names},
    )
