# SPDX-License-Identifier: Apache-2.0
"""One language's words for the officers' portal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import ModuleType
from typing import Final

from counterseal.http import portal_texts_en, portal_texts_zh
from counterseal.judicial.letters.writing import words_for
from counterseal.notices.formats import written_time
from counterseal.notices.wording import catalogue_for

DAY: Final = 24 * 60 * 60 * 1000
LATEST: Final = 253_402_300_799_999  # ms: the end of year 9999
KIB: Final = 1024


class Words:
    """Sentences, names and times in English or Chinese."""

    def __init__(self, language: str) -> None:
        self.zh = language == "zh"
        self.code = "zh" if self.zh else "en"
        self.lang = "zh-Hans" if self.zh else "en"
        self._catalogue = catalogue_for(self.code)
        held: ModuleType = portal_texts_zh if self.zh else portal_texts_en
        self.texts: Mapping[str, str] = held.TEXTS
        self.types: Mapping[str, str] = held.TYPES
        self.identifiers: Mapping[str, str] = held.IDENTIFIERS
        self.states: Mapping[str, tuple[str, str]] = held.STATES
        self.categories: Mapping[str, str] = words_for(self.code).categories

    def say(self, key: str, **values: object) -> str:
        """A sentence."""
        return self.texts[key].format(**values)

    def time(self, at: int | None) -> str:
        """A moment (ms)."""
        return written_time(at, self._catalogue)

    def day(self, at: int) -> str:
        """A day (ms), in UTC, as ISO 8601 writes it."""
        return dt.datetime.fromtimestamp(min(max(at, 0), LATEST) // 1000, dt.UTC).date().isoformat()

    def size(self, size: int) -> str:
        """A number of bytes, rounded."""
        if size < KIB:
            return f"{size} B"
        return f"{size / KIB:.0f} KB" if size < KIB * KIB else f"{size / KIB / KIB:.1f} MB"

    def kind(self, kind: str) -> str:
        """What sort of identifier; one that nobody knows stays as it is."""
        return self.identifiers.get(kind, kind)

    def category(self, name: str) -> str:
        """A category of data; one that nobody knows stays as it is."""
        return self.categories.get(name, name)
