# SPDX-License-Identifier: Apache-2.0
"""When something was signed, as far as that is proved: time-stamp tokens (RFC 3161; PAdES, EN 319 142-1, 5.4).

A token proves a moment only if it is over these very bytes, its own signature holds, its certificate is made for
time stamps and stood below a pinned anchor at that moment. A token over other bytes is a false claim.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from asn1crypto import cms, crl, ocsp, tsp, x509  # type: ignore[import-untyped] # has none
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

from counterseal.gateways.documents.chain import Standing, chain_of
from counterseal.gateways.documents.pdf_signature import STRONG, Sealed, parties, wrong
from counterseal.judicial.findings import found
from counterseal.judicial.model import Context, Finding

MOST_ANSWERS = 100
_PURPOSE = "time_stamping"


class Answers(msgspec.Struct):
    """What the document brings along on revocation, and certificates that help to find anchors."""

    certificates: list[x509.Certificate]
    crls: list[crl.CertificateList]
    ocsps: list[ocsp.OCSPResponse]


def answers(reader: Any, sealed: list[Sealed]) -> Answers:
    """From the document security store and from the signatures' own attributes. Raises nothing."""
    made = Answers([], [], [])
    try:
        _stored(reader, made)
    except NoDSSFoundError:
        pass
    except Exception:  # noqa: BLE001,S110 - what cannot be read proves nothing
        pass
    for each in sealed:
        try:
            _inside(each.embedded, made)
        except Exception:  # noqa: BLE001,S112 - as above
            continue
    made.crls, made.ocsps = made.crls[:MOST_ANSWERS], made.ocsps[:MOST_ANSWERS]
    return made


def _stored(reader: Any, made: Answers) -> None:
    store = DocumentSecurityStore.read_dss(reader)
    made.certificates += list(store.load_certs())[:MOST_ANSWERS]
    made.crls += [crl.CertificateList.load(each.get_object().data) for each in store.crls[:MOST_ANSWERS]]
    made.ocsps += [ocsp.OCSPResponse.load(each.get_object().data) for each in store.ocsps[:MOST_ANSWERS]]


def _inside(embedded: Any, made: Answers) -> None:
    """CRLs of the CMS, and Adobe's archive of answers among the signed attributes."""
    for choice in embedded.signed_data["crls"]:
        if choice.name == "":
            made.crls.append(choice.chosen)
    for attribute in embedded.signer_info["signed_attrs"]:
        if attribute["type"].native == "adobe_revocation_info_archival":
            for value in attribute["values"]:
                made.crls += list(value["crl"] or ())
                made.ocsps += list(value["ocsp"] or ())


def proven(sealed: Sealed, context: Context, held: Answers, where: str) -> tuple[int | None, list[Finding]]:
    """The earliest moment (ms) that a trusted token proves for this signature or document time stamp, if any; and
    what is wrong with its tokens."""
    findings: list[Finding] = []
    moments: list[int] = []
    for token, imprint in _tokens(sealed):
        try:
            moment, finding = _judged(token, imprint, context, held, where)
        except Exception as error:  # noqa: BLE001 - whatever a token makes the library raise
            moment, finding = None, found("timestamp_unproven", where, reason=type(error).__name__)
        moments += [] if moment is None else [moment]
        findings += [] if finding is None else [finding]
    return min(moments, default=None), findings


def _tokens(sealed: Sealed) -> list[tuple[cms.SignedData, Callable[[str], bytes]]]:
    """Each token, and how to make the digest that it must hold."""
    embedded = sealed.embedded
    if sealed.stamp:
        return [(embedded.signed_data, embedded.compute_digest)]
    if not sealed.holds:
        return []
    signature = embedded.signer_info["signature"].native
    try:
        tokens = list(extract_tst_data_iter(embedded.signer_info, signed=False))
    except Exception:  # noqa: BLE001 - no unsigned attributes, or none that can be read
        return []
    return [(token, lambda name: hashlib.new(name, signature).digest()) for token in tokens[:5]]


def _judged(
    token: cms.SignedData, imprint: Callable[[str], bytes], context: Context, held: Answers, where: str
) -> tuple[int | None, Finding | None]:
    content = token["encap_content_info"]["content"]
    info = content.parsed
    if not isinstance(info, tsp.TSTInfo) or len(token["signer_infos"]) != 1:
        return None, found("timestamp_unproven", where, reason="it is none")
    stated = info["message_imprint"]
    name = stated["hash_algorithm"]["algorithm"].native
    signer = token["signer_infos"][0]
    inner = signer["digest_algorithm"]["algorithm"].native
    if name not in STRONG or inner not in STRONG:
        return None, found("timestamp_unproven", where, reason=f"it rests on {name} and {inner}")
    if imprint(name) != stated["hashed_message"].native:
        return None, found("timestamp_false", where, reason="it is over other bytes")
    certificate, others = parties(token)
    digest = hashlib.new(inner, content.contents).digest()
    if reason := wrong(signer, certificate, "tst_info", digest):
        return None, found("timestamp_false", where, reason=reason)
    moment = int(info["gen_time"].native.timestamp() * 1000)
    reason = _untrusted(certificate, [*others, *held.certificates], context, held, moment)
    return (None, found("timestamp_unproven", where, reason=reason)) if reason else (moment, None)


def _untrusted(
    certificate: x509.Certificate, others: list[x509.Certificate], context: Context, held: Answers, moment: int
) -> str:
    """Why the moment is not proved; empty = it is."""
    usage = certificate.extended_key_usage_value
    if usage is None or _PURPOSE not in usage.native:
        return "its certificate is not made for time stamps"
    if moment > context.now + 600_000:
        return "it lies in the future"
    now = chain_of(certificate, others, context, context.now, crls=held.crls, ocsps=held.ocsps)
    if now.standing in {Standing.REVOKED, Standing.UNKNOWN_CA, Standing.SELF_SIGNED}:
        return f"its certificate: {now.standing.value.replace('_', ' ')}"
    then = chain_of(certificate, others, context, moment, crls=held.crls, ocsps=held.ocsps)
    return "" if then.standing == Standing.TRUSTED else f"its certificate: {then.standing.value.replace('_', ' ')}"
