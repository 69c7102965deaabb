# SPDX-License-Identifier: Apache-2.0
"""What a loss is reckoned from. Times are ms since the epoch; amounts are in units of their asset, 0 or more."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Final

import msgspec

WITHDRAWAL: Final = "withdrawal"
TRANSFER: Final = "transfer"
TRADE: Final = "trade"
FEE: Final = "fee"
BORROW: Final = "borrow"
REPAY: Final = "repay"
DEPOSIT: Final = "deposit"
KINDS: Final = (WITHDRAWAL, TRANSFER, TRADE, FEE, BORROW, REPAY, DEPOSIT)
LEAVES: Final = frozenset({WITHDRAWAL, TRANSFER})

RECOVERED: Final = "recovered"
FROZEN: Final = "frozen"


class Movement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the platform's ledger, as the account sees it: a trade gives `amount` of `asset` and gets
    `counter_amount` of `counter_asset`; `ref` joins a fee to what it was taken for; `action`, `session` and
    `seal`: Counterseal's own ids where the platform knows them."""

    account: str
    at: int
    kind: str
    asset: str
    amount: Decimal
    counter_asset: str = ""
    counter_amount: Decimal = Decimal(0)
    ref: str = ""
    action: str = ""
    session: str = ""
    seal: str = ""


class Outflow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A seal that was redeemed at `at`: entry `position` of the log. `trade`: something came in for it;
    `returned`: the signer abandoned it, the value stayed."""

    account: str
    at: int
    position: int
    action: str
    rule: str
    asset: str
    amount: Decimal
    destination: str = ""
    session: str = ""
    seal: str = ""
    trade: bool = False
    returned: bool = False


class Window(msgspec.Struct, frozen=True):
    """A session of the attacker's, from when to when it was in their hands; `until` None = still."""

    session: str
    since: int
    until: int | None = None


class Attribution(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose steps they were, by the investigation of one account. `since`, `until`: the time in which the attacker
    acted, where it is wider than the sessions."""

    account: str
    actions: tuple[str, ...] = ()
    owner_actions: tuple[str, ...] = ()
    sessions: tuple[Window, ...] = ()
    since: int | None = None
    until: int | None = None


class Statement(msgspec.Struct, frozen=True):
    """A person's word on whether something belongs to the loss; it wins over the investigation. `about`:
    `row:HASH`, `action:ID` or `session:ID`; of two about the same, the later counts."""

    account: str
    about: str
    belongs: bool
    at: int
    by: str
    why: str


class Recovery(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came back (`recovered`) or is held fast somewhere (`frozen`). `account` empty: of the whole incident,
    shared by what each lost of the asset. `replaces`: an earlier one that this puts right."""

    id: str
    asset: str
    amount: Decimal
    at: int
    state: str
    account: str = ""
    where: str = ""
    ref: str = ""
    by: str = ""
    why: str = ""
    replaces: str = ""


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that a loss is reckoned from. The order of no part matters."""

    outflows: tuple[Outflow, ...] = ()
    movements: tuple[Movement, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    statements: tuple[Statement, ...] = ()
    recoveries: tuple[Recovery, ...] = ()


_FIELDS: Final = (
    *("account", "at", "kind", "asset", "amount", "counter_asset", "counter_amount"),
    *("ref", "action", "session", "seal"),
)


def row_hash(movement: Movement) -> str:
    """SHA-256 (hex) of a movement: the same row has the same, however its amounts were written (`1.0`, `1.00`)."""
    values = [getattr(movement, name) for name in _FIELDS]
    spelled = [spell(each) if isinstance(each, Decimal) else str(each) for each in values]
    return hashlib.sha256(msgspec.json.encode(spelled)).hexdigest()


def spell(amount: Decimal) -> str:
    """An amount in one spelling: no exponent, no zeros at its end."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
