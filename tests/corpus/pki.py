# SPDX-License-Identifier: Apache-2.0
"""The test PKI: pinned agency roots, issuing CAs, registered signers, and everyone an attacker may be."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from counterseal.judicial.model import Context, Registered
from tests.corpus.keys import PrivateKey, key

NOW: Final = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SIGNED: Final = NOW - dt.timedelta(days=3)
"""When genuine documents were signed."""
_STAMPING: Final = (ExtendedKeyUsageOID.TIME_STAMPING,)
_ANSWERING: Final = (ExtendedKeyUsageOID.OCSP_SIGNING,)
_DAY: Final = dt.timedelta(days=1)
_USAGE = dict.fromkeys(
    [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ],
    False,
)


@dataclass(frozen=True)
class Party:
    """A certificate, its key, and whose CA it is of (None = itself)."""

    certificate: x509.Certificate
    key: PrivateKey
    issuer: Party | None = None

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def chain(self) -> list[Party]:
        """From the issuer up to the root."""
        return [] if self.issuer is None else [self.issuer, *self.issuer.chain]


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "ZZ"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _serial(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:12]) | 1


def _signed(builder: object, key: PrivateKey, digest: hashes.HashAlgorithm | None = None) -> object:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return builder.sign(key, None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return builder.sign(key, digest or hashes.SHA256(), ecdsa_deterministic=True)
    return builder.sign(key, digest or hashes.SHA256())


def party(
    common: str,
    issuer: Party | None,
    *,
    label: str = "",
    kind: str = "p256",
    organisation: str = "Ministry of Justice",
    start: dt.datetime = NOW - 400 * _DAY,
    end: dt.datetime = NOW + 700 * _DAY,
    ca: bool = False,
    uses: tuple[x509.ObjectIdentifier, ...] = (),
    pointers: bool = False,
) -> Party:
    """Issue a certificate. `label` tells keys of the same name apart; `pointers`: CRL and OCSP addresses in it."""
    own = key(label or common, kind)
    subject = _name(common, organisation)
    builder = x509.CertificateBuilder().subject_name(subject).public_key(own.public_key())
    builder = builder.issuer_name(subject if issuer is None else issuer.certificate.subject)
    builder = builder.serial_number(_serial(common, label, organisation)).not_valid_before(start)
    builder = builder.not_valid_after(end).add_extension(x509.BasicConstraints(ca, None), critical=True)
    wanted = ("key_cert_sign", "crl_sign") if ca else ("digital_signature", "content_commitment")
    usage = x509.KeyUsage(**{**_USAGE, **dict.fromkeys(wanted, True)})
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    signing = own if issuer is None else issuer.key
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    builder = builder.add_extension(above, critical=False)
    if uses:
        critical = uses == _STAMPING
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=critical)
    if uses == _ANSWERING:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    if pointers:
        builder = _pointers(builder)
    return Party(_signed(builder, signing), own, issuer)


def _pointers(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    where = x509.UniformResourceIdentifier("http://crl.example.invalid/agency.crl")
    point = x509.DistributionPoint([where], None, None, None)
    builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    where = x509.UniformResourceIdentifier("http://ocsp.example.invalid/")
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)
    return builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)


def crl(
    issuer: Party,
    revoked: dict[int, dt.datetime],
    *,
    made: dt.datetime = NOW - _DAY,
    days: int = 7,
    signer: Party | None = None,
) -> bytes:
    """A CRL in DER. `signer`: who really signs it (an attacker's), else the issuer."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(made).next_update(made + days * _DAY)
    by = signer or issuer
    builder = builder.add_extension(x509.CRLNumber(7), critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    builder = builder.add_extension(above, critical=False)
    for serial, when in revoked.items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
        entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return _signed(builder, by.key).public_bytes(Encoding.DER)


def ocsp_response(of: Party, responder: Party, *, good: bool = True, made: dt.datetime = NOW - _DAY) -> bytes:
    """An OCSP response in DER about `of`, valid for seven days. EC responders do not sign deterministically."""
    assert of.issuer is not None
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=of.certificate,
        issuer=of.issuer.certificate,
        algorithm=hashes.SHA1(),  # noqa: S303  # RFC 5019 section 2.1.1: CertID uses it
        cert_status=ocsp.OCSPCertStatus.GOOD if good else ocsp.OCSPCertStatus.REVOKED,
        this_update=made,
        next_update=made + 7 * _DAY,
        revocation_time=None if good else made - 30 * _DAY,
        revocation_reason=None if good else x509.ReasonFlags.key_compromise,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    builder = builder.certificates([responder.certificate])
    assert isinstance(responder.key, rsa.RSAPrivateKey)
    return builder.sign(responder.key, hashes.SHA256()).public_bytes(Encoding.DER)


COURT: Final = "Regional Court of Nordmark"
JUDGE: Final = "Judge Helena Brandt"
PROSECUTOR: Final = "Prosecutor Ivan Keller"


@dataclass(frozen=True)
class Pki:
    """Everyone, by role."""

    people: dict[str, Party]
    crls: tuple[bytes, ...]
    registry: tuple[Registered, ...]

    def __getitem__(self, name: str) -> Party:
        return self.people[name]

    def context(self) -> Context:
        """What the desk is given: both roots pinned, the CRLs that are published, the registry."""
        anchors = (self["root_a"].der, self["root_b"].der)
        return Context(int(NOW.timestamp() * 1000), anchors, (self["ca_a"].der,), self.crls, self.registry)


def _authorities() -> dict[str, Party]:
    made = {
        "root_a": party("Justice Root CA", None, kind="rsa2048", ca=True),
        "root_b": party("Federal Courts Root", None, ca=True, organisation="Federal Courts"),
        "root_evil": party("Justice Root CA", None, label="evil", ca=True),
        "root_homoglyph": party("Justiсe Root CA", None, label="homoglyph", ca=True),  # noqa: RUF001 # Cyrillic
    }
    made |= {
        "ca_a": party("Justice Issuing CA 1", made["root_a"], ca=True),
        "ca_b": party("Federal Courts CA", made["root_b"], ca=True, organisation="Federal Courts"),
        "ca_silent": party("Justice Issuing CA 2", made["root_a"], ca=True),
        "ca_stale": party("Justice Issuing CA 3", made["root_a"], ca=True),
        "ca_evil": party("Justice Issuing CA 1", made["root_evil"], label="evil", ca=True),
        "ca_homoglyph": party("Justice Issuing CA 1", made["root_homoglyph"], label="homoglyph", ca=True),
    }
    return made


def _genuine(made: dict[str, Party]) -> dict[str, Party]:
    a, b = made["ca_a"], made["ca_b"]
    return {
        "judge": party(JUDGE, a, organisation=COURT),
        "judge_rsa": party("Judge Paul Winter", a, kind="rsa2048", organisation=COURT),
        "judge_p384": party("Judge Ana Petrova", b, kind="p384", organisation="Federal Court"),
        "judge_ed25519": party("Judge Li Wen", b, kind="ed25519", organisation="Federal Court"),
        "judge_pointers": party("Judge Omar Haddad", a, organisation=COURT, pointers=True),
        "judge_silent": party("Judge Greta Holm", made["ca_silent"], organisation=COURT, pointers=True),
        "judge_stale": party("Judge Tom Ruiz", made["ca_stale"], organisation=COURT),
        "court": party(COURT, b, organisation=COURT),
        "prosecutor": party(PROSECUTOR, a, organisation="Public Prosecutor"),
        "tsa": party("Justice Time Stamping", made["root_a"], kind="rsa2048", uses=_STAMPING),
        "responder": party("Justice OCSP", made["ca_silent"], kind="rsa2048", uses=_ANSWERING),
    }


def _others(made: dict[str, Party]) -> dict[str, Party]:
    a = made["ca_a"]
    alone = party("Stamps for all", None, ca=True)
    return {
        "clerk": party("Clerk Mia Stone", a, organisation=COURT),
        "unregistered": party("Judge Noel Unknown", a, organisation=COURT),
        "citizen": party("Helena Brandt", a, organisation="Citizens"),
        "citizen_rsa": party("Rob Miller", a, kind="rsa2048", organisation="Citizens"),
        "look_alike": party("Judge Helеna Brandt", a, organisation=COURT),  # noqa: RUF001 # Cyrillic
        "tls": party("portal.court.example", a, uses=(ExtendedKeyUsageOID.SERVER_AUTH,)),
        "revoked": party("Judge Karl Revoked", a, organisation=COURT),
        "revoked_later": party("Judge Lena Later", a, organisation=COURT),
        "expired": party("Judge Max Expired", a, organisation=COURT, end=NOW - 30 * _DAY),
        "future": party("Judge Zoe Future", a, organisation=COURT, start=NOW + 10 * _DAY),
        "weak": party("Judge Ada Weak", a, kind="rsa1024", organisation=COURT),
        "self_signed": party(JUDGE, None, label="self", organisation=COURT),
        "evil_judge": party(JUDGE, made["ca_evil"], label="evil judge", organisation=COURT),
        "homoglyph_judge": party(JUDGE, made["ca_homoglyph"], label="homoglyph judge", organisation=COURT),
        "tsa_evil": party("Stamps", alone, kind="rsa2048", uses=_STAMPING),
        "not_a_ca": party("Rob as a CA", made["citizen_ca"], label="leaf below a leaf", organisation=COURT),
    }


def _registry(people: dict[str, Party]) -> tuple[Registered, ...]:
    """Some by fingerprint, some by subject; revoked and expired ones are still listed."""
    listed = "judge_rsa judge_ed25519 judge_pointers judge_silent judge_stale"
    listed += " revoked revoked_later expired future weak"
    entries = []
    for name in (*listed.split(), "judge", "judge_p384", "court", "prosecutor", "clerk", "tls"):
        certificate = people[name].certificate
        role = {"court": "court", "prosecutor": "prosecutor", "clerk": "clerk"}.get(name, "judge")
        authority = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
        if name in {"judge", "judge_p384", "prosecutor"}:
            entries.append(Registered(authority, role, "ZZ", subjects=(certificate.subject.rfc4514_string(),)))
        else:
            prints = (certificate.fingerprint(hashes.SHA256()).hex(),)
            entries.append(Registered(authority, role, "ZZ", certificates=prints))
    return tuple(entries)


@cache
def pki() -> Pki:
    """The whole PKI, made once."""
    people = _authorities()
    people |= _genuine(people)
    people["citizen_ca"] = party("Rob Miller", people["ca_a"], organisation="Citizens", label="citizen as CA")
    people |= _others(people)
    gone = {
        people["revoked"].certificate.serial_number: SIGNED - 60 * _DAY,
        people["revoked_later"].certificate.serial_number: SIGNED + _DAY,
    }
    crls = (
        crl(people["root_a"], {}, days=90),
        crl(people["root_b"], {}, days=90),
        crl(people["ca_a"], gone),
        crl(people["ca_b"], {}),
        crl(people["ca_stale"], {}, made=NOW - 200 * _DAY),
    )
    return Pki(people, crls, _registry(people))
