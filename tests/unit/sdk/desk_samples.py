# SPDX-License-Identifier: Apache-2.0
"""Arguments of the desk's calls: their names mean other things than in the rest of the API."""

from typing import Any, Final

from counterseal.sdk.desk_portal import PortalCall

OPENED: Final = {"type": "disclosure", "documents": ["doc_1"], "claim": {"authority": "District Court"}}
SHIFT: Final = {
    "staff": "st_1",
    "duty": "desk",
    "days": [0],
    "start": "09:00",
    "end": "17:00",
    "zone": "Europe/Brussels",
    "first": "2026-01-01",
}
PORTAL_CALL: Final = PortalCall(contact="ct_1", at=1, by="st_1", spoke_to="the clerk")
DESK_SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "open_request": {"request": OPENED},
    "list_requests": {"state": "evidence", "kind": "freeze", "assigned": "st_1", "ended": True, "after": "jr_0"},
    "triage_request": {"triage": {"type": "disclosure", "pack": "generic", "authority": "nm-court"}},
    "add_request_documents": {"documents": ["doc_1"]},
    "record_call": {"call": {"contact": "ct_1", "outcome": "confirmed", "confirmed": ["case_number"]}},
    "record_evidence": {"evidence": {"kind": "docket", "result": "supports", "contact": "ct_1"}},
    "review_request": {"passed": True, "basis": "court_order"},
    "choose_fields": {"fields": [{"account": "alice", "name": "email"}]},
    "extend_request": {"clock": "preservation"},
    "answer_request": {"documents": ["doc_1"]},
    "end_request": {"how": "reject"},
    "mark_duplicate": {"of": "jr_0"},
    "assign_request": {"staff": "st_1"},
    "read_letter": {"letter": "ltr_1"},
    "write_letter": {
        "kind": "clarification",
        "language": "zh",
        "contact": "ct_1",
        "reasons": ("scope",),
        "categories": ("subscriber",),
    },
    "edit_letter": {"letter": "ltr_1", "subject": "s", "contact": "ct_1"},
    "send_letter": {"letter": "ltr_1"},
    "discard_letter": {"letter": "ltr_1"},
    "invite_portal_officer": {"call": PORTAL_CALL, "officer": "J. Doe", "mail": "ct_2", "language": "zh"},
    "read_portal_account": {"portal_account": "pa_1"},
    "renew_portal_account": {"portal_account": "pa_1", "call": PORTAL_CALL},
    "end_portal_account": {"portal_account": "pa_1"},
    "end_portal_invitation": {"portal_invitation": "pi0a1b2c3d4e5f"},
    "read_rule_pack": {"pack": "generic"},
    "enter_shift": {"shift": SHIFT},
    "enter_absence": {"absence": {"staff": "st_1", "start": 1, "end": 2, "reason": "away"}},
    "enter_holiday": {"day": "2026-12-25"},
    "remove_rota_entry": {"entry": "shf_1"},
    "preview_disclosure": {"purpose": "request"},
    "read_disclosure": {"disclosure": "dsc_1"},
    "disclosure_link": {"disclosure": "dsc_1"},
    "revoke_disclosure": {"disclosure": "dsc_1"},
    "silence_disclosure": {"disclosure": "dsc_1", "basis": "18 USC 2705"},
}
