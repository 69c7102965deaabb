# SPDX-License-Identifier: Apache-2.0
"""How everything of the judicial desk is stored."""

from __future__ import annotations

from typing import Final

from counterseal.core.transaction import Codec
from counterseal.judicial import stored
from counterseal.judicial.disclosure import stored as disclosure
from counterseal.judicial.followup import stored as followup
from counterseal.judicial.letters import model as letters
from counterseal.judicial.portal import model as portal
from counterseal.judicial.registry import stored as registry
from counterseal.judicial.requests import stored as requests
from counterseal.judicial.rota import model as rota

CODECS: Final[dict[str, Codec]] = {
    **stored.CODECS,
    **registry.CODECS,
    **disclosure.CODECS,
    **followup.CODECS,
    **letters.CODECS,
    **portal.CODECS,
    **rota.CODECS,
    **requests.CODECS,
}
