# SPDX-License-Identifier: Apache-2.0
"""What a rule pack says: legal bases, deadlines, and which fields a basis may be given. Times are ms.

A pack is a list of what is allowed; what it does not name is refused. It is data of the operator's counsel, not
legal advice: every basis says where it comes from and how sure that is. Format: docs/desk-packs.md.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.judicial.disclosure.model import TIERS
from counterseal.judicial.requests.model import Type

FIELD_TIERS: Final = {
    **dict.fromkeys(("exists",), "T0"),
    **dict.fromkeys(("name", "email", "phone", "registered_at"), "T1"),
    **dict.fromkeys(("postal_address", "service_types", "payment_means"), "T1"),
    **dict.fromkeys(("last_ip", "sessions", "ip_addresses", "login_history"), "T2"),
    **dict.fromkeys(("transactions", "deposits", "withdrawals", "trades"), "T3"),
    **dict.fromkeys(("chain_addresses", "payout_accounts", "balances"), "T3"),
    **dict.fromkeys(("birth_date", "id_number", "identity_images", "devices"), "T4"),
    **dict.fromkeys(("messages", "p2p_messages"), "T5"),
}
"""Every field that a platform can be asked for, and its tier. What is not here is never handed out."""

FIELDS_OF: Final = {
    "existence": ("exists",),
    "subscriber": (
        *("exists", "name", "email", "phone", "registered_at"),
        *("postal_address", "service_types", "payment_means"),
    ),
    "identification": ("last_ip", "ip_addresses"),
    "traffic": ("sessions", "login_history", "ip_addresses"),
    "transactions": ("transactions", "deposits", "withdrawals", "trades", "chain_addresses", "payout_accounts"),
    "balances": ("balances",),  # only where an order names them
    "identity": ("birth_date", "id_number", "identity_images"),
    "devices": ("devices",),
    "content": ("messages", "p2p_messages"),
}
"""The fields of each category of data. There is no category for "all data": free text never becomes fields."""

CATEGORIES: Final = frozenset(FIELDS_OF)
IDENTIFIERS: Final = ("account", "email", "phone", "name", "document", "address", "txid", "ip")
SHARED_IDENTIFIERS: Final = frozenset({"name", "ip"})
"""They mean several people as a rule. A basis takes them only where it says so."""

EMERGENCY_FIELDS: Final = frozenset({"exists", "name", "email", "phone", "last_ip"})
"""All that an emergency is given, whatever a pack allows: enough to find somebody, not enough to become them."""

DISCLOSES: Final = frozenset({Type.DISCLOSURE, Type.EMERGENCY})
MOST_USERS: Final = 5


class PackError(InputError):
    """A rule pack does not have what was asked of it."""

    code = "desk_pack"


class Unit(StrEnum):
    """How a deadline counts."""

    HOURS = "h"  # elapsed, whatever the clocks on the wall do
    DAYS = "d"  # local calendar days
    BUSINESS_DAYS = "bd"
    MONTHS = "mo"  # the last day of a month that has no such day


class Ends(StrEnum):
    """When in its last day a deadline in days ends."""

    MOMENT = "moment"  # at the local time of day of the receipt: the earlier reading
    DAY = "day"  # at the midnight that ends the day


class Closed(StrEnum):
    """Where a deadline goes that would end on a day without business."""

    STAYS = "stays"
    EARLIER = "earlier"
    LATER = "later"


class Length(msgspec.Struct, frozen=True):
    """`10d`, `8h`, `5bd`, `3mo`."""

    amount: int
    unit: Unit


class Source(msgspec.Struct, frozen=True):
    """Where an entry comes from. `confidence`: high, medium or low (remembered, no source found: ask counsel)."""

    source: str
    as_of: str
    confidence: str


class Deadline(msgspec.Struct, frozen=True):
    """One deadline. `then`: what happens when it passes, never a release. `extend`: by how much it can be made
    longer once. `keeps`: it says until when something is kept, not by when somebody must act."""

    name: str
    types: tuple[Type, ...]
    within: Length
    ends: Ends
    closed: Closed
    then: str
    chinese: str
    origin: Source
    line: int
    extend: Length | None = None
    keeps: bool = False


class Allow(msgspec.Struct, frozen=True):
    """One row of the matrix: for this category, found by one of these identifiers, these fields. `longest`: of the
    window in ms; None = no window is needed (what an account is, not what it did)."""

    category: str
    fields: tuple[str, ...]
    identifiers: tuple[str, ...]
    longest: int | None
    origin: Source
    line: int


class Basis(msgspec.Struct, frozen=True):
    """One legal basis. `roles`: of the registry, who may cite it; `compelling`: whether it obliges (else it is a
    voluntary answer, and counsel decides whether there is one); `channel`: the only way in which it comes."""

    name: str
    title: str
    chinese: str
    types: tuple[Type, ...]
    roles: tuple[str, ...]
    compelling: bool
    most_tier: str
    allow: tuple[Allow, ...]
    clocks: tuple[Deadline, ...]
    origin: Source
    line: int
    channel: str = ""
    silence: int | None = None  # ms; None = as the pack

    def takes(self, tier: str) -> bool:
        """Whether the basis reaches up to this tier."""
        return TIERS.index(tier) <= TIERS.index(self.most_tier)


class Pack(msgspec.Struct, frozen=True):
    """One rule pack. `zone`: IANA name, its clocks count there; `since`: first local day on which it is used;
    `silence`: longest time for which the owner is not told (ms), None = the owner is told on delivery."""

    name: str
    title: str
    chinese: str
    zone: str
    weekend: tuple[int, ...]  # Monday is 0
    holidays: frozenset[dt.date]
    bases: dict[str, Basis]
    clocks: tuple[Deadline, ...]
    digest: str
    caveat: str = ""
    caveat_chinese: str = ""
    most_users: int = MOST_USERS
    silence: int | None = None
    silence_needs: str = ""
    since: dt.date | None = None

    def basis(self, name: str) -> Basis:
        """One of its bases. Raises PackError (`basis_unknown`)."""
        if name not in self.bases:
            hint = f"It has: {', '.join(self.bases)}."
            raise PackError(
                f"the rule pack {self.name} has no legal basis `{name[:64]}`", code="basis_unknown", hint=hint
            )
        return self.bases[name]
