# SPDX-License-Identifier: Apache-2.0
"""Forged mails that play with DKIM: changed bytes, weak or strange keys, tags in two readings."""

from __future__ import annotations

from random import Random

from tests.corpus_mail.arc import sealed
from tests.corpus_mail.classes import C, N, U, forged
from tests.corpus_mail.drafts import FIELDS, court, mixed, order
from tests.corpus_mail.signer import Seal, canonical_body, sign
from tests.corpus_mail.world import COURT, EVIL, JUSTICE, NOW, STRICT, ed_key, rsa_key


def by(selector: str, **how: object) -> Seal:
    return Seal(COURT, selector, rsa_key(2048, COURT), **how)  # type: ignore[arg-type] # handed on


@forged(C)
def body_changed(random: Random) -> bytes:
    made = sign(order(random), court()).raw()
    return made.replace(b"within ten days", b"within one hour")


@forged(C)
def one_byte_changed(random: Random) -> bytes:
    made = bytearray(sign(order(random), court("simple/simple")).raw())
    at = made.index(b"Case ", made.index(b"\r\n\r\n")) + random.randint(0, 8)
    made[at] ^= 1 << random.randint(0, 3)
    return bytes(made)


@forged(C)
def text_appended(random: Random) -> bytes:
    return sign(order(random), court()).raw() + b"And of account 4711.\r\n"


@forged(C)
def text_prepended(random: Random) -> bytes:
    return sign(order(random), court()).raw().replace(b"\r\n\r\n", b"\r\n\r\nAccount 4711 too.\r\n", 1)


@forged(C)
def attachment_swapped(random: Random) -> bytes:
    made = sign(mixed(random), court()).raw()
    at = made.index(b"JVBER")
    return made[: at + 40] + bytes(reversed(made[at + 40 : at + 60])) + made[at + 60 :]


@forged(C)
def subject_changed(random: Random) -> bytes:
    return sign(order(random), court()).raw().replace(b"Subject: Order", b"Subject: Final order")


@forged(C)
def recipient_changed(random: Random) -> bytes:
    return sign(order(random), court()).raw().replace(b"desk@exchange", b"other@exchange")


@forged(C)
def signature_of_another_mail(random: Random) -> bytes:
    other = sign(order(random), court())
    return order(random).top("DKIM-Signature", other.get("DKIM-Signature")).raw()


@forged(C)
def made_up_signature(random: Random) -> bytes:
    made = Seal(COURT, "s1", rsa_key(2048, EVIL))
    return sign(order(random), made).raw()


@forged(C)
def length_and_appended(random: Random) -> bytes:
    made = order(random)
    length = len(canonical_body(made.body, "relaxed"))
    return sign(made, court(length=length)).raw() + b"And of account 4711.\r\n"


@forged(C)
def length_nothing(random: Random) -> bytes:
    """l=0 signs no text at all."""
    return sign(order(random), court(length=0)).raw()


@forged(N)
def length_whole(random: Random) -> bytes:
    made = order(random)
    return sign(made, court(length=len(canonical_body(made.body, "relaxed")))).raw()


@forged(N)
def short_key(random: Random) -> bytes:
    return sign(order(random), Seal(COURT, "short", rsa_key(1024, COURT))).raw()


@forged(N)
def test_key(random: Random) -> bytes:
    return sign(order(random), by("test")).raw()


@forged(N)
def sha1(random: Random) -> bytes:
    return sign(order(random), by("s1", algorithm="rsa-sha1")).raw()


@forged(N)
def expired(random: Random) -> bytes:
    return sign(order(random), by("s1", more=f"; t={NOW // 1000 - 9000}; x={NOW // 1000 - 60}")).raw()


@forged(N)
def of_the_future(random: Random) -> bytes:
    return sign(order(random), by("s1", more=f"; t={NOW // 1000 + 40_000}")).raw()


@forged(N)
def expired_before_made(random: Random) -> bytes:
    return sign(order(random), by("s1", more=f"; t={NOW // 1000 + 100}; x={NOW // 1000 + 50}")).raw()


@forged(C)
def revoked_key(random: Random) -> bytes:
    return sign(order(random), by("gone")).raw()


