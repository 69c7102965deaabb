# SPDX-License-Identifier: Apache-2.0
"""What the routes of the rule packs answer."""

from __future__ import annotations

from counterseal.http.body import Reply
from counterseal.judicial.packs.model import Allow, Basis, Deadline, Pack, Source


class PackLine(Reply, frozen=True):
    """A rule pack in the list. `caveat` and `caveat_chinese`: what whoever uses it must know; may be empty."""

    name: str
    title: str
    chinese: str
    zone: str
    caveat: str
    caveat_chinese: str
    bases: list[str]


class PackList(Reply, frozen=True):
    """All of them."""

    items: list[PackLine]


class OriginView(Reply, frozen=True):
    """Where an entry comes from. `confidence`: high | medium | low (low: ask counsel)."""

    source: str
    as_of: str
    confidence: str


class DeadlineView(Reply, frozen=True):
    """A deadline. `within`: as `10d`, `8h`, `5bd` (business days), `3mo`; `keeps`: until when something is kept."""

    name: str
    types: list[str]
    within: str
    ends: str
    closed: str
    extend: str | None
    keeps: bool
    then: str
    chinese: str
    line: int
    origin: OriginView


class AllowView(Reply, frozen=True):
    """A row of the matrix. `longest`: of the window in ms, null = no window is needed."""

    category: str
    fields: list[str]
    identifiers: list[str]
    longest: int | None
    line: int
    origin: OriginView


class BasisView(Reply, frozen=True):
    """A legal basis. `roles`: of the registry, who may cite it; `channel`: the only way in which it comes."""

    name: str
    title: str
    chinese: str
    types: list[str]
    roles: list[str]
    compelling: bool
    most_tier: str
    channel: str
    line: int
    origin: OriginView
    allow: list[AllowView]
    clocks: list[DeadlineView]


class PackView(Reply, frozen=True):
    """A rule pack. `silence`: for how long at most an owner is not told (ms), null = told on delivery."""

    pack: PackLine
    digest: str
    since: str | None
    weekend: list[int]
    holidays: list[str]
    most_users: int
    silence: int | None
    silence_needs: str
    clocks: list[DeadlineView]
    bases: list[BasisView]


def line_view(pack: Pack) -> PackLine:
    """As the list shows it."""
    return PackLine(
        name=pack.name,
        title=pack.title,
        chinese=pack.chinese,
        zone=pack.zone,
        caveat=pack.caveat,
        caveat_chinese=pack.caveat_chinese,
        bases=list(pack.bases),
    )


def pack_view(pack: Pack) -> PackView:
    """With everything."""
    return PackView(
        pack=line_view(pack),
        digest=pack.digest,
        since=None if pack.since is None else pack.since.isoformat(),
        weekend=list(pack.weekend),
        holidays=[day.isoformat() for day in sorted(pack.holidays)],
        most_users=pack.most_users,
        silence=pack.silence,
        silence_needs=pack.silence_needs,
        clocks=[_deadline(each) for each in pack.clocks],
        bases=[_basis(each) for each in pack.bases.values()],
    )


def _basis(held: Basis) -> BasisView:
    return BasisView(
        name=held.name,
        title=held.title,
        chinese=held.chinese,
        types=[each.value for each in held.types],
        roles=list(held.roles),
        compelling=held.compelling,
        most_tier=held.most_tier,
        channel=held.channel,
        line=held.line,
        origin=_origin(held.origin),
        allow=[_row(each) for each in held.allow],
        clocks=[_deadline(each) for each in held.clocks],
    )


def _row(held: Allow) -> AllowView:
    return AllowView(
        category=held.category,
        fields=list(held.fields),
        identifiers=list(held.identifiers),
        longest=held.longest,
        line=held.line,
        origin=_origin(held.origin),
    )


def _deadline(held: Deadline) -> DeadlineView:
    return DeadlineView(
        name=held.name,
        types=[each.value for each in held.types],
        within=f"{held.within.amount}{held.within.unit}",
        ends=held.ends.value,
        closed=held.closed.value,
        extend=None if held.extend is None else f"{held.extend.amount}{held.extend.unit}",
        keeps=held.keeps,
        then=held.then,
        chinese=held.chinese,
        line=held.line,
        origin=_origin(held.origin),
    )


def _origin(held: Source) -> OriginView:
    return OriginView(source=held.source, as_of=held.as_of, confidence=held.confidence)


LINE = PackLine(
    name="generic",
    title="The desk's own rules",
    chinese="本平台的一般规则",
    zone="UTC",
    caveat="These are rules of the house.",
    caveat_chinese="此为平台自身规则。",
    bases=["court_order"],
)
_ORIGIN = OriginView(source="the desk's own rule", as_of="2026-11-23", confidence="low")
_CLOCK = DeadlineView(
    name="answer",
    types=["disclosure"],
    within="15bd",
    ends="day",
    closed="stays",
    extend=None,
    keeps=False,
    then="say that the check of authenticity is open; nothing is released",
    chinese="告知仍在核实真实性；不提供任何数据",
    line=30,
    origin=_ORIGIN,
)
PACK = PackView(
    pack=LINE,
    digest="sha256:57b5dc725d400e7e0f0b2a6c4d9f0c6d0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    since=None,
    weekend=[5, 6],
    holidays=["2026-12-25"],
    most_users=5,
    silence=7_776_000_000,
    silence_needs="a stated legal basis and an end",
    clocks=[_CLOCK],
    bases=[
        BasisView(
            name="court_order",
            title="Order of a court or judge",
            chinese="法院或法官的命令",
            types=["disclosure"],
            roles=["court", "judge"],
            compelling=True,
            most_tier="T5",
            channel="",
            line=64,
            origin=_ORIGIN,
            allow=[
                AllowView(
                    category="subscriber",
                    fields=["name", "email"],
                    identifiers=["account", "email"],
                    longest=None,
                    line=75,
                    origin=_ORIGIN,
                )
            ],
            clocks=[],
        )
    ],
)
