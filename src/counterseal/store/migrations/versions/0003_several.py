# SPDX-License-Identifier: Apache-2.0
"""What several writing processes share: how many batches there were, and the edge of the log's tree."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns to the single row of `meta`."""
    op.add_column("meta", sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("meta", sa.Column("edge", sa.LargeBinary(), nullable=True))
