# SPDX-License-Identifier: Apache-2.0
"""What can change state without being an action of the policy. Each is an assumption that a proof has to name.

A test enumerates every write of the API and every command: it is here, or it runs the policy.
"""

from __future__ import annotations

import msgspec


class Assumption(msgspec.Struct, frozen=True):
    """`name` is stable; `text` is what a proof takes for granted about these operations and commands."""

    name: str
    text: str
    operations: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()


RUNS_THE_POLICY = frozenset(
    {
        "ask_action",
        "challenge_action",
        "prove_action",
        "decide_action",
        "redeem_seal",
        "answer_step",
        "approve_request",
        "approve_emergency",
        "submit_request",
        "execute_request",
        "build_disclosure",
        "download_disclosure",  # what was built, once, for the holder of a key that was confirmed
        "portal_fetch_package",
        "enrol_step",
        "send_step_code",
    }
)
"""Operations whose effect on an account the policy decides."""

ONLY_REFUSES = frozenset(
    {
        "cancel_action",
        "cancel_by_link",
        "freeze_account",
        "freeze_by_link",
        "staff_freeze",
        "report_suspicion",
        "refuse_step",
        "freeze_step",
        "set_brake",
        "close_glass",
        "suspect_request",
        "confirm_forgery",
        "end_sessions",
        "protect_incident_members",
        "revoke_disclosure",
        "end_portal_account",
        "end_portal_invitation",
    }
)
"""Operations that can only stop or delay: the guard refuses more after them, never less."""

NEVER_COUNTED_ON = frozenset({"lift_brake", "open_glass"})
"""Operations that take away what no proof counted on: a brake, or suspicions about what is no outflow. The
abstraction knows neither, so every run that they make possible is one that was proved about already."""

ASSUMPTIONS = (
    Assumption(
        "honest_registration",
        "accounts are registered and imported with the factors, contacts, objects and ages that are true",
        frozenset({"register_account"}),
        frozenset({"accounts import"}),
    ),
    Assumption(
        "two_honest_officers",
        "two officers together lift freezes, clear suspicions, settle disputes, confirm notices and erase accounts "
        "only as they should",
        frozenset({"unfreeze_account", "clear_suspicion", "settle_dispute", "confirm_notice", "erase_account"}),
        frozenset({"brake set", "brake lift", "glass open", "glass close"}),
    ),
    Assumption(
        "honest_staff",
        "members of staff are invited, given roles and shut out as they should be; no two who sign an approval act "
        "together against an owner",
        frozenset(
            {
                "invite_staff",
                "revoke_invitation",
                "enrol",
                "enrol_options",
                "change_roles",
                "disable_staff",
                "enable_staff",
                "renew_staff",
                "sign_in",
                "sign_out",
                "signin_options",
                "revoke_session",
                "revoke_sessions",
                "own_passkey_options",
                "add_own_passkey",
                "remove_own_passkey",
                "propose_approval",
                "approval_options",
                "sign_approval",
                "reject_approval",
            }
        ),
        frozenset({"staff first", "staff invite", "staff disable", "staff sessions"}),
    ),
    Assumption(
        "honest_signer_reports",
        "signers report what really became of a redeemed seal (an abandoned one frees its limit)",
        frozenset({"report_broadcast", "report_abandoned"}),
    ),
    Assumption(
        "honest_prices",
        "the price service states what assets are worth",
        frozenset({"push_prices", "import_price_history", "fetch_price_history"}),
        frozenset({"prices import", "prices fetch"}),
    ),
    Assumption(
        "honest_administration",
        "administrators give tokens and register attestation keys only for those they are for, "
        "and choose the policy of the first start",
        frozenset({"create_token", "revoke_token", "register_attestation_key", "revoke_attestation_key"}),
        frozenset({"token create", "token revoke", "serve", "work"}),
    ),
    Assumption(
        "two_honest_publishers",
        "two publishers together put in force only what should decide, and read the verdict that they sign; "
        "editors write drafts that decide nothing",
        frozenset({"publish_version"}),
        frozenset({"policy publish", "policy rollback"}),
    ),
    Assumption(
        "two_honest_registrars",
        "two officers together enter into the registry of authorities only what its sources say",
        frozenset(
            {
                "enter_authority",
                "change_authority",
                "end_authority",
                "enter_contact",
                "confirm_contact",
                "check_contact",
                "end_contact",
                "enter_roster",
                "end_roster",
                "apply_registry_import",
            }
        ),
        frozenset({"desk registry"}),
    ),
    Assumption(
        "honest_desk",
        "two officers state of a request only what is so (basis, scope, contradictions, key): a proof takes this "
        "context as true; that one of them invents a call is the capability `desk_insider`",
        frozenset(
            {
                "triage_request",
                "record_call",
                "record_evidence",
                "resolve_contradiction",
                "review_request",
                "choose_fields",
                "clear_request",
            }
        ),
    ),
    Assumption(
        "two_honest_inviters",
        "two officers together invite to the officers' portal only whom an office named on a call that was made; "
        "that somebody steals the account is the capability `portal_login_theft`",
        frozenset({"invite_portal_officer", "renew_portal_account"}),
        frozenset({"desk portal"}),
    ),
    Assumption(
        "two_honest_silencers",
        "two officers together leave an owner untold of a disclosure only on an order, for 90 days at a time",
        frozenset({"silence_disclosure"}),
    ),
    Assumption(
        "keys_in_right_hands",
        "master, root, seal and page keys are known to this installation alone; whoever finds that one is not "
        "rotates it as compromised",
        frozenset({"rotate_key"}),
        frozenset({"keys rotate", "keys rewrap", "keys make-master", "keys init-hsm", "keys new-root"}),
    ),
    Assumption(
        "honest_host",
        "the host's clock, disk and memory are the operator's, and a restore is announced by its new epoch",
        frozenset({"move_clock"}),
        frozenset({"restore", "move", "new-epoch"}),
    ),
    Assumption(
        "test_scopes_off",
        "the store saw a real clock: there `test:attest` and its routes do not exist, "
        "and no factor counts as proved on somebody's word",
        frozenset({"attest_test_proof"}),
    ),
)
