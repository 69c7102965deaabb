# SPDX-License-Identifier: Apache-2.0
"""What the owner's pages show: finished facts in the owner's words. Rules and times of rules are the guard's."""

from __future__ import annotations

from typing import Literal

import msgspec

from counterseal.notices.pages import OwnerPage

Kind = Literal["passkey", "typed", "send", "platform"]
State = Literal["open", "allowed", "held", "denied", "cancelled"]
"""What the platform is told beside the action's id. It asks the guard for the truth."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One way that counts. `typed`: a code goes into a field (`challenge`: it was sent); `send`: a code is sent
    first; `platform`: given on the platform's own page. `sent`: a sentence on where the code went."""

    factor: str
    kind: Kind
    icon: str
    title: str
    note: str
    challenge: str = ""
    sent: str = ""
    digits: bool = True


class Off(msgspec.Struct, frozen=True):
    """A way that does not count now, and why. Told only after a first proof. `suspect`: somebody else may have had
    a hand in it."""

    icon: str
    title: str
    text: str
    suspect: bool = False


class Row(msgspec.Struct, frozen=True):
    """One fact of what is approved. `mono`: an id, as it is."""

    label: str
    value: str
    mono: bool = False


class ViewOfRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is approved. `amount`: with its asset apart; `destination`: whole; `known`: since when it is known."""

    amount: str = ""
    asset: str = ""
    destination: str = ""
    known: str = ""
    rows: tuple[Row, ...] = ()


class FormPage(OwnerPage, frozen=True, kw_only=True):
    """A page with buttons. Forms go to `path`/...`tail`; `error`: what went wrong."""

    error: str = ""
    back_href: str = ""
    path: str = ""
    tail: str = ""


class AskPage(FormPage, frozen=True, kw_only=True):
    """The question and the ways to answer it. `options`: JSON for the browser's passkey; `once`: makes a button
    pressed twice one press."""

    heading: str
    request: ViewOfRequest
    given: str = ""
    lead: str = ""
    choices: tuple[Choice, ...] = ()
    off: tuple[Off, ...] = ()
    options: str = ""
    not_me_note: str = ""
    once: str = ""


class ResultPage(FormPage, frozen=True, kw_only=True):
    """What became of it. `lines`, `off`: why, where it cannot be done; `freeze`: offer the brake;
    `cancel`: it can be stopped still."""

    state: State
    icon: str
    heading: str
    text: str
    request: ViewOfRequest
    lines: tuple[str, ...] = ()
    off: tuple[Off, ...] = ()
    freeze: bool = False
    cancel: bool = False
    late: bool = False  # it has happened: freezing is what is left


class EnrolPasskeyPage(FormPage, frozen=True, kw_only=True):
    """Make a passkey. `options`: JSON for the browser."""

    options: str
    label: str


class EnrolAppPage(FormPage, frozen=True, kw_only=True):
    """Scan a seed and type the first code. `qr`: SVG of ours; `key`: base32."""

    qr: str
    key: str


class ClosedPage(OwnerPage, frozen=True, kw_only=True):
    """A link that opens nothing. `reason`: bad, expired, void, elsewhere, turned_back or cookie."""

    reason: str
    back_href: str = ""
