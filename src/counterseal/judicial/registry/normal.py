# SPDX-License-Identifier: Apache-2.0
"""Contacts in the one form in which they are stored and compared. Pure; every refusal says what to write instead.

Telephone numbers are E.164 with their country code: the same digits are another person in another country. Domains
are ASCII (RFC 5890 A-labels): what looks like a letter may be another one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from counterseal.core.errors import InputError
from counterseal.judicial.registry.model import ContactKind

_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOCAL: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HEX: Final = re.compile(r"[0-9a-f]+")
_TYPE: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,63}|[0-9]+(\.[0-9]+)+)=.+")
_SPACES: Final = {0xA0: " ", 0x2009: " ", 0x202F: " "}  # as word processors write between digits
_SPACING: Final = str.maketrans("", "", " -./()\u00a0\u2009\u202f\u2010\u2011")
_ZONES: Final = frozenset(
    {
        "com",
        "org",
        "net",
        "gov",
        "gob",
        "gouv",
        "go",
        "gc",
        "govt",
        "edu",
        "co",
        "ac",
        "mil",
        "or",
        "ne",
        "judicial",
    }
)
FREE_MAIL: Final = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com"),
        *("aol.com", "gmx.com", "gmx.de", "gmx.net", "web.de", "mail.ru", "yandex.ru", "yandex.com", "qq.com"),
        *("163.com", "126.com", "proton.me", "protonmail.com", "tutanota.com", "mail.com", "zoho.com"),
    }
)
"""Domains where anybody gets an address: an address there is a person's, and nobody's domain."""
LONGEST: Final = 300


class ContactValueError(InputError):
    """A value that is no contact of its kind."""

    code = "contact_invalid"


def normal(kind: ContactKind, value: str) -> str:
    """The value as it is stored. Raises ContactValueError with a code of its own for each mistake."""
    text = value.translate(_SPACES).strip()
    if not text or len(text) > LONGEST or any(not each.isprintable() for each in text):
        raise ContactValueError("a contact has 1 to 300 printable characters", code="contact_invalid")
    return _NORMAL[kind](text)


def phone(value: str) -> str:
    """E.164: `+`, country code, number, at most 15 digits (ITU-T E.164, 6). Raises ContactValueError."""
    if any(each.isdigit() and not each.isascii() for each in value):
        raise ContactValueError("the number has digits of another script", code="phone_script")
    if "(0)" in value:
        raise ContactValueError(
            "`(0)` is not dialled from abroad", code="phone_trunk_zero", hint="write it without: +44 20 7946 0000"
        )
    bare = value.strip().translate(_SPACING)
    if not bare.startswith("+") and bare.isdigit():
        raise ContactValueError(
            "the number has no country code",
            code="phone_country_code",
            hint="write it as +49 30 1234567; what stands before it depends on where one calls from",
        )
    if not _PHONE.fullmatch(bare):
        raise ContactValueError(
            "this is no telephone number",
            code="phone_invalid",
            hint="digits only; an extension belongs to `office`",
        )
    return bare


def domain(value: str) -> str:
    """Lower-case ASCII labels (RFC 1035, 2.3.1; RFC 5890 A-labels). Raises ContactValueError."""
    text = value.strip().removesuffix(".").lower()
    if not text.isascii():
        other = next(each for each in text if not each.isascii())
        name = unicodedata.name(other, f"U+{ord(other):04X}").lower()
        raise ContactValueError(
            f"the domain holds `{other}`, {name}",
            code="domain_not_ascii",
            hint="if that is really its name, write it as xn--...",
        )
    labels = text.split(".")
    if len(text) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(each) for each in labels):  # noqa: PLR2004
        raise ContactValueError("this is no domain", code="domain_invalid", hint="without https:// and without @")
    if labels[-1].isdigit():
        raise ContactValueError("an IP address is no domain", code="domain_invalid")
    _check_scripts(labels)
    if _is_zone(labels):
        raise ContactValueError(
            "many have names below this domain", code="domain_is_zone", hint="write the authority's own one"
        )
    return text


def own_domain(value: str) -> str:
    """A domain that belongs to one organisation. Raises ContactValueError."""
    found = domain(value)
    if found in FREE_MAIL:
        raise ContactValueError("anybody gets an address at this domain", code="domain_free_mail")
    return found


def email(value: str) -> str:
    """One bare address (RFC 5321, 4.1.2 without quoted strings), in lower case. Raises ContactValueError."""
    local, at, host = value.strip().lower().rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):  # noqa: PLR2004 - RFC 5321, 4.5.3.1.1
        raise ContactValueError("this is no mail address", code="email_invalid", hint="the bare address, no name")
    return f"{local}@{domain(host)}"


def certificate(value: str) -> str:
    """SHA-256 of a DER certificate in hex. Raises ContactValueError."""
    bare = value.replace(":", "").replace(" ", "").lower()
    if len(bare) != 64 or not _HEX.fullmatch(bare):  # noqa: PLR2004 - SHA-256
        raise ContactValueError("this is no SHA-256 of a certificate in hex", code="certificate_invalid")
    return bare


def openpgp(value: str) -> str:
    """A whole fingerprint (RFC 9580, 5.5.4): 40 or 64 hex digits. Raises ContactValueError."""
    bare = value.replace(" ", "").replace(":", "").lower().removeprefix("0x")
    if len(bare) not in {40, 64} or not _HEX.fullmatch(bare):
        raise ContactValueError(
            "this is no OpenPGP fingerprint", code="openpgp_invalid", hint="a short key id can be made by anybody"
        )
    return bare


def subject(value: str) -> str:
    """A whole subject as RFC 4514 writes it. Raises ContactValueError."""
    parts = re.split(r"(?<!\\)[,+]", value)
    if not all(_TYPE.fullmatch(each) for each in parts):
        raise ContactValueError("this is no subject", code="subject_invalid", hint="CN=...,O=...,C=.. (RFC 4514)")
    if len(parts) < 2:  # noqa: PLR2004
        raise ContactValueError(
            "a subject of one part fits too many", code="subject_short", hint="write all of it: CN=...,O=...,C=.."
        )
    return value


def _check_scripts(labels: list[str]) -> None:
    """No label mixes Latin with Cyrillic or Greek letters (the idea of Unicode TS 39, 5.1)."""
    for label in labels:
        if not label.startswith("xn--"):
            continue
        try:
            shown = label[4:].encode("ascii").decode("punycode")
        except (UnicodeError, ValueError, OverflowError):
            raise ContactValueError("a label does not decode (RFC 3492)", code="domain_invalid") from None
        scripts = {unicodedata.name(each, "?").split(" ", 1)[0] for each in shown if each.isalpha()}
        if len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) > 1:
            raise ContactValueError(f"`{shown}` mixes letters of several scripts", code="domain_mixed_scripts")


def _is_zone(labels: list[str]) -> bool:
    """`gov.uk`, `co.jp`, `com.au`: names are given out below it."""
    return len(labels) == 2 and labels[0] in _ZONES and len(labels[1]) == 2  # noqa: PLR2004 - ISO 3166


def country_code(number: str) -> str:
    """The country code of an E.164 number: its length follows from its first digits (ITU-T E.164)."""
    digits = number.removeprefix("+")
    if digits[:1] in {"1", "7"}:
        return digits[:1]
    return digits[:2] if digits[:2] in _TWO else digits[:3]


_TWO: Final = frozenset(
    {
        *map(str, (20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59), *range(60, 67))),
        *map(str, (81, 82, 84, 86, *range(90, 96), 98)),
    }
)
_NORMAL: Final[Mapping[ContactKind, Callable[[str], str]]] = {
    ContactKind.PHONE: phone,
    ContactKind.EMAIL: email,
    ContactKind.DOMAIN: own_domain,
    ContactKind.CERTIFICATE: certificate,
    ContactKind.SUBJECT: subject,
    ContactKind.OPENPGP: openpgp,
    ContactKind.ADDRESS: str,
}
