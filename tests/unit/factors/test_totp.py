# SPDX-License-Identifier: Apache-2.0
"""TOTP against the published vectors, an independent implementation, and misuse."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.factors.model import FactorSecretError, Fault, Refused, Verified
from counterseal.factors.totp import (
    NEVER,
    STEP,
    TotpSeed,
    code_at,
    decode_seed,
    encode_seed,
    new_seed,
    parse_seed,
    seed_picture,
    seed_text,
    seed_uri,
    step_at,
    verify_totp,
)

TEXT = b"1234567890" * 7
SEEDS = {name: TotpSeed(TEXT[:size], name, 8) for name, size in (("sha1", 20), ("sha256", 32), ("sha512", 64))}
# RFC 4226, appendix D: counters 0 to 9.
HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
# RFC 6238, appendix B: seconds -> the codes of SHA1, SHA256, SHA512.
TOTP = {
    59: ("94287082", "46119246", "90693936"),
    1111111109: ("07081804", "68084774", "25091201"),
    1111111111: ("14050471", "67062674", "99943326"),
    1234567890: ("89005924", "91819424", "93441116"),
    2000000000: ("69279037", "90698825", "38618901"),
    20000000000: ("65353130", "77737706", "47863826"),
}
NOW = 1_717_900_000_000
STEP_NOW = step_at(NOW)
SEED = TotpSeed(TEXT[:20])


def test_rfc_4226_appendix_d() -> None:
    assert [code_at(SEED, counter) for counter in range(10)] == HOTP


@pytest.mark.parametrize(("seconds", "codes"), TOTP.items())
def test_rfc_6238_appendix_b(seconds: int, codes: tuple[str, ...]) -> None:
    now = seconds * 1000
    assert tuple(code_at(seed, step_at(now)) for seed in SEEDS.values()) == codes
    for seed, code in zip(SEEDS.values(), codes, strict=True):
        assert verify_totp(seed, code, now) == Verified(step=now // STEP)


@given(
    secret=st.binary(min_size=16, max_size=64),
    algorithm=st.sampled_from(["sha1", "sha256", "sha512"]),
    digits=st.integers(6, 8),
    seconds=st.integers(0, 2**36),
)
def test_agrees_with_pyotp(secret: bytes, algorithm: str, digits: int, seconds: int) -> None:
    oracle = pyotp.TOTP(base64.b32encode(secret).decode(), digits=digits, digest=getattr(hashlib, algorithm))
    assert code_at(TotpSeed(secret, algorithm, digits), seconds // 30) == oracle.at(seconds)


@pytest.mark.needs("oathtool")
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("digits", [6, 7, 8])
def test_agrees_with_oathtool(algorithm: str, digits: int) -> None:
    at = f"@{NOW // 1000}"
    command = [
        "oathtool",
        f"--totp={algorithm}",
        f"--digits={digits}",
        "--window=3",
        f"--now={at}",
        TEXT[:32].hex(),
    ]
    codes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    seed = TotpSeed(TEXT[:32], algorithm, digits)
    assert [code_at(seed, STEP_NOW + n) for n in range(4)] == codes


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_one_step_either_side_is_accepted(offset: int) -> None:
    assert verify_totp(SEED, code_at(SEED, STEP_NOW + offset), NOW) == Verified(step=STEP_NOW + offset)


@pytest.mark.parametrize("offset", [-3, -2, 2, 3])
def test_further_steps_are_refused(offset: int) -> None:
    assert verify_totp(SEED, code_at(SEED, STEP_NOW + offset), NOW) == Refused(Fault.MISMATCH)


def test_a_step_is_never_accepted_twice() -> None:
    code = code_at(SEED, STEP_NOW)
    first = verify_totp(SEED, code, NOW, NEVER)
    assert isinstance(first, Verified)
    assert first.step is not None
    for later in (0, 1, STEP - 1, STEP):
        assert verify_totp(SEED, code, NOW + later, first.step) == Refused(Fault.STEP_USED)


def test_a_step_before_the_last_one_is_refused() -> None:
    """Codes cannot be used out of order: the older one may have been read over a shoulder."""
    assert verify_totp(SEED, code_at(SEED, STEP_NOW - 1), NOW, STEP_NOW) == Refused(Fault.STEP_USED)
    assert verify_totp(SEED, code_at(SEED, STEP_NOW + 1), NOW, STEP_NOW) == Verified(step=STEP_NOW + 1)


def test_spaces_as_apps_show_them_are_passed_over() -> None:
    code = code_at(SEED, STEP_NOW)
    assert verify_totp(SEED, f" {code[:3]} {code[3:]} ", NOW)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "12345",
        "1234567",
        "12345a",
        "+12345",
        "-12345",
        "1_2345",
        "1٢3456",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "12345\n",
        "\ud800" * 6,
    ],
)
def test_malformed_codes_are_refused(code: str) -> None:
    assert verify_totp(SEED, code, NOW) == Refused(Fault.MALFORMED)


@given(code=st.text(max_size=12), now=st.integers(0, 2**45), last=st.integers(-1, 2**40))
def test_any_text_gets_a_verdict(code: str, now: int, last: int) -> None:
    verdict = verify_totp(SEED, code, now, last)
    assert isinstance(verdict, Verified | Refused)
    assert bool(verdict) is isinstance(verdict, Verified)
    if isinstance(verdict, Verified):
        assert verdict.step is not None
        assert abs(verdict.step - step_at(now)) <= 1
        assert verdict.step > last


def test_every_refusal_says_the_same_in_public() -> None:
    sentences = {Refused(fault).sentence for fault in Fault}
    assert sentences == {"the proof was not accepted"}


@pytest.mark.parametrize("text", ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "GEZDGNBVGY3TQOJQGEZDGNBVGY======"])
def test_a_base32_seed_is_read_with_or_without_padding(text: str) -> None:
    seed = parse_seed(text)
    assert seed.secret == TEXT[:20] if "=" not in text else TEXT[:16]
    assert parse_seed(text.rstrip("=")) == seed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GEZDGNBVGY3TQOJQGEZDGNBV",  # 120 bits
        "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
        "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ0",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY=",  # padding cut short
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ========",
        "GEZDGNBVGY3TQOJQGEZDGNBVGZ",  # trailing bits not zero
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3",  # no whole number of bytes
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n",
        "A" * 210,  # over 1024 bits
        "ΓEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    ],
)
def test_what_is_not_strict_base32_of_enough_bits_is_refused(text: str) -> None:
    with pytest.raises(FactorSecretError):
        parse_seed(text)


@pytest.mark.parametrize(("algorithm", "digits"), [("md5", 6), ("SHA1", 6), ("sha1", 5), ("sha1", 9), ("sha1", 10)])
def test_other_algorithms_and_lengths_are_refused(algorithm: str, digits: int) -> None:
    with pytest.raises(FactorSecretError):
        TotpSeed(TEXT[:20], algorithm, digits)


@given(st.binary(min_size=16, max_size=128))
def test_stored_and_read_back(secret: bytes) -> None:
    seed = TotpSeed(secret, "sha512", 7)
    assert decode_seed(encode_seed(seed)) == seed
    text = base64.b32encode(secret).decode()
    assert parse_seed(text, algorithm="sha512", digits=7) == seed


@given(st.binary(max_size=80))
def test_other_stored_bytes_are_an_error(data: bytes) -> None:
    try:
        seed = decode_seed(data)
    except FactorSecretError:
        return
    assert encode_seed(seed)[:1] == data[:1]


def test_a_new_seed_takes_160_random_bits() -> None:
    assert len(new_seed(os.urandom).secret) == 20
    assert new_seed(os.urandom) != new_seed(os.urandom)
    with pytest.raises(FactorSecretError):
        new_seed(lambda count: b"\1" * (count - 1))


def test_the_secret_is_not_in_the_repr() -> None:
    assert "1234567890" not in repr(SEED)


def test_the_otpauth_text_is_what_an_app_reads() -> None:
    uri = seed_uri(SEED, issuer="Börse & Co", account="alice@example.com")
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Börse & Co:alice@example.com"
    assert "+" not in uri
    read = pyotp.parse_uri(uri)
    assert read.secret == base64.b32encode(SEED.secret).decode()
    assert (read.issuer, read.name) == ("Börse & Co", "alice@example.com")
    assert parse_qs(parts.query)["period"] == ["30"]
    assert isinstance(read, pyotp.TOTP)
    assert verify_totp(SEED, read.at(NOW // 1000), NOW)


@pytest.mark.parametrize(("issuer", "account"), [("", "a"), ("a", ""), ("a:b", "c"), ("a", "b:c")])
def test_a_label_that_an_app_would_misread_is_refused(issuer: str, account: str) -> None:
    with pytest.raises(FactorSecretError):
        seed_uri(SEED, issuer=issuer, account=account)


@pytest.mark.needs("oathtool")
def test_what_the_owner_is_offered_is_what_oathtool_shows() -> None:
    """The base32 text of a fresh seed, as an app that scans or types it would read it."""
    seed = new_seed(os.urandom)
    stamp = f"{NOW // 1000} seconds"
    command = ["oathtool", "--totp", "--base32", seed_text(seed), "--now", f"1970-01-01 00:00:00 UTC + {stamp}"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert verify_totp(parse_seed(seed_text(seed)), shown, NOW) == Verified(step=STEP_NOW)


def test_the_picture_is_an_image_without_a_script() -> None:
    """One SVG element of a white field and dark paths, of at least the smallest code's size."""
    root = ET.fromstring(seed_picture(seed_uri(SEED, issuer="Exchange", account="ada")))  # noqa: S314
    assert {each.tag.rpartition("}")[2] for each in root.iter()} == {"svg", "title", "g", "path"}
    assert {each.attrib.get("fill") for each in root.iter()} >= {"#fff"}
    assert int(root.attrib["width"]) >= 4 * 21
