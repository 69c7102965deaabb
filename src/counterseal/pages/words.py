# SPDX-License-Identifier: Apache-2.0
"""One language's words for the owner's pages: sentences, times, durations, names of ways to prove."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Final

from counterseal.core.account import Contact
from counterseal.notices.formats import clean, written_time
from counterseal.notices.model import Catalogue
from counterseal.notices.wording import catalogue_for
from counterseal.pages import texts_en, texts_zh

MINUTE: Final = 60_000
UNITS: Final = (("day", 1440 * MINUTE), ("hour", 60 * MINUTE), ("minute", MINUTE))
WHOLE_DAYS: Final = 2
WAITS: Final = frozenset({"hold", "too_new", "delay"})
"""Reasons that a moment ends; without one, nobody has been told yet and nothing runs."""
SHORT: Final = 4  # characters of a contact that are too few to mask


class Words:
    """Everything that the pages say in one language. `platform`: how owners know it."""

    def __init__(self, language: str, platform: str) -> None:
        self.catalogue: Catalogue = catalogue_for(language)
        self.zh = self.catalogue.language == "zh"
        self.texts: ModuleType = texts_zh if self.zh else texts_en
        self.platform = clean(platform)

    def say(self, key: str, **values: object) -> str:
        """A sentence of the pages."""
        table: Mapping[str, str] = self.texts.PAGE
        return table[key].format(**{"platform": self.platform} | values)

    def reason(self, code: str, until: int | None) -> str:
        """Why something cannot be done now; codes that nobody knows say only that."""
        table: Mapping[str, str] = self.texts.REASONS
        text = table.get(code, table["refused"])
        if code in WAITS and until is None:
            return str(self.texts.UNTOLD)
        return text.format(platform=self.platform, until=self.time(until))

    def why(self, capability: str, since: int, now: int) -> str:
        """What happened, without the capability's name."""
        table: Mapping[str, str] = self.texts.WHY
        return table.get(capability, table[""]).format(ago=self.ago(now - since))

    def network(self, chain: str) -> str:
        """The network's name; one that nobody knows stays as it is."""
        table: Mapping[str, str] = self.texts.CHAINS
        return table.get(chain, clean(chain))

    def way(self, factor: str, hint: str = "") -> tuple[str, str]:
        """(the button, what stands below it) of a way to prove."""
        title, note, _, _ = self._factor(factor)
        return title, note.format(platform=self.platform, hint=hint)

    def off(self, factor: str) -> str:
        """That a way is not accepted now."""
        return self.say("off", name=self._factor(factor)[2])

    def names(self, factors: tuple[str, ...]) -> str:
        """What was given, joined; the first begins the sentence."""
        return str(self.texts.AND).join(self._factor(factor)[3] for factor in factors)

    def time(self, at: int | None) -> str:
        """A moment, with its date and zone."""
        return written_time(at, self.catalogue)

    def date(self, at: int) -> str:
        """A day."""
        return self.time(at).rpartition("日")[0] + "日" if self.zh else self.time(at).partition(",")[0]

    def duration(self, length: int) -> str:
        """A length of time (ms) in the largest unit that fits; under two days it is told in hours."""
        for unit, size in UNITS:
            if length >= (WHOLE_DAYS * size if unit == "day" else size):
                return self._count(unit, length // size)
        return self._count("minute", 1)

    def ago(self, length: int) -> str:
        """How long ago, like `3 hours ago`."""
        if length < MINUTE:
            return str(self.texts.JUST_NOW)
        return str(self.texts.AGO).format(duration=self.duration(length))

    def _count(self, unit: str, count: int) -> str:
        one, many = self.texts.DURATIONS[unit]
        return str(one) if count == 1 else str(many).format(n=count)

    def _factor(self, factor: str) -> tuple[str, str, str, str]:
        table: Mapping[str, tuple[str, str, str, str]] = self.texts.FACTORS
        return table.get(factor, table[""])


def masked(contact: Contact | None) -> str:
    """Enough of a contact to recognise it, too little to use it."""
    value = "" if contact is None else clean(contact.value)
    name, at, domain = value.partition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"…{value[-2:]}" if len(value) > SHORT else "…"
