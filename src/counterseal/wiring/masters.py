# SPDX-License-Identifier: Apache-2.0
"""The master key of the settings: from a token, an environment variable or a file, and a second one beside it."""

from __future__ import annotations

import os
from pathlib import Path

from counterseal.gateways.keyring import (
    KeyringError,
    MasterKey,
    create_master_key_file,
    master_key_from_environment,
    master_key_from_file,
    read_key_file,
)
from counterseal.gateways.kms_paired import PairedMasterKey
from counterseal.settings import Settings
from counterseal.settings_keys import KmsSettings, Pkcs11Settings


def master_key(settings: Settings) -> MasterKey:
    """The one to wrap with; where `other_master_key` is set, a pair that opens what that one wrapped, too."""
    current, other = current_master_key(settings), other_master_key(settings)
    return current if other is None else PairedMasterKey(current, other)


def reading_master_key(settings: Settings) -> MasterKey:
    """As `master_key`, for who only reads: none is made. Raises KeyringError where there is none."""
    held = settings.kms is not None or settings.master_key_variable is not None
    if not held and not settings.master_key_file.exists():
        raise KeyringError(
            f"the master key file `{settings.master_key_file}` is missing",
            hint="The record lies encrypted under it. Use the settings of the server.",
        )
    return master_key(settings)


def current_master_key(settings: Settings) -> MasterKey:
    """From the token, else the variable that is named, else the file; a missing file is made once (0600)."""
    if settings.kms is not None:
        return _of_token(settings.kms)
    if settings.master_key_variable is not None:
        return master_key_from_environment(os.environ, variable=settings.master_key_variable)
    if not settings.master_key_file.exists():
        if settings.database.exists():
            raise KeyringError(
                f"the master key file `{settings.master_key_file}` is missing and the database exists",
                hint="Bring the key back: without it nothing in the database can be read.",
            )
        settings.master_key_file.parent.mkdir(parents=True, exist_ok=True)
        return create_master_key_file(settings.master_key_file)
    return master_key_from_file(settings.master_key_file)


def other_master_key(settings: Settings) -> MasterKey | None:
    """The second one, if there is one."""
    other = settings.other_master_key
    if other is None:
        return None
    if other.kms is not None:
        return _of_token(other.kms)
    if other.variable is not None:
        return master_key_from_environment(os.environ, variable=other.variable)
    return master_key_from_file(other.file or Path())


def pin_of(pkcs11: Pkcs11Settings) -> str:
    """The PIN, read where it lies; kept nowhere. Raises KeyringError."""
    if pkcs11.pin_variable is not None:
        found = os.environ.get(pkcs11.pin_variable)
        if not found:
            raise KeyringError(f"the environment variable `{pkcs11.pin_variable}` holds no PIN", code="kms_pin")
        return found
    return read_key_file(pkcs11.pin_file or Path(), "PIN file").decode("utf-8", "replace").rstrip("\n")


def _of_token(kms: KmsSettings) -> MasterKey:
    # A C library: loaded only where it is used.
    from counterseal.gateways.kms_pkcs11 import Pkcs11MasterKey, TokenSite  # noqa: PLC0415

    pkcs11 = kms.pkcs11
    return Pkcs11MasterKey(TokenSite(str(pkcs11.module), pkcs11.token, pkcs11.label), lambda: pin_of(pkcs11))
