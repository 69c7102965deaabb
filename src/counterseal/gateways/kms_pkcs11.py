# SPDX-License-Identifier: Apache-2.0
"""A master key that never leaves its token (HSM), by PKCS#11 v2.40.

The key is a sensitive AES-256 key that cannot be extracted. The token wraps with AES-GCM (NIST SP 800-38D); the
context is associated data, the nonce is random, so one key may wrap 2^32 values (8.3: two for each account).
When a call fails, the token is asked for a known answer: if it gives it, the blob is at fault; if not, the session
is opened again, then the library started anew. Only then is the token away.

    version(1) || key id(8) || nonce(12) || ciphertext || tag(16)
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pkcs11
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass

from counterseal.core.transaction import StoreUnavailableError
from counterseal.gateways.keyring import KEY_ID_SIZE, KEY_SIZE, NONCE_SIZE, KeyringError, Random

VERSION = b"\x03"
TAG_BITS = 128
_HEAD = 1 + KEY_ID_SIZE
_CHECK = b"counterseal/kid/"  # one block: its encryption under the key names the key
_DERIVE = b"counterseal/derive/3/"
_PIN_FAULTS = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked, pkcs11.PinExpired)


class TokenAwayError(StoreUnavailableError):
    """The token, its library or its key cannot be used now: nothing can be opened, so nothing is decided (503).

    Codes: kms_away, kms_pin, kms_key.
    """

    code = "kms_away"


class TokenSite(msgspec.Struct, frozen=True):
    """Where the key lies: `module` is the library's path, `token` and `label` the labels of token and key."""

    module: str
    token: str
    label: str


class _Library:
    """One library in this process. It is started without locks of its own (C_Initialize with NULL), so calls come
    one after the other; `generation` counts its starts, after which handles of before may name something else."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.lock = threading.RLock()
        self.generation = 0

    def start_anew(self) -> None:
        """A token that was taken out, or put back, is seen only so."""
        self.generation += 1
        with contextlib.suppress(pkcs11.PKCS11Error, RuntimeError):
            pkcs11.lib(self.module).reinitialize()


_libraries: dict[str, _Library] = {}


def _library(module: str) -> _Library:
    return _libraries.setdefault(module, _Library(module))


class Pkcs11MasterKey:
    """`pin` is called when a session logs in, and what it gives is kept nowhere. Raises TokenAwayError."""

    def __init__(self, site: TokenSite, pin: Callable[[], str], *, random: Random = os.urandom) -> None:
        self._site, self._pin, self._random = site, pin, random
        self._library = _library(site.module)
        self._session: Any = None
        self._key: Any = None
        self._generation = -1
        self._key_id = b""
        self._key_id = self._do(self._named)

    def __repr__(self) -> str:
        """Without the PIN."""
        return f"Pkcs11MasterKey(token={self._site.token!r}, label={self._site.label!r})"

    @property
    def key_id(self) -> bytes:
        """The first bytes of a known block's encryption: it names the key on whatever token it lies."""
        return self._key_id

    def wrap(self, data: bytes, context: bytes, /) -> bytes:
        """See MasterKey. Raises TokenAwayError."""
        nonce, head = self._random(NONCE_SIZE), VERSION + self._key_id
        if len(nonce) != NONCE_SIZE:
            raise KeyringError(f"the random source gave {len(nonce)} bytes instead of {NONCE_SIZE}")
        given = _parameters(nonce, head + context)
        sealed = self._do(lambda key: key.encrypt(data, mechanism=Mechanism.AES_GCM, mechanism_param=given))
        return head + nonce + sealed

    def unwrap(self, blob: bytes, context: bytes, /) -> bytes:
        """See MasterKey. Raises KeyringError for a blob that does not open, TokenAwayError when nothing does."""
        head, nonce, sealed = blob[:_HEAD], blob[_HEAD : _HEAD + NONCE_SIZE], blob[_HEAD + NONCE_SIZE :]
        if head != VERSION + self._key_id or len(sealed) < TAG_BITS // 8:
            raise _closed()
        given = _parameters(nonce, head + context)
        return self._do(lambda key: key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=given))

    def derive(self, purpose: str, /) -> bytes:
        """HKDF-SHA256 (RFC 5869) of the encryption of two blocks that the purpose names. See MasterKey."""
        blocks = _hkdf(purpose.encode(), b"blocks")
        return _hkdf(self._do(lambda key: key.encrypt(blocks, mechanism=Mechanism.AES_ECB)), purpose.encode())

    def _do(self, work: Callable[[Any], bytes]) -> bytes:
        """Work with the key: in the session that is open, else in a new one, else with the library started anew."""
        with self._library.lock:
            fault: Exception | None = None
            for prepare in (self._open, self._open_again, self._start_anew):
                try:
                    prepare()
                    return bytes(work(self._key))
                except TokenAwayError as error:
                    fault = error
                except (pkcs11.PKCS11Error, RuntimeError) as error:
                    fault = error
                    if self._answers():  # the token does as before, so what it was given is at fault
                        raise _closed() from error
            raise fault if isinstance(fault, TokenAwayError) else _away(fault)

    def _answers(self) -> bool:
        """Whether the key on the token does what it did before: the known block has the same name."""
        try:
            return bool(self._key_id) and self._named(self._key) == self._key_id
        except (pkcs11.PKCS11Error, RuntimeError):
            return False

    @staticmethod
    def _named(key: Any) -> bytes:
        return bytes(key.encrypt(_CHECK, mechanism=Mechanism.AES_ECB))[:KEY_ID_SIZE]

    def _open(self) -> None:
        """A session that is logged in, and the key's handle in it, if there is none or it may be another's now."""
        if self._session is not None and self._generation == self._library.generation:
            return
        self._session = self._key = None
        site = self._site
        try:
            session = _logged_in(pkcs11.lib(site.module).get_token(token_label=site.token), self._pin)
            key = session.get_key(object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=site.label)
            if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
                raise TokenAwayError(f"the key `{site.label}` may leave its token", code="kms_key")
        except _PIN_FAULTS as error:
            raise TokenAwayError("the token does not take the PIN", code="kms_pin") from error
        except pkcs11.NoSuchKey as error:
            hint = "Make it with `counterseal keys init-hsm`."
            raise TokenAwayError(f"the token has no key `{site.label}`", code="kms_key", hint=hint) from error
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise _away(error) from error
        if self._key_id and self._named(key) != self._key_id:
            raise TokenAwayError(f"the key `{site.label}` is another one now", code="kms_key")
        self._session, self._key, self._generation = session, key, self._library.generation

    def _open_again(self) -> None:
        if self._session is not None and self._generation == self._library.generation:
            with contextlib.suppress(pkcs11.PKCS11Error, RuntimeError):
                self._session.close()
        self._session = None
        self._open()

    def _start_anew(self) -> None:
        self._session = None
        self._library.start_anew()
        self._open()


