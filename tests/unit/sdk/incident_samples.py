# SPDX-License-Identifier: Apache-2.0
"""Arguments of the calls about incidents: their names mean other things than in the rest of the API."""

from typing import Any, Final

LOSS: Final = {"pack": "mica-75-8", "paid_at": 1}
INCIDENT_SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "read_price_history": {"currency": "USD"},
    "fetch_price_history": {"currency": "USD"},
    "import_price_history": {"dry_run": True},
    "import_movements": {"dry_run": True},
    "read_loss": LOSS,
    "list_account_losses": LOSS,
    "read_account_loss": LOSS,
    "state_loss": {"about": "action:act_1", "belongs": True, "why": "w"},
    "note_recovery": {"recovery": {"asset": "BTC", "amount": "1", "state": "frozen", "why": "w", "where": "x"}},
}
