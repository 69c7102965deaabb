# SPDX-License-Identifier: Apache-2.0
"""The call-back sheet of a request. Times are ms since the epoch."""

from __future__ import annotations

import msgspec


class CallContact(msgspec.Struct, frozen=True):
    """A number of the registry. `counts`: it may be called for this request; else `when` it will (ms)."""

    id: str
    value: str
    office: str
    person: str
    uses: tuple[str, ...]
    counts: bool
    reason: str
    sentence: str
    when: int | None


class CallAlarm(msgspec.Struct, frozen=True):
    """What a number or domain of the request resembles."""

    code: str
    sentence: str
    value: str
    other: str
    contact: str


class ScriptLine(msgspec.Struct, frozen=True):
    """One thing to say or to heed."""

    code: str
    english: str
    chinese: str


class HashLine(msgspec.Struct, frozen=True):
    """The first digits of a document's SHA-256, to be read out by the office."""

    document: str
    prefix: str


class CallSheet(msgspec.Struct, frozen=True):
    """`claimed_phone` stands in the request: never call it."""

    contacts: tuple[CallContact, ...]
    claimed_phone: str
    alarms: tuple[CallAlarm, ...]
    script: tuple[ScriptLine, ...]
    confirm: tuple[str, ...]
    hashes: tuple[HashLine, ...]
