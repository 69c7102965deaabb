# SPDX-License-Identifier: Apache-2.0
"""Keys of recipients: two kinds that work, and everything else refused where it comes in."""

from __future__ import annotations

import itertools
import time

import pyrage
import pysequoia
import pytest

from counterseal.core.errors import InputError
from counterseal.gateways.delivery_keys import MOST_CHARACTERS, DeliveryKeys
from counterseal.judicial.disclosure.model import DeliveryKey
from counterseal.judicial.disclosure.stored import DeliveryKeyError

KEYS = DeliveryKeys()
IDENTITY = pyrage.x25519.Identity.generate()
AGE = str(IDENTITY.to_public())
CLERK = pysequoia.Tsk.generate("Clerk <clerk@court.example>")
BLOCK = "PGP PUBLIC KEY BLOCK-----"
PUBLIC = str(CLERK.extract_certificate())


def code_of(text: str) -> str:
    with pytest.raises(DeliveryKeyError) as found:
        KEYS.key(text)
    assert isinstance(found.value, InputError)
    return found.value.code


def test_an_age_recipient_in_its_one_spelling() -> None:
    key = KEYS.key(f"  {AGE}\n")
    assert key == KEYS.key(AGE.upper())
    assert (key.kind, key.value, key.fingerprint) == ("age", AGE, AGE)
    assert "".join(key.spoken) == AGE
    assert pyrage.decrypt(KEYS.encrypt(b"data", key), [IDENTITY]) == b"data"


def test_an_openpgp_key_and_what_is_read_out() -> None:
    key = KEYS.key(PUBLIC)
    assert (key.kind, key.fingerprint) == ("openpgp", CLERK.extract_certificate().fingerprint.lower())
    assert len(key.spoken) == 10
    sealed = KEYS.encrypt(b"data", key)
    assert pysequoia.decrypt(sealed, decryptor=CLERK.decryptor()).bytes == b"data"
    assert KEYS.key(key.value) == key


def test_only_the_holder_opens_it() -> None:
    sealed = KEYS.encrypt(b"data", KEYS.key(AGE))
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "delivery_key_invalid"),
        ("   ", "delivery_key_invalid"),
        ("age1", "delivery_key_invalid"),
        (AGE[:-1], "delivery_key_invalid"),
        (AGE[:-1] + ("q" if AGE[-1] != "q" else "p"), "delivery_key_invalid"),
        (AGE[:20] + AGE[20:].upper(), "delivery_key_invalid"),
        (f"{AGE} {AGE}", "delivery_key_invalid"),
        (AGE + "\x00", "delivery_key_invalid"),
        (str(IDENTITY), "delivery_key_private"),
        (f"# created\n{IDENTITY}", "delivery_key_private"),
        (str(CLERK), "delivery_key_private"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ clerk", "delivery_key_invalid"),
        (
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n-----END PGP PUBLIC KEY BLOCK-----",
            "delivery_key_invalid",
        ),
        (PUBLIC[: len(PUBLIC) // 2], "delivery_key_invalid"),
        ("https://keys.example/clerk.asc", "delivery_key_invalid"),
        ("x" * (MOST_CHARACTERS + 1), "delivery_key_invalid"),
        ("\ud800", "delivery_key_invalid"),
    ],
    ids=itertools.count(),  # the keys are made anew in each process
)
def test_what_is_no_key_is_refused(text: str, code: str) -> None:
    assert code_of(text) == code


def test_several_keys_are_no_choice_of_ours() -> None:
    other = pysequoia.Tsk.generate("Other <o@court.example>").extract_certificate()
    both = pysequoia.armor(bytes(CLERK.extract_certificate()) + bytes(other), pysequoia.ArmorKind.PublicKey)
    assert code_of(both if isinstance(both, str) else both.decode()) == "delivery_key_several"


def test_a_revoked_key_and_one_that_has_expired() -> None:
    certificate = CLERK.extract_certificate()
    revoked = pysequoia.Cert.from_bytes(bytes(certificate) + bytes(certificate.revoke(CLERK.certifier())))
    assert code_of(str(revoked)) == "delivery_key_revoked"
    brief = pysequoia.Tsk.generate("Brief <b@court.example>", validity_seconds=1).extract_certificate()
    time.sleep(1.1)  # the library and this check know the machine's clock alone
    assert code_of(str(brief)) == "delivery_key_expired"


def test_a_key_with_another_fingerprint_than_the_confirmed_one_is_not_used() -> None:
    key = KEYS.key(PUBLIC)
    with pytest.raises(DeliveryKeyError):
        KEYS.encrypt(b"data", DeliveryKey("openpgp", key.value, "0" * 40))
