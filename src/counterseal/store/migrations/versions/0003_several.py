# SPDX-License-Identifier: Apache-2.0
"""What several writing processes share: batches so far, the last number of a message, the edge of the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns to the single row of `meta`."""
    op.add_column("meta", sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("meta", sa.Column("messages", sa.BigInteger(), nullable=True))
    op.add_column("meta", sa.Column("edge", sa.LargeBinary(), nullable=True))
