# SPDX-License-Identifier: Apache-2.0
"""`policy`: being written."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
