# SPDX-License-Identifier: Apache-2.0
"""Which words an action gets: its catalogue entry and stage, or the action's own name for other policies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from counterseal.notices.catalogue_en import ENGLISH
from counterseal.notices.catalogue_zh import CHINESE
from counterseal.notices.formats import defang, written_amount
from counterseal.notices.model import Catalogue

_STAGES: Final = {
    "pending": "pending",
    "waiting": "pending",
    "delayed": "pending",
    "accepted": "pending",
    "asked": "pending",
    "approved": "approved",
    "allowed": "approved",
    "sealed": "approved",
    "ready": "approved",
    "done": "done",
    "applied": "done",
    "redeemed": "done",
    "cancelled": "cancelled",
    "refused": "refused",
    "denied": "refused",
    "disputed": "disputed",
    "lapsed": "lapsed",
}
_WORDLESS: Final = frozenset({"", "notice", "action", "outflow", "change", "generic"})

GLASS: Final = "break_glass"
DISCLOSED: Final = "data_disclosed"
DISCLOSED_FORGED: Final = "data_disclosed_forged"
FROZEN: Final = frozenset({"freeze", "staff_freeze"})  # rules after which a freeze link is no use

# Other names under which policies know the same thing.
ALIASES: Final = {
    "new_device": "login_new_device",
    "log_in": "login",
    "replace_password": "change_password",
    "reset_fund_password": "reset_fundpw",
    "change_fundpw": "reset_fundpw",
    "replace_phone": "change_phone",
    "change_sms": "change_phone",
    "replace_sms": "change_phone",
    "bind_sms": "bind_phone",
    "disable_sms": "remove_phone",
    "disable_phone": "remove_phone",
    "reset_phone": "change_phone",
    "replace_email": "change_email",
    "reset_email": "change_email",
    "support_password": "forgot_password",
    "forgot_password_alone": "forgot_password",
    "recover_account": "finish_recovery",
    "reset_factors": "finish_recovery",
    "unlock_settings": "loosen_lock",
    "disable_email": "remove_email",
    "change_totp": "replace_totp",
    "reset_totp": "replace_totp",
    "remove_totp": "disable_totp",
    "add_totp": "bind_totp",
    "bind_passkey": "add_passkey",
    "disable_passkey": "remove_passkey",
    "make_recovery_codes": "add_recovery_codes",
    "bind_recovery_codes": "add_recovery_codes",
    "replace_recovery_codes": "add_recovery_codes",
    "use_recovery_code": "use_code",
    "code_recovery": "use_code",
    "iddoc_recovery": "document_recovery",
    "start_recovery": "ask_recovery",
    "recovery": "ask_recovery",
    "delete_address": "remove_address",
    "bind_payout": "add_payout",
    "add_payout_method": "add_payout",
    "delete_api": "remove_api",
    "remove_api_key": "remove_api",
    "revoke_api": "remove_api",
    "revoke_api_key": "remove_api",
    "create_api": "create_api_trade",
    "frozen": "freeze",
    "link_freeze": "freeze",
    "freeze_account": "freeze",
    "lift_freeze": "unfreeze",
    "glass": "break_glass",
    "sessions_ended": "end_sessions",
    "unfrozen": "unfreeze",
    "unfreeze_account": "unfreeze",
    "lock_loosened": "loosen_lock",
    "unlock": "loosen_lock",
    "lock": "tighten_lock",
    "guardian": "change_guardian",
    "replace_guardian": "change_guardian",
    "guardian_changed": "change_guardian",
    "bind_guardian": "add_guardian",
    "disable_guardian": "remove_guardian",
    "dispute_resolved": "resolve_dispute",
    "withdraw_small": "withdraw",
    "withdrawal": "withdraw",
    "onchain_withdrawal": "withdraw",
    "withdraw_aged": "withdraw_verified",
    "api_withdrawal": "withdraw_api",
    "transfer": "internal_transfer",
    "card_payment": "card",
    "payout": "fiat_payout",
    "fiat_payout_new": "new_payout",
    "new_payout_method": "new_payout",
    "off_market_trade": "offmarket_trade",
}


class Wording(msgspec.Struct, frozen=True):
    """An action in words. `headline`: a sentence without a full stop; `wish` follows "to"; both on one line."""

    rule: str
    stage: str  # pending | approved | done | cancelled | refused | disputed | lapsed
    headline: str
    wish: str
    outflow: bool


def catalogue_for(language: str) -> Catalogue:
    """The catalogue of a language tag (BCP 47): Chinese of any region, else English."""
    return CHINESE if language.lower().replace("_", "-").split("-")[0] == "zh" else ENGLISH


def amount_in(facts: Mapping[str, str]) -> str:
    """The amount with its asset, or "" when there is none."""
    return written_amount(facts["amount"], facts.get("asset", "")) if facts.get("amount") else ""


def target_of(facts: Mapping[str, str]) -> str:
    """Where money goes, or the address that an action names."""
    return defang(facts.get("destination") or facts.get("address", ""))


def wording(template: str, facts: Mapping[str, str], catalogue: Catalogue) -> Wording:
    """Find the words of `template` ("RULE", "RULE.STAGE" or "STAGE"; the rule may stand in facts["action"])."""
    rule, stage = _read(template, facts)
    money = amount_in(facts)
    if rule in catalogue.outflows:
        words = catalogue.outflows[rule]
        stage = stage or ("pending" if _waits(facts) else "approved")
        what = words.of.format(amount=money) if money else words.noun
        headline = catalogue.notice[f"out_{stage}"].format(what=what)
        return Wording(rule, stage, headline, words.wish, outflow=True)
    stage = stage or ("pending" if _waits(facts) else "done")
    known = catalogue.actions.get(rule)
    name = defang(rule.replace("_", " ")) or catalogue.labels["unknown"]
    wish = known.wish if known else catalogue.notice["generic_wish"].format(words=name)
    if stage in {"cancelled", "refused", "disputed", "lapsed"}:
        headline = catalogue.notice[stage].format(wish=wish)
    elif known:
        headline = known.pending if stage == "pending" else known.done
    else:
        key = "generic_pending" if stage == "pending" else "generic_done"
        headline = catalogue.notice[key].format(words=name)
    return Wording(rule, stage, headline, wish, outflow="amount" in facts)


def _read(template: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """The canonical rule and stage; either may be ""."""
    rule = stage = ""
    for part in re.split(r"[.:/]", template.strip().lower()):
        if part in _STAGES:
            stage = _STAGES[part]
        elif part not in _WORDLESS:
            rule = _canonical(part)
    named = _canonical(facts.get("action", "").strip().lower())
    known = rule in ENGLISH.actions or rule in ENGLISH.outflows
    if named and (not rule or (not known and (named in ENGLISH.actions or named in ENGLISH.outflows))):
        rule = named
    return rule, stage


def _canonical(name: str) -> str:
    name = name.replace("-", "_").replace(" ", "_")
    return ALIASES.get(name, name)


def _waits(facts: Mapping[str, str]) -> bool:
    return bool(facts.get("effective_at") or facts.get("delay"))
