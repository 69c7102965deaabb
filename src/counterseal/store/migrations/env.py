# SPDX-License-Identifier: Apache-2.0
"""Alembic's environment: the connection is given by `schema.migrate`, inside its transaction."""

from __future__ import annotations

from alembic import context

from counterseal.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
