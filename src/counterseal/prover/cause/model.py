# SPDX-License-Identifier: Apache-2.0
"""What an investigation reads and finds. docs/cause.md says what each word means. Times are ms since the epoch."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.prover.history import Past

ATTACKER: Final = "attacker"
OWNER: Final = "owner"
PLATFORM: Final = "platform"
UNKNOWN: Final = "unknown"
CERTAIN: Final = "certain"
INFERRED: Final = "inferred"
OPEN: Final = "open"


class Given(msgspec.Struct, frozen=True, gc=False):
    """A proof that was taken. `granted_by`: the action that enrolled its instance; empty = the account began
    with it."""

    factor: str
    instance: str
    granted_by: str = ""


class Rested(msgspec.Struct, frozen=True, gc=False):
    """A fact that a request could rest on. `item`: `kind:id`; `granted_by` as in Given; `since`: ms."""

    fact: str
    item: str
    granted_by: str = ""
    since: int = 0


class Trace(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One action of an account as the record has it, without a word on who made it.

    `gave`: the proofs taken; `facts`: of the objects named; `ways`: the smallest sets of facts that the rule could
    have rested on with these proofs. `end`: asked | done | sealed | redeemed | broadcast | abandoned | cancelled |
    ended. `worked`: the requirement was met. `told`: contacts that took a notice of it; `sent`: all it was sent to.
    `ended_by`: link | staff | platform | "". `policy`: digest of the policy that decided.
    """

    account: str
    action: str
    at: int
    rule: str
    line: int = 0
    policy: str = ""
    end: str = "asked"
    ended_at: int = 0
    worked: bool = False
    left: bool = False
    gave: tuple[Given, ...] = ()
    facts: tuple[Rested, ...] = ()
    ways: tuple[tuple[str, ...], ...] = ((),)
    session: str = ""
    device: str = ""
    source: str = ""
    grants: tuple[str, ...] = ()
    discloses: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    ended_by: str = ""


class Account(msgspec.Struct, frozen=True):
    """An account of the case. `pasts` may be left out where `traces` (from `steps_of`) are given: then nothing of
    it is replayed."""

    id: str
    pasts: tuple[Past, ...] = ()
    traces: tuple[Trace, ...] | None = None


class Side(msgspec.Struct, frozen=True):
    """Something seen beside the accounts. `kind`: disclosure | sim_change | support_access | staff_view | signal |
    policy_change | key_action | log_check. `capability`: what it could have given, if anything. `bad`: a log_check
    that failed, or a staff or key action that nobody approved. `account`: empty = the whole platform."""

    kind: str
    at: int
    sentence: str
    ref: str
    account: str = ""
    capability: str = ""
    bad: bool = False


class Claim(msgspec.Struct, frozen=True):
    """What an owner says. `actions`: not theirs; `theirs`: theirs; `since`, `until`: when it happened (ms)."""

    account: str
    actions: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None


class Step(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One step, numbered over all accounts in the order of time. `sure`: certain | inferred | open. `why_who`: the
    evidence in sentences. `rests_on`: numbers of steps. `mask`: hex, one bit for each set of `CauseReport.of`; 0
    where the step is not the attacker's. `unexplained`: what no capability of the vocabulary gives."""

    n: int
    account: str
    at: int
    action: str
    rule: str
    line: int
    did: str
    who: str
    sure: str
    why_who: tuple[str, ...]
    rests_on: tuple[int, ...] = ()
    objects: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    session: str = ""
    device: str = ""
    source: str = ""
    notice: dict[str, str] = {}
    left: bool = False
    mask: str = "0"
    unexplained: tuple[str, ...] = ()


class Gap(msgspec.Struct, frozen=True):
    """A stretch of time about which the record is silent although it should speak."""

    account: str
    since: int
    until: int
    sentence: str


class Alternative(msgspec.Struct, frozen=True):
    """Another reading of a step."""

    step: int
    sentence: str


class Sufficient(msgspec.Struct, frozen=True):
    """A minimal set. `instead`: capability -> others that would have done exactly the same in these steps."""

    capabilities: tuple[str, ...]
    instead: dict[str, tuple[str, ...]] = {}


class Precursor(msgspec.Struct, frozen=True):
    """Something that was seen before the attacker's first step in an account. `before`: ms. It proves nothing."""

    account: str
    kind: str
    at: int
    before: int
    capability: str
    sentence: str
    ref: str


class Decider(msgspec.Struct, frozen=True):
    """A further datum. `if_not`: places in `CauseReport.sufficient` that it excludes if it says no."""

    datum: str
    capability: str
    if_not: tuple[int, ...]


class Control(msgspec.Struct, frozen=True):
    """The control that let value out. `let`: what met it."""

    step: int
    rule: str
    policy: str
    line: int
    expression: str
    let: tuple[str, ...]
    sentence: str


class Counterfactual(msgspec.Struct, frozen=True):
    """A step under another policy. `now`: as history.Fate; `until`: end of the hold, None = not known."""

    policy: str
    step: int
    now: str
    until: int | None
    line: int
    sentence: str


class Edit(msgspec.Struct, frozen=True):
    """A single edit of the policy in force under which the replay of this record does not let the value out.
    `how`: held | denied | challenged."""

    what: str
    rule: str
    line: int
    how: str
    steps: tuple[int, ...]


class Responsibility(msgspec.Struct, frozen=True):
    """`kind`: platform | third_party | device_of_user | authorised_by_user. It is a class, not a judgement."""

    kind: str
    sentence: str
    evidence: tuple[str, ...]


class Integrity(msgspec.Struct, frozen=True):
    """Whether the platform's own integrity is in doubt. `verdict`: in_doubt | not_in_doubt | not_checked."""

    verdict: str
    sentence: str
    evidence: tuple[str, ...]


class CauseReport(msgspec.Struct, frozen=True):
    """What was found. `sufficient`, `precursors` and `would_decide` are three statements, never one.

    `of`: capabilities that the bits of masks run over (bit i of a position = capability i). `by_account`: the
    minimal sets of each account alone. `otherwise`: the minimal sets if every unknown step was the attacker's.
    `undecided`: what could not be worked out, in sentences.
    """

    now: int
    policy: str
    of: tuple[str, ...]
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    alternatives: tuple[Alternative, ...]
    sufficient: tuple[Sufficient, ...]
    by_account: dict[str, tuple[Sufficient, ...]]
    otherwise: tuple[Sufficient, ...]
    precursors: tuple[Precursor, ...]
    would_decide: tuple[Decider, ...]
    failed_control: tuple[Control, ...]
    counterfactuals: tuple[Counterfactual, ...]
    edits: tuple[Edit, ...]
    classes: tuple[Responsibility, ...]
    integrity: Integrity
    undecided: tuple[str, ...] = ()
