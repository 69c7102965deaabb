# SPDX-License-Identifier: Apache-2.0
"""Forged orders whose signature is sound, by someone who may not sign; and signatures that are not sound."""

from __future__ import annotations

import dataclasses
import hashlib
from random import Random
from typing import Any

from tests.corpus.cms import Wish, signed_data, time_stamp
from tests.corpus.forged import NOT, C, N, U, forged, genuine_one
from tests.corpus.paper import order
from tests.corpus.pki import NOW, SIGNED, crl, ocsp_response, pki
from tests.corpus.tools import with_dss
from tests.corpus.update import Field, filled, gap, signed, stamped, with_field


def _by(name: str, who: str, verdicts: Any, wish: Wish | None = None, **where: Any) -> None:
    def make(random: Random) -> bytes:
        return signed(order(random), pki()[who], wish, Field(certify=random.choice((0, 1)), **where))

    make.__name__ = name
    forged("signer", verdicts)(make)


_by("citizen_of_the_same_ca", "citizen", N)
_by("citizen_with_rsa", "citizen_rsa", N, Wish(pades=False), subfilter="adbe.pkcs7.detached")
_by("unregistered_judge", "unregistered", N)
_by("registered_but_a_clerk", "clerk", N)
_by("look_alike_subject", "look_alike", C | N)
_by("tls_certificate", "tls", NOT)
_by("self_signed_with_the_judges_name", "self_signed", C | N)
_by("root_of_the_same_name", "evil_judge", C | N)
_by("root_with_a_homoglyph", "homoglyph_judge", C | N)
_by("revoked_before_signing", "revoked", C)
_by("revoked_since_without_time_stamp", "revoked_later", NOT)
_by("expired_before_signing", "expired", NOT)
_by("expired_and_dated_back", "expired", NOT, Wish(pades=False, claimed=NOW.replace(month=9)))
_by("not_yet_valid", "future", NOT)
_by("leaf_below_a_leaf", "not_a_ca", NOT)
_by("weak_rsa_key", "weak", NOT)
_by("no_revocation_data", "judge_silent", U)
_by("stale_revocation_list", "judge_stale", U)
_by("dated_in_the_future", "judge", NOT, Wish(pades=False, claimed=NOW.replace(year=2027)))


def _wrong(name: str, wish: Wish, who: str = "judge_rsa", verdicts: Any = NOT) -> None:
    _by(name, who, verdicts, wish)


_PEOPLE = pki()
_wrong("digest_md5", Wish(digest="md5"))
_wrong("digest_sha1", Wish(digest="sha1"), "judge")
_wrong("no_signed_attributes", Wish(signed_attributes=False), "citizen_rsa")
_wrong("no_message_digest", Wish(drop=("message_digest",)))
_wrong("no_content_type", Wish(drop=("content_type",)))
_wrong("other_message_digest", Wish(digest_value=hashlib.sha256(b"x").digest()), verdicts=C)
_wrong("algorithm_stated_otherwise", Wish(stated_digest="sha512"))
_wrong("content_type_of_a_time_stamp", Wish(content_type="tst_info"))
_wrong("signature_of_zeroes", Wish(signature=bytes(256)))
_wrong("signature_empty", Wish(signature=b"\x00"))
_wrong("two_signers_in_one_signature", Wish(twice=_PEOPLE["judge"]), "citizen")
_wrong("names_the_judge", Wish(named=_PEOPLE["judge"], certificates=(_PEOPLE["judge"], _PEOPLE["ca_a"])), "citizen")
_wrong("no_certificate_embedded", Wish(certificates=()), "citizen", NOT)
_wrong("judges_certificate_beside", Wish(certificates=(_PEOPLE["judge"], _PEOPLE["citizen"])), "citizen", NOT)
_wrong(
    "stamped_by_anyone_revoked_signer",
    Wish(stamp=_PEOPLE["tsa_evil"], stamp_time=SIGNED.replace(month=1)),
    "revoked",
)
_wrong("stamp_of_other_bytes", Wish(stamp=_PEOPLE["tsa"], stamp_over=b"another signature"))
_wrong(
    "stamp_dates_an_expired_signer_back",
    Wish(stamp=_PEOPLE["tsa_evil"], stamp_time=NOW.replace(month=9)),
    "expired",
)
_wrong("content_inside", Wish(encapsulate=b"another text"), "judge", NOT)


@forged("signer")
def signing_certificate_of_another(random: Random) -> bytes:
    """The certificate in ESSCertIDv2 is the judge's; the citizen's key signed."""
    people = pki()
    impostor = dataclasses.replace(people["judge"], key=people["citizen"].key)
    return signed(order(random), impostor)


@forged("signer", C)
def judges_certificate_citizens_key(random: Random) -> bytes:
    people = pki()
    impostor = dataclasses.replace(people["judge"], key=people["citizen"].key)
    return signed(order(random), impostor, Wish(pades=False), Field(subfilter="adbe.pkcs7.detached"))


