# SPDX-License-Identifier: Apache-2.0
"""Findings of the checks of mail."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.model import Kind

MAIL: Final[dict[str, Kind]] = {}
