# SPDX-License-Identifier: Apache-2.0
"""How times, amounts, addresses and codes are written, and what is taken out of text that others wrote."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from counterseal.notices.model import Catalogue

MAX_VALUE: Final = 300  # characters of one fact; more is cut and marked
SMS_SEPTETS: Final = 160  # 3GPP TS 23.038: one message in the default alphabet
SMS_UCS2: Final = 70  # UTF-16 units of one message otherwise
_MAX_MS: Final = 253_402_300_799_999  # the end of year 9999
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LINKISH: Final = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])|://")
_GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION: Final = frozenset("\f^{}\\[~]|€")


def clean(value: str) -> str:
    """One line of `value`: hidden, turning and half characters become spaces; cut after MAX_VALUE characters."""
    shown = "".join(" " if unicodedata.category(sign) in _HIDDEN else sign for sign in value[: MAX_VALUE * 4])
    line = " ".join(shown.split())
    return line if len(line) <= MAX_VALUE else line[:MAX_VALUE] + "..."


def defang(value: str) -> str:
    """`clean`, and no mail program makes a link of it: the requester chooses the names of devices and places."""
    return _LINKISH.sub(lambda match: " . " if match[0] == "." else ": //", clean(value))


def written_time(at: int | None, catalogue: Catalogue, *, year: bool = True) -> str:
    """Like `9 June 2024, 04:50 UTC` or `2024年6月9日 04:50 UTC`. None or out of range: unknown."""
    if at is None or not 0 <= at <= _MAX_MS:
        return catalogue.labels["unknown"]
    moment = datetime.fromtimestamp(at // 1000, UTC)
    clock = f"{moment:%H:%M}"
    if not catalogue.months:
        date = f"{moment.year}年" if year else ""
        return f"{date}{moment.month}月{moment.day}日 {clock} UTC"
    date = f"{moment.day} {catalogue.months[moment.month - 1]}"
    return f"{date} {moment.year}, {clock} UTC" if year else f"{date} {clock} UTC"


def read_time(value: str | None) -> int | None:
    """The ms in a fact, or None if it holds no time."""
    if value is None or not value.isascii() or not value.isdigit() or len(value) > len(str(_MAX_MS)):
        return None
    return int(value)


def written_amount(amount: str, asset: str) -> str:
    """Like `12,500.00 USDT`: thousands apart, decimals as given, minus as U+2212; no number: as it came."""
    asset = clean(asset)
    try:
        number = Decimal(amount)
    except InvalidOperation:
        return f"{clean(amount)} {asset}".strip()
    if not number.is_finite() or abs(number.adjusted()) > 40:  # noqa: PLR2004 - more digits than any asset has
        return f"{clean(amount)} {asset}".strip()
    return f"{number:,f} {asset}".strip().replace("-", "\N{MINUS SIGN}", 1 if number < 0 else 0)


def shortened(value: str, ends: int = 6) -> str:
    """The first and last `ends` characters of a long address; all of a short one."""
    return value if len(value) <= 2 * ends + 2 else f"{value[:ends]}..{value[-ends:]}"


def grouped(code: str) -> str:
    """A code in groups of three (of four if that divides it better), so that it can be read out of the corner."""
    size = 4 if len(code) % 4 == 0 and len(code) % 3 else 3
    return " ".join(code[start : start + size] for start in range(0, len(code), size))


def in_one_sms(text: str) -> bool:
    """Whether `text` fits one short message: 160 septets of the default alphabet, or 70 UTF-16 units."""
    if all(sign in _GSM7 or sign in _GSM7_EXTENSION for sign in text):
        return sum(2 if sign in _GSM7_EXTENSION else 1 for sign in text) <= SMS_SEPTETS
    return len(text.encode("utf-16-be")) // 2 <= SMS_UCS2


def first_fitting(candidates: list[str]) -> str:
    """The first text that fits one short message, else the last."""
    return next((text for text in candidates if in_one_sms(text)), candidates[-1])
