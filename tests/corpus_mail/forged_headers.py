# SPDX-License-Identifier: Apache-2.0
"""Forged mails that play with the header: who is shown, what a second reader reads, what was not signed."""

from __future__ import annotations

import base64
from random import Random

from tests.corpus_mail.classes import C, N, forged
from tests.corpus_mail.drafts import court, date, mixed, order
from tests.corpus_mail.signer import Draft, Seal, sign
from tests.corpus_mail.world import COURT, EVIL, JUDGE, POLICE, rsa_key, world

WEB = "judge.lin.northfield@webmail.example"


def evil(domain: str = EVIL) -> Seal:
    """Signed well, by whoever owns another domain: its key is published, and a policy."""
    world().publish(domain, rsa_key(2048, EVIL))
    return Seal(domain, "s1", rsa_key(2048, EVIL))


def raw(draft: Draft) -> bytes:
    """Signed by the court, then sent."""
    return sign(draft, court()).raw()


# ---------------------------------------------------------------- who is shown


@forged(C)
def unsigned(random: Random) -> bytes:
    """Of a domain that asks to refuse such mail."""
    return order(random).raw()


@forged(C)
def own_signature_under_court(random: Random) -> bytes:
    return sign(order(random), evil()).raw()


@forged(C)
def other_authority_signs(random: Random) -> bytes:
    return sign(order(random), Seal(POLICE, "s1", rsa_key(2048, POLICE))).raw()


@forged(N)
def police_orders(random: Random) -> bytes:
    """Genuine mail of a registered sender without a judicial role."""
    return sign(order(random, f"Sgt. Cole <cole@{POLICE}>"), Seal(POLICE, "s1", rsa_key(2048, POLICE))).raw()


@forged(N)
def stranger(random: Random) -> bytes:
    return sign(order(random, f"A. Lawyer <lawyer@{EVIL}>"), evil()).raw()


def _punycode(label: str) -> str:
    return f"xn--{label.encode('punycode').decode()}"


_IMITATIONS = {
    "hyphen": "court-gov.example",
    "moved_dot": "courtgov.example",
    "in_front": f"{COURT}.{EVIL}",
    "zone": "court.gov.test",
    "homoglyph": f"{_punycode('соurt')}.gov.example",  # noqa: RUF001 - Cyrillic, as in attacks
    "digit": "c0urt.gov.example",
    "letters_like_m": "tribuna1.example",
    "one_letter": "coort.gov.example",
    "swapped": "corut.gov.example",
    "doubled": "courtt.gov.example",
    "word_added": "northfieldcourt-orders.example",
    "another_zone": "justice-example.com",
    "below_stranger": f"mail.{COURT}.attacker.test",
    "accent": f"{_punycode('cöurt')}.gov.example",
}
for _name, _domain in _IMITATIONS.items():

    def _made(random: Random, domain: str = _domain) -> bytes:
        return sign(order(random, f"Judge Lin <judge.lin@{domain}>"), evil(domain)).raw()

    _made.__name__ = f"look_alike_{_name}"
    forged(C)(_made)


@forged(C)
def name_of_court_over_webmail(random: Random) -> bytes:
    return sign(order(random, f'"District Court of Northfield" <{WEB}>'), evil("webmail.example")).raw()


@forged(C)
def name_of_court_in_encoded_word(random: Random) -> bytes:
    name = base64.b64encode("Distriсt Court of Northfield".encode()).decode()  # noqa: RUF001 - Cyrillic, as in attacks
    return sign(order(random, f"=?utf-8?B?{name}?= <{WEB}>"), evil("webmail.example")).raw()


@forged(C)
def address_of_court_as_name(random: Random) -> bytes:
    return sign(order(random, f'"{JUDGE}" <{WEB}>'), evil("webmail.example")).raw()


@forged(C)
def direction_turned_in_name(random: Random) -> bytes:
    name = base64.b64encode("Judge \u202enil".encode()).decode()
    return sign(order(random, f"=?utf-8?B?{name}?= <{JUDGE}>"), court()).raw()


# ---------------------------------------------------------------- From in two readings

