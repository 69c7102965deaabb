# SPDX-License-Identifier: Apache-2.0
"""Policy and vocabulary after loading: what the engine and the prover read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import msgspec

from counterseal.core.policy.expression import Atom, Expression
from counterseal.core.policy.faults import Lint
from counterseal.core.policy.properties import Assertion, Given


class FactorSpec(msgspec.Struct, frozen=True):
    """A factor class of the vocabulary.

    `channel`: two factors on one channel count once in `k of`. `bound`: the proof shows what it approves
    and is void for anything else. `attested`: verified by the platform, not by Counterseal.
    `contact`: an instance has a contact (phone number, e-mail address) to which notices can go. `webauthn`: a
    public-key credential of the browser: "any", "device_bound" (keys that can leave their device are refused), or
    "" = something else.
    """

    name: str
    channel: str
    bound: bool = False
    attested: bool = False
    contact: bool = False
    webauthn: str = ""


class CapabilitySpec(msgspec.Struct, frozen=True):
    """What an attacker with this capability can do (research: `proves` any time, `once` in one action)."""

    name: str
    text: str = ""
    proves: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()
    gives_once: frozenset[str] = frozenset()
    mutes: frozenset[str] = frozenset()
    tell: str = "owner"  # owner | staff | sealed

    @property
    def produces(self) -> frozenset[str]:
        """Factor classes whose proof this capability could have produced."""
        return self.proves | self.once

    @property
    def holds(self) -> frozenset[str]:
        """Facts that this capability could have been given."""
        return self.gives | self.gives_once


class Profile(msgspec.Struct, frozen=True):
    """Which factors and channels an owner enrolled; the prover checks every profile."""

    name: str
    factors: tuple[str, ...]
    channels: tuple[str, ...]


class Vocabulary(msgspec.Struct, frozen=True):
    """What all policies mean by their words.

    `facts`: fact name -> kind of object that carries it (session, device, address, api_key, payout, ...).
    `clocks`, `verbs`, `outflow_kinds`: closed lists.
    `conditions`: name -> capabilities whose suspicion turns it on.
    """

    name: str
    digest: str
    factors: Mapping[str, FactorSpec]
    channels: tuple[str, ...]
    facts: Mapping[str, str]
    clocks: tuple[str, ...]
    verbs: tuple[str, ...]
    context: Mapping[str, str]
    outflow_kinds: Mapping[str, str]
    conditions: Mapping[str, frozenset[str]]
    capabilities: Mapping[str, CapabilitySpec]
    profiles: Mapping[str, Profile]
    text: str = ""  # the document as loaded


class View(Protocol):
    """What a compiled requirement reads: names that hold now. Waits are ms; a clock that never ran is absent."""

    @property
    def proofs(self) -> frozenset[str]:
        """Factor classes with an unspent proof that counts."""
        ...

    @property
    def facts(self) -> frozenset[str]:
        """Facts of the objects that the request names."""
        ...

    @property
    def context(self) -> frozenset[str]:
        """Statements of the platform."""
        ...

    @property
    def since(self) -> Mapping[str, int]:
        """Clock -> ms since its latest verb."""
        ...

    @property
    def age(self) -> Mapping[str, int]:
        """Fact -> ms since the named object has it."""
        ...

    @property
    def enrolled(self) -> frozenset[str]:
        """Factor classes that `strongest` reckons with."""
        ...


class Test(Protocol):
    """The fast evaluator of one requirement."""

    def __call__(self, view: View, /) -> bool:
        """Whether the requirement holds in this view."""
        ...


class Requirement(msgspec.Struct, frozen=True):
    """A requirement compiled once: `test` for the fast answer, `cubes` for reasons and for the prover.

    Bit i of a cube stands for `atoms[i]`; the requirement holds iff every atom of some cube holds.
    Cubes are minimal (no cube contains another) and in a stable order.
    """

    text: str
    expression: Expression
    atoms: tuple[Atom, ...]
    cubes: tuple[int, ...]
    test: Test
    line: int
    column: int
    factors: frozenset[str]  # every factor class that occurs, `strongest` and `k of` included
    facts: tuple[str, ...] = ()  # every fact of an atom, `age` included: all that a view has to look up
    clocks: tuple[str, ...] = ()  # every clock of a `since`


class Limit(msgspec.Struct, frozen=True):
    """A sliding limit: at most `amount` of the accounting currency within `period` ms."""

    amount: Decimal
    period: int


class Rule(msgspec.Struct, frozen=True):
    """An action or an outflow of the policy. Tuples of names; times in ms; `None` = not stated."""

    name: str
    line: int
    outflow: bool
    kind: str  # outflows: one of the vocabulary's closed list; actions: the name itself
    require: Requirement
    verb: str = "use"
    subject: str = "account"  # account | request
    grants: tuple[str, ...] = ()  # facts and factor classes
    revokes: tuple[str, ...] = ()  # facts
    removes: tuple[str, ...] = ()  # factor classes
    silences: tuple[str, ...] = ()  # channels
    confirms: tuple[str, ...] = ()  # facts and factor classes that this re-authorises
    starts: tuple[str, ...] = ()  # clocks that begin without holding (new_device)
    holds: tuple[str, ...] = ()  # clocks that this restarts
    discloses: tuple[str, ...] = ()  # factor classes whose values become known
    notify: tuple[str, ...] | None = None  # channels; None = nobody is told
    lifts: str | None = None  # freeze
    locks: str | None = None  # tighten | loosen
    delay: int = 0
    lasts: Mapping[str, int] = {}  # fact -> lifetime of what is granted
    sliding: frozenset[str] = frozenset()  # facts whose lifetime restarts when they are used
    limit: Limit | None = None
    trusts_platform: bool = False  # outflow that attested proofs alone can satisfy, admitted in the open
    when_frozen: bool = False  # may go on under a staff freeze
    source: str = ""
    as_of: str = ""
    confidence: str = ""
    assumed: bool = False
    column: int = 1


class Property(msgspec.Struct, frozen=True):
    """A property, parsed and kept for the prover: texts as written, and their forms of properties.py.

    `profiles`: checked for these only; empty = for every profile of the vocabulary.
    """

    name: str
    line: int
    given: str
    assertion: str
    given_form: Given
    assert_form: Assertion
    outflows_excepted: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    column: int = 1


class Policy(msgspec.Struct, frozen=True):
    """A loaded, linted and compiled policy.

    `rules`: actions and outflows by name. `not_offered`: outflow kinds that do not exist on this platform.
    `stretched`: rules with every wait multiplied, used while the condition named in `stretch` is on.
    `clock_members`: clock -> (verb, target) pairs that restart it (the view of raw times).
    `longest_wait`: clock -> the longest `since(clock)` of any rule, in ms.
    """

    name: str
    digest: str  # "sha256:" + hex over the canonical JSON of the parsed document and the vocabulary's digest
    currency: str
    small: Decimal
    vocabulary: Vocabulary
    rules: Mapping[str, Rule]
    not_offered: Mapping[str, int]  # outflow kind -> line
    stretch: tuple[str, int] | None  # (condition, factor)
    stretched: Mapping[str, Rule]
    clock_members: Mapping[str, frozenset[tuple[str, str]]]
    longest_wait: Mapping[str, int]
    properties: tuple[Property, ...]
    text: str  # the document as loaded, for line quotes and the console
    description: str = ""
    attempts: tuple[str, ...] | None = None  # channels that hear of an attempt that got a proof right and stopped
    warnings: tuple[Lint, ...] = ()  # what the lint found and does not refuse
