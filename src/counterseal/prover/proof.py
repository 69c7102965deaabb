# SPDX-License-Identifier: Apache-2.0
"""The result of `prove`: per profile the attacks, the verdict of each property, the duals, what it rests on.

Plain data for reports and pictures: whoever shows it decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from counterseal.prover.findings import Attack


class Carrier(msgspec.Struct, frozen=True):
    """An assumption, dropped alone. `kind`: factor, fact, channel, or operations (prover/assumptions.py).

    `breaks`: properties that held and fail without it. Empty = this profile's verdicts do not rest on it.
    """

    kind: str
    name: str
    text: str
    breaks: tuple[str, ...]


class Verdict(msgspec.Struct, frozen=True):
    """One property for one profile. `holds`: yes, no, or `undecided` with the reason in `note`.

    `attacks`: the counterexamples, one for each minimal set and outflow (empty where the property is about the
    owner; `note` then says what is wrong). `rests_on`: names of carriers whose loss breaks it.
    """

    name: str
    line: int
    given: str
    assertion: str
    holds: str
    attacks: tuple[Attack, ...] = ()
    note: str = ""
    rests_on: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()  # lines of the policy that a counterexample goes through, in order


class Loss(msgspec.Struct, frozen=True):
    """The worst loss of sets of up to `size` capabilities if the owner needs `reacts` ms. None = no limit."""

    size: int
    reacts: int
    amount: Decimal | None
    capabilities: tuple[str, ...]


class Recovery(msgspec.Struct, frozen=True):
    """The owner without some of his factors (or with proofs in doubt under one suspected capability).

    `regains`: fact or outflow -> ms until he has it again; None = never. `path`: actions on the way to a session.
    """

    lost: tuple[str, ...]
    suspected: tuple[str, ...]
    regains: Mapping[str, int | None]
    path: tuple[str, ...] = ()


class Starvation(msgspec.Struct, frozen=True):
    """An attacker who keeps restarting `clock` by `action` so that the owner never gets to `outflow`."""

    capabilities: tuple[str, ...]
    action: str
    clock: str
    outflow: str
    line: int


class Duals(msgspec.Struct, frozen=True):
    """What a pass is never shown without: lock-out, reach, starvation. `unreachable`: outflows the owner never gets
    to with all his factors. `needs`: outflow -> statements of the platform that it takes (`ip_listed`)."""

    recoveries: tuple[Recovery, ...]
    unreachable: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]
    starvation: tuple[Starvation, ...]


class Cell(msgspec.Struct, frozen=True):
    """One set and one outflow. `window`: None with `silent` False = never."""

    capabilities: tuple[str, ...]
    outflow: str
    silent: bool
    window: int | None


class ProfileProof(msgspec.Struct, frozen=True):
    """`sets`: capability sets decided. `same`: capability -> others that are the same against this profile.

    `minimal`: every minimal set per outflow with a window shorter than asked, each with its best way, shortest
    window first. `heat`: cells of single capabilities and of the minimal sets, for the table.
    """

    profile: str
    factors: tuple[str, ...]
    channels: tuple[str, ...]
    sets: int
    same: Mapping[str, tuple[str, ...]]
    verdicts: tuple[Verdict, ...]
    minimal: tuple[Attack, ...]
    heat: tuple[Cell, ...]
    losses: tuple[Loss, ...]
    duals: Duals
    carriers: tuple[Carrier, ...]
    profiles_alike: tuple[str, ...] = ()  # other combinations of factors and channels with the same game


class Proof(msgspec.Struct, frozen=True):
    """The whole answer. `window`: ms that the owner needs. `seconds`: engine -> CPU s, from the caller.

    `lines`: line number -> text of the policy, for every line that a path names.
    """

    policy: str
    digest: str
    source: str  # the file or shipped name as asked for
    window: int
    currency: str
    small: Decimal
    profiles: tuple[ProfileProof, ...]
    outflows: tuple[str, ...]
    lines: Mapping[int, str]
    seconds: Mapping[str, float]
