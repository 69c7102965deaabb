# SPDX-License-Identifier: Apache-2.0
"""Findings of the checks of pdf."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.model import Kind

PDF: Final[dict[str, Kind]] = {}
