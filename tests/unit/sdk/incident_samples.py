# SPDX-License-Identifier: Apache-2.0
"""Arguments of the calls about incidents: their names mean other things than in the rest of the API."""

from typing import Any, Final

LOSS: Final = {"pack": "mica-75-8", "paid_at": 1}
INCIDENT_SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "open_incident": {
        "kind": "other",
        "title": "t",
        "severity": 1,
        "more": {"begun": 1, "accounts": [{"account": "alice", "state": "hit"}]},
    },
    "write_incident_note": {"corrects": "nt_1"},
    "rate_incident": {"severity": 1, "why": "w"},
    "assign_incident_role": {"role": "lead", "staff": "st_1"},
    "hand_incident_over": {"to": "st_1"},
    "classify_incident": {"why": "w"},
    "contain_incident": {"why": "w"},
    "hold_incident": {"why": "w"},
    "close_incident": {"why": "w"},
    "add_incident_task": {"task": {"title": "t", "due": 1}},
    "take_incident_task": {"task": "tk_1", "owner": "st_1"},
    "end_incident_task": {"task": "tk_1", "outcome": "done", "said": "s"},
    "meet_incident_clock": {"why": "w"},
    "keep_incident_evidence": {"why": "w"},
    "note_incident_custody": {"artefact": "ev_1", "what": "viewed", "why": "w"},
    "list_incident_members": {"state": "hit", "after": "alice"},
    "list_incidents": {"after": "inc_0"},
    "add_incident_members": {"accounts": [{"account": "alice"}]},
    "judge_incident_member": {"state": "safe", "why": "w"},
    "find_incident_impact": {"sets": [["sim_swap"]]},
    "read_incident_protection": {"act": "pa_1"},
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
