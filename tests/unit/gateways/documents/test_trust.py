# SPDX-License-Identifier: Apache-2.0
"""The folders of anchors and of the registry: what is read, and what is refused by name."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from counterseal.gateways.documents import trust
from counterseal.gateways.documents.trust import Trust, TrustError, read_trust

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
KEY = ec.derive_private_key(7, ec.SECP256R1())
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def certificate(name: str = "District Court") -> x509.Certificate:
    builder = x509.CertificateBuilder(
        named(name), named(name), KEY.public_key(), 7, NOW, NOW + dt.timedelta(days=9)
    )
    return builder.sign(KEY, hashes.SHA256())


def crl(name: str = "District Court") -> x509.CertificateRevocationList:
    builder = x509.CertificateRevocationListBuilder(named(name), NOW, NOW + dt.timedelta(days=9))
    return builder.sign(KEY, hashes.SHA256())


def test_nothing_given_trusts_nobody(tmp_path: Path) -> None:
    assert read_trust(None, None) == Trust()
    assert read_trust(tmp_path, tmp_path) == Trust()


def test_certificates_and_crls_are_read_by_content_in_both_forms(tmp_path: Path) -> None:
    one, two, first, second = certificate("One"), certificate("Two"), crl("One"), crl("Two")
    (tmp_path / "bundle.pem").write_bytes(b"# agency\n" + one.public_bytes(PEM) + first.public_bytes(PEM))
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "two").write_bytes(two.public_bytes(DER))
    (tmp_path / "below" / "two.crl").write_bytes(second.public_bytes(DER))
    (tmp_path / "README").write_text("what lies here")
    (tmp_path / ".hidden").write_text("-----BEGIN CERTIFICATE-----")
    found = read_trust(tmp_path, None)
    assert set(found.anchors) == {one.public_bytes(DER), two.public_bytes(DER)}
    assert set(found.crls) == {first.public_bytes(DER), second.public_bytes(DER)}


def test_a_certificate_in_the_registry_is_a_courts(tmp_path: Path) -> None:
    held = certificate()
    (tmp_path / "court.cer").write_bytes(held.public_bytes(DER))
    (entry,) = read_trust(None, tmp_path).registry
    assert (entry.authority, entry.role) == ("District Court", "court")
    assert entry.certificates == (held.fingerprint(hashes.SHA256()).hex(),)


def test_json_and_csv_say_the_same(tmp_path: Path) -> None:
    entry = {
        "authority": "Landgericht Köln",
        "role": "Investigating Judge",
        "country": "DE",
        "certificates": ["AB:" * 31 + "AB"],
        "domains": ["Justiz.NRW.example"],
        "addresses": ["Poststelle@justiz.nrw.example"],
        "keys": ["ABCD 1234"],
    }
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "registry.json").write_text(json.dumps([entry]), encoding="utf-8")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "registry.csv").write_text(
        "authority,role,country,certificates,domains,addresses,keys,subdomains\n"
        f"Landgericht Köln,Investigating Judge,DE,{entry['certificates'][0]},"
        "Justiz.NRW.example, Poststelle@justiz.nrw.example ,ABCD 1234,\n",
        encoding="utf-8",
    )
    one, two = (read_trust(None, tmp_path / name).registry for name in "ab")
    assert one == two
    assert one[0].role == "investigating_judge"
    assert one[0].certificates == ("ab" * 32,)
    assert one[0].domains == ("justiz.nrw.example",)
    assert one[0].keys == ("abcd1234",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.pem", "nothing", "neither a certificate nor a CRL"),
        ("x.txt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is no certificate"),
        ("x.crl", "", "neither"),
    ],
)
def test_an_anchor_that_is_none_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(TrustError, match=said) as caught:
        read_trust(tmp_path, None)
    assert name in caught.value.sentence


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("r.json", "{", "r.json"),
        ("r.json", '{"authority": "A"}', "role"),
        ("r.json", '{"authority": "A", "role": "court", "domian": "x"}', "`domian` is no field"),
        ("r.json", '{"authority": " ", "role": "court"}', "needs an authority"),
        ("r.json", '{"authority": "A", "role": "court", "certificates": ["zz"]}', "no SHA-256"),
        ("r.json", '{"authority": "A", "role": "court", "domains": ["gericht"]}', "no domain"),
        ("r.json", '{"authority": "A", "role": "court", "domains": ["königsberg.example"]}', "no domain"),
        ("r.csv", "authority,rolle\nA,court\n", "`rolle` is no field"),
        ("r.csv", "authority,role,subdomains\nA,court,perhaps\n", "line 2"),
        ("r.csv", "authority,role\nA,court,more\n", "is no field"),
    ],
)
def test_an_entry_that_is_none_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(TrustError, match=said):
        read_trust(None, tmp_path)


def test_a_folder_that_is_not_there_is_a_mistake_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="no folder"):
        read_trust(tmp_path / "anchrs", None)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "MOST_FILE", 10)
    (tmp_path / "large.pem").write_bytes(b"x" * 11)
    with pytest.raises(TrustError, match="larger than"):
        read_trust(tmp_path, None)
