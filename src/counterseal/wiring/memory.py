# SPDX-License-Identifier: Apache-2.0
"""How the garbage collector is set while a process serves.

Most of what a request makes dies by its reference count. What a running server keeps is what it loaded at its
start (modules, routes, schemas: several hundred thousand objects) and the states in the store's cache, which the
collector does not follow (`core/account.py`). Looking at all of it again and again costs every request, and stops
all of them while it lasts.
"""

from __future__ import annotations

import gc

YOUNG = 20_000
"""New objects between two looks at the young ones; Python says 700, which is several looks in each batch."""


def settle() -> None:
    """Once everything is loaded: what is there now is never looked at again, what comes later is less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
