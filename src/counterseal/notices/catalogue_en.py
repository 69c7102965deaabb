# SPDX-License-Identifier: Apache-2.0
"""What owners read, in English. Short sentences, active, present; a person, money, a time."""

from __future__ import annotations

from counterseal.notices.model import ActionWords, Catalogue, OutflowWords
from counterseal.notices.sentences_en import CODE, LABELS, NOTICE, PAGE

_ACTIONS = {
    "login": ActionWords("Someone logged in to your account", "Someone asked to log in to your account", "log in"),
    "login_new_device": ActionWords(
        "Someone logged in from a new device",
        "Someone asked to log in from a new device",
        "log in from a new device",
    ),
    "logout": ActionWords("A device was logged out", "A device will be logged out", "log out a device"),
    "remove_device": ActionWords("A device was removed", "A device will be removed", "remove a device"),
    "forgot_password": ActionWords(
        "Your password was replaced without the old one",
        "Someone asked to replace your password without the old one",
        "set a new password",
    ),
    "change_password": ActionWords(
        "Your password was changed", "Your password will be changed", "change your password"
    ),
    "reset_password": ActionWords("Your password was reset", "Your password will be reset", "reset your password"),
    "reset_fundpw": ActionWords(
        "Your fund password was reset", "Your fund password will be reset", "reset your fund password"
    ),
    "set_fundpw": ActionWords("A fund password was set", "A fund password will be set", "set a fund password"),
    "change_phone": ActionWords(
        "Your phone number was changed", "Your phone number will be changed", "change your phone number"
    ),
    "bind_phone": ActionWords("A phone number was added", "A phone number will be added", "add a phone number"),
    "remove_phone": ActionWords(
        "Your phone number was removed", "Your phone number will be removed", "remove your phone number"
    ),
    "change_email": ActionWords("Your email was changed", "Your email will be changed", "change your email"),
    "bind_email": ActionWords("An email was added", "An email will be added", "add an email"),
    "remove_email": ActionWords("Your email was removed", "Your email will be removed", "remove your email"),
    "disable_totp": ActionWords(
        "Your authenticator was switched off",
        "Your authenticator will be switched off",
        "switch off your authenticator",
    ),
    "bind_totp": ActionWords(
        "An authenticator was added", "An authenticator will be added", "add an authenticator"
    ),
    "replace_totp": ActionWords(
        "Your authenticator was replaced", "Your authenticator will be replaced", "replace your authenticator"
    ),
    "add_passkey": ActionWords("A passkey was added", "A passkey will be added", "add a passkey"),
    "remove_passkey": ActionWords("A passkey was removed", "A passkey will be removed", "remove a passkey"),
    "replace_passkey": ActionWords(
        "Your passkey was replaced", "Your passkey will be replaced", "replace your passkey"
    ),
    "lost_email": ActionWords(
        "Someone replaced your email without access to the old one",
        "Someone asked to replace your email without access to the old one",
        "replace an email that you lost",
    ),
    "add_recovery_codes": ActionWords(
        "New recovery codes were made", "New recovery codes will be made", "make new recovery codes"
    ),
    "use_code": ActionWords(
        "A recovery code was used", "Someone asked to use a recovery code", "use a recovery code"
    ),
    "face_recovery": ActionWords(
        "Someone got back into your account with a face check",
        "Someone asked to get into your account with a face check",
        "recover your account with a face check",
    ),
    "document_recovery": ActionWords(
        "Someone got back into your account with an identity document",
        "Someone asked to get into your account with an identity document",
        "recover your account with an identity document",
    ),
    "support_recovery": ActionWords(
        "Someone got back into your account through our support",
        "Someone asked our support to let them into your account",
        "recover your account through our support",
    ),
    "ask_recovery": ActionWords(
        "Someone asked to recover your account", "Someone asked to recover your account", "ask for recovery"
    ),
    "finish_recovery": ActionWords(
        "Your account was recovered", "The recovery of your account ends soon", "finish the recovery"
    ),
    "add_address": ActionWords(
        "A withdrawal address was added", "A withdrawal address will be added", "add a withdrawal address"
    ),
    "verify_address": ActionWords(
        "A withdrawal address was verified",
        "A withdrawal address will be verified",
        "verify a withdrawal address",
    ),
    "remove_address": ActionWords(
        "A withdrawal address was removed", "A withdrawal address will be removed", "remove a withdrawal address"
    ),
    "add_payout": ActionWords("A payout method was added", "A payout method will be added", "add a payout method"),
    "remove_payout": ActionWords(
        "A payout method was removed", "A payout method will be removed", "remove a payout method"
    ),
    "create_api_trade": ActionWords(
        "A key that can trade was made", "A key that can trade was asked for", "make a key that can trade"
    ),
    "create_api_withdraw": ActionWords(
        "A key that can withdraw was made", "A key that can withdraw was asked for", "make a key that can withdraw"
    ),
    "remove_api": ActionWords("An API key was removed", "An API key will be removed", "remove an API key"),
    "mute_push": ActionWords(
        "App messages were switched off", "App messages will be switched off", "switch off app messages"
    ),
    "freeze": ActionWords("Your account is frozen", "Your account will be frozen", "freeze your account"),
    "staff_freeze": ActionWords(
        "Our officers froze your account", "Our officers will freeze your account", "freeze your account"
    ),
    "unfreeze": ActionWords(
        "Your account is no longer frozen", "Someone asked to unfreeze your account", "unfreeze your account"
    ),
    "tighten_lock": ActionWords("You set a stricter lock", "A stricter lock will be set", "set a stricter lock"),
    "loosen_lock": ActionWords(
        "One of your locks was loosened", "One of your locks will be loosened", "loosen a lock"
    ),
    "change_guardian": ActionWords(
        "Your guardian was changed", "Your guardian will be changed", "change your guardian"
    ),
    "add_guardian": ActionWords("A guardian was added", "A guardian will be added", "add a guardian"),
    "remove_guardian": ActionWords(
        "Your guardian was removed", "Your guardian will be removed", "remove your guardian"
    ),
    "change_phrase": ActionWords("Your phrase was changed", "Your phrase will be changed", "change your phrase"),
    "change_language": ActionWords(
        "Your language was changed", "Your language will be changed", "change your language"
    ),
    "dispute": ActionWords(
        "A change of your account is in dispute", "A change of your account is in dispute", "decide a dispute"
    ),
    "resolve_dispute": ActionWords(
        "Two officers decided the dispute on your account",
        "Two officers decide the dispute on your account",
        "decide a dispute",
    ),
    "confirm_session": ActionWords(
        "A login was confirmed as yours", "A login will be confirmed as yours", "confirm a login as yours"
    ),
    "confirm_address": ActionWords(
        "A withdrawal address was confirmed as yours",
        "A withdrawal address will be confirmed as yours",
        "confirm a withdrawal address as yours",
    ),
    "confirm_api_key": ActionWords(
        "An API key was confirmed as yours", "An API key will be confirmed as yours", "confirm an API key as yours"
    ),
    "confirm_payout": ActionWords(
        "A payout method was confirmed as yours",
        "A payout method will be confirmed as yours",
        "confirm a payout method as yours",
    ),
    "confirm_factors": ActionWords(
        "Your ways to log in were confirmed as yours",
        "Your ways to log in will be confirmed as yours",
        "confirm your ways to log in",
    ),
    "break_glass": ActionWords(
        "Two of our officers opened your account to help you",
        "Two of our officers will open your account to help you",
        "open your account",
    ),
    "end_sessions": ActionWords(
        "Two of our officers logged your account out everywhere, to protect it",
        "Two of our officers will log your account out everywhere",
        "log your account out everywhere",
    ),
    "data_disclosed": ActionWords(
        "We gave data of your account to an authority",
        "Data of your account will be given to an authority",
        "give data of your account to an authority",
    ),
    "data_disclosed_forged": ActionWords(
        "Data of your account went to someone who posed as an authority",
        "Someone who posed as an authority asked for data of your account",
        "give data of your account to an authority",
    ),
}

