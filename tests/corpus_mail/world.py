# SPDX-License-Identifier: Apache-2.0
"""The test world: domains with keys and policies in an offline zone, a PKI, OpenPGP keys, and the registry."""

from __future__ import annotations

import base64
import datetime as dt
import time
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pysequoia
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from counterseal.judicial.model import Answer, Context, Registered

NOW = int(time.time()) * 1000  # the machine's: the libraries for OpenPGP and plain DKIM take no other
BENCH = "registry@bench.example"  # a person whose domain nobody registered
STRICT = "chancery.example"  # counts only its very own signatures, and those of mail.chancery.example are not
COURT, JUSTICE, POLICE = "court.gov.example", "justice.example", "police.example"
SILENT = "tribunal.example"  # publishes p=none and signs nothing: its people sign themselves
MAGISTRATE = "clerk@mail.example"
JUDGE = f"judge.lin@{COURT}"
PERSON = f"registrar@{SILENT}"
EVIL = "evil.example"
_DER = serialization.Encoding.DER
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
_DAY = dt.timedelta(days=1)


def moment(days: float = 0) -> dt.datetime:
    return dt.datetime.fromtimestamp(NOW / 1000, dt.UTC) + _DAY * days


@lru_cache(maxsize=16)
def rsa_key(bits: int, name: str) -> rsa.RSAPrivateKey:
    """One for each name, kept for the process."""
    del name
    return rsa.generate_private_key(65537, bits)


@lru_cache(maxsize=8)
def ed_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b".")[:32])


def record(key: rsa.RSAPrivateKey | Ed25519PrivateKey, flags: str = "") -> str:
    """A DKIM key record."""
    if isinstance(key, Ed25519PrivateKey):
        public = key.public_key().public_bytes_raw()
        return f"v=DKIM1; k=ed25519; {flags}p={base64.b64encode(public).decode()}"
    public = key.public_key().public_bytes(_DER, _SPKI)
    return f"v=DKIM1; k=rsa; {flags}p={base64.b64encode(public).decode()}"


