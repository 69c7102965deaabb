# SPDX-License-Identifier: Apache-2.0
"""The vectors that the console's verifier is tested with are those of this server."""

from __future__ import annotations

from tests.support import browser_vectors


def test_the_browsers_vectors_are_the_servers() -> None:
    """Whoever changes the log's hashing writes them again, and the browser's tests then say what broke."""
    assert browser_vectors.FILE.read_bytes() == browser_vectors.written()