_OUTFLOWS = {
    "withdraw": OutflowWords("A withdrawal", "A withdrawal of {amount}", "withdraw"),
    "withdraw_verified": OutflowWords(
        "A withdrawal to a verified address",
        "A withdrawal of {amount} to a verified address",
        "withdraw to a verified address",
    ),
    "withdraw_api": OutflowWords(
        "A withdrawal by an API key", "A withdrawal of {amount} by an API key", "withdraw by API key"
    ),
    "internal_transfer": OutflowWords(
        "A transfer to another user", "A transfer of {amount} to another user", "transfer to another user"
    ),
    "gift": OutflowWords("A gift", "A gift of {amount}", "send a gift"),
    "p2p_release": OutflowWords("A P2P release", "A P2P release of {amount}", "release P2P funds"),
    "card": OutflowWords("A card payment", "A card payment of {amount}", "pay by card"),
    "fiat_payout": OutflowWords(
        "A payout to your bank", "A payout of {amount} to your bank", "pay out to your bank"
    ),
    "new_payout": OutflowWords(
        "A payout to a new bank account", "A payout of {amount} to a new bank account", "pay out to a new account"
    ),
    "offmarket_trade": OutflowWords(
        "A trade far from the market price",
        "A trade of {amount} far from the market price",
        "trade far from the market price",
    ),
}

ENGLISH = Catalogue(
    language="en",
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    actions=_ACTIONS, outflows=_OUTFLOWS, labels=LABELS, notice=NOTICE, code=CODE, page=PAGE,
)  # fmt: skip
