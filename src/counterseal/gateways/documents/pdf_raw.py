# SPDX-License-Identifier: Apache-2.0
"""Signatures by their bytes alone, where the tables that lead to them cannot be read any more.

A document that was changed so that no reader opens it is still a document that was changed. This only ever speaks
against a document: what holds here carries nothing.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from asn1crypto import cms  # type: ignore[import-untyped] # has none
from pyhanko.sign.general import find_unique_cms_attribute

from counterseal.gateways.documents.pdf_reading import LINE_ENDS
from counterseal.gateways.documents.pdf_signature import MOST_SIGNATURES, STRONG
from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

_RANGE: Final = re.compile(rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_HEX: Final = re.compile(rb"<[0-9A-Fa-f\s]*>")


def broken(data: bytes) -> list[Finding]:
    """What the bytes alone say against each signature: its digest, its gap, and what stands behind the last one.
    Raises nothing."""
    made, ends = [], []
    for match in list(_RANGE.finditer(data))[:MOST_SIGNATURES]:
        start, first, second, last = (int(each) for each in match.groups())
        where = f"byte range {start} {first} {second} {last}"
        if not _HEX.fullmatch(data[start + first : second]):
            made.append(found("signature_range", where, reason="more than its contents stands between its parts"))
            continue
        try:
            differs = _differs(data, (start, first, second, last))
        except Exception:  # noqa: BLE001,S112 - what cannot be read says nothing
            continue
        if differs:
            made.append(found("signature_broken", where, reason="their digest is another"))
        else:
            ends.append(second + last)
    behind = len(data[max(ends) :].strip(LINE_ENDS)) if ends else 0
    return [*made, found("pdf_appended", f"byte {max(ends)}", bytes=behind)] if behind else made


def _differs(data: bytes, numbers: tuple[int, int, int, int]) -> bool:
    start, first, second, last = numbers
    held = bytes.fromhex(data[start + first + 1 : second - 1].decode("ascii"))
    signer = cms.ContentInfo.load(held)["content"]["signer_infos"][0]
    name = signer["digest_algorithm"]["algorithm"].native
    if name not in STRONG or name.startswith("shake"):
        return False
    digest = hashlib.new(name, data[start : start + first] + data[second : second + last]).digest()
    stated = find_unique_cms_attribute(signer["signed_attrs"], "message_digest").native
    return bool(stated != digest)