_FROMS = {
    "two_addresses": f"Judge Lin <{JUDGE}>, <x@{EVIL}>",
    "two_addresses_reversed": f"<x@{EVIL}>, Judge Lin <{JUDGE}>",
    "comment": f"{JUDGE} (x@{EVIL})",
    "comment_before": f"(x@{EVIL}) {JUDGE}",
    "encoded_address": f"=?utf-8?B?{base64.b64encode(JUDGE.encode()).decode()}?= <x@{EVIL}>",
    "encoded_whole": f"=?utf-8?Q?judge.lin=40{COURT}?=",
    "route": f"<@{COURT},@{EVIL}:x@{EVIL}>",
    "quoted_local": f'"judge.lin@{COURT}"@{EVIL}',
    "second_at": f"<judge.lin@{COURT}@{EVIL}>",
    "group": f"Court: {JUDGE}, x@{EVIL};",
    "bracket_within": f"<{JUDGE}> <x@{EVIL}>",
    "text_behind": f"Judge Lin <{JUDGE}> {EVIL}",
    "nul": f"{JUDGE}\x00@{EVIL}",
    "eight_bit": f"J\xfcrgen Lin <{JUDGE}>",
    "literal": "Judge Lin <judge.lin@[192.0.2.7]>",
    "no_address": "Judge Lin",
    "escaped": f'"Judge \\" <{JUDGE}>" <x@{EVIL}>',
    "broken_word": f"=?utf-8?B?%%%?= <{JUDGE}>",
    "utf7_word": f"=?utf-7?Q?+ADw-?= <{JUDGE}>",
    "newline_word": f"=?utf-8?Q?Judge=0D=0AReply-To=3A_x?= <{JUDGE}>",
}
for _name, _from in _FROMS.items():

    def _shown(random: Random, value: str = _from) -> bytes:
        return raw(order(random, value))

    _shown.__name__ = f"from_{_name}"
    forged(C)(_shown)


@forged(C)
def second_from_above(random: Random) -> bytes:
    return sign(order(random), court()).top("From", f"Judge Lin <x@{EVIL}>").raw()


@forged(C)
def second_from_below(random: Random) -> bytes:
    return sign(order(random, f"<x@{EVIL}>"), evil()).add("From", f"Judge Lin <{JUDGE}>").raw()


@forged(C)
def second_subject_above(random: Random) -> bytes:
    return sign(order(random), court()).top("Subject", "URGENT: freeze and disclose at once").raw()


@forged(C)
def second_date_above(random: Random) -> bytes:
    return sign(order(random).put("Date", date(-900)), court()).top("Date", date(-1)).raw()


@forged(C)
def second_content_type(random: Random) -> bytes:
    return sign(mixed(random), court()).top("Content-Type", "text/html").raw()


@forged(C)
def blank_before_colon(random: Random) -> bytes:
    return raw(order(random)).replace(b"\r\nFrom:", b"\r\nFrom : x@" + EVIL.encode() + b"\r\nFrom:", 1)


@forged(C)
def folded_name(random: Random) -> bytes:
    return raw(order(random)).replace(b"\r\nFrom:", b"\r\nFrom\r\n : x@" + EVIL.encode() + b"\r\nFrom:", 1)


@forged(C)
def line_without_colon(random: Random) -> bytes:
    return raw(order(random)).replace(b"\r\nTo:", b"\r\nFrom x@evil.example\r\nTo:", 1)


@forged(C)
def nul_in_name(random: Random) -> bytes:
    return raw(order(random)).replace(b"\r\nTo:", b"\r\nFrom\x00: x@evil.example\r\nTo:", 1)


@forged(C)
def carriage_return(random: Random) -> bytes:
    return raw(order(random)).replace(b"\r\nTo:", b"\r\nX-A: b\rFrom: x@evil.example\r\nTo:", 1)


@forged(C)
def line_feed(random: Random) -> bytes:
    return raw(order(random)).replace(b"\r\nTo:", b"\r\nX-A: b\nFrom: x@evil.example\r\nTo:", 1)


@forged(C)
def empty_fold(random: Random) -> bytes:
    return raw(order(random).put("Subject", "Order\r\n \r\n for another case"))


@forged(C)
def header_ends_twice(random: Random) -> bytes:
    """A reader that takes a bare line feed ends the header early and shows another text."""
    made = raw(order(random))
    return made.replace(b"\r\nTo:", b"\r\nX-A: b\n\nPay at once.\r\nTo:", 1)


@forged(C)
def smuggled(random: Random) -> bytes:
    made = raw(order(random))
    return made + b"\n.\r\nMAIL FROM:<x@evil.example>\r\n"


@forged(C)
def mark_of_byte_order(random: Random) -> bytes:
    return b"\xef\xbb\xbf" + raw(order(random))
