# SPDX-License-Identifier: Apache-2.0
"""What the operations of policy publishing take and answer. Times ms; a version's id is the hex of its digest."""

from typing import Annotated, Literal

import msgspec

from counterseal.http.body import Body, Reply
from counterseal.http.routers.action_bodies import AskBody
from counterseal.http.routing import IDENTIFIER
from counterseal.http.views import DecisionView

Digest = Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
State = Literal["draft", "shadow", "proposed", "in_force", "retired"]


class DraftBody(Body, frozen=True):
    """A policy document, and its vocabulary where it is not the shipped one."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1 << 20)]
    vocabulary: Annotated[str, msgspec.Meta(min_length=1, max_length=1 << 20)] | None = None
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class PublishBody(Body, frozen=True):
    """What two people sign: the verdict that they saw, what it says, the digest of what is replaced. `locked_out`:
    how many things an owner who lost nothing cannot get any more; `apart`: how many words were not compared."""

    verdict: Digest
    replaces: Digest
    weaker: bool
    failing: Annotated[int, msgspec.Meta(ge=0)]
    locked_out: Annotated[int, msgspec.Meta(ge=0)] = 0
    apart: Annotated[int, msgspec.Meta(ge=0)] = 0


class CheckBody(AskBody, frozen=True, kw_only=True):
    """As an ask, with the account. `policy`: digest of a version, none = the one in force."""

    account: Annotated[str, msgspec.Meta(pattern=IDENTIFIER)]
    policy: Digest | None = None


class CheckView(Reply, frozen=True):
    """What would be decided now. `in_force`: whether this version decides; `status`: what the action would be."""

    account: str
    action: str
    policy: str
    name: str
    in_force: bool
    status: str
    decision: DecisionView


class PropertyView(Reply, frozen=True):
    """A property; names of the kinds of account for which it holds, fails, is undecided."""

    name: str
    line: int
    holds: list[str]
    fails: list[str]
    undecided: list[str]


class GainView(Reply, frozen=True):
    """What became weaker or stronger, for `sets` of `of` capability sets. `capabilities`: the smallest that shows
    it, null = the bound alone differs. `before`, `after`: window in ms, `silent` or `never`."""

    profile: str
    alike: list[str]
    outflow: str
    kind: str
    sets: int
    of: int
    capabilities: list[str] | None
    before: int | str
    after: int | str
    note: str


class LossView(Reply, frozen=True):
    """What an owner can no longer get."""

    profile: str
    what: str
    lost: list[str]
    suspected: list[str]


class RuleView(Reply, frozen=True):
    """A rule that was added, removed, renamed or changed."""

    kind: str
    rule: str
    line: int


class VerdictView(Reply, frozen=True):
    """`digest`: what two people sign; `current`: made against the policy in force now. `worse`: properties that
    held and do not. `concerned`: words of accounts that the version lacks, with how many accounts. `locked_out`:
    how many rows of `owner` need no loss or suspicion; `apart`: words of other meaning, which are not compared."""

    digest: str
    against: str
    current: bool
    at: int
    took: int
    weaker: bool
    failing: int
    properties: list[PropertyView]
    gained: list[GainView]
    lost: list[GainView]
    worse: list[str]
    owner: list[LossView]
    rules: list[RuleView]
    vocabulary: str
    concerned: dict[str, int]
    locked_out: int
    apart: list[str]


class PublicationView(Reply, frozen=True):
    """When it came into force."""

    at: int
    by: list[str]
    replaced: str
    verdict: str


class VersionRow(Reply, frozen=True):
    """A version. `approval`: waits for its publishing; `verdict`: empty = none yet; `fault`: why it is not."""

    version: str
    digest: str
    number: int
    name: str
    state: State
    author: str
    at: int
    note: str
    published: int | None
    approval: str
    verdict: str
    weaker: bool
    failing: int
    examining: bool
    fault: str


class VersionView(VersionRow, frozen=True):
    """A version with its documents. `carried`: clocks that it looks at for the holds of the policies before."""

    text: str
    vocabulary: str
    proof: VerdictView | None
    publications: list[PublicationView]
    carried: dict[str, list[str]]


class VersionList(Reply, frozen=True):
    """The newest first. `previous`: what was in force before, null = nothing; `settings`: digest of the settings'
    policy, which counts at the first start only."""

    items: list[VersionRow]
    in_force: str
    previous: str | None
    settings: str
    shadow: str | None


class CellView(Reply, frozen=True):
    """How many actions ended so, and would have."""

    action: str
    outflow: bool
    was: str
    now: str
    count: int


class ExampleView(Reply, frozen=True):
    """One action that differs. `position`: of its latest entry in the log."""

    account: str
    action: str
    rule: str
    was: str
    now: str
    at: int
    position: int
    code: str
    text: str
    line: int


class ShadowView(Reply, frozen=True):
    """The shadow run. `lag`: entries of the log that it has not taken; times of a step in microseconds."""

    version: str
    digest: str
    name: str
    state: Literal["running", "stopped", "cleared"]
    by: str
    started: int
    ended: int | None
    lag: int
    accounts: int
    inputs: int
    mean: int
    slowest: int
    cells: list[CellView]
    skipped: dict[str, int]
    examples: list[ExampleView]


class ShadowNow(Reply, frozen=True):
    """The run that there is, null = none."""

    shadow: ShadowView | None
