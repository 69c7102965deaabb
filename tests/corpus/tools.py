# SPDX-License-Identifier: Apache-2.0
"""pyHanko as a signing tool, with its clock and its random bytes held still so that a seed gives one document."""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any
from unittest import mock

import pyhanko.pdf_utils.metadata.info
import pyhanko.pdf_utils.metadata.xmp_xml
import pyhanko.sign.signers.functions
import pyhanko.sign.signers.pdf_cms
import pyhanko.sign.signers.pdf_signer
import pyhanko.stamp.text
from asn1crypto import crl, ocsp, tsp
from asn1crypto import keys as asn1_keys
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.corpus import cms
from tests.corpus.pki import NOW, SIGNED, Party, ocsp_response, pki

_CLOCKS = (
    pyhanko.sign.signers.functions,
    pyhanko.sign.signers.pdf_cms,
    pyhanko.sign.signers.pdf_signer,
    pyhanko.stamp.text,
    pyhanko.pdf_utils.metadata.info,
    pyhanko.pdf_utils.metadata.xmp_xml,
)


class _Same(type):
    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, dt.datetime)


class _Still(dt.datetime, metaclass=_Same):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return SIGNED


@contextmanager
def still(random: Random) -> Iterator[None]:
    """While the tool runs, it is SIGNED, and `os.urandom` draws from the seed."""
    with ExitStack() as stack:
        for module in _CLOCKS:
            stack.enter_context(mock.patch.object(module, "datetime", _Still))
        stack.enter_context(mock.patch.object(os, "urandom", random.randbytes))
        yield


class Signer(signers.SimpleSigner):
    """Signs with the same result every time."""

    def __init__(self, party: Party, *, pss: bool = False) -> None:
        store = SimpleCertificateStore()
        store.register_multiple(cms.certificate(each) for each in party.chain)
        super().__init__(cms.certificate(party), _key(party), store, prefer_pss=pss)
        self._party = party
        self._pss = pss

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """See the base class."""
        how = self.get_signature_mechanism_for_digest(digest_algorithm)["parameters"]
        salt = how["salt_length"].native if self._pss else None
        return cms.raw_signature(self._party.key, data, digest_algorithm, pss=self._pss, salt=salt)


def _key(party: Party) -> asn1_keys.PrivateKeyInfo:
    der = party.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return asn1_keys.PrivateKeyInfo.load(der)


class Stamper(timestamps.DummyTimeStamper):
    """The time-stamping authority below a pinned root; its serial numbers follow from what it stamps."""

    def __init__(self) -> None:
        party = pki()["tsa"]
        store = SimpleCertificateStore()
        store.register_multiple(cms.certificate(each) for each in party.chain)
        super().__init__(cms.certificate(party), _key(party), store, fixed_dt=SIGNED, include_nonce=False)

    def _build_tst_info(self, message_imprint: Any, dt: dt.datetime, req: tsp.TimeStampReq) -> tsp.TSTInfo:
        made = super()._build_tst_info(message_imprint, dt, req)
        made["serial_number"] = int.from_bytes(message_imprint["hashed_message"].native[:8])
        return made


def knowledge() -> ValidationContext:
    """What a court's tool embeds into the document: CRLs, and OCSP for the CA that publishes no CRL."""
    people = pki()
    return ValidationContext(
        trust_roots=[cms.certificate(people["root_a"]), cms.certificate(people["root_b"])],
        other_certs=[cms.certificate(people[name]) for name in ("ca_a", "ca_b", "ca_silent", "responder")],
        crls=list(people.crls),
        ocsps=[ocsp.OCSPResponse.load(ocsp_response(people["judge_silent"], people["responder"]))],
        moment=NOW,
        revocation_mode="require",
    )


def sign(
    data: bytes,
    who: str,
    *,
    field: str = "Signature1",
    stamp: bool = False,
    pss: bool = False,
    spec: dict[str, Any] | None = None,
    style: Any = None,
    existing: bool = False,
    **meta: Any,
) -> bytes:
    """Signed by `who` with pyHanko; `meta` goes to PdfSignatureMetadata, `spec` to SigFieldSpec."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    party = pki()[who]
    meta.setdefault("subfilter", fields.SigSeedSubFilter.PADES)
    if meta.get("embed_validation_info"):
        meta["validation_context"] = knowledge()
    made = PdfSigner(
        PdfSignatureMetadata(field_name=field, **meta),
        Signer(party, pss=pss),
        timestamper=Stamper() if stamp else None,
        stamp_style=style,
        new_field_spec=None if existing else fields.SigFieldSpec(field, **(spec or {})),
    )
    out = io.BytesIO()
    made.sign_pdf(writer, existing_fields_only=existing, output=out)
    return out.getvalue()


def time_stamped(data: bytes) -> bytes:
    """A document time stamp behind."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    out = io.BytesIO()
    signers.PdfTimeStamper(Stamper()).timestamp_pdf(writer, "sha256", validation_context=None, output=out)
    return out.getvalue()


def with_dss(
    data: bytes, crls: Sequence[bytes] = (), ocsps: Sequence[bytes] = (), certs: Sequence[Party] = ()
) -> bytes:
    """A DSS update with these."""
    out = io.BytesIO(data)
    DocumentSecurityStore.add_dss(
        out,
        None,
        certs=[cms.certificate(each) for each in certs],
        crls=[crl.CertificateList.load(each) for each in crls],
        ocsps=[ocsp.OCSPResponse.load(each) for each in ocsps],
    )
    return out.getvalue()
