# SPDX-License-Identifier: Apache-2.0
"""Seals mails with one ARC set (RFC 8617), apart from the library that checks."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.corpus_mail.signer import Draft, canonical_body, canonical_header, fold, pick

_FIELDS = "from:to:subject:date:message-id"


def sealed(draft: Draft, domain: str, selector: str, key: RSAPrivateKey) -> Draft:
    """With the first set on top."""
    results = ("ARC-Authentication-Results", f"i=1; mx.{domain}; dkim=pass; dmarc=pass")
    digest = base64.b64encode(hashlib.sha256(canonical_body(draft.body, "relaxed")).digest()).decode()
    start = f"i=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector};\r\n h={_FIELDS}; bh={digest};\r\n b="
    message = ("ARC-Message-Signature", start)
    signed = b"".join(canonical_header(*each, "relaxed") + b"\r\n" for each in pick(draft.headers, _FIELDS))
    signed += canonical_header(*message, "relaxed")
    message = ("ARC-Message-Signature", start + _made(key, signed))
    start = f"i=1; a=rsa-sha256; cv=none; d={domain}; s={selector};\r\n b="
    chain = b"".join(canonical_header(*each, "relaxed") + b"\r\n" for each in (results, message))
    seal = ("ARC-Seal", start + _made(key, chain + canonical_header("ARC-Seal", start, "relaxed")))
    return draft.top(*results).top(*message).top(*seal)


def _made(key: RSAPrivateKey, signed: bytes) -> str:
    return fold(base64.b64encode(key.sign(signed, padding.PKCS1v15(), hashes.SHA256())).decode())
