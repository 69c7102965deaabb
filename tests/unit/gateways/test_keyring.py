# SPDX-License-Identifier: Apache-2.0
"""The master key, wrapped signing keys and signed key sets."""

from __future__ import annotations

import base64
import hmac
import os
import stat
import subprocess
import sys
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from counterseal.gateways.keyring import (
    ENVIRONMENT_VARIABLE,
    PURPOSES,
    KeyringError,
    LocalMasterKey,
    SigningKey,
    create_master_key_file,
    key_of,
    load_signing_key,
    master_key_from_environment,
    master_key_from_file,
    new_signing_key,
    parse_master_key,
    sign_jwks,
)
from counterseal.gateways.kms_paired import PairedMasterKey
from counterseal.sdk import jwk, jws
from counterseal.sdk.errors import KeyInputError
from tests.support.sealing import LOG_KEY, NOW, ROOT, SEAL_KEY, url64

RAW = bytes(range(32))
TEXT = base64.b64encode(RAW).decode()
MASTER = LocalMasterKey(RAW)
OTHER = LocalMasterKey(bytes(range(1, 33)))


@given(data=st.binary(max_size=200), context=st.binary(max_size=40))
def test_what_is_wrapped_opens_under_the_same_key_and_context(data: bytes, context: bytes) -> None:
    blob = MASTER.wrap(data, context)
    assert MASTER.unwrap(blob, context) == data
    assert blob[0] == 2
    assert len(blob) == 1 + 8 + 12 + len(data) + 16


@given(data=st.binary(min_size=8, max_size=40), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_changed_blob_does_not_open(data: bytes, place: int, bit: int) -> None:
    blob = bytearray(MASTER.wrap(data, b"c"))
    blob[place % len(blob)] ^= 1 << bit
    with pytest.raises(KeyringError) as caught:
        MASTER.unwrap(bytes(blob), b"c")
    assert caught.value.code == "key_unwrap"


@given(st.binary(max_size=64))
def test_any_other_bytes_do_not_open(blob: bytes) -> None:
    for each in (blob, b"\1" + blob):
        with pytest.raises(KeyringError):
            MASTER.unwrap(each, b"c")


def test_another_context_or_master_key_does_not_open_it() -> None:
    blob = MASTER.wrap(b"data", b"subject/alice")
    for master, context in ((OTHER, b"subject/alice"), (MASTER, b"subject/bob"), (MASTER, b"")):
        with pytest.raises(KeyringError):
            master.unwrap(blob, context)


def test_blobs_of_the_first_version_stay_readable() -> None:
    """By hand: version || nonce || AES-256-GCM under the key of the context, without the key's id."""
    extracted = hmac.digest(bytes(32), RAW, "sha256")
    key = hmac.digest(extracted, b"counterseal/wrap/1/c\1", "sha256")
    blob = b"\1" + b"n" * 12 + AESGCM(key).encrypt(b"n" * 12, b"data", b"c")
    assert key_of(blob) == b""
    assert MASTER.unwrap(blob, b"c") == b"data"
    with pytest.raises(KeyringError):
        OTHER.unwrap(blob, b"c")
    assert PairedMasterKey(OTHER, MASTER).unwrap(blob, b"c") == b"data"
    assert PairedMasterKey(MASTER, OTHER).unwrap(blob, b"c") == b"data"


def test_a_pair_is_of_two_keys() -> None:
    with pytest.raises(KeyringError):
        PairedMasterKey(MASTER, LocalMasterKey(RAW))


def test_wrapping_twice_differs() -> None:
    assert MASTER.wrap(b"data", b"c") != MASTER.wrap(b"data", b"c")


def test_a_bad_source_of_nonces_is_refused() -> None:
    with pytest.raises(KeyringError):
        LocalMasterKey(RAW, random=lambda count: b"\0" * (count - 1)).wrap(b"data", b"c")


def test_derived_keys_differ_by_purpose_and_stay_the_same() -> None:
    keys = {purpose: MASTER.derive(purpose) for purpose in ("code pepper", "link", "")}
    assert len({*keys.values(), RAW}) == 4
    assert keys["link"] == LocalMasterKey(RAW).derive("link") != OTHER.derive("link")
    # By hand (RFC 5869, one block): a change of the derivation would void what was made under it.
    extracted = hmac.digest(bytes(32), RAW, "sha256")
    assert keys["link"] == hmac.digest(extracted, b"counterseal/derive/1/link\1", "sha256")


def test_the_key_is_not_in_the_repr() -> None:
    assert TEXT not in repr(MASTER)
    assert str(RAW) not in repr(MASTER)
    assert "seed" not in repr(SEAL_KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        base64.b64encode(RAW[:31]).decode(),
        base64.b64encode(RAW + b"x").decode(),
        RAW.hex(),
        TEXT + " ",
        " " + TEXT,
        TEXT + "\n\n",
        TEXT.rstrip("="),
        TEXT.replace("A", "!"),
        base64.b64encode(bytes(32)).decode(),
        base64.b64encode(b"\xff" * 32).decode(),
        "\ud800",
        "é" * 44,
    ],
)
def test_other_master_keys_are_refused(text: str) -> None:
    with pytest.raises(KeyringError) as caught:
        parse_master_key(text)
    assert caught.value.code == "master_key_invalid"
    assert not text.strip() or text.strip() not in str(caught.value)


