# SPDX-License-Identifier: Apache-2.0
"""The owner: enrolled as they were, and what they do with a notice that reaches them."""

from __future__ import annotations

import re
from itertools import pairwise

import httpx2
import pyotp

from counterseal.demo.exchange import Time
from counterseal.demo.model import Victim
from counterseal.notices.wording import catalogue_for
from counterseal.sdk import Counterseal
from counterseal.sdk import ask as given
from counterseal.sdk.upkeep_replies import Message

NO_LINKS = frozenset({"sms"})  # a message by SMS never carries a link
_URL = re.compile(r"https?://\S+/(freeze|cancel)/\S+")


def enrol(client: Counterseal, victim: Victim, account: str, now: int) -> None:
    """Register the owner with the ages that the attack file states."""
    client.register(
        account,
        language=victim.language,
        phrase=victim.phrase or None,
        contacts=[given.NewContact(channel=channel, value=value) for channel, value in victim.channels],
        factors=[
            given.NewFactor(
                factor=each.factor,
                contact=each.contact,
                # The owner's own authenticator; nobody else in this play ever sees the seed.
                secret=pyotp.random_base32() if each.factor == "totp" else None,
                since=now - each.age,
            )
            for each in victim.factors
        ],
        objects=[
            given.KnownObject(kind=each.kind, id=each.id, facts=each.facts, since=now - each.age)
            for each in victim.objects
        ],
    )


class Owner:
    """The owner after the attack began: what reached them, and the buttons that they press."""

    def __init__(self, client: Counterseal, victim: Victim, account: str, time: Time) -> None:
        self._client, self._victim, self._account, self._time = client, victim, account, time
        self._messages: list[Message] = []
        self._told: int | None = None
        self.reacted = False

    @property
    def due(self) -> int | None:
        """When the owner reacts (ms); None while nothing has reached them, and after they did."""
        if self._told is None or self.reacted:
            return None
        return self._told + self._victim.reacts

    def receive(self, message: Message) -> None:
        """A notice that reached the owner."""
        self._told = message.at if self._told is None else min(self._told, message.at)
        self._messages.append(message)

    def press(self, button: str) -> tuple[str, str]:
        """Press `freeze` or `cancel` on the one-button page of a notice: (what came of it, by which way).

        Outcome frozen, cancelled, disputed, too_late, or no_button. Without a link a freeze goes through the app.
        """
        for message in sorted(self._messages, key=lambda each: (each.at, each.channel)):
            link = "" if message.channel in NO_LINKS else link_in(message, button, self._victim.language)
            if link:
                outcome = self._follow(link, button)
                if outcome != "too_late":
                    return outcome, f"link in the {message.channel} notice"
        if button == "freeze":
            self._client.freeze(self._account)
            return self._state(button), "the platform's app"
        return "no_button", ""

    def _follow(self, link: str, button: str) -> str:
        with httpx2.Client(timeout=10.0, trust_env=False) as browser:
            page = browser.get(link)
            if page.status_code != httpx2.codes.OK:
                return "too_late"
            before = self._state(button)
            answer = browser.post(link)
            if answer.status_code != httpx2.codes.OK or before != "open":
                return "too_late"
        return self._state(button)

    def _state(self, button: str) -> str:
        """What the account says: opening a page must not have changed it, pressing the button must."""
        account = self._client.read_account(self._account)
        if button == "freeze":
            standing = [each for each in account.freezes if each.until is None or each.until > self._time.now]
            return "frozen" if standing else "open"
        over = [each.status for each in account.actions if each.status in {"cancelled", "disputed"}]
        return over[0] if over else "open"


def link_in(message: Message, button: str, language: str) -> str:
    """The address behind a button of a notice, or "". It stands on the line below the button's words."""
    label = catalogue_for(language).notice[button]
    lines = [line.strip() for line in message.text.splitlines()]
    for words, address in pairwise(lines):
        match = _URL.fullmatch(address)
        if words.startswith(label) and match is not None and match[1] == button:
            return address
    return ""