@dataclass(frozen=True)
class Person:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class World:
    """Made once; `context()` is what the desk knows."""

    @cached_property
    def zone(self) -> dict[str, Answer]:
        keys = {
            ("s1", COURT): record(rsa_key(2048, COURT)),
            ("ed", COURT): record(ed_key(COURT)),
            ("big", COURT): record(rsa_key(3072, COURT)),
            ("short", COURT): record(rsa_key(1024, COURT)),
            ("test", COURT): record(rsa_key(2048, COURT), "t=y; "),
            ("other", COURT): record(rsa_key(2048, COURT), "s=tlsrpt; "),
            ("sha1", COURT): record(rsa_key(2048, COURT), "h=sha1; "),
            ("exact", COURT): record(rsa_key(2048, COURT), "t=s; "),
            ("gone", COURT): "v=DKIM1; k=rsa; p=",
            ("junk", COURT): "v=DKIM1; k=rsa; p=AAAA",
            ("s1", f"mail.{STRICT}"): record(rsa_key(2048, STRICT)),
            ("s1", f"mail.{JUSTICE}"): record(rsa_key(2048, JUSTICE)),
        }
        keys |= {("s1", name): record(rsa_key(2048, name)) for name in (JUSTICE, POLICE, EVIL, "mail.example")}
        zone = {
            f"{selector}._domainkey.{name}": Answer("found", (text,)) for (selector, name), text in keys.items()
        }
        zone[f"two._domainkey.{COURT}"] = Answer("found", (keys["s1", COURT], keys["ed", COURT]))
        zone[f"slow._domainkey.{COURT}"] = Answer("unknown")
        policies = {COURT: "v=DMARC1; p=reject; adkim=r", JUSTICE: "v=DMARC1; p=quarantine; sp=none"}
        policies |= {STRICT: "v=DMARC1; p=none; adkim=s"}
        policies |= {SILENT: "v=DMARC1; p=none", EVIL: "v=DMARC1; p=reject"}
        return zone | {f"_dmarc.{name}": Answer("found", (text,)) for name, text in policies.items()}

    def publish(self, domain: str, key: rsa.RSAPrivateKey) -> None:
        """What an attacker puts into the DNS of a domain that is his."""
        self.zone.setdefault(f"s1._domainkey.{domain}", Answer("found", (record(key),)))
        self.zone.setdefault(f"_dmarc.{domain}", Answer("found", ("v=DMARC1; p=reject",)))

    @cached_property
    def root(self) -> Person:
        return self.certify("Judiciary Root", authority=True)

    @cached_property
    def registrar(self) -> Person:
        return self.certify("Registrar Chen", address=PERSON)

    @cached_property
    def tribunal(self) -> Person:
        """Its own key is RSA, for programs that know no other."""
        return self.certify("Land Tribunal", address=f"tribunal@{SILENT}", key=rsa_key(2048, SILENT))

    @cached_property
    def bench(self) -> Person:
        return self.certify("Registry of the Bench", address=BENCH)

    @cached_property
    def revoked(self) -> Person:
        return self.certify("Registrar Wu", address=f"wu@{SILENT}")

    @cached_property
    def crl(self) -> bytes:
        gone = x509.RevokedCertificateBuilder().serial_number(self.revoked.certificate.serial_number)
        made = x509.CertificateRevocationListBuilder().issuer_name(self.root.certificate.subject)
        made = made.last_update(moment(-1)).next_update(moment(30))
        made = made.add_revoked_certificate(gone.revocation_date(moment(-20)).build())
        return made.sign(self.root.key, hashes.SHA256()).public_bytes(_DER)

    @cached_property
    def pgp(self) -> pysequoia.Tsk:
        """The registrar's OpenPGP key, registered."""
        return pysequoia.Tsk.generate(f"Registrar Chen <{PERSON}>")

    @cached_property
    def stranger(self) -> pysequoia.Tsk:
        """A key with the same name that nobody registered."""
        return pysequoia.Tsk.generate(f"Registrar Chen <{PERSON}>")

    def certify(
        self,
        name: str,
        *,
        address: str = "",
        authority: bool = False,
        issuer: Person | None = None,
        days: tuple[int, int] = (-300, 300),
        key: rsa.RSAPrivateKey | None = None,
        use: x509.ObjectIdentifier | None = None,
    ) -> Person:
        """A certificate by the root, by `issuer`, or, for an authority without one, by itself."""
        own = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        by = issuer or (None if authority else self.root)
        made = x509.CertificateBuilder().subject_name(subject).public_key(own.public_key())
        made = made.issuer_name(by.certificate.subject if by else subject).serial_number(
            x509.random_serial_number()
        )
        made = made.not_valid_before(moment(days[0])).not_valid_after(moment(days[1]))
        made = made.add_extension(x509.BasicConstraints(authority, None), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        bits = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        ) | {"encipher_only": False, "decipher_only": False}
        usage = x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **bits)
        made = made.add_extension(usage, critical=True)
        if use is not None:
            made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        if address:
            made = made.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
        return Person(made.sign(by.key if by else own, hashes.SHA256()), own)

    @cached_property
    def registry(self) -> tuple[Registered, ...]:
        certificates = [self.registrar, self.revoked, self.tribunal]
        return (
            Registered("District Court of Northfield", "court", domains=(COURT, "northfieldcourt.example")),
            Registered("Ministry of Justice", "prosecutor", domains=(JUSTICE,), subdomains=True),
            Registered("Court of Chancery", "court", domains=(STRICT,), subdomains=True),
            Registered("Northfield Police", "police", domains=(POLICE,)),
            Registered("Harbour Magistrates", "court", addresses=(MAGISTRATE,)),
            Registered(
                *("Bench", "judge"), certificates=(self.bench.certificate.fingerprint(hashes.SHA256()).hex(),)
            ),
            Registered(
                *("Land Tribunal", "court"),
                domains=(SILENT,),
                subjects=("CN=Clerk of the Land Tribunal",),
                certificates=tuple(each.certificate.fingerprint(hashes.SHA256()).hex() for each in certificates),
                keys=(self.pgp.extract_certificate().fingerprint,),
            ),
        )

    def context(self, *, seen: frozenset[str] = frozenset(), names: dict[str, Answer] | None = None) -> Context:
        """All that the desk knows. A name that the zone does not have does not exist."""
        root = self.root.certificate.public_bytes(_DER)
        return Context(NOW, anchors=(root,), crls=(self.crl,), registry=self.registry, names=names or {}, seen=seen)

    def answer(self, name: str) -> Answer:
        return self.zone.get(name.lower().rstrip("."), Answer("none"))


@lru_cache(maxsize=1)
def world() -> World:
    """The one of this process."""
    return World()
