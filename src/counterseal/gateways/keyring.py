# SPDX-License-Identifier: Apache-2.0
"""Keys at rest and in use.

`MasterKey` is the port to a key management service: what lies in the store is wrapped under it. Here are the
adapters for a file and for an environment variable; kms_pkcs11.py has the one for a token (HSM), kms_paired.py
the pair that opens what either of two keys wrapped. All pass tests/contract/test_master_key.py. Signing keys
(seal, log, and the offline root) are random; the store keeps the wrapped blob, and the purpose is part of the
wrapping, so that no key can be taken for another.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from counterseal.core.errors import CountersealError
from counterseal.sdk import jwk, jws
from counterseal.sdk.models import KEY_SET_TYPE

KEY_SIZE = 32  # bytes
NONCE_SIZE = 12  # bytes (NIST SP 800-38D, 8.2)
ENVIRONMENT_VARIABLE = "COUNTERSEAL_MASTER_KEY"
MAX_FILE_SIZE = 256  # bytes: base64 of 32 bytes and a newline need 45
PURPOSES = frozenset({"seal", "log", "webhook", "page", "root"})
ROOT = "root"
_ANONYMOUS = b"\x01"  # AES-256-GCM: version || nonce || ciphertext || tag; read, no longer written
_VERSION = b"\x02"  # the same behind the id of the key: version || key id || nonce || ciphertext || tag
KEY_ID_SIZE = 8  # bytes; tells keys apart, proves nothing
_HEAD = 1 + KEY_ID_SIZE
_WRAP = b"counterseal/wrap/1/"
_NAME = b"counterseal/id/1"
_DERIVE = b"counterseal/derive/1/"

Random = Callable[[int], bytes]


class KeyringError(CountersealError):
    """Key material is missing, unsafe or does not open.

    Codes: master_key_invalid, key_unwrap, key_purpose, key_set_life, key_set_private.
    """

    code = "master_key_invalid"


class MasterKey(Protocol):
    """The port to a key management service. `context` names what is wrapped and where it belongs.

    A service that is away raises StoreUnavailableError: then nothing is decided (503)."""

    @property
    def key_id(self) -> bytes:
        """KEY_ID_SIZE bytes that tell this key from others; in clear at the head of what it wraps (`key_of`)."""
        ...

    def wrap(self, data: bytes, context: bytes, /) -> bytes:
        """Encrypt and authenticate `data`, bound to `context`."""
        ...

    def unwrap(self, blob: bytes, context: bytes, /) -> bytes:
        """What was wrapped under this very context; raises KeyringError (key_unwrap)."""
        ...

    def derive(self, purpose: str, /) -> bytes:
        """32 bytes for one purpose, the same each time under this key. They end with it: only stores of before key
        rings took their secrets from here (wiring/keys.py)."""
        ...


def key_of(blob: bytes) -> bytes:
    """The id of the key that wrapped `blob`; empty where the blob is of the first version, which names none."""
    return b"" if blob[:1] == _ANONYMOUS else blob[1:_HEAD]


class LocalMasterKey:
    """A master key in this process's memory; `random` makes nonces."""

    def __init__(self, key: bytes, *, random: Random = os.urandom) -> None:
        if len(key) != KEY_SIZE:
            raise KeyringError(f"the master key does not have {KEY_SIZE} bytes")
        if len(set(key)) == 1:
            raise KeyringError("the master key is one byte repeated, not a key")
        self._key = key
        self._random = random
        self._key_id = self._derived(_NAME)[:KEY_ID_SIZE]

    @property
    def key_id(self) -> bytes:
        """Derived from the key (RFC 5869)."""
        return self._key_id

    def __repr__(self) -> str:
        """Without the key: reprs end up in logs."""
        return "LocalMasterKey(<32 bytes>)"

    def wrap(self, data: bytes, context: bytes, /) -> bytes:
        """AES-256-GCM under a key of its own for each context, which is also its associated data.

        A key for each context keeps random 96-bit nonces far from their limit of 2^32 under one key.
        """
        nonce = self._random(NONCE_SIZE)
        if len(nonce) != NONCE_SIZE:
            raise KeyringError(f"the random source gave {len(nonce)} bytes instead of {NONCE_SIZE}")
        head = _VERSION + self._key_id
        return head + nonce + AESGCM(self._derived(_WRAP + context)).encrypt(nonce, data, head + context)

    def unwrap(self, blob: bytes, context: bytes, /) -> bytes:
        """The data; raises KeyringError if the blob was changed, is another's, or is of a later version."""
        if blob[:1] not in (_ANONYMOUS, _VERSION):
            raise KeyringError("the wrapped key has an unknown version", code="key_unwrap")
        head = blob[:_HEAD] if blob[:1] == _VERSION else b""
        begin = len(head) or 1
        nonce, sealed = blob[begin : begin + NONCE_SIZE], blob[begin + NONCE_SIZE :]
        try:
            return AESGCM(self._derived(_WRAP + context)).decrypt(nonce, sealed, head + context)
        except (InvalidTag, ValueError) as error:
            raise KeyringError(
                "the wrapped key does not open",
                code="key_unwrap",
                hint="it was changed, belongs elsewhere, or this is another master key",
            ) from error

    def seed(self) -> bytes:
        """The key itself, for a root key that is kept in the same form of file."""
        return self._key

    def derive(self, purpose: str, /) -> bytes:
        """HKDF-SHA256 (RFC 5869) of the master key with the purpose as info."""
        return self._derived(_DERIVE + purpose.encode())

    def _derived(self, info: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=info).derive(self._key)


