# SPDX-License-Identifier: Apache-2.0
"""The tables, as SQLAlchemy Core metadata. Times are ms; blobs marked (sealed) are AES-256-GCM under the
subject's key (vault.py). Indexes are few on purpose: each one on a random value costs a page per commit.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

# Order is by code point on every engine; row numbers have 64 bits (SQLite's INTEGER has, and only that is a rowid).
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _where(condition: str) -> dict[str, Any]:
    """The condition of a partial index, for both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _subject(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column("subject", TEXT, sa.ForeignKey("subject.id"), nullable=False, primary_key=primary_key)


meta = sa.Table(
    "meta",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("latest", sa.BigInteger, nullable=False),  # largest committed time
    sa.Column("replies", sa.BigInteger, nullable=False),  # idempotency numbers given so far: none twice
    sa.Column("clock", TEXT),  # real | simulated, set at the first open
    # Where several processes write: how many batches there were, and what the last of them left: its last number of
    # an outbox row, and the edge of the tree.
    sa.Column("turn", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("messages", sa.BigInteger),
    sa.Column("edge", sa.LargeBinary),
    sa.CheckConstraint("id = 1", name="single"),
)

subject = sa.Table(
    "subject",
    metadata,
    sa.Column("id", TEXT, primary_key=True),  # "kind:id"
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("erased", sa.BigInteger),  # the tombstone: set once, the row stays
    sa.Index(None, "kind", "id"),
)

vault = sa.Table(
    "vault",
    metadata,
    _subject(primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False),  # 256-bit data key, wrapped under the master key
    sa.Column("salt", sa.LargeBinary, nullable=False),  # 256-bit salt, wrapped likewise
)

state = sa.Table(
    "state",
    metadata,
    _subject(primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),  # sealed
    # What queues count, in clear; NULL: a state of before revision 0002 that nobody has read yet, or no account.
    sa.Column("frozen", sa.BigInteger),  # until when, 0 = not
    sa.Column("pending", sa.Integer),
    sa.Column("disputed", sa.Integer),
    sa.Index("ix_state_frozen", "frozen", "subject", **_where("frozen > 0")),
    sa.Index("ix_state_pending", "pending", "subject", **_where("pending > 0")),
    sa.Index("ix_state_disputed", "disputed", "subject", **_where("disputed > 0")),
    sa.Index("ix_state_unread", "subject", **_where("pending IS NULL")),
)

STANDING = ("frozen", "pending", "disputed")
"""The columns of `state` that lie in clear."""

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("position", LONG, primary_key=True, autoincrement=False),  # dense, from 0
    _subject(),
    sa.Column("action", TEXT),
    sa.Column("reply", sa.BigInteger),  # idempotency.number of the same commit, so that erasure finds it
    sa.Column("payload", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("leaf", sa.LargeBinary, nullable=False),  # kind, time, policy, commitment: nothing personal
    sa.Column("digest", sa.LargeBinary, nullable=False),  # leaf hash: level 0 of the Merkle tree
    # In clear, as staff may see them; empty = nothing was decided. NULL: of before revision 0002, not yet read.
    sa.Column("rule", TEXT),
    sa.Column("outcome", TEXT),
    sa.Index(None, "subject", "position"),
    sa.Index(None, "action", "position", **_where("action IS NOT NULL")),
    # Few different values: each grows at a handful of pages.
    sa.Index("ix_entry_outcome_position", "outcome", "position", **_where("outcome <> ''")),
    sa.Index("ix_entry_rule_outcome_position", "rule", "outcome", "position", **_where("outcome <> ''")),
    sa.Index("ix_entry_unread", "position", **_where("outcome IS NULL")),
)

node = sa.Table(  # Merkle nodes from level 1 up; level 0 is entry.digest
    "node",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("index", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

checkpoint = sa.Table(
    "checkpoint",
    metadata,
    sa.Column("size", LONG, primary_key=True, autoincrement=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("note", TEXT, nullable=False),  # the signed note as published
)

timer = sa.Table(
    "timer",
    metadata,
    sa.Column("id", TEXT, primary_key=True),
    _subject(),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Index(None, "due_at", "id"),
    sa.Index(None, "subject"),
)

alias = sa.Table(
    "alias",
    metadata,
    sa.Column("alias", TEXT, primary_key=True),
    _subject(),
    sa.Index(None, "subject"),
    sqlite_with_rowid=False,
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("sequence", LONG, primary_key=True),
    sa.Column("id", TEXT, nullable=False, unique=True),
    sa.Column("topic", TEXT, nullable=False),
    _subject(),
    sa.Column("payload", sa.LargeBinary),  # sealed; dropped once delivered
    sa.Column("not_before", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("delivered", sa.BigInteger),
    sa.Column("error", TEXT),
    sa.Index("ix_outbox_pending", "sequence", "not_before", **_where("delivered IS NULL")),
    sa.Index("ix_outbox_pending_subject", "subject", **_where("delivered IS NULL")),
    sa.Index("ix_outbox_delivered", "delivered", **_where("delivered IS NOT NULL")),
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("number", LONG, primary_key=True),
    sa.Column("digest", TEXT, nullable=False, unique=True),  # SHA-256 of scope and key, hex
    _subject(),  # whose key seals the result
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("result", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index(None, "at"),
)
