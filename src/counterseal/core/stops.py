# SPDX-License-Identifier: Apache-2.0
"""What officers put above one account's own rules: a brake as an input carries it, and a broken glass.

`Stop` says enough for a log that is read alone; who set the brake and why stands in the brake's own entries.
"""

from __future__ import annotations

from typing import Literal

import msgspec

BrakeKind = Literal["asset", "destination", "action"]


class Stop(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The brake that stood against a request when it was decided. `until` (ms): None = until it is lifted.

    `about`: the asset, the destination as in `core.platform`, or the rule's name.
    """

    id: str
    kind: BrakeKind
    about: str
    until: int | None = None


class Glass(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Break-glass: from `since` to `until` (ms) suspicions are put aside for what is no outflow.

    `officers`: the two who opened it; `closed_by`: who ended it before its time, `until` is then that moment.
    """

    id: str
    since: int
    until: int
    officers: tuple[str, ...]
    reason: str
    closed_by: str = ""
