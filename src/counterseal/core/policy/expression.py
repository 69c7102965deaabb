# SPDX-License-Identifier: Apache-2.0
"""The abstract syntax of a requirement: monotone, finite, without text of the policy.

`let` names are expanded before this form. There is no `not` and no arithmetic, so every
requirement is monotone in what the requester holds and can be decided.
"""

from __future__ import annotations

import msgspec


class Proof(msgspec.Struct, frozen=True, tag=True):
    """An unspent proof of this factor class, from an instance that no active suspicion covers."""

    factor: str


class Fact(msgspec.Struct, frozen=True, tag=True):
    """The object named by the request carries this fact, live and not doubtful."""

    name: str


class Context(msgspec.Struct, frozen=True, tag=True):
    """A named statement of the platform about this request (`ip_listed`, `fair_price`)."""

    name: str


class Since(msgspec.Struct, frozen=True, tag=True):
    """`since(clock) >= wait`: now minus the latest of the clock's verbs; never happened = true. `wait` in ms."""

    clock: str
    wait: int


class Age(msgspec.Struct, frozen=True, tag=True):
    """`age(fact) >= wait`: now minus the start of the named object's fact. `wait` in ms."""

    fact: str
    wait: int


class Strongest(msgspec.Struct, frozen=True, tag=True):
    """The highest of these factor classes that the account has ENROLLED; none enrolled = false."""

    factors: tuple[str, ...]


class AtLeast(msgspec.Struct, frozen=True, tag=True):
    """`k of (...)`: k of these factor classes, over k distinct channels."""

    count: int
    factors: tuple[str, ...]


class And(msgspec.Struct, frozen=True, tag=True):
    """All of them."""

    items: tuple[Expression, ...]


class Or(msgspec.Struct, frozen=True, tag=True):
    """Any of them."""

    items: tuple[Expression, ...]


class Rank(msgspec.Struct, frozen=True, tag=True):
    """Compiled form only: `factors[index]` is the highest enrolled of `factors`."""

    factors: tuple[str, ...]
    index: int


Expression = Proof | Fact | Context | Since | Age | Strongest | AtLeast | And | Or
Atom = Proof | Fact | Context | Since | Age | Rank
"""What a compiled cube is made of: `Strongest` and `AtLeast` are expanded."""
