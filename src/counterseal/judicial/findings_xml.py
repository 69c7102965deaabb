# SPDX-License-Identifier: Apache-2.0
"""Findings of the checks of xml."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.model import Kind

XML: Final[dict[str, Kind]] = {}
