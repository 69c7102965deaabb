# SPDX-License-Identifier: Apache-2.0
"""A detached CMS signature (CAdES) over one file. Time stamps in it are not evaluated."""

from __future__ import annotations

import hashlib
from typing import Final

from asn1crypto import cms  # type: ignore[import-untyped] # has none
from pyhanko.sign.validation import errors
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_self_reported_ts,
    validate_sig_integrity,
)

from counterseal.gateways.documents.signers import Signed, judged
from counterseal.judicial.findings import found
from counterseal.judicial.model import Context, Finding

STRONG: Final = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})


def signed_cms(der: bytes, file: tuple[str, bytes], context: Context, where: str) -> Signed:
    """Check the signature in `der` over `file` (name, content). Raises nothing."""
    name, content = file
    try:
        return _signed(der, name, content, context, where)
    except errors.SignatureValidationError as error:
        return _refused(name, found("xml_signature_odd", where, reason=error.failure_message))
    except Exception as error:  # noqa: BLE001 - whatever a signature makes the library raise
        return _refused(name, found("xml_signature_odd", where, reason=type(error).__name__))


def _signed(der: bytes, name: str, content: bytes, context: Context, where: str) -> Signed:
    held = cms.ContentInfo.load(der, strict=True)
    data = held["content"]
    if held["content_type"].native != "signed_data" or len(data["signer_infos"]) != 1:
        return _refused(name, found("xml_signature_odd", where, reason="not one signature"))
    inner = data["encap_content_info"]["content"]
    if inner.native is not None:
        return _refused(name, found("xml_signature_odd", where, reason="it holds a content of its own"))
    info = data["signer_infos"][0]
    digest = info["digest_algorithm"]["algorithm"].native
    if digest not in STRONG:
        return _refused(name, found("xml_weak", where, name=digest))
    certificates = extract_certs_for_validation(data)
    expected = data["encap_content_info"]["content_type"].native
    actual = hashlib.new(digest, content).digest()
    intact, valid = validate_sig_integrity(info, certificates.signer_cert, expected, actual)
    if not (intact and valid):
        reason = "the content differs" if valid else "the key did not make it"
        return _refused(name, found("xml_signature_wrong", where, reason=reason))
    stated = extract_self_reported_ts(info)
    claimed = None if stated is None else int(stated.timestamp() * 1000)
    chain = [certificates.signer_cert, *certificates.other_certs]
    signer, findings = judged(chain, context, where, claimed=claimed)
    return Signed((name,), signer, findings, good=not findings)


def _refused(name: str, finding: Finding) -> Signed:
    return Signed((name,), None, (finding,), good=False)
