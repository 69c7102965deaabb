# SPDX-License-Identifier: Apache-2.0
"""How cases are stored, and the log's lines about them: what was done by whom, never what a note says."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from counterseal.core.transaction import Codec, Entry, StructCodec
from counterseal.incidents import model as m

MOST_INDEXED: Final = 500

CODECS: Final[dict[str, Codec]] = {
    "incident": StructCodec(m.Incident),
    "incident_member": StructCodec(m.Member),
    "incident_counts": StructCodec(m.Counts),
    "incident_account": StructCodec(m.Index),
    "incident_source": StructCodec(m.Index),
    "incident_numbers": StructCodec(m.Numbering),
    "incident_blob": StructCodec(m.Blob),
}


class Opened(msgspec.Struct, frozen=True):
    """The answer to whoever opened a case. `known`: this cause had opened it before."""

    incident: str
    number: str
    known: bool = False


class Changed(msgspec.Struct, frozen=True):
    """The answer to a change. `made`: the id of what came into being."""

    incident: str
    at: int
    made: str = ""


def entry(kind: str, incident: str, at: int, by: str, **facts: Any) -> Entry:
    """A line of the log."""
    told = {"by": by, "incident": incident, **facts}
    return Entry(f"incident_{kind}", at, "", msgspec.json.encode(told, order="sorted"))


def with_incident(held: m.Index | None, incident: str) -> m.Index:
    """The list with one case more, once."""
    before = () if held is None else held.incidents
    return m.Index(before) if incident in before else m.Index((*before[: MOST_INDEXED - 1], incident))
