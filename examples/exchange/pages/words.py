# SPDX-License-Identifier: Apache-2.0
"""Names, times and outcomes in words for the pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup, escape

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # ms
FACTORS: Final = {
    "password": "your password",
    "sms": "a code by SMS",
    "email": "a code by e-mail",
    "totp": "a code from your authenticator",
    "passkey": "your passkey",
    "face": "a look at your face",
    "iddoc": "a look at your identity document",
    "rcode": "a printed recovery code",
}
ACTIONS: Final = {
    "login": "Sign in",
    "login_new_device": "Sign in on a new device",
    "logout": "Sign out",
    "add_address": "Save an address",
    "withdraw": "Withdraw",
    "bind_passkey": "Add a passkey",
    "bind_totp": "Add an authenticator",
    "ask_recovery": "Ask for recovery",
    "finish_recovery": "Finish recovery",
    "unfreeze": "Lift the freeze",
}
OUTCOMES: Final = {  # outcome: (colour, word)
    "done": ("danger", "Allowed"),
    "paid": ("danger", "Money left"),
    "challenge": ("ok", "More proof asked for"),
    "hold": ("ok", "Held"),
    "pending": ("ok", "Waiting"),
    "deny": ("ok", "Refused"),
    "denied": ("ok", "Refused"),
    "refused": ("ok", "Refused"),
    "cancelled": ("ok", "Cancelled"),
    "disputed": ("ok", "Disputed"),
    "not_offered": ("ok", "Not offered here"),
    "out_of_reach": ("ok", "Out of reach"),
}
_URL = re.compile(r"https?://[^\s<>\"]+")


def when(moment: int | None) -> str:
    """A moment (ms since the epoch), in UTC."""
    if moment is None:
        return "not known"
    return f"{datetime.fromtimestamp(moment / 1000, UTC):%-d %B %Y, %H:%M} UTC"


def span(length: int | None) -> str:
    """A length of time (ms) in its two largest units."""
    if length is None:
        return "never"
    if length < MINUTE:
        return f"{max(0, length) // 1000} s"
    days, hours, minutes = length // DAY, length % DAY // HOUR, length % HOUR // MINUTE
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in [each for each in parts if each[0]][:2])


def factor(name: str) -> str:
    """A factor as the customer would say it."""
    return FACTORS.get(name, name)


def action(name: str) -> str:
    """An action as the customer would say it."""
    return ACTIONS.get(name, name.replace("_", " ").capitalize())


def outcome(name: str) -> tuple[str, str]:
    """How a thief's step ended: its colour (danger: bad for the owner) and a word."""
    return OUTCOMES.get(name, ("warn", name.replace("_", " ").capitalize()))


def grouped(text: str) -> str:
    """A decimal string with commas at the thousands."""
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.isdecimal() else text


def way(names: list[str]) -> str:
    """A set of proofs as words."""
    return " and ".join(map(factor, names))


def linked(text: str) -> Markup:
    """Text with its addresses as links; everything else is escaped."""
    found, last = [], 0
    for match in _URL.finditer(text):
        found.append(escape(text[last : match.start()]))
        found.append(Markup('<a href="{0}">{1}</a>').format(match[0], _short(match[0])))
        last = match.end()
    return Markup("").join([*found, escape(text[last:])])


def _short(url: str) -> str:
    place, _, rest = url.partition("://")[2].partition("/")
    kind = rest.partition("/")[0]
    return f"{place}/{kind}/…" if "/" in rest else url