def test_the_environment_s_key() -> None:
    assert master_key_from_environment({ENVIRONMENT_VARIABLE: TEXT}).derive("x") == MASTER.derive("x")
    assert master_key_from_environment({"OTHER": TEXT + "\n"}, variable="OTHER").derive("x") == MASTER.derive("x")
    with pytest.raises(KeyringError, match="COUNTERSEAL_MASTER_KEY"):
        master_key_from_environment({})


def test_a_new_file_is_its_owner_s_and_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    previous = os.umask(0)
    try:
        made = create_master_key_file(path)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert master_key_from_file(path).unwrap(made.wrap(b"data", b"c"), b"c") == b"data"
    before = path.read_bytes()
    with pytest.raises(KeyringError):
        create_master_key_file(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o602, 0o601, 0o777])
def test_a_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    create_master_key_file(path)
    path.chmod(mode)
    with pytest.raises(KeyringError) as caught:
        master_key_from_file(path)
    assert caught.value.hint == f"chmod 600 {path}"
    path.chmod(0o400)
    assert master_key_from_file(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="systemd's credentials belong to root")
def test_a_credential_of_systemd_may_show_a_right_of_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manager gives the service an access list; `stat` shows its mask as the right of the group."""
    path = tmp_path / "master.key"
    create_master_key_file(path)
    path.chmod(0o440)
    with pytest.raises(KeyringError):
        master_key_from_file(path)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert master_key_from_file(path)
    path.chmod(0o444)
    with pytest.raises(KeyringError):
        master_key_from_file(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_master_key_file(path)
    os.chown(path, 12345, 12345)
    with pytest.raises(KeyringError, match="another user"):
        master_key_from_file(path)


def test_what_is_no_key_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "long").write_bytes(b"A" * 10_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe" + RAW)
    for name in ("long", "binary"):
        (tmp_path / name).chmod(0o600)
    for path in (*tmp_path.iterdir(), tmp_path, tmp_path / "absent", Path("nul\0byte")):
        with pytest.raises(KeyringError):
            master_key_from_file(path)


def test_a_link_to_a_safe_file_is_followed(tmp_path: Path) -> None:
    """Secrets mounted into a container are links."""
    create_master_key_file(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert master_key_from_file(tmp_path / "link")


def test_rfc_8037_appendix_a() -> None:
    """A.2 public key, A.3 thumbprint, A.4 signature (over a header that holds `alg` only)."""
    seed = jws.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    key = SigningKey("seal", seed)
    assert key.public_jwk()["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    assert jws.encode(key.sign(message)) == expected


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_a_signing_key_comes_back_for_its_purpose_only(purpose: str) -> None:
    key = new_signing_key(purpose, os.urandom)
    blob = key.wrapped(MASTER)
    assert load_signing_key(purpose, blob, MASTER).kid == key.kid
    for other in PURPOSES - {purpose}:
        with pytest.raises(KeyringError):
            load_signing_key(other, blob, MASTER)
    with pytest.raises(KeyringError):
        load_signing_key(purpose, blob, OTHER)


def test_keys_are_random_and_of_known_purpose() -> None:
    assert new_signing_key("log", os.urandom).kid != new_signing_key("log", os.urandom).kid
    for purpose, size in (("attack", 32), ("", 32), ("seal", 31), ("seal", 0)):
        with pytest.raises(KeyringError):
            new_signing_key(purpose, lambda _, size=size: b"k" * size)


def test_the_public_jwk_holds_no_private_part() -> None:
    assert set(SEAL_KEY.public_jwk()) == {"kty", "crv", "x", "kid", "alg", "use", "purpose"}
    assert SEAL_KEY.public_jwk()["purpose"] == "seal"
    Ed25519PublicKey.from_public_bytes(SEAL_KEY.public).verify(SEAL_KEY.sign(b"m"), b"m")


def test_a_key_set_opens_with_a_common_library() -> None:
    text = sign_jwks(ROOT, [SEAL_KEY.public_jwk(), LOG_KEY.public_jwk()], NOW, NOW + 60_999)
    root = jwt.PyJWK(ROOT.public_jwk())
    body = jwt.decode(text, root, algorithms=["EdDSA"], options={"verify_exp": False, "verify_iat": False})
    assert body["keys"] == [SEAL_KEY.public_jwk(), LOG_KEY.public_jwk()]
    assert (body["iat"], body["exp"]) == (NOW // 1000, NOW // 1000 + 60)
    assert jwt.get_unverified_header(text) == {"alg": "EdDSA", "typ": "jwk-set+jwt", "kid": ROOT.kid}
    assert text == sign_jwks(ROOT, [SEAL_KEY.public_jwk(), LOG_KEY.public_jwk()], NOW, NOW + 60_999)


def test_only_the_root_signs_key_sets_and_only_public_keys() -> None:
    with pytest.raises(KeyringError):
        sign_jwks(SEAL_KEY, [SEAL_KEY.public_jwk()], NOW, NOW + 1000)
    with pytest.raises(KeyringError):
        sign_jwks(ROOT, [{**SEAL_KEY.public_jwk(), "d": url64(b"\x05\x06" * 16)}], NOW, NOW + 1000)
    with pytest.raises(KeyringError):
        sign_jwks(ROOT, [SEAL_KEY.public_jwk()], NOW, NOW)


P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P


def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """The addition law of edwards25519 (RFC 8032, 5.1)."""
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P
    return x3, (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P


def point(raw: bytes) -> tuple[int, int] | None:
    """RFC 8032, 5.1.3."""
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return None if (x * x - square) % P else (x, y % P)


def test_the_list_of_small_order_points_is_right_and_complete() -> None:
    """Eight times such a point is the neutral element, so a signature under it can be made by anybody."""
    for value in jwk._SMALL_ORDER:
        raw = value.to_bytes(32, "little")
        decoded = point(raw)
        assert decoded is not None
        double = add(decoded, decoded)
        assert add(add(double, double), add(double, double)) == (0, 1)
        for sign in (0, 0x80):
            with pytest.raises(KeyInputError):
                jwk.public_key(raw[:31] + bytes((raw[31] | sign,)))
    # 8 points have 5 different y (0, 1, -1 and two more, each of which belongs to two or four x).
    assert len({value % P for value in jwk._SMALL_ORDER}) == 5
    assert jwk.public_key(SEAL_KEY.public)


def test_a_signature_under_a_small_order_key_needs_no_private_key() -> None:
    """Why the list exists: the library itself accepts such a key and a made-up signature."""
    neutral = (1).to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"pay the attacker")


def test_the_keyring_loads_without_the_server() -> None:
    """A root ceremony runs on a machine without database or web server."""
    code = "import sys, counterseal.gateways.keyring; print('fastapi' in sys.modules, 'sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]