@forged("revocation", C)
def dss_with_an_older_list(random: Random) -> bytes:
    """A genuine, older CRL without the entry is embedded; the desk has the newer one."""
    people = pki()
    old = crl(people["ca_a"], {}, made=SIGNED.replace(day=2), days=60)
    return with_dss(signed(order(random), people["revoked"]), [old], certs=[people["ca_a"]])


@forged("revocation", C)
def dss_with_a_forged_list(random: Random) -> bytes:
    people = pki()
    fake = crl(people["ca_a"], {}, signer=people["ca_evil"])
    return with_dss(signed(order(random), people["revoked"]), [fake])


@forged("revocation")
def dss_with_a_forged_list_for_a_silent_ca(random: Random) -> bytes:
    people = pki()
    fake = crl(people["ca_silent"], {}, signer=people["citizen"])
    return with_dss(signed(order(random), people["judge_silent"]), [fake], certs=[people["citizen"]])


@forged("revocation")
def dss_with_ocsp_of_a_stranger(random: Random) -> bytes:
    people = pki()
    fake = ocsp_response(people["judge_silent"], people["citizen_rsa"])
    return with_dss(signed(order(random), people["judge_silent"]), (), [fake], [people["citizen_rsa"]])


@forged("revocation")
def dss_with_ocsp_of_another_certificate(random: Random) -> bytes:
    people = pki()
    other = ocsp_response(people["judge_silent"], people["responder"])
    return with_dss(signed(order(random), people["judge_stale"]), (), [other], [people["responder"]])


@forged("revocation", C)
def dss_says_revoked(random: Random) -> bytes:
    people = pki()
    bad = ocsp_response(people["judge_silent"], people["responder"], good=False)
    return with_dss(signed(order(random), people["judge_silent"]), (), [bad], [people["responder"]])


@forged("revocation")
def stale_ocsp(random: Random) -> bytes:
    people = pki()
    old = ocsp_response(people["judge_silent"], people["responder"], made=SIGNED.replace(month=2))
    return with_dss(signed(order(random), people["judge_silent"]), (), [old], [people["responder"]])


@forged("time", C | N)
def time_stamp_alone(random: Random) -> bytes:
    """A document time stamp proves a date, not a judge."""
    return stamped(order(random), pki()["tsa"])


@forged("time")
def time_stamp_of_another_document(random: Random) -> bytes:
    where = Field("Stamp1", box=(0, 0, 0, 0), subfilter="ETSI.RFC3161")
    data = with_field(genuine_one(random, certify=0), where)
    return filled(data, lambda _: time_stamp(pki()["tsa"], b"another document", SIGNED).dump())


@forged("time")
def time_stamp_as_the_signature(random: Random) -> bytes:
    """A time stamp's token where the judge's signature should be."""
    return filled(with_field(order(random), Field()), lambda all_: time_stamp(pki()["tsa"], all_, SIGNED).dump())


@forged("signature", C)
def copied_from_another_document(random: Random) -> bytes:
    other = genuine_one(random, certify=0, who="judge")
    copied = _last(other)
    return filled(with_field(order(random), Field()), lambda _: copied)


@forged("signature", C)
def copied_onto_a_changed_copy(random: Random) -> bytes:
    """The same document made again with another sum, and the first one's signature set in."""
    state = random.getstate()
    first = signed(order(random), pki()["judge"])
    random.setstate(state)
    again = order(random).replace(b"Nordmark eJustice 4.2", b"Nordmark eJustice 4.3")
    return filled(with_field(again, Field()), lambda _: _last(first))


def _last(data: bytes) -> bytes:
    start = data.rindex(b"/Contents <30") + len(b"/Contents <")
    return bytes.fromhex(data[start : data.index(b">", start)].decode())


@forged("signature")
def one_bit_of_the_signature(random: Random) -> bytes:
    data = with_field(order(random), Field())

    def make(covered: bytes) -> bytes:
        made = bytearray(signed_data(pki()["judge_rsa"], covered))
        made[-random.randrange(1, 250)] ^= 1 << random.randrange(8)
        return bytes(made)

    return filled(data, make)


@forged("signature")
def cut_signature(random: Random) -> bytes:
    data = with_field(order(random), Field())
    return filled(data, lambda covered: signed_data(pki()["judge"], covered)[: random.randrange(20, 700)])


@forged("unsigned", N)
def unsigned(random: Random) -> bytes:
    return order(random)


@forged("unsigned")
def field_never_signed(random: Random) -> bytes:
    data = with_field(order(random), Field())
    start, end = gap(data)
    return data[:start] + b"<>" + b" " * (end - start - 2) + data[end:]


@forged("unsigned", N)
def picture_of_a_signature(random: Random) -> bytes:
    """Only the look of one, as text on the page."""
    return order(random).replace(b"(Page 1)", b"(Digitally signed by Judge Helena Brandt)")
