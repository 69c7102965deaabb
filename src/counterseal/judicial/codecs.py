# SPDX-License-Identifier: Apache-2.0
"""How everything of the judicial desk is stored."""

from __future__ import annotations

from typing import Final

from counterseal.core.transaction import Codec
from counterseal.judicial import stored
from counterseal.judicial.disclosure import stored as disclosure
from counterseal.judicial.registry import stored as registry

CODECS: Final[dict[str, Codec]] = {
    **stored.CODECS,
    **registry.CODECS,
    **disclosure.CODECS,
}
