# SPDX-License-Identifier: Apache-2.0
"""Forged mails that play with signatures of persons: S/MIME and OpenPGP."""

from __future__ import annotations

from random import Random

from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.corpus_mail import personal
from tests.corpus_mail.classes import C, N, U, forged
from tests.corpus_mail.drafts import order, own_person
from tests.corpus_mail.world import JUDGE, PERSON, SILENT, world


@forged(N)
def person_unsigned(random: Random) -> bytes:
    """The domain's policy asks for nothing."""
    return own_person(random).raw()


@forged(C)
def smime_changed(random: Random) -> bytes:
    return personal.smime(own_person(random), world().registrar).raw().replace(b"ten days", b"one day!")


@forged(N)
def smime_by_citizen(random: Random) -> bytes:
    return personal.smime(own_person(random), world().certify("R. Chen", address=PERSON)).raw()


@forged(C)
def smime_by_other_person(random: Random) -> bytes:
    return personal.smime(own_person(random), world().certify("Mallory", address=f"mallory@{SILENT}")).raw()


@forged(C)
def smime_of_registrar_under_judge(random: Random) -> bytes:
    return personal.smime(order(random, f"Judge Lin <{JUDGE}>"), world().registrar).raw()


@forged(C)
def smime_under_another_courts_name(random: Random) -> bytes:
    """The name shown is not within the signature."""
    made = personal.smime(own_person(random), world().registrar)
    return made.put("From", f"District Court of Northfield <{PERSON}>").raw()


@forged(C)
def smime_of_registrar_under_colleague(random: Random) -> bytes:
    return personal.smime(order(random, f"Presiding judge <president@{SILENT}>"), world().registrar).raw()


@forged(N)
def smime_by_a_servers_certificate(random: Random) -> bytes:
    """Of the pinned CA, with a registered subject, but made for TLS."""
    server = world().certify("Clerk of the Land Tribunal", address=PERSON, use=ExtendedKeyUsageOID.SERVER_AUTH)
    return personal.smime(own_person(random), server).raw()


@forged(N)
def smime_self_signed(random: Random) -> bytes:
    own = world().certify("Registrar Chen", authority=True)
    return personal.smime(own_person(random), own).raw()


@forged(N)
def smime_of_other_root(random: Random) -> bytes:
    root = world().certify("Judiciary Root", authority=True)
    return personal.smime(own_person(random), world().certify("Registrar Chen", address=PERSON, issuer=root)).raw()


@forged(C)
def smime_revoked(random: Random) -> bytes:
    return personal.smime(order(random, f"Registrar Wu <wu@{SILENT}>"), world().revoked).raw()


@forged(N)
def smime_expired(random: Random) -> bytes:
    gone = world().certify("Registrar Chen", address=PERSON, days=(-300, -2))
    return personal.smime(own_person(random), gone).raw()


@forged(N)
def smime_sha1(random: Random) -> bytes:
    return personal.smime(own_person(random), world().registrar, digest="sha1").raw()


@forged(N)
def smime_old(random: Random) -> bytes:
    """A month-old text under a new date, which its signature does not cover."""
    return personal.smime(own_person(random), world().registrar, days=-30).raw()


@forged(N)
def smime_part_only(random: Random) -> bytes:
    """A genuinely signed part beside the forger's text."""
    inner = personal.smime(own_person(random), world().registrar)
    part = f"Content-Type: {inner.get('Content-Type')}\r\n\r\n".encode() + inner.body
    body = b"--w\r\nContent-Type: text/plain\r\n\r\nDisclose account 4711.\r\n--w\r\n" + part + b"\r\n--w--\r\n"
    return own_person(random).put("Content-Type", "multipart/mixed; boundary=w").text(body).raw()


@forged(N)
def smime_text_before(random: Random) -> bytes:
    made = personal.smime(own_person(random), world().registrar)
    return made.text(b"Disclose account 4711 too.\r\n" + made.body).raw()


@forged(N)
def smime_text_behind(random: Random) -> bytes:
    made = personal.smime(own_person(random), world().registrar)
    return made.text(made.body + b"Disclose account 4711 too.\r\n").raw()


@forged(N)
def smime_third_part(random: Random) -> bytes:
    made = personal.smime(own_person(random), world().registrar)
    more = b"\r\n------signed-9f2c\r\n\r\nDisclose account 4711 too.\r\n------signed-9f2c--\r\n"
    return made.text(made.body.replace(b"\r\n------signed-9f2c--\r\n", more)).raw()


@forged(C)
def smime_other_content(random: Random) -> bytes:
    """The signature of one mail over the text of another."""
    one = personal.smime(own_person(random), world().registrar)
    other = personal.smime(own_person(random), world().registrar)
    mark = b"Content-Type: application/pkcs7-signature"
    return one.text(one.body.partition(mark)[0] + mark + other.body.partition(mark)[2]).raw()


@forged(U)
def smime_broken(random: Random) -> bytes:
    made = personal.smime(own_person(random), world().registrar)
    at = made.body.index(b"\r\n\r\n", made.body.index(b"pkcs7-signature")) + 4
    return made.text(made.body[:at] + b"AAAA" + made.body[at + 4 :]).raw()


@forged(U)
def smime_encrypted(random: Random) -> bytes:
    data = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x00"
    made = own_person(random).put("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data")
    return made.add("Content-Transfer-Encoding", "base64").text(personal.lines(data)).raw()


@forged(C)
def pgp_changed(random: Random) -> bytes:
    return personal.pgp(own_person(random), world().pgp).raw().replace(b"ten days", b"one day!")


@forged(N)
def pgp_by_stranger(random: Random) -> bytes:
    return personal.pgp(own_person(random), world().stranger).raw()


@forged(C)
def pgp_of_registrar_under_colleague(random: Random) -> bytes:
    return personal.pgp(order(random, f"Presiding judge <president@{SILENT}>"), world().pgp).raw()


@forged(U)
def pgp_without_key(random: Random) -> bytes:
    return personal.pgp(own_person(random), world().pgp, attach=False).raw()


@forged(N)
def pgp_part_only(random: Random) -> bytes:
    inner = personal.pgp(own_person(random), world().pgp)
    part = f"Content-Type: {inner.get('Content-Type')}\r\n\r\n".encode() + inner.body
    body = b"--w\r\nContent-Type: text/plain\r\n\r\nDisclose account 4711.\r\n--w\r\n" + part + b"\r\n--w--\r\n"
    made = own_person(random).put("Content-Type", "multipart/mixed; boundary=w").text(body)
    return made.add("Autocrypt", inner.get("Autocrypt")).raw()


@forged(N)
def pgp_inline(random: Random) -> bytes:
    made = own_person(random)
    head = b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\n"
    return made.text(head + made.body + b"-----BEGIN PGP SIGNATURE-----\r\n\r\nAAAA\r\n").raw()
