# SPDX-License-Identifier: Apache-2.0
"""How trust in the log's key is carried from one key to the next: a C2SP signed note that both keys sign.

    origin
    counterseal log key succession v1
    old <verifier key>
    new <verifier key>
    from <ms since the Unix epoch>

Whoever keeps the old key outside takes the new one, because the old one signed the note; whoever keeps the new one
takes the history, because the new one did. When the old key is in wrong hands it does not sign: then the new key
has to be taken from elsewhere (docs/keys.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from counterseal.audit.keys import Ed25519Signer, verify_ed25519
from counterseal.core.note import (
    NoteError,
    VerifierKey,
    cosign_note,
    open_note,
    parse_verifier_key,
    sign_note,
    split_note,
)

TITLE = "counterseal log key succession v1"
MOST = 1000  # in one export: a key a day for three years


class Succession(msgspec.Struct, frozen=True):
    """`new` takes the place of `old` from `since` (ms) on."""

    old: VerifierKey
    new: VerifierKey
    since: int


def sign_succession(old: VerifierKey, new: Ed25519Signer, since: int, *, by_old: Ed25519Signer | None) -> str:
    """The note. `by_old` None: the old key is compromised and does not sign. Raises NoteError for unlike names."""
    if old.name != new.key.name:
        raise NoteError("both keys of a succession have the log's name", code="succession_invalid")
    text = f"{old.name}\n{TITLE}\nold {old}\nnew {new.key}\nfrom {since}\n"
    note = sign_note(text, new.key, new)
    return note if by_old is None else cosign_note(note, by_old.key, by_old)


def read_succession(note: str) -> Succession:
    """What a note says, its signatures unchecked. Raises NoteError."""
    text, _ = split_note(note)
    lines = text.split("\n")
    if len(lines) != 6 or lines[1] != TITLE or lines[5]:  # noqa: PLR2004 - the form above
        raise NoteError("the note is not a succession of log keys", code="succession_invalid")
    words = [line.split(" ", 1) for line in lines[2:5]]
    if [word[0] for word in words] != ["old", "new", "from"] or not words[2][1].isdecimal():
        raise NoteError("the note is not a succession of log keys", code="succession_invalid")
    old, new = parse_verifier_key(words[0][1]), parse_verifier_key(words[1][1])
    if not old.name == new.name == lines[0]:
        raise NoteError("a succession is of keys with the log's name", code="succession_invalid")
    return Succession(old, new, int(words[2][1]))


def trusted_keys(start: VerifierKey, notes: Sequence[str]) -> tuple[VerifierKey, ...]:
    """The keys that `start` vouches for, itself first: forward through notes that the older key signed, back
    through notes that the newer one signed. Notes that cannot be read or do not verify lead nowhere."""
    steps: list[tuple[VerifierKey, VerifierKey]] = []
    for note in notes[:MOST]:
        try:
            said = read_succession(note)
        except NoteError:
            continue
        pairs = ((said.old, said.new), (said.new, said.old))
        steps += [(signer, other) for signer, other in pairs if _signed(note, signer)]
    found = [start]
    for key in found:  # grows while it is walked
        found += [other for signer, other in steps if signer == key and other not in found]
    return tuple(found)


def _signed(note: str, key: VerifierKey) -> bool:
    try:
        open_note(note, key, verify_ed25519)
    except NoteError:
        return False
    return True


def open_by_any(note: str, keys: Iterable[VerifierKey]) -> VerifierKey:
    """The first of `keys` whose line the note carries; raises NoteError (note_unsigned) when there is none.

    The line is not verified here: the caller opens the note with the key that this gives.
    """
    _, lines = split_note(note)
    held = {(name, raw[:4]) for name, raw in lines}
    key = None
    for key in keys:
        if (key.name, key.key_id) in held:
            return key
    name = "" if key is None else key.name
    raise NoteError(f"no signature by the key `{name}`", code="note_unsigned")