def parse_master_key(text: str, *, random: Random = os.urandom) -> LocalMasterKey:
    """A master key from standard base64 of 32 bytes (a final newline is fine); raises KeyringError."""
    try:
        key = base64.b64decode(text.removesuffix("\n").encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise KeyringError("the master key is not base64") from error
    return LocalMasterKey(key, random=random)


def master_key_from_environment(
    environment: Mapping[str, str], *, variable: str = ENVIRONMENT_VARIABLE, random: Random = os.urandom
) -> LocalMasterKey:
    """The master key of an environment variable; raises KeyringError if it is absent or malformed."""
    text = environment.get(variable)
    if text is None:
        raise KeyringError(f"the environment variable `{variable}` is not set")
    return parse_master_key(text, random=random)


def master_key_from_file(path: Path, *, random: Random = os.urandom) -> LocalMasterKey:
    """The master key of a file that only its owner may read; raises KeyringError."""
    return parse_master_key(read_key_file(path).decode("utf-8", "replace"), random=random)


def read_key_file(path: Path, name: str = "master key file") -> bytes:
    """A short secret from a file that only its owner may read; raises KeyringError.

    Owner and mode are checked on the open file, so that it cannot be swapped between check and read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise KeyringError(f"the {name} `{path}` cannot be opened") from error
    try:
        _check_file(os.fstat(descriptor), path, name)
        data = os.read(descriptor, MAX_FILE_SIZE + 1)
    finally:
        os.close(descriptor)
    if len(data) > MAX_FILE_SIZE:
        raise KeyringError(f"the {name} `{path}` is too long for a key")
    return data


def _check_file(status: os.stat_result, path: Path, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyringError(f"the {name} `{path}` is not a regular file")
    others = stat.S_IRWXG | stat.S_IRWXO
    held = os.environ.get("CREDENTIALS_DIRECTORY")
    if held and path.parent == Path(held) and status.st_uid == status.st_gid == 0:
        # A credential of systemd: root's, and an access list for this service alone shows as its group's right.
        others &= ~stat.S_IRGRP
    if status.st_mode & others:
        raise KeyringError(f"others may open the {name} `{path}`", hint=f"chmod 600 {path}")
    if status.st_uid not in (os.geteuid(), 0):
        raise KeyringError(f"the {name} `{path}` belongs to another user")


def create_master_key_file(path: Path, *, random: Random = os.urandom) -> LocalMasterKey:
    """Make a new master key file of mode 0600, on the disk when this returns; never writes over one."""
    key = random(KEY_SIZE)
    master = LocalMasterKey(key, random=random)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise KeyringError(f"the master key file `{path}` cannot be made", hint=str(error.strerror)) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(descriptor)
    return master


class SigningKey:
    """An Ed25519 key for one purpose. `kid` is the RFC 7638 thumbprint of its public half."""

    def __init__(self, purpose: str, seed: bytes) -> None:
        if purpose not in PURPOSES:
            raise KeyringError(f"`{purpose}` is not the purpose of any key", code="key_purpose")
        if len(seed) != KEY_SIZE:
            raise KeyringError(f"a signing key has {KEY_SIZE} bytes", code="key_purpose")
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.purpose = purpose
        self.public = self._private.public_key().public_bytes_raw()
        self.kid = jwk.thumbprint(self.public)

    def __repr__(self) -> str:
        """Without the private half: reprs end up in logs."""
        return f"SigningKey({self.purpose}, kid={self.kid})"

    def at(self, _now: int, /) -> SigningKey:
        """This key at every time: a ring of one."""
        return self

    def sign(self, message: bytes, /) -> bytes:
        """The 64-byte Ed25519 signature (RFC 8032); deterministic."""
        return self._private.sign(message)

    def seed(self) -> bytes:
        """The private half, for signers of another form (the log's notes). Never shown, never logged."""
        return self._seed

    def public_jwk(self) -> dict[str, str]:
        """The public JWK with the member `purpose`: verifiers pass keys of other purposes over."""
        return {**jwk.public_jwk(self.public), "purpose": self.purpose}

    def wrapped(self, master: MasterKey) -> bytes:
        """What the store keeps."""
        return master.wrap(self._seed, signing_context(self.purpose))


def new_signing_key(purpose: str, random: Random) -> SigningKey:
    """A fresh random key for one of PURPOSES."""
    return SigningKey(purpose, random(KEY_SIZE))


def load_signing_key(purpose: str, blob: bytes, master: MasterKey) -> SigningKey:
    """The key of a wrapped blob; raises KeyringError also if it was made for another purpose."""
    return SigningKey(purpose, master.unwrap(blob, signing_context(purpose)))


def sign_jwks(root: SigningKey, jwks: list[dict[str, str]], now: int, expires: int) -> str:
    """The key set as a JWS of type `jwk-set+jwt` under the offline root. Times in ms; whole seconds inside."""
    if root.purpose != ROOT:
        raise KeyringError("only the root key signs key sets", code="key_purpose")
    if expires <= now:
        raise KeyringError("the key set would expire before it begins", code="key_set_life")
    for member in jwks:
        if "d" in member:
            raise KeyringError("a key of the set holds its private half", code="key_set_private")
    payload = msgspec.json.encode({"keys": jwks, "iat": now // 1000, "exp": expires // 1000})
    return jws.sign(payload, typ=KEY_SET_TYPE, kid=root.kid, signer=root.sign)


def signing_context(purpose: str) -> bytes:
    """What the signing key of a purpose is wrapped for."""
    return b"signing-key/" + purpose.encode()
