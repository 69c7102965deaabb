# SPDX-License-Identifier: Apache-2.0
"""What the console looks for: rule and outcome of entries, what waits on accounts, in clear and indexed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from counterseal.store.migrations.types import TEXT, where

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns, empty (NULL) for what is there already, and indexes."""
    op.add_column("entry", sa.Column("rule", TEXT, nullable=True))
    op.add_column("entry", sa.Column("outcome", TEXT, nullable=True))
    decided = where("outcome <> ''")
    op.create_index("ix_entry_outcome_position", "entry", ["outcome", "position"], **decided)
    op.create_index("ix_entry_rule_outcome_position", "entry", ["rule", "outcome", "position"], **decided)
    op.create_index("ix_entry_unread", "entry", ["position"], **where("outcome IS NULL"))
    op.add_column("state", sa.Column("frozen", sa.BigInteger(), nullable=True))
    op.add_column("state", sa.Column("pending", sa.Integer(), nullable=True))
    op.add_column("state", sa.Column("disputed", sa.Integer(), nullable=True))
    for name in ("frozen", "pending", "disputed"):
        op.create_index(f"ix_state_{name}", "state", [name, "subject"], **where(f"{name} > 0"))
    op.create_index("ix_state_unread", "state", ["subject"], **where("pending IS NULL"))
