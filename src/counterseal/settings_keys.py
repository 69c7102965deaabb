# SPDX-License-Identifier: Apache-2.0
"""Settings of keys: a token (HSM) that holds the master key, and a second master key beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Label = Annotated[str, Field(min_length=1, max_length=32)]  # CK_TOKEN_INFO.label has 32 characters


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pkcs11Settings(_Table):
    """A token by PKCS#11. Its PIN lies in a file (0600) or in an environment variable that is named here."""

    module: Path  # the library
    token: Label
    label: Label = "counterseal"  # of the key
    pin_file: Path | None = None
    pin_variable: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.pin_file is None) == (self.pin_variable is None):
            raise ValueError("name exactly one of `pin_file` and `pin_variable`")
        return self


class KmsSettings(_Table):
    """The key management service that holds the master key."""

    pkcs11: Pkcs11Settings


class OtherMasterKeySettings(_Table):
    """A second master key, whose wrappings open, too. Exactly one of `file`, `variable` or `kms`."""

    file: Path | None = None
    variable: str | None = None
    kms: KmsSettings | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.file, self.variable, self.kms)) != 1:
            raise ValueError("name exactly one of `file`, `variable` and `kms`")
        return self
