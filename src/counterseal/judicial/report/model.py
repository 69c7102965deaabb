# SPDX-License-Identifier: Apache-2.0
"""A report and what it is made from. Times are ms since the epoch. No row names a person or an account."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from counterseal.judicial.disclosure.model import Disclosure
from counterseal.judicial.requests.model import JudicialRequest

COUNT: Final = "count"
PERCENT: Final = "percent"
MINUTES: Final = "minutes"
DAYS: Final = "days"


class Row(msgspec.Struct, frozen=True):
    """One figure. `value` None: there is nothing to reckon it from; with `hidden`: it is too small to be shown."""

    code: str
    label: str
    chinese: str
    value: int | None
    unit: str = COUNT
    hidden: bool = False


class Section(msgspec.Struct, frozen=True):
    """Figures about one thing."""

    code: str
    label: str
    chinese: str
    rows: tuple[Row, ...]


class Report(msgspec.Struct, frozen=True):
    """The period `start` <= t < `end`, as known at `made`. `public`: small figures of breakdowns are hidden."""

    start: int
    end: int
    made: int
    public: bool
    sections: tuple[Section, ...]


class Facts(msgspec.Struct, frozen=True):
    """What a report is reckoned from: everything, whenever it was. `countries`: authority -> country; `seen`: when
    each contact in use was last checked; `canaries`: when each canary was found; `attacked`: of the accounts whose
    data were fetched in the period, those that were attacked within 90 days."""

    requests: tuple[JudicialRequest, ...]
    disclosures: tuple[Disclosure, ...]
    countries: Mapping[str, str] = MappingProxyType({})
    seen: tuple[int, ...] = ()
    canaries: tuple[int, ...] = ()
    attacked: frozenset[str] = frozenset()
