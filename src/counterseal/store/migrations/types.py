# SPDX-License-Identifier: Apache-2.0
"""Column types and conditions of migrations, for both engines. They are part of the past: never change one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Ordered by code point, as SQLite orders."""
LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64 bits: SQLite's INTEGER has them, and only an INTEGER PRIMARY KEY is its rowid."""


def where(condition: str) -> dict[str, Any]:
    """The condition of a partial index."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
