# SPDX-License-Identifier: Apache-2.0
"""Operations and commands that change no account: no proof has to name them. See `prover.assumptions`."""

from __future__ import annotations

READS_ONLY = frozenset(
    {
        "read_coverage",
        "evaluate_test_request",
        "action_passkey",
        "passkey_options",
        "totp_options",
        "make_link",  # what happens on its page runs the policy
        "send_test",
        "upload_version",
        "examine_version",
        "start_shadow",
        "stop_shadow",
        "clear_shadow",
        "check_policy",
        "hand_in_document",  # a verdict on a document; the release of data is not built on it yet
        "examine_document",
        "look_up_canary",
        "compare_contacts",
        "preview_contact",
        "try_registry_import",
        "hand_in_registry",  # a draft enters nothing
        "open_request",  # a request releases nothing by itself
        "add_request_documents",
        "collect_evidence",
        "clarify_request",
        "answer_request",
        "reject_request",
        "withdraw_request",
        "close_request",
        "mark_duplicate",
        "assign_request",
        "extend_request",
        "portal_sign_in",  # a log-in is evidence, and a request of the portal is like any other
        "portal_sign_out",
        "portal_end_session",
        "portal_enrol_code",
        "portal_enrol_passkey",
        "portal_hand_in",
        "portal_submit",
        "portal_answer",
        "portal_add_documents",
        "portal_withdraw",
        "write_letter",  # a letter holds no client's data, and goes to contacts of the registry alone
        "edit_letter",
        "send_letter",
        "discard_letter",
        "enter_shift",  # the rota says whom to call, and gives nobody a right
        "enter_absence",
        "enter_holiday",
        "remove_entry",
        "open_incident",  # case work: what is known of an attack, and who does what about it
        "write_incident_note",
        "rate_incident",
        "assign_incident_role",
        "hand_incident_over",
        "classify_incident",
        "contain_incident",
        "hold_incident",
        "lift_incident_hold",
        "close_incident",
        "add_incident_task",
        "take_incident_task",
        "end_incident_task",
        "meet_incident_clock",
        "keep_incident_evidence",
        "note_incident_custody",
        "download_incident_evidence",
        "add_incident_members",
        "judge_incident_member",
        "find_incident_impact",
        "import_movements",  # what an incident cost: nothing of an account changes by it
        "fetch_movements",
        "state_loss",
        "note_recovery",
        "create_webhook",  # who hears of what happens, and nothing else
        "change_webhook",
        "delete_webhook",
        "disable_webhook",
        "enable_webhook",
        "renew_webhook_secret",
        "send_webhook_test",
        "replay_webhook",
        "replay_webhook_delivery",
    }
)
"""Writes by method that change no account."""

READING_COMMANDS = frozenset(
    {
        "openapi",
        "token list",
        "staff list",
        "policy lint",
        "policy show",
        "policy list",
        "policy schema",
        "policy versions",
        "policy draft",
        "policy shadow",
        "policy check",
        "log export",
        "log verify",
        "evidence verify",
        "log checkpoint",
        "backup",
        "replay",
        "posture",
        "diff",
        "why",
        "prove",
        "explain",
        "lockout",
        "brake list",
        "glass show",
        "keys list",
        "desk verify",
        "desk packs",
        "desk requests",
        "desk canary",
        "desk report",
        "desk demo",
        "loss show",
        "loss import",  # what an incident cost: nothing of an account changes by it
        "loss fetch",
        "loss state",
        "loss recover",
        "loss packs",
        "loss lint",
        "prices history",
        "demo",
    }
)
"""Commands that change no store but one of their own."""
