# SPDX-License-Identifier: Apache-2.0
"""An attack as data, and what came of playing it. Times are ms; `at` in a result is ms since the attack began."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from counterseal.core.errors import CountersealError, Span


class DemoError(CountersealError):
    """The demonstration cannot be played: server, token, clock or attack file."""

    code = "demo_failed"


class BeyondCapabilitiesError(DemoError):
    """The player was about to use something that the attack's capabilities do not give: a bug, never a result."""

    code = "beyond_capabilities"


class Payment(msgspec.Struct, frozen=True):
    """What an outflow would take."""

    asset: str
    amount: Decimal
    destination: str
    chain: str = ""
    memo: str = ""


class Enrolment(msgspec.Struct, frozen=True):
    """A factor that somebody enrols; `age` in ms for what the victim has had for a while."""

    factor: str
    contact: str | None = None
    age: int = 0


class Known(msgspec.Struct, frozen=True):
    """A session or device that the victim has. `age` in ms."""

    kind: str
    id: str
    facts: tuple[str, ...]
    age: int = 0


class Victim(msgspec.Struct, frozen=True):
    """The owner as enrolled. `channels`: notice-only contacts (channel, value). `reacts`: ms after a notice that
    reached them; `presses`: the buttons of that notice which they press then."""

    account: str
    language: str
    phrase: str
    factors: tuple[Enrolment, ...]
    channels: tuple[tuple[str, str], ...]
    objects: tuple[Known, ...]
    reacts: int
    presses: tuple[str, ...]


class Move(msgspec.Struct, frozen=True):
    """One action that the attacker asks for. `patience` in ms overrides the attack's for a wait in this move."""

    action: str
    objects: tuple[tuple[str, str], ...] = ()
    address: tuple[str, str] | None = None  # chain, address
    payment: Payment | None = None
    enrol: tuple[Enrolment, ...] = ()
    proofs: tuple[str, ...] = ()  # in the order the attacker prefers
    patience: int | None = None
    span: Span = Span(1, 1)


class Step(msgspec.Struct, frozen=True):
    """What the attacker wants next, and the ways to it, each a list of moves. `optional`: go on without it."""

    at: int
    aim: str
    ways: tuple[tuple[Move, ...], ...]
    optional: bool = False


class Expected(msgspec.Struct, frozen=True):
    """What must come of it under one pack. `at`: the action where the money left or the attacker was stopped.

    `told`: silent (nobody was told before the money left), told, or None = not stated.
    """

    outcome: str
    at: str = ""
    told: str | None = None


class Attack(msgspec.Struct, frozen=True):
    """One case of `attacks/`. A `precursor` hands capabilities (`yields`) to the attacks that come after it."""

    id: str
    incident: str
    title: str
    date: str
    confidence: str
    sources: tuple[str, ...]
    told: str  # what is known of it, in a few sentences
    assumed: tuple[str, ...]
    capabilities: tuple[str, ...]
    begins: int
    zone: int  # minutes east of UTC, for showing times as they were there
    expected: dict[str, Expected]
    precursor: bool = False
    yields: tuple[str, ...] = ()
    after: str | None = None
    patience: int = 0
    victim: Victim | None = None
    steps: tuple[Step, ...] = ()
    file: str = ""


class NoticeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that a channel took. `muted`: the attacker controls that channel, so the owner never saw it."""

    at: int
    channel: str
    subject: str
    muted: bool


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, by `actor` attacker or owner.

    `outcome`: done, paid, allow, challenge, hold, deny, cancelled, not_offered, frozen, ...; `reason` in words;
    `lacks`: proofs asked for that the attacker cannot make; `notice`: reached, muted, none; `line`: of the policy.
    """

    at: int
    actor: str
    action: str
    outcome: str
    aim: str = ""
    proofs: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()  # the capability or earlier step behind each proof
    lacks: tuple[str, ...] = ()
    reason: str = ""
    until: int | None = None
    notice: str = "none"
    notices: tuple[NoticeSeen, ...] = ()
    codes: int = 0  # codes that also arrived where the owner reads
    line: int = 0


class Lost(msgspec.Struct, frozen=True):
    """What left."""

    asset: str
    amount: Decimal


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """One attack under one policy. Spans in ms from the first step; None = it did not happen."""

    attack: str
    incident: str
    title: str
    pack: str
    digest: str
    outcome: str  # drained | stopped; for a precursor disclosed | refused
    began: int
    zone: int = 0
    loss_after: int | None = None
    first_notice: NoticeSeen | None = None
    window: int | None = None
    lost: Lost | None = None
    stopped_at: str | None = None
    steps: tuple[Played, ...] = ()
    expected: Expected | None = None
    seconds: float = 0.0  # of real time
    patience: int = 0

    @property
    def silent(self) -> bool:
        """Whether money left before any notice reached the owner."""
        return self.loss_after is not None and self.window is None

    @property
    def as_expected(self) -> bool:
        """Whether the attack file's expectation holds; True where it states none for this pack."""
        want = self.expected
        if want is None:
            return True
        at = self._left_by() if self.outcome == "drained" else self.stopped_at
        told = "silent" if self.silent else "told"
        return self.outcome == want.outcome and want.at in {"", at} and want.told in {None, told}

    def _left_by(self) -> str:
        paid = [step.action for step in self.steps if step.outcome == "paid"]
        return paid[0] if paid else ""
