# SPDX-License-Identifier: Apache-2.0
"""Reads what the desk trusts from two folders: pinned certificates with their CRLs, and the registry of signers.

Anchors: certificates (DER or PEM) and CRLs, by content, whatever the names. A CA's certificate pins that CA; a
signer's own certificate pins that signer. Registry: JSON or CSV files of `model.Registered`, and certificates of
courts as they are. Nothing else is ever trusted, the machine's own list of CAs least of all.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from counterseal.core.errors import InputError
from counterseal.judicial.model import Registered

MOST_FILE: Final = 20 * 1024 * 1024
MOST_FILES: Final = 5_000
_DER = serialization.Encoding.DER
_BLOCK: Final = re.compile(
    rb"-----BEGIN (X509 CRL|CERTIFICATE|TRUSTED CERTIFICATE)-----.*?-----END \1-----", re.DOTALL
)
_CERTIFICATES: Final = frozenset({".pem", ".crt", ".cer", ".der", ".crl"})
_LISTS: Final = frozenset({"certificates", "subjects", "domains", "addresses", "keys"})
_LOWER: Final = frozenset({"certificates", "domains", "addresses"})
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_DOMAIN: Final = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")


class TrustError(InputError):
    """A file of anchors or of the registry cannot be used; the sentence names it."""

    code = "trust_invalid"


class Trust(msgspec.Struct, frozen=True):
    """DER certificates and CRLs, and who is registered."""

    anchors: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    registry: tuple[Registered, ...] = ()


def read_trust(anchors: Path | None, registry: Path | None) -> Trust:
    """Both folders (None = nothing). Raises TrustError for a file that claims to be something and is not."""
    certificates, crls = _read_anchors(anchors)
    return Trust(tuple(certificates), tuple(crls), () if registry is None else tuple(_read_registry(registry)))


def _read_anchors(folder: Path | None) -> tuple[list[bytes], list[bytes]]:
    certificates: dict[bytes, None] = {}
    crls: dict[bytes, None] = {}
    for path in () if folder is None else _files(folder):
        some, more = _objects(path)
        certificates.update(dict.fromkeys(some))
        crls.update(dict.fromkeys(more))
        if not some and not more and path.suffix.lower() in _CERTIFICATES:
            raise TrustError(f"`{path.name}` holds neither a certificate nor a CRL", hint="give them in DER or PEM")
    return list(certificates), list(crls)


def _read_registry(folder: Path) -> Iterator[Registered]:
    for path in _files(folder):
        if path.suffix.lower() == ".json":
            yield from _json(path)
        elif path.suffix.lower() == ".csv":
            yield from _csv(path)
        else:
            for der in _objects(path)[0]:
                yield _of_certificate(der)


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise TrustError(f"there is no folder `{folder}`")
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if len(found) > MOST_FILES:
        raise TrustError(f"`{folder.name}` holds {len(found)} files; up to {MOST_FILES} are read")
    return found


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_FILE:
            raise TrustError(f"`{path.name}` is larger than {MOST_FILE} bytes")
        return path.read_bytes()
    except OSError as error:
        raise TrustError(f"`{path.name}` cannot be read: {error.strerror}") from None


def _objects(path: Path) -> tuple[list[bytes], list[bytes]]:
    """Certificates and CRLs of one file, as DER. A PEM block that is broken raises."""
    data = _bytes(path)
    certificates: list[bytes] = []
    crls: list[bytes] = []
    for block in _BLOCK.finditer(data):
        read = x509.load_pem_x509_crl if block[1] == b"X509 CRL" else x509.load_pem_x509_certificate
        made = _parsed(read, block[0].replace(b"TRUSTED CERTIFICATE", b"CERTIFICATE"))
        if made is None:
            raise TrustError(f"`{path.name}` holds a block that is no {block[1].decode().lower()}")
        (crls if block[1] == b"X509 CRL" else certificates).append(made)
    if not certificates and not crls and data.startswith(b"\x30"):
        certificate, crl = _parsed(x509.load_der_x509_certificate, data), _parsed(x509.load_der_x509_crl, data)
        certificates += [] if certificate is None else [certificate]
        crls += [] if crl is None else [crl]
    return certificates, crls


def _parsed(read: Callable[[bytes], Any], data: bytes) -> bytes | None:
    try:
        made: bytes = read(data).public_bytes(_DER)
    except (ValueError, TypeError):
        return None
    return made


def _of_certificate(der: bytes) -> Registered:
    """A certificate that lies in the registry is a court's: whoever may write there decided so."""
    certificate = x509.load_der_x509_certificate(der)
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    authority = str(names[0].value) if names else certificate.subject.rfc4514_string()
    return Registered(authority, "court", certificates=(certificate.fingerprint(hashes.SHA256()).hex(),))


def _json(path: Path) -> Iterator[Registered]:
    """One entry, or a list of them."""
    try:
        given = msgspec.json.decode(_bytes(path))
        items = given if isinstance(given, list) else [given]
        for item in items:
            unknown = set(item) - set(Registered.__struct_fields__) if isinstance(item, dict) else set()
            if unknown:
                raise TrustError(f"`{path.name}`: `{min(unknown)}` is no field of an entry")
            yield _sound(path, msgspec.convert(item, Registered))
    except msgspec.MsgspecError as error:
        raise TrustError(f"`{path.name}`: {str(error).lower()}") from None


def _csv(path: Path) -> Iterator[Registered]:
    """A header line with the names of the fields; several values of one field are parted by `;` (RFC 4180)."""
    try:
        rows = list(csv.DictReader(io.StringIO(_bytes(path).decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        raise TrustError(f"`{path.name}` is no CSV in UTF-8") from None
    for number, row in enumerate(rows, 2):
        unknown = {str(name) for name in row} - set(Registered.__struct_fields__)
        if unknown:
            raise TrustError(f"`{path.name}`: `{min(unknown)}` is no field of an entry")
        fields = {name: _several(value) if name in _LISTS else value for name, value in row.items() if value}
        try:
            yield _sound(path, msgspec.convert(fields, Registered, strict=False))
        except msgspec.ValidationError as error:
            raise TrustError(f"`{path.name}`, line {number}: {str(error).lower()}") from None


def _several(value: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in value.split(";") if each.strip())


def _sound(path: Path, entry: Registered) -> Registered:
    """In the form that checks compare with. Raises TrustError."""
    lowered = {name: tuple(value.lower() for value in getattr(entry, name)) for name in _LOWER}
    lowered["certificates"] = tuple(value.replace(":", "") for value in lowered["certificates"])
    lowered["keys"] = tuple(value.replace(" ", "").lower() for value in entry.keys)
    for value in lowered["certificates"]:
        if not _FINGERPRINT.fullmatch(value):
            raise TrustError(f"`{path.name}`: `{value[:80]}` is no SHA-256 of a certificate in hex")
    for value in lowered["domains"]:
        if not _DOMAIN.fullmatch(value):
            raise TrustError(f"`{path.name}`: `{value[:80]}` is no domain", hint="write it in ASCII (xn--...)")
    if not entry.authority.strip() or not entry.role.strip():
        raise TrustError(f"`{path.name}`: an entry needs an authority and a role")
    return msgspec.structs.replace(entry, role=entry.role.strip().lower().replace(" ", "_"), **lowered)
