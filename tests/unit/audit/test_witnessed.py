# SPDX-License-Identifier: Apache-2.0
"""The board of witnesses: the last push of each, and what it took before a push failed."""

from __future__ import annotations

from counterseal.audit.model import WitnessReport
from counterseal.audit.witnessed import WitnessBoard, Witnessed


def test_a_failed_push_keeps_what_was_taken_before() -> None:
    """In the order of the settings; one that was never asked says nothing."""
    board = WitnessBoard(["partner", "file"])
    board.note(WitnessReport("file", 7), 1_000)
    board.note(WitnessReport("file", 9, error="witness_unavailable: it does not answer"), 2_000)
    assert board.rows() == [
        Witnessed("partner"),
        Witnessed("file", size=7, taken=1_000, tried=2_000, error="witness_unavailable: it does not answer"),
    ]
    board.note(WitnessReport("file", 9), 3_000)
    assert board.rows()[1] == Witnessed("file", size=9, taken=3_000, tried=3_000)
