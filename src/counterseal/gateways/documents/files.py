# SPDX-License-Identifier: Apache-2.0
"""A file that came inside another one."""

from __future__ import annotations

import msgspec


class Attached(msgspec.Struct, frozen=True):
    """As it came, without its transfer encoding. `name`: the sender's, as it is."""

    name: str
    data: bytes
