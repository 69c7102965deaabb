# SPDX-License-Identifier: Apache-2.0
"""First schema: subjects under keys of their own, the log, timers, outbox, aliases, idempotency."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from counterseal.store.migrations.types import LONG, TEXT, where

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "checkpoint",
        sa.Column("size", LONG, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "meta",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("latest", sa.BigInteger(), nullable=False),
        sa.Column("replies", sa.BigInteger(), nullable=False),
        sa.Column("clock", TEXT, nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_meta_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meta")),
    )
    op.create_table(
        "node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_node")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subject",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("erased", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
    )
    op.create_index(op.f("ix_subject_kind_id"), "subject", ["kind", "id"], unique=False)
    op.create_table(
        "alias",
        sa.Column("alias", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_alias_subject_subject")),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_alias")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_alias_subject"), "alias", ["subject"], unique=False)
    op.create_table(
        "entry",
        sa.Column("position", LONG, autoincrement=False, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=True),
        sa.Column("reply", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_entry_subject_subject")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_entry")),
    )
    op.create_index(
        op.f("ix_entry_action_position"),
        "entry",
        ["action", "position"],
        unique=False,
        **where("action IS NOT NULL"),
    )
    op.create_index(op.f("ix_entry_subject_position"), "entry", ["subject", "position"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("number", LONG, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_idempotency_subject_subject")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_idempotency")),
        sa.UniqueConstraint("digest", name=op.f("uq_idempotency_digest")),
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("sequence", LONG, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_outbox_subject_subject")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
    )
    op.create_index("ix_outbox_delivered", "outbox", ["delivered"], unique=False, **where("delivered IS NOT NULL"))
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["sequence", "not_before"],
        unique=False,
        **where("delivered IS NULL"),
    )
    op.create_index("ix_outbox_pending_subject", "outbox", ["subject"], unique=False, **where("delivered IS NULL"))
    op.create_table(
        "state",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_state_subject_subject")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_state")),
    )
    op.create_table(
        "timer",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_timer_subject_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
    )
    op.create_index(op.f("ix_timer_due_at_id"), "timer", ["due_at", "id"], unique=False)
    op.create_index(op.f("ix_timer_subject"), "timer", ["subject"], unique=False)
    op.create_table(
        "vault",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_vault_subject_subject")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_vault")),
    )
