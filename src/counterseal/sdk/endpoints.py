# SPDX-License-Identifier: Apache-2.0
"""Every operation that a platform, a signer or an operator's tool uses, once for both clients.

An operation is a function from its arguments to a `Call`; `Endpoint` lets both clients offer it as a method:
`client.read_policy()` answers, `await client.read_policy()` on the asynchronous one does too. `key` is the
Idempotency-Key of a write: give your own to repeat a write over restarts, else one is made for the call.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, ParamSpec, TypeVar, overload

from counterseal.sdk import (
    brakes,
    calls,
    desk,
    desk_disclosures,
    desk_followup,
    desk_letters,
    desk_portal,
    desk_registry,
    desk_requests,
    glass,
    hooks,
    incident_loss,
    incidents,
    passkeys,
    publishing,
    testing,
    upkeep,
)
from counterseal.sdk import posture as posture_calls
from counterseal.sdk.transport import Call

T = TypeVar("T")
P = ParamSpec("P")


class Sender:
    """The synchronous side."""

    def send(self, call: Call[T]) -> T:
        """Send a call and read its answer."""
        raise NotImplementedError


class AsyncSender:
    """The asynchronous side."""

    async def send(self, call: Call[T]) -> T:
        """Send a call and read its answer."""
        raise NotImplementedError


class Endpoint(Generic[P, T]):
    """An operation as a method of both clients."""

    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Endpoint[P, T]: ...
    @overload
    def __get__(self, client: Sender, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncSender, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Sender | AsyncSender | None, owner: type) -> Any:
        if client is None:
            return self

        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.send(self.build(*args, **kwargs))

        method.__doc__ = self.build.__doc__
        method.__name__ = self.build.__name__
        return method


class Operations:
    """The operations as methods; inherited by both clients."""

    register = Endpoint(calls.register)
    read_account = Endpoint(calls.read_account)
    timeline = Endpoint(calls.timeline)
    posture = Endpoint(posture_calls.posture)
    freeze = Endpoint(calls.freeze)
    staff_freeze = Endpoint(calls.staff_freeze)
    unfreeze = Endpoint(calls.unfreeze)
    end_sessions = Endpoint(calls.end_sessions)
    erase = Endpoint(calls.erase)
    suspect = Endpoint(calls.suspect)
    clear_suspicion = Endpoint(calls.clear_suspicion)
    confirm_notice = Endpoint(calls.confirm_notice)
    ask = Endpoint(calls.ask)
    read_action = Endpoint(calls.read_action)
    challenge = Endpoint(calls.challenge)
    prove = Endpoint(calls.prove)
    passkey_registration = Endpoint(passkeys.passkey_registration)
    passkey_challenge = Endpoint(passkeys.passkey_challenge)
    authenticator_seed = Endpoint(passkeys.authenticator_seed)
    decide = Endpoint(calls.decide)
    cancel = Endpoint(calls.cancel)
    dispute = Endpoint(calls.dispute)
    redeem = Endpoint(calls.redeem)
    broadcast = Endpoint(calls.broadcast)
    abandon = Endpoint(calls.abandon)
    list_brakes = Endpoint(brakes.list_brakes)
    set_brake = Endpoint(brakes.set_brake)
    lift_brake = Endpoint(brakes.lift_brake)
    read_glass = Endpoint(glass.read_glass)
    open_glass = Endpoint(glass.open_glass)
    close_glass = Endpoint(glass.close_glass)
    key_set = Endpoint(calls.key_set)
    coverage = Endpoint(calls.coverage)
    put_prices = Endpoint(upkeep.put_prices)
    read_policy = Endpoint(upkeep.read_policy)
    policy_text = Endpoint(upkeep.policy_text)
    policy_versions = Endpoint(publishing.policy_versions)
    policy_version = Endpoint(publishing.policy_version)
    upload_policy = Endpoint(publishing.upload_policy)
    examine_policy = Endpoint(publishing.examine_policy)
    publish_policy = Endpoint(publishing.publish_policy)
    shadow_run = Endpoint(publishing.shadow_run)
    start_shadow = Endpoint(publishing.start_shadow)
    stop_shadow = Endpoint(publishing.stop_shadow)
    clear_shadow = Endpoint(publishing.clear_shadow)
    check_policy = Endpoint(publishing.check_policy)
    read_clock = Endpoint(upkeep.read_clock)
    set_clock = Endpoint(upkeep.set_clock)
    advance_clock = Endpoint(upkeep.advance_clock)
    outbox = Endpoint(upkeep.outbox)
    create_token = Endpoint(upkeep.create_token)
    list_tokens = Endpoint(upkeep.list_tokens)
    revoke_token = Endpoint(upkeep.revoke_token)
    register_attestation_key = Endpoint(upkeep.register_attestation_key)
    list_attestation_keys = Endpoint(upkeep.list_attestation_keys)
    revoke_attestation_key = Endpoint(upkeep.revoke_attestation_key)
    checkpoint = Endpoint(upkeep.checkpoint)
    log_inclusion = Endpoint(upkeep.log_inclusion)
    log_consistency = Endpoint(upkeep.log_consistency)
    log_entries = Endpoint(upkeep.log_entries)
    hand_in_document = Endpoint(desk.hand_in_document)
    examine_document = Endpoint(desk.examine_document)
    read_document = Endpoint(desk.read_document)
    list_documents = Endpoint(desk.list_documents)
    list_authorities = Endpoint(desk_registry.list_authorities)
    read_authority = Endpoint(desk_registry.read_authority)
    due_contacts = Endpoint(desk_registry.due_contacts)
    compare_contacts = Endpoint(desk_registry.compare_contacts)
    preview_contact = Endpoint(desk_registry.preview_contact)
    enter_authority = Endpoint(desk_registry.enter_authority)
    change_authority = Endpoint(desk_registry.change_authority)
    end_authority = Endpoint(desk_registry.end_authority)
    enter_contact = Endpoint(desk_registry.enter_contact)
    confirm_contact = Endpoint(desk_registry.confirm_contact)
    check_contact = Endpoint(desk_registry.check_contact)
    end_contact = Endpoint(desk_registry.end_contact)
    enter_roster = Endpoint(desk_registry.enter_roster)
    end_roster = Endpoint(desk_registry.end_roster)
    try_registry_import = Endpoint(desk_registry.try_registry_import)
    hand_in_registry = Endpoint(desk_registry.hand_in_registry)
    read_registry_import = Endpoint(desk_registry.read_registry_import)
    apply_registry_import = Endpoint(desk_registry.apply_registry_import)
    read_follow_up = Endpoint(desk_followup.read_follow_up)
    desk_report = Endpoint(desk_followup.desk_report)
    open_request = Endpoint(desk_requests.open_request)
    list_requests = Endpoint(desk_requests.list_requests)
    read_request = Endpoint(desk_requests.read_request)
    triage_request = Endpoint(desk_requests.triage_request)
    add_request_documents = Endpoint(desk_requests.add_request_documents)
    collect_evidence = Endpoint(desk_requests.collect_evidence)
    read_call_sheet = Endpoint(desk_requests.read_call_sheet)
    record_call = Endpoint(desk_requests.record_call)
    record_evidence = Endpoint(desk_requests.record_evidence)
    resolve_contradiction = Endpoint(desk_requests.resolve_contradiction)
    review_request = Endpoint(desk_requests.review_request)
    read_request_fields = Endpoint(desk_requests.read_request_fields)
    choose_fields = Endpoint(desk_requests.choose_fields)
    read_request_decision = Endpoint(desk_requests.read_request_decision)
    submit_request = Endpoint(desk_requests.submit_request)
    approve_request = Endpoint(desk_requests.approve_request)
    approve_emergency = Endpoint(desk_requests.approve_emergency)
    execute_request = Endpoint(desk_requests.execute_request)
    extend_request = Endpoint(desk_requests.extend_request)
    clarify_request = Endpoint(desk_requests.clarify_request)
    answer_request = Endpoint(desk_requests.answer_request)
    suspect_request = Endpoint(desk_requests.suspect_request)
    confirm_forgery = Endpoint(desk_requests.confirm_forgery)
    clear_request = Endpoint(desk_requests.clear_request)
    end_request = Endpoint(desk_requests.end_request)
    mark_duplicate = Endpoint(desk_requests.mark_duplicate)
    assign_request = Endpoint(desk_requests.assign_request)
    list_letters = Endpoint(desk_letters.list_letters)
    letter_options = Endpoint(desk_letters.letter_options)
    read_letter = Endpoint(desk_letters.read_letter)
    write_letter = Endpoint(desk_letters.write_letter)
    edit_letter = Endpoint(desk_letters.edit_letter)
    send_letter = Endpoint(desk_letters.send_letter)
    discard_letter = Endpoint(desk_letters.discard_letter)
    invite_portal_officer = Endpoint(desk_portal.invite_portal_officer)
    end_portal_invitation = Endpoint(desk_portal.end_portal_invitation)
    list_portal_accounts = Endpoint(desk_portal.list_portal_accounts)
    read_portal_account = Endpoint(desk_portal.read_portal_account)
    renew_portal_account = Endpoint(desk_portal.renew_portal_account)
    end_portal_account = Endpoint(desk_portal.end_portal_account)
    list_rule_packs = Endpoint(desk_letters.list_rule_packs)
    read_rule_pack = Endpoint(desk_letters.read_rule_pack)
    read_rota = Endpoint(desk_letters.read_rota)
    enter_shift = Endpoint(desk_letters.enter_shift)
    enter_absence = Endpoint(desk_letters.enter_absence)
    enter_holiday = Endpoint(desk_letters.enter_holiday)
    remove_rota_entry = Endpoint(desk_letters.remove_rota_entry)
    preview_disclosure = Endpoint(desk_disclosures.preview_disclosure)
    build_disclosure = Endpoint(desk_disclosures.build_disclosure)
    list_disclosures = Endpoint(desk_disclosures.list_disclosures)
    read_disclosure = Endpoint(desk_disclosures.read_disclosure)
    disclosure_link = Endpoint(desk_disclosures.disclosure_link)
    revoke_disclosure = Endpoint(desk_disclosures.revoke_disclosure)
    silence_disclosure = Endpoint(desk_disclosures.silence_disclosure)
    look_up_canary = Endpoint(desk_disclosures.look_up_canary)
    open_incident = Endpoint(incidents.open_incident)
    list_incidents = Endpoint(incidents.list_incidents)
    read_incident = Endpoint(incidents.read_incident)
    write_incident_note = Endpoint(incidents.write_incident_note)
    rate_incident = Endpoint(incidents.rate_incident)
    assign_incident_role = Endpoint(incidents.assign_incident_role)
    hand_incident_over = Endpoint(incidents.hand_incident_over)
    classify_incident = Endpoint(incidents.classify_incident)
    contain_incident = Endpoint(incidents.contain_incident)
    hold_incident = Endpoint(incidents.hold_incident)
    close_incident = Endpoint(incidents.close_incident)
    add_incident_task = Endpoint(incidents.add_incident_task)
    take_incident_task = Endpoint(incidents.take_incident_task)
    end_incident_task = Endpoint(incidents.end_incident_task)
    meet_incident_clock = Endpoint(incidents.meet_incident_clock)
    keep_incident_evidence = Endpoint(incidents.keep_incident_evidence)
    note_incident_custody = Endpoint(incidents.note_incident_custody)
    list_incident_members = Endpoint(incidents.list_incident_members)
    add_incident_members = Endpoint(incidents.add_incident_members)
    judge_incident_member = Endpoint(incidents.judge_incident_member)
    read_incident_timeline = Endpoint(incidents.read_incident_timeline)
    read_incident_cause = Endpoint(incidents.read_incident_cause)
    find_incident_impact = Endpoint(incidents.find_incident_impact)
    read_incident_protection = Endpoint(incidents.read_incident_protection)
    read_price_history = Endpoint(incident_loss.read_price_history)
    import_price_history = Endpoint(incident_loss.import_price_history)
    fetch_price_history = Endpoint(incident_loss.fetch_price_history)
    import_movements = Endpoint(incident_loss.import_movements)
    fetch_movements = Endpoint(incident_loss.fetch_movements)
    list_movements = Endpoint(incident_loss.list_movements)
    read_loss = Endpoint(incident_loss.read_loss)
    list_account_losses = Endpoint(incident_loss.list_account_losses)
    read_account_loss = Endpoint(incident_loss.read_account_loss)
    list_loss_statements = Endpoint(incident_loss.list_loss_statements)
    state_loss = Endpoint(incident_loss.state_loss)
    list_recoveries = Endpoint(incident_loss.list_recoveries)
    note_recovery = Endpoint(incident_loss.note_recovery)
    list_webhooks = Endpoint(hooks.list_webhooks)
    read_webhook = Endpoint(hooks.read_webhook)
    create_webhook = Endpoint(hooks.create_webhook)
    change_webhook = Endpoint(hooks.change_webhook)
    delete_webhook = Endpoint(hooks.delete_webhook)
    disable_webhook = Endpoint(hooks.disable_webhook)
    enable_webhook = Endpoint(hooks.enable_webhook)
    renew_webhook_secret = Endpoint(hooks.renew_webhook_secret)
    send_webhook_test = Endpoint(hooks.send_webhook_test)
    list_webhook_deliveries = Endpoint(hooks.list_webhook_deliveries)
    replay_webhook_delivery = Endpoint(hooks.replay_webhook_delivery)
    replay_webhook = Endpoint(hooks.replay_webhook)
    attest_test_proof = Endpoint(testing.attest_test_proof)
    evaluate_test_request = Endpoint(testing.evaluate_test_request)
