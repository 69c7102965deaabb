# SPDX-License-Identifier: Apache-2.0
"""Settings of the judicial desk (whom it trusts, where its mail comes in) and of losses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MailboxSettings(_Table):
    """Where mail for the desk comes in by SMTP. Put the organisation's mail server before it: it relays nothing."""

    address: str  # of the desk: mail for another one is refused
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 2525  # 0 = any that is free
    hostname: str = "localhost"  # as it greets
    certificate: Path | None = None  # PEM, for STARTTLS
    key: Path | None = None

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("STARTTLS needs both `certificate` and `key`")
        return self


class PlatformSettings(_Table):
    """Where the platform answers which data it has of an account: see docs/desk-disclosure.md."""

    url: str  # https, or http on this machine
    secret_file: Path  # `whsec_` and base64, the same on both sides


class PriceSourceSettings(_Table):
    """A service that knows prices of the past: see docs/loss.md."""

    url: str  # https, or http on this machine
    token_file: Path | None = None


class LossSettings(_Table):
    """How losses are valued. Nothing given: by shipped packs, at prices that were pushed or imported."""

    packs: Path | None = None  # folder: valuation packs of your own, in place of shipped ones of the same name
    prices: PriceSourceSettings | None = None  # off: nobody is asked for prices


class DeskSettings(_Table):
    """Nothing given: nobody is trusted, and no document is ever verified."""

    anchors: Path | None = None  # folder: pinned CAs of agencies, CRLs
    registry: Path | None = None  # folder: who signs and writes for which authority
    names: Path | None = None  # DNS answers from a JSON file instead of a server
    mailbox: MailboxSettings | None = None
    packs: Path | None = None  # folder: rule packs of your own, in place of shipped ones of the same name
    platform: PlatformSettings | None = None  # without it nothing can be disclosed
    contact: str = ""  # the desk's address in packages; default: the mailbox's
