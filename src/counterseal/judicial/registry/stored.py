# SPDX-License-Identifier: Apache-2.0
"""How the registry is kept: an authority is one subject, the board knows them all, an import waits in its own."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.errors import ConflictError, NotFoundError
from counterseal.core.transaction import Codec, Entry, Loaded, StructCodec
from counterseal.judicial.registry.model import Authority, subject_of
from counterseal.judicial.registry.near import Near

BOARD: Final = "authority_board:now"
TOPIC: Final = "desk_recheck"  # the registry's clock: a contact is to be checked
MOST_AUTHORITIES: Final = 5_000
_LATEST: Final = 1 << 48  # ms; ids count down, so that the newest import comes first in id order


class Line(msgspec.Struct, frozen=True):
    """One authority on the board, and the registry's revision at its last change."""

    id: str
    revision: int


class Board(msgspec.Struct, frozen=True):
    """Every authority by id. Each change of the registry takes the next revision, so that two never cross."""

    revision: int = 0
    lines: tuple[Line, ...] = ()

    def with_(self, changed: tuple[str, ...]) -> Board:
        """With these authorities changed, at the next revision."""
        revision = self.revision + 1
        held = {line.id: line for line in self.lines} | {each: Line(each, revision) for each in changed}
        return Board(revision, tuple(held[each] for each in sorted(held)))


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A CSV file that waits for two officers. `digest`: of what it would enter; `applied`: when (ms)."""

    id: str
    received: int
    by: str
    text: str
    sha256: str
    digest: str
    applied: int | None = None
    applied_by: tuple[str, ...] = ()


class Done(msgspec.Struct, frozen=True):
    """What is kept of a change under its Idempotency-Key. `made`: the contact, officer or import."""

    authority: str
    made: str = ""


class RegistryRuleError(ConflictError):
    """The registry is not in a state for this."""

    code = "registry_conflict"


CODECS: Final[dict[str, Codec]] = {
    "authority": StructCodec(Authority),
    "authority_board": StructCodec(Board),
    "authority_import": StructCodec(Draft),
    "desk_near": StructCodec(Near),
}


def import_of(draft: str) -> str:
    """Where an import waits."""
    return f"authority_import:{draft}"


def new_import(now: int, chance: bytes) -> str:
    """An id; in id order the newest stands first."""
    return f"imp_{_LATEST - now:012x}{chance.hex()}"


def unknown(what: str = "authority") -> NotFoundError:
    """There is none under this id."""
    return NotFoundError(f"there is no such {what}", code=f"{what}_unknown")


def board_in(loaded: Loaded) -> Board:
    """The board as it is now."""
    held = loaded.states.get(BOARD)
    return held if isinstance(held, Board) else Board()


def authority_in(loaded: Loaded, authority: str) -> Authority | None:
    """An authority as it is now."""
    held = loaded.states.get(subject_of(authority))
    return held if isinstance(held, Authority) else None


def entry(kind: str, at: int, by: tuple[str, ...], authority: str, facts: dict[str, object]) -> Entry:
    """The log entry of a change: who signed, what it is now."""
    told = {"by": list(by), "authority": authority, **facts}
    return Entry(kind, at, "", msgspec.json.encode(told, order="sorted"))
