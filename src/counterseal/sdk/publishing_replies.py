# SPDX-License-Identifier: Apache-2.0
"""What the calls of policy publishing answer. Times ms since the epoch; a version's id is the hex of its digest."""

from __future__ import annotations

import msgspec

from counterseal.sdk.replies import Decision


class Publication(msgspec.Struct, frozen=True):
    """When a version came into force, by whom, instead of which digest, on which verdict."""

    at: int
    by: tuple[str, ...]
    replaced: str
    verdict: str


class Property(msgspec.Struct, frozen=True):
    """A property of the policy; names of the kinds of account for which it holds, fails, is undecided."""

    name: str
    line: int
    holds: tuple[str, ...]
    fails: tuple[str, ...]
    undecided: tuple[str, ...]


class Gain(msgspec.Struct, frozen=True):
    """What became weaker or stronger, for `sets` of `of` capability sets. `capabilities`: the smallest that shows
    it, None = the bound alone differs. `before`, `after`: window in ms, `silent` or `never`."""

    profile: str
    outflow: str
    kind: str
    sets: int
    of: int
    capabilities: tuple[str, ...] | None
    before: int | str
    after: int | str
    note: str = ""


class Loss(msgspec.Struct, frozen=True):
    """What an owner can no longer get."""

    profile: str
    what: str
    lost: tuple[str, ...]
    suspected: tuple[str, ...]


class Verdict(msgspec.Struct, frozen=True):
    """What is proved of a version against the policy `against`. `digest`: what two publishers sign; `current`:
    whether `against` is in force now; `worse`: properties that held and do not; `lost`: what became weaker;
    `locked_out`: how many rows of `owner` need no loss or suspicion; `apart`: words that were not compared."""

    digest: str
    against: str
    current: bool
    at: int
    weaker: bool
    failing: int
    properties: tuple[Property, ...] = ()
    gained: tuple[Gain, ...] = ()
    lost: tuple[Gain, ...] = ()
    worse: tuple[str, ...] = ()
    owner: tuple[Loss, ...] = ()
    concerned: dict[str, int] = {}
    locked_out: int = 0
    apart: tuple[str, ...] = ()


class VersionRow(msgspec.Struct, frozen=True):
    """A version. `verdict`: digest of what is proved of it, empty = nothing yet; `failing`: properties;
    `examining`: it is being proved; `approval`: waits for its publishing; `fault`: why there is no verdict."""

    version: str
    digest: str
    number: int
    name: str
    state: str
    at: int
    verdict: str
    weaker: bool
    failing: int
    approval: str
    examining: bool = False
    fault: str = ""
    published: int | None = None


class PolicyVersion(VersionRow, frozen=True, kw_only=True):
    """A version with its documents. `proof`: None = nothing is proved yet."""

    text: str
    vocabulary: str
    proof: Verdict | None
    publications: tuple[Publication, ...] = ()


class PolicyVersions(msgspec.Struct, frozen=True):
    """The newest first. `in_force`, `previous`: digests."""

    items: tuple[VersionRow, ...]
    in_force: str
    previous: str | None

    @property
    def roll_back_to(self) -> str | None:
        """The version to publish in order to roll back; None where no version was in force before."""
        return None if self.previous is None else self.previous.removeprefix("sha256:")


class Cell(msgspec.Struct, frozen=True):
    """How many actions ended as `was`, and would have ended as `now`."""

    action: str
    was: str
    now: str
    count: int
    outflow: bool = False


class Example(msgspec.Struct, frozen=True):
    """One action that differs. `account`: empty without accounts:read; `line`: of the version that is tried."""

    account: str
    action: str
    rule: str
    was: str
    now: str
    at: int
    text: str = ""
    line: int = 0


class Shadow(msgspec.Struct, frozen=True):
    """A shadow run: live against shadow. `lag`: entries of the log that it has not taken; `skipped`: why inputs
    could not be compared, and how many."""

    version: str
    state: str
    lag: int
    inputs: int
    cells: tuple[Cell, ...]
    accounts: int = 0
    started: int = 0
    ended: int | None = None
    skipped: dict[str, int] = {}
    examples: tuple[Example, ...] = ()

    @property
    def differing(self) -> int:
        """How many actions would have ended otherwise."""
        return sum(cell.count for cell in self.cells if cell.was != cell.now)

    @property
    def compared(self) -> int:
        """How many actions there are to compare."""
        return sum(cell.count for cell in self.cells)


class ShadowRun(msgspec.Struct, frozen=True):
    """The run that there is, None = none."""

    shadow: Shadow | None


class Checked(msgspec.Struct, frozen=True):
    """What would be decided."""

    policy: str
    in_force: bool
    status: str
    decision: Decision
