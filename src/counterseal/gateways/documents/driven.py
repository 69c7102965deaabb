# SPDX-License-Identifier: Apache-2.0
"""Runs coroutines that wait for nothing: an event loop makes a pair of sockets, which the sandbox forbids."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def driven(coroutine: Coroutine[Any, Any, T]) -> T:
    """Its result. Raises what it raises, and RuntimeError where it waits: nothing may be fetched in here."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    coroutine.close()
    raise RuntimeError("it waits for something outside the sandbox")