def make_key(site: TokenSite, pin: str) -> None:
    """Make the AES-256 key on the token: sensitive, never extractable, for wrapping data only.

    Raises TokenAwayError, and KeyringError where there is one of this label.
    """
    library = _library(site.module)
    try:
        with library.lock, _writing(library, site.token, pin) as session:
            named = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: site.label}
            if list(session.get_objects(named)):  # all of them: a search left open blocks the session
                raise KeyringError(f"the token has a key `{site.label}` already")
            template = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.MODIFIABLE: False}
            session.generate_key(
                *(KeyType.AES, 8 * KEY_SIZE), label=site.label, id=os.urandom(8), store=True, template=template
            )
    except _PIN_FAULTS as error:
        raise TokenAwayError("the token does not take the PIN", code="kms_pin") from error
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        raise _away(error) from error


def _writing(library: _Library, token: str, pin: str) -> Any:
    """A session that may make objects. The library is started anew: it may be older than the token."""
    pkcs11.lib(library.module)
    library.start_anew()
    return pkcs11.lib(library.module).get_token(token_label=token).open(rw=True, user_pin=pin)


def _logged_in(token: Any, pin: Callable[[], str]) -> Any:
    """A session. Login is the whole application's: where a session is logged in, a further one needs no PIN."""
    try:
        return token.open(user_pin=pin())
    except pkcs11.UserAlreadyLoggedIn:
        return token.open()


def _parameters(nonce: bytes, context: bytes) -> GCMParams:
    return GCMParams(nonce=nonce, aad=context, tag_bits=TAG_BITS)


def _hkdf(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=_DERIVE + info).derive(secret)


def _closed() -> KeyringError:
    hint = "it was changed, belongs elsewhere, or this is another master key"
    return KeyringError("the wrapped key does not open", code="key_unwrap", hint=hint)


def _away(error: Exception | None) -> TokenAwayError:
    """Without the library's words beyond their class: they may quote what they were given."""
    hint = "Is the token there and its service running? Nothing was lost; try again."
    return TokenAwayError(f"the token cannot be used ({type(error).__name__})", hint=hint)
