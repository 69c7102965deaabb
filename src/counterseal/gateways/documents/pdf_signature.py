# SPDX-License-Identifier: Apache-2.0
"""One signature of a PDF: what it covers, and whether the mathematics hold (ISO 32000-2, 12.8; RFC 5652).

1. The byte range begins at 0, has two parts, and leaves out exactly the hexadecimal string of /Contents.
2. The range ends where the revision ends that the signature stands in, tables included.
3. One signer; digests and keys that cannot be forged; the digest and the signature verify.
"""

from __future__ import annotations

import binascii
import contextlib
import re
from typing import Any, Final

import msgspec
from asn1crypto import cms, parser, x509  # type: ignore[import-untyped] # has none
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from counterseal.gateways.documents.pdf_fields import entry
from counterseal.gateways.documents.pdf_reading import Reading
from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

MOST_SIGNATURES: Final = 20
STRONG: Final = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "shake256"})
NUMBERS: Final = 4  # of a byte range: two parts, each by start and length
_DETACHED: Final = frozenset({"/adbe.pkcs7.detached", "/ETSI.CAdES.detached"})
_STAMP: Final = "/ETSI.RFC3161"
_HEX: Final = re.compile(rb"<[0-9A-Fa-f]*>")
_WHOLE: Final = (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)
_NEAR: Final = 20_000  # bytes around the contents in which the signature's dictionary stands
_RANGE: Final = re.compile(rb"/ByteRange\s*\[")


