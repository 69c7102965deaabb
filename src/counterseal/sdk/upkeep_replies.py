# SPDX-License-Identifier: Apache-2.0
"""What the guard answers to operators and their tools. Times are ms since the epoch."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Rule(msgspec.Struct, frozen=True):
    """One rule of the policy in force. `limit` in the accounting currency per `period` (ms); `delay` in ms."""

    name: str
    kind: str
    outflow: bool
    line: int
    require: str = ""
    factors: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    delay: int = 0
    limit: Decimal | None = None
    period: int | None = None


class Policy(msgspec.Struct, frozen=True):
    """The policy in force; `digest` is in every decision and seal."""

    policy: str
    digest: str
    currency: str = ""
    small: Decimal = Decimal(0)
    not_offered: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


class Taken(msgspec.Struct, frozen=True):
    """How many prices were taken."""

    taken: int
    log_position: int | None = None


class Clock(msgspec.Struct, frozen=True):
    """The guard's clock."""

    now: int
    simulated: bool = True
    trusted: bool = True


class Token(msgspec.Struct, frozen=True):
    """A platform token without its secret."""

    id: str
    name: str
    platform: str
    scopes: tuple[str, ...]
    created: int
    expires: int
    officer: str | None = None
    revoked: int | None = None


class NewToken(msgspec.Struct, frozen=True):
    """A new token; `token` is there once, not in a repeated reply."""

    record: Token
    token: str | None = None

    def __repr__(self) -> str:
        return f"NewToken(record={self.record!r})"


class Tokens(msgspec.Struct, frozen=True):
    """A page of tokens; `next` is the `after` of the following page."""

    items: tuple[Token, ...]
    next: str | None = None


class AttestationKey(msgspec.Struct, frozen=True):
    """A registered key of the platform's auth service; `id` is the `kid` to sign with."""

    id: str
    platform: str
    jwk: dict[str, str]
    created: int
    revoked: int | None = None


class AttestationKeys(msgspec.Struct, frozen=True):
    """A page of keys; `next` is the `after` of the following page."""

    items: tuple[AttestationKey, ...]
    next: str | None = None


class Inclusion(msgspec.Struct, frozen=True):
    """That an entry is in the tree of `size`; hashes in base64 (RFC 9162, 2.1.3)."""

    position: int
    size: int
    leaf_hash: str
    proof: tuple[str, ...]


class Consistency(msgspec.Struct, frozen=True):
    """That the second tree extends the first; hashes in base64 (RFC 9162, 2.1.4)."""

    first: int
    second: int
    proof: tuple[str, ...]


class Leaf(msgspec.Struct, frozen=True):
    """An entry of the log as it is hashed."""

    position: int
    leaf: str
    leaf_hash: str


class Leaves(msgspec.Struct, frozen=True):
    """A page of the log."""

    entries: tuple[Leaf, ...]
    size: int


class Message(msgspec.Struct, frozen=True):
    """A message of the development outbox."""

    id: str
    channel: str
    to: str
    subject: str
    text: str
    at: int
    short: str = ""

    def __repr__(self) -> str:
        return f"Message(id={self.id!r}, channel={self.channel!r}, text=…)"
