# SPDX-License-Identifier: Apache-2.0
"""What the console looks for: rule and outcome of entries, what waits on accounts, in clear and indexed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns, empty (NULL) for what is there already, and indexes."""
    op.add_column("entry", sa.Column("rule", sa.Text(), nullable=True))
    op.add_column("entry", sa.Column("outcome", sa.Text(), nullable=True))
    decided = sa.text("outcome <> ''")
    op.create_index("ix_entry_outcome_position", "entry", ["outcome", "position"], sqlite_where=decided)
    op.create_index(
        "ix_entry_rule_outcome_position", "entry", ["rule", "outcome", "position"], sqlite_where=decided
    )
    op.create_index("ix_entry_unread", "entry", ["position"], sqlite_where=sa.text("outcome IS NULL"))
    op.add_column("state", sa.Column("frozen", sa.BigInteger(), nullable=True))
    op.add_column("state", sa.Column("pending", sa.Integer(), nullable=True))
    op.add_column("state", sa.Column("disputed", sa.Integer(), nullable=True))
    for name in ("frozen", "pending", "disputed"):
        op.create_index(f"ix_state_{name}", "state", [name, "subject"], sqlite_where=sa.text(f"{name} > 0"))
    op.create_index("ix_state_unread", "state", ["subject"], sqlite_where=sa.text("pending IS NULL"))
