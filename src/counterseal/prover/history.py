# SPDX-License-Identifier: Apache-2.0
"""Recorded inputs under another policy: what replay reads and what it finds. docs/replay.md says what each word
means. Times are ms since the epoch; durations are ms."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from counterseal.core.decision import Decision
from counterseal.core.events import Event
from counterseal.core.inputs import Input

SAME = "same"
CHALLENGED = "challenged"
HELD = "held"
DENIED = "denied"
ALLOWED = "allowed"
NOT_DETERMINED = "not_determined"
NOT_REPLAYED = "not_replayed"
CLASSES = (SAME, CHALLENGED, HELD, DENIED, ALLOWED, NOT_DETERMINED, NOT_REPLAYED)
"""What can become of an action. The middle four are `now challenged`, `now held`, `now denied`, `now allowed`."""

HARDER = frozenset({CHALLENGED, HELD, DENIED})
"""The action went through as recorded and would not have, or not so soon; or a refusal became another one."""


class Past(msgspec.Struct, frozen=True):
    """One entry of an account's log: the input at `at`, and what the policy of that moment made of it."""

    position: int
    at: int
    input: Input
    decision: Decision | None
    events: tuple[Event, ...]


class Fate(msgspec.Struct, frozen=True, omit_defaults=True):
    """What becomes of one recorded action. `now`: one of CLASSES; `was`: its recorded end (`redeemed`, `done`,
    `challenge`, `hold`, `deny`, `cancelled`, ...).

    `at`: when it parted from the record, or its last decision. `lacks`: sets of factors that nobody gave.
    `until`: end of the hold; None = not known. `more`: how much later than recorded, at least. `because`: actions
    that it rests on. `code`, `text`, `line`: the first reason and the policy line. `spared`: proofs given that
    the new policy does not ask for. `left`: value left by it, as recorded.
    """

    action: str
    rule: str
    asked: int
    at: int
    was: str
    now: str
    outflow: bool = False
    left: bool = False
    lacks: tuple[tuple[str, ...], ...] = ()
    until: int | None = None
    more: int | None = None
    because: tuple[str, ...] = ()
    code: str = ""
    text: str = ""
    line: int = 0
    spared: tuple[str, ...] = ()


class Sign(msgspec.Struct, frozen=True):
    """A recorded statement that something was an attacker's. `by_owner`: the owner reacted at `at`.

    `actions`: those that it names; else all that were asked from `since` to `until`.
    """

    kind: str  # cancelled_by_link | dispute_ended | frozen | confirmed_suspicion
    at: int
    since: int
    until: int
    actions: tuple[str, ...] = ()
    by_owner: bool = False


class AccountHistory(msgspec.Struct, frozen=True):
    """One account replayed. `inputs`: those replayed; `identical`: inputs with the very same decision and events;
    `skipped`: why inputs that are no part of an action could not be replayed -> how many."""

    account: str
    inputs: int
    identical: int
    fates: tuple[Fate, ...]
    signs: tuple[Sign, ...] = ()
    skipped: Mapping[str, int] = {}
