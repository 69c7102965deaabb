# SPDX-License-Identifier: Apache-2.0
"""What is in a mail's parts: attachments, for the desk to open as documents of their own, mails, odd texts."""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import html
import re
import string
from typing import Final

from counterseal.gateways.documents import mail_message
from counterseal.gateways.documents.kinds import kind_of
from counterseal.gateways.documents.mail_parts import Part
from counterseal.gateways.documents.mail_words import hidden, known_charset
from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

_ACTIVE: Final = re.compile(
    r"\.(exe|com|scr|pif|bat|cmd|ps1|vbs|vbe|jse?|wsf|hta|lnk|iso|img|vhdx?|msi|jar|apk|app|dmg|html?|svg|xht(ml)?|"
    r"url|one|chm|reg|docm|xlsm|pptm)\Z",
    re.IGNORECASE,
)
_BASE64: Final = (string.ascii_letters + string.digits + "+/").encode("ascii")
_NO_BASE64: Final = bytes(each for each in range(256) if each not in _BASE64)
_MARKUP: Final = re.compile(rb"<[^<>]{0,2000}>")
_WORD: Final = re.compile(r"\w+")
_INLINE: Final = b"-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURES: Final = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
_ELSEWHERE: Final = frozenset({"message/external-body", "message/partial"})
_MOST_TEXT: Final = 1 << 20  # characters of a text looked through
_HTML: Final = re.compile(rb"<\s*(script|iframe|object|embed|form|base|meta\s+http-equiv)\b", re.IGNORECASE)


def look(top: Part) -> list[Finding]:
    """Findings on every part."""
    findings: list[Finding] = []
    for part in top.walk():
        if part.kind.head.startswith("multipart/"):
            if part.kind.head == "multipart/encrypted":
                findings.append(found("mail_encrypted", f"part {part.path}"))
        elif part.kind.head in {"message/rfc822", "message/global"}:
            findings.append(_nested(part))
        else:
            findings += _leaf(part)
    return findings


def shows_all(top: Part) -> bool:
    """Whether every part is shown, or says the same: then it does not matter which type the outer one has."""
    if top.kind.head == "multipart/mixed":
        return bool(top.parts)
    if top.kind.head != "multipart/alternative" or len(top.parts) != 2:  # noqa: PLR2004 - a text and a page
        return False
    text, page = top.parts
    if (text.kind.head, page.kind.head) != ("text/plain", "text/html"):
        return False
    bare = html.unescape(_MARKUP.sub(b" ", content(page)[0]).decode("utf-8", "replace"))
    return _words(content(text)[0].decode("utf-8", "replace")) == _words(bare)


def _words(text: str) -> list[str]:
    return sorted(_WORD.findall(text))


def content(part: Part) -> tuple[bytes, str]:
    """A leaf's bytes without their transfer encoding, and what is odd about it (empty = nothing)."""
    if part.encoding == "base64":
        try:
            return base64.b64decode(part.body.translate(None, b"\r\n\t "), validate=True), ""
        except (binascii.Error, ValueError):
            whole = part.body.translate(None, _NO_BASE64)
            return base64.b64decode(whole[: len(whole) // 4 * 4]), "its base64 is broken or has something within"
    if part.encoding == "quoted-printable":
        broken = re.search(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r\n|[ \t]*\Z)", part.body) is not None
        return binascii.a2b_qp(part.body), "its quoted-printable is broken" if broken else ""
    return part.body, ""


def _leaf(part: Part) -> list[Finding]:
    where = f"part {part.path}"
    if part.kind.head in {"application/pkcs7-mime", "application/x-pkcs7-mime"}:
        return []  # its content is the signed message: mail_personal reads it
    if part.kind.head in _ELSEWHERE:
        return [found("content_elsewhere", where, kind=part.kind.head)]
    data, fault = content(part)
    findings = [found("mime_odd", where, reason=fault)] if fault else []
    text = part.kind.head in {"text/plain", "text/html"}
    if text:
        findings += _text(part, data, where)
    if part.kind.head not in _SIGNATURES and (not text or part.name or part.disposition.head == "attachment"):
        findings += _attachment(part, data, where)
    return findings


def _attachment(part: Part, data: bytes, where: str) -> list[Finding]:
    name, digest = part.name or "without a name", hashlib.sha256(data).hexdigest()
    findings = [found("attachment", f"{where}, sha256 {digest}", name=name, kind=kind_of(data), size=len(data))]
    if _ACTIVE.search(name.strip(" .")) or part.kind.head in {"text/html", "image/svg+xml"}:
        findings.append(found("attachment_active", where, name=name, kind=part.kind.head))
    return findings


def _text(part: Part, data: bytes, where: str) -> list[Finding]:
    charset = part.kind.parameters.get("charset", "us-ascii")
    if not known_charset(charset):
        return [found("text_odd", where, reason=f"its character set is {charset}")]
    try:
        text = codecs.decode(data[:_MOST_TEXT], "latin-1" if len(data) > _MOST_TEXT else charset, "strict")
    except (ValueError, LookupError):
        return [found("text_odd", where, reason=f"it is not written in {charset}")]
    findings = []
    if b"\x00" in data:
        findings.append(found("text_odd", where, reason="it holds NUL characters"))
    if any(hidden(each) for each in set(text) - set("\r\n\t\f\u200b\u200c\u200d\ufeff\u00ad")):
        findings.append(found("text_odd", where, reason="it hides characters or turns their direction"))
    if part.kind.head == "text/html" and (match := _HTML.search(data)):
        findings.append(found("text_odd", where, reason=f"it is a page with <{match[1].decode().lower()}>"))
    if _INLINE in data:
        findings.append(found("inline_pgp", where))
    return findings


def _nested(part: Part) -> Finding:
    inner = mail_message.parse(content(part)[0])
    field = inner.first("from")
    return found("nested_mail", f"part {part.path}", sender="nobody" if field is None else field.text)