@forged(C)
def no_such_key(random: Random) -> bytes:
    return sign(order(random), by(f"sel{random.randint(1, 99)}")).raw()


@forged(C)
def two_keys_of_one_name(random: Random) -> bytes:
    return sign(order(random), by("two")).raw()


@forged(C)
def key_for_something_else(random: Random) -> bytes:
    return sign(order(random), by("other")).raw()


@forged(C)
def key_for_sha1_only(random: Random) -> bytes:
    return sign(order(random), by("sha1")).raw()


@forged(C)
def junk_key(random: Random) -> bytes:
    return sign(order(random), by("junk")).raw()


@forged(C)
def key_of_another_kind(random: Random) -> bytes:
    return sign(order(random), Seal(COURT, "s1", ed_key(COURT))).raw()


@forged(C)
def exact_key_for_below(random: Random) -> bytes:
    return sign(order(random), by("exact", swap={"i": f"@below.{COURT}"})).raw()


@forged(U)
def dns_silent(random: Random) -> bytes:
    return sign(order(random), by("slow")).raw()


@forged(C)
def dns_silent_and_two_senders(random: Random) -> bytes:
    return sign(order(random), by("slow")).top("From", f"x@{EVIL}").raw()


_TAGS: dict[str, dict[str, str]] = {
    "domain_nul": {"d": f"{COURT}\x00.{EVIL}"},
    "domain_bracket": {"d": f"{COURT}(.{EVIL}"},
    "domain_quote": {"d": f'"{COURT}"'},
    "domain_at": {"d": f"{COURT}@{EVIL}"},
    "selector_nul": {"s": f"{EVIL}.\x00.s1"},
    "selector_quote": {"s": '"s1"'},
    "selector_path": {"s": "../s1"},
    "identity_elsewhere": {"i": f"judge@{EVIL}"},
    "version": {"v": "2"},
    "query": {"q": "dns/other"},
    "canonical": {"c": "nofws/simple"},
    "hash_missing": {"bh": ""},
    "fields_odd": {"h": "from:to:subject:date:x y\x7f"},
    "time_odd": {"t": "soon"},
    "length_odd": {"l": "-1"},
    "base64_odd": {"bh": "@@@@"},
}
for _name, _swap in _TAGS.items():

    def _made(random: Random, swap: dict[str, str] = _swap) -> bytes:
        return sign(order(random), court(swap=swap)).raw()

    _made.__name__ = f"tag_{_name}"
    forged(C)(_made)


@forged(N)
def below_the_strict_domain(random: Random) -> bytes:
    """Some server below the court's domain signs for the court, whose policy says that this does not count."""
    made = Seal(f"mail.{STRICT}", "s1", rsa_key(2048, STRICT))
    return sign(order(random, f"Chancellor <chancellor@{STRICT}>"), made).raw()


@forged(C)
def tag_twice(random: Random) -> bytes:
    return sign(order(random), court(more=f"; d={COURT}")).raw()


@forged(C)
def tag_unreadable(random: Random) -> bytes:
    return sign(order(random), court(more="; =x; y")).raw()


@forged(C)
def algorithm_unknown(random: Random) -> bytes:
    return sign(order(random), court(swap={"a": "rsa-md5"})).raw()


@forged(C)
def sender_unsigned(random: Random) -> bytes:
    """h= without From: the library signs it anyway, we take the signature at its word."""
    return sign(order(random), court(h=FIELDS[1:])).raw()


@forged(C)
def seal_instead_of_signature(random: Random) -> bytes:
    """Broken on the way; a registered server's ARC seal says that it was good."""
    made = sign(order(random), court()).put("Subject", "Order, second version")
    return sealed(made, JUSTICE, "s1", rsa_key(2048, JUSTICE)).raw()


@forged(C)
def seal_of_stranger(random: Random) -> bytes:
    return sealed(order(random), EVIL, "s1", rsa_key(2048, EVIL)).raw()


@forged(C)
def results_made_up(random: Random) -> bytes:
    words = f"mx.exchange.example; dkim=pass header.d={COURT}; dmarc=pass header.from={COURT}; spf=pass"
    return order(random).top("Authentication-Results", words).raw()
