# SPDX-License-Identifier: Apache-2.0
"""Mails that court people sign themselves: S/MIME by several programs, OpenPGP."""

from __future__ import annotations

from random import Random

from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.corpus_mail import personal, tools
from tests.corpus_mail.drafts import mixed, order, own_person
from tests.corpus_mail.genuine import genuine
from tests.corpus_mail.signer import Draft
from tests.corpus_mail.world import BENCH, PERSON, SILENT, world


@genuine
def smime_detached(random: Random) -> bytes:
    return personal.smime(own_person(random), world().registrar).raw()


@genuine
def smime_by_subject(random: Random) -> bytes:
    """Registered by its subject; the certificate itself is new."""
    clerk = world().certify("Clerk of the Land Tribunal", address=PERSON, use=ExtendedKeyUsageOID.EMAIL_PROTECTION)
    return personal.smime(own_person(random), clerk).raw()


@genuine
def smime_opaque(random: Random) -> bytes:
    return personal.opaque(own_person(random), world().registrar).raw()


@genuine
def smime_with_pdf(random: Random) -> bytes:
    made = mixed(random).put("From", f"Registrar Chen <{PERSON}>")
    return personal.smime(made, world().registrar).raw()


@genuine
def person_of_unregistered_domain(random: Random) -> bytes:
    return personal.smime(order(random, f"Registry <{BENCH}>"), world().bench).raw()


def _tribunal(random: Random) -> Draft:
    return mixed(random).put("From", f"Land Tribunal <tribunal@{SILENT}>")


@genuine
def smime_by_openssl(random: Random) -> bytes:
    return tools.by_openssl(_tribunal(random), world().tribunal)


@genuine
def smime_by_openssl_opaque(random: Random) -> bytes:
    return tools.by_openssl(_tribunal(random), world().tribunal, "-nodetach")


@genuine
def smime_by_openssl_streamed(random: Random) -> bytes:
    return tools.by_openssl(_tribunal(random), world().registrar, "-nodetach", "-stream").replace(
        f"tribunal@{SILENT}".encode(), PERSON.encode()
    )


@genuine
def smime_by_openssl_pss(random: Random) -> bytes:
    return tools.by_openssl(_tribunal(random), world().tribunal, "-keyopt", "rsa_padding_mode:pss")


@genuine
def smime_by_cryptography(random: Random) -> bytes:
    return tools.by_cryptography(_tribunal(random), world().tribunal)


@genuine
def pgp_mime(random: Random) -> bytes:
    return personal.pgp(own_person(random), world().pgp).raw()
