# SPDX-License-Identifier: Apache-2.0
"""Versions of the policy, the verdict on each, and the shadow run of one, as stored. Times ms since the epoch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from counterseal.core.errors import ConflictError
from counterseal.core.transaction import Entry

BOARD: Final = "policy_board:now"
RUN: Final = "shadow_run:now"
MOST_VERSIONS: Final = 500
MOST_NOTE: Final = 500


def subject_of(version: str) -> str:
    """The store's name for a version."""
    return f"policy_version:{version}"


def shadow_of(account: str) -> str:
    """The store's name for the shadow state of an account."""
    return f"shadow:{account}"


def version_of(digest: str) -> str:
    """The id of the version with this digest: its hex part."""
    return digest.removeprefix("sha256:")


class VersionError(ConflictError):
    """The version is not in a state that allows this."""

    code = "version_conflict"


class PropertyRow(msgspec.Struct, frozen=True):
    """One property over all kinds of account: names of the profiles for which it holds, fails, is undecided."""

    name: str
    line: int
    holds: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


class Gain(msgspec.Struct, frozen=True):
    """What became weaker or stronger: for `sets` of `of` capability sets. `capabilities`: the smallest of them,
    None = the bound alone differs. Windows in ms; `silent` = nobody is told; `never` = it does not get there."""

    profile: str
    alike: tuple[str, ...]
    outflow: str
    kind: str
    sets: int
    of: int
    capabilities: tuple[str, ...] | None
    before: int | str
    after: int | str
    note: str = ""


class OwnerLoss(msgspec.Struct, frozen=True):
    """Something the owner could get and cannot now."""

    profile: str
    what: str
    lost: tuple[str, ...]
    suspected: tuple[str, ...]


class Verdict(msgspec.Struct, frozen=True):
    """What is proved of a version, and how it differs from the one with digest `against`.

    `concerned`: `factor:x`, `channel:x`, `capability:x`, `lock:x` that the version does not know -> how many
    accounts have it. `worse`: (profile, property) that held and does not. `took`: ms of CPU. `apart`: what the
    comparison does not reach, since the vocabularies mean other things by it (publishing/apart.py).
    """

    against: str
    at: int
    properties: tuple[PropertyRow, ...]
    weaker: tuple[Gain, ...] = ()
    stronger: tuple[Gain, ...] = ()
    worse: tuple[tuple[str, str], ...] = ()
    owner: tuple[OwnerLoss, ...] = ()
    rules: tuple[tuple[str, str, int], ...] = ()  # what happened, rule, line
    vocabulary: str = ""
    concerned: dict[str, int] = {}
    took: int = 0
    apart: tuple[str, ...] = ()

    @property
    def failing(self) -> int:
        """How many properties do not hold for some kind of account, or are not decided."""
        return sum(bool(row.fails or row.undecided) for row in self.properties)

    @property
    def locked_out(self) -> int:
        """How many things an owner who lost nothing, and of whom nothing is suspected, could get and cannot now."""
        return sum(not (each.lost or each.suspected) for each in self.owner)

    @property
    def is_weaker(self) -> bool:
        """Whether an attacker gained anything, or a property that held does not."""
        return bool(self.weaker or self.worse)

    @property
    def digest(self) -> str:
        """SHA-256 over what was found, whenever it was."""
        said = msgspec.structs.replace(self, at=0, took=0)
        return "sha256:" + hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


class Publication(msgspec.Struct, frozen=True):
    """One time that a version came into force: who signed, instead of which one, on which verdict."""

    at: int
    by: tuple[str, ...]
    replaced: str
    verdict: str


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """A policy with its vocabulary, as uploaded. `id`: hex of the digest, which is over both.

    `carried`: rule -> clocks that it looks at only for holds of the policies before (publishing/carried.py).
    """

    id: str
    digest: str
    number: int
    name: str
    text: str
    vocabulary: str
    author: str
    at: int
    note: str = ""
    verdict: Verdict | None = None
    carried: dict[str, tuple[str, ...]] = {}
    published: tuple[Publication, ...] = ()


class Board(msgspec.Struct, frozen=True):
    """Every version, the oldest first."""

    versions: tuple[str, ...] = ()


class Uploaded(msgspec.Struct, frozen=True):
    """The reply to an upload, an examination, a switch: which version, when."""

    version: str
    at: int
    position: int = -1


class Example(msgspec.Struct, frozen=True):
    """One action that would have become something else. `position`: of its ask or of where it parted in the log."""

    account: str
    action: str
    rule: str
    was: str
    now: str
    at: int
    position: int
    code: str = ""
    text: str = ""
    line: int = 0


class Run(msgspec.Struct, frozen=True):
    """The shadow run. `start`: first position of the log that it takes, `cursor`: last position it is through with.

    `cells`: action -> live outcome -> shadow outcome -> how many. `holder`, `until`: whose turn it is. `spent`,
    `slowest`: microseconds of shadow steps. `state`: running | stopped | cleared (nothing is kept).
    """

    id: str
    version: str
    digest: str
    name: str
    state: str
    by: str
    started: int
    start: int
    cursor: int
    ended: int | None = None
    holder: str = ""
    until: int = 0
    accounts: int = 0
    inputs: int = 0
    cells: dict[str, dict[str, dict[str, int]]] = {}
    outflows: tuple[str, ...] = ()
    skipped: dict[str, int] = {}
    examples: tuple[Example, ...] = ()
    spent: int = 0
    slowest: int = 0


def entry(kind: str, at: int, by: str | Sequence[str], **facts: Any) -> Entry:
    """A log entry about the policy: who did it and what."""
    named = by if isinstance(by, str) else list(by)
    return Entry(kind, at, "", msgspec.json.encode({"by": named, **facts}, order="sorted"))