class Sealed(msgspec.Struct):
    """A signature as it stands in the file. `holds`: 1 to 3 are kept; `end`: the first byte behind its range."""

    name: str
    embedded: Any  # EmbeddedPdfSignature; None = it cannot be read
    stamp: bool  # a document time stamp, not a person's signature
    end: int = 0
    covers: int = 0
    holds: bool = False
    certificate: x509.Certificate | None = None
    others: tuple[x509.Certificate, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def revision(self) -> int:
        """The number of the revision that it stands in, from 0."""
        return int(self.embedded.signed_revision)


def signatures(reading: Reading) -> tuple[list[Sealed], list[Finding]]:
    """All signatures in fields of the form, in the order of their making; and what is wrong with the list."""
    findings: list[Finding] = []
    filled: list[Sealed] = []
    fields: dict[tuple[int, int], list[str]] = {}
    try:
        for name, value, field in enumerate_sig_fields(reading.reader):
            shown = str(name)
            if value is None:
                findings.append(found("signature_empty_field", f"field {shown}", field=shown))
                continue
            place = field.get_object().raw_get("/V")
            key = (getattr(place, "idnum", -1 - len(fields)), getattr(place, "generation", 0))
            fields.setdefault(key, []).append(shown)
            if len(fields[key]) == 1 and len(filled) <= MOST_SIGNATURES:
                filled.append(_sealed(reading, field, shown, findings))
    except Exception as error:  # noqa: BLE001 - whatever a file makes the library raise
        findings.append(found("signature_unreadable", reason=type(error).__name__))
    shared = [names for names in fields.values() if len(names) > 1]
    findings += [found("signature_shared", fields=", ".join(names)) for names in shared]
    if len(filled) > MOST_SIGNATURES:
        return [], [*findings, found("pdf_too_complex", what="signatures")]
    orphans = len(_RANGE.findall(reading.data)) - len(filled)
    if orphans > 0:
        findings.append(found("signature_orphan", count=orphans))
    kept = [each for each in filled if each.embedded is not None]
    return sorted(kept, key=lambda each: (each.revision, each.end)), findings


def _sealed(reading: Reading, field: Any, name: str, findings: list[Finding]) -> Sealed:
    where = f"field {name}"
    made = Sealed(name, None, stamp=False)
    try:
        embedded = EmbeddedPdfSignature(reading.reader, field, name)
        made = Sealed(name, embedded, embedded.sig_object_type == "/DocTimeStamp")
        _range(reading.data, made, where)
        if not made.findings:
            _mathematics(made, where)
    except SignatureValidationError as error:
        missing = error.ades_subindication == AdESIndeterminate.NO_SIGNING_CERTIFICATE_FOUND
        code = "signature_unreadable" if missing else "signature_broken"  # without a key nothing is proved false
        made.findings = (found(code, where, reason=error.failure_message),)
    except Exception as error:  # noqa: BLE001 - as above
        findings.append(found("signature_unreadable", where, reason=type(error).__name__))
        return Sealed(name, None, stamp=False)
    return made


def _range(data: bytes, made: Sealed, where: str) -> None:
    """Rules 1 and 2. Sets `end`, `covers` and the findings."""
    numbers = [int(each) for each in made.embedded.byte_range]
    reason = _out_of_range(data, numbers, made.embedded.pkcs7_content)
    if reason:
        made.findings = (found("signature_range", f"{where}, byte range {numbers[:8]}", reason=reason),)
        return
    made.end, made.covers = numbers[2] + numbers[3], numbers[1] + numbers[3]
    if made.embedded.evaluate_signature_coverage() not in _WHOLE:
        made.findings = (found("signature_not_its_revision", f"{where}, bytes 0 to {made.end}"),)
    elif _doubled(data, numbers):
        made.findings = (found("signature_range", where, reason="one of its entries stands in it twice"),)


def _doubled(data: bytes, numbers: list[int]) -> bool:
    """Whether the signature's dictionary, as it stands in the file, names its range or contents twice."""
    before = data[max(numbers[1] - _NEAR, 0) : numbers[1]]
    behind = data[numbers[2] : numbers[2] + _NEAR]
    around = before[max(before.rfind(b" obj"), 0) :] + behind[: max(behind.find(b"endobj"), 0)]
    return len(_RANGE.findall(around)) > 1 or around.count(b"/Contents") > 1


def _out_of_range(data: bytes, numbers: list[int], contents: bytes) -> str:
    if len(numbers) != NUMBERS:
        return f"its range has {len(numbers)} numbers"
    start, first, second, last = numbers
    if min(numbers) < 0 or start != 0:
        return "its range does not begin at the first byte"
    if second < first or second + last > len(data):
        return "its parts overlap, or end behind the document"
    gap = data[first:second]
    if contents[parser.peek(contents) :].strip(b"\0"):
        return "something is hidden behind the signature in its contents"
    if not _HEX.fullmatch(gap) or len(gap) % 2:
        return f"{len(gap)} bytes between its parts are not one hexadecimal string"
    if binascii.unhexlify(gap[1:-1]) != contents:
        return "the string between its parts is not its own contents"
    return ""


def _mathematics(made: Sealed, where: str) -> None:
    """Rule 3."""
    embedded = made.embedded
    kind = str(entry(embedded.sig_object, "/SubFilter", ""))
    data: cms.SignedData = embedded.signed_data
    if kind not in _DETACHED and not (made.stamp and kind == _STAMP):
        made.findings = (found("signature_weak", where, name=kind or "an unnamed format"),)
    elif len(data["signer_infos"]) != 1:
        made.findings = (found("signature_odd", where, reason="it has not one signer"),)
    elif weak := weak_digest(embedded):
        made.findings = (found("signature_weak", where, name=weak),)
    elif not made.stamp and data["encap_content_info"]["content"].native is not None:
        made.findings = (found("signature_odd", where, reason="it holds a content of its own"),)
    else:
        made.certificate, made.others = parties(data)
        # what a document time stamp holds is judged with the other time stamps
        digest = b"" if made.stamp else embedded.compute_digest()
        reason = "" if made.stamp else wrong(embedded.signer_info, made.certificate, "data", digest)
        made.holds = not reason
        made.findings = (found("signature_broken", where, reason=reason),) if reason else ()


def weak_digest(embedded: Any) -> str:
    """The name of the digest that can be forged; empty = none."""
    names = {str(embedded.md_algorithm), str(embedded.external_md_algorithm)}
    with contextlib.suppress(ValueError):  # the algorithm names none of its own: bare RSA, EdDSA
        names.add(str(embedded.signer_info["signature_algorithm"].hash_algo))
    return next((name for name in sorted(names) if name not in STRONG), "")


def parties(data: cms.SignedData) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """The signer's certificate, and the others that lie beside it."""
    held = extract_certs_for_validation(data)
    return held.signer_cert, tuple(held.other_certs)


def wrong(signer: cms.SignerInfo, certificate: x509.Certificate, kind: str, digest: bytes) -> str:
    """Why the signature does not hold for these bytes; empty = it does."""
    try:
        intact, valid = validate_sig_integrity(signer, certificate, kind, digest)
    except SignatureValidationError as error:
        return str(error.failure_message)
    except Exception as error:  # noqa: BLE001 - whatever a signature makes the library raise
        return type(error).__name__
    if not intact:
        return "their digest is another"
    return "" if valid else "the signer's key did not make it"
