# SPDX-License-Identifier: Apache-2.0
"""How everything of this area is stored."""

from __future__ import annotations

from typing import Final

from counterseal.core.transaction import Codec
from counterseal.incidents import loss_file, loss_prices, protecting, stored, tracing

CODECS: Final[dict[str, Codec]] = {
    **stored.CODECS,
    **tracing.CODECS,
    **protecting.CODECS,
    **loss_file.CODECS,
    **loss_prices.CODECS,
}
