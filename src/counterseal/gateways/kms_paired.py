# SPDX-License-Identifier: Apache-2.0
"""Two master keys at once, while one takes the other's place (docs/keys.md)."""

from __future__ import annotations

from counterseal.gateways.keyring import KeyringError, MasterKey, key_of


class PairedMasterKey:
    """Two keys while one takes the other's place: wraps under `current`, opens what either wrapped."""

    def __init__(self, current: MasterKey, other: MasterKey) -> None:
        if current.key_id == other.key_id:
            raise KeyringError(
                "the two master keys are one", hint="Give the key that is to be replaced, and the new."
            )
        self.current, self.other = current, other

    @property
    def key_id(self) -> bytes:
        """That of the current key."""
        return self.current.key_id

    def wrap(self, data: bytes, context: bytes, /) -> bytes:
        """Under the current key."""
        return self.current.wrap(data, context)

    def unwrap(self, blob: bytes, context: bytes, /) -> bytes:
        """By the key that the blob names; where it names none, by whichever opens it. Raises KeyringError."""
        named = key_of(blob)
        if named:
            return (self.other if named == self.other.key_id else self.current).unwrap(blob, context)
        try:
            return self.other.unwrap(blob, context)
        except KeyringError:
            return self.current.unwrap(blob, context)

    def derive(self, purpose: str, /) -> bytes:
        """By the current key."""
        return self.current.derive(purpose)
