# SPDX-License-Identifier: Apache-2.0
"""Encoded words (RFC 2047) and the one mailbox of a From field (RFC 5322 section 3.4), read strictly."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from typing import Final

import msgspec

_WORD: Final = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z-]{1,20})?\?([BbQq])\?([!->@-~]*)\?=")
_BETWEEN: Final = re.compile(r"(\?=)[ \t]+(=\?)")
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")
_PHRASE: Final = re.compile(rf"(?:{_ATOM}|\.|[ \t]+)*")
_QUOTED: Final = re.compile(r'"((?:[^"\\\x00-\x1f\x7f]|\\[ -~])*)"')
_CHARSETS: Final = re.compile(
    r"us-ascii|ascii|utf-8|utf8|iso-8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|gb2312|gbk|gb18030|big5|"
    r"euc-(?:kr|jp|cn)|iso-2022-(?:jp|kr)|shift_jis",
    re.IGNORECASE,
)


class WordError(Exception):
    """The text cannot be read in one way only; the message says why."""


class Mailbox(msgspec.Struct, frozen=True):
    """Who a From field names. `display` is decoded; `local` as written, `domain` in lower case."""

    display: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """With the domain in lower case."""
        return f"{self.local}@{self.domain}"


def known_charset(name: str) -> bool:
    """Whether mail programs agree on what text in it says. UTF-7 and the like: they do not."""
    return _CHARSETS.fullmatch(name) is not None


def decode(text: str) -> str:
    """Text with its encoded words decoded. Raises WordError for a broken word or one that hides characters.

    Neighbours in one character set are decoded together: old programs cut a character in two.
    """
    joined = _BETWEEN.sub(r"\1\2", text)
    if "=?" in _WORD.sub("", joined):
        raise WordError("it has a broken encoded word")
    shown: list[str] = []
    held, charset, at = b"", "", 0
    for word in _WORD.finditer(joined):
        if held and (word.start() > at or word[1].lower() != charset):
            shown.append(_decoded(charset, held))
            held = b""
        shown.append(joined[at : word.start()])
        held, charset, at = held + _raw(word[2].upper(), word[3]), word[1].lower(), word.end()
    return "".join([*shown, _decoded(charset, held) if held else "", joined[at:]])


def hidden(text: str) -> bool:
    """Whether it has characters that show nothing, or turn the direction of what follows."""
    return any(unicodedata.category(each) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} for each in text)


def mailbox(text: str) -> Mailbox:
    """The only mailbox of an unfolded From value. Raises WordError."""
    if not text.isascii():
        raise WordError("it has characters outside ASCII")
    display, rest = _display(text)
    if rest.startswith("<"):
        if not rest.endswith(">"):
            raise WordError("text follows the address")
        rest = rest[1:-1]
    elif display:
        raise WordError("a name without an address in angle brackets")
    local, at, domain = rest.partition("@")
    if not at or "@" in domain:
        raise WordError("it does not have exactly one address")
    if not _LOCAL.fullmatch(local) or "=?" in local:
        raise WordError("the part before the @ is unusual")
    if not _DOMAIN.fullmatch(domain):
        raise WordError("what follows the @ is no domain name")
    return Mailbox(display, local, domain.lower())


def _display(text: str) -> tuple[str, str]:
    """The name, decoded, and what follows it."""
    if quoted := _QUOTED.match(text):
        name = re.sub(r"\\(.)", r"\1", quoted[1])
        rest = text[quoted.end() :].lstrip(" \t")
        if not rest.startswith("<"):
            raise WordError("the name in quotes is not followed by an address")
        return _shown(name), rest
    before, bracket, after = text.partition("<")
    if not bracket:
        return "", text
    joined = _BETWEEN.sub(r"\1\2", before)
    bare = _WORD.sub("", joined)
    if not _PHRASE.fullmatch(bare) or "=?" in bare:
        raise WordError("the name is not written as one")
    return _shown(before.strip(" \t")), bracket + after


def _shown(name: str) -> str:
    decoded = decode(name)
    if hidden(decoded) or any(each in "<>" for each in decoded):
        raise WordError("the name hides characters")
    return decoded


def _raw(encoding: str, data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True) if encoding == "B" else _quoted(data)
    except (binascii.Error, ValueError):
        raise WordError("it has a broken encoded word") from None


def _decoded(charset: str, raw: bytes) -> str:
    if not known_charset(charset):
        raise WordError("a word in a character set that programs read differently")
    try:
        text = codecs.decode(raw, charset, "strict")
    except (ValueError, LookupError):
        raise WordError("it has a broken encoded word") from None
    if any(unicodedata.category(each) == "Cc" for each in text):
        raise WordError("an encoded word hides control characters")
    return text


def _quoted(data: str) -> bytes:
    if re.search(r"=(?![0-9A-Fa-f]{2})", data):
        raise ValueError
    return binascii.a2b_qp(data.encode("ascii"), header=True)
